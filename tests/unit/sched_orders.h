/* sched_orders.h - SETUPs and CLOSEs of one target, for tests */
#ifndef PAR_TESTS_UNIT_SCHED_ORDERS_H
#define PAR_TESTS_UNIT_SCHED_ORDERS_H

#include "sched_world.h"

static struct world *w;
static uint32_t target;

static void open_world(void)
{
    w = world_open();
    sched_client_join(w->s, 1, 7);
    sched_client_join(w->s, 2, 7);
    target = sched_target_add(w->s, 7, "primes");
}

static void close_world(void)
{
    world_close(w);
}

static inline struct setup_order order_of(uint32_t client, uint64_t id)
{
    return (struct setup_order){.client = client,
                                .id = id,
                                .target = target,
                                .unplaceable_ms = 10000,
                                .timeout_ms = -1};
}

static inline int set_up(uint32_t client, uint64_t id)
{
    struct setup_order order = order_of(client, id);
    int status = sched_setup(w->s, w->now, &order);

    world_turn(w);
    return status;
}

static inline int close_it(uint32_t client, uint64_t id, bool terminate)
{
    struct setup_order order = order_of(client, id);
    int status;

    order.terminate = terminate;
    status = sched_close(w->s, w->now, &order);
    world_turn(w);
    return status;
}

/* Answer the SETUPs and CLOSEs in the log, and turn. */
static inline void answer_all(int status)
{
    for (size_t i = 0; i < w->count; i++) {
        struct payload_ref text = {0};

        if (w->log[i].kind != DECIDE_SETUP && w->log[i].kind != DECIDE_CLOSE)
            continue;
        if (status != PAR_OK)
            text = world_payload(w);
        sched_request_done(w->s, w->now, w->log[i].worker, w->log[i].request,
                           status, text);
    }
    world_turn(w);
}

/* The broker gives up what workers have not answered in time, and turns.
 * Returns how many that were. */
static inline unsigned give_up(void)
{
    struct decision late;
    unsigned n = 0;

    for (; sched_overdue(w->s, w->now, &late); n++)
        sched_request_done(w->s, w->now, late.worker, late.request,
                           PAR_SETUP_FAILED, world_payload(w));
    world_turn(w);
    return n;
}

/* A worker, and the target ready there. */
static inline void ready_worker(uint32_t id)
{
    world_worker(w, id, 1, 0);
    set_up(1, id);
    answer_all(PAR_OK);
}

#endif
