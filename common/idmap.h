/* idmap.h - a table from 64-bit ids to 32-bit places
 *
 * Open addressing with linear probing and backward-shift deletion (Knuth,
 * TAOCP vol. 3, 6.4, algorithm R), so a table that lives for months does not
 * fill with tombstones.  0 is not a legal id.
 */
#ifndef PAR_COMMON_IDMAP_H
#define PAR_COMMON_IDMAP_H

#include <stddef.h>
#include <stdint.h>

#define IDMAP_NONE UINT32_MAX

/* All zero is an empty map. */
struct idmap {
    struct idmap_cell *cells;
    size_t size; /* a power of two, or 0 */
    size_t used;
};

void idmap_clear(struct idmap *m);

/* Replaces.  Returns -1 if out of memory or if id is 0; the map is then
 * unchanged.  place must not be IDMAP_NONE. */
int idmap_put(struct idmap *m, uint64_t id, uint32_t place);

/* The place, or IDMAP_NONE. */
uint32_t idmap_get(const struct idmap *m, uint64_t id);

/* Remove and return the place, or IDMAP_NONE if it was not there. */
uint32_t idmap_take(struct idmap *m, uint64_t id);

#endif
