/* sched_state.c - the tables: made, cleared, looked up, and their small
 * changes
 *
 * Whatever must be kept in step when a job moves (timers, counts, marks of
 * what was touched) is done here and nowhere else.
 */
#include "config.h"

#include "sched_state.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- create and destroy ---- */

/* The tables tell each thing where it stands in their heaps. */
static void job_timer_at(void *owner, uint32_t place, uint32_t position)
{
    job_at(owner, place)->timer = position;
}

static void lane_due_at(void *owner, uint32_t place, uint32_t position)
{
    lane_at(owner, place)->due_at = position;
}

static void lane_age_at(void *owner, uint32_t place, uint32_t position)
{
    lane_at(owner, place)->age_at = position;
}

static void order_due_at(void *owner, uint32_t place, uint32_t position)
{
    order_at(owner, place)->due_at = position;
}

static void request_due_at(void *owner, uint32_t place, uint32_t position)
{
    request_at(owner, place)->due_at = position;
}

static void cpu_ready_at(void *owner, uint32_t place, uint32_t position)
{
    client_at(owner, place)->ready_at[RUN_CPU] = position;
}

static void io_ready_at(void *owner, uint32_t place, uint32_t position)
{
    client_at(owner, place)->ready_at[RUN_IO] = position;
}

static void init_lists(struct sched *s)
{
    for (int i = 0; i < RUN_CLASSES; i++) {
        for (int k = 0; k < ROSTER_LOADS; k++)
            list_init(&s->roomy[i][k]);
    }
    s->ready[RUN_CPU] = (struct ranks){.at = cpu_ready_at, .owner = s};
    s->ready[RUN_IO] = (struct ranks){.at = io_ready_at, .owner = s};
    list_init(&s->stuck);
    list_init(&s->all_demands);
    list_init(&s->touched_workers);
    list_init(&s->touched_targets);
    list_init(&s->loose_targets);
    list_init(&s->doomed_workers);
    list_init(&s->doomed_targets);
    list_init(&s->idle_specs);
    s->doomed_grants = 0;
}

static void init_pools(struct sched *s)
{
    pool_init(&s->account_pool, sizeof(struct account));
    pool_init(&s->client_pool, sizeof(struct client));
    pool_init(&s->worker_pool, sizeof(struct worker));
    pool_init(&s->target_pool, sizeof(struct target));
    pool_init(&s->demand_pool, sizeof(struct demand));
    pool_init(&s->spec_pool, sizeof(struct spec));
    pool_init(&s->lane_pool, sizeof(struct lane));
    pool_init(&s->job_pool, sizeof(struct job));
    pool_init(&s->order_pool, sizeof(struct order));
    pool_init(&s->request_pool, sizeof(struct request));
    pool_init(&s->grant_pool, sizeof(struct grant));
    serials_init(&s->jobs);
    serials_init(&s->dispatched);
}
static bool same_path(const void *owner, uint32_t place, const void *key)
{
    return strcmp(target_at(owner, place)->name, key) == 0;
}

static bool same_name(const void *owner, uint32_t place, const void *key)
{
    return strcmp(worker_at(owner, place)->name, key) == 0;
}

static bool same_lane(const void *owner, uint32_t place, const void *key)
{
    const struct lane *lane = lane_at(owner, place);
    const struct lane_key *k = key;

    return lane->client == k->client && lane->demand == k->demand &&
           lane->priority == k->priority;
}

static bool same_demand(const void *owner, uint32_t place, const void *key)
{
    const struct demand *d = demand_at(owner, place);
    const struct demand_key *k = key;

    return d->target == k->target && placement_is_same(&d->where, k->where);
}

static bool same_spec(const void *owner, uint32_t place, const void *key)
{
    const struct spec *spec = spec_at(owner, place);
    const struct spec_key *k = key;

    return spec->account == k->account && spec->target == k->target &&
           spec->function == k->function && spec->meta_len == k->len &&
           (k->len == 0 || memcmp(spec->meta, k->meta, k->len) == 0);
}

static void init_maps(struct sched *s)
{
    s->paths = (struct keymap){.same = same_path, .owner = s};
    s->names = (struct keymap){.same = same_name, .owner = s};
    s->lanes = (struct keymap){.same = same_lane, .owner = s};
    s->demands = (struct keymap){.same = same_demand, .owner = s};
    s->specs = (struct keymap){.same = same_spec, .owner = s};
    s->job_timers = (struct heap){.at = job_timer_at, .owner = s};
    s->lane_timers = (struct heap){.at = lane_due_at, .owner = s};
    s->lane_ages = (struct heap){.at = lane_age_at, .owner = s};
    s->order_timers = (struct heap){.at = order_due_at, .owner = s};
    s->request_timers = (struct heap){.at = request_due_at, .owner = s};
}

int state_init(struct sched *s, const struct sched_limits *limits)
{
    s->limits = *limits;
    s->patience_due = SCHED_NEVER;
    s->random = limits->seed ? limits->seed : 1;
    init_lists(s);
    init_pools(s);
    init_maps(s);
    s->scratch = malloc(SCHED_SCRATCH);
    if (!s->scratch || pool_take(&s->grant_pool) != 0)
        return -1;
    return 0;
}

static void clear_things(struct sched *s)
{
    for (uint32_t i = 0; i < pool_end(&s->client_pool); i++)
        client_clear(client_at(s, i));
    for (uint32_t i = 0; i < pool_end(&s->worker_pool); i++)
        worker_clear(worker_at(s, i));
    for (uint32_t i = 0; i < pool_end(&s->target_pool); i++)
        target_clear(target_at(s, i));
    for (uint32_t i = 0; i < pool_end(&s->demand_pool); i++) {
        ranks_clear(&demand_at(s, i)->lanes);
        free(demand_at(s, i)->texts);
        free(demand_at(s, i)->fits);
    }
    for (uint32_t i = 0; i < pool_end(&s->spec_pool); i++)
        free(spec_at(s, i)->meta);
    for (uint32_t i = 0; i < pool_end(&s->order_pool); i++)
        free(order_at(s, i)->where);
    for (uint32_t i = 0; i < pool_end(&s->grant_pool); i++)
        free(grant_at(s, i)->indexes);
}

void state_clear(struct sched *s)
{
    clear_things(s);
    pool_clear(&s->account_pool);
    pool_clear(&s->client_pool);
    pool_clear(&s->worker_pool);
    pool_clear(&s->target_pool);
    pool_clear(&s->demand_pool);
    pool_clear(&s->spec_pool);
    for (uint32_t i = 0; i < pool_end(&s->lane_pool); i++)
        heap_clear(&lane_at(s, i)->again);
    pool_clear(&s->lane_pool);
    pool_clear(&s->job_pool);
    pool_clear(&s->order_pool);
    pool_clear(&s->request_pool);
    pool_clear(&s->grant_pool);
    idmap_clear(&s->accounts);
    idmap_clear(&s->clients);
    idmap_clear(&s->workers);
    idmap_clear(&s->targets);
    serials_clear(&s->jobs);
    serials_clear(&s->dispatched);
    keymap_clear(&s->paths);
    keymap_clear(&s->names);
    keymap_clear(&s->lanes);
    keymap_clear(&s->demands);
    keymap_clear(&s->specs);
    heap_clear(&s->job_timers);
    heap_clear(&s->lane_timers);
    heap_clear(&s->lane_ages);
    heap_clear(&s->order_timers);
    heap_clear(&s->request_timers);
    for (int i = 0; i < RUN_CLASSES; i++)
        ranks_clear(&s->ready[i]);
    decisions_clear(&s->decisions);
    free(s->scratch);
}

void client_clear(struct client *c)
{
    for (int i = 0; i < RUN_CLASSES; i++)
        ranks_clear(&c->ready[i]);
    spans_clear(&c->spans);
    free(c->holds);
    c->holds = NULL;
}

void target_clear(struct target *t)
{
    for (uint32_t i = 0; i < t->site_size; i++)
        if (t->sites[i]) {
            free(t->sites[i]->paces);
            free(t->sites[i]);
        }
    free(t->sites);
    free(t->name);
    t->sites = NULL;
    t->name = NULL;
    t->site_size = t->site_count = 0;
}

/* ---- by number ---- */

uint32_t client_find(const struct sched *s, uint32_t number)
{
    return idmap_get(&s->clients, number);
}

uint32_t worker_find(const struct sched *s, uint32_t number)
{
    uint32_t place = idmap_get(&s->workers, number);

    return place != POOL_NONE && worker_at(s, place)->gone ? POOL_NONE : place;
}

uint32_t target_find(const struct sched *s, uint32_t number)
{
    uint32_t place = idmap_get(&s->targets, number);

    return place != POOL_NONE && target_at(s, place)->retired ? POOL_NONE
                                                              : place;
}

uint32_t dispatch_find(const struct sched *s,
                       uint32_t worker,
                       uint64_t dispatch)
{
    uint32_t place = serials_get(&s->dispatched, dispatch);

    if (place == POOL_NONE ||
        worker_at(s, job_at(s, place)->where)->number != worker)
        return POOL_NONE;
    return place;
}

uint32_t run_find(const struct sched *s, uint32_t client, uint64_t run)
{
    uint32_t at = client_find(s, client);
    uint64_t serial;
    uint32_t place;

    if (at == POOL_NONE)
        return POOL_NONE;
    serial = spans_find(&client_at(s, at)->spans, run);
    if (serial == 0)
        return POOL_NONE;
    place = serials_get(&s->jobs, serial);
    if (place == POOL_NONE || job_at(s, place)->state == JOB_ABANDONED)
        return POOL_NONE;
    return place;
}

/* ---- small things ---- */

void sched_hear(struct sched *s, uint64_t now)
{
    if (now > s->now)
        s->now = now;
}

void target_touch(struct sched *s, struct target *t)
{
    if (list_is_empty(&t->touched) && !t->retired)
        list_append(&s->touched_targets, &t->touched);
}

void target_loosen(struct sched *s, struct target *t)
{
    if (t->is_path && list_is_empty(&t->loose))
        list_append(&s->loose_targets, &t->loose);
}

static void count_waiting(
    struct sched *s, uint32_t client, uint32_t spec, int32_t n, int64_t bytes)
{
    struct account *a = account_at(s, client_at(s, client)->account);

    a->queued += (uint32_t)n;
    a->queued_bytes += (uint64_t)bytes;
    target_at(s, spec_at(s, spec)->target)->queued += (uint32_t)n;
}

void job_count_in(
    struct sched *s, uint32_t client, uint32_t spec, uint32_t n, uint64_t bytes)
{
    s->states[JOB_QUEUED] += n;
    count_waiting(s, client, spec, (int32_t)n, (int64_t)bytes);
}

enum job_state job_move(struct sched *s, struct job *job, enum job_event event)
{
    bool waited = job_is_waiting(job);
    bool was_held = job_is_held(job);
    enum job_state to;

    s->states[job->state]--;
    to = job_step(job, event);
    assert(to != JOB_NONE);
    if (!job_is_final(job))
        s->states[to]++;
    if (waited && !job_is_waiting(job))
        count_waiting(s, job->client, job->spec, -1,
                      -(int64_t)job->payload.len);
    if (!waited && job_is_waiting(job))
        count_waiting(s, job->client, job->spec, 1, job->payload.len);
    if (was_held != job_is_held(job))
        target_at(s, spec_at(s, job->spec)->target)->held +=
            was_held ? UINT32_MAX : 1; /* - 1 or + 1 */
    return to;
}

void job_set_timer(struct sched *s, uint32_t place, uint64_t due)
{
    struct job *job = job_at(s, place);

    if (job->timer != HEAP_NOWHERE)
        heap_remove(&s->job_timers, job->timer);
    if (due != SCHED_NEVER && heap_push(&s->job_timers, due, place) < 0)
        s->no_memory = true;
}

uint32_t sched_say(struct sched *s, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(s->scratch, SCHED_SCRATCH, format, args);
    va_end(args);
    return decisions_reason(&s->decisions, s->scratch);
}
