/* runs.c - chunks of runs that never move; ids are found through an idmap */
#include "config.h"

#include "runs.h"

#include <assert.h>
#include <stdlib.h>

#include "flow.h"

enum { CHUNK = 256 }; /* runs allocated together */

void runs_init(struct runs *r)
{
    *r = (struct runs){0};
    list_init(&r->free);
}

void runs_clear(struct runs *r)
{
    for (size_t i = 0; i < r->chunk_count; i++) {
        for (size_t j = 0; j < CHUNK; j++) {
            frame_drop(r->chunks[i][j].frame);
            flow_destroy(r->chunks[i][j].flow);
        }
        free(r->chunks[i]);
    }
    free(r->chunks);
    idmap_clear(&r->places);
}

void group_init(struct group *g)
{
    *g = (struct group){0};
    list_init(&g->open);
    list_init(&g->done);
}

static int grow(struct runs *r)
{
    size_t n = r->chunk_count;
    struct run **chunks = realloc(r->chunks, (n + 1) * sizeof(struct run *));
    struct run *chunk;

    if (!chunks)
        return -1;
    r->chunks = chunks;
    chunk = calloc(CHUNK, sizeof *chunk);
    if (!chunk)
        return -1;
    for (size_t i = 0; i < CHUNK; i++) {
        chunk[i].place = (uint32_t)(n * CHUNK + i);
        list_append(&r->free, &chunk[i].node);
    }
    r->chunks[n] = chunk;
    r->chunk_count = n + 1;
    return 0;
}

static struct run *at(const struct runs *r, uint32_t place)
{
    return &r->chunks[place / CHUNK][place % CHUNK];
}

struct run *runs_add(struct runs *r,
                     struct group *g,
                     uint64_t id,
                     uint32_t bytes)
{
    struct run *run;
    uint32_t place;

    if (list_is_empty(&r->free) && grow(r))
        return NULL;
    run = LIST_ENTRY(r->free.next, struct run, node);
    place = run->place;
    if (idmap_put(&r->places, id, place))
        return NULL;
    list_remove(&run->node);
    *run =
        (struct run){.group = g, .id = id, .place = place, .sent_bytes = bytes};
    list_append(&g->open, &run->node);
    g->open_count++;
    g->open_bytes += bytes;
    r->open_count++;
    return run;
}

struct run *runs_find(const struct runs *r, uint64_t id)
{
    uint32_t place = id ? idmap_get(&r->places, id) : IDMAP_NONE;

    return place == IDMAP_NONE ? NULL : at(r, place);
}

static void leave_group(struct run *run)
{
    struct group *g = run->group;

    list_remove(&run->node);
    if (!g)
        return;
    if (run->done) {
        g->done_count--;
        g->done_bytes -= run->len;
    } else {
        g->open_count--;
        g->open_bytes -= run->sent_bytes;
    }
}

void runs_finish(struct runs *r, struct run *run, const struct run_outcome *o)
{
    assert(!run->done);
    leave_group(run);
    r->open_count--;
    run->done = true;
    if (!run->group) {
        runs_remove(r, run);
        return;
    }
    run->status = (uint16_t)o->status;
    run->executed = (uint8_t)o->executed;
    run->wall_us = o->wall_us;
    run->ended = ++r->ended;
    run->data = o->data;
    run->len = o->len;
    if (o->len > 0) {
        run->frame = o->frame;
        frame_hold(o->frame);
    }
    run->group->done_count++;
    run->group->done_bytes += o->len;
    list_append(&run->group->done, &run->node);
}

void runs_remove(struct runs *r, struct run *run)
{
    leave_group(run);
    if (!run->done)
        r->open_count--;
    idmap_take(&r->places, run->id);
    frame_drop(run->frame);
    flow_destroy(run->flow);
    *run = (struct run){.place = run->place};
    list_prepend(&r->free, &run->node);
}

void runs_disown(struct runs *r, struct group *g)
{
    while (!list_is_empty(&g->done))
        runs_remove(r, LIST_ENTRY(g->done.next, struct run, node));
    while (!list_is_empty(&g->open)) {
        struct run *run = LIST_ENTRY(g->open.next, struct run, node);

        list_remove(&run->node);
        run->group = NULL;
    }
    group_init(g);
}

struct run *runs_next_open(const struct runs *r, size_t *cursor)
{
    while (*cursor < r->chunk_count * CHUNK) {
        struct run *run = at(r, (uint32_t)(*cursor)++);

        if (run->id && !run->done)
            return run;
    }
    return NULL;
}
