/* pool.c - chunks of things, free places chained through themselves
 *
 * Chunks are never moved, so a thing can be pointed at.
 */
#include "config.h"

#include "pool.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* An empty pool keeps this many chunks and frees the others, so that a burst
 * of jobs does not cost its memory for ever. */
enum { KEEP = 16 };

void pool_init(struct pool *p, size_t item)
{
    assert(item >= sizeof(uint32_t));
    *p = (struct pool){.item = item, .free = POOL_NONE};
}

void pool_clear(struct pool *p)
{
    for (uint32_t i = 0; i < p->count; i++)
        free(p->chunks[i]);
    free(p->chunks);
    pool_init(p, p->item);
}

static void *pool_at(const struct pool *p, uint32_t place)
{
    return p->chunks[place / POOL_CHUNK] + place % POOL_CHUNK * p->item;
}

/* Link a chunk's places into the free list, the lowest first. */
static void thread(struct pool *p, uint32_t chunk)
{
    uint32_t first = chunk * POOL_CHUNK;

    for (uint32_t i = POOL_CHUNK; i-- > 0;) {
        memcpy(pool_at(p, first + i), &p->free, sizeof p->free);
        p->free = first + i;
    }
}

static int add_chunk(struct pool *p)
{
    unsigned char *chunk;

    if (p->count >= (POOL_NONE - 1) / POOL_CHUNK)
        return -1;
    if (p->count == p->size) {
        uint32_t size = p->size ? 2 * p->size : 4;
        unsigned char **chunks = realloc(p->chunks, size * sizeof *chunks);

        if (!chunks)
            return -1;
        p->chunks = chunks;
        p->size = size;
    }
    chunk = calloc(POOL_CHUNK, p->item);
    if (!chunk)
        return -1;
    p->chunks[p->count++] = chunk;
    thread(p, p->count - 1);
    return 0;
}

uint32_t pool_take(struct pool *p)
{
    uint32_t place;
    void *thing;

    if (p->free == POOL_NONE && add_chunk(p) < 0)
        return POOL_NONE;
    place = p->free;
    thing = pool_at(p, place);
    memcpy(&p->free, thing, sizeof p->free);
    memset(thing, 0, sizeof p->free);
    p->live++;
    return place;
}

static void shrink(struct pool *p)
{
    p->free = POOL_NONE;
    while (p->count > KEEP)
        free(p->chunks[--p->count]);
    for (uint32_t i = p->count; i-- > 0;)
        thread(p, i);
}

void pool_give(struct pool *p, uint32_t place)
{
    void *thing = pool_at(p, place);

    memset(thing, 0, p->item);
    memcpy(thing, &p->free, sizeof p->free);
    p->free = place;
    p->live--;
    if (p->live == 0 && p->count > KEEP)
        shrink(p);
}
