/* sched_world.h - a broker's core with somebody to drive it, for tests
 *
 * A turn ticks and drains; what was decided stays in `log` until the next.
 */
#ifndef PAR_TESTS_UNIT_SCHED_WORLD_H
#define PAR_TESTS_UNIT_SCHED_WORLD_H

#include <stdlib.h>
#include <string.h>

#include "broker/sched.h"
#include "meta.h"
#include "wire.h"

enum { WORLD_LOG = 4096, WORLD_TEXT = 160 };

struct world {
    struct sched *s;
    uint64_t now;
    uint64_t serial; /* the first of the last submission */
    uint32_t blocks; /* payloads made */
    struct par_error err;
    struct meta_writer meta;
    size_t count;
    struct decision log[WORLD_LOG];
    char reasons[WORLD_LOG][WORLD_TEXT];
};

static inline struct sched *world_open_core(void)
{
    struct sched_limits limits = {
        .max_queued = 10000, .max_queued_bytes = 1 << 24, .setup_ms = 600000};

    return sched_create(&limits);
}

static inline struct world *world_open(void)
{
    struct world *w = calloc(1, sizeof *w);

    w->s = world_open_core();
    w->now = 1000;
    return w;
}

static inline void world_close(struct world *w)
{
    sched_check(w->s);
    meta_writer_clear(&w->meta);
    sched_destroy(w->s);
    free(w);
}

/* A worker of cpu slots that offers `path`, unless that is 0. */
static inline void world_worker(struct world *w,
                                uint32_t id,
                                uint32_t slots,
                                uint32_t path)
{
    char name[16] = "w.0";
    char host[16] = "host0";
    struct worker_desc desc = {
        .name = name, .host = host, .pid = 100 + id, .slots = slots};

    name[2] = (char)('0' + id);
    host[4] = (char)('0' + id);
    sched_worker_join(w->s, w->now, id, &desc, &w->err);
    if (path != 0)
        sched_register(w->s, w->now, id, path);
}

static inline struct payload_ref world_payload(struct world *w)
{
    return (struct payload_ref){++w->blocks, 0, 10};
}

/* Submit n jobs with the options that are in w->meta, which is emptied. */
static inline int world_submit(
    struct world *w, uint32_t client, uint32_t target, uint64_t run, uint32_t n)
{
    struct payload_ref *payloads = calloc(n + 1, sizeof *payloads);
    struct job_batch batch = {
        .client = client,
        .target = target,
        .first_run = run,
        .count = n,
        .meta = w->meta.data,
        .meta_len = w->meta.len,
        .payloads = payloads,
    };
    int status;

    for (uint32_t i = 0; i < n; i++)
        payloads[i] = world_payload(w);
    status = sched_submit(w->s, w->now, &batch, &w->serial, &w->err);
    meta_writer_reset(&w->meta);
    free(payloads);
    return status;
}

static inline void world_drain(struct world *w)
{
    w->count = 0;
    while (w->count < WORLD_LOG && sched_next(w->s, &w->log[w->count])) {
        sched_reason(w->s, &w->log[w->count], w->reasons[w->count], WORLD_TEXT);
        w->count++;
    }
    sched_check(w->s);
    sched_settle(w->s);
    sched_check(w->s);
}

static inline void world_turn(struct world *w)
{
    sched_tick(w->s, w->now);
    world_drain(w);
}

static inline void world_wait(struct world *w, uint64_t ms)
{
    w->now += ms;
    world_turn(w);
}

static inline size_t world_count(const struct world *w, enum decision_kind kind)
{
    size_t n = 0;

    for (size_t i = 0; i < w->count; i++)
        n += w->log[i].kind == kind;
    return n;
}

/* Payloads that nobody needs any more, by these decisions. */
static inline size_t world_forgotten(const struct world *w)
{
    size_t n = world_count(w, DECIDE_FORGET);

    for (size_t i = 0; i < w->count; i++)
        if (w->log[i].kind == DECIDE_RESULT)
            n += (w->log[i].payload.block != 0) + (w->log[i].spent.block != 0);
    return n;
}

/* The i-th decision of a kind in the log; a zero one if there is none. */
static inline const struct decision *world_nth(const struct world *w,
                                               enum decision_kind kind,
                                               size_t i)
{
    static const struct decision none;

    for (size_t k = 0; k < w->count; k++)
        if (w->log[k].kind == kind && i-- == 0)
            return &w->log[k];
    return &none;
}

static inline const char *world_reason(const struct world *w,
                                       const struct decision *d)
{
    for (size_t i = 0; i < w->count; i++)
        if (d == &w->log[i])
            return w->reasons[i];
    return "";
}

static inline bool world_result(struct world *w,
                                const struct decision *assigned,
                                int status,
                                unsigned executed,
                                uint32_t wall_us)
{
    struct job_outcome outcome = {status, executed, wall_us, {0}};

    if (status != PAR_OK)
        outcome.payload = world_payload(w);
    return sched_result(w->s, w->now, assigned->worker, assigned->dispatch,
                        &outcome);
}

/* Answer everything in the log that was assigned, and turn. */
static inline void world_answer(struct world *w, uint32_t wall_us)
{
    for (size_t i = 0; i < w->count; i++)
        if (w->log[i].kind == DECIDE_ASSIGN)
            world_result(w, &w->log[i], PAR_OK, WIRE_EXECUTED, wall_us);
    world_turn(w);
}

#endif
