/* sched_review.c - targets that were touched, once each a turn
 *
 * However many sites change in a turn, whether an order is through is asked
 * once.
 */
#include "config.h"

#include "sched_review.h"

#include "sched_close.h"
#include "sched_order.h"
#include "sched_setup.h"
#include "sched_sites.h"

static bool is_wanted(const struct target *t)
{
    if (t->holds > 0 || t->keep)
        return true;
    for (struct list *n = t->orders.next; n != &t->orders; n = n->next)
        if (!LIST_ENTRY(n, struct order, of_target)->close)
            return true;
    return false;
}

static void review(struct sched *s, uint32_t place)
{
    struct target *t = target_at(s, place);
    struct list *node = t->orders.next;

    while (node != &t->orders) {
        struct order *o = LIST_ENTRY(node, struct order, of_target);

        node = node->next;
        if (!o->close)
            setup_review(s, o);
    }
    if (!t->closing && !is_wanted(t))
        close_unheld(s, place);
    close_review(s, place);
}

void review_targets(struct sched *s)
{
    /* A review may touch targets again; those wait for the next turn, which
     * bounds this one. */
    struct list turn;

    if (list_is_empty(&s->touched_targets))
        return;
    list_init(&turn);
    list_append(&s->touched_targets, &turn);
    list_remove(&s->touched_targets); /* `turn` is the head of them now */
    while (!list_is_empty(&turn)) {
        struct target *t = LIST_ENTRY(turn.next, struct target, touched);

        list_remove(&t->touched);
        review(s, idmap_get(&s->targets, t->number));
    }
}

void review_due(struct sched *s)
{
    while (heap_due(&s->order_timers) <= s->now) {
        struct order *o = order_at(s, heap_first(&s->order_timers));

        order_set_timer(s, o, SCHED_NEVER);
        if (o->close)
            close_time(s, o);
        else
            target_touch(s, target_at(s, o->target));
    }
}

/* ---- what workers answer ---- */

static struct request *find_request(const struct sched *s,
                                    uint32_t worker,
                                    uint64_t id)
{
    struct worker *w = worker_at(s, worker);

    for (struct list *n = w->requests.next; n != &w->requests; n = n->next)
        if (LIST_ENTRY(n, struct request, of_worker)->id == id)
            return LIST_ENTRY(n, struct request, of_worker);
    return NULL;
}

uint32_t sched_setup_target(const struct sched *s,
                            uint32_t worker,
                            uint64_t request)
{
    uint32_t place = worker_find(s, worker);
    const struct request *r =
        place == POOL_NONE ? NULL : find_request(s, place, request);

    return r && !r->close ? target_at(s, r->target)->number : 0;
}

/* Returns whether the site keeps the text. */
static bool setup_answered(struct sched *s,
                           const struct request *r,
                           int status,
                           struct payload_ref text)
{
    struct target *t = target_at(s, r->target);
    struct site *site = site_at(t, r->worker);

    site->setups--;
    if (site->state != SITE_SETTING)
        return false;
    site_note(s, site, status, text);
    site->owes = site->owes && status != PAR_OK;
    if (status == PAR_OK)
        site_set(s, t, r->worker, SITE_READY);
    else if (site->setups == 0) /* else the next may do better */
        site_set(s, t, r->worker, SITE_FAILED);
    return true;
}

void sched_target_failed(struct sched *s,
                         uint64_t now,
                         uint32_t worker,
                         uint32_t target,
                         struct payload_ref text)
{
    uint32_t w = worker_find(s, worker);
    uint32_t place = target_find(s, target);
    struct site *site = NULL;

    sched_hear(s, now);
    if (w != POOL_NONE && place != POOL_NONE)
        site = site_at(target_at(s, place), w);
    if (!site || site->state != SITE_READY || target_at(s, place)->is_path) {
        decisions_forget(&s->decisions, text);
        return;
    }
    site_note(s, site, PAR_SETUP_FAILED, text);
    /* A SETUP that is under way will have the last word. */
    site_set(s, target_at(s, place), w,
             site->setups > 0 ? SITE_SETTING : SITE_FAILED);
}

/* A CLOSE that waits for this worker and has heard of no failure so far. */
static struct order *waiting_close(const struct sched *s,
                                   const struct target *t,
                                   uint32_t worker)
{
    for (struct list *n = t->orders.next; n != &t->orders; n = n->next) {
        struct order *o = LIST_ENTRY(n, struct order, of_target);

        if (o->close && o->status == PAR_OK &&
            order_is_about(s, t, o->where, worker))
            return o;
    }
    return NULL;
}

void sched_request_done(struct sched *s,
                        uint64_t now,
                        uint32_t worker,
                        uint64_t request,
                        int status,
                        struct payload_ref text)
{
    uint32_t place = worker_find(s, worker);
    struct request *r = NULL;
    struct order *o = NULL;
    bool kept = false;

    sched_hear(s, now);
    if (place != POOL_NONE)
        r = find_request(s, place, request);
    if (!r) {
        decisions_forget(&s->decisions, text);
        return;
    }
    if (!r->close)
        kept = setup_answered(s, r, status, text);
    else
        site_set(s, target_at(s, r->target), place, SITE_CLOSED);
    if (r->order != POOL_NONE) {
        o = order_at(s, r->order);
        o->pending--;
    } else if (r->close && status != PAR_UNKNOWN_HANDLE) {
        /* what was not there is closed */
        o = waiting_close(s, target_at(s, r->target), place);
    }
    if (o && status != PAR_OK && o->status == PAR_OK) {
        o->status = status;
        if (!kept)
            o->text = text;
        kept = true;
    }
    if (!kept)
        decisions_forget(&s->decisions, text);
    target_touch(s, target_at(s, r->target));
    site_answered(s, r);
}

bool sched_overdue(struct sched *s, uint64_t now, struct decision *late)
{
    const struct request *r;
    struct target *t;
    uint64_t grace;

    sched_hear(s, now);
    if (heap_due(&s->request_timers) > s->now)
        return false;
    r = request_at(s, heap_first(&s->request_timers));
    t = target_at(s, r->target);
    if (!r->close && site_at(t, r->worker)->state == SITE_SETTING)
        site_at(t, r->worker)->owes = true;
    grace = s->limits.setup_ms + t->extra_ms;
    *late = (struct decision){
        .kind = r->close ? DECIDE_CLOSE : DECIDE_SETUP,
        .worker = worker_at(s, r->worker)->number,
        .request = r->id,
        .target = t->number,
        .grace_ms = grace < UINT32_MAX ? (uint32_t)grace : UINT32_MAX,
    };
    return true;
}
