/* test_sched_unplaceable.c - jobs that no worker could ever run: how long they
 * wait for one
 */
#include "config.h"

#include "meta_keys.h"
#include "sched_app.h"

TestSuite(sched_unplaceable,
          .init = open_world,
          .fini = close_world,
          .timeout = 10);

Test(sched_unplaceable, DD_58_what_nobody_can_run_fails_after_its_patience)
{
    const struct decision *d;

    world_worker(w, 1, 1, path);
    meta_put_map(&w->meta, 2);
    meta_pair_int(&w->meta, KEY_RUN_UNPLACEABLE_MS, 100);
    meta_put_uint(&w->meta, 4);
    meta_put_map(&w->meta, 1);
    meta_put_str(&w->meta, "gpu");
    meta_put_str(&w->meta, "yes");
    world_submit(w, 1, path, 1, 1);
    world_submit(w, 1, path, 2, 4);
    world_turn(w);
    cr_assert(eq(u64, sched_deadline(w->s), w->now + 100));
    world_wait(w, 100);
    cr_assert(eq(sz, world_count(w, DECIDE_RESULT), 1),
              "those behind busy workers are not affected");
    d = world_nth(w, DECIDE_RESULT, 0);
    cr_assert(eq(int, d->status, PAR_NO_CAPACITY));
    cr_assert(eq(u32, d->executed, WIRE_NOT_EXECUTED));
    cr_assert(
        eq(str, (char *)world_reason(w, d), "no worker has the label gpu=yes"));
}

Test(sched_unplaceable, DD_58_without_patience_it_fails_at_once)
{
    meta_put_map(&w->meta, 1);
    meta_pair_int(&w->meta, KEY_RUN_UNPLACEABLE_MS, 0);
    cr_assert(eq(int, world_submit(w, 1, path, 1, 1), PAR_NO_CAPACITY));
    cr_assert(eq(str, w->err.text, "no worker is connected"));
}

Test(sched_unplaceable, DD_58_with_patience_for_ever_it_waits_for_ever)
{
    meta_put_map(&w->meta, 1);
    meta_pair_int(&w->meta, KEY_RUN_UNPLACEABLE_MS, -1);
    world_submit(w, 1, path, 1, 1);
    world_turn(w);
    cr_assert(eq(u64, sched_deadline(w->s), UINT64_MAX));
    world_wait(w, 3600 * 1000);
    cr_assert(eq(sz, w->count, 0));
    world_worker(w, 1, 1, path);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 1));
}

Test(sched_unplaceable, the_clock_starts_when_the_last_worker_that_could_leaves)
{
    world_worker(w, 1, 1, path);
    world_submit(w, 1, path, 1, 3);
    world_turn(w);
    world_wait(w, 60000);
    cr_assert(eq(sz, w->count, 0), "it waits behind a busy worker");
    sched_unregister(w->s, w->now, 1, path);
    world_turn(w);
    cr_assert(eq(u64, sched_deadline(w->s), w->now + 10000));
    world_wait(w, 9000);
    sched_register(w->s, w->now, 1, path);
    world_turn(w);
    cr_assert(eq(u64, sched_deadline(w->s), UINT64_MAX));
    world_wait(w, 9000);
    sched_unregister(w->s, w->now, 1, path);
    world_wait(w, 10000);
    cr_assert(eq(sz, world_count(w, DECIDE_RESULT), 1));
    cr_assert(eq(str, (char *)world_reason(w, world_nth(w, DECIDE_RESULT, 0)),
                 "no worker has the path app/add"));
}

Test(sched_unplaceable, DI_27_an_unknown_worker_name_without_patience)
{
    meta_put_map(&w->meta, 2);
    meta_pair_str(&w->meta, KEY_RUN_WORKER, "nobody");
    meta_pair_int(&w->meta, KEY_RUN_UNPLACEABLE_MS, 0);
    world_worker(w, 1, 1, path);
    cr_assert(eq(int, world_submit(w, 1, path, 1, 1), PAR_UNKNOWN_WORKER));
    cr_assert(
        eq(str, w->err.text, "no worker has the name nobody; there is w.1"));
    cr_assert(eq(int, world_submit(w, 1, path, 1, 1), PAR_OK));
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 1), "the next one runs");
}

Test(sched_unplaceable, DD_58_patience_starts_with_the_job)
{
    world_submit(w, 1, path, 1, 1);
    world_wait(w, 9000);
    world_submit(w, 1, path, 2, 1);
    world_wait(w, 1000);
    cr_assert(eq(sz, world_count(w, DECIDE_RESULT), 1));
    world_wait(w, 8999);
    cr_assert(eq(sz, world_count(w, DECIDE_RESULT), 0));
    world_wait(w, 1);
    cr_assert(eq(u64, world_nth(w, DECIDE_RESULT, 0)->run, 2));
}

/* ---- whose worker was lost ---- */

/* Of three two are lost with the only worker: the one that runs, and the one
 * that it had ahead of time. */
static void lose_two_with_patience(int64_t ms)
{
    meta_put_map(&w->meta, 2);
    meta_pair_int(&w->meta, KEY_RUN_ATTEMPTS, 2);
    meta_pair_int(&w->meta, KEY_RUN_UNPLACEABLE_MS, ms);
    world_worker(w, 1, 1, path);
    world_submit(w, 1, path, 1, 3);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 2));
    sched_worker_leave(w->s, w->now, 1, false);
    world_wait(w, 1);
}

Test(sched_unplaceable, one_that_was_begun_waits_for_the_next_worker)
{
    const struct decision *d;

    lose_two_with_patience(1);
    cr_assert(eq(sz, world_count(w, DECIDE_RESULT), 1));
    d = world_nth(w, DECIDE_RESULT, 0);
    cr_assert(eq(u64, d->run, 3), "that was not");
    cr_assert(eq(u32, d->executed, WIRE_NOT_EXECUTED));
    world_wait(w, 199); /* until the others are queued again */
    world_wait(w, 9799);
    cr_assert(eq(sz, world_count(w, DECIDE_RESULT), 0));
    world_worker(w, 2, 1, path);
    world_turn(w);
    cr_assert(eq(u64, world_nth(w, DECIDE_ASSIGN, 0)->run, 1));
    cr_assert(eq(u32, world_nth(w, DECIDE_ASSIGN, 0)->attempt, 2));
}

Test(sched_unplaceable, one_that_was_begun_may_have_run_where_none_comes)
{
    const struct decision *d;

    lose_two_with_patience(1);
    world_wait(w, 199); /* until they are queued again */
    world_wait(w, 9800);
    cr_assert(eq(sz, world_count(w, DECIDE_RESULT), 2));
    d = world_nth(w, DECIDE_RESULT, 0);
    cr_assert(eq(int, d->status, PAR_NO_CAPACITY));
    cr_assert(eq(u32, d->executed, WIRE_MAYBE_EXECUTED));
}

Test(sched_unplaceable, more_patience_than_that_is_kept)
{
    lose_two_with_patience(30000);
    world_wait(w, 199);
    world_wait(w, 29799);
    cr_assert(eq(sz, world_count(w, DECIDE_RESULT), 0));
    world_wait(w, 1);
    cr_assert(eq(sz, world_count(w, DECIDE_RESULT), 3));
}
