/* test_sched.c - the usual life of jobs, and of those who ask for them */
#include "config.h"

#include "meta_keys.h"
#include "sched_app.h"

static void open_two(void)
{
    open_world();
    cr_assert(eq(int, sched_client_join(w->s, 2, 7), 0));
}

TestSuite(sched, .init = open_two, .fini = close_world, .timeout = 10);

/* ---- taking jobs in ---- */

Test(sched, a_job_waits_for_a_worker_and_runs_when_one_comes)
{
    cr_assert(eq(int, world_submit(w, 1, path, 1, 1), PAR_OK));
    world_wait(w, 1000);
    cr_assert(eq(sz, w->count, 0));
    world_worker(w, 1, 2, path);
    world_turn(w);
    cr_assert(eq(sz, w->count, 1));
    cr_assert(eq(u32, world_nth(w, DECIDE_ASSIGN, 0)->worker, 1));
    cr_assert(eq(u64, world_nth(w, DECIDE_ASSIGN, 0)->serial, w->serial));
}

Test(sched, a_result_is_told_once_and_payloads_are_let_go)
{
    struct decision assigned;
    const struct decision *d;

    world_worker(w, 1, 2, path);
    world_submit(w, 1, path, 5, 1);
    world_turn(w);
    assigned = *world_nth(w, DECIDE_ASSIGN, 0);
    cr_assert(eq(u32, assigned.client, 1));
    cr_assert(eq(u32, assigned.attempt, 1));
    cr_assert(eq(int,
                 world_result(w, &assigned, PAR_EXCEPTION, WIRE_EXECUTED, 9),
                 true));
    cr_assert(
        eq(int, world_result(w, &assigned, PAR_OK, WIRE_EXECUTED, 9), false));
    world_turn(w);
    d = world_nth(w, DECIDE_RESULT, 0);
    cr_assert(eq(sz, world_count(w, DECIDE_RESULT), 1));
    cr_assert(eq(u64, d->run, 5));
    cr_assert(eq(int, d->status, PAR_EXCEPTION));
    cr_assert(eq(u32, d->executed, WIRE_EXECUTED));
    cr_assert(eq(u32, d->wall_us, 9));
    cr_assert(eq(sz, world_forgotten(w), 2), "the argument and the error");
}

Test(sched, jobs_of_one_client_are_first_come_first_served)
{
    world_submit(w, 1, path, 1, 2);
    world_submit(w, 1, path, 3, 1);
    world_worker(w, 1, 3, path);
    world_turn(w);
    for (size_t i = 0; i < 3; i++)
        cr_assert(eq(u64, world_nth(w, DECIDE_ASSIGN, i)->run, i + 1));
}

Test(sched, what_goes_to_one_worker_has_consecutive_dispatches)
{
    world_worker(w, 1, 3, path);
    world_worker(w, 2, 3, path);
    world_submit(w, 1, path, 1, 8);
    world_turn(w);
    for (size_t i = 0; i < 3; i++) {
        const struct decision *a = world_nth(w, DECIDE_ASSIGN, i);
        const struct decision *b = world_nth(w, DECIDE_ASSIGN, i + 4);

        cr_assert(eq(u64, a[1].dispatch, a->dispatch + 1));
        cr_assert(eq(u64, b[1].dispatch, b->dispatch + 1));
        cr_assert(eq(u32, a[1].worker, a->worker));
        cr_assert(ne(u32, a->worker, b->worker));
        cr_assert(ne(u64, a->dispatch & WIRE_BROKER_ID, 0));
    }
}

Test(sched, run_ids_must_go_up)
{
    cr_assert(eq(int, world_submit(w, 1, path, 10, 4), PAR_OK));
    cr_assert(eq(int, world_submit(w, 1, path, 13, 1), PAR_DUPLICATE_ID));
    cr_assert(eq(str, w->err.text, "run 13: ids go up, and the last was 13"));
    cr_assert(eq(int, world_submit(w, 1, path, 14, 1), PAR_OK));
    cr_assert(eq(int, world_submit(w, 2, path, 1, 1), PAR_OK),
              "each session has its own");
}

Test(sched, refuses_what_it_does_not_know)
{
    cr_assert(eq(int, world_submit(w, 9, path, 1, 1), PAR_UNKNOWN_SESSION));
    cr_assert(eq(int, world_submit(w, 1, 99, 1, 1), PAR_UNKNOWN_HANDLE));
    cr_assert(eq(int, world_submit(w, 1, path, 1, 0), PAR_MALFORMED));
    cr_assert(eq(int, world_submit(w, 1, path, UINT64_MAX, 2), PAR_MALFORMED));
    cr_assert(eq(int, sched_cancel(w->s, w->now, 1, 1, 0), PAR_UNKNOWN_ID));
    cr_assert(eq(int, sched_cancel_job(w->s, w->now, 7, 1, 0), PAR_UNKNOWN_ID));
}

Test(sched, other_accounts_have_no_handle_to_a_computation)
{
    uint32_t mine = sched_target_add(w->s, 7, "mine");

    sched_client_join(w->s, 3, 8);
    cr_assert(eq(int, world_submit(w, 3, mine, 1, 1), PAR_UNKNOWN_HANDLE));
    cr_assert(eq(int, world_submit(w, 1, mine, 1, 1), PAR_OK));
    cr_assert(eq(int, sched_cancel_job(w->s, w->now, 8, w->serial, 0),
                 PAR_UNKNOWN_ID));
}

Test(sched, a_full_queue_refuses_and_names_the_bound)
{
    cr_assert(eq(int, world_submit(w, 1, path, 1, 10000), PAR_OK));
    cr_assert(eq(int, world_submit(w, 2, path, 1, 1), PAR_OVERLOADED));
    cr_assert(
        eq(str, w->err.text, "this account's queue is full: max_queued 10000"));
    sched_client_join(w->s, 3, 8);
    cr_assert(eq(int, world_submit(w, 3, path, 1, 1), PAR_OK),
              "another account has its own");
    cr_assert(eq(int, sched_cancel(w->s, w->now, 1, 77, 0), PAR_OK));
    cr_assert(eq(int, world_submit(w, 2, path, 1, 1), PAR_OK));
    world_turn(w);
}

Test(sched, payloads_count_in_octets_too)
{
    struct payload_ref payload = {1, 0, 1 << 24};
    struct job_batch batch = {.client = 1,
                              .target = path,
                              .first_run = 1,
                              .count = 1,
                              .payloads = &payload};
    uint64_t serial;

    cr_assert(eq(int, sched_submit(w->s, w->now, &batch, &serial, &w->err),
                 PAR_OVERLOADED));
    cr_assert(eq(str, w->err.text,
                 "this account's queue is full: max_queued_bytes 16777216"));
    payload.len -= 10000;
    cr_assert(
        eq(int, sched_submit(w->s, w->now, &batch, &serial, &w->err), PAR_OK));
    payload.len = 10000;
    batch.first_run = 2;
    cr_assert(eq(int, sched_submit(w->s, w->now, &batch, &serial, &w->err),
                 PAR_OVERLOADED));
}

Test(sched, options_that_are_not_built_are_refused_by_name)
{
    meta_put_map(&w->meta, 1);
    meta_put_uint(&w->meta, 10);
    meta_put_array(&w->meta, 0);
    cr_assert(eq(int, world_submit(w, 1, path, 1, 1), PAR_UNSUPPORTED));
    cr_assert(eq(str, w->err.text, "option depends (10) is not built yet"));
}

/* ---- cancelling ---- */

Test(sched, a_queued_job_is_cancelled_at_once_and_has_not_run)
{
    const struct decision *d;

    world_submit(w, 1, path, 1, 3);
    cr_assert(eq(int, sched_cancel(w->s, w->now, 1, 2, 0), PAR_OK));
    cr_assert(eq(int, sched_cancel(w->s, w->now, 1, 2, 0), PAR_UNKNOWN_ID));
    world_turn(w);
    d = world_nth(w, DECIDE_RESULT, 0);
    cr_assert(eq(u64, d->run, 2));
    cr_assert(eq(int, d->status, PAR_CANCELLED));
    cr_assert(eq(u32, d->executed, WIRE_NOT_EXECUTED));
    world_worker(w, 1, 4, path);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 2));
}

Test(sched, a_running_job_is_aborted_and_its_worker_has_the_last_word)
{
    struct decision assigned;

    world_worker(w, 1, 1, path);
    world_submit(w, 1, path, 1, 1);
    world_turn(w);
    assigned = *world_nth(w, DECIDE_ASSIGN, 0);
    cr_assert(eq(int, sched_cancel(w->s, w->now, 1, 1, 0), PAR_OK));
    cr_assert(eq(int, sched_cancel(w->s, w->now, 1, 1, 0), PAR_OK));
    world_turn(w);
    cr_assert(eq(sz, w->count, 1), "asked twice, told once");
    cr_assert(eq(u64, w->log[0].dispatch, assigned.dispatch));
    cr_assert(eq(u32, w->log[0].mode, 1));
    cr_assert(eq(u32, w->log[0].grace_ms, 500));
    cr_assert(eq(int, sched_cancel(w->s, w->now, 1, 1, 2), PAR_OK));
    world_turn(w);
    cr_assert(eq(u32, world_nth(w, DECIDE_ABORT, 0)->mode, 2),
              "it may get harder");
    world_result(w, &assigned, PAR_OK, WIRE_EXECUTED, 5);
    world_turn(w);
    cr_assert(eq(int, world_nth(w, DECIDE_RESULT, 0)->status, PAR_OK),
              "a result that won the race stands");
}

Test(sched, a_job_that_says_never_runs_on)
{
    meta_put_map(&w->meta, 1);
    meta_pair_str(&w->meta, KEY_RUN_CANCEL, "never");
    world_worker(w, 1, 1, path);
    world_submit(w, 1, path, 1, 1);
    world_turn(w);
    cr_assert(eq(int, sched_cancel(w->s, w->now, 1, 1, 2), PAR_NOT_KILLABLE));
    world_turn(w);
    cr_assert(eq(sz, w->count, 0));
}

/* ---- clients leave ---- */

Test(sched, jobs_of_a_client_that_left_vanish_but_those_detached_go_on)
{
    struct sched_stats stats;

    world_submit(w, 1, path, 1, 10);
    sched_client_leave(w->s, w->now, 1);
    sched_stats(w->s, &stats);
    cr_assert(eq(u32, stats.queued, 0));
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_RESULT), 0));
    cr_assert(eq(sz, world_forgotten(w), 10));
}

Test(sched, a_detached_job_outlives_its_client)
{
    struct payload_ref payload = {500, 0, 4};
    struct job_batch batch = {.client = 1,
                              .target = path,
                              .first_run = 1,
                              .count = 1,
                              .detach = true,
                              .payloads = &payload};
    uint64_t serial;

    sched_submit(w->s, w->now, &batch, &serial, NULL);
    sched_client_leave(w->s, w->now, 1);
    world_worker(w, 1, 1, path);
    world_turn(w);
    cr_assert(eq(u64, world_nth(w, DECIDE_ASSIGN, 0)->serial, serial));
    world_answer(w, 5);
    cr_assert(eq(u64, world_nth(w, DECIDE_RESULT, 0)->serial, serial));
    cr_assert(eq(u32, world_nth(w, DECIDE_RESULT, 0)->client, 0),
              "for whoever keeps results");
}

Test(sched, a_running_job_whose_client_left_is_aborted_and_told_to_nobody)
{
    struct decision assigned;
    struct sched_stats stats;

    world_worker(w, 1, 1, path);
    world_submit(w, 1, path, 1, 1);
    world_turn(w);
    assigned = *world_nth(w, DECIDE_ASSIGN, 0);
    sched_client_leave(w->s, w->now, 1);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_ABORT), 1));
    cr_assert(eq(int, sched_cancel_job(w->s, w->now, 7, assigned.serial, 0),
                 PAR_UNKNOWN_ID));
    sched_stats(w->s, &stats);
    cr_assert(eq(u32, stats.running, 1), "its worker is still busy with it");
    cr_assert(
        eq(int, world_result(w, &assigned, PAR_OK, WIRE_EXECUTED, 1), false));
    world_turn(w);
    cr_assert(eq(sz, w->count, 0));
    sched_stats(w->s, &stats);
    cr_assert(eq(u32, stats.running, 0));
    cr_assert(eq(u64, stats.late, 1));
}

Test(sched, a_job_is_not_aborted_again_when_its_client_leaves)
{
    world_worker(w, 1, 1, path);
    world_submit(w, 1, path, 1, 1);
    world_turn(w);
    sched_cancel(w->s, w->now, 1, 1, 2);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_ABORT), 1));
    sched_client_leave(w->s, w->now, 1);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_ABORT), 0), "it is dying already");
}

Test(sched, each_time_in_the_queue_may_last_as_long_as_queue_ms)
{
    world_worker(w, 1, 1, path);
    meta_put_map(&w->meta, 4);
    meta_pair_int(&w->meta, KEY_RUN_ATTEMPTS, 2);
    meta_put_uint(&w->meta, 15);
    meta_put_array(&w->meta, 1);
    meta_put_str(&w->meta, "error");
    meta_put_uint(&w->meta, 16);
    meta_put_array(&w->meta, 3);
    meta_put_int(&w->meta, 0);
    meta_put_int(&w->meta, 1);
    meta_put_int(&w->meta, 0);
    meta_pair_int(&w->meta, KEY_RUN_QUEUE_MS, 50);
    world_submit(w, 1, path, 1, 1);
    world_turn(w);
    w->now += 1000;
    world_result(w, world_nth(w, DECIDE_ASSIGN, 0), PAR_EXCEPTION,
                 WIRE_EXECUTED, 9);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 1));
    cr_assert(eq(sz, world_count(w, DECIDE_RESULT), 0));
}

/* ---- late words ---- */

Test(sched, XP_08_words_of_a_worker_about_what_it_does_not_hold_are_counted)
{
    struct sched_stats stats;
    struct decision assigned;

    world_worker(w, 1, 1, path);
    world_worker(w, 2, 1, 0);
    world_submit(w, 1, path, 1, 1);
    world_turn(w);
    assigned = *world_nth(w, DECIDE_ASSIGN, 0);
    assigned.worker = 2;
    cr_assert(
        eq(int, world_result(w, &assigned, PAR_OK, WIRE_EXECUTED, 1), false));
    cr_assert(eq(int, sched_started(w->s, w->now, 1, 12345), false));
    cr_assert(
        eq(int, sched_returned(w->s, w->now, 2, assigned.dispatch), false));
    sched_stats(w->s, &stats);
    cr_assert(eq(u64, stats.late, 3));
    cr_assert(eq(u32, stats.assigned, 1));
    world_turn(w);
    cr_assert(eq(sz, w->count, 0));
}

Test(sched, relays_find_the_run_of_a_dispatch_and_back)
{
    struct decision d;
    uint32_t client = 0;
    uint32_t worker = 0;
    uint64_t run = 0;
    uint64_t dispatch = 0;

    world_submit(w, 1, path, 4, 1);
    cr_assert(
        eq(int, sched_dispatch_of(w->s, 1, 4, &worker, &dispatch), false));
    world_worker(w, 1, 1, path);
    world_turn(w);
    d = *world_nth(w, DECIDE_ASSIGN, 0);
    cr_assert(eq(int, sched_run_of(w->s, 1, d.dispatch, &client, &run), true));
    cr_assert(eq(u64, run, 4));
    cr_assert(eq(u32, client, 1));
    cr_assert(eq(int, sched_dispatch_of(w->s, 1, 4, &worker, &dispatch), true));
    cr_assert(eq(u64, dispatch, d.dispatch));
    cr_assert(eq(u32, worker, 1));
    cr_assert(eq(int, sched_run_of(w->s, 2, d.dispatch, &client, &run), false));
    world_answer(w, 1);
    cr_assert(
        eq(int, sched_dispatch_of(w->s, 1, 4, &worker, &dispatch), false));
}

Test(sched, a_start_is_told_once)
{
    struct decision d;

    world_worker(w, 1, 1, path);
    world_submit(w, 1, path, 4, 1);
    world_turn(w);
    d = *world_nth(w, DECIDE_ASSIGN, 0);
    cr_assert(eq(int, sched_started(w->s, w->now, 1, d.dispatch), true));
    cr_assert(eq(int, sched_started(w->s, w->now, 1, d.dispatch), true));
    world_turn(w);
    cr_assert(eq(sz, w->count, 1));
    cr_assert(eq(u64, world_nth(w, DECIDE_STARTED, 0)->run, 4));
    cr_assert(eq(u32, world_nth(w, DECIDE_STARTED, 0)->attempt, 1));
}
