/* page.h - what a slot and its nanny share: whose fault a death is
 *
 * A slot gets items in batches.  Before each one it takes it in the page, and
 * its result goes to the outbox beside it, so that after a death the nanny
 * knows exactly which items are finished (they are in the outbox), which one
 * was running, and which had not begun.  The nanny may also take back, at any
 * moment, everything that has not begun.  The slot is hostile: the nanny
 * copies a field once and checks it before it uses it.
 */
#ifndef PAR_PAGE_H
#define PAR_PAGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <par/error.h>

enum { PAGE_VERSION = 1, PAGE_OUTBOX = 128 * 1024 };

/* Set in `next` when the nanny has closed the book: nothing more may begin
 * until a message on the pipe opens it again. */
#define PAGE_CLOSED (UINT64_C(1) << 63)

struct page {
    uint32_t version;
    _Atomic uint64_t next;       /* items begun since the slot started, and
                                    PAGE_CLOSED */
    _Atomic uint64_t finished;   /* of them */
    _Atomic uint64_t running;    /* the dispatch id now running, 0: none */
    _Atomic uint64_t since_us;   /* CLOCK_MONOTONIC when it began */
    _Atomic uint64_t cancel;     /* the nanny: this dispatch is asked to stop */
    _Atomic uint32_t outbox_len; /* octets of the outbox that hold one whole
                                    RESULT frame which may not have left */
    uint8_t outbox[PAGE_OUTBOX];
};

/* Nanny: make one, in a memfd that *fd gets (sealed against shrinking). */
struct page *page_create(int *fd, struct par_error *err);
/* Slot: map the one it was given. */
struct page *page_map(int fd, struct par_error *err);
void page_unmap(struct page *p);

/* Slot: may the next item begin?  Marks it running.  False: the book is
 * closed, drop what was given. */
bool page_begin(struct page *p, uint64_t dispatch, uint64_t now_us);
void page_end(struct page *p);

/* Nanny: close the book.  Returns how many items have begun in all; what was
 * given beyond that number has not, and never will. */
uint64_t page_close(struct page *p);
void page_reopen(struct page *p);

#endif
