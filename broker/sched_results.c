/* sched_results.c - what workers say of dispatches: started, result, given
 * back
 *
 * A dispatch that is not known any more is a late word about an attempt that
 * was given up: counted, and dropped.
 */
#include "config.h"

#include "sched_hold.h"
#include "sched_life.h"
#include "sched_queue.h"
#include "wire.h"

#include <stdlib.h>

/* Find the job of a dispatch, unless it is over; its word is then late. */
static uint32_t find(struct sched *s, uint32_t worker, uint64_t dispatch)
{
    uint32_t place = dispatch_find(s, worker, dispatch);

    if (place == POOL_NONE || job_at(s, place)->state == JOB_ABANDONED)
        s->totals.late++;
    return place;
}

bool sched_started(struct sched *s,
                   uint64_t now,
                   uint32_t worker,
                   uint64_t dispatch)
{
    uint32_t place = find(s, worker, dispatch);
    struct job *job;
    const struct client *c;

    sched_hear(s, now);
    if (place == POOL_NONE || job_at(s, place)->state == JOB_ABANDONED)
        return false;
    job = job_at(s, place);
    if (job->executed == WIRE_NOT_EXECUTED)
        job->executed = WIRE_MAYBE_EXECUTED;
    if (job->state != JOB_ASSIGNED)
        return true;
    job_move(s, job, JOB_START);
    job->since = s->now;
    c = client_at(s, job->client);
    if (!c->gone) {
        struct decision *d = decisions_add(&s->decisions, DECIDE_STARTED);

        d->client = c->number;
        d->run = job->run;
        d->serial = job->serial;
        d->attempt = job->starts + UINT32_C(1);
    }
    return true;
}

/* How long jobs of a function take there decides how many it is sent. */
static void measure(struct sched *s,
                    const struct job *job,
                    const struct job_outcome *outcome)
{
    const struct spec *spec = spec_at(s, job->spec);
    struct site *site = site_at(target_at(s, spec->target), job->where);

    if (outcome->status != PAR_OK && outcome->status != PAR_EXCEPTION)
        return;
    if (!site->paces)
        site->paces = calloc(POLICY_PACES, sizeof *site->paces);
    if (site->paces)
        pace_note(site->paces, spec->function, outcome->wall_us);
}

bool sched_result(struct sched *s,
                  uint64_t now,
                  uint32_t worker,
                  uint64_t dispatch,
                  const struct job_outcome *outcome)
{
    uint32_t place = find(s, worker, dispatch);
    struct answer answer = {
        .status = outcome->status,
        .executed = outcome->executed,
        .wall_us = outcome->wall_us,
        .worker = worker,
        .payload = outcome->payload,
    };
    struct job *job;
    struct worker *w;

    sched_hear(s, now);
    if (place == POOL_NONE)
        return false;
    job = job_at(s, place);
    w = worker_at(s, job->where);
    w->finished++;
    w->failed += outcome->status != PAR_OK;
    measure(s, job, outcome);
    if (outcome->executed == WIRE_NOT_EXECUTED && outcome->status != PAR_OK)
        queue_refund(s, job);
    else
        queue_correct(s, job, outcome->wall_us);
    hold_give(s, place);
    if (job->state == JOB_ABANDONED) {
        end_abandoned(s, place);
        return false;
    }
    if (job->state != JOB_RUNNING &&
        policy_is_unstarted(outcome->status, outcome->executed)) {
        decisions_forget(&s->decisions, outcome->payload);
        life_return(s, place);
        return true;
    }
    if (outcome->status == PAR_OK)
        answer.executed = WIRE_EXECUTED;
    life_attempt_over(s, place, &answer);
    return true;
}

bool sched_returned(struct sched *s,
                    uint64_t now,
                    uint32_t worker,
                    uint64_t dispatch)
{
    uint32_t place = find(s, worker, dispatch);
    const struct job *job;
    bool started;

    sched_hear(s, now);
    if (place == POOL_NONE)
        return false;
    job = job_at(s, place);
    started = job->state == JOB_RUNNING;
    queue_refund(s, job);
    hold_give(s, place);
    if (job->state == JOB_ABANDONED) {
        end_abandoned(s, place);
        return false;
    }
    if (started) { /* it said so before: believe the worse */
        struct answer answer = {
            .status = PAR_WORKER_LOST,
            .executed = WIRE_MAYBE_EXECUTED,
            .worker = worker,
            .reason = sched_say(s, "its worker gave it up half-way"),
        };

        life_attempt_over(s, place, &answer);
        return true;
    }
    life_return(s, place);
    return true;
}

bool sched_run_of(const struct sched *s,
                  uint32_t worker,
                  uint64_t dispatch,
                  uint32_t *client,
                  uint64_t *run)
{
    uint32_t place = dispatch_find(s, worker, dispatch);
    const struct job *job;

    if (place == POOL_NONE)
        return false;
    job = job_at(s, place);
    if (job->state == JOB_ABANDONED || client_at(s, job->client)->gone)
        return false;
    *client = client_at(s, job->client)->number;
    *run = job->run;
    return true;
}

bool sched_dispatch_of(const struct sched *s,
                       uint32_t client,
                       uint64_t run,
                       uint32_t *worker,
                       uint64_t *dispatch)
{
    uint32_t place = run_find(s, client, run);
    const struct job *job;

    if (place == POOL_NONE)
        return false;
    job = job_at(s, place);
    if (!job_is_held(job))
        return false;
    *worker = worker_at(s, job->where)->number;
    *dispatch = job->dispatch;
    return true;
}
