/* sched_queue.c - lanes ranked in their demand, demands in their class
 *
 * The shares of clients are charged here, when a job leaves its lane, and
 * corrected when its time is known.
 */
#include "config.h"

#include "sched_queue.h"

/* ---- lanes ---- */

/* Nobody has room for its first job.  If that asks for resources, it may not
 * be passed over by smaller ones for ever. */
static void pass_over(struct sched *s, struct demand *d)
{
    uint64_t due;

    if (d->where.need_count == 0 || d->placeable == 0)
        return;
    if (d->passed_since == 0)
        d->passed_since = s->now;
    due = d->passed_since + POLICY_PATIENCE_MS;
    if (d->reserved == POOL_NONE && due < s->patience_due)
        s->patience_due = due;
}

/* Its best lane is another one, or none is left.  With all of them paused it
 * stays stuck until somebody opens, so that nobody is asked in vain again
 * after the pause; but nobody is kept free for it, and its patience begins
 * anew. */
static void demand_rerank(struct sched *s, struct demand *d)
{
    if (!ready_can_go(d)) {
        if (d->lanes.used == 0)
            list_remove(&d->stuck);
        ready_drop(s, d);
        d->passed_since = 0;
        queue_unreserve(s, d);
    } else if (list_is_empty(&d->stuck)) {
        ready_put(s, d);
    } else if (d->passed_since == 0) {
        pass_over(s, d);
    }
}

static uint64_t lane_hash(const struct sched *s, const struct lane_key *key)
{
    return keymap_hash(s->limits.seed, key, sizeof *key);
}

/* Room wherever a new lane will stand, so that it is refused now or not at
 * all. */
static int reserve(struct sched *s, const struct lane_key *key)
{
    struct demand *d = demand_at(s, key->demand);
    enum run_class side = d->where.run_class;

    if (heap_reserve(&s->lane_ages, 1) < 0 ||
        heap_reserve(&s->lane_timers, 1) < 0 || ranks_reserve(&d->lanes) < 0 ||
        ranks_reserve(&client_at(s, key->client)->ready[side]) < 0)
        return -1;
    return ranks_reserve(&s->ready[side]);
}

static uint64_t new_lane_served(const struct sched *s,
                                const struct lane_key *key)
{
    enum run_class side = demand_at(s, key->demand)->where.run_class;

    return client_at(s, key->client)->lane_clock[side];
}

static void again_at(void *owner, uint32_t place, uint32_t position)
{
    struct job *job = job_at(owner, place);

    job->again = position != HEAP_NOWHERE;
    job->next = position;
}

static uint32_t make_lane(struct sched *s, const struct lane_key *key)
{
    uint32_t place = pool_take(&s->lane_pool);

    if (place == POOL_NONE)
        return POOL_NONE;
    if (reserve(s, key) < 0 ||
        keymap_put(&s->lanes, lane_hash(s, key), place) < 0) {
        pool_give(&s->lane_pool, place);
        return POOL_NONE;
    }
    *lane_at(s, place) = (struct lane){.served = new_lane_served(s, key),
                                       .client = key->client,
                                       .demand = key->demand,
                                       .priority = key->priority,
                                       .clock = s->now,
                                       .rank_at = RANKS_NOWHERE,
                                       .age_at = HEAP_NOWHERE,
                                       .due_at = HEAP_NOWHERE,
                                       .live = true};
    list_append(&client_at(s, key->client)->lanes,
                &lane_at(s, place)->of_client);
    job_row_init(&lane_at(s, place)->row);
    lane_at(s, place)->again = (struct heap){.at = again_at, .owner = s};
    return place;
}

uint32_t queue_lane(struct sched *s,
                    uint32_t client,
                    uint32_t demand,
                    int32_t priority)
{
    struct lane_key key = {client, demand, priority};
    uint32_t place = keymap_find(&s->lanes, lane_hash(s, &key), &key);

    return place != POOL_NONE ? place : make_lane(s, &key);
}

static void drop_lane(struct sched *s, uint32_t place)
{
    struct lane *lane = lane_at(s, place);
    struct lane_key key = {lane->client, lane->demand, lane->priority};

    if (lane->rank_at != RANKS_NOWHERE)
        ranks_remove(&demand_at(s, lane->demand)->lanes, lane->rank_at);
    if (lane->age_at != HEAP_NOWHERE)
        heap_remove(&s->lane_ages, lane->age_at);
    if (lane->due_at != HEAP_NOWHERE)
        heap_remove(&s->lane_timers, lane->due_at);
    keymap_drop(&s->lanes, lane_hash(s, &key), place);
    list_remove(&lane->of_client);
    heap_clear(&lane->again);
    pool_give(&s->lane_pool, place);
}

static void lane_rerank(struct sched *s, uint32_t place)
{
    struct lane *lane = lane_at(s, place);
    struct ranks *ranks = &demand_at(s, lane->demand)->lanes;
    struct rank rank = lane_rank(s, lane);

    if (lane->rank_at != RANKS_NOWHERE)
        ranks_move(ranks, lane->rank_at, rank);
    else if (ranks_push(ranks, rank, place) < 0)
        s->no_memory = true;
}

void queue_settle(struct sched *s, uint32_t place)
{
    struct lane *lane = lane_at(s, place);
    struct demand *d = demand_at(s, lane->demand);

    if (lane_count(lane) == 0) {
        drop_lane(s, place);
    } else {
        lane_rerank(s, place);
        if (lane->age_at == HEAP_NOWHERE &&
            heap_push(&s->lane_ages, lane->clock + POLICY_AGE_MS, place) < 0)
            s->no_memory = true;
        if (d->placeable == 0)
            queue_set_timer(s, place);
    }
    demand_rerank(s, d);
}

void queue_more(struct sched *s, struct demand *d)
{
    const struct target *t = target_at(s, d->target);

    if (!t->is_path && d->ready < d->placeable && t->setting < d->queued)
        queue_unstick(s, d);
}

void queue_put(struct sched *s, uint32_t place)
{
    struct job *job = job_at(s, place);
    const struct spec *spec = spec_at(s, job->spec);
    struct demand *d = demand_at(s, spec->demand);
    uint32_t lane =
        queue_lane(s, job->client, spec->demand, spec->rules.priority);

    if (lane == POOL_NONE) {
        s->no_memory = true;
        return;
    }
    job->where = lane;
    if (heap_push(&lane_at(s, lane)->again, job->serial, place) < 0)
        s->no_memory = true;
    d->queued++;
    queue_settle(s, lane);
    queue_more(s, d);
}

static void take_out(struct sched *s, struct lane *lane, uint32_t place)
{
    const struct job *job = job_at(s, place);

    if (job->again)
        heap_remove(&lane->again, job->next);
    else
        job_row_remove(&lane->row, &s->job_pool, place);
}

void queue_remove(struct sched *s, uint32_t place)
{
    uint32_t lane = job_at(s, place)->where;
    struct demand *d = demand_at(s, lane_at(s, lane)->demand);

    take_out(s, lane_at(s, lane), place);
    d->queued--;
    queue_settle(s, lane);
}

static void charge(struct sched *s, struct lane *lane, struct job *job)
{
    struct client *c = client_at(s, lane->client);
    enum run_class side = lane_class(s, lane);
    uint64_t us;

    s->top[side] = lane_priority(s, lane);
    job->charge = share_charge(&c->shares[side], &s->fleet[side], &us) & 63;
    if (lane->served < c->lane_clock[side])
        lane->served = c->lane_clock[side];
    c->lane_clock[side] = lane->served;
    lane->served += us;
}

uint32_t queue_serve(struct sched *s, uint32_t place)
{
    struct lane *lane = lane_at(s, place);
    uint32_t job = lane_first(s, lane);

    take_out(s, lane, job);
    demand_at(s, lane->demand)->queued--;
    charge(s, lane, job_at(s, job));
    lane->clock = s->now;
    lane->boost = 0;
    /* Its rank is worse now; that is seen when it comes to the top again. */
    if (lane_count(lane) == 0)
        queue_settle(s, place);
    return job;
}

void queue_pause(struct sched *s, uint32_t client, bool pause)
{
    struct client *c = client_at(s, client);

    if (c->paused == pause)
        return;
    c->paused = pause;
    for (struct list *n = c->lanes.next; n != &c->lanes; n = n->next) {
        struct lane *lane = LIST_ENTRY(n, struct lane, of_client);
        struct demand *d = demand_at(s, lane->demand);

        ranks_move(&d->lanes, lane->rank_at, lane_rank(s, lane));
        demand_rerank(s, d);
    }
}

void queue_correct(struct sched *s, const struct job *job, uint32_t wall_us)
{
    const struct demand *d = demand_at(s, spec_at(s, job->spec)->demand);
    enum run_class side = d->where.run_class;

    share_correct(&client_at(s, job->client)->shares[side], &s->fleet[side],
                  job->charge, wall_us);
}

void queue_refund(struct sched *s, const struct job *job)
{
    const struct demand *d = demand_at(s, spec_at(s, job->spec)->demand);

    share_refund(&client_at(s, job->client)->shares[d->where.run_class],
                 job->charge);
}

/* ---- stuck demands ---- */

void queue_stick(struct sched *s, struct demand *d)
{
    if (d->ready_at == RANKS_NOWHERE)
        return;
    ready_drop(s, d);
    list_append(&s->stuck, &d->stuck);
    d->looked = s->stuck_at = s->opened;
    pass_over(s, d);
}

static void unstick(struct sched *s, struct demand *d)
{
    if (list_is_empty(&d->stuck))
        return;
    list_remove(&d->stuck);
    demand_rerank(s, d);
}

void queue_unstick(struct sched *s, struct demand *d)
{
    d->looked = SCHED_NEVER;
    unstick(s, d);
}

void queue_open(struct sched *s, uint32_t worker, bool again)
{
    struct list *node = s->stuck.next;
    uint32_t *last = &s->openings[(s->opened - 1) % OPENINGS];

    /* Everybody knows already, and nobody has looked in vain since. */
    if (!again && s->opened > s->stuck_at && *last == worker)
        return;
    s->openings[s->opened++ % OPENINGS] = worker;
    while (node != &s->stuck) {
        struct demand *d = LIST_ENTRY(node, struct demand, stuck);

        node = node->next;
        if ((fit_at(d, worker) & FIT_MATCH) &&
            (d->where.need_count == 0 ||
             placement_is_free(&d->where, worker_at(s, worker))))
            unstick(s, d);
    }
}

void queue_unreserve(struct sched *s, struct demand *d)
{
    uint32_t worker = d->reserved;

    if (worker == POOL_NONE)
        return;
    d->reserved = POOL_NONE;
    worker_at(s, worker)->reserved = POOL_NONE;
    if (d->passed_since) /* its worker was taken from it: another one */
        pass_over(s, d);
    queue_open(s, worker, true);
}

/* ---- time ---- */

void queue_age(struct sched *s)
{
    while (heap_due(&s->lane_ages) <= s->now) {
        uint32_t place = heap_first(&s->lane_ages);
        struct lane *lane = lane_at(s, place);
        uint64_t boost = (s->now - lane->clock) / POLICY_AGE_MS;
        uint64_t due = lane->clock + (boost + 1) * POLICY_AGE_MS;

        heap_remove(&s->lane_ages, lane->age_at);
        if (heap_push(&s->lane_ages, due, place) < 0)
            s->no_memory = true;
        if (boost == lane->boost)
            continue; /* it was served meanwhile */
        lane->boost = boost < UINT32_MAX ? (uint32_t)boost : UINT32_MAX;
        lane_rerank(s, place);
        demand_rerank(s, demand_at(s, lane->demand));
    }
}

uint64_t queue_due(const struct sched *s, const struct lane *lane)
{
    const struct demand *d = demand_at(s, lane->demand);
    const struct job *first = job_at(s, lane_first(s, lane));
    int64_t patience = d->where.unplaceable_ms;
    uint64_t since = d->unplaceable_since;

    if (d->placeable > 0 || patience < 0)
        return SCHED_NEVER;
    if (first->starts > 0 && patience < POLICY_RESTART_MS)
        patience = POLICY_RESTART_MS;
    if (first->submitted > since)
        since = first->submitted;
    return since + (uint64_t)patience;
}

void queue_set_timer(struct sched *s, uint32_t place)
{
    struct lane *lane = lane_at(s, place);
    uint64_t due = queue_due(s, lane);

    if (lane->due_at != HEAP_NOWHERE)
        heap_remove(&s->lane_timers, lane->due_at);
    if (due != SCHED_NEVER && heap_push(&s->lane_timers, due, place) < 0)
        s->no_memory = true;
}
