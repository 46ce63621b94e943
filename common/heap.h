/* heap.h - deadlines in order: a binary heap of (due, place)
 *
 * An item is named by its place (a 32-bit number of its owner's), and the
 * heap tells its owner where it put each one through `at`, so that an item
 * can be moved or removed in O(log n) without a search.
 */
#ifndef PAR_COMMON_HEAP_H
#define PAR_COMMON_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEAP_NOWHERE UINT32_MAX

/* Called with the new position of `place`, or HEAP_NOWHERE when it leaves. */
typedef void heap_at_f(void *owner, uint32_t place, uint32_t position);

/* All zero but `at` and `owner` is an empty heap. */
struct heap {
    struct heap_item *items;
    size_t used;
    size_t size;
    heap_at_f *at;
    void *owner;
};

void heap_clear(struct heap *h);

/* Make sure that the next n calls of heap_push() succeed.  Returns -1 if out
 * of memory; the heap is then unchanged. */
int heap_reserve(struct heap *h, size_t n);

/* Returns -1 if out of memory; the heap is then unchanged. */
int heap_push(struct heap *h, uint64_t due, uint32_t place);

/* Remove the item at `position` (as told through `at`). */
void heap_remove(struct heap *h, uint32_t position);

/* The earliest: its time, UINT64_MAX if none; and its place. */
uint64_t heap_due(const struct heap *h);
uint32_t heap_first(const struct heap *h);

#endif
