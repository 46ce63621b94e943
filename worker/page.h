/* page.h - what a slot and its nanny share: whose fault a death is
 *
 * A slot gets items in batches, in order.  Before each one it takes it in the
 * page, and its result goes to the outbox beside it before it is sent, so that
 * after a death the nanny knows exactly which items are finished, which one
 * was running, and which had not begun.  The nanny may also take back, at any
 * moment, everything that has not begun.
 *
 * After a death the nanny
 *   1. reads the pipe to its end: results that left;
 *   2. takes the outbox (page_collect()): results that may not have left, so
 *      some of them for the second time;
 *   3. closes the book (page_close()): items given beyond what has begun are
 *      not started, and the begun one without a result is to blame.
 *
 * To take back what has not begun while the slot lives, it
 *   1. closes the book and gets N, the number of items begun since the slot
 *      started: all given beyond the first N are its own again at once, for
 *      page_begin() will refuse them;
 *   2. sends PING with ref 1 and gives nothing more;
 *   3. gets PONG with ref 1.  The slot works through its messages in order and
 *      drops an item that page_begin() refuses, so by now it holds none of
 *      them and all that it had begun is answered;
 *   4. opens the book (page_reopen()) and gives items again, from number N on.
 *
 * No item can be lost or run twice: whether it begins is one compare-and-swap
 * on `next`, and nothing is given between 1 and 4 that could be refused.
 *
 * The slot is hostile to the nanny: it may write anything here at any time.
 * The nanny copies a field once and checks the copy: a count below the number
 * of results that it has, or above the number of items that it gave, is a lie
 * (clamp it); of `since_us` only the first value seen for a dispatch counts,
 * and none before the item was given.
 */
#ifndef PAR_WORKER_PAGE_H
#define PAR_WORKER_PAGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <par/error.h>

#include "wire.h"

enum { PAGE_VERSION = 1, PAGE_OUTBOX = 128 * 1024 };

/* Set in `next` when the nanny has closed the book. */
#define PAGE_CLOSED (UINT64_C(1) << 63)

/* All zero but the version is a page on which nothing has begun. */
struct page {
    uint32_t version;
    _Atomic uint64_t next;     /* items begun since the slot started, and
                                  PAGE_CLOSED */
    _Atomic uint64_t finished; /* of them */
    _Atomic uint64_t running;  /* the dispatch id now running, 0: none */
    _Atomic uint64_t since_us; /* CLOCK_MONOTONIC when it began */
    _Atomic uint64_t cancel;   /* the nanny: this dispatch is asked to stop */
    _Atomic uint32_t outbox_turn; /* how often the outbox has been emptied */
    _Atomic uint32_t outbox_len;  /* octets of the outbox that hold whole items
                                     (and their header) which may not have
                                     left */
    uint8_t outbox[PAGE_OUTBOX];  /* one RESULT frame; the count in its header
                                     may be one too high: count the items */
};

/* Nanny: make one, in a memfd that *fd gets (sealed against shrinking). */
struct page *page_create(int *fd, struct par_error *err);
/* Slot: map the one it was given.  A fork of the slot does not have it: one
 * that forgets to exit must not go on as a second slot. */
struct page *page_map(int fd, struct par_error *err);
/* NULL is allowed. */
void page_unmap(struct page *p);

/* ---- the slot ---- */

/* May the next item begin?  Marks it running.  False: the book is closed, drop
 * the item. */
bool page_begin(struct page *p, uint64_t dispatch, uint64_t now_us);
void page_end(struct page *p);

/* Has the nanny asked for this dispatch to stop? */
bool page_is_cancelled(const struct page *p, uint64_t dispatch);

/* Put a result into the outbox.  False: it does not fit to what is there; send
 * that first.  The largest that fits into an empty outbox is PAGE_RESULT. */
enum { PAGE_RESULT = PAGE_OUTBOX - WIRE_HEADER - WIRE_RESULT_ITEM };
bool page_add_result(struct page *p,
                     uint64_t dispatch,
                     const struct wire_item *result);

/* The frame made of them, NULL if there is none; it stays in the outbox until
 * page_sent(), which comes after its last octet has left. */
const uint8_t *page_frame(const struct page *p, size_t *len);
void page_sent(struct page *p);

/* ---- the nanny ---- */

/* Close the book.  Returns how many items have begun in all; what was given
 * beyond that number has not. */
uint64_t page_close(struct page *p);
void page_reopen(struct page *p);

/* How many items have begun since the slot started. */
uint64_t page_begun(const struct page *p);

/* What runs now, and since when?  False: nothing. */
bool page_running(const struct page *p, uint64_t *dispatch, uint64_t *since_us);

/* Copy the outbox to `copy` (PAGE_OUTBOX octets) and decode it: *msg points
 * into the copy.  False: there is nothing, or garbage.  The items may have come
 * by the pipe, or may still come.  Also while the slot lives: a function that
 * is quick as a rule may run long for once, with the results of others waiting
 * behind it; whoever sees that it runs long (to send STARTED) looks here. */
bool page_collect(const struct page *p, uint8_t *copy, struct wire_msg *msg);

#endif
