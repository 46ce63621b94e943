/* serials.h - a table from numbers that count up to places
 *
 * Jobs and dispatches are numbered in the order they come, so neighbours in
 * number live at the same time.  A page holds the places of 64 neighbours,
 * and an idmap knows the pages: 4 octets a number and hardly ever a hash,
 * where an idmap alone takes 21 to 43 octets and one hash each.
 */
#ifndef PAR_BROKER_SERIALS_H
#define PAR_BROKER_SERIALS_H

#include <stdint.h>

#include "idmap.h"
#include "pool.h"

struct serials {
    struct pool pages;
    struct idmap by_number; /* of a page, counted from 1, to its place */
    /* The page that was looked up last: neighbours come together. */
    struct serials_page *last;
    uint64_t last_number; /* 0: none */
};

void serials_init(struct serials *t);
void serials_clear(struct serials *t);

/* Returns -1 if out of memory; the table is then unchanged. */
int serials_put(struct serials *t, uint64_t number, uint32_t place);

/* The place, or POOL_NONE. */
uint32_t serials_get(const struct serials *t, uint64_t number);

/* Remove and return the place, or POOL_NONE if it was not there. */
uint32_t serials_take(struct serials *t, uint64_t number);

#endif
