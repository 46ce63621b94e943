/* test_sched_setup.c - SETUP: who is asked, and when it is answered */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "broker/sched_view.h"
#include "sched_orders.h"

TestSuite(sched_setup, .init = open_world, .fini = close_world, .timeout = 10);

/* ---- setting up ---- */

Test(sched_setup, all_workers_are_asked_and_the_first_answers_for_all)
{
    uint32_t worker = 0;
    int status = -1;
    struct payload_ref text;

    world_worker(w, 1, 1, 0);
    world_worker(w, 2, 1, 0);
    cr_assert(eq(int, set_up(1, 5), PAR_OK));
    cr_assert(eq(sz, world_count(w, DECIDE_SETUP), 2));
    cr_assert(
        ne(u64, world_nth(w, DECIDE_SETUP, 0)->request & WIRE_BROKER_ID, 0));
    sched_request_done(w->s, w->now, 2, world_nth(w, DECIDE_SETUP, 1)->request,
                       PAR_OK, (struct payload_ref){0});
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_READY), 1));
    cr_assert(eq(u64, world_nth(w, DECIDE_READY, 0)->run, 5));
    cr_assert(eq(u32, world_nth(w, DECIDE_READY, 0)->client, 1));
    cr_assert(eq(int,
                 sched_target_worker(w->s, target, 0, &worker, &status, &text),
                 true));
    cr_assert(eq(u32, worker, 2));
    cr_assert(eq(int, status, PAR_OK));
    cr_assert(eq(int,
                 sched_target_worker(w->s, target, 1, &worker, &status, &text),
                 false));
}

Test(sched_setup, wait_says_how_many_must_be_ready)
{
    struct setup_order order = order_of(1, 5);

    order.wait = 2;
    world_worker(w, 1, 1, 0);
    sched_setup(w->s, w->now, &order);
    world_turn(w);
    answer_all(PAR_OK);
    cr_assert(eq(sz, world_count(w, DECIDE_READY), 0));
    world_worker(w, 2, 1, 0);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_SETUP), 1), "a newcomer is asked");
    answer_all(PAR_OK);
    cr_assert(eq(sz, world_count(w, DECIDE_READY), 1));
}

Test(sched_setup, set_up_again_it_is_ready_at_once)
{
    ready_worker(1);
    set_up(2, 9);
    cr_assert(eq(sz, world_count(w, DECIDE_SETUP), 0));
    cr_assert(eq(u32, world_nth(w, DECIDE_READY, 0)->client, 2));
}

Test(sched_setup, when_all_have_failed_the_first_text_is_the_answer)
{
    struct decision refused;

    world_worker(w, 1, 1, 0);
    world_worker(w, 2, 1, 0);
    set_up(1, 5);
    answer_all(PAR_SETUP_FAILED);
    cr_assert(eq(sz, world_count(w, DECIDE_REFUSED), 1));
    refused = *world_nth(w, DECIDE_REFUSED, 0);
    cr_assert(eq(int, refused.status, PAR_SETUP_FAILED));
    cr_assert(ne(u32, refused.payload.block, 0));
    world_turn(w);
    cr_assert(eq(int, sched_target_allows(w->s, target, 7), false),
              "nobody holds it, so it is gone");
}

Test(sched_setup, a_failure_at_one_of_two_does_not_matter)
{
    struct decision second;

    world_worker(w, 1, 1, 0);
    world_worker(w, 2, 1, 0);
    set_up(1, 5);
    second = *world_nth(w, DECIDE_SETUP, 1);
    sched_request_done(w->s, w->now, 1, world_nth(w, DECIDE_SETUP, 0)->request,
                       PAR_SETUP_FAILED, world_payload(w));
    world_turn(w);
    cr_assert(eq(sz, w->count, 0));
    sched_request_done(w->s, w->now, 2, second.request, PAR_OK,
                       (struct payload_ref){0});
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_READY), 1));
    world_submit(w, 1, target, 10, 2);
    world_turn(w);
    for (size_t i = 0; i < 2; i++)
        cr_assert(eq(u32, world_nth(w, DECIDE_ASSIGN, i)->worker, 2));
}

Test(sched_setup, without_workers_it_waits_as_long_as_it_says)
{
    const struct decision *d;

    set_up(1, 5);
    cr_assert(eq(sz, w->count, 0));
    cr_assert(eq(u64, sched_deadline(w->s), w->now + 10000));
    world_wait(w, 10000);
    d = world_nth(w, DECIDE_REFUSED, 0);
    cr_assert(eq(int, d->status, PAR_NO_CAPACITY));
    cr_assert(eq(str, (char *)world_reason(w, d), "no worker is connected"));
}

Test(sched_setup, no_name_of_a_worker_means_all_of_them)
{
    struct setup_order order = order_of(1, 5);
    const struct decision *d;

    order.where = "";
    cr_assert(eq(int, sched_setup(w->s, w->now, &order), PAR_OK));
    world_turn(w);
    world_wait(w, 10000);
    d = world_nth(w, DECIDE_REFUSED, 0);
    cr_assert(eq(str, (char *)world_reason(w, d), "no worker is connected"));
}

Test(sched_setup, worker_that_left_is_named_in_the_refusal)
{
    struct setup_order order = order_of(1, 5);
    const struct decision *d;

    world_worker(w, 1, 1, 0);
    order.where = "w.1";
    cr_assert(eq(int, sched_setup(w->s, w->now, &order), PAR_OK));
    world_turn(w);
    sched_worker_leave(w->s, w->now, 1, true);
    world_turn(w);
    world_wait(w, 10000);
    d = world_nth(w, DECIDE_REFUSED, 0);
    cr_assert(
        eq(str, (char *)world_reason(w, d), "no worker w.1 is connected"));
}

Test(sched_setup, a_slow_set_up_is_not_a_lack_of_workers)
{
    world_worker(w, 1, 1, 0);
    set_up(1, 5);
    world_wait(w, 60000);
    cr_assert(eq(sz, w->count, 0));
    cr_assert(eq(u64, sched_deadline(w->s), 601000), "the worker's own");
}

Test(sched_setup, an_unknown_worker_is_refused_at_once)
{
    struct setup_order order = order_of(1, 5);

    order.where = "nobody";
    cr_assert(eq(int, sched_setup(w->s, w->now, &order), PAR_UNKNOWN_WORKER));
    cr_assert(eq(int, sched_close(w->s, w->now, &order), PAR_UNKNOWN_WORKER));
    order.target = 99;
    cr_assert(eq(int, sched_setup(w->s, w->now, &order), PAR_UNKNOWN_HANDLE));
    order.target = sched_path(w->s, "app/add");
    cr_assert(eq(int, sched_setup(w->s, w->now, &order), PAR_UNSUPPORTED));
}

Test(sched_setup, where_names_a_worker_or_a_host)
{
    struct setup_order order = order_of(1, 5);

    world_worker(w, 1, 1, 0);
    world_worker(w, 2, 1, 0);
    order.where = "host2";
    sched_setup(w->s, w->now, &order);
    world_turn(w);
    cr_assert(eq(sz, w->count, 1));
    cr_assert(eq(u32, world_nth(w, DECIDE_SETUP, 0)->worker, 2));
}

Test(sched_setup, a_worker_of_another_account_is_not_asked)
{
    struct worker_desc desc = {
        .name = "w.1", .host = "host1", .slots = 1, .account = 8};
    struct setup_order order = order_of(1, 5);

    sched_worker_join(w->s, w->now, 1, &desc, NULL);
    set_up(1, 5);
    cr_assert(eq(sz, w->count, 0));
    order.where = "w.1";
    cr_assert(eq(int, sched_setup(w->s, w->now, &order), PAR_UNKNOWN_WORKER));
    world_wait(w, 10000);
    cr_assert(eq(str, (char *)world_reason(w, world_nth(w, DECIDE_REFUSED, 0)),
                 "no worker serves this account"));
}

/* ---- jobs and workers that come later ---- */

Test(sched_setup, a_worker_that_joins_later_is_set_up_before_its_first_job)
{
    struct decision setup;

    ready_worker(1);
    world_worker(w, 2, 1, 0);
    world_submit(w, 1, target, 10, 2);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_SETUP), 0), "not needed yet");
    world_submit(w, 1, target, 20, 1);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_SETUP), 1));
    setup = *world_nth(w, DECIDE_SETUP, 0);
    cr_assert(eq(u32, setup.worker, 2));
    cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 0));
    sched_request_done(w->s, w->now, 2, setup.request, PAR_OK,
                       (struct payload_ref){0});
    world_turn(w);
    cr_assert(eq(u32, world_nth(w, DECIDE_ASSIGN, 0)->worker, 2));
}

Test(sched_setup, not_more_workers_are_set_up_than_jobs_wait)
{
    ready_worker(1);
    for (uint32_t i = 2; i <= 6; i++)
        world_worker(w, i, 1, 0);
    world_submit(w, 1, target, 10, 4);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 2));
    cr_assert(eq(sz, world_count(w, DECIDE_SETUP), 2));
}

Test(sched_setup, jobs_of_what_failed_everywhere_say_so)
{
    struct decision setup;
    struct payload_ref words;
    uint32_t worker;

    ready_worker(1);
    world_worker(w, 2, 1, 0);
    cr_assert(not(sched_target_failure(w->s, target, &worker, &words)));
    sched_worker_leave(w->s, w->now, 1, true);
    world_submit(w, 1, target, 10, 1);
    world_turn(w);
    setup = *world_nth(w, DECIDE_SETUP, 0);
    sched_request_done(w->s, w->now, 2, setup.request, PAR_SETUP_FAILED,
                       world_payload(w));
    world_wait(w, 10000);
    cr_assert(eq(int, world_nth(w, DECIDE_RESULT, 0)->status, PAR_NO_CAPACITY));
    cr_assert(eq(str, (char *)world_reason(w, world_nth(w, DECIDE_RESULT, 0)),
                 "no worker has a working set-up of primes"));
    cr_assert(eq(u32, world_nth(w, DECIDE_RESULT, 0)->target, target));
    cr_assert(sched_target_failure(w->s, target, &worker, &words));
    cr_assert(eq(u32, worker, 2));
    set_up(2, 50);
    cr_assert(eq(sz, world_count(w, DECIDE_SETUP), 1), "asked again");
}

/* ---- paths ---- */

Test(sched_setup, paths_that_nobody_uses_are_forgotten)
{
    struct sched_stats stats;
    uint32_t path = sched_path(w->s, "app/add");

    cr_assert(eq(u32, sched_path(w->s, "app/add"), path));
    cr_assert(eq(str, (char *)sched_target_name(w->s, path), "app/add"));
    world_turn(w);
    sched_stats(w->s, &stats);
    cr_assert(eq(u32, stats.targets, 0), "nor one that nobody has set up");
    cr_assert(ne(u32, sched_path(w->s, "app/add"), path));
}

Test(sched_setup, paths_stay_while_they_are_offered)
{
    uint32_t path = sched_path(w->s, "app/add");
    struct target_view view;
    size_t cursor = 0;

    world_worker(w, 1, 1, path);
    world_turn(w);
    cr_assert(eq(u32, sched_path(w->s, "app/add"), path));
    while (sched_target_next(w->s, &cursor, &view))
        if (view.is_path)
            break;
    cr_assert(eq(u32, view.target, path));
    cr_assert(eq(u32, view.ready, 1));
    sched_worker_leave(w->s, w->now, 1, true);
    world_turn(w);
    cr_assert(eq(int, sched_target_allows(w->s, path, 7), false));
}

/* ---- workers that are set up for the jobs that wait ---- */

/* One job waits, and the first of two idle workers is being set up for it. */
static struct decision asked_first(void)
{
    ready_worker(1);
    sched_worker_leave(w->s, w->now, 1, true);
    world_worker(w, 2, 1, 0);
    world_worker(w, 3, 1, 0);
    world_submit(w, 1, target, 100, 1);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_SETUP), 1));
    return *world_nth(w, DECIDE_SETUP, 0);
}

Test(sched_setup, where_one_cannot_be_set_up_the_next_is)
{
    struct decision asked = asked_first();

    sched_request_done(w->s, w->now, asked.worker, asked.request,
                       PAR_SETUP_FAILED, world_payload(w));
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_SETUP), 1));
    cr_assert(eq(u32, world_nth(w, DECIDE_SETUP, 0)->worker, 5 - asked.worker));
    answer_all(PAR_OK);
    cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 1));
}

Test(sched_setup, where_one_leaves_half_set_up_the_next_is)
{
    struct decision asked = asked_first();

    sched_worker_leave(w->s, w->now, asked.worker, false);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_SETUP), 1));
    cr_assert(eq(u32, world_nth(w, DECIDE_SETUP, 0)->worker, 5 - asked.worker));
}

/* ---- workers that do not answer ---- */

Test(sched_setup, a_worker_that_does_not_answer_has_failed)
{
    world_worker(w, 1, 1, 0);
    set_up(1, 50);
    w->now += 599999;
    cr_assert(eq(uint, give_up(), 0));
    cr_assert(eq(u64, sched_deadline(w->s), w->now + 1));
    w->now++;
    cr_assert(eq(uint, give_up(), 1));
    cr_assert(eq(u64, world_nth(w, DECIDE_REFUSED, 0)->run, 50));
    cr_assert(eq(u32, world_nth(w, DECIDE_REFUSED, 0)->payload.block, 1));
    cr_assert(eq(uint, give_up(), 0), "once");
}

Test(sched_setup, one_that_answers_is_not_waited_for)
{
    ready_worker(1);
    w->now += 600000;
    cr_assert(eq(uint, give_up(), 0));
    sched_worker_leave(w->s, w->now, 1, true);
    world_worker(w, 2, 1, 0);
    set_up(1, 51);
    sched_worker_leave(w->s, w->now, 2, true);
    w->now += 600000;
    cr_assert(eq(uint, give_up(), 0));
}

Test(sched_setup, large_files_take_their_time)
{
    sched_target_extra(w->s, target, 1000);
    world_worker(w, 1, 1, 0);
    set_up(1, 50);
    w->now += 600999;
    cr_assert(eq(uint, give_up(), 0));
    w->now++;
    cr_assert(eq(uint, give_up(), 1));
}

Test(sched_setup, where_one_does_not_answer_the_next_is_asked)
{
    ready_worker(1);
    sched_worker_pause(w->s, w->now, 1, true);
    world_worker(w, 2, 1, 0);
    world_submit(w, 1, target, 60, 1);
    world_turn(w);
    cr_assert(eq(u32, world_nth(w, DECIDE_SETUP, 0)->worker, 2));
    world_worker(w, 3, 1, 0);
    w->now += 600000;
    give_up();
    cr_assert(eq(u32, world_nth(w, DECIDE_SETUP, 0)->worker, 3));
    answer_all(PAR_OK);
    cr_assert(eq(u32, world_nth(w, DECIDE_ASSIGN, 0)->worker, 3));
}
