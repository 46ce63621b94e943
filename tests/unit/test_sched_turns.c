/* test_sched_turns.c - clients and their targets take turns */
#include "config.h"

#include "meta_keys.h"
#include "sched_app.h"

static void open_two(void)
{
    open_world();
    cr_assert(eq(int, sched_client_join(w->s, 2, 7), 0));
}

TestSuite(sched_turns, .init = open_two, .fini = close_world, .timeout = 10);

Test(sched_turns,
     a_long_queue_of_one_client_delays_another_by_about_a_job_a_slot)
{
    bool served = false;

    world_submit(w, 1, path, 1, 1000);
    world_worker(w, 1, 2, path);
    world_turn(w);
    world_submit(w, 2, path, 1, 1);
    world_answer(w, 5000);
    cr_assert(le(sz, world_count(w, DECIDE_ASSIGN), 3));
    for (size_t i = 0; i < world_count(w, DECIDE_ASSIGN); i++)
        served |= world_nth(w, DECIDE_ASSIGN, i)->client == 2;
    cr_assert(eq(int, served, true));
}

Test(sched_turns, a_newcomer_goes_behind_those_who_wait)
{
    world_submit(w, 1, path, 1, 10);
    world_submit(w, 2, path, 1, 10);
    world_worker(w, 1, 1, path);
    world_turn(w);
    sched_client_join(w->s, 3, 7);
    world_submit(w, 3, path, 1, 1);
    world_answer(w, 5000);
    cr_assert(ne(u32, world_nth(w, DECIDE_ASSIGN, 0)->client, 3));
    cr_assert(ne(u32, world_nth(w, DECIDE_ASSIGN, 1)->client, 3));
    world_answer(w, 5000);
    cr_assert(eq(u32, world_nth(w, DECIDE_ASSIGN, 0)->client, 3));
}

Test(sched_turns, clients_share_also_where_they_want_different_things)
{
    uint32_t other = sched_path(w->s, "app/mul");
    unsigned served[3] = {0};

    world_submit(w, 1, path, 1, 300);
    world_submit(w, 2, other, 1, 300);
    world_worker(w, 1, 2, path);
    sched_register(w->s, w->now, 1, other);
    world_turn(w);
    for (int i = 0; i < 50; i++) {
        for (size_t k = 0; k < world_count(w, DECIDE_ASSIGN); k++)
            served[world_nth(w, DECIDE_ASSIGN, k)->client]++;
        world_answer(w, 5000);
    }
    cr_assert(ge(u32, served[1] + 2, served[2]));
    cr_assert(le(u32, served[1], served[2] + 2));
    cr_assert(gt(u32, served[1], 50));
}

Test(sched_turns, DD_46_higher_priorities_first_also_behind_a_paused_worker)
{
    static const int priorities[] = {-1, 0, 1};

    world_worker(w, 1, 2, path);
    sched_worker_pause(w->s, w->now, 1, true);
    for (uint32_t i = 0; i < 3; i++) {
        meta_put_map(&w->meta, 1);
        meta_pair_int(&w->meta, KEY_ANY_PRIORITY, priorities[i]);
        world_submit(w, 1, path, 1 + i, 1);
    }
    world_turn(w);
    cr_assert(eq(sz, w->count, 0));
    sched_worker_pause(w->s, w->now, 1, false);
    world_turn(w);
    for (uint32_t i = 0; i < 3; i++)
        cr_assert(eq(u64, world_nth(w, DECIDE_ASSIGN, i)->run, 3 - i));
}

Test(sched_turns, a_low_priority_rises_while_it_starves)
{
    int turns = 0;

    meta_put_map(&w->meta, 1);
    meta_pair_int(&w->meta, KEY_ANY_PRIORITY, -2);
    world_submit(w, 1, path, 1, 1);
    world_submit(w, 2, path, 1, 100);
    world_worker(w, 1, 1, path);
    world_turn(w);
    while (world_nth(w, DECIDE_ASSIGN, 0)->client == 2) {
        w->now += 1000;
        turns++;
        world_answer(w, 1000 * 1000);
    }
    cr_assert(eq(u32, world_nth(w, DECIDE_ASSIGN, 0)->client, 1));
    cr_assert(eq(int, turns, 20), "10 s for each step of priority");
}

Test(sched_turns, what_waits_is_handed_back_when_the_broker_ends)
{
    const struct decision *d;

    world_worker(w, 1, 1, path);
    world_submit(w, 1, path, 1, 5);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 2), "it has a window");
    sched_dismiss(w->s, w->now);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_RESULT), 3), "those go on");
    d = world_nth(w, DECIDE_RESULT, 0);
    cr_assert(eq(int, d->status, PAR_DRAINING));
    cr_assert(eq(u32, d->executed, WIRE_NOT_EXECUTED));
    cr_assert(
        eq(str, (char *)world_reason(w, d), "the broker is shutting down"));
}
