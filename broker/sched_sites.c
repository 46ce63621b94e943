/* sched_sites.c - the sites of a target: made, asked for, noted, dropped */
#include "config.h"

#include "sched_sites.h"

#include <stdlib.h>
#include <string.h>

#include "sched_demand.h"
#include "wire.h"

static int reserve(struct target *t, uint32_t count)
{
    struct site **sites;

    if (count <= t->site_size)
        return 0;
    if (count < 2 * t->site_size)
        count = 2 * t->site_size;
    sites = realloc(t->sites, count * sizeof *sites);
    if (!sites)
        return -1;
    for (uint32_t i = t->site_size; i < count; i++)
        sites[i] = NULL;
    t->sites = sites;
    t->site_size = count;
    return 0;
}

struct site *site_make(struct sched *s, struct target *t, uint32_t worker)
{
    struct site *site = site_at(t, worker);

    if (site)
        return site;
    if (reserve(t, worker + 1) == 0)
        site = calloc(1, sizeof *site);
    if (!site) {
        s->no_memory = true;
        return NULL;
    }
    t->sites[worker] = site;
    t->site_count++;
    return site;
}

void site_set(struct sched *s,
              struct target *t,
              uint32_t worker,
              enum site_state state)
{
    struct site *site = site_at(t, worker);

    t->setting -= site->state == SITE_SETTING;
    t->setting += state == SITE_SETTING;
    site->state = state;
    demand_see_site(s, t, worker);
    if (!t->is_path)
        target_touch(s, t);
}

void site_note(struct sched *s,
               struct site *site,
               int status,
               struct payload_ref text)
{
    decisions_forget(&s->decisions, site->text);
    site->status = status;
    site->text = text;
}

static int watch(struct sched *s, const struct request *r)
{
    uint64_t ms = s->limits.setup_ms;

    if (ms == 0)
        return 0;
    return heap_push(&s->request_timers,
                     s->now + ms + target_at(s, r->target)->extra_ms, r->place);
}

/* Note that an answer is due and say so; NULL if out of memory. */
static struct decision *ask(struct sched *s,
                            uint32_t target,
                            uint32_t worker,
                            uint32_t order,
                            bool close)
{
    uint32_t place = pool_take(&s->request_pool);
    struct request *r;
    struct decision *d;

    if (place == POOL_NONE) {
        s->no_memory = true;
        return NULL;
    }
    r = request_at(s, place);
    *r = (struct request){
        .id = ++s->requests | WIRE_REQUEST_ID,
        .place = place,
        .worker = worker,
        .target = target,
        .order = order,
        .due_at = HEAP_NOWHERE,
        .close = close,
    };
    s->totals.closing += close;
    if (watch(s, r) < 0)
        s->no_memory = true;
    list_append(&worker_at(s, worker)->requests, &r->of_worker);
    d = decisions_add(&s->decisions, close ? DECIDE_CLOSE : DECIDE_SETUP);
    d->worker = worker_at(s, worker)->number;
    d->request = r->id;
    d->target = target_at(s, target)->number;
    if (order != POOL_NONE) {
        d->payload = order_at(s, order)->call;
        order_at(s, order)->pending++;
        order_at(s, order)->called++;
    }
    return d;
}

void site_setup(struct sched *s,
                uint32_t target,
                uint32_t worker,
                uint32_t order)
{
    struct target *t = target_at(s, target);
    struct site *site = site_make(s, t, worker);

    if (!site || !ask(s, target, worker, order, false))
        return;
    site->setups++;
    if (site->state != SITE_READY && site->state != SITE_SETTING)
        site_set(s, t, worker, SITE_SETTING);
}

void site_close(struct sched *s,
                uint32_t target,
                uint32_t worker,
                uint32_t order)
{
    struct target *t = target_at(s, target);
    struct decision *d = ask(s, target, worker, order, true);

    if (d)
        d->mode = t->terminate;
    site_at(t, worker)->owes = false;
    site_set(s, t, worker, SITE_CLOSING);
}

void site_answered(struct sched *s, struct request *r)
{
    if (r->due_at != HEAP_NOWHERE)
        heap_remove(&s->request_timers, r->due_at);
    list_remove(&r->of_worker);
    s->totals.closing -= r->close;
    pool_give(&s->request_pool, r->place);
}

void site_drop(struct sched *s, struct target *t, uint32_t worker)
{
    struct site *site = site_at(t, worker);

    if (!site)
        return;
    site_set(s, t, worker, SITE_NONE);
    site_note(s, site, PAR_OK, (struct payload_ref){0});
    free(site->paces);
    free(site);
    t->sites[worker] = NULL;
    t->site_count--;
    target_loosen(s, t);
}

/* ---- paths come and go with those who name them ---- */

static void sweep(struct sched *s, uint32_t place)
{
    struct target *t = target_at(s, place);

    list_remove(&t->loose);
    for (uint32_t i = 0; i < t->site_size; i++)
        if (t->sites[i] && t->sites[i]->state == SITE_NONE &&
            t->sites[i]->held == 0)
            site_drop(s, t, i);
    list_remove(&t->loose);
    if (t->site_count > 0 || t->specs > 0)
        return;
    keymap_drop(&s->paths,
                keymap_hash(s->limits.seed, t->name, strlen(t->name)), place);
    idmap_take(&s->targets, t->number);
    list_remove(&t->touched);
    target_clear(t);
    pool_give(&s->target_pool, place);
    s->target_count--;
}

void site_sweep_paths(struct sched *s)
{
    while (!list_is_empty(&s->loose_targets)) {
        struct target *t =
            LIST_ENTRY(s->loose_targets.next, struct target, loose);

        sweep(s, idmap_get(&s->targets, t->number));
    }
}
