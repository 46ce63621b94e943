/* sched_jobs.c - RUN and CANCEL: jobs come in, whole batches or nothing
 *
 * A batch that cannot come in whole is unmade, so a refusal leaves no trace.
 */
#include "config.h"

#include "sched_demand.h"
#include "sched_end.h"
#include "sched_life.h"
#include "sched_queue.h"
#include "sched_spec.h"

#include <stdio.h>
#include <string.h>

/* ---- may they come in ---- */

static int refuse(struct par_error *err,
                  int status,
                  const char *what,
                  uint64_t number)
{
    par_fail(err, PAR_CODE(status), "%s %llu", what,
             (unsigned long long)number);
    return status;
}

/* Who asks, and for what. */
static int find_parties(const struct sched *s,
                        const struct job_batch *batch,
                        uint32_t *client,
                        uint32_t *target,
                        struct par_error *err)
{
    const struct client *c;
    uint64_t last = batch->first_run + batch->count - 1;

    *client = client_find(s, batch->client);
    if (*client == POOL_NONE)
        return refuse(err, PAR_UNKNOWN_SESSION, "no session", batch->client);
    c = client_at(s, *client);
    if (batch->count == 0 || last < batch->first_run)
        return refuse(err, PAR_MALFORMED, "a batch of", batch->count);
    if (batch->first_run <= c->last_run) {
        par_fail(err, PAR_CODE(PAR_DUPLICATE_ID),
                 "run %llu: ids go up, and the last was %llu",
                 (unsigned long long)batch->first_run,
                 (unsigned long long)c->last_run);
        return PAR_DUPLICATE_ID;
    }
    *target = target_find(s, batch->target);
    if (!sched_target_allows(s, batch->target,
                             account_at(s, c->account)->number))
        return refuse(err, PAR_UNKNOWN_HANDLE, "no computation has handle",
                      batch->target);
    if (target_at(s, *target)->closing) {
        par_fail(err, PAR_CODE(PAR_CLOSING), "%s is being closed",
                 target_at(s, *target)->name);
        return PAR_CLOSING;
    }
    return PAR_OK;
}

/* Jobs that do not want to wait for a worker that could run them. */
static int check_placeable(const struct sched *s,
                           const struct spec *spec,
                           struct par_error *err)
{
    const struct demand *d = demand_at(s, spec->demand);
    char text[PAR_ERROR_TEXT];
    int status = PAR_NO_CAPACITY;

    if (d->placeable > 0 || d->where.unplaceable_ms != 0)
        return PAR_OK;
    if (d->where.strict && d->where.worker.data) {
        char name[256];

        snprintf(name, sizeof name, "%.*s", (int)d->where.worker.len,
                 d->where.worker.data);
        if (keymap_find(&s->names,
                        keymap_hash(s->limits.seed, name, strlen(name)),
                        name) == POOL_NONE)
            status = PAR_UNKNOWN_WORKER;
    }
    demand_explain(s, d, text, sizeof text);
    par_fail(err, PAR_CODE(status), "%s", text);
    return status;
}

static int check_quota(const struct sched *s,
                       const struct job_batch *batch,
                       const struct account *a,
                       const struct spec *spec,
                       struct par_error *err)
{
    uint64_t bytes = spec->jobs == 0 ? spec_cost(spec) : 0;

    for (uint32_t i = 0; i < batch->count; i++)
        bytes += batch->payloads[i].len;
    if (a->queued + (uint64_t)batch->count > s->limits.max_queued)
        return refuse(err, PAR_OVERLOADED,
                      "this account's queue is full: max_queued",
                      s->limits.max_queued);
    if (a->queued_bytes + bytes > s->limits.max_queued_bytes)
        return refuse(err, PAR_OVERLOADED,
                      "this account's queue is full: max_queued_bytes",
                      s->limits.max_queued_bytes);
    return PAR_OK;
}

/* ---- taking them in ---- */

/* What a batch becomes. */
struct intake {
    const struct job_batch *batch;
    uint32_t client;
    uint32_t spec;
    uint32_t lane;
    struct job_row row;
    uint64_t bytes;
};

static int make_job(struct sched *s, struct intake *in, uint32_t i)
{
    uint32_t place = pool_take(&s->job_pool);
    struct job *job;

    if (place == POOL_NONE)
        return -1;
    job = job_at(s, place);
    job->serial = s->serials + 1 + i;
    if (serials_put(&s->jobs, job->serial, place) < 0) {
        pool_give(&s->job_pool, place);
        return -1;
    }
    job->run = in->batch->first_run + i;
    job->submitted = job->since = s->now;
    job->payload = in->batch->payloads[i];
    job->client = in->client;
    job->spec = in->spec;
    job->where = in->lane;
    job->timer = HEAP_NOWHERE;
    job->state = JOB_QUEUED;
    job->detach = in->batch->detach;
    job_row_append(&in->row, &s->job_pool, place);
    in->bytes += job->payload.len;
    return 0;
}

/* Out of memory half-way: as if they had never come. */
static void unmake_jobs(struct sched *s, struct intake *in)
{
    while (in->row.count > 0) {
        uint32_t place = in->row.first;

        job_row_remove(&in->row, &s->job_pool, place);
        serials_take(&s->jobs, job_at(s, place)->serial);
        pool_give(&s->job_pool, place);
    }
}

static int make_jobs(struct sched *s, struct intake *in)
{
    const struct job_batch *batch = in->batch;

    job_row_init(&in->row);
    while (in->row.count < batch->count)
        if (make_job(s, in, in->row.count) < 0)
            break;
    if (in->row.count == batch->count &&
        spans_add(&client_at(s, in->client)->spans, batch->first_run,
                  s->serials + 1, batch->count) == 0)
        return 0;
    unmake_jobs(s, in);
    return -1;
}

static bool is_timed(const struct rules *rules)
{
    return rules->queue_ms >= 0 || rules->deadline_ms >= 0;
}

static void set_timers(struct sched *s, const struct intake *in)
{
    if (is_timed(&spec_at(s, in->spec)->rules))
        for (uint32_t at = in->row.first; at != POOL_NONE;
             at = job_at(s, at)->next)
            life_set_timer(s, at);
}

static void enqueue(struct sched *s, struct intake *in)
{
    struct lane *lane = lane_at(s, in->lane);
    struct demand *d = demand_at(s, lane->demand);

    set_timers(s, in);
    job_count_in(s, in->client, in->spec, in->row.count, in->bytes);
    d->queued += in->row.count;
    job_row_join(&lane->row, &s->job_pool, &in->row);
    queue_settle(s, in->lane);
    queue_more(s, d);
}

static int take_in(struct sched *s, struct intake *in, struct par_error *err)
{
    const struct spec *spec = spec_at(s, in->spec);
    uint32_t count = in->batch->count;
    struct client *c = client_at(s, in->client);

    in->lane = queue_lane(s, in->client, spec->demand, spec->rules.priority);
    if (in->lane == POOL_NONE ||
        (is_timed(&spec->rules) && heap_reserve(&s->job_timers, count) < 0) ||
        make_jobs(s, in) < 0) {
        if (in->lane != POOL_NONE)
            queue_settle(s, in->lane);
        par_fail(err, PAR_CODE(PAR_OVERLOADED), "the broker is out of memory");
        return PAR_OVERLOADED;
    }
    spec_hold(s, in->spec, count);
    enqueue(s, in);
    s->serials += count;
    s->totals.submitted += count;
    c->jobs += count;
    c->last_run = in->batch->first_run + count - 1;
    return PAR_OK;
}

int sched_submit(struct sched *s,
                 uint64_t now,
                 const struct job_batch *batch,
                 uint64_t *first_serial,
                 struct par_error *err)
{
    struct spec_key key = {
        .meta = batch->meta,
        .len = batch->meta_len,
        .function = batch->function,
    };
    struct intake in = {.batch = batch};
    const struct account *a;
    int status;

    sched_hear(s, now);
    status = find_parties(s, batch, &in.client, &key.target, err);
    if (status != PAR_OK)
        return status;
    a = account_at(s, client_at(s, in.client)->account);
    key.account = a->number;
    status = spec_intern(s, &key, &in.spec, err);
    if (status == PAR_OK)
        status = check_placeable(s, spec_at(s, in.spec), err);
    if (status == PAR_OK)
        status = check_quota(s, batch, a, spec_at(s, in.spec), err);
    if (status == PAR_OK)
        status = take_in(s, &in, err);
    if (status == PAR_OK)
        *first_serial = s->serials - batch->count + 1;
    return status;
}

/* ---- cancel ---- */

static int cancel(struct sched *s, uint32_t place, unsigned mode)
{
    uint32_t reason = 0;

    if (job_is_waiting(job_at(s, place)))
        reason = sched_say(s, "cancelled while it was waiting");
    return end_cancel(s, place, mode, false, reason);
}

int sched_cancel(
    struct sched *s, uint64_t now, uint32_t client, uint64_t run, unsigned mode)
{
    uint32_t place = run_find(s, client, run);

    sched_hear(s, now);
    return place == POOL_NONE ? PAR_UNKNOWN_ID : cancel(s, place, mode);
}

int sched_cancel_job(struct sched *s,
                     uint64_t now,
                     uint32_t account,
                     uint64_t serial,
                     unsigned mode)
{
    uint32_t place = serials_get(&s->jobs, serial);
    const struct job *job;

    sched_hear(s, now);
    if (place == POOL_NONE)
        return PAR_UNKNOWN_ID;
    job = job_at(s, place);
    if (job->state == JOB_ABANDONED ||
        account_at(s, client_at(s, job->client)->account)->number != account)
        return PAR_UNKNOWN_ID;
    return cancel(s, place, mode);
}

void sched_dismiss(struct sched *s, uint64_t now)
{
    struct answer answer = {.status = PAR_DRAINING};

    sched_hear(s, now);
    for (uint32_t i = 0; i < pool_end(&s->job_pool); i++) {
        const struct job *job = job_at(s, i);

        if (job->state == JOB_NONE || !job_is_waiting(job))
            continue;
        if (answer.reason == 0)
            answer.reason = sched_say(s, "the broker is shutting down");
        end_waiting(s, i, JOB_FAIL, &answer);
    }
}
