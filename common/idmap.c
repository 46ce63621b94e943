/* idmap.c - linear probing, with deletion that leaves no tombstones */
#include "config.h"

#include "idmap.h"

#include <assert.h>
#include <stdlib.h>

/* id 0 marks a free cell, so calloc() gives an empty table. */
struct idmap_cell {
    uint64_t id;
    uint32_t place;
};

enum { FIRST_SIZE = 16 };

void idmap_clear(struct idmap *m)
{
    free(m->cells);
    *m = (struct idmap){0};
}

/* Fibonacci hashing (TAOCP vol. 3, 6.4): the top bits of the product, which
 * spread consecutive ids, the usual case, evenly over the table. */
static size_t home(const struct idmap *m, uint64_t id)
{
    int bits = __builtin_ctzll(m->size);

    return (size_t)(id * UINT64_C(0x9E3779B97F4A7C15) >> (64 - bits));
}

/* The cell that holds the id, or the free one where it would go.  There is
 * always a free cell, so the walk ends. */
static size_t probe(const struct idmap *m, uint64_t id)
{
    size_t i = home(m, id);

    while (m->cells[i].id != 0 && m->cells[i].id != id)
        i = (i + 1) & (m->size - 1);
    return i;
}

/* Keep a quarter of the cells free, counting one more. */
static int grow(struct idmap *m)
{
    struct idmap larger = {0};

    if ((m->used + 1) * 4 <= m->size * 3)
        return 0;
    larger.size = m->size ? 2 * m->size : FIRST_SIZE;
    larger.used = m->used;
    larger.cells = calloc(larger.size, sizeof *larger.cells);
    if (!larger.cells)
        return -1;
    for (size_t i = 0; i < m->size; i++)
        if (m->cells[i].id != 0)
            larger.cells[probe(&larger, m->cells[i].id)] = m->cells[i];
    free(m->cells);
    *m = larger;
    return 0;
}

int idmap_put(struct idmap *m, uint64_t id, uint32_t place)
{
    size_t i;

    assert(place != IDMAP_NONE);
    if (id == 0 || grow(m) < 0)
        return -1;
    i = probe(m, id);
    if (m->cells[i].id == 0)
        m->used++;
    m->cells[i] = (struct idmap_cell){id, place};
    return 0;
}

uint32_t idmap_get(const struct idmap *m, uint64_t id)
{
    size_t i;

    if (m->used == 0 || id == 0)
        return IDMAP_NONE;
    i = probe(m, id);
    return m->cells[i].id == id ? m->cells[i].place : IDMAP_NONE;
}

/* Close the gap at `hole`: an id further on in the same run moves back into
 * it, unless that would put it before its home. */
static void shift_back(struct idmap *m, size_t hole)
{
    size_t mask = m->size - 1;

    for (size_t i = (hole + 1) & mask; m->cells[i].id != 0;
         i = (i + 1) & mask) {
        size_t from_home = (i - home(m, m->cells[i].id)) & mask;
        size_t from_hole = (i - hole) & mask;

        if (from_home >= from_hole) {
            m->cells[hole] = m->cells[i];
            hole = i;
        }
    }
    m->cells[hole].id = 0;
}

uint32_t idmap_take(struct idmap *m, uint64_t id)
{
    size_t i;
    uint32_t place;

    if (m->used == 0 || id == 0)
        return IDMAP_NONE;
    i = probe(m, id);
    if (m->cells[i].id != id)
        return IDMAP_NONE;
    place = m->cells[i].place;
    shift_back(m, i);
    m->used--;
    return place;
}
