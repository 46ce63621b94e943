/* spans.c - an array in the order of run ids, searched by halves
 *
 * Spans whose jobs are all gone are squeezed out when room is wanted and they
 * are half of it.
 */
#include "config.h"

#include "spans.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* A span that one job keeps costs whoever walks it no more than that. */
enum { SPAN_MAX = 64 };

void spans_clear(struct spans *t)
{
    free(t->items);
    *t = (struct spans){0};
}

/* Close the gaps that dead spans leave. */
static void pack(struct spans *t)
{
    size_t to = 0;

    for (size_t i = t->first; i < t->end; i++)
        if (t->items[i].live > 0)
            t->items[to++] = t->items[i];
    t->first = t->dead = 0;
    t->end = to;
}

static int reserve(struct spans *t, size_t n)
{
    size_t size = t->size ? t->size : 4;
    struct span *items;

    if (n <= t->size - t->end)
        return 0;
    if ((t->first + t->dead) * 2 > t->size)
        pack(t);
    if (n <= t->size - t->end)
        return 0;
    while (size - t->end < n)
        size *= 2;
    items = realloc(t->items, size * sizeof *items);
    if (!items)
        return -1;
    t->items = items;
    t->size = size;
    return 0;
}

/* Add as many of n jobs as go into the last span. */
static uint32_t extend(struct spans *t,
                       uint64_t run,
                       uint64_t serial,
                       uint32_t n)
{
    struct span *last = t->end > t->first ? &t->items[t->end - 1] : NULL;

    if (!last || last->live == 0 || last->first_run + last->count != run ||
        last->first_serial + last->count != serial)
        return 0;
    if (n > SPAN_MAX - last->count)
        n = SPAN_MAX - last->count;
    last->count += n;
    last->live += n;
    return n;
}

int spans_add(struct spans *t, uint64_t run, uint64_t serial, uint32_t n)
{
    uint32_t taken;

    if (reserve(t, n / SPAN_MAX + 1) < 0)
        return -1;
    for (taken = extend(t, run, serial, n); taken < n;) {
        uint32_t count = n - taken < SPAN_MAX ? n - taken : SPAN_MAX;

        t->items[t->end++] =
            (struct span){run + taken, serial + taken, count, count};
        taken += count;
    }
    return 0;
}

static struct span *find(const struct spans *t, uint64_t run)
{
    size_t low = t->first;
    size_t high = t->end;

    if (t->recent < t->end && run >= t->items[t->recent].first_run &&
        run - t->items[t->recent].first_run < t->items[t->recent].count)
        return &t->items[t->recent];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct span *span = &t->items[middle];

        if (run < span->first_run)
            high = middle;
        else if (run - span->first_run >= span->count)
            low = middle + 1;
        else
            return span;
    }
    return NULL;
}

uint64_t spans_find(const struct spans *t, uint64_t run)
{
    const struct span *span = find(t, run);

    return span ? span->first_serial + (run - span->first_run) : 0;
}

uint64_t spans_live(const struct spans *t)
{
    uint64_t live = 0;

    for (size_t i = t->first; i < t->end; i++)
        live += t->items[i].live;
    return live;
}

void spans_drop(struct spans *t, uint64_t run)
{
    struct span *span = find(t, run);

    assert(span && span->live > 0);
    t->recent = (size_t)(span - t->items);
    if (--span->live > 0)
        return;
    t->dead++;
    while (t->first < t->end && t->items[t->first].live == 0) {
        t->first++;
        t->dead--;
    }
    if (t->first == t->end)
        t->first = t->end = 0;
}
