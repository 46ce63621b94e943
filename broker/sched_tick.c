/* sched_tick.c - the frame of a turn: create, expire, the next deadline,
 * settle
 *
 * Places that were freed in a turn are given back in sched_settle(), when no
 * decision names them any more.
 */
#include "config.h"

#include "sched_assign.h"
#include "sched_demand.h"
#include "sched_end.h"
#include "sched_life.h"
#include "sched_queue.h"
#include "sched_review.h"
#include "sched_sites.h"
#include "sched_spec.h"

#include <stdio.h>
#include <stdlib.h>

/* Each has its own reason, and to find that all workers are looked at. */
enum { LANES_A_TICK = 256 };

struct sched *sched_create(const struct sched_limits *limits)
{
    struct sched *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    if (state_init(s, limits) < 0) {
        sched_destroy(s);
        return NULL;
    }
    return s;
}

void sched_destroy(struct sched *s)
{
    if (!s)
        return;
    state_clear(s);
    free(s);
}

bool sched_is_out_of_memory(const struct sched *s)
{
    return s->no_memory || s->decisions.failed;
}

/* ---- time ---- */

/* No worker could run the first jobs of this lane for too long.  It is gone
 * with the last of them. */
static void expire_lane(struct sched *s, const struct lane *lane)
{
    const struct demand *d = demand_at(s, lane->demand);
    struct answer answer = {.status = PAR_NO_CAPACITY};
    char text[PAR_ERROR_TEXT];
    uint32_t left = lane_count(lane);

    demand_explain(s, d, text, sizeof text);
    answer.reason = decisions_reason(&s->decisions, text);
    if (demand_is_barred(s, d))
        answer.target = target_at(s, d->target)->number;
    do {
        end_waiting(s, lane_first(s, lane), JOB_FAIL, &answer);
    } while (--left > 0 && queue_due(s, lane) <= s->now);
}

/* What is left is due at once: see sched_deadline(). */
static void expire_lanes(struct sched *s)
{
    unsigned left = LANES_A_TICK;

    while (left-- > 0 && heap_due(&s->lane_timers) <= s->now) {
        uint32_t place = heap_first(&s->lane_timers);

        if (queue_due(s, lane_at(s, place)) <= s->now)
            expire_lane(s, lane_at(s, place));
        else /* it was for a job that has gone */
            queue_set_timer(s, place);
    }
}

static void expire_jobs(struct sched *s)
{
    while (heap_due(&s->job_timers) <= s->now)
        life_time(s, heap_first(&s->job_timers));
}

void sched_tick(struct sched *s, uint64_t now)
{
    sched_hear(s, now);
    /* Expire before assigning, or a worker is given what is too late. */
    expire_lanes(s);
    expire_jobs(s);
    review_due(s);
    review_targets(s);
    queue_age(s);
    assign_jobs(s);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t sched_deadline(const struct sched *s)
{
    uint64_t due = s->patience_due;

    due = earlier(due, heap_due(&s->job_timers));
    due = earlier(due, heap_due(&s->lane_timers));
    due = earlier(due, heap_due(&s->order_timers));
    due = earlier(due, heap_due(&s->request_timers));
    return due;
}

/* ---- decisions ---- */

bool sched_next(struct sched *s, struct decision *d)
{
    return decisions_next(&s->decisions, d);
}

static void free_workers(struct sched *s)
{
    while (!list_is_empty(&s->doomed_workers)) {
        struct worker *w =
            LIST_ENTRY(s->doomed_workers.next, struct worker, doomed);

        list_remove(&w->doomed);
        worker_clear(w);
        pool_give(&s->worker_pool, idmap_take(&s->workers, w->number));
    }
}

static void free_targets(struct sched *s)
{
    while (!list_is_empty(&s->doomed_targets)) {
        struct target *t =
            LIST_ENTRY(s->doomed_targets.next, struct target, touched);
        uint32_t place = idmap_take(&s->targets, t->number);

        list_remove(&t->touched);
        spec_drop_target(s, place);
        target_clear(t);
        pool_give(&s->target_pool, place);
    }
}

static void free_grants(struct sched *s)
{
    while (s->doomed_grants != 0) {
        uint32_t place = s->doomed_grants;
        struct grant *grant = grant_at(s, place);

        s->doomed_grants = grant->next;
        free(grant->indexes);
        pool_give(&s->grant_pool, place);
    }
}

void sched_settle(struct sched *s)
{
    decisions_settle(&s->decisions);
    spec_trim(s);
    free_grants(s); /* they name workers */
    free_workers(s);
    free_targets(s);
    site_sweep_paths(s);
}

const void *sched_spec_meta(const struct sched *s, uint32_t spec, size_t *len)
{
    *len = spec_at(s, spec)->meta_len;
    return spec_at(s, spec)->meta;
}

const char *sched_reason(const struct sched *s,
                         const struct decision *d,
                         char *text,
                         size_t size)
{
    snprintf(text, size, "%s", decisions_reason_text(&s->decisions, d->reason));
    return text;
}

bool sched_grant(const struct sched *s,
                 uint32_t grant,
                 size_t i,
                 const char **name,
                 uint32_t *index)
{
    const struct grant *g = grant_at(s, grant);
    const struct worker *w = worker_at(s, g->worker);

    if (grant == 0 || i >= g->count)
        return false;
    *name = w->resources[g->indexes[i].resource].name;
    *index = g->indexes[i].index;
    return true;
}
