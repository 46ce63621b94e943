/* test_sched_failures.c - workers and attempts fail: who is told what, who
 * tries again
 */
#include "config.h"

#include "broker/sched_view.h"
#include "meta_keys.h"
#include "sched_app.h"

TestSuite(sched_failures,
          .init = open_world,
          .fini = close_world,
          .timeout = 10);

/* Submit one job with an option and have it assigned. */
static struct decision run_with(uint64_t key, int64_t value)
{
    meta_put_map(&w->meta, 1);
    meta_pair_int(&w->meta, key, value);
    cr_assert(eq(int, world_submit(w, 1, path, 1, 1), PAR_OK));
    world_turn(w);
    return *world_nth(w, DECIDE_ASSIGN, 0);
}

/* Several attempts, for errors and time-outs too, without a wait. */
static void put_retries(uint32_t attempts, uint32_t crash_limit)
{
    meta_put_map(&w->meta, 4);
    meta_pair_int(&w->meta, KEY_RUN_ATTEMPTS, attempts);
    meta_pair_int(&w->meta, KEY_RUN_CRASH_LIMIT, crash_limit);
    meta_put_uint(&w->meta, 15);
    meta_put_array(&w->meta, 3);
    meta_put_str(&w->meta, "error");
    meta_put_str(&w->meta, "crash");
    meta_put_str(&w->meta, "timeout");
    meta_put_uint(&w->meta, 16);
    meta_put_array(&w->meta, 3);
    meta_put_int(&w->meta, 0);
    meta_put_int(&w->meta, 1);
    meta_put_int(&w->meta, 0);
}

/* ---- workers that die ---- */

Test(sched_failures, XP_06_a_job_that_may_have_run_is_lost_with_its_worker)
{
    const struct decision *d;

    world_worker(w, 1, 1, path);
    world_submit(w, 1, path, 1, 1);
    world_turn(w);
    sched_worker_leave(w->s, w->now, 1, false);
    world_turn(w);
    d = world_nth(w, DECIDE_RESULT, 0);
    cr_assert(eq(int, d->status, PAR_WORKER_LOST));
    cr_assert(eq(u32, d->executed, WIRE_MAYBE_EXECUTED));
    cr_assert(eq(str, (char *)world_reason(w, d),
                 "worker w.1 on host1 (pid 101) was lost; attempt 1 was "
                 "assigned"));
    cr_assert(eq(u32, d->worker, 1));
    cr_assert(eq(u32, d->attempt, 1));
    world_turn(w);
    cr_assert(eq(sz, w->count, 0));
}

Test(sched_failures, XP_06_with_more_attempts_it_runs_again_elsewhere)
{
    struct decision first;

    world_worker(w, 1, 1, path);
    first = run_with(13, 2);
    sched_started(w->s, w->now, 1, first.dispatch);
    sched_worker_leave(w->s, w->now, 1, false);
    world_worker(w, 2, 1, path);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 0), "it waits a little");
    cr_assert(eq(sz, world_count(w, DECIDE_RESULT), 0));
    world_wait(w, 200);
    cr_assert(eq(u32, world_nth(w, DECIDE_ASSIGN, 0)->attempt, 2));
    cr_assert(eq(u32, world_nth(w, DECIDE_ASSIGN, 0)->worker, 2));
    sched_worker_leave(w->s, w->now, 2, false);
    world_turn(w);
    cr_assert(eq(int, world_nth(w, DECIDE_RESULT, 0)->status, PAR_WORKER_LOST));
}

Test(sched_failures, an_orderly_worker_returns_what_it_has_not_started)
{
    world_worker(w, 1, 2, path);
    world_submit(w, 1, path, 1, 3);
    world_turn(w);
    sched_started(w->s, w->now, 1, world_nth(w, DECIDE_ASSIGN, 0)->dispatch);
    sched_worker_leave(w->s, w->now, 1, true);
    world_worker(w, 2, 2, path);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_RESULT), 1));
    cr_assert(eq(int, world_nth(w, DECIDE_RESULT, 0)->status, PAR_WORKER_LOST));
    cr_assert(eq(u64, world_nth(w, DECIDE_RESULT, 0)->run, 1));
    cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 2));
    cr_assert(eq(u64, world_nth(w, DECIDE_ASSIGN, 0)->run, 2), "in order");
    cr_assert(eq(u32, world_nth(w, DECIDE_ASSIGN, 0)->attempt, 1));
}

Test(sched_failures, a_worker_that_only_gives_back_does_not_spin_the_broker)
{
    struct decision d;
    uint64_t start = w->now;

    world_worker(w, 1, 1, path);
    world_submit(w, 1, path, 1, 1);
    world_turn(w);
    for (int i = 0; i < 10; i++) {
        d = *world_nth(w, DECIDE_ASSIGN, 0);
        cr_assert(eq(u32, d.attempt, 1), "it has not run");
        world_result(w, &d, PAR_DRAINING, WIRE_NOT_EXECUTED, 0);
        world_turn(w);
        if (world_count(w, DECIDE_ASSIGN) == 0)
            world_wait(w, sched_deadline(w->s) - w->now);
    }
    cr_assert(gt(u64, w->now - start, 3000));
}

/* ---- jobs that fail ---- */

Test(sched_failures, an_error_is_final_unless_the_job_asks_to_try_again)
{
    struct decision d;

    world_worker(w, 1, 1, path);
    d = run_with(13, 5);
    world_result(w, &d, PAR_EXCEPTION, WIRE_EXECUTED, 1);
    world_turn(w);
    cr_assert(eq(int, world_nth(w, DECIDE_RESULT, 0)->status, PAR_EXCEPTION));
}

Test(sched_failures, attempts_are_finite_and_the_last_word_stands)
{
    static const int statuses[] = {PAR_EXCEPTION, PAR_TIMEOUT, PAR_EXIT};

    world_worker(w, 1, 1, path);
    put_retries(3, 3);
    world_submit(w, 1, path, 1, 1);
    world_turn(w);
    for (uint32_t i = 0; i < 3; i++) {
        struct decision d = *world_nth(w, DECIDE_ASSIGN, 0);

        cr_assert(eq(u32, d.attempt, i + 1));
        world_result(w, &d, statuses[i], WIRE_EXECUTED, 1);
        world_turn(w);
        cr_assert(eq(sz, world_forgotten(w), i == 2 ? 2 : 1),
                  "the words of each attempt, and in the end the argument");
    }
    cr_assert(eq(int, world_nth(w, DECIDE_RESULT, 0)->status, PAR_EXIT));
}

Test(sched_failures, DD_49_a_job_that_kills_its_slots_is_quarantined)
{
    const struct decision *d;

    world_worker(w, 1, 1, path);
    put_retries(9, 3);
    world_submit(w, 1, path, 1, 1);
    world_turn(w);
    for (int i = 0; i < 3; i++) {
        struct decision a = *world_nth(w, DECIDE_ASSIGN, 0);

        world_result(w, &a, i == 1 ? PAR_OOM : PAR_SIGNAL, WIRE_EXECUTED, 1);
        world_turn(w);
    }
    d = world_nth(w, DECIDE_RESULT, 0);
    cr_assert(eq(int, d->status, PAR_QUARANTINED));
    cr_assert(ne(u32, d->payload.block, 0), "with the last evidence");
    cr_assert(eq(str, (char *)world_reason(w, d),
                 "it took its slot along in 3 attempts: quarantined"));
}

Test(sched_failures, back_off_grows_up_to_its_limit)
{
    uint64_t waits[2];

    world_worker(w, 1, 1, path);
    meta_put_map(&w->meta, 2);
    meta_pair_int(&w->meta, KEY_RUN_ATTEMPTS, 9);
    meta_put_uint(&w->meta, 16);
    meta_put_array(&w->meta, 3);
    meta_put_int(&w->meta, 1000);
    meta_put_int(&w->meta, 10);
    meta_put_int(&w->meta, 50000);
    world_submit(w, 1, path, 1, 1);
    world_turn(w);
    for (int i = 0; i < 2; i++) {
        struct decision d = *world_nth(w, DECIDE_ASSIGN, 0);

        world_result(w, &d, PAR_SIGNAL, WIRE_EXECUTED, 1);
        world_turn(w);
        waits[i] = sched_deadline(w->s) - w->now;
        world_wait(w, waits[i]);
        cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 1));
    }
    cr_assert(ge(u64, waits[0], 500));
    cr_assert(le(u64, waits[0], 1500));
    cr_assert(ge(u64, waits[1], 5000));
    cr_assert(le(u64, waits[1], 15000));
}

Test(sched_failures, executed_no_is_never_said_of_what_started)
{
    struct decision d;

    world_worker(w, 1, 1, path);
    world_submit(w, 1, path, 1, 1);
    world_turn(w);
    d = *world_nth(w, DECIDE_ASSIGN, 0);
    sched_started(w->s, w->now, 1, d.dispatch);
    world_result(w, &d, PAR_DRAINING, WIRE_NOT_EXECUTED, 0);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 0), "not again");
    cr_assert(
        eq(u32, world_nth(w, DECIDE_RESULT, 0)->executed, WIRE_MAYBE_EXECUTED));
}

Test(sched_failures, what_an_earlier_attempt_did_is_not_forgotten)
{
    struct decision d;

    world_worker(w, 1, 1, path);
    put_retries(5, 5);
    world_submit(w, 1, path, 1, 1);
    world_turn(w);
    d = *world_nth(w, DECIDE_ASSIGN, 0);
    sched_worker_pause(w->s, w->now, 1, true);
    world_result(w, &d, PAR_EXCEPTION, WIRE_EXECUTED, 1);
    world_turn(w);
    cr_assert(eq(int, sched_cancel(w->s, w->now, 1, 1, 0), PAR_OK));
    world_turn(w);
    cr_assert(eq(int, world_nth(w, DECIDE_RESULT, 0)->status, PAR_CANCELLED));
    cr_assert(eq(u32, world_nth(w, DECIDE_RESULT, 0)->executed, WIRE_EXECUTED));
}

/* ---- time ---- */

Test(sched_failures, TP_41_queue_ms_bounds_the_wait_and_the_job_never_starts)
{
    struct decision busy;
    const struct decision *d;

    world_worker(w, 1, 1, path);
    world_submit(w, 1, path, 10, 2);
    world_turn(w);
    busy = *world_nth(w, DECIDE_ASSIGN, 0);
    meta_put_map(&w->meta, 1);
    meta_pair_int(&w->meta, KEY_RUN_QUEUE_MS, 200);
    world_submit(w, 1, path, 20, 1);
    world_turn(w);
    cr_assert(eq(u64, sched_deadline(w->s), w->now + 200));
    world_wait(w, 199);
    cr_assert(eq(sz, w->count, 0));
    world_wait(w, 1);
    d = world_nth(w, DECIDE_RESULT, 0);
    cr_assert(eq(int, d->status, PAR_EXPIRED));
    cr_assert(eq(u32, d->executed, WIRE_NOT_EXECUTED));
    cr_assert(eq(str, (char *)world_reason(w, d),
                 "it waited longer than its queue_ms of 200"));
    cr_assert(eq(u32, d->worker, 0), "nobody had it");
    cr_assert(eq(u32, d->attempt, 0));
    world_result(w, &busy, PAR_OK, WIRE_EXECUTED, 5000);
    world_turn(w);
    cr_assert(eq(int, world_nth(w, DECIDE_RESULT, 0)->status, PAR_OK));
}

Test(sched_failures, queue_ms_does_not_bound_the_run)
{
    world_worker(w, 1, 1, path);
    run_with(18, 200);
    world_wait(w, 10000);
    cr_assert(eq(sz, w->count, 0));
    cr_assert(eq(u64, sched_deadline(w->s), UINT64_MAX));
}

Test(sched_failures, XP_21_a_deadline_while_running_is_answered_at_once)
{
    struct decision d;
    struct worker_view view;
    size_t cursor = 0;

    world_worker(w, 1, 1, path);
    d = run_with(64, 300);
    world_wait(w, 300);
    cr_assert(eq(sz, world_count(w, DECIDE_RESULT), 1));
    cr_assert(eq(int, world_nth(w, DECIDE_RESULT, 0)->status, PAR_EXPIRED));
    cr_assert(
        eq(u32, world_nth(w, DECIDE_RESULT, 0)->executed, WIRE_MAYBE_EXECUTED));
    cr_assert(eq(u32, world_nth(w, DECIDE_RESULT, 0)->worker, 1));
    cr_assert(eq(u32, world_nth(w, DECIDE_RESULT, 0)->attempt, 1));
    cr_assert(eq(u32, world_nth(w, DECIDE_ABORT, 0)->mode, 2));
    cr_assert(eq(int, sched_cancel(w->s, w->now, 1, 1, 0), PAR_UNKNOWN_ID));
    sched_worker_next(w->s, &cursor, &view);
    cr_assert(eq(u32, view.running, 1), "its slot is free when it has ended");
    cr_assert(
        eq(int, world_result(w, &d, PAR_CANCELLED, WIRE_EXECUTED, 1), false));
    cursor = 0;
    sched_worker_next(w->s, &cursor, &view);
    cr_assert(eq(u32, view.running, 0));
}

Test(sched_failures, a_deadline_covers_the_queue_too)
{
    meta_put_map(&w->meta, 1);
    meta_pair_int(&w->meta, KEY_ANY_DEADLINE_MS, 300);
    world_submit(w, 1, path, 1, 3);
    world_wait(w, 300);
    cr_assert(eq(sz, world_count(w, DECIDE_RESULT), 3));
    cr_assert(
        eq(u32, world_nth(w, DECIDE_RESULT, 2)->executed, WIRE_NOT_EXECUTED));
    cr_assert(eq(str, (char *)world_reason(w, world_nth(w, DECIDE_RESULT, 0)),
                 "its deadline of 300 ms passed while it was queued"));
}

Test(sched_failures, what_is_tried_again_is_first_come_first_served)
{
    struct decision first[20];

    world_worker(w, 1, 20, path);
    put_retries(2, 3);
    world_submit(w, 1, path, 1, 20);
    world_turn(w);
    for (size_t i = 0; i < 20; i++)
        first[i] = *world_nth(w, DECIDE_ASSIGN, i);
    sched_worker_pause(w->s, w->now, 1, true);
    for (size_t i = 0; i < 20; i++) {
        world_result(w, &first[i * 7 % 20], PAR_EXCEPTION, WIRE_EXECUTED, 9);
        world_wait(w, 1);
    }
    cr_assert(eq(int, sched_cancel(w->s, w->now, 1, 5, 0), PAR_OK));
    sched_worker_pause(w->s, w->now, 1, false);
    world_turn(w);
    for (size_t i = 0; i < 19; i++)
        cr_assert(eq(u64, world_nth(w, DECIDE_ASSIGN, i)->run,
                     i < 4 ? i + 1 : i + 2));
}
