/* test_sched_resources.c - counted and indexed resources, and large requests */
#include "config.h"

#include "meta_keys.h"
#include "sched_special.h"

TestSuite(sched_resources,
          .init = open_world,
          .fini = close_world,
          .timeout = 10);

/* ---- resources ---- */

Test(sched_resources, DD_43_counted_resources_bound_what_runs)
{
    struct sched_resource small = {"mem", 1, NULL};
    struct sched_resource large = {"mem", 5, NULL};

    special_worker(1, 8, NULL, &small);
    meta_put_map(&w->meta, 1);
    put_need("mem", 2);
    world_submit(w, 1, path, 1, 4);
    world_turn(w);
    cr_assert(eq(sz, w->count, 0), "never there");
    special_worker(2, 8, NULL, &large);
    world_turn(w);
    cr_assert(eq(sz, given(2), 2));
    world_answer(w, 10);
    cr_assert(eq(sz, given(2), 2));
}

Test(sched_resources, fractions_add_up)
{
    struct sched_resource mem = {"mem", 1, NULL};

    special_worker(1, 100, NULL, &mem);
    meta_put_map(&w->meta, 1);
    put_need("mem", 0.1);
    world_submit(w, 1, path, 1, 30);
    world_turn(w);
    for (int i = 0; i < 3; i++) {
        cr_assert(eq(sz, given(1), 10));
        world_answer(w, 5000);
    }
}

Test(sched_resources, indexed_resources_say_which)
{
    static const uint32_t indexes[] = {0, 3};
    struct sched_resource gpu = {"gpu", 2, indexes};
    unsigned seen = 0;
    const char *name;
    uint32_t index;

    special_worker(1, 8, NULL, &gpu);
    meta_put_map(&w->meta, 1);
    put_need("gpu", 1);
    world_submit(w, 1, path, 1, 3);
    sched_tick(w->s, w->now);
    for (w->count = 0; sched_next(w->s, &w->log[w->count]); w->count++) {
        cr_assert(
            eq(int, sched_grant(w->s, w->log[w->count].grant, 0, &name, &index),
               true));
        cr_assert(eq(str, (char *)name, "gpu"));
        seen |= 1u << index;
        cr_assert(
            eq(int, sched_grant(w->s, w->log[w->count].grant, 1, &name, &index),
               false));
    }
    cr_assert(eq(sz, w->count, 2));
    cr_assert(eq(u32, seen, 1u << 0 | 1u << 3));
    cr_assert(eq(int, sched_grant(w->s, 0, 0, &name, &index), false));
    world_answer(w, 10);
    cr_assert(eq(sz, given(1), 1));
}

Test(sched_resources, a_large_request_is_not_passed_over_for_ever)
{
    struct sched_resource mem = {"mem", 4, NULL};
    struct decision held[2];
    size_t oldest = 0;
    bool served = false;

    special_worker(1, 4, NULL, &mem);
    meta_put_map(&w->meta, 1);
    put_need("mem", 2);
    world_submit(w, 1, path, 1, 100);
    world_turn(w);
    held[0] = *world_nth(w, DECIDE_ASSIGN, 0);
    held[1] = *world_nth(w, DECIDE_ASSIGN, 1);
    sched_client_join(w->s, 2, 7);
    meta_put_map(&w->meta, 1);
    put_need("mem", 4);
    world_submit(w, 2, path, 1, 1);
    world_turn(w);
    cr_assert(eq(u64, sched_deadline(w->s), w->now + 1000));
    /* One of the small ones ends every 300 ms, never two at once. */
    for (int i = 0; i < 12 && !served; i++) {
        world_wait(w, 300);
        if (held[oldest].worker == 0)
            break;
        world_result(w, &held[oldest], PAR_OK, WIRE_EXECUTED, 600000);
        held[oldest].worker = 0;
        world_turn(w);
        served = world_nth(w, DECIDE_ASSIGN, 0)->client == 2;
        if (world_count(w, DECIDE_ASSIGN) > 0)
            held[oldest] = *world_nth(w, DECIDE_ASSIGN, 0);
        oldest = 1 - oldest;
    }
    cr_assert(eq(int, served, true));
}

Test(sched_resources, a_worker_kept_free_still_takes_what_is_in_nobodys_way)
{
    struct sched_resource mem = {"mem", 4, NULL};

    special_worker(1, 4, NULL, &mem);
    meta_put_map(&w->meta, 1);
    put_need("mem", 3);
    world_submit(w, 1, path, 1, 2);
    world_turn(w);
    cr_assert(eq(sz, given(1), 1));
    world_wait(w, 1000);
    world_submit(w, 1, path, 10, 5);
    world_turn(w);
    cr_assert(eq(sz, given(1), 2), "one of 4 slots stays free");
}

Test(sched_resources, what_takes_resources_does_not_wait_in_front_of_a_slot)
{
    struct sched_resource mem = {"mem", 8, NULL};

    special_worker(1, 2, NULL, &mem);
    meta_put_map(&w->meta, 1);
    put_need("mem", 1);
    world_submit(w, 1, path, 1, 5);
    world_turn(w);
    cr_assert(eq(sz, given(1), 2), "not one ahead");
    world_submit(w, 1, path, 10, 5);
    world_turn(w);
    cr_assert(eq(sz, given(1), 1), "others are");
}

Test(sched_resources, a_worker_is_kept_free_for_one_job_at_a_time)
{
    struct sched_resource mem = {"mem", 4, NULL};
    struct decision small[2];

    special_worker(1, 4, NULL, &mem);
    sched_client_join(w->s, 2, 7);
    meta_put_map(&w->meta, 1);
    put_need("mem", 2);
    world_submit(w, 1, path, 1, 9);
    world_turn(w);
    small[0] = *world_nth(w, DECIDE_ASSIGN, 0);
    small[1] = *world_nth(w, DECIDE_ASSIGN, 1);
    meta_put_map(&w->meta, 1);
    put_need("mem", 4);
    world_submit(w, 2, path, 1, 2);
    world_turn(w);
    world_result(w, &small[0], PAR_OK, WIRE_EXECUTED, 1);
    world_wait(w, 500);
    small[0] = *world_nth(w, DECIDE_ASSIGN, 0);
    cr_assert(eq(u32, small[0].client, 1), "the large one is passed over");
    world_wait(w, 500);
    world_result(w, &small[0], PAR_OK, WIRE_EXECUTED, 1);
    world_turn(w);
    cr_assert(eq(sz, given(1), 0), "kept free");
    world_result(w, &small[1], PAR_OK, WIRE_EXECUTED, 1);
    world_turn(w);
    cr_assert(eq(u32, world_nth(w, DECIDE_ASSIGN, 0)->client, 2));
    world_answer(w, 1);
    cr_assert(eq(u32, world_nth(w, DECIDE_ASSIGN, 0)->client, 1),
              "the next large one waits for its turn");
}

Test(sched_resources, who_loses_the_worker_kept_free_for_it_gets_another)
{
    struct sched_resource mem = {"mem", 4, NULL};

    for (uint32_t i = 1; i <= 2; i++)
        special_worker(i, 4, NULL, &mem);
    meta_put_map(&w->meta, 1);
    put_need("mem", 2);
    world_submit(w, 1, path, 1, 4);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 4));
    sched_client_join(w->s, 2, 7);
    meta_put_map(&w->meta, 1);
    put_need("mem", 4);
    world_submit(w, 2, path, 1, 1);
    world_turn(w);
    world_wait(w, 1000);
    cr_assert(eq(u64, sched_deadline(w->s), UINT64_MAX), "one is kept free");
    for (uint32_t i = 1; i <= 2; i++) /* it, and then the other */
        sched_worker_pause(w->s, w->now, i, true);
    cr_assert(le(u64, sched_deadline(w->s), w->now));
    world_turn(w);
    cr_assert(eq(u64, sched_deadline(w->s), w->now + 1000));
}

static void submit_need(uint64_t run, double mem)
{
    meta_put_map(&w->meta, 1);
    put_need("mem", mem);
    world_submit(w, 1, path, run, 1);
    world_turn(w);
}

/* Does this run begin, while all that is given is answered? */
static bool begins(uint64_t run)
{
    while (world_count(w, DECIDE_ASSIGN) > 0) {
        for (size_t i = 0; i < world_count(w, DECIDE_ASSIGN); i++)
            if (world_nth(w, DECIDE_ASSIGN, i)->run == run)
                return true;
        world_answer(w, 100);
    }
    return false;
}

Test(sched_resources, what_comes_back_to_a_busy_worker_is_not_forgotten)
{
    struct sched_resource mem = {"mem", 4, NULL};
    struct decision large, io;

    special_worker(1, 1, NULL, &mem);
    world_submit(w, 1, path, 1, 1);
    world_turn(w);
    world_answer(w, 100); /* so short are they */
    submit_need(2, 4);
    large = *world_nth(w, DECIDE_ASSIGN, 0);
    meta_put_map(&w->meta, 1);
    meta_pair_str(&w->meta, KEY_RUN_CLASS, "io");
    world_submit(w, 1, path, 3, 1);
    world_turn(w);
    io = *world_nth(w, DECIDE_ASSIGN, 0);
    submit_need(4, 3);
    cr_assert(eq(sz, given(1), 0), "it waits for memory");
    world_submit(w, 1, path, 10, 100);
    world_turn(w);
    cr_assert(gt(sz, given(1), 8), "sent ahead, as they are short");
    world_result(w, &io, PAR_OK, WIRE_EXECUTED, 100);
    world_result(w, &large, PAR_OK, WIRE_EXECUTED, 100);
    cr_assert(eq(int, begins(4), true));
}
