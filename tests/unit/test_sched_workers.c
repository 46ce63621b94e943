/* test_sched_workers.c - workers come, pause, go; work is spread among them */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>

#include "broker/policy.h"
#include "meta_keys.h"
#include "sched_special.h"

TestSuite(sched_workers,
          .init = open_world,
          .fini = close_world,
          .timeout = 10);

/* ---- joining ---- */

Test(sched_workers, names_and_numbers_are_taken_once)
{
    struct worker_desc desc = {.name = "w.1", .host = "h", .slots = 1};

    world_worker(w, 1, 1, path);
    cr_assert(eq(int, sched_worker_join(w->s, w->now, 2, &desc, &w->err), -1));
    cr_assert(eq(int, w->err.code, EEXIST));
    cr_assert(
        eq(str, w->err.text, "there is a worker of the name w.1 already"));
    sched_worker_leave(w->s, w->now, 1, true);
    cr_assert(eq(int, sched_worker_join(w->s, w->now, 2, &desc, NULL), 0),
              "at once");
    cr_assert(eq(u32, sched_worker_find(w->s, "w.1"), 2));
    cr_assert(eq(str, (char *)sched_worker_name(w->s, 1), "w.1"),
              "decisions may still quote it");
    world_turn(w);
    cr_assert(eq(str, (char *)sched_worker_name(w->s, 1), "?"));
}

Test(sched_workers, one_without_slots_or_with_absurd_ones_is_refused)
{
    struct sched_resource bad = {"mem", -1, NULL};
    struct worker_desc desc = {.name = "w.1", .host = "h"};

    cr_assert(eq(int, sched_worker_join(w->s, w->now, 1, &desc, &w->err), -1));
    cr_assert(eq(str, w->err.text, "worker w.1 has no slots"));
    desc.slots = 1 << 20;
    cr_assert(eq(int, sched_worker_join(w->s, w->now, 1, &desc, &w->err), -1));
    desc.slots = 1;
    desc.resources = &bad;
    desc.resource_count = 1;
    cr_assert(eq(int, sched_worker_join(w->s, w->now, 1, &desc, &w->err), -1));
    cr_assert(eq(int, w->err.code, EINVAL));
    desc.resource_count = 0;
    cr_assert(eq(int, sched_worker_join(w->s, w->now, 1, &desc, NULL), 0));
}

/* ---- who gets what ---- */

Test(sched_workers, CL_08_a_worker_of_another_path_gets_nothing)
{
    world_submit(w, 1, path, 1, 5);
    world_worker(w, 1, 4, sched_path(w->s, "app/other"));
    world_turn(w);
    cr_assert(eq(sz, w->count, 0));
}

Test(sched_workers, CL_24_equal_workers_share_evenly)
{
    size_t served[5] = {0};

    for (uint32_t i = 1; i <= 4; i++)
        world_worker(w, i, 2, path);
    world_submit(w, 1, path, 1, 400);
    world_turn(w);
    while (world_count(w, DECIDE_ASSIGN) > 0) {
        for (uint32_t i = 1; i <= 4; i++)
            served[i] += given(i);
        world_answer(w, 3000);
    }
    for (uint32_t i = 1; i <= 4; i++) {
        cr_assert(ge(sz, served[i], 90));
        cr_assert(le(sz, served[i], 110));
    }
}

Test(sched_workers, idle_workers_are_used_before_windows_are_filled)
{
    for (uint32_t i = 1; i <= 6; i++)
        world_worker(w, i, 1, path);
    world_submit(w, 1, path, 1, 6);
    world_turn(w);
    for (uint32_t i = 1; i <= 6; i++)
        cr_assert(eq(sz, given(i), 1));
}

Test(sched_workers, XP_20_also_when_jobs_are_short)
{
    for (uint32_t i = 1; i <= 6; i++)
        world_worker(w, i, 1, path);
    world_submit(w, 1, path, 1, 12);
    world_turn(w);
    world_answer(w, 10); /* now they are known to be short */
    world_submit(w, 1, path, 100, 600);
    world_turn(w);
    for (uint32_t i = 1; i <= 6; i++) {
        cr_assert(ge(sz, given(i), 50));
        cr_assert(le(sz, given(i), 150));
    }
}

Test(sched_workers, a_larger_worker_gets_more)
{
    world_worker(w, 1, 1, path);
    world_worker(w, 2, 4, path);
    world_submit(w, 1, path, 1, 5);
    world_turn(w);
    cr_assert(eq(sz, given(1), 1));
    cr_assert(eq(sz, given(2), 4));
}

Test(sched_workers, a_paused_worker_gets_nothing_until_it_is_resumed)
{
    world_worker(w, 1, 1, path);
    sched_worker_pause(w->s, w->now, 1, true);
    world_submit(w, 1, path, 1, 1);
    world_wait(w, 60000);
    cr_assert(eq(sz, w->count, 0), "it could run there, so it waits");
    sched_worker_pause(w->s, w->now, 1, false);
    world_turn(w);
    cr_assert(eq(sz, given(1), 1));
}

/* ---- windows ---- */

Test(sched_workers, jobs_of_unknown_length_go_out_one_ahead)
{
    world_worker(w, 1, 4, path);
    world_submit(w, 1, path, 1, 100);
    world_turn(w);
    cr_assert(eq(sz, given(1), 5));
}

Test(sched_workers, long_jobs_go_out_one_ahead)
{
    world_worker(w, 1, 4, path);
    world_submit(w, 1, path, 1, 100);
    world_turn(w);
    world_answer(w, 20000);
    cr_assert(eq(sz, given(1), 5));
}

Test(sched_workers, short_jobs_go_out_for_about_2_ms_ahead)
{
    world_worker(w, 1, 4, path);
    world_submit(w, 1, path, 1, 1000);
    world_turn(w);
    world_answer(w, 100);
    cr_assert(eq(sz, given(1), 64), "16 a slot: 100 us count as 128");
}

Test(sched_workers, tiny_jobs_go_out_in_two_batches_a_slot_at_most)
{
    world_worker(w, 1, 2, path);
    world_submit(w, 1, path, 1, 2000);
    world_turn(w);
    world_answer(w, 0);
    cr_assert(eq(sz, given(1), 2 * POLICY_WINDOW_JOBS));
}

Test(sched_workers, a_window_is_filled_again_at_half_empty)
{
    struct decision first[2 * POLICY_WINDOW_JOBS];

    world_worker(w, 1, 2, path);
    world_submit(w, 1, path, 1, 2000);
    world_turn(w);
    world_answer(w, 0);
    for (size_t i = 0; i < 2 * POLICY_WINDOW_JOBS; i++)
        first[i] = *world_nth(w, DECIDE_ASSIGN, i);
    for (size_t i = 1; i < POLICY_WINDOW_JOBS; i++)
        world_result(w, &first[i], PAR_OK, WIRE_EXECUTED, 0);
    world_turn(w);
    cr_assert(eq(sz, given(1), 0));
    world_result(w, &first[0], PAR_OK, WIRE_EXECUTED, 0);
    world_turn(w);
    cr_assert(eq(sz, given(1), POLICY_WINDOW_JOBS));
}

Test(sched_workers, so_is_a_window_of_time)
{
    struct decision first[32];

    world_worker(w, 1, 2, path);
    world_submit(w, 1, path, 1, 100);
    world_turn(w);
    world_answer(w, 100);
    for (size_t i = 0; i < 32; i++)
        first[i] = *world_nth(w, DECIDE_ASSIGN, i);
    for (size_t i = 0; i < 15; i++)
        world_result(w, &first[i], PAR_OK, WIRE_EXECUTED, 100);
    world_turn(w);
    cr_assert(eq(sz, given(1), 0));
    world_result(w, &first[15], PAR_OK, WIRE_EXECUTED, 100);
    world_turn(w);
    cr_assert(eq(sz, given(1), 16));
}

/* A worker of 2 slots that knows `path` as short, and another as long. */
static uint32_t add_fast_and_slow(void)
{
    uint32_t slow = sched_path(w->s, "app/slow");

    world_worker(w, 1, 2, path);
    sched_register(w->s, w->now, 1, slow);
    sched_client_join(w->s, 2, 8);
    world_submit(w, 1, path, 1, 3);
    world_turn(w);
    world_answer(w, 100);
    return slow;
}

Test(sched_workers, long_jobs_do_not_queue_behind_a_full_window)
{
    uint32_t slow = add_fast_and_slow();

    world_submit(w, 1, path, 10, 100);
    world_turn(w);
    cr_assert(eq(sz, given(1), 32));
    world_submit(w, 2, slow, 1, 5);
    world_turn(w);
    cr_assert(eq(sz, given(1), 0));
}

Test(sched_workers, long_jobs_find_room_when_a_window_is_half_empty)
{
    uint32_t slow = add_fast_and_slow();
    struct decision first[16];

    world_submit(w, 1, path, 10, 100);
    world_turn(w);
    for (size_t i = 0; i < 16; i++)
        first[i] = *world_nth(w, DECIDE_ASSIGN, i);
    world_submit(w, 2, slow, 1, 1);
    world_turn(w);
    for (size_t i = 0; i < 16; i++)
        world_result(w, &first[i], PAR_OK, WIRE_EXECUTED, 100);
    world_turn(w);
    cr_assert(eq(u32, world_nth(w, DECIDE_ASSIGN, 0)->client, 2));
}

Test(sched_workers, short_jobs_do_not_pile_up_behind_long_ones)
{
    uint32_t slow = add_fast_and_slow();

    world_submit(w, 1, slow, 10, 2);
    world_turn(w);
    cr_assert(eq(sz, given(1), 2));
    world_submit(w, 1, path, 20, 50);
    world_turn(w);
    cr_assert(eq(sz, given(1), 1), "3 with the long ones");
}

Test(sched_workers, short_jobs_go_on_beside_a_long_one)
{
    uint32_t slow = add_fast_and_slow();

    world_submit(w, 1, slow, 10, 1);
    world_turn(w);
    world_submit(w, 1, path, 20, 50);
    world_turn(w);
    cr_assert(eq(sz, given(1), 16), "a window of the slot that is free");
}

/* ---- terms ---- */

Test(sched_workers, DD_48_strict_terms_wait_and_wishes_go_elsewhere)
{
    world_worker(w, 1, 1, path);
    meta_put_map(&w->meta, 1);
    meta_pair_str(&w->meta, KEY_RUN_HOST, "hostX*");
    world_submit(w, 1, path, 1, 1);
    world_turn(w);
    cr_assert(eq(sz, w->count, 0));
    meta_put_map(&w->meta, 2);
    meta_pair_str(&w->meta, KEY_RUN_HOST, "hostX*");
    meta_put_uint(&w->meta, 6);
    meta_put_bool(&w->meta, false);
    world_submit(w, 1, path, 2, 1);
    world_turn(w);
    cr_assert(eq(u64, world_nth(w, DECIDE_ASSIGN, 0)->run, 2));
}

Test(sched_workers, wishes_come_first_while_there_is_room)
{
    world_worker(w, 1, 2, path);
    special_worker(2, 1, "gpu", NULL);
    meta_put_map(&w->meta, 2);
    put_label("gpu", "yes");
    meta_put_uint(&w->meta, 6);
    meta_put_bool(&w->meta, false);
    world_submit(w, 1, path, 1, 3);
    world_turn(w);
    cr_assert(eq(sz, given(2), 2), "its slot, and one ahead");
    cr_assert(eq(sz, given(1), 1));
}

Test(sched_workers, a_worker_name_is_a_term)
{
    world_worker(w, 1, 4, path);
    world_worker(w, 2, 4, path);
    meta_put_map(&w->meta, 1);
    meta_pair_str(&w->meta, KEY_RUN_WORKER, "w.2");
    world_submit(w, 1, path, 1, 3);
    world_turn(w);
    cr_assert(eq(sz, given(2), 3));
}

Test(sched_workers, a_worker_of_an_account_serves_no_other)
{
    struct worker_desc desc = {
        .name = "w.1", .host = "h", .slots = 1, .account = 8};

    sched_worker_join(w->s, w->now, 1, &desc, NULL);
    sched_register(w->s, w->now, 1, path);
    world_submit(w, 1, path, 1, 1);
    world_turn(w);
    cr_assert(eq(sz, w->count, 0));
    sched_client_join(w->s, 2, 8);
    world_submit(w, 2, path, 1, 1);
    world_turn(w);
    cr_assert(eq(u32, world_nth(w, DECIDE_ASSIGN, 0)->client, 2));
}

Test(sched_workers, waiting_jobs_do_not_take_slots)
{
    special_worker(1, 1, NULL, NULL);
    meta_put_map(&w->meta, 1);
    meta_pair_str(&w->meta, KEY_RUN_CLASS, "io");
    world_submit(w, 1, path, 1, 10);
    world_turn(w);
    cr_assert(eq(sz, given(1), 4), "there are 4 io slots");
    world_submit(w, 1, path, 20, 1);
    world_turn(w);
    cr_assert(eq(sz, given(1), 1));
}

Test(sched_workers, however_many_get_room_at_once_none_is_forgotten)
{
    for (uint32_t i = 1; i <= 70; i++)
        world_worker(w, i, 1, path);
    world_worker(w, 71, 1, 0); /* idle: whoever looks finds nobody */
    world_submit(w, 1, path, 1, 300);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 140));
    world_answer(w, 5000);
    cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 140));
    for (uint32_t i = 1; i <= 70; i++)
        cr_assert(eq(sz, given(i), 2));
}
