/* test_sched_close.c - CLOSE: drained or terminated, answered once */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "meta_keys.h"
#include "sched_orders.h"

TestSuite(sched_close, .init = open_world, .fini = close_world, .timeout = 10);

/* ---- closing ---- */

Test(sched_close, close_drains_then_closes_then_retires)
{
    struct decision job;

    ready_worker(1);
    world_submit(w, 1, target, 10, 1);
    world_turn(w);
    job = *world_nth(w, DECIDE_ASSIGN, 0);
    cr_assert(eq(int, close_it(1, 20, false), PAR_OK));
    cr_assert(eq(sz, w->count, 0));
    cr_assert(eq(int, world_submit(w, 1, target, 30, 1), PAR_CLOSING));
    cr_assert(eq(int, set_up(2, 40), PAR_CLOSING));
    world_result(w, &job, PAR_OK, WIRE_EXECUTED, 1);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_RESULT), 1));
    cr_assert(eq(sz, world_count(w, DECIDE_CLOSE), 1));
    cr_assert(eq(int, sched_target_allows(w->s, target, 7), true));
    answer_all(PAR_OK);
    cr_assert(eq(u64, world_nth(w, DECIDE_CLOSED, 0)->run, 20));
    cr_assert(eq(u32, world_nth(w, DECIDE_RETIRE, 0)->target, target));
    cr_assert(eq(int, sched_target_allows(w->s, target, 7), false));
    cr_assert(eq(int, world_submit(w, 1, target, 31, 1), PAR_UNKNOWN_HANDLE));
}

Test(sched_close, what_drains_is_set_up_nowhere_else)
{
    size_t cursor = 0;

    ready_worker(1);
    world_submit(w, 1, target, 10, 2);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 2), "one of them waits");
    cr_assert(eq(int, close_it(1, 20, false), PAR_OK));
    world_worker(w, 2, 1, 0);
    w->now += 1000;
    cr_assert(eq(u32, sched_crowded(w->s, w->now, &cursor), 0));
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_SETUP), 0));
}

Test(sched_close, terminate_cancels_what_waits_and_kills_what_runs)
{
    struct decision job;

    ready_worker(1);
    meta_put_map(&w->meta, 1);
    meta_pair_str(&w->meta, KEY_RUN_CANCEL, "never");
    world_submit(w, 1, target, 10, 1);
    world_turn(w);
    job = *world_nth(w, DECIDE_ASSIGN, 0);
    world_submit(w, 1, target, 11, 3);
    world_turn(w); /* one of them goes ahead */
    close_it(1, 20, true);
    cr_assert(eq(sz, world_count(w, DECIDE_RESULT), 2));
    cr_assert(eq(int, world_nth(w, DECIDE_RESULT, 0)->status, PAR_CANCELLED));
    cr_assert(
        eq(u32, world_nth(w, DECIDE_RESULT, 0)->executed, WIRE_NOT_EXECUTED));
    cr_assert(eq(str, (char *)world_reason(w, world_nth(w, DECIDE_RESULT, 0)),
                 "primes was closed before it ran"));
    cr_assert(eq(sz, world_count(w, DECIDE_ABORT), 2));
    cr_assert(eq(u32, world_nth(w, DECIDE_ABORT, 0)->mode, 2));
    cr_assert(eq(u64, world_nth(w, DECIDE_ABORT, 0)->dispatch, job.dispatch));
    cr_assert(eq(sz, world_count(w, DECIDE_CLOSE), 0), "not before they end");
}

Test(sched_close, the_timeout_of_a_close_turns_drain_into_terminate)
{
    struct setup_order order = order_of(1, 20);
    struct decision job;

    ready_worker(1);
    world_submit(w, 1, target, 10, 1);
    world_turn(w);
    job = *world_nth(w, DECIDE_ASSIGN, 0);
    order.timeout_ms = 500;
    sched_close(w->s, w->now, &order);
    world_turn(w);
    cr_assert(eq(sz, w->count, 0));
    world_wait(w, 500);
    cr_assert(eq(u64, world_nth(w, DECIDE_ABORT, 0)->dispatch, job.dispatch));
    world_result(w, &job, PAR_CANCELLED, WIRE_MAYBE_EXECUTED, 1);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_CLOSE), 1));
    sched_worker_leave(w->s, w->now, 1, false);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_CLOSED), 1),
              "a worker that has left need not answer");
}

Test(sched_close, close_at_one_worker_leaves_the_others)
{
    struct setup_order order = order_of(1, 20);

    ready_worker(1);
    ready_worker(2);
    order.where = "w.1";
    sched_close(w->s, w->now, &order);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_CLOSE), 1));
    cr_assert(eq(u32, world_nth(w, DECIDE_CLOSE, 0)->worker, 1));
    answer_all(PAR_OK);
    cr_assert(eq(sz, world_count(w, DECIDE_CLOSED), 1));
    cr_assert(eq(sz, world_count(w, DECIDE_RETIRE), 0));
    world_submit(w, 1, target, 30, 5);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 2));
    cr_assert(eq(u32, world_nth(w, DECIDE_ASSIGN, 1)->worker, 2));
    cr_assert(eq(sz, world_count(w, DECIDE_SETUP), 0),
              "not again before a SETUP");
    set_up(1, 40);
    cr_assert(eq(u32, world_nth(w, DECIDE_SETUP, 0)->worker, 1));
}

Test(sched_close, a_closing_call_that_is_lost_is_told)
{
    struct setup_order order = order_of(1, 20);
    const struct decision *d;

    ready_worker(1);
    order.call = world_payload(w);
    sched_close(w->s, w->now, &order);
    world_turn(w);
    sched_worker_leave(w->s, w->now, 1, false);
    world_turn(w);
    d = world_nth(w, DECIDE_REFUSED, 0);
    cr_assert(eq(int, d->status, PAR_WORKER_LOST));
    cr_assert(eq(str, (char *)world_reason(w, d),
                 "a worker was lost before it had answered the call; all is "
                 "closed"));
    cr_assert(eq(sz, world_count(w, DECIDE_RETIRE), 1));
}

Test(sched_close, the_error_of_a_closing_call_is_the_answer)
{
    struct setup_order order = order_of(1, 20);

    ready_worker(1);
    order.call = world_payload(w);
    sched_close(w->s, w->now, &order);
    world_turn(w);
    cr_assert(eq(u32, world_nth(w, DECIDE_CLOSE, 0)->payload.block,
                 order.call.block));
    answer_all(PAR_EXCEPTION);
    cr_assert(eq(int, world_nth(w, DECIDE_REFUSED, 0)->status, PAR_EXCEPTION));
    cr_assert(eq(sz, world_count(w, DECIDE_RETIRE), 1), "closed all the same");
}

/* One of two workers has a closing function that fails: its words are kept. */
Test(sched_close, the_error_of_a_closing_function_is_the_answer)
{
    struct setup_order order = order_of(1, 20);
    struct payload_ref words = world_payload(w);
    struct decision one, other;

    ready_worker(1);
    ready_worker(2);
    sched_close(w->s, w->now, &order);
    world_turn(w);
    one = *world_nth(w, DECIDE_CLOSE, 0);
    other = *world_nth(w, DECIDE_CLOSE, 1);
    sched_request_done(w->s, w->now, one.worker, one.request, PAR_SETUP_FAILED,
                       words);
    sched_request_done(w->s, w->now, other.worker, other.request, PAR_OK,
                       (struct payload_ref){0});
    world_turn(w);
    cr_assert(
        eq(int, world_nth(w, DECIDE_REFUSED, 0)->status, PAR_SETUP_FAILED));
    cr_assert(
        eq(u32, world_nth(w, DECIDE_REFUSED, 0)->payload.block, words.block));
    cr_assert(eq(sz, world_count(w, DECIDE_RETIRE), 1), "closed all the same");
}

/* ---- who holds it ---- */

Test(sched_close, it_goes_with_the_last_session_that_set_it_up)
{
    ready_worker(1);
    set_up(2, 5);
    sched_client_leave(w->s, w->now, 1);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_CLOSE), 0));
    sched_client_leave(w->s, w->now, 2);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_CLOSE), 1));
    answer_all(PAR_OK);
    cr_assert(eq(sz, world_count(w, DECIDE_CLOSED), 0), "nobody asked");
    cr_assert(eq(sz, world_count(w, DECIDE_RETIRE), 1));
}

Test(sched_close, one_that_is_kept_stays_until_it_is_closed)
{
    struct setup_order order = order_of(1, 5);

    world_worker(w, 1, 1, 0);
    order.keep = true;
    sched_setup(w->s, w->now, &order);
    world_turn(w);
    answer_all(PAR_OK);
    sched_client_leave(w->s, w->now, 1);
    world_turn(w);
    cr_assert(eq(sz, w->count, 0));
    cr_assert(eq(int, close_it(2, 6, false), PAR_OK), "by another session");
    answer_all(PAR_OK);
    cr_assert(eq(u32, world_nth(w, DECIDE_CLOSED, 0)->client, 2));
    cr_assert(eq(sz, world_count(w, DECIDE_RETIRE), 1));
}

Test(sched_close, one_holder_of_two_closes_only_for_itself)
{
    ready_worker(1);
    set_up(2, 5);
    cr_assert(eq(int, close_it(1, 6, false), PAR_OK));
    cr_assert(eq(sz, world_count(w, DECIDE_CLOSED), 1));
    cr_assert(eq(sz, world_count(w, DECIDE_CLOSE), 0));
    cr_assert(eq(int, world_submit(w, 2, target, 10, 1), PAR_OK));
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 1));
}

Test(sched_close, a_session_that_leaves_while_it_waits_leaves_nothing)
{
    struct sched_stats stats;

    set_up(1, 5);
    sched_client_leave(w->s, w->now, 1);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_RETIRE), 1));
    sched_stats(w->s, &stats);
    cr_assert(eq(u32, stats.targets, 0));
}

Test(sched_close, what_was_detached_may_still_run)
{
    struct payload_ref payload = {500, 0, 4};
    struct job_batch batch = {.client = 1,
                              .target = target,
                              .first_run = 10,
                              .count = 1,
                              .detach = true,
                              .payloads = &payload};
    uint64_t serial;

    ready_worker(1);
    sched_submit(w->s, w->now, &batch, &serial, NULL);
    sched_client_leave(w->s, w->now, 1);
    world_turn(w);
    cr_assert(eq(u64, world_nth(w, DECIDE_ASSIGN, 0)->serial, serial));
    cr_assert(eq(sz, world_count(w, DECIDE_CLOSE), 0));
    world_answer(w, 1);
    cr_assert(eq(sz, world_count(w, DECIDE_RESULT), 1));
    cr_assert(eq(sz, world_count(w, DECIDE_CLOSE), 1));
}

/* A compiler may hang for minutes. */
Test(sched_close, a_set_up_that_is_under_way_is_closed_at_once)
{
    struct decision setup, close;

    world_worker(w, 1, 1, 0);
    set_up(1, 5);
    setup = *world_nth(w, DECIDE_SETUP, 0);
    close_it(2, 20, false);
    cr_assert(eq(int, world_nth(w, DECIDE_REFUSED, 0)->status, PAR_CLOSING));
    cr_assert(eq(sz, world_count(w, DECIDE_CLOSE), 1));
    close = *world_nth(w, DECIDE_CLOSE, 0);
    sched_request_done(w->s, w->now, 1, close.request, PAR_OK,
                       (struct payload_ref){0});
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_RETIRE), 0), "one answer is due");
    sched_request_done(w->s, w->now, 1, setup.request, PAR_CANCELLED,
                       (struct payload_ref){0});
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_CLOSED), 1));
    cr_assert(eq(sz, world_count(w, DECIDE_RETIRE), 1));
}

Test(sched_close, a_setup_waits_until_a_close_is_through)
{
    struct setup_order close = order_of(1, 20);
    struct setup_order again = order_of(1, 21);
    struct decision d;

    ready_worker(1);
    close.where = "w.1";
    again.call = world_payload(w);
    sched_close(w->s, w->now, &close);
    world_turn(w);
    d = *world_nth(w, DECIDE_CLOSE, 0);
    sched_setup(w->s, w->now, &again);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_SETUP), 0));
    sched_request_done(w->s, w->now, 1, d.request, PAR_OK,
                       (struct payload_ref){0});
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_CLOSED), 1));
    cr_assert(eq(sz, world_count(w, DECIDE_SETUP), 1));
    answer_all(PAR_OK);
    cr_assert(eq(sz, world_count(w, DECIDE_READY), 1));
}

/* ---- workers that do not answer ---- */

Test(sched_close, what_a_worker_may_yet_set_up_is_closed_there_too)
{
    ready_worker(1);
    world_worker(w, 2, 1, 0);
    set_up(1, 50);
    w->now += 600000;
    cr_assert(eq(uint, give_up(), 1));
    close_it(1, 51, false);
    cr_assert(eq(sz, world_count(w, DECIDE_CLOSE), 2));
    answer_all(PAR_UNKNOWN_HANDLE);
    cr_assert(eq(u64, world_nth(w, DECIDE_CLOSED, 0)->run, 51), "nor was it");
}

Test(sched_close, a_worker_that_does_not_answer_is_named_and_it_is_closed)
{
    ready_worker(1);
    close_it(1, 51, false);
    w->now += 600000;
    cr_assert(eq(uint, give_up(), 1));
    cr_assert(
        eq(int, world_nth(w, DECIDE_REFUSED, 0)->status, PAR_SETUP_FAILED));
    cr_assert(ne(u32, world_nth(w, DECIDE_REFUSED, 0)->payload.block, 0));
    cr_assert(eq(u32, world_nth(w, DECIDE_RETIRE, 0)->target, target));
}
