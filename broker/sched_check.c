/* sched_check.c - is everything consistent?  For tests, after each step
 *
 * Counts again, from the things themselves, all that the tables keep as sums,
 * and follows every link in both directions.
 */
#include "config.h"

#undef NDEBUG
#include <assert.h>
#include <stdlib.h>

#include "sched_hold.h"
#include "sched_queue.h"
#include "sched_spec.h"

/* What walking the jobs gives, by place. */
struct recount {
    uint32_t states[JOB_STATES];
    uint32_t grants;
    uint32_t *spec_jobs;
    uint32_t *lane_again;
    uint32_t *client_jobs;
    uint32_t *target_queued;
    uint32_t *target_held;
    uint32_t *account_queued;
    uint64_t *account_bytes;
    uint32_t *worker_held[RUN_CLASSES];
    uint64_t *worker_ahead[RUN_CLASSES];
};

static void *zeros(const struct pool *p, size_t size)
{
    void *array = calloc(pool_end(p) + 1, size);

    assert(array);
    return array;
}

static void recount_init(const struct sched *s, struct recount *r)
{
    *r = (struct recount){0};
    r->lane_again = zeros(&s->lane_pool, sizeof(uint32_t));
    r->spec_jobs = zeros(&s->spec_pool, sizeof(uint32_t));
    r->client_jobs = zeros(&s->client_pool, sizeof(uint32_t));
    r->target_queued = zeros(&s->target_pool, sizeof(uint32_t));
    r->target_held = zeros(&s->target_pool, sizeof(uint32_t));
    r->account_queued = zeros(&s->account_pool, sizeof(uint32_t));
    r->account_bytes = zeros(&s->account_pool, sizeof(uint64_t));
    for (int i = 0; i < RUN_CLASSES; i++) {
        r->worker_held[i] = zeros(&s->worker_pool, sizeof(uint32_t));
        r->worker_ahead[i] = zeros(&s->worker_pool, sizeof(uint64_t));
    }
}

static void recount_clear(struct recount *r)
{
    free(r->spec_jobs);
    free(r->lane_again);
    free(r->client_jobs);
    free(r->target_queued);
    free(r->target_held);
    free(r->account_queued);
    free(r->account_bytes);
    for (int i = 0; i < RUN_CLASSES; i++) {
        free(r->worker_held[i]);
        free(r->worker_ahead[i]);
    }
}

/* ---- jobs ---- */

static void count_job(const struct sched *s,
                      struct recount *r,
                      const struct job *job)
{
    const struct spec *spec = spec_at(s, job->spec);
    uint32_t account = client_at(s, job->client)->account;
    enum run_class side = demand_at(s, spec->demand)->where.run_class;

    r->states[job->state]++;
    r->grants += job->grant != 0;
    r->spec_jobs[job->spec]++;
    r->client_jobs[job->client]++;
    if (job->again)
        r->lane_again[job->where]++;
    if (job_is_waiting(job)) {
        r->target_queued[spec->target]++;
        r->account_queued[account]++;
        r->account_bytes[account] += job->payload.len;
    } else {
        r->target_held[spec->target]++;
        r->worker_held[side][job->where]++;
        r->worker_ahead[side][job->where] += UINT64_C(1) << job->weight;
    }
}

static void check_queued(const struct sched *s, const struct job *job)
{
    const struct lane *lane = lane_at(s, job->where);

    assert(lane->live && job->client == lane->client);
    assert(spec_at(s, job->spec)->demand == lane->demand);
    assert(!job->again || job->next < lane->again.used);
    assert(heap_due(&lane->again) >= job_at(s, lane_first(s, lane))->serial);
}

static void check_job(const struct sched *s, uint32_t place)
{
    const struct job *job = job_at(s, place);
    const struct client *c = client_at(s, job->client);

    assert(!job_is_final(job));
    assert(serials_get(&s->jobs, job->serial) == place);
    assert(spans_find(&c->spans, job->run) == job->serial);
    assert(!c->gone || job->detach || job->state == JOB_ABANDONED);
    assert(job_is_held(job) == (job->dispatch != 0));
    assert(job->starts < spec_at(s, job->spec)->rules.attempts);
    if (job_is_held(job))
        assert(serials_get(&s->dispatched, job->dispatch) == place);
    if (job->state == JOB_QUEUED)
        check_queued(s, job);
    assert(!job->again || job->state == JOB_QUEUED);
}

static void check_jobs(const struct sched *s, struct recount *r)
{
    for (uint32_t i = 0; i < pool_end(&s->job_pool); i++) {
        if (job_at(s, i)->state == JOB_NONE)
            continue;
        check_job(s, i);
        count_job(s, r, job_at(s, i));
    }
    for (int i = 0; i < JOB_STATES; i++)
        assert(s->states[i] == r->states[i]);
}

/* ---- lanes and demands ---- */

static void check_lane(const struct sched *s, uint32_t place, uint32_t again)
{
    const struct lane *lane = lane_at(s, place);
    const struct demand *d = demand_at(s, lane->demand);
    uint64_t serial = 0;
    uint32_t count = 0;

    for (uint32_t at = lane->row.first; at != POOL_NONE;
         at = job_at(s, at)->next) {
        assert(!job_at(s, at)->again && job_at(s, at)->where == place);
        assert(job_at(s, at)->serial > serial); /* first come, first served */
        serial = job_at(s, at)->serial;
        count++;
    }
    assert(count == lane->row.count && lane_count(lane) > 0);
    assert(lane->again.used == again);
    assert(!list_is_empty(&lane->of_client));
    assert(client_at(s, lane->client)->paused ==
           (d->lanes.items[lane->rank_at].rank.served == READY_PAUSED));
    assert(d->lanes.items[lane->rank_at].place == place);
    assert((lane->due_at != HEAP_NOWHERE) ==
           (queue_due(s, lane) != SCHED_NEVER));
}

/* No job waits while a worker that is ready for it has room: who is stuck has
 * asked all of them, but for those that opened since. */
static void check_stuck(const struct sched *s, const struct demand *d)
{
    const unsigned want = FIT_MATCH | FIT_READY;
    bool is_stuck = !list_is_empty(&d->stuck);

    if (d->looked == SCHED_NEVER || s->opened - d->looked > OPENINGS) {
        assert(!is_stuck || d->looked != SCHED_NEVER);
        if (!is_stuck)
            return;
    }
    for (uint32_t i = 0; i < d->fit_count; i++) {
        bool opened = false;

        if ((d->fits[i] & want) != want ||
            list_is_empty(&worker_at(s, i)->sides[d->where.run_class].roomy) ||
            !hold_has_room(s, i, d))
            continue;
        for (uint64_t k = d->looked; k < s->opened; k++)
            opened = opened || s->openings[k % OPENINGS] == i;
        assert(opened && !is_stuck);
    }
}

/* ... nor while one has room that could be set up for it. */
static void check_unset(const struct sched *s, const struct demand *d)
{
    const struct target *t = target_at(s, d->target);

    if (t->is_path || t->setting >= d->queued || list_is_empty(&d->stuck))
        return;
    for (uint32_t i = 0; i < d->fit_count; i++) {
        const struct site *site = site_at(t, i);

        if (!(d->fits[i] & FIT_MATCH) || (site && site->state != SITE_NONE))
            continue;
        assert(
            list_is_empty(&worker_at(s, i)->sides[d->where.run_class].roomy) ||
            !hold_has_room(s, i, d));
    }
}

/* It stands with the client of its best lane, as that lane does with it. */
static void check_ready(const struct sched *s, const struct demand *d)
{
    enum run_class side = d->where.run_class;
    const struct client *c = client_at(s, d->ready_of);
    const struct ranks_item *item = &c->ready[side].items[d->ready_at];
    struct rank rank = d->lanes.items[0].rank;

    rank.served = 0;
    assert(lane_at(s, d->lanes.items[0].place)->client == d->ready_of);
    assert(item->place == d->place && rank_is_same(&item->rank, &rank));
    assert(s->ready[side].items[c->ready_at[side]].place == d->ready_of);
}

/* It is either ready or stuck, if it can go at all.  Paused, it may have been
 * stuck before. */
static void check_place(const struct sched *s, const struct demand *d)
{
    bool is_ready = d->ready_at != RANKS_NOWHERE;
    bool is_stuck = !list_is_empty(&d->stuck);

    assert(!is_ready || !is_stuck);
    if (ready_can_go(d)) {
        assert(is_ready || is_stuck);
        assert(!is_stuck || d->where.need_count == 0 || d->ready == 0 ||
               d->passed_since != 0);
    } else {
        assert(!is_ready && (!is_stuck || d->lanes.used > 0));
        assert(d->passed_since == 0 && d->reserved == POOL_NONE);
    }
    if (is_ready)
        check_ready(s, d);
}

static void check_demand(const struct sched *s, uint32_t place)
{
    const struct demand *d = demand_at(s, place);
    const struct target *t = target_at(s, d->target);
    uint32_t queued = 0;
    uint32_t placeable = 0;
    uint32_t ready_count = 0;

    for (uint32_t i = 0; i < d->lanes.used; i++)
        queued += lane_count(lane_at(s, d->lanes.items[i].place));
    assert(queued == d->queued && d->place == place && d->specs > 0);
    check_place(s, d);
    for (uint32_t i = 0; i < d->fit_count; i++) {
        const struct site *site = site_at(t, i);
        bool match = d->fits[i] & FIT_MATCH;
        bool ready = d->fits[i] & FIT_READY;

        assert(!match || (worker_at(s, i)->number && !worker_at(s, i)->gone));
        assert(ready == (site && site->state == SITE_READY));
        ready_count += match && ready;
        placeable += match && (t->is_path ? ready : !(d->fits[i] & FIT_BARRED));
    }
    assert(placeable == d->placeable && ready_count == d->ready);
    if (d->reserved != POOL_NONE)
        assert(worker_at(s, d->reserved)->reserved == place);
    check_stuck(s, d);
    check_unset(s, d);
}

static void check_queues(const struct sched *s, const struct recount *r)
{
    for (uint32_t i = 0; i < pool_end(&s->lane_pool); i++)
        if (lane_at(s, i)->live)
            check_lane(s, i, r->lane_again[i]);
    for (uint32_t i = 0; i < pool_end(&s->demand_pool); i++)
        if (demand_at(s, i)->live)
            check_demand(s, i);
}

/* ---- workers ---- */

static void check_side(const struct sched *s,
                       const struct worker *w,
                       int run_class)
{
    const struct side *side = &w->sides[run_class];

    if (!list_is_empty(&side->roomy)) {
        assert(!w->paused && side->load < ROSTER_LOADS);
        assert(s->roomy_bits[run_class] >> side->load & 1);
    }
    if (run_class == RUN_IO)
        assert(side->held <= side->slots);
    else
        assert(side->held <= side->slots + 1 ||
               side->held <= side->slots * POLICY_WINDOW_JOBS);
}

/* What a worker has free is what it has, less what its jobs were given. */
static void check_resources(const struct sched *s, const struct worker *w)
{
    for (uint32_t i = 0; i < w->resource_count; i++) {
        const struct resource *r = &w->resources[i];

        assert(r->free > -1e-6 && r->free < r->total + 1e-6);
        if (w->held.count == 0)
            assert(!(r->free < r->total) && !(r->free > r->total));
    }
    (void)s;
}

static void check_worker(const struct sched *s, uint32_t place)
{
    const struct worker *w = worker_at(s, place);
    uint32_t count = 0;

    for (uint32_t at = w->held.first; at != POOL_NONE;
         at = job_at(s, at)->next) {
        assert(job_is_held(job_at(s, at)) && job_at(s, at)->where == place);
        count++;
    }
    assert(count == w->held.count && w->fresh == POOL_NONE);
    assert(worker_find(s, w->number) == place);
    for (int i = 0; i < RUN_CLASSES; i++)
        check_side(s, w, i);
    check_resources(s, w);
    if (w->reserved != POOL_NONE)
        assert(demand_at(s, w->reserved)->reserved == place);
}

static void check_workers(const struct sched *s, const struct recount *r)
{
    uint32_t live = 0;

    for (uint32_t i = 0; i < pool_end(&s->worker_pool); i++) {
        const struct worker *w = worker_at(s, i);

        if (w->number == 0 || w->gone)
            continue;
        check_worker(s, i);
        live++;
        for (int k = 0; k < RUN_CLASSES; k++) {
            assert(w->sides[k].held == r->worker_held[k][i]);
            assert(w->sides[k].ahead == r->worker_ahead[k][i]);
        }
    }
    assert(live == s->worker_count);
    for (int i = 0; i < RUN_CLASSES; i++)
        for (int k = 0; k < ROSTER_LOADS; k++)
            assert((s->roomy_bits[i] >> k & 1) ==
                   !list_is_empty(&s->roomy[i][k]));
}

/* ---- targets, specs, accounts ---- */

/* A worker that has not answered a SETUP may be set up yet, or be told to
 * close. */
static void check_site(const struct site *site)
{
    assert(site->setups == 0 ||
           (site->state != SITE_NONE && site->state != SITE_FAILED));
    assert(site->setups > 0 || site->state != SITE_SETTING);
}

static void check_targets(const struct sched *s, const struct recount *r)
{
    for (uint32_t i = 0; i < pool_end(&s->target_pool); i++) {
        const struct target *t = target_at(s, i);
        uint32_t sites = 0;
        uint32_t held = 0;
        uint32_t setting = 0;

        if (t->number == 0)
            continue;
        for (uint32_t k = 0; k < t->site_size; k++) {
            if (!t->sites[k])
                continue;
            sites++;
            held += t->sites[k]->held;
            setting += t->sites[k]->state == SITE_SETTING;
            check_site(t->sites[k]);
        }
        assert(sites == t->site_count && setting == t->setting);
        assert(held == t->held && held == r->target_held[i]);
        assert(t->queued == r->target_queued[i]);
    }
}

static void check_accounts(const struct sched *s, struct recount *r)
{
    for (uint32_t i = 0; i < pool_end(&s->spec_pool); i++) {
        const struct spec *spec = spec_at(s, i);

        if (!spec->live)
            continue;
        assert(spec->jobs == r->spec_jobs[i]);
        assert((spec->jobs == 0) == !list_is_empty(&spec->idle));
        if (spec->jobs > 0)
            r->account_bytes[idmap_get(&s->accounts, spec->account)] +=
                spec_cost(spec);
    }
    for (uint32_t i = 0; i < pool_end(&s->client_pool); i++) {
        assert(client_at(s, i)->jobs == r->client_jobs[i]);
        assert(!client_at(s, i)->gone || client_at(s, i)->jobs > 0);
        assert(spans_live(&client_at(s, i)->spans) == r->client_jobs[i]);
    }
    for (uint32_t i = 0; i < pool_end(&s->account_pool); i++) {
        assert(account_at(s, i)->queued == r->account_queued[i]);
        assert(account_at(s, i)->queued_bytes == r->account_bytes[i]);
    }
}

static void check_grants(const struct sched *s, const struct recount *r)
{
    uint32_t count = 1 + r->grants; /* place 0 is nobody's */

    for (uint32_t at = s->doomed_grants; at != 0; at = grant_at(s, at)->next)
        count++;
    assert(s->grant_pool.live == count);
}

void sched_check(const struct sched *s)
{
    struct recount r;

    recount_init(s, &r);
    check_jobs(s, &r);
    check_queues(s, &r);
    check_workers(s, &r);
    check_targets(s, &r);
    check_accounts(s, &r);
    check_grants(s, &r);
    recount_clear(&r);
}
