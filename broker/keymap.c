/* keymap.c - open addressing, as common/idmap, for keys that lie elsewhere
 *
 * A cell keeps the hash and the place.  The hash is seeded, so that nobody can
 * choose keys that collide.
 */
#include "config.h"

#include "keymap.h"

#include <stdlib.h>
#include <string.h>

/* hash 0 marks a free cell. */
struct keymap_cell {
    uint64_t hash;
    uint32_t place;
};

enum { FIRST_SIZE = 16 };

void keymap_clear(struct keymap *m)
{
    free(m->cells);
    m->cells = NULL;
    m->size = m->used = 0;
}

/* Multiply, and fold the upper half of the product onto the lower. */
static uint64_t mix(uint64_t a, uint64_t b)
{
    a ^= b;
    a *= UINT64_C(0x9E3779B97F4A7C15);
    a ^= a >> 32;
    a *= UINT64_C(0xD6E8FEB86659FD93);
    return a ^ a >> 29;
}

uint64_t keymap_hash(uint64_t seed, const void *bytes, size_t len)
{
    const unsigned char *p = bytes;
    uint64_t hash = mix(seed, len);
    uint64_t word;

    for (; len >= sizeof word; p += sizeof word, len -= sizeof word) {
        memcpy(&word, p, sizeof word);
        hash = mix(hash, word ^ seed);
    }
    word = 0;
    if (len > 0)
        memcpy(&word, p, len);
    return mix(hash, word) | 1; /* never 0 */
}

static size_t home(const struct keymap *m, uint64_t hash)
{
    return (size_t)(hash >> 1) & (m->size - 1);
}

static void place_at(struct keymap *m, struct keymap_cell cell)
{
    size_t i = home(m, cell.hash);

    while (m->cells[i].hash != 0)
        i = (i + 1) & (m->size - 1);
    m->cells[i] = cell;
}

/* Keep a quarter of the cells free, counting one more. */
static int grow(struct keymap *m)
{
    struct keymap larger = *m;

    if ((m->used + 1) * 4 <= m->size * 3)
        return 0;
    larger.size = m->size ? 2 * m->size : FIRST_SIZE;
    larger.cells = calloc(larger.size, sizeof *larger.cells);
    if (!larger.cells)
        return -1;
    for (size_t i = 0; i < m->size; i++)
        if (m->cells[i].hash != 0)
            place_at(&larger, m->cells[i]);
    free(m->cells);
    *m = larger;
    return 0;
}

uint32_t keymap_find(const struct keymap *m, uint64_t hash, const void *key)
{
    if (m->used == 0)
        return KEYMAP_NONE;
    for (size_t i = home(m, hash); m->cells[i].hash != 0;
         i = (i + 1) & (m->size - 1))
        if (m->cells[i].hash == hash &&
            m->same(m->owner, m->cells[i].place, key))
            return m->cells[i].place;
    return KEYMAP_NONE;
}

int keymap_put(struct keymap *m, uint64_t hash, uint32_t place)
{
    if (grow(m) < 0)
        return -1;
    place_at(m, (struct keymap_cell){hash, place});
    m->used++;
    return 0;
}

/* Close the gap at `hole`: a cell further on in the same run moves back into
 * it, unless that would put it before its home. */
static void shift_back(struct keymap *m, size_t hole)
{
    size_t mask = m->size - 1;

    for (size_t i = (hole + 1) & mask; m->cells[i].hash != 0;
         i = (i + 1) & mask) {
        size_t from_home = (i - home(m, m->cells[i].hash)) & mask;
        size_t from_hole = (i - hole) & mask;

        if (from_home >= from_hole) {
            m->cells[hole] = m->cells[i];
            hole = i;
        }
    }
    m->cells[hole].hash = 0;
}

void keymap_drop(struct keymap *m, uint64_t hash, uint32_t place)
{
    if (m->used == 0)
        return;
    for (size_t i = home(m, hash); m->cells[i].hash != 0;
         i = (i + 1) & (m->size - 1)) {
        if (m->cells[i].hash != hash || m->cells[i].place != place)
            continue;
        shift_back(m, i);
        m->used--;
        return;
    }
}
