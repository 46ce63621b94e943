/* sched_special.h - workers and jobs with terms, for tests */
#ifndef PAR_TESTS_UNIT_SCHED_SPECIAL_H
#define PAR_TESTS_UNIT_SCHED_SPECIAL_H

#include "sched_app.h"

static inline void put_label(const char *key, const char *value)
{
    meta_put_uint(&w->meta, 4);
    meta_put_map(&w->meta, 1);
    meta_put_str(&w->meta, key);
    meta_put_str(&w->meta, value);
}

static inline void put_need(const char *name, double amount)
{
    meta_put_uint(&w->meta, 5);
    meta_put_map(&w->meta, 1);
    meta_put_str(&w->meta, name);
    meta_put_float(&w->meta, amount);
}

/* A worker with one label and one resource, either may be NULL. */
static inline void special_worker(uint32_t id,
                                  uint32_t slots,
                                  const char *label,
                                  const struct sched_resource *resource)
{
    char name[] = "w.0";
    struct sched_label labels[] = {{label, "yes"}};
    struct worker_desc desc = {
        .name = name,
        .host = "special",
        .slots = slots,
        .io_slots = 4,
        .labels = labels,
        .label_count = label ? 1 : 0,
        .resources = resource,
        .resource_count = resource ? 1 : 0,
    };

    name[2] = (char)('0' + id);
    sched_worker_join(w->s, w->now, id, &desc, &w->err);
    sched_register(w->s, w->now, id, path);
}

/* How many jobs a worker was given in the last turn. */
static inline size_t given(uint32_t worker)
{
    size_t n = 0;

    for (size_t i = 0; i < w->count; i++)
        n += w->log[i].kind == DECIDE_ASSIGN && w->log[i].worker == worker;
    return n;
}

#endif
