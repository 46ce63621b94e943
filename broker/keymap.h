/* keymap.h - a table from keys of any kind to places
 *
 * The keys stay with their owner, who hashes them and tells whether the thing
 * at a place has a given key.
 */
#ifndef PAR_BROKER_KEYMAP_H
#define PAR_BROKER_KEYMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEYMAP_NONE UINT32_MAX

typedef bool keymap_same_f(const void *owner, uint32_t place, const void *key);

/* All zero but `same` and `owner` is an empty table. */
struct keymap {
    struct keymap_cell *cells;
    size_t size; /* a power of two, or 0 */
    size_t used;
    keymap_same_f *same;
    const void *owner;
};

void keymap_clear(struct keymap *m);

/* A hash of the bytes that an outsider cannot steer without the seed. */
uint64_t keymap_hash(uint64_t seed, const void *bytes, size_t len);

/* The place, or KEYMAP_NONE. */
uint32_t keymap_find(const struct keymap *m, uint64_t hash, const void *key);

/* Add a key that is not there.  Returns -1 if out of memory. */
int keymap_put(struct keymap *m, uint64_t hash, uint32_t place);

/* Remove what keymap_put() was given; harmless if it is not there. */
void keymap_drop(struct keymap *m, uint64_t hash, uint32_t place);

#endif
