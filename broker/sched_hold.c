/* sched_hold.c - slots and resources of a worker, taken and given back
 *
 * Workers with room stand in lists by how loaded they are, so that the best is
 * found without looking at the others.
 */
#include "config.h"

#include "sched_hold.h"

#include <stdlib.h>

#include "sched_queue.h"

/* ---- lists of those with room ---- */

static bool is_listed(const struct side *side)
{
    return !list_is_empty(&side->roomy);
}

static void unlist(struct sched *s, struct side *side, int run_class)
{
    list_remove(&side->roomy);
    if (list_is_empty(&s->roomy[run_class][side->load]))
        s->roomy_bits[run_class] &= ~(UINT64_C(1) << side->load);
}

/* Behind all others that are as full: equals take turns. */
static void enlist(struct sched *s, struct side *side, int run_class)
{
    uint32_t load = side_load(side);
    struct list *head = &s->roomy[run_class][load];

    if (is_listed(side) && load == side->load && head->prev == &side->roomy)
        return;
    if (is_listed(side))
        unlist(s, side, run_class);
    side->load = load;
    list_append(head, &side->roomy);
    s->roomy_bits[run_class] |= UINT64_C(1) << load;
}

/* With one more than it has slots a worker never waits for us; beyond that,
 * it is given so much work ahead of time as goes by in a moment: whatever is
 * sent behind that does not wait long in front of a busy slot. */
static bool is_full(const struct side *side, int run_class)
{
    if (run_class == RUN_IO)
        return side->held >= side->slots;
    return side->held > side->slots &&
           (side->ahead >= side_window(side) ||
            side->held >= (uint64_t)side->slots * POLICY_WINDOW_JOBS);
}

/* Fill again when it is half empty, so that work goes out in batches, and so
 * that whoever is next finds room, too; but a slot never waits for that. */
static bool has_sunk(const struct side *side)
{
    return side->held <= side->slots ||
           (side->ahead <= side_window(side) / 2 &&
            side->held <= (uint64_t)side->slots * POLICY_WINDOW_JOBS / 2);
}

void hold_open(struct sched *s, uint32_t place)
{
    struct worker *w = worker_at(s, place);

    if (w->paused || w->gone)
        return;
    for (int i = 0; i < RUN_CLASSES; i++)
        if (!is_full(&w->sides[i], i) && has_sunk(&w->sides[i]))
            enlist(s, &w->sides[i], i);
    queue_open(s, place, true);
}

void hold_shut(struct sched *s, uint32_t place)
{
    struct worker *w = worker_at(s, place);

    for (int i = 0; i < RUN_CLASSES; i++)
        if (is_listed(&w->sides[i]))
            unlist(s, &w->sides[i], i);
}

/* ---- room ---- */

/* The worker is kept free for another demand, which this job would delay. */
static bool delays(const struct sched *s,
                   const struct worker *w,
                   const struct demand *d)
{
    const struct demand *first;
    const struct side *side = &w->sides[d->where.run_class];

    if (w->reserved == POOL_NONE || w->reserved == d->place)
        return false;
    first = demand_at(s, w->reserved);
    return placement_compete(&first->where, &d->where) ||
           (first->where.run_class == d->where.run_class &&
            side->ahead + (1 << ROSTER_WINDOW_BITS) >= side_window(side));
}

bool hold_has_room(const struct sched *s,
                   uint32_t place,
                   const struct demand *d)
{
    const struct worker *w = worker_at(s, place);
    const struct side *side = &w->sides[d->where.run_class];

    if (is_full(side, d->where.run_class) || delays(s, w, d))
        return false;
    /* What is taken out of a count does not wait behind a busy slot. */
    return d->where.need_count == 0 ||
           (side->ahead < side_window(side) && placement_is_free(&d->where, w));
}

/* ---- taking and giving ---- */

/* Returns the grant, 0 if there are no indexes to hand out. */
static uint32_t take_indexes(struct sched *s,
                             uint32_t worker,
                             const struct placement *where)
{
    struct worker *w = worker_at(s, worker);
    size_t count = placement_index_count(where, w);
    uint32_t place = POOL_NONE;
    struct placement_index *indexes = NULL;

    if (count > 0) {
        place = pool_take(&s->grant_pool);
        indexes = calloc(count, sizeof *indexes);
    }
    if (place == POOL_NONE || !indexes) {
        s->no_memory = s->no_memory || count > 0;
        free(indexes);
        return 0;
    }
    placement_take(where, w, indexes);
    *grant_at(s, place) = (struct grant){
        .worker = worker,
        .count = count,
        .indexes = indexes,
    };
    return place;
}

void hold_take(struct sched *s, uint32_t place, uint32_t worker)
{
    struct job *job = job_at(s, place);
    const struct spec *spec = spec_at(s, job->spec);
    struct demand *d = demand_at(s, spec->demand);
    struct worker *w = worker_at(s, worker);
    struct site *site = site_at(target_at(s, d->target), worker);
    struct side *side = &w->sides[d->where.run_class];

    job_move(s, job, JOB_ASSIGN);
    job->where = worker;
    job->since = s->now;
    job->weight = d->where.run_class == RUN_IO
                      ? ROSTER_WINDOW_BITS
                      : pace_weight(site->paces, spec->function) & 15;
    job_row_append(&w->held, &s->job_pool, place);
    if (w->fresh == POOL_NONE)
        w->fresh = place;
    if (list_is_empty(&w->touched))
        list_append(&s->touched_workers, &w->touched);
    if (d->where.need_count > 0) {
        job->grant = take_indexes(s, worker, &d->where);
        if (job->grant == 0)
            placement_take(&d->where, w, NULL);
    }
    w->moved = s->now;
    w->wanted_back = false;
    site->held++;
    side->held++;
    side->ahead += UINT64_C(1) << job->weight;
    if (!is_full(side, d->where.run_class))
        enlist(s, side, d->where.run_class);
    else if (is_listed(side))
        unlist(s, side, d->where.run_class);
}

static void give_resources(struct sched *s,
                           struct job *job,
                           struct worker *w,
                           const struct demand *d)
{
    const struct grant *grant = NULL;

    if (job->grant != 0)
        grant = grant_at(s, job->grant);
    placement_give(&d->where, w, grant ? grant->indexes : NULL,
                   grant ? grant->count : 0);
    if (grant) { /* decisions may still quote it */
        grant_at(s, job->grant)->next = s->doomed_grants;
        s->doomed_grants = job->grant;
        job->grant = 0;
    }
}

void hold_give(struct sched *s, uint32_t place)
{
    struct job *job = job_at(s, place);
    const struct demand *d = demand_at(s, spec_at(s, job->spec)->demand);
    struct target *t = target_at(s, d->target);
    struct worker *w = worker_at(s, job->where);
    struct site *site = site_at(t, job->where);
    struct side *side = &w->sides[d->where.run_class];

    if (w->fresh == place)
        w->fresh = job->next;
    job_row_remove(&w->held, &s->job_pool, place);
    if (job->dispatch != 0)
        serials_take(&s->dispatched, job->dispatch);
    job->dispatch = 0;
    if (d->where.need_count > 0)
        give_resources(s, job, w, d);
    w->moved = s->now;
    w->wanted_back = false;
    side->held--;
    side->ahead -= UINT64_C(1) << job->weight;
    if (--site->held == 0 && site->state == SITE_LEAVING)
        target_touch(s, t);
    if (t->is_path && site->held == 0 && site->state == SITE_NONE)
        target_loosen(s, t);
    if (w->paused || w->gone)
        return;
    if (is_listed(side) || has_sunk(side))
        enlist(s, side, d->where.run_class);
    else if (d->where.need_count == 0)
        return;
    /* Resources are told of at once: when there is room as well, nobody knows
     * any more that they came back. */
    queue_open(s, job->where, d->where.need_count > 0);
}
