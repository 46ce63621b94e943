/* sched_close.c - CLOSE: cancel or drain, close each site, retire the target
 *
 * One review a turn looks at what has changed; nothing waits in a call.
 */
#include "config.h"

#include "sched_close.h"

#include "sched_end.h"
#include "sched_order.h"
#include "sched_sites.h"
#include "sched_spec.h"

static const struct payload_ref no_payload;

/* End jobs of a target now: those of one client, unless POOL_NONE; `where` is
 * for those that run, and NULL: all, also those that wait. */
static void kill_jobs(struct sched *s,
                      uint32_t target,
                      uint32_t client,
                      const char *where)
{
    const struct target *t = target_at(s, target);

    for (uint32_t i = 0; i < pool_end(&s->job_pool); i++) {
        const struct job *job = job_at(s, i);
        uint32_t reason;

        if (job->state == JOB_NONE || spec_at(s, job->spec)->target != target ||
            (client != POOL_NONE && job->client != client))
            continue;
        if (where &&
            (!job_is_held(job) || !order_is_about(s, t, where, job->where)))
            continue;
        reason = job_is_waiting(job)
                     ? sched_say(s, "%s was closed before it ran", t->name)
                     : 0;
        end_cancel(s, i, CANCEL_KILL, true, reason);
    }
}

/* From now on nothing comes in. */
static void begin(struct sched *s, uint32_t target, bool terminate)
{
    struct target *t = target_at(s, target);
    struct list *node = t->orders.next;

    t->closing = true;
    if (terminate && !t->terminate) {
        t->terminate = true;
        kill_jobs(s, target, POOL_NONE, NULL);
    }
    while (node != &t->orders) {
        struct order *o = LIST_ENTRY(node, struct order, of_target);

        node = node->next;
        if (!o->close)
            order_refuse(s, o, PAR_CLOSING, no_payload,
                         sched_say(s, "it is closing"));
    }
    target_touch(s, t);
}

void close_unheld(struct sched *s, uint32_t target)
{
    begin(s, target, false);
}

/* ---- sites ---- */

/* The order whose call goes along to this worker; POOL_NONE. */
static uint32_t call_for(const struct sched *s,
                         const struct target *t,
                         uint32_t worker)
{
    for (struct list *n = t->orders.next; n != &t->orders; n = n->next) {
        const struct order *o = LIST_ENTRY(n, struct order, of_target);

        if (o->close && o->call.block != 0 &&
            order_is_about(s, t, o->where, worker) &&
            order_is_first_of_host(s, t, o->where, worker))
            return o->place;
    }
    return POOL_NONE;
}

static bool is_open(const struct site *site)
{
    return site && (site->state == SITE_READY || site->state == SITE_SETTING);
}

/* Nothing is known to be there, and something may come to be. */
static bool may_open(const struct site *site)
{
    return site && site->owes && site->state == SITE_FAILED;
}

static bool is_leaving(const struct site *site)
{
    return site && (site->state == SITE_LEAVING || site->state == SITE_CLOSING);
}

/* Returns whether any site is not closed yet.  A set-up that is under way does
 * not hold up a CLOSE: the worker ends it, and answers both. */
static bool close_sites(struct sched *s, uint32_t target, bool all)
{
    struct target *t = target_at(s, target);
    bool busy = false;

    for (uint32_t i = 0; i < t->site_size; i++) {
        struct site *site = t->sites[i];

        if (all && (is_open(site) || may_open(site)))
            site_set(s, t, i, SITE_LEAVING);
        if (site && site->state == SITE_LEAVING && site->held == 0)
            site_close(s, target, i,
                       site->owes ? POOL_NONE : call_for(s, t, i));
        busy = busy || is_open(site) || is_leaving(site) ||
               (site && site->setups > 0);
    }
    return busy;
}

/* ---- answers ---- */

static void answer(struct sched *s, struct order *o)
{
    uint32_t reason = 0;

    if (o->status == PAR_OK) {
        order_done(s, o, DECIDE_CLOSED);
        return;
    }
    if (o->status == PAR_WORKER_LOST && o->text.block == 0)
        reason = sched_say(s, "a worker was lost before it had answered the "
                              "call; all is closed");
    order_refuse(s, o, o->status, o->text, reason);
}

/* Is a CLOSE of some workers through? */
static bool is_through(const struct sched *s, const struct order *o)
{
    const struct target *t = target_at(s, o->target);

    for (uint32_t i = 0; i < t->site_size; i++)
        if (is_leaving(t->sites[i]) && order_is_about(s, t, o->where, i))
            return false;
    return true;
}

static void answer_some(struct sched *s, struct target *t)
{
    struct list *node = t->orders.next;

    while (node != &t->orders) {
        struct order *o = LIST_ENTRY(node, struct order, of_target);

        node = node->next;
        if (o->close && is_through(s, o))
            answer(s, o);
    }
}

static void retire(struct sched *s, uint32_t target)
{
    struct target *t = target_at(s, target);

    while (!list_is_empty(&t->orders))
        answer(s, LIST_ENTRY(t->orders.next, struct order, of_target));
    for (uint32_t i = 0; i < pool_end(&s->client_pool); i++)
        order_drop_hold(s, i, target);
    for (uint32_t i = 0; i < t->site_size; i++)
        site_drop(s, t, i);
    decisions_add(&s->decisions, DECIDE_RETIRE)->target = t->number;
    list_remove(&t->touched);
    t->retired = true; /* its name stays readable until settled */
    s->target_count--;
    list_append(&s->doomed_targets, &t->touched);
}

void close_review(struct sched *s, uint32_t target)
{
    struct target *t = target_at(s, target);
    bool busy = close_sites(s, target, t->closing && t->queued == 0);

    if (!t->closing)
        answer_some(s, t);
    else if (!busy && t->queued == 0 && t->held == 0)
        retire(s, target);
}

void close_time(struct sched *s, struct order *o)
{
    struct target *t = target_at(s, o->target);

    order_set_timer(s, o, SCHED_NEVER);
    if (o->where)
        kill_jobs(s, o->target, POOL_NONE, o->where);
    else if (t->closing)
        begin(s, o->target, true);
}

/* ---- asking ---- */

/* It stays for the other sessions that have set it up. */
static void let_go(struct sched *s,
                   uint32_t client,
                   uint32_t target,
                   const struct setup_order *order)
{
    struct decision *d;

    if (order->terminate)
        kill_jobs(s, target, client, NULL);
    order_drop_hold(s, client, target);
    decisions_forget(&s->decisions, order->call);
    d = decisions_add(&s->decisions, DECIDE_CLOSED);
    d->client = order->client;
    d->run = order->id;
    d->target = order->target;
}

static void close_some(struct sched *s, const struct order *o)
{
    struct target *t = target_at(s, o->target);

    for (uint32_t i = 0; i < t->site_size; i++)
        if ((is_open(t->sites[i]) || may_open(t->sites[i])) &&
            order_is_about(s, t, o->where, i))
            site_set(s, t, i, SITE_LEAVING);
    if (o->terminate)
        kill_jobs(s, o->target, POOL_NONE, o->where);
}

int sched_close(struct sched *s, uint64_t now, const struct setup_order *order)
{
    uint32_t client = client_find(s, order->client);
    uint32_t target = target_find(s, order->target);
    int status = order_check(s, order, true);
    struct target *t;
    uint32_t place;

    sched_hear(s, now);
    if (status != PAR_OK)
        return status;
    t = target_at(s, target);
    if (!order->where && !t->closing && t->holds > 1 &&
        order_holds(client_at(s, client), target)) {
        let_go(s, client, target, order);
        return PAR_OK;
    }
    place = order_make(s, target, order, true);
    if (place == POOL_NONE)
        return PAR_OVERLOADED;
    if (order->where)
        close_some(s, order_at(s, place));
    else
        begin(s, target, order->terminate);
    if (!order->terminate && order->timeout_ms >= 0)
        order_set_timer(s, order_at(s, place),
                        s->now + (uint64_t)order->timeout_ms);
    return PAR_OK;
}
