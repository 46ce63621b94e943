/* sched_spec.c - the options of RUNs, parsed once for all that are alike
 *
 * Found by the octets as they came: two clients that ask for the same in other
 * words have two.
 */
#include "config.h"

#include "sched_spec.h"

#include <stdlib.h>
#include <string.h>

#include "sched_demand.h"

enum {
    IDLE_SPECS = 64,  /* kept without a job */
    IDLE_META = 4096, /* and only those with at most so much metadata */
    OVERHEAD = 2048   /* of a spec and its demand, roughly */
};

static uint64_t hash_of(const struct sched *s, const struct spec_key *key)
{
    uint32_t head[3] = {key->account, key->target, key->function};
    uint64_t hash = keymap_hash(s->limits.seed, head, sizeof head);

    return keymap_hash(hash, key->meta ? key->meta : "", key->len);
}

static void drop(struct sched *s, uint32_t place)
{
    struct spec *spec = spec_at(s, place);
    struct target *t = target_at(s, spec->target);

    keymap_drop(&s->specs, spec->hash, place);
    if (!list_is_empty(&spec->idle)) {
        list_remove(&spec->idle);
        s->idle_count--;
    }
    demand_release(s, spec->demand);
    t->specs--;
    target_loosen(s, t);
    free(spec->meta);
    pool_give(&s->spec_pool, place);
}

static int build(struct sched *s,
                 struct spec *spec,
                 const struct spec_key *key,
                 struct par_error *err)
{
    struct run_options o;
    int status = run_options_parse(&o, key->meta, key->len, err);

    if (status != PAR_OK)
        return status;
    o.where.account = key->account;
    spec->rules = o.rules;
    spec->meta = malloc(key->len + 1); /* malloc(0) may be NULL */
    if (!spec->meta)
        return PAR_OVERLOADED;
    if (key->len > 0)
        memcpy(spec->meta, key->meta, key->len);
    spec->meta_len = key->len;
    spec->account = key->account;
    spec->target = key->target;
    spec->function = key->function;
    spec->demand = demand_intern(s, key->target, &o.where);
    return spec->demand == POOL_NONE ? PAR_OVERLOADED : PAR_OK;
}

/* Make one and let it idle until its jobs come. */
static int make(struct sched *s,
                const struct spec_key *key,
                uint64_t hash,
                uint32_t *place,
                struct par_error *err)
{
    uint32_t at = pool_take(&s->spec_pool);
    struct spec *spec;
    int status;

    if (at == POOL_NONE)
        return PAR_OVERLOADED;
    spec = spec_at(s, at);
    spec->place = at;
    spec->demand = POOL_NONE;
    status = build(s, spec, key, err);
    if (status == PAR_OK && keymap_put(&s->specs, hash, at) < 0)
        status = PAR_OVERLOADED;
    if (status != PAR_OK) {
        if (spec->demand != POOL_NONE && demand_at(s, spec->demand)->specs == 0)
            demand_release(s, spec->demand);
        free(spec->meta);
        pool_give(&s->spec_pool, at);
        return status;
    }
    demand_hold(s, spec->demand);
    spec->hash = hash;
    spec->live = true;
    target_at(s, spec->target)->specs++;
    list_append(&s->idle_specs, &spec->idle);
    s->idle_count++;
    *place = at;
    return PAR_OK;
}

int spec_intern(struct sched *s,
                const struct spec_key *key,
                uint32_t *spec,
                struct par_error *err)
{
    uint64_t hash = hash_of(s, key);
    int status = PAR_OK;

    *spec = keymap_find(&s->specs, hash, key);
    if (*spec == POOL_NONE)
        status = make(s, key, hash, spec, err);
    if (status == PAR_OVERLOADED)
        par_fail(err, PAR_CODE(PAR_OVERLOADED), "the broker is out of memory");
    return status;
}

uint64_t spec_cost(const struct spec *spec)
{
    return spec->meta_len + OVERHEAD;
}

static struct account *account_of(const struct sched *s,
                                  const struct spec *spec)
{
    return account_at(s, idmap_get(&s->accounts, spec->account));
}

void spec_hold(struct sched *s, uint32_t place, uint32_t jobs)
{
    struct spec *spec = spec_at(s, place);

    if (spec->jobs == 0)
        account_of(s, spec)->queued_bytes += spec_cost(spec);
    spec->jobs += jobs;
    if (!list_is_empty(&spec->idle)) {
        list_remove(&spec->idle);
        s->idle_count--;
    }
}

void spec_release(struct sched *s, uint32_t place)
{
    struct spec *spec = spec_at(s, place);

    if (--spec->jobs > 0)
        return;
    account_of(s, spec)->queued_bytes -= spec_cost(spec);
    list_append(&s->idle_specs, &spec->idle);
    s->idle_count++;
}

void spec_trim(struct sched *s)
{
    struct list *node = s->idle_specs.next;

    while (node != &s->idle_specs) {
        struct spec *spec = LIST_ENTRY(node, struct spec, idle);

        node = node->next;
        if (s->idle_count > IDLE_SPECS || spec->meta_len > IDLE_META)
            drop(s, spec->place);
    }
}

void spec_drop_target(struct sched *s, uint32_t target)
{
    struct list *node = s->idle_specs.next;

    while (node != &s->idle_specs) {
        struct spec *spec = LIST_ENTRY(node, struct spec, idle);

        node = node->next;
        if (spec->target == target)
            drop(s, spec->place);
    }
}
