/* sched_order.c - SETUPs and CLOSEs that wait for their answer, and who holds
 * a target
 */
#include "config.h"

#include "sched_order.h"

#include <stdlib.h>
#include <string.h>

static bool names_worker(const struct sched *s,
                         const struct target *t,
                         const char *where)
{
    for (uint32_t i = 0; i < pool_end(&s->worker_pool); i++)
        if (order_is_about(s, t, where, i))
            return true;
    return false;
}

int order_check(const struct sched *s,
                const struct setup_order *order,
                bool close)
{
    uint32_t client = client_find(s, order->client);
    const struct target *t;

    if (client == POOL_NONE)
        return PAR_UNKNOWN_SESSION;
    if (!sched_target_allows(
            s, order->target,
            account_at(s, client_at(s, client)->account)->number))
        return PAR_UNKNOWN_HANDLE;
    t = target_at(s, target_find(s, order->target));
    if (t->is_path)
        return PAR_UNSUPPORTED;
    if (t->closing && !close)
        return PAR_CLOSING;
    if (order->where && order->where[0] && !names_worker(s, t, order->where))
        return PAR_UNKNOWN_WORKER;
    return PAR_OK;
}

uint32_t order_make(struct sched *s,
                    uint32_t target,
                    const struct setup_order *order,
                    bool close)
{
    uint32_t place = pool_take(&s->order_pool);
    struct order *o;

    if (place == POOL_NONE)
        return POOL_NONE;
    o = order_at(s, place);
    *o = (struct order){
        .place = place,
        .id = order->id,
        .client = order->client,
        .target = target,
        .wait = order->wait > 0 ? order->wait : 1,
        .due_at = HEAP_NOWHERE,
        .unplaceable_ms = order->unplaceable_ms,
        .call = order->call,
        .close = close,
        .keep = order->keep,
        .terminate = order->terminate,
        .live = true,
    };
    if (order->where && order->where[0]) {
        o->where = strdup(order->where);
        if (!o->where) {
            pool_give(&s->order_pool, place);
            return POOL_NONE;
        }
    }
    list_append(&target_at(s, target)->orders, &o->of_target);
    target_touch(s, target_at(s, target));
    return place;
}

static void end(struct sched *s, struct order *o)
{
    target_touch(s, target_at(s, o->target));
    order_set_timer(s, o, SCHED_NEVER);
    list_remove(&o->of_target);
    decisions_forget(&s->decisions, o->call);
    decisions_forget(&s->decisions, o->text);
    for (uint32_t i = 0; i < pool_end(&s->request_pool); i++) {
        struct request *r = request_at(s, i);

        if (r->id != 0 && r->order == o->place)
            r->order = POOL_NONE;
    }
    free(o->where);
    pool_give(&s->order_pool, o->place);
}

static struct decision *answer(struct sched *s,
                               const struct order *o,
                               enum decision_kind kind)
{
    struct decision *d = decisions_add(&s->decisions, kind);

    d->client = o->client;
    d->run = o->id;
    d->target = target_at(s, o->target)->number;
    return d;
}

void order_done(struct sched *s, struct order *o, enum decision_kind kind)
{
    if (o->client != 0)
        answer(s, o, kind);
    end(s, o);
}

void order_refuse(struct sched *s,
                  struct order *o,
                  int status,
                  struct payload_ref payload,
                  uint32_t reason)
{
    uint32_t client = client_find(s, o->client);

    if (o->client != 0) {
        struct decision *d = answer(s, o, DECIDE_REFUSED);

        d->status = status;
        d->payload = payload;
        d->reason = reason;
    }
    if (o->took_hold && client != POOL_NONE)
        order_drop_hold(s, client, o->target);
    end(s, o);
}

void order_set_timer(struct sched *s, struct order *o, uint64_t due)
{
    if (o->due_at != HEAP_NOWHERE)
        heap_remove(&s->order_timers, o->due_at);
    if (due != SCHED_NEVER && heap_push(&s->order_timers, due, o->place) < 0)
        s->no_memory = true;
}

/* ---- which workers ---- */

bool order_is_about(const struct sched *s,
                    const struct target *t,
                    const char *where,
                    uint32_t worker)
{
    const struct worker *w = worker_at(s, worker);

    if (w->number == 0 || w->gone)
        return false;
    if (w->account != 0 && w->account != t->account)
        return false;
    return !where || strcmp(where, w->name) == 0 || strcmp(where, w->host) == 0;
}

bool order_is_first_of_host(const struct sched *s,
                            const struct target *t,
                            const char *where,
                            uint32_t worker)
{
    const char *host = worker_at(s, worker)->host;

    for (uint32_t i = 0; i < worker; i++)
        if (order_is_about(s, t, where, i) &&
            strcmp(worker_at(s, i)->host, host) == 0)
            return false;
    return true;
}

/* ---- holds ---- */

bool order_holds(const struct client *c, uint32_t target)
{
    for (uint32_t i = 0; i < c->hold_count; i++)
        if (c->holds[i] == target)
            return true;
    return false;
}

bool order_take_hold(struct sched *s, uint32_t client, uint32_t target)
{
    struct client *c = client_at(s, client);

    if (order_holds(c, target))
        return false;
    if (c->hold_count == c->hold_size) {
        uint32_t size = c->hold_size ? 2 * c->hold_size : 4;
        uint32_t *grown = realloc(c->holds, size * sizeof *grown);

        if (!grown) {
            s->no_memory = true;
            return false;
        }
        c->holds = grown;
        c->hold_size = size;
    }
    c->holds[c->hold_count++] = target;
    target_at(s, target)->holds++;
    return true;
}

void order_drop_hold(struct sched *s, uint32_t client, uint32_t target)
{
    struct client *c = client_at(s, client);

    for (uint32_t i = 0; i < c->hold_count; i++) {
        if (c->holds[i] != target)
            continue;
        c->holds[i] = c->holds[--c->hold_count];
        target_at(s, target)->holds--;
        target_touch(s, target_at(s, target));
        return;
    }
}

void order_drop_holds(struct sched *s, uint32_t client)
{
    struct client *c = client_at(s, client);

    while (c->hold_count > 0)
        order_drop_hold(s, client, c->holds[c->hold_count - 1]);
}

void order_client_gone(struct sched *s, uint32_t client)
{
    for (uint32_t i = 0; i < pool_end(&s->order_pool); i++) {
        struct order *o = order_at(s, i);

        if (!o->live || o->client != client)
            continue;
        o->client = 0;
        if (!o->close && !o->keep) /* nobody would use it */
            end(s, o);
    }
}
