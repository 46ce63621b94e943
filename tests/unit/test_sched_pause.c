/* test_sched_pause.c - a client that has too much to read: none of its jobs
 * is begun until it has read, and all else goes on */
#include "config.h"

#include "broker/sched_state.h"
#include "broker/sched_view.h"
#include "meta_keys.h"
#include "sched_special.h"

static void open_two(void)
{
    open_world();
    cr_assert(eq(int, sched_client_join(w->s, 2, 7), 0));
}

TestSuite(sched_pause, .init = open_two, .fini = close_world, .timeout = 10);

static const struct decision *assigned(size_t i)
{
    return world_nth(w, DECIDE_ASSIGN, i);
}

static const char *waits_for(uint64_t serial)
{
    static struct job_walk walk; /* it keeps the words */
    struct job_view view;

    walk = (struct job_walk){0};
    while (sched_job_next(w->s, w->now, 0, &walk, &view))
        if (view.serial == serial)
            return view.waits_for;
    return "?";
}

Test(sched_pause, its_jobs_wait_and_then_go_on_in_their_order)
{
    world_worker(w, 1, 1, path);
    world_submit(w, 1, path, 1, 3);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 2), "a slot, and ahead");
    sched_client_pause(w->s, w->now, 1, true);
    sched_client_pause(w->s, w->now, 1, true);
    world_answer(w, 10);
    cr_assert(eq(sz, world_count(w, DECIDE_RESULT), 2), "what runs may end");
    cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 0));
    world_submit(w, 1, path, 4, 1);
    world_worker(w, 2, 4, path);
    world_wait(w, 3600 * 1000);
    cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 0), "also what comes late");
    cr_assert(eq(str, (char *)waits_for(w->serial),
                 "its client to read what it has"));
    sched_client_pause(w->s, w->now, 1, false);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 2));
    cr_assert(eq(u64, assigned(0)->run, 3));
    cr_assert(eq(u64, assigned(1)->run, 4));
}

Test(sched_pause, others_go_on_whatever_their_priority)
{
    meta_put_map(&w->meta, 1);
    meta_pair_int(&w->meta, KEY_ANY_PRIORITY, INT32_MAX);
    world_submit(w, 1, path, 1, 4);
    meta_put_map(&w->meta, 1);
    meta_pair_int(&w->meta, KEY_ANY_PRIORITY, INT32_MIN);
    world_submit(w, 2, path, 1, 3);
    sched_client_pause(w->s, w->now, 1, true);
    world_worker(w, 1, 1, path);
    world_turn(w);
    world_answer(w, 10);
    cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 1));
    cr_assert(eq(u32, assigned(0)->client, 2));
    world_answer(w, 10);
    cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 0));
    sched_client_pause(w->s, w->now, 2, true);
    world_submit(w, 2, path, 4, 1);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 0));
    sched_client_pause(w->s, w->now, 1, false);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 4));
    cr_assert(eq(u32, assigned(0)->client, 1));
    cr_assert(eq(u32, assigned(3)->client, 1));
}

Test(sched_pause, what_comes_back_waits_as_well)
{
    world_worker(w, 1, 1, path);
    world_submit(w, 1, path, 1, 2);
    world_turn(w);
    sched_client_pause(w->s, w->now, 1, true);
    sched_returned(w->s, w->now, 1, assigned(1)->dispatch);
    world_answer(w, 10);
    cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 0));
    sched_client_pause(w->s, w->now, 1, false);
    world_turn(w);
    cr_assert(eq(u64, assigned(0)->run, 2));
}

Test(sched_pause, waiting_still_ends)
{
    meta_put_map(&w->meta, 1);
    meta_pair_int(&w->meta, KEY_RUN_QUEUE_MS, 100);
    world_submit(w, 1, path, 1, 1);
    world_submit(w, 1, path, 2, 1);
    sched_client_pause(w->s, w->now, 1, true);
    world_worker(w, 1, 1, path);
    world_wait(w, 100);
    cr_assert(eq(int, world_nth(w, DECIDE_RESULT, 0)->status, PAR_EXPIRED));
    cr_assert(eq(int, sched_cancel(w->s, w->now, 1, 2, 0), PAR_OK));
    world_turn(w);
    cr_assert(eq(int, world_nth(w, DECIDE_RESULT, 0)->status, PAR_CANCELLED));
}

Test(sched_pause, no_worker_is_kept_free_for_it)
{
    struct sched_resource mem = {"mem", 4, NULL};

    special_worker(1, 4, NULL, &mem);
    meta_put_map(&w->meta, 1);
    put_need("mem", 3);
    world_submit(w, 1, path, 1, 2);
    world_turn(w);
    cr_assert(eq(sz, given(1), 1));
    world_wait(w, 1000);
    sched_client_pause(w->s, w->now, 1, true);
    world_submit(w, 2, path, 1, 5);
    world_turn(w);
    cr_assert(eq(sz, given(1), 4), "three slots, and one ahead");
}

/* ---- what found no room ---- */

/* Demands of a client's that the next turn tries to place. */
static uint32_t tried(uint32_t client)
{
    return client_at(w->s, client_find(w->s, client))->ready[RUN_CPU].used;
}

static void submit_need(uint32_t client, uint64_t run, double mem)
{
    meta_put_map(&w->meta, 1);
    put_need("mem", mem);
    world_submit(w, client, path, run, 1);
}

/* A job of client 2 has all of the memory, and these of client 1 wait for it,
 * in a demand each. */
static struct decision fill(uint32_t waiting)
{
    struct sched_resource mem = {"mem", 4, NULL};
    struct decision held;

    special_worker(1, 4, NULL, &mem);
    submit_need(2, 1, 4);
    world_turn(w);
    held = *assigned(0);
    for (uint32_t i = 1; i <= waiting; i++)
        submit_need(1, i, 1 + i / 1000.0);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 0));
    cr_assert(eq(u32, tried(1), 0));
    return held;
}

/* The job that a worker holds ends; `held` is the one that it gets then. */
static void end(struct decision *held)
{
    world_result(w, held, PAR_OK, WIRE_EXECUTED, 10);
    world_turn(w);
    *held = *assigned(0);
}

Test(sched_pause, what_found_no_room_is_not_tried_again_for_a_pause)
{
    fill(100);
    for (int i = 0; i < 3; i++) {
        sched_client_pause(w->s, w->now, 1, true);
        submit_need(1, 200 + (uint64_t)i, 1.001);
        world_wait(w, 20000);
        sched_client_pause(w->s, w->now, 1, false);
        cr_assert(eq(u32, tried(1), 0), "pause %d", i);
        world_turn(w);
        cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 0));
    }
}

Test(sched_pause, a_worker_that_opens_meanwhile_is_tried_after_it)
{
    struct decision held = fill(100);

    submit_need(1, 200, 5);
    world_turn(w);
    sched_client_pause(w->s, w->now, 1, true);
    end(&held);
    cr_assert(eq(u32, held.client, 0));
    cr_assert(eq(u32, tried(1), 0));
    sched_client_pause(w->s, w->now, 1, false);
    cr_assert(eq(u32, tried(1), 100), "not the one that nobody could run");
    world_turn(w);
    cr_assert(eq(sz, given(1), 3));
}

Test(sched_pause, others_that_ask_the_same_do_not_try_it_again_either)
{
    struct decision held = fill(1);

    sched_client_pause(w->s, w->now, 1, true);
    submit_need(2, 2, 1.001);
    cr_assert(eq(u32, tried(2), 0));
    end(&held);
    cr_assert(eq(u32, held.client, 2));
    sched_client_pause(w->s, w->now, 1, false);
    world_turn(w);
    cr_assert(eq(u32, assigned(0)->client, 1));
}

Test(sched_pause, after_it_a_worker_is_kept_free_for_what_waits_too_long)
{
    struct sched_resource mem = {"mem", 4, NULL};
    struct decision held[2];

    special_worker(1, 4, NULL, &mem);
    for (uint64_t run = 1; run <= 9; run++)
        submit_need(2, run, 2);
    world_turn(w);
    held[0] = *assigned(0);
    held[1] = *assigned(1);
    submit_need(1, 1, 4);
    world_turn(w);
    sched_client_pause(w->s, w->now, 1, true);
    world_wait(w, 5000);
    w->now += 300;
    sched_client_pause(w->s, w->now, 1, false);
    cr_assert(eq(u64, sched_deadline(w->s), w->now + 1000), "from now on");
    world_wait(w, 999);
    end(&held[0]);
    cr_assert(eq(u32, held[0].client, 2), "not yet");
    world_wait(w, 1);
    end(&held[0]);
    cr_assert(eq(u32, held[0].client, 0), "kept free");
    end(&held[1]);
    cr_assert(eq(u32, held[1].client, 1));
}

Test(sched_pause, it_may_leave_and_what_it_has_detached_goes_on)
{
    struct payload_ref payload = world_payload(w);
    struct job_batch batch = {.client = 1,
                              .target = path,
                              .first_run = 9,
                              .count = 1,
                              .detach = true,
                              .payloads = &payload};
    uint64_t serial;

    world_submit(w, 1, path, 1, 2);
    sched_submit(w->s, w->now, &batch, &serial, NULL);
    sched_client_pause(w->s, w->now, 1, true);
    sched_client_leave(w->s, w->now, 1);
    sched_client_pause(w->s, w->now, 1, true);
    world_worker(w, 1, 2, path);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 1));
    cr_assert(eq(u64, assigned(0)->serial, serial));
}
