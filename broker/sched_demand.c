/* sched_demand.c - demands by their hash, and the workers that meet them
 *
 * Matching text is done when a demand or a worker is new; from then on a bit
 * says whether they fit.
 */
#include "config.h"

#include "sched_demand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sched_queue.h"

enum {
    NAMED = 5, /* things that there are, in an explanation */
    ASKED = 64 /* workers that are asked what they have, for one */
};

/* ---- fits ---- */

static bool is_ready(unsigned fit)
{
    return (fit & FIT_MATCH) && (fit & FIT_READY);
}

static bool is_placeable(const struct target *t, unsigned fit)
{
    if (!(fit & FIT_MATCH))
        return false;
    return t->is_path ? fit & FIT_READY : !(fit & FIT_BARRED);
}

/* Change what a demand sees in a worker, and draw the conclusions. */
static void set_fit(struct sched *s,
                    struct demand *d,
                    uint32_t worker,
                    unsigned fit)
{
    const struct target *t = target_at(s, d->target);
    unsigned was = d->fits[worker];
    uint32_t before = d->placeable;

    d->fits[worker] = (uint8_t)fit;
    d->placeable -= is_placeable(t, was);
    d->placeable += is_placeable(t, fit);
    d->ready -= is_ready(was);
    d->ready += is_ready(fit);
    if ((fit & ~was) & (FIT_MATCH | FIT_READY))
        queue_unstick(s, d);
    if ((before == 0) == (d->placeable == 0))
        return;
    if (d->placeable == 0)
        d->unplaceable_since = s->now;
    for (uint32_t i = 0; i < d->lanes.used; i++)
        queue_set_timer(s, d->lanes.items[i].place);
}

static unsigned match(const struct demand *d, const struct worker *w)
{
    switch (placement_match(&d->where, w)) {
    case PLACEMENT_FITS:
        return FIT_MATCH;
    case PLACEMENT_PREFERS:
        return FIT_MATCH | FIT_PREFER;
    default:
        return 0;
    }
}

static unsigned see(const struct target *t, uint32_t worker)
{
    const struct site *site = site_at(t, worker);

    switch (site ? site->state : SITE_NONE) {
    case SITE_NONE:
    case SITE_SETTING:
        return 0;
    case SITE_READY:
        return FIT_READY;
    default:
        return FIT_BARRED;
    }
}

static int reserve(struct demand *d, uint32_t count)
{
    uint8_t *fits;

    if (count <= d->fit_count)
        return 0;
    if (count < 2 * d->fit_count)
        count = 2 * d->fit_count;
    fits = realloc(d->fits, count);
    if (!fits)
        return -1;
    memset(fits + d->fit_count, 0, count - d->fit_count);
    d->fits = fits;
    d->fit_count = count;
    return 0;
}

int demand_reserve_worker(struct sched *s, uint32_t worker)
{
    for (struct list *n = s->all_demands.next; n != &s->all_demands;
         n = n->next)
        if (reserve(LIST_ENTRY(n, struct demand, all), worker + 1) < 0)
            return -1;
    return 0;
}

void demand_meet_worker(struct sched *s, uint32_t worker)
{
    for (struct list *n = s->all_demands.next; n != &s->all_demands;
         n = n->next) {
        struct demand *d = LIST_ENTRY(n, struct demand, all);

        set_fit(s, d, worker,
                match(d, worker_at(s, worker)) |
                    see(target_at(s, d->target), worker));
    }
}

void demand_lose_worker(struct sched *s, uint32_t worker)
{
    for (struct list *n = s->all_demands.next; n != &s->all_demands;
         n = n->next) {
        struct demand *d = LIST_ENTRY(n, struct demand, all);

        set_fit(s, d, worker, 0);
        if (d->reserved == worker)
            queue_unreserve(s, d);
    }
}

void demand_see_site(struct sched *s, struct target *t, uint32_t worker)
{
    unsigned seen = see(t, worker);

    for (struct list *n = t->demands.next; n != &t->demands; n = n->next) {
        struct demand *d = LIST_ENTRY(n, struct demand, of_target);
        unsigned kept = fit_at(d, worker) & (FIT_MATCH | FIT_PREFER);

        set_fit(s, d, worker, kept | seen);
        queue_more(s, d); /* this one failed: the next may be set up */
    }
}

/* ---- one for all jobs that ask the same ---- */

static uint64_t hash_of(const struct sched *s,
                        uint32_t target,
                        const struct placement *where)
{
    return placement_hash(s->limits.seed + target, where);
}

static int build(struct sched *s, struct demand *d)
{
    struct target *t = target_at(s, d->target);

    if (reserve(d, pool_end(&s->worker_pool)) < 0)
        return -1;
    for (uint32_t i = 0; i < pool_end(&s->worker_pool); i++) {
        const struct worker *w = worker_at(s, i);

        if (w->number == 0 || w->gone)
            continue;
        d->fits[i] = (uint8_t)(match(d, w) | see(t, i));
        d->placeable += is_placeable(t, d->fits[i]);
        d->ready += is_ready(d->fits[i]);
    }
    d->unplaceable_since = s->now;
    return 0;
}

static void drop(struct sched *s, uint32_t place)
{
    struct demand *d = demand_at(s, place);

    queue_unreserve(s, d);
    keymap_drop(&s->demands, d->hash, place);
    list_remove(&d->all);
    list_remove(&d->of_target);
    ranks_clear(&d->lanes);
    free(d->texts);
    free(d->fits);
    pool_give(&s->demand_pool, place);
}

static void lane_rank_at(void *owner, uint32_t place, uint32_t position)
{
    lane_at(owner, place)->rank_at = position;
}

uint32_t demand_intern(struct sched *s,
                       uint32_t target,
                       const struct placement *where)
{
    struct demand_key key = {where, target};
    uint64_t hash = hash_of(s, target, where);
    uint32_t place = keymap_find(&s->demands, hash, &key);
    struct demand *d;

    if (place != POOL_NONE)
        return place;
    place = pool_take(&s->demand_pool);
    if (place == POOL_NONE)
        return POOL_NONE;
    d = demand_at(s, place);
    d->place = place;
    d->hash = hash;
    d->target = target;
    d->live = true;
    d->looked = SCHED_NEVER;
    d->reserved = POOL_NONE;
    d->ready_at = RANKS_NOWHERE;
    d->lanes.at = lane_rank_at;
    d->lanes.owner = s;
    list_init(&d->stuck);
    list_append(&s->all_demands, &d->all);
    list_append(&target_at(s, target)->demands, &d->of_target);
    if (placement_copy(&d->where, where, &d->texts) < 0 || build(s, d) < 0 ||
        keymap_put(&s->demands, hash, place) < 0) {
        drop(s, place);
        return POOL_NONE;
    }
    return place;
}

void demand_hold(struct sched *s, uint32_t place)
{
    demand_at(s, place)->specs++;
}

void demand_release(struct sched *s, uint32_t place)
{
    struct demand *d = demand_at(s, place);

    if (d->specs > 0)
        d->specs--;
    if (d->specs == 0)
        drop(s, place);
}

/* ---- why not ---- */

/* The term that one worker lacks, told in `lack` unless that is NULL; 0 if it
 * could run it.  Equal numbers are equal words. */
static unsigned lacks(const struct sched *s,
                      const struct demand *d,
                      uint32_t place,
                      struct placement_lack *lack)
{
    const struct target *t = target_at(s, d->target);
    unsigned fit = fit_at(d, place);
    unsigned term = placement_missing(&d->where, worker_at(s, place), lack);
    const char *what;

    if (term != 0)
        return term;
    if (t->is_path && !(fit & FIT_READY))
        what = "the path";
    else if (!t->is_path && (fit & FIT_BARRED))
        what = "a working set-up of";
    else
        return 0;
    if (lack) {
        snprintf(lack->term, sizeof lack->term, "%s %s", what, t->name);
        lack->instead[0] = '\0';
    }
    return PLACEMENT_TERMS;
}

/* What there is instead: different ones, a few of them. */
struct choice {
    char names[NAMED][sizeof((struct placement_lack *)0)->instead];
    unsigned count;
    bool more;
};

static void choice_add(struct choice *c, const char *name)
{
    if (!*name)
        return;
    for (unsigned i = 0; i < c->count; i++)
        if (strcmp(c->names[i], name) == 0)
            return;
    c->more = c->count == NAMED;
    if (!c->more)
        snprintf(c->names[c->count++], sizeof c->names[0], "%s", name);
}

/* "; there are a, b" */
static void choice_put(const struct choice *c, char *text, size_t size)
{
    size_t len = strlen(text);

    for (unsigned i = 0; i < c->count && len < size; i++) {
        snprintf(text + len, size - len, "%s%s",
                 i > 0          ? ", "
                 : c->count > 1 ? "; there are "
                                : "; there is ",
                 c->names[i]);
        len += strlen(text + len);
    }
    if (c->more && len < size)
        snprintf(text + len, size - len, " and others");
}

/* What all workers lack, and what there is instead; or, if it is not the same
 * for all, what the first one lacks.  Returns whether it is the same. */
static bool common_lack(const struct sched *s,
                        const struct demand *d,
                        struct placement_lack *lack,
                        struct choice *choice)
{
    unsigned first = 0;
    unsigned asked = 0;

    for (uint32_t i = 0; i < pool_end(&s->worker_pool); i++) {
        const struct worker *w = worker_at(s, i);
        unsigned term = w->number == 0 || w->gone ? 0 : lacks(s, d, i, NULL);

        if (term == 0)
            continue;
        if (first != 0 && term != first)
            return false;
        first = term;
        if (asked++ < ASKED && !choice->more) {
            lacks(s, d, i, lack);
            choice_add(choice, lack->instead);
        }
    }
    return true;
}

void demand_explain(const struct sched *s,
                    const struct demand *d,
                    char *text,
                    size_t size)
{
    struct choice choice = {0};
    struct placement_lack lack = {0};

    if (s->worker_count == 0) {
        snprintf(text, size, "no worker is connected");
    } else if (d->placeable > 0) {
        snprintf(text, size, "a worker could run it, and is busy");
    } else if (common_lack(s, d, &lack, &choice)) {
        snprintf(text, size, "no worker has %s", lack.term);
        choice_put(&choice, text, size);
    } else {
        snprintf(text, size, "no worker has all that it asks for; one lacks %s",
                 lack.term);
    }
}

bool demand_is_barred(const struct sched *s, const struct demand *d)
{
    for (uint32_t i = 0; i < d->fit_count; i++)
        if ((d->fits[i] & FIT_BARRED) &&
            placement_missing(&d->where, worker_at(s, i), NULL) == 0)
            return true;
    return false;
}
