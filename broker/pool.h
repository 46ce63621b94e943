/* pool.h - many things of one size, each named by its place
 *
 * A place is a small number, good from pool_take() to pool_give(); between
 * the two the thing does not move, however much the pool grows.
 */
#ifndef PAR_BROKER_POOL_H
#define PAR_BROKER_POOL_H

#include <stddef.h>
#include <stdint.h>

#define POOL_NONE UINT32_MAX

enum { POOL_CHUNK = 64 }; /* things allocated together */

struct pool {
    unsigned char **chunks;
    size_t item;    /* octets of a thing, at least 4 */
    uint32_t count; /* chunks */
    uint32_t size;  /* entries in `chunks` */
    uint32_t free;  /* first free place; each holds the next in its octets */
    uint32_t live;  /* places taken */
};

void pool_init(struct pool *p, size_t item);
void pool_clear(struct pool *p);

/* A place whose thing is all zero; POOL_NONE if out of memory. */
uint32_t pool_take(struct pool *p);

/* The thing is zeroed but for its first 4 octets. */
void pool_give(struct pool *p, uint32_t place);

/* The thing.  Its size is known to the compiler: a multiplication by a
 * variable is what a job would meet dozens of times. */
#define POOL_AT(p, type, place)                                                \
    ((type *)(void *)(p)->chunks[(place) / POOL_CHUNK] + (place) % POOL_CHUNK)

/* Places are below this: for walking them all.  The owner tells the live from
 * the free by a field of its own that is not 0 in the live. */
static inline uint32_t pool_end(const struct pool *p)
{
    return p->count * POOL_CHUNK;
}

#endif
