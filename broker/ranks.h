/* ranks.h - who is next: a heap of (rank, place)
 *
 * As common/heap, but ordered by what fair scheduling asks: the higher
 * priority first; within it whose client had least, then which of that
 * client's queues had least, then who came first.
 */
#ifndef PAR_BROKER_RANKS_H
#define PAR_BROKER_RANKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RANKS_NOWHERE UINT32_MAX

struct rank {
    uint64_t served; /* what its client had, in us of slots */
    uint64_t lane;   /* what this queue had of it */
    uint64_t serial; /* of its first job */
    int32_t priority;
    uint32_t client; /* its number: later ones are newcomers */
};

/* Called with the new position of `place`, or RANKS_NOWHERE. */
typedef void ranks_at_f(void *owner, uint32_t place, uint32_t position);

/* All zero but `at` and `owner` is an empty heap. */
struct ranks {
    struct ranks_item {
        struct rank rank;
        uint32_t place;
    } * items;
    uint32_t used;
    uint32_t size;
    ranks_at_f *at;
    void *owner;
};

void ranks_clear(struct ranks *h);

static inline bool rank_is_before(const struct rank *a, const struct rank *b)
{
    if (a->priority != b->priority)
        return a->priority > b->priority;
    if (a->served != b->served)
        return a->served < b->served;
    if (a->client != b->client)
        return a->client < b->client;
    if (a->lane != b->lane)
        return a->lane < b->lane;
    return a->serial < b->serial;
}

static inline bool rank_is_same(const struct rank *a, const struct rank *b)
{
    return a->priority == b->priority && a->served == b->served &&
           a->client == b->client && a->lane == b->lane &&
           a->serial == b->serial;
}

/* Make sure that the next ranks_push() succeeds.  Returns -1 if out of
 * memory; the heap is then unchanged. */
int ranks_reserve(struct ranks *h);

/* Returns -1 if out of memory; the heap is then unchanged. */
int ranks_push(struct ranks *h, struct rank rank, uint32_t place);

void ranks_remove(struct ranks *h, uint32_t position);

/* Give the item at `position` another rank. */
void ranks_move(struct ranks *h, uint32_t position, struct rank rank);

#endif
