/* test_sched_pause.c - a client that has too much to read: none of its jobs
 * is begun until it has read, and all else goes on */
#include "config.h"

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
    sched_client_pause(w->s, 1, true);
    sched_client_pause(w->s, 1, true);
    world_answer(w, 10);
    cr_assert(eq(sz, world_count(w, DECIDE_RESULT), 2), "what runs may end");
    cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 0));
    world_submit(w, 1, path, 4, 1);
    world_worker(w, 2, 4, path);
    world_wait(w, 3600 * 1000);
    cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 0), "also what comes late");
    cr_assert(eq(str, (char *)waits_for(w->serial),
                 "its client to read what it has"));
    sched_client_pause(w->s, 1, false);
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
    sched_client_pause(w->s, 1, true);
    world_worker(w, 1, 1, path);
    world_turn(w);
    world_answer(w, 10);
    cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 1));
    cr_assert(eq(u32, assigned(0)->client, 2));
    world_answer(w, 10);
    cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 0));
    sched_client_pause(w->s, 2, true);
    world_submit(w, 2, path, 4, 1);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 0));
    sched_client_pause(w->s, 1, false);
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
    sched_client_pause(w->s, 1, true);
    sched_returned(w->s, w->now, 1, assigned(1)->dispatch);
    world_answer(w, 10);
    cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 0));
    sched_client_pause(w->s, 1, false);
    world_turn(w);
    cr_assert(eq(u64, assigned(0)->run, 2));
}

Test(sched_pause, waiting_still_ends)
{
    meta_put_map(&w->meta, 1);
    meta_pair_int(&w->meta, KEY_RUN_QUEUE_MS, 100);
    world_submit(w, 1, path, 1, 1);
    world_submit(w, 1, path, 2, 1);
    sched_client_pause(w->s, 1, true);
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
    sched_client_pause(w->s, 1, true);
    world_submit(w, 2, path, 1, 5);
    world_turn(w);
    cr_assert(eq(sz, given(1), 4), "three slots, and one ahead");
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
    sched_client_pause(w->s, 1, true);
    sched_client_leave(w->s, w->now, 1);
    sched_client_pause(w->s, 1, true);
    world_worker(w, 1, 2, path);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 1));
    cr_assert(eq(u64, assigned(0)->serial, serial));
}
