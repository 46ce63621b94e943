/* sched_targets.c - computations and paths: added, offered by workers, looked
 * up
 */
#include "config.h"

#include "sched_sites.h"

#include <stdlib.h>
#include <string.h>

static uint32_t add(struct sched *s, uint32_t account, const char *name)
{
    uint32_t place = pool_take(&s->target_pool);
    struct target *t;

    if (place == POOL_NONE)
        return POOL_NONE;
    t = target_at(s, place);
    t->name = strdup(name);
    t->number = s->targets_made + 1;
    if (!t->name || idmap_put(&s->targets, t->number, place) < 0) {
        free(t->name);
        pool_give(&s->target_pool, place);
        return POOL_NONE;
    }
    t->account = account;
    list_init(&t->demands);
    list_init(&t->orders);
    list_init(&t->touched);
    list_init(&t->loose);
    s->targets_made++;
    s->target_count++;
    return place;
}

uint32_t sched_target_add(struct sched *s, uint32_t account, const char *name)
{
    uint32_t place = account == 0 ? POOL_NONE : add(s, account, name);

    if (place == POOL_NONE)
        return 0;
    target_touch(s, target_at(s, place)); /* somebody has to hold it by then */
    return target_at(s, place)->number;
}

void sched_target_extra(struct sched *s, uint32_t target, uint64_t extra_ms)
{
    uint32_t place = target_find(s, target);

    if (place != POOL_NONE)
        target_at(s, place)->extra_ms = extra_ms;
}

uint32_t sched_path(struct sched *s, const char *path)
{
    uint64_t hash = keymap_hash(s->limits.seed, path, strlen(path));
    uint32_t place = keymap_find(&s->paths, hash, path);

    if (place != KEYMAP_NONE)
        return target_at(s, place)->number;
    place = add(s, 0, path);
    if (place == POOL_NONE)
        return 0;
    if (keymap_put(&s->paths, hash, place) < 0) {
        struct target *t = target_at(s, place);

        idmap_take(&s->targets, t->number);
        free(t->name);
        pool_give(&s->target_pool, place);
        s->target_count--;
        return 0;
    }
    target_at(s, place)->is_path = true;
    target_loosen(s, target_at(s, place));
    return target_at(s, place)->number;
}

bool sched_target_allows(const struct sched *s,
                         uint32_t target,
                         uint32_t account)
{
    uint32_t place = target_find(s, target);
    const struct target *t;

    if (place == POOL_NONE)
        return false;
    t = target_at(s, place);
    return t->is_path || t->account == account;
}

int sched_register(struct sched *s,
                   uint64_t now,
                   uint32_t worker,
                   uint32_t target)
{
    uint32_t w = worker_find(s, worker);
    uint32_t place = target_find(s, target);

    sched_hear(s, now);
    if (w == POOL_NONE || place == POOL_NONE || !target_at(s, place)->is_path ||
        !site_make(s, target_at(s, place), w))
        return -1;
    site_set(s, target_at(s, place), w, SITE_READY);
    return 0;
}

void sched_unregister(struct sched *s,
                      uint64_t now,
                      uint32_t worker,
                      uint32_t target)
{
    uint32_t w = worker_find(s, worker);
    uint32_t place = target_find(s, target);
    struct target *t;

    sched_hear(s, now);
    if (w == POOL_NONE || place == POOL_NONE)
        return;
    t = target_at(s, place);
    if (!t->is_path || !site_at(t, w))
        return;
    site_set(s, t, w, SITE_NONE);
    target_loosen(s, t);
}

bool sched_offers(const struct sched *s, uint32_t worker, uint32_t target)
{
    uint32_t w = worker_find(s, worker);
    uint32_t place = target_find(s, target);
    const struct site *site = NULL;

    if (w != POOL_NONE && place != POOL_NONE && target_at(s, place)->is_path)
        site = site_at(target_at(s, place), w);
    return site && site->state == SITE_READY;
}

const char *sched_target_name(const struct sched *s, uint32_t target)
{
    uint32_t place = idmap_get(&s->targets, target);

    return place == IDMAP_NONE ? "?" : target_at(s, place)->name;
}

bool sched_target_worker(const struct sched *s,
                         uint32_t target,
                         size_t i,
                         uint32_t *worker,
                         int *status,
                         struct payload_ref *text)
{
    uint32_t place = target_find(s, target);
    const struct target *t;

    if (place == POOL_NONE)
        return false;
    t = target_at(s, place);
    for (uint32_t k = 0; k < t->site_size; k++) {
        const struct site *site = t->sites[k];

        if (!site ||
            (site->state != SITE_READY && site->state != SITE_FAILED) ||
            i-- > 0)
            continue;
        *worker = worker_at(s, k)->number;
        *status = site->status;
        *text = site->text;
        return true;
    }
    return false;
}

bool sched_target_failure(const struct sched *s,
                          uint32_t target,
                          uint32_t *worker,
                          struct payload_ref *text)
{
    uint32_t place = target_find(s, target);
    const struct target *t;

    if (place == POOL_NONE)
        return false;
    t = target_at(s, place);
    for (uint32_t k = 0; k < t->site_size; k++) {
        const struct site *site = t->sites[k];

        if (!site || site->state != SITE_FAILED || site->text.len == 0)
            continue;
        *worker = worker_at(s, k)->number;
        *text = site->text;
        return true;
    }
    return false;
}
