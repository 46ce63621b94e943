/* test_sched_call.c - SETUP with a call: who runs it, and when it is through */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "sched_orders.h"

TestSuite(sched_call, .init = open_world, .fini = close_world, .timeout = 10);

Test(sched_call, a_call_goes_to_each_host_once_and_all_are_waited_for)
{
    struct worker_desc desc = {.name = "twin", .host = "host1", .slots = 1};
    struct setup_order order = order_of(1, 5);
    struct decision setups[3];
    size_t calls = 0;

    world_worker(w, 1, 1, 0);
    world_worker(w, 2, 1, 0);
    sched_worker_join(w->s, w->now, 3, &desc, NULL);
    order.call = world_payload(w);
    sched_setup(w->s, w->now, &order);
    world_turn(w);
    cr_assert(eq(sz, w->count, 3));
    for (size_t i = 0; i < 3; i++) {
        setups[i] = w->log[i];
        calls += setups[i].payload.block != 0;
        cr_assert(ne(int, setups[i].worker == 3 && setups[i].payload.block, 1));
    }
    cr_assert(eq(sz, calls, 2));
    for (size_t i = 0; i < 3; i++) {
        cr_assert(eq(sz, world_count(w, DECIDE_READY), 0));
        sched_request_done(w->s, w->now, setups[i].worker, setups[i].request,
                           PAR_OK, (struct payload_ref){0});
        world_turn(w);
    }
    cr_assert(eq(sz, world_count(w, DECIDE_READY), 1));
    cr_assert(eq(sz, world_forgotten(w), 1), "the call");
}

Test(sched_call, a_call_is_not_waited_for_where_the_worker_has_left)
{
    struct setup_order order = order_of(1, 5);

    world_worker(w, 1, 1, 0);
    world_worker(w, 2, 1, 0);
    order.call = world_payload(w);
    sched_setup(w->s, w->now, &order);
    world_turn(w);
    sched_request_done(w->s, w->now, 1, world_nth(w, DECIDE_SETUP, 0)->request,
                       PAR_OK, (struct payload_ref){0});
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_READY), 0));
    sched_worker_leave(w->s, w->now, 2, false);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_READY), 1));
}

/* Two workers of one host: the first is lost in the middle of the call. */
Test(sched_call, a_call_that_is_lost_is_run_by_the_next_of_its_host)
{
    struct worker_desc desc = {.name = "twin", .host = "host1", .slots = 1};
    struct setup_order order = order_of(1, 5);
    struct decision call;

    ready_worker(1);
    sched_worker_join(w->s, w->now, 3, &desc, NULL);
    set_up(1, 4);
    answer_all(PAR_OK);
    order.call = world_payload(w);
    sched_setup(w->s, w->now, &order);
    world_turn(w);
    cr_assert(eq(u32, world_nth(w, DECIDE_SETUP, 0)->worker, 1));
    sched_worker_leave(w->s, w->now, 1, false);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_READY), 0), "nobody has run it");
    call = *world_nth(w, DECIDE_SETUP, 0);
    cr_assert(eq(u32, call.worker, 3));
    cr_assert(eq(u32, call.payload.block, order.call.block));
    sched_request_done(w->s, w->now, 3, call.request, PAR_OK,
                       (struct payload_ref){0});
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_READY), 1));
}

Test(sched_call, the_error_of_a_call_is_the_answer_and_the_rest_stands)
{
    struct setup_order order = order_of(2, 5);

    ready_worker(1);
    order.call = world_payload(w);
    sched_setup(w->s, w->now, &order);
    world_turn(w);
    answer_all(PAR_EXCEPTION);
    cr_assert(eq(int, world_nth(w, DECIDE_REFUSED, 0)->status, PAR_EXCEPTION));
    cr_assert(ne(u32, world_nth(w, DECIDE_REFUSED, 0)->payload.block, 0));
    world_submit(w, 1, target, 10, 1);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 1));
}
