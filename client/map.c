/* map.c - one function over many items, with a window instead of a backlog */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"
#include "cancel.h"
#include "connect.h"
#include "handle.h"
#include "pump.h"
#include "run.h"
#include "value.h"
#include "wait.h"

enum {
    MAP_WINDOW = 4096, /* items in flight where the caller has no opinion */
    MAP_ARGS = 8,
    MAP_BYTES = 64 * 1024 * 1024 /* of arguments and values in flight */
};

struct mapping {
    struct par_client *c;
    const struct par_map *map;
    struct group group;
    struct meta_writer options;
    struct meta_writer payload;
    uint64_t *jobs; /* of the items begun .. next, at index % window */
    uint64_t begun; /* ordered: the next to be handed out */
    uint64_t next;  /* the next to be started */
    uint32_t window;
    bool ended;   /* the source has nothing more */
    bool stopped; /* each() wants no more */
};

static size_t in_flight(const struct mapping *m)
{
    return m->group.open_count + m->group.done_count;
}

static bool has_room(const struct mapping *m)
{
    if (in_flight(m) == 0)
        return true;
    return in_flight(m) < m->window &&
           m->group.open_bytes + m->group.done_bytes < MAP_BYTES;
}

/* Ask the source for one item, without the lock, and start it. */
static int start_next(struct mapping *m, struct par_error *err)
{
    struct par_value args[MAP_ARGS];
    struct run *run;
    int n;

    pthread_mutex_unlock(&m->c->lock);
    n = m->map->next(m->map->context, m->next, args);
    pthread_mutex_lock(&m->c->lock);
    if (n < 0) {
        m->ended = true;
        return 0;
    }
    if (n > MAP_ARGS)
        return par_fail(err, EINVAL,
                        "an item has %d values; up to %d are "
                        "allowed",
                        n, MAP_ARGS);
    meta_writer_reset(&m->payload);
    if (client_pack(m->c, m->map->function, args, (size_t)n, &m->payload, err))
        return -1;
    run = client_run(m->c, m->map->function, &m->options, m->payload.data,
                     m->payload.len, &m->group, err);
    if (!run)
        return -1;
    run->tag = m->next;
    m->jobs[m->next % m->window] = run->id;
    m->next++;
    return 0;
}

/* The result that may be handed out now; NULL if none may. */
static struct run *next_over(const struct mapping *m)
{
    struct run *run;

    if (m->map->unordered)
        return client_first_over(&m->group);
    if (m->begun == m->next)
        return NULL;
    run = runs_find(&m->c->runs, m->jobs[m->begun % m->window]);
    return run && client_is_over(run) ? run : NULL;
}

/* Hand out all that may be; false if that was none. */
static bool hand_out(struct mapping *m)
{
    struct run *run;
    bool any = false;

    while (!m->stopped && (run = next_over(m))) {
        uint64_t index = run->tag;
        struct par_result r;

        client_give(m->c, run, &r);
        m->begun++;
        pthread_mutex_unlock(&m->c->lock);
        m->stopped = m->map->each(m->map->context, index, &r) != 0;
        par_result_clear(&r);
        pthread_mutex_lock(&m->c->lock);
        any = true;
    }
    return any;
}

/* Start what there is room for.  A failure ends the source; what is under way
 * is answered first if the broker was lost, else it is given up. */
static int fill(struct mapping *m, struct par_error *err)
{
    int rc = 0;

    while (!m->ended && !m->stopped && rc == 0 && has_room(m))
        rc = start_next(m, err);
    if (rc) {
        m->ended = true;
        m->stopped = m->c->state == CLIENT_OPEN;
    }
    return rc;
}

static int run_map(struct mapping *m, uint64_t deadline, struct par_error *err)
{
    int rc = 0;

    while (!m->stopped) {
        if (fill(m, err))
            rc = -1;
        if (hand_out(m))
            continue;
        if (m->stopped || (m->ended && in_flight(m) == 0))
            break;
        if (client_patience(m->c, deadline, err,
                            "%zu items have not ended in time", in_flight(m)))
            return -1;
        client_turn(m->c, deadline);
    }
    return rc;
}

int par_map(struct par_client *c,
            const struct par_map *map,
            struct par_error *err)
{
    struct mapping m = {
        .c = c, .map = map, .window = map->window ? map->window : MAP_WINDOW};
    int rc = -1;

    if (client_begin(c, err))
        return -1;
    group_init(&m.group);
    m.jobs = calloc(m.window, sizeof *m.jobs);
    if (!m.jobs)
        par_fail(err, ENOMEM, "out of memory");
    else if (client_run_options(map->function, map->options, &m.options, err) ==
             0)
        rc = run_map(&m,
                     map->timeout > 0 ? client_deadline(map->timeout)
                                      : UINT64_MAX / 2,
                     err);
    client_give_up(c, &m.group);
    client_leave(c);
    free(m.jobs);
    meta_writer_clear(&m.options);
    meta_writer_clear(&m.payload);
    return rc;
}
