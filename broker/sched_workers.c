/* sched_workers.c - workers come, pause and leave, and what leaving costs
 * their jobs
 */
#include "config.h"

#include "sched_demand.h"
#include "sched_hold.h"
#include "sched_life.h"
#include "sched_queue.h"
#include "sched_setup.h"
#include "sched_sites.h"
#include "wire.h"

#include <errno.h>
#include <string.h>

static uint64_t name_hash(const struct sched *s, const char *name)
{
    return keymap_hash(s->limits.seed, name, strlen(name));
}

/* SETUPs that wait want to know of a new worker. */
static void touch_waiting(struct sched *s)
{
    for (uint32_t i = 0; i < pool_end(&s->target_pool); i++) {
        struct target *t = target_at(s, i);

        if (t->number != 0 && !t->retired && !list_is_empty(&t->orders))
            target_touch(s, t);
    }
}

static int enter(struct sched *s, uint32_t place, struct par_error *err)
{
    struct worker *w = worker_at(s, place);

    if (demand_reserve_worker(s, place) < 0 ||
        idmap_put(&s->workers, w->number, place) < 0)
        return par_fail(err, ENOMEM, "worker %s: out of memory", w->name);
    if (keymap_put(&s->names, name_hash(s, w->name), place) < 0) {
        idmap_take(&s->workers, w->number);
        return par_fail(err, ENOMEM, "worker %s: out of memory", w->name);
    }
    return 0;
}

int sched_worker_join(struct sched *s,
                      uint64_t now,
                      uint32_t worker,
                      const struct worker_desc *desc,
                      struct par_error *err)
{
    uint32_t place;
    struct worker *w;

    sched_hear(s, now);
    if (idmap_get(&s->workers, worker) != IDMAP_NONE)
        return par_fail(err, EEXIST, "worker %u is known already", worker);
    if (keymap_find(&s->names, name_hash(s, desc->name), desc->name) !=
        KEYMAP_NONE)
        return par_fail(err, EEXIST, "there is a worker of the name %s already",
                        desc->name);
    place = pool_take(&s->worker_pool);
    if (place == POOL_NONE)
        return par_fail(err, ENOMEM, "worker %s: out of memory", desc->name);
    w = worker_at(s, place);
    if (worker_init(w, worker, desc, err) < 0 || enter(s, place, err) < 0) {
        worker_clear(w);
        pool_give(&s->worker_pool, place);
        return -1;
    }
    for (int i = 0; i < RUN_CLASSES; i++)
        w->sides[i].worker = place;
    s->worker_count++;
    demand_meet_worker(s, place);
    hold_open(s, place);
    touch_waiting(s);
    return 0;
}

void sched_worker_pause(struct sched *s,
                        uint64_t now,
                        uint32_t worker,
                        bool pause)
{
    uint32_t place = worker_find(s, worker);
    struct worker *w;

    sched_hear(s, now);
    if (place == POOL_NONE)
        return;
    w = worker_at(s, place);
    w->paused = pause;
    if (!pause) {
        hold_open(s, place);
        return;
    }
    hold_shut(s, place);
    if (w->reserved != POOL_NONE)
        queue_unreserve(s, demand_at(s, w->reserved));
}

/* ---- leaving ---- */

static void lose_job(struct sched *s, uint32_t place, bool orderly)
{
    struct job *job = job_at(s, place);
    const struct worker *w = worker_at(s, job->where);
    struct answer answer = {
        .status = PAR_WORKER_LOST,
        .executed = WIRE_MAYBE_EXECUTED,
        .worker = w->number,
    };

    hold_give(s, place);
    if (job->state == JOB_ABANDONED) {
        end_abandoned(s, place);
        return;
    }
    if (orderly && job->state == JOB_ASSIGNED) {
        queue_refund(s, job);
        life_return(s, place);
        return;
    }
    answer.reason =
        sched_say(s, "worker %s on %s (pid %u) %s; attempt %u was %s", w->name,
                  w->host, w->pid, orderly ? "left" : "was lost",
                  job->starts + 1u, job_state_name(job->state));
    life_attempt_over(s, place, &answer);
}

/* Nobody knows how far it came.  The other workers of its host may be closed
 * already: a CLOSE says so. */
static void lose_call(struct sched *s, struct order *o, const struct worker *w)
{
    o->pending--;
    if (o->status != PAR_OK)
        return; /* it is going to be answered with that */
    if (o->close)
        o->status = PAR_WORKER_LOST;
    else
        setup_call_lost(s, o, w->host);
}

static void lose_requests(struct sched *s, struct worker *w)
{
    while (!list_is_empty(&w->requests)) {
        struct request *r =
            LIST_ENTRY(w->requests.next, struct request, of_worker);
        uint32_t order = r->order;

        site_answered(s, r);
        if (order != POOL_NONE)
            lose_call(s, order_at(s, order), w);
    }
}

static void lose_sites(struct sched *s, uint32_t place)
{
    for (uint32_t i = 0; i < pool_end(&s->target_pool); i++) {
        struct target *t = target_at(s, i);

        if (t->number == 0 || t->retired)
            continue;
        site_drop(s, t, place);
        if (!list_is_empty(&t->orders))
            target_touch(s, t);
    }
}

void sched_worker_leave(struct sched *s,
                        uint64_t now,
                        uint32_t worker,
                        bool orderly)
{
    uint32_t place = worker_find(s, worker);
    struct worker *w;

    sched_hear(s, now);
    if (place == POOL_NONE)
        return;
    w = worker_at(s, place);
    hold_shut(s, place);
    w->gone = true; /* its name and number stay readable until settled */
    s->worker_count--;
    keymap_drop(&s->names, name_hash(s, w->name), place);
    demand_lose_worker(s, place);
    /* The newest first: each then goes to the very front of its queue. */
    while (w->held.last != POOL_NONE)
        lose_job(s, w->held.last, orderly);
    lose_requests(s, w);
    lose_sites(s, place);
    list_append(&s->doomed_workers, &w->doomed);
}
