/* sched_setup.c - SETUP: ask enough workers, answer when enough are ready
 *
 * When too few can ever be, it is answered with what the first of those that
 * failed said.
 */
#include "config.h"

#include "sched_setup.h"

#include <string.h>

#include "sched_order.h"
#include "sched_sites.h"

/* The workers that an order is about, by the state of their sites. */
struct census {
    uint32_t all;
    uint32_t ready;
    uint32_t setting;
    uint32_t failed;
    const struct site *first_failed;
};

static void count(struct census *c, const struct site *site)
{
    c->all++;
    if (!site)
        return;
    c->ready += site->state == SITE_READY;
    c->setting += site->state == SITE_SETTING;
    c->failed += site->state == SITE_FAILED;
    if (site->state == SITE_FAILED && !c->first_failed)
        c->first_failed = site;
}

static struct census take_census(const struct sched *s, const struct order *o)
{
    const struct target *t = target_at(s, o->target);
    struct census c = {0};

    for (uint32_t i = 0; i < pool_end(&s->worker_pool); i++)
        if (order_is_about(s, t, o->where, i))
            count(&c, site_at(t, i));
    return c;
}

/* Send SETUP to a worker that needs one.  `again`: also where it has failed
 * or been done before. */
static void offer(struct sched *s, struct order *o, uint32_t worker, bool again)
{
    const struct target *t = target_at(s, o->target);
    const struct site *site = site_at(t, worker);
    enum site_state state = site ? site->state : SITE_NONE;
    bool fresh = state == SITE_NONE || state == SITE_CLOSED;
    bool call = o->call.block != 0 && (fresh || again) &&
                order_is_first_of_host(s, t, o->where, worker);

    if (state == SITE_LEAVING || state == SITE_CLOSING)
        return;
    if (call || fresh || (again && state == SITE_FAILED))
        site_setup(s, o->target, worker, call ? o->place : POOL_NONE);
}

static void offer_all(struct sched *s, struct order *o, bool again)
{
    const struct target *t = target_at(s, o->target);

    for (uint32_t i = 0; i < pool_end(&s->worker_pool); i++)
        if (order_is_about(s, t, o->where, i))
            offer(s, o, i, again);
}

void setup_call_lost(struct sched *s, struct order *o, const char *host)
{
    const struct target *t = target_at(s, o->target);

    o->called--;
    for (uint32_t i = 0; i < pool_end(&s->worker_pool); i++)
        if (order_is_about(s, t, o->where, i) &&
            strcmp(worker_at(s, i)->host, host) == 0) {
            offer(s, o, i, true); /* the first of them gets the call */
            return;
        }
}

static bool is_enough(const struct order *o, const struct census *c)
{
    if (c->ready < o->wait)
        return false;
    return o->call.block == 0 ||
           (o->called > 0 && o->pending == 0 && c->setting == 0);
}

static uint32_t say_none(struct sched *s, const struct order *o)
{
    if (o->where)
        return sched_say(s, "no worker %s is connected", o->where);
    return sched_say(s, s->worker_count == 0 ? "no worker is connected"
                                             : "no worker serves this account");
}

/* Too few workers: how long may that last? */
static void wait_for_more(struct sched *s, struct order *o, struct census c)
{
    struct payload_ref none = {0};
    uint32_t reason;

    if (c.ready + c.setting >= o->wait) {
        o->short_since = 0;
        order_set_timer(s, o, SCHED_NEVER);
        return;
    }
    if (o->unplaceable_ms < 0)
        return;
    if (o->short_since == 0) {
        o->short_since = s->now + 1; /* never 0 */
        order_set_timer(s, o, s->now + (uint64_t)o->unplaceable_ms);
    }
    if (s->now + 1 < o->short_since + (uint64_t)o->unplaceable_ms)
        return;
    reason = c.all == 0 ? say_none(s, o)
                        : sched_say(s,
                                    "%u workers were wanted, %u are ready, %u "
                                    "failed",
                                    o->wait, c.ready, c.failed);
    order_refuse(s, o, PAR_NO_CAPACITY, none, reason);
}

void setup_review(struct sched *s, struct order *o)
{
    struct census c;

    offer_all(s, o, false);
    c = take_census(s, o);
    if (o->status != PAR_OK) { /* of a call */
        struct payload_ref text = o->text;

        if (text.block == 0 && c.first_failed)
            text = c.first_failed->text;
        order_refuse(s, o, o->status, text, 0);
    } else if (is_enough(o, &c)) {
        struct target *t = target_at(s, o->target);

        t->keep = t->keep || o->keep;
        order_done(s, o, DECIDE_READY);
    } else if (c.all > 0 && c.failed == c.all) {
        order_refuse(s, o, c.first_failed->status, c.first_failed->text, 0);
    } else {
        wait_for_more(s, o, c);
    }
}

int sched_setup(struct sched *s, uint64_t now, const struct setup_order *order)
{
    uint32_t client = client_find(s, order->client);
    uint32_t target = target_find(s, order->target);
    int status = order_check(s, order, false);
    struct order *o;
    uint32_t place;

    sched_hear(s, now);
    if (status != PAR_OK)
        return status;
    place = order_make(s, target, order, false);
    if (place == POOL_NONE)
        return PAR_OVERLOADED;
    o = order_at(s, place);
    if (!o->keep)
        o->took_hold = order_take_hold(s, client, target);
    offer_all(s, o, true);
    return PAR_OK;
}
