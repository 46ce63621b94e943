/* sched_end.c - the one way out of the scheduler for a job
 *
 * Whatever ends it, it is answered at most once, counted, and let go of by all
 * that knew it.
 */
#include "config.h"

#include "sched_end.h"

#include "sched_queue.h"
#include "sched_spec.h"
#include "wire.h"

#include <stdlib.h>

void end_ghost(struct sched *s, uint32_t place)
{
    struct client *c = client_at(s, place);
    struct account *a = account_at(s, c->account);

    if (!c->gone || c->jobs > 0)
        return;
    if (--a->clients == 0)
        pool_give(&s->account_pool, idmap_take(&s->accounts, a->number));
    client_clear(c);
    pool_give(&s->client_pool, place);
}

static void count_answer(struct sched *s, int status)
{
    switch (status) {
    case PAR_OK:
        s->totals.done++;
        break;
    case PAR_CANCELLED:
        s->totals.cancelled++;
        break;
    case PAR_EXPIRED:
        s->totals.expired++;
        break;
    default:
        s->totals.failed++;
        break;
    }
}

/* Only a job that was detached is answered after its client has left: that is
 * for whoever keeps results. */
static void tell(struct sched *s, struct job *job, const struct answer *answer)
{
    const struct client *c = client_at(s, job->client);

    if (answer) {
        struct decision *d = decisions_add(&s->decisions, DECIDE_RESULT);

        d->client = c->gone ? 0 : c->number;
        d->worker = answer->worker;
        d->target = answer->target;
        /* An abandoned one is in the midst of its next. */
        d->attempt = job->starts + (job->state == JOB_ABANDONED ? 1u : 0u);
        d->run = job->run;
        d->serial = job->serial;
        d->status = answer->status;
        d->executed =
            answer->executed > job->executed ? answer->executed : job->executed;
        d->wall_us = answer->wall_us;
        d->payload = answer->payload;
        d->spent = job->payload;
        d->reason = answer->reason;
        count_answer(s, answer->status);
    } else {
        decisions_forget(&s->decisions, job->payload);
    }
}

static void release(struct sched *s, uint32_t place)
{
    struct job *job = job_at(s, place);
    struct client *c = client_at(s, job->client);
    struct target *t = target_at(s, spec_at(s, job->spec)->target);
    uint32_t client = job->client;

    if (job->timer != HEAP_NOWHERE)
        job_set_timer(s, place, SCHED_NEVER);
    serials_take(&s->jobs, job->serial);
    spans_drop(&c->spans, job->run);
    if (t->closing)
        target_touch(s, t);
    spec_release(s, job->spec);
    pool_give(&s->job_pool, place);
    c->jobs--;
    if (c->gone)
        end_ghost(s, client);
}

void end_job(struct sched *s,
             uint32_t place,
             enum job_event event,
             const struct answer *answer)
{
    struct job *job = job_at(s, place);

    job_move(s, job, event);
    tell(s, job, answer);
    release(s, place);
}

static void leave_queue(struct sched *s, uint32_t place)
{
    if (job_at(s, place)->state == JOB_QUEUED)
        queue_remove(s, place);
}

void end_waiting(struct sched *s,
                 uint32_t place,
                 enum job_event event,
                 const struct answer *answer)
{
    leave_queue(s, place);
    end_job(s, place, event, answer);
}

void end_abandon(struct sched *s, uint32_t place, const struct answer *answer)
{
    struct job *job = job_at(s, place);

    job_move(s, job, JOB_ABANDON);
    job_set_timer(s, place, SCHED_NEVER);
    tell(s, job, answer);
}

void end_abandoned(struct sched *s, uint32_t place)
{
    job_move(s, job_at(s, place), JOB_RELEASE);
    release(s, place);
}

static void abort_job(struct sched *s, const struct job *job, unsigned mode)
{
    struct decision *d = decisions_add(&s->decisions, DECIDE_ABORT);

    d->worker = worker_at(s, job->where)->number;
    d->dispatch = job->dispatch;
    d->mode = mode;
    d->grace_ms = spec_at(s, job->spec)->rules.grace_ms;
}

void end_orphan(struct sched *s, uint32_t place)
{
    struct job *job = job_at(s, place);
    unsigned rule = spec_at(s, job->spec)->rules.cancel;

    if (job->state == JOB_ABANDONED)
        return;
    if (job_is_waiting(job)) {
        end_waiting(s, place, JOB_CANCEL, NULL);
        return;
    }
    if (rule != CANCEL_NEVER && job->state != JOB_STOPPING)
        abort_job(s, job, rule);
    end_abandon(s, place, NULL);
}

int end_cancel(
    struct sched *s, uint32_t place, unsigned mode, bool force, uint32_t reason)
{
    struct job *job = job_at(s, place);
    unsigned rule = spec_at(s, job->spec)->rules.cancel;

    if (job_is_waiting(job)) {
        struct answer answer = {.status = PAR_CANCELLED, .reason = reason};

        end_waiting(s, place, JOB_CANCEL, &answer);
        return PAR_OK;
    }
    if (rule == CANCEL_NEVER && !force)
        return PAR_NOT_KILLABLE;
    if (mode == 0)
        mode = rule == CANCEL_NEVER ? CANCEL_KILL : rule;
    /* Asked again, it may only get harder. */
    if (job->state == JOB_STOPPING && mode != CANCEL_KILL)
        return PAR_OK;
    abort_job(s, job, mode);
    if (job->state != JOB_STOPPING && job->state != JOB_ABANDONED)
        job_move(s, job, JOB_STOP);
    return PAR_OK;
}
