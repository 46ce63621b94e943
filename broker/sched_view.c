/* sched_view.c - walks with a cursor, so that nothing is copied and a long list
 * can be answered in parts
 */
#include "config.h"

#include "sched_view.h"

#include <stdio.h>
#include <string.h>

#include "sched_demand.h"
#include "sched_order.h"

/* Workers that are looked at for one walk, to say why jobs wait: with a demand
 * each, a hundred thousand jobs would have it take longer than workers wait
 * for a word. */
enum { EXPLAIN_LOOKS = 1 << 16 };

void sched_stats(const struct sched *s, struct sched_stats *out)
{
    *out = s->totals;
    out->queued = s->states[JOB_QUEUED];
    out->delayed = s->states[JOB_DELAYED];
    out->assigned = s->states[JOB_ASSIGNED];
    out->running = s->states[JOB_RUNNING] + s->states[JOB_STOPPING] +
                   s->states[JOB_ABANDONED];
    out->clients = s->client_count;
    out->workers = s->worker_count;
    out->targets = s->target_count;
    for (uint32_t i = 0; i < pool_end(&s->account_pool); i++)
        out->queued_bytes += account_at(s, i)->queued_bytes;
}

/* Why no worker could run it.  Jobs that ask the same are often neighbours. */
static const char *explain(const struct sched *s,
                           struct job_walk *walk,
                           const struct demand *d)
{
    if (walk->explained == d->place + UINT32_C(1))
        return walk->text;
    if (walk->looks >= EXPLAIN_LOOKS)
        return "a worker that could run it";
    walk->looks += pool_end(&s->worker_pool);
    walk->explained = d->place + UINT32_C(1);
    demand_explain(s, d, walk->text, sizeof walk->text);
    return walk->text;
}

static const char *waits_for(const struct sched *s,
                             struct job_walk *walk,
                             const struct job *job)
{
    const struct demand *d = demand_at(s, spec_at(s, job->spec)->demand);
    const struct target *t = target_at(s, d->target);

    if (job->state == JOB_DELAYED)
        return "its next attempt";
    if (job->state != JOB_QUEUED)
        return "";
    if (d->placeable == 0)
        return explain(s, walk, d);
    if (client_at(s, job->client)->paused)
        return "its client to read what it has";
    if (t->setting > 0) {
        walk->explained = 0;
        snprintf(walk->text, sizeof walk->text, "the set-up of %s", t->name);
        return walk->text;
    }
    return d->where.need_count > 0 ? "a slot and its resources" : "a slot";
}

bool sched_job_next(const struct sched *s,
                    uint64_t now,
                    uint32_t account,
                    struct job_walk *walk,
                    struct job_view *view)
{
    while (walk->at < pool_end(&s->job_pool)) {
        const struct job *job = job_at(s, (uint32_t)walk->at++);
        const struct spec *spec;
        const struct client *c;
        uint32_t owner;

        if (job->state == JOB_NONE)
            continue;
        spec = spec_at(s, job->spec);
        c = client_at(s, job->client);
        owner = account_at(s, c->account)->number;
        if (account != 0 && owner != account)
            continue;
        *view = (struct job_view){
            .serial = job->serial,
            .client = c->gone ? 0 : c->number,
            .account = owner,
            .target = target_at(s, spec->target)->number,
            .function = spec->function,
            .state = job_state_name(job->state),
            .waits_for = waits_for(s, walk, job),
            .worker = job_is_held(job) ? worker_at(s, job->where)->number : 0,
            .attempt = job->starts + (uint32_t)job_is_held(job),
            .priority = spec->rules.priority,
            .age_ms = now > job->submitted ? now - job->submitted : 0,
            .running_ms =
                job_is_held(job) && now > job->since ? now - job->since : 0,
        };
        return true;
    }
    return false;
}

bool sched_worker_next(const struct sched *s,
                       size_t *cursor,
                       struct worker_view *view)
{
    while (*cursor < pool_end(&s->worker_pool)) {
        const struct worker *w = worker_at(s, (uint32_t)(*cursor)++);

        if (w->number == 0 || w->gone)
            continue;
        *view = (struct worker_view){
            .worker = w->number,
            .name = w->name,
            .host = w->host,
            .pid = w->pid,
            .slots = w->sides[RUN_CPU].slots,
            .thread_slots = w->thread_slots,
            .paused = w->paused,
            .running = w->held.count,
            .finished = w->finished,
            .failed = w->failed,
        };
        return true;
    }
    return false;
}

static const struct worker *find_worker(const struct sched *s, uint32_t worker)
{
    uint32_t place = idmap_get(&s->workers, worker);

    return place == IDMAP_NONE ? NULL : worker_at(s, place);
}

bool sched_worker_label(const struct sched *s,
                        uint32_t worker,
                        size_t i,
                        struct sched_label *label)
{
    const struct worker *w = find_worker(s, worker);

    if (!w || i >= w->label_count)
        return false;
    *label = (struct sched_label){w->labels[i].key, w->labels[i].value};
    return true;
}

bool sched_worker_resource(const struct sched *s,
                           uint32_t worker,
                           size_t i,
                           const char **name,
                           double *free,
                           double *total)
{
    const struct worker *w = find_worker(s, worker);

    if (!w || i >= w->resource_count)
        return false;
    *name = w->resources[i].name;
    *free = w->resources[i].free;
    *total = w->resources[i].total;
    return true;
}

uint32_t sched_worker_find(const struct sched *s, const char *name)
{
    uint32_t place = keymap_find(
        &s->names, keymap_hash(s->limits.seed, name, strlen(name)), name);

    return place == KEYMAP_NONE ? 0 : worker_at(s, place)->number;
}

const char *sched_worker_name(const struct sched *s, uint32_t worker)
{
    const struct worker *w = find_worker(s, worker);

    return w ? w->name : "?";
}

bool sched_target_next(const struct sched *s,
                       size_t *cursor,
                       struct target_view *view)
{
    while (*cursor < pool_end(&s->target_pool)) {
        const struct target *t = target_at(s, (uint32_t)(*cursor)++);

        if (t->number == 0 || t->retired)
            continue;
        *view = (struct target_view){
            .target = t->number,
            .account = t->account,
            .name = t->name,
            .is_path = t->is_path,
            .closing = t->closing,
            .queued = t->queued,
            .running = t->held,
        };
        for (uint32_t i = 0; i < t->site_size; i++) {
            if (!t->sites[i])
                continue;
            view->ready += t->sites[i]->state == SITE_READY;
            view->failed += t->sites[i]->state == SITE_FAILED;
        }
        return true;
    }
    return false;
}

bool sched_holds(const struct sched *s, uint32_t client, uint32_t target)
{
    uint32_t c = client_find(s, client);
    uint32_t t = target_find(s, target);

    return c != POOL_NONE && t != POOL_NONE && order_holds(client_at(s, c), t);
}

uint32_t sched_hold_count(const struct sched *s, uint32_t client)
{
    uint32_t place = client_find(s, client);

    return place == POOL_NONE ? 0 : client_at(s, place)->hold_count;
}
