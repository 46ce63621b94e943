/* heap.c - a binary heap in an array
 *
 * Every move is told to the owner at once, so positions are always true.
 */
#include "config.h"

#include "heap.h"

#include <assert.h>
#include <stdlib.h>

struct heap_item {
    uint64_t due;
    uint32_t place;
};

enum { FIRST_SIZE = 16 };

void heap_clear(struct heap *h)
{
    free(h->items);
    h->items = NULL;
    h->used = h->size = 0;
}

int heap_reserve(struct heap *h, size_t n)
{
    size_t size = h->size ? h->size : FIRST_SIZE;
    struct heap_item *items;

    if (n <= h->size - h->used)
        return 0;
    if (n >= HEAP_NOWHERE || h->used + n >= HEAP_NOWHERE)
        return -1;
    while (size < h->used + n)
        size *= 2;
    items = realloc(h->items, size * sizeof *items);
    if (!items)
        return -1;
    h->items = items;
    h->size = size;
    return 0;
}

static void set(struct heap *h, size_t position, struct heap_item item)
{
    h->items[position] = item;
    h->at(h->owner, item.place, (uint32_t)position);
}

/* Fill the hole at `position` with `item`, moving it towards the root for as
 * long as its parent is due later. */
static void sift_up(struct heap *h, size_t position, struct heap_item item)
{
    while (position > 0) {
        size_t parent = (position - 1) / 2;

        if (h->items[parent].due <= item.due)
            break;
        set(h, position, h->items[parent]);
        position = parent;
    }
    set(h, position, item);
}

static void sift_down(struct heap *h, size_t position, struct heap_item item)
{
    for (;;) {
        size_t child = 2 * position + 1;

        if (child >= h->used)
            break;
        if (child + 1 < h->used &&
            h->items[child + 1].due < h->items[child].due)
            child++;
        if (item.due <= h->items[child].due)
            break;
        set(h, position, h->items[child]);
        position = child;
    }
    set(h, position, item);
}

int heap_push(struct heap *h, uint64_t due, uint32_t place)
{
    if (h->used == h->size && heap_reserve(h, 1) < 0)
        return -1;
    sift_up(h, h->used++, (struct heap_item){due, place});
    return 0;
}

void heap_remove(struct heap *h, uint32_t position)
{
    struct heap_item gone;
    struct heap_item last;

    assert(position < h->used);
    gone = h->items[position];
    last = h->items[--h->used];
    h->at(h->owner, gone.place, HEAP_NOWHERE);
    if (position == h->used)
        return;
    /* The last item comes from another branch: it may belong above the hole
     * as well as below. */
    if (position > 0 && last.due < h->items[(position - 1) / 2].due)
        sift_up(h, position, last);
    else
        sift_down(h, position, last);
}

uint64_t heap_due(const struct heap *h)
{
    return h->used ? h->items[0].due : UINT64_MAX;
}

uint32_t heap_first(const struct heap *h)
{
    return h->used ? h->items[0].place : HEAP_NOWHERE;
}
