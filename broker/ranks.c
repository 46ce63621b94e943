/* ranks.c - a binary heap of ranks
 *
 * The moves of common/heap, with a rank in the place of a time.
 */
#include "config.h"

#include "ranks.h"

#include <assert.h>
#include <stdlib.h>

enum { FIRST_SIZE = 4 };

void ranks_clear(struct ranks *h)
{
    free(h->items);
    h->items = NULL;
    h->used = h->size = 0;
}

int ranks_reserve(struct ranks *h)
{
    uint32_t size = h->size ? 2 * h->size : FIRST_SIZE;
    struct ranks_item *items;

    if (h->used < h->size)
        return 0;
    items = realloc(h->items, size * sizeof *items);
    if (!items)
        return -1;
    h->items = items;
    h->size = size;
    return 0;
}

static void set(struct ranks *h, uint32_t position, struct ranks_item item)
{
    h->items[position] = item;
    h->at(h->owner, item.place, position);
}

static void sift_up(struct ranks *h, uint32_t position, struct ranks_item item)
{
    while (position > 0) {
        uint32_t parent = (position - 1) / 2;

        if (!rank_is_before(&item.rank, &h->items[parent].rank))
            break;
        set(h, position, h->items[parent]);
        position = parent;
    }
    set(h, position, item);
}

static void sift_down(struct ranks *h,
                      uint32_t position,
                      struct ranks_item item)
{
    for (;;) {
        uint32_t child = 2 * position + 1;

        if (child >= h->used)
            break;
        if (child + 1 < h->used &&
            rank_is_before(&h->items[child + 1].rank, &h->items[child].rank))
            child++;
        if (!rank_is_before(&h->items[child].rank, &item.rank))
            break;
        set(h, position, h->items[child]);
        position = child;
    }
    set(h, position, item);
}

int ranks_push(struct ranks *h, struct rank rank, uint32_t place)
{
    if (ranks_reserve(h) < 0)
        return -1;
    sift_up(h, h->used++, (struct ranks_item){rank, place});
    return 0;
}

void ranks_move(struct ranks *h, uint32_t position, struct rank rank)
{
    struct ranks_item item = {rank, h->items[position].place};

    assert(position < h->used);
    if (rank_is_before(&rank, &h->items[position].rank))
        sift_up(h, position, item);
    else
        sift_down(h, position, item);
}

void ranks_remove(struct ranks *h, uint32_t position)
{
    struct ranks_item last;

    assert(position < h->used);
    h->at(h->owner, h->items[position].place, RANKS_NOWHERE);
    last = h->items[--h->used];
    if (position == h->used)
        return;
    /* The hole is not worse than a move of whoever stood there. */
    if (rank_is_before(&last.rank, &h->items[position].rank))
        sift_up(h, position, last);
    else
        sift_down(h, position, last);
}
