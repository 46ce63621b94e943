/* sched_assign.c - the next job, the best worker for it, and what if there is
 * none
 *
 * A demand that finds no room is stuck and not looked at again until a worker
 * opens; one that waits too long has a worker kept free for it.
 */
#include "config.h"

#include "sched_assign.h"

#include "sched_hold.h"
#include "sched_queue.h"
#include "sched_sites.h"
#include "wire.h"

/* ---- which worker ---- */

/* A walk over the workers with room that a demand has not asked in vain: those
 * that opened since it looked, or all of them, the least loaded first. */
struct walk {
    const struct sched *s;
    const struct list *lists;
    const struct list *at; /* NULL: it is over those that opened */
    uint64_t bits;         /* lists that are left */
    uint64_t opening;
    int run_class;
};

static struct walk walk_begin(const struct sched *s, const struct demand *d)
{
    struct walk w = {.s = s,
                     .lists = s->roomy[d->where.run_class],
                     .bits = s->roomy_bits[d->where.run_class],
                     .opening = d->looked,
                     .run_class = d->where.run_class};

    if (d->looked == SCHED_NEVER || s->opened - d->looked > OPENINGS)
        w.at = w.bits ? &w.lists[__builtin_ctzll(w.bits)] : w.lists;
    return w;
}

/* The next side, or NULL. */
static const struct side *walk_opened(struct walk *w)
{
    while (w->opening < w->s->opened) {
        uint32_t place = w->s->openings[w->opening++ % OPENINGS];
        const struct side *side = &worker_at(w->s, place)->sides[w->run_class];

        if (worker_at(w->s, place)->number && !list_is_empty(&side->roomy))
            return side;
    }
    return NULL;
}

static const struct side *walk_next(struct walk *w)
{
    if (!w->at)
        return walk_opened(w);
    while (w->bits != 0) {
        const struct list *head = &w->lists[__builtin_ctzll(w->bits)];

        w->at = w->at->next;
        if (w->at != head)
            return LIST_ENTRY(w->at, struct side, roomy);
        w->bits &= w->bits - 1;
        if (w->bits != 0)
            w->at = &w->lists[__builtin_ctzll(w->bits)];
    }
    return NULL;
}

/* The least loaded worker with room, among those in whom the demand sees all
 * bits of `want`; POOL_NONE. */
static uint32_t search(const struct sched *s,
                       const struct demand *d,
                       unsigned want)
{
    struct walk walk = walk_begin(s, d);
    const struct side *best = NULL;
    const struct side *side;

    while ((side = walk_next(&walk)) != NULL) {
        if (best && side->load >= best->load)
            continue;
        if ((fit_at(d, side->worker) & want) != want ||
            !hold_has_room(s, side->worker, d))
            continue;
        best = side;
        if (walk.at) /* all that follow are at least as full */
            break;
    }
    return best ? best->worker : POOL_NONE;
}

/* Have the target set up at workers that could run these jobs, but for that;
 * not at more of them than there are jobs. */
static void set_up_more(struct sched *s, const struct demand *d, unsigned want)
{
    struct target *t = target_at(s, d->target);
    struct walk walk = walk_begin(s, d);
    const struct side *side;

    if (t->is_path || d->ready == d->placeable)
        return;
    while (t->setting < d->queued && (side = walk_next(&walk)) != NULL) {
        const struct site *site = site_at(t, side->worker);

        if ((fit_at(d, side->worker) & want) == want &&
            (!site || site->state == SITE_NONE))
            site_setup(s, d->target, side->worker, POOL_NONE);
    }
}

static uint32_t choose(struct sched *s, const struct demand *d)
{
    uint32_t worker = POOL_NONE;

    if (!d->where.strict) {
        worker = search(s, d, FIT_MATCH | FIT_READY | FIT_PREFER);
        if (worker == POOL_NONE)
            set_up_more(s, d, FIT_MATCH | FIT_PREFER);
    }
    if (worker == POOL_NONE)
        worker = search(s, d, FIT_MATCH | FIT_READY);
    if (worker == POOL_NONE)
        set_up_more(s, d, FIT_MATCH);
    return worker;
}

static bool has_free_slot(const struct sched *s,
                          const struct demand *d,
                          uint32_t worker)
{
    const struct side *side = &worker_at(s, worker)->sides[d->where.run_class];

    return side->held < side->slots;
}

bool assign_elsewhere(struct sched *s, const struct demand *d)
{
    struct target *t = target_at(s, d->target);
    uint32_t worker = search(s, d, FIT_MATCH | FIT_READY);
    struct walk walk = walk_begin(s, d);
    const struct side *side;

    if (worker != POOL_NONE && has_free_slot(s, d, worker))
        return true;
    while (!t->is_path && !t->closing && t->setting == 0 &&
           (side = walk_next(&walk)) != NULL) {
        const struct site *site = site_at(t, side->worker);

        if (fit_at(d, side->worker) & FIT_MATCH &&
            has_free_slot(s, d, side->worker) &&
            (!site || site->state == SITE_NONE))
            site_setup(s, d->target, side->worker, POOL_NONE);
    }
    return false;
}

/* ---- reservations ---- */

/* Keep the least loaded worker that could run it free for it. */
static void reserve(struct sched *s, struct demand *d)
{
    unsigned want = FIT_MATCH | FIT_READY;
    struct worker *best = NULL;

    for (uint32_t i = 0; i < d->fit_count; i++) {
        struct worker *w;

        if ((d->fits[i] & want) != want)
            continue;
        w = worker_at(s, i);
        if (w->paused || w->reserved != POOL_NONE)
            continue;
        if (!best || side_load(&w->sides[d->where.run_class]) <
                         side_load(&best->sides[d->where.run_class]))
            best = w;
    }
    if (!best)
        return;
    best->reserved = d->place;
    d->reserved = best->sides[0].worker;
}

static void reserve_due(struct sched *s)
{
    if (s->patience_due > s->now)
        return;
    s->patience_due = SCHED_NEVER;
    for (struct list *n = s->stuck.next; n != &s->stuck; n = n->next) {
        struct demand *d = LIST_ENTRY(n, struct demand, stuck);
        uint64_t due = d->passed_since + POLICY_PATIENCE_MS;

        if (d->passed_since == 0 || d->reserved != POOL_NONE)
            continue;
        if (due <= s->now)
            reserve(s, d);
        if (d->reserved == POOL_NONE) /* too early, or all are taken */
            due = due > s->now ? due : s->now + POLICY_PATIENCE_MS;
        if (d->reserved == POOL_NONE && due < s->patience_due)
            s->patience_due = due;
    }
}

/* ---- all together ---- */

static void assign_class(struct sched *s, enum run_class run_class)
{
    while (s->roomy_bits[run_class] != 0 && !s->no_memory) {
        uint32_t lane = ready_best(s, run_class);
        struct demand *d;
        uint32_t worker;

        if (lane == POOL_NONE)
            return;
        d = demand_at(s, lane_at(s, lane)->demand);
        worker = choose(s, d);
        if (worker == POOL_NONE) {
            queue_stick(s, d);
            continue;
        }
        hold_take(s, queue_serve(s, lane), worker);
        d->passed_since = 0;
        queue_unreserve(s, d);
    }
}

static void tell(struct sched *s, const struct job *job)
{
    struct decision *d = decisions_add(&s->decisions, DECIDE_ASSIGN);
    const struct spec *spec = spec_at(s, job->spec);

    d->worker = worker_at(s, job->where)->number;
    d->dispatch = job->dispatch;
    d->target = target_at(s, spec->target)->number;
    d->function = spec->function;
    d->spec = job->spec;
    d->client = client_at(s, job->client)->number;
    d->attempt = job->starts + UINT32_C(1);
    d->run = job->run;
    d->serial = job->serial;
    d->payload = job->payload;
    d->grant = job->grant;
}

/* Number what a worker got: one after the other, so that one message can
 * carry them. */
static void number(struct sched *s, struct worker *w)
{
    for (uint32_t at = w->fresh; at != POOL_NONE; at = job_at(s, at)->next) {
        struct job *job = job_at(s, at);

        job->dispatch = ++s->dispatches | WIRE_BROKER_ID;
        if (serials_put(&s->dispatched, job->dispatch, at) < 0)
            s->no_memory = true;
        tell(s, job);
    }
    w->fresh = POOL_NONE;
    list_remove(&w->touched);
}

void assign_jobs(struct sched *s)
{
    reserve_due(s);
    for (int i = 0; i < RUN_CLASSES; i++)
        assign_class(s, (enum run_class)i);
    while (!list_is_empty(&s->touched_workers))
        number(s, LIST_ENTRY(s->touched_workers.next, struct worker, touched));
}
