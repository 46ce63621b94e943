/* sched_life.c - what a timer, or the end of an attempt, does to a job
 *
 * One timer a job: which of its deadlines it stands for follows from its
 * state.
 */
#include "config.h"

#include "sched_life.h"

#include "sched_queue.h"
#include "wire.h"

enum { RETURNS_MAX = 15 }; /* that a job can count */

/* ---- timers ---- */

static uint64_t after(uint64_t start, int64_t ms)
{
    return ms < 0 ? SCHED_NEVER : start + (uint64_t)ms;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t due_of(const struct sched *s, const struct job *job)
{
    const struct rules *rules = &spec_at(s, job->spec)->rules;
    uint64_t deadline = after(job->submitted, rules->deadline_ms);

    switch (job->state) {
    case JOB_QUEUED:
        return earlier(deadline, after(job->since, rules->queue_ms));
    case JOB_DELAYED:
        return earlier(deadline, job->since);
    case JOB_ABANDONED:
        return SCHED_NEVER;
    default:
        return deadline;
    }
}

void life_set_timer(struct sched *s, uint32_t place)
{
    job_set_timer(s, place, due_of(s, job_at(s, place)));
}

static void expire(struct sched *s, uint32_t place)
{
    struct job *job = job_at(s, place);
    const struct rules *rules = &spec_at(s, job->spec)->rules;
    struct answer answer = {.status = PAR_EXPIRED};
    bool deadline = after(job->submitted, rules->deadline_ms) <= s->now;

    if (deadline)
        answer.reason = sched_say(s,
                                  "its deadline of %lld ms passed while it was "
                                  "%s",
                                  (long long)rules->deadline_ms,
                                  job_state_name(job->state));
    else
        answer.reason =
            sched_say(s, "it waited longer than its queue_ms of %lld",
                      (long long)rules->queue_ms);
    if (job_is_waiting(job)) {
        end_waiting(s, place, JOB_EXPIRE, &answer);
        return;
    }
    answer.executed = WIRE_MAYBE_EXECUTED;
    answer.worker = worker_at(s, job->where)->number;
    end_cancel(s, place, CANCEL_KILL, false, 0);
    end_abandon(s, place, &answer);
}

static void wake(struct sched *s, uint32_t place)
{
    struct job *job = job_at(s, place);

    job_move(s, job, JOB_WAKE);
    job->since = s->now;
    life_set_timer(s, place);
    queue_put(s, place);
}

void life_time(struct sched *s, uint32_t place)
{
    const struct job *job = job_at(s, place);
    uint64_t due = due_of(s, job);

    if (due > s->now) /* it was for an earlier state */
        job_set_timer(s, place, due);
    else if (job->state == JOB_DELAYED && job->since <= s->now &&
             after(job->submitted, spec_at(s, job->spec)->rules.deadline_ms) >
                 s->now)
        wake(s, place);
    else
        expire(s, place);
}

/* ---- the end of an attempt ---- */

static void delay(struct sched *s, uint32_t place, uint64_t ms)
{
    struct job *job = job_at(s, place);

    job_move(s, job, JOB_RETRY);
    job->since = s->now + ms;
    life_set_timer(s, place);
}

void life_return(struct sched *s, uint32_t place)
{
    static const struct rules patience = {
        .backoff_first = 100,
        .backoff_factor = 2,
        .backoff_max = 10000,
    };
    struct job *job = job_at(s, place);
    struct answer answer = {.status = PAR_CANCELLED};

    if (job->state == JOB_STOPPING) {
        answer.reason = sched_say(s, "cancelled before it started");
        end_job(s, place, JOB_CANCEL, &answer);
        return;
    }
    if (job->returns < RETURNS_MAX)
        job->returns++;
    if (job->returns > POLICY_RETURNS) {
        delay(s, place,
              policy_backoff(&patience, job->returns - POLICY_RETURNS,
                             &s->random));
        return;
    }
    job_move(s, job, JOB_RETURN);
    job->since = s->now;
    life_set_timer(s, place);
    queue_put(s, place);
}

static enum job_event final_event(int status)
{
    switch (status) {
    case PAR_OK:
        return JOB_FINISH;
    case PAR_CANCELLED:
        return JOB_CANCEL;
    default:
        return JOB_FAIL;
    }
}

static void quarantine(struct sched *s, uint32_t place, struct answer answer)
{
    answer.status = PAR_QUARANTINED;
    answer.reason =
        sched_say(s, "it took its slot along in %u attempts: quarantined",
                  job_at(s, place)->crashes);
    end_job(s, place, JOB_QUARANTINE, &answer);
}

void life_attempt_over(struct sched *s,
                       uint32_t place,
                       const struct answer *answer)
{
    struct job *job = job_at(s, place);
    const struct rules *rules = &spec_at(s, job->spec)->rules;
    unsigned failure = policy_failure(answer->status);

    job->starts++;
    job->crashes = (uint16_t)(job->crashes + (failure == RETRY_CRASH));
    if (!(failure & rules->retry_on) || job->starts >= rules->attempts ||
        job->state == JOB_STOPPING) {
        end_job(s, place, final_event(answer->status), answer);
        return;
    }
    if (failure == RETRY_CRASH && job->crashes >= rules->crash_limit) {
        quarantine(s, place, *answer);
        return;
    }
    if (answer->executed > job->executed)
        job->executed = (uint8_t)answer->executed;
    decisions_forget(&s->decisions, answer->payload);
    s->totals.retried++;
    delay(s, place, policy_backoff(rules, job->starts, &s->random));
}
