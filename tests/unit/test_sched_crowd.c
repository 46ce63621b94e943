/* test_sched_crowd.c - a job waits behind a long one, beside a free slot */
#include "config.h"

#include "sched_special.h"

TestSuite(sched_crowd, .init = open_world, .fini = close_world, .timeout = 10);

/* Two workers of a slot each, and two jobs at the first of them, which joined
 * earlier: this is the one that waits. */
static const struct decision *waiting_one(void)
{
    const struct decision *d;

    world_worker(w, 1, 1, path);
    world_submit(w, 1, path, 1, 2);
    world_turn(w);
    cr_assert(eq(sz, given(1), 2), "one runs, one waits behind it");
    d = world_nth(w, DECIDE_ASSIGN, 1);
    world_worker(w, 2, 1, path);
    return d;
}

static uint32_t crowded(void)
{
    size_t cursor = 0;

    return sched_crowded(w->s, w->now, &cursor);
}

Test(sched_crowd, is_wanted_back_and_goes_elsewhere)
{
    uint64_t dispatch = waiting_one()->dispatch;

    cr_assert(sched_may_crowd(w->s));
    cr_assert(eq(u32, crowded(), 0), "it may begin any moment");
    w->now += 100;
    cr_assert(eq(u32, crowded(), 1));
    cr_assert(eq(u32, crowded(), 0), "asked once");
    cr_assert(sched_returned(w->s, w->now, 1, dispatch));
    world_turn(w);
    cr_assert(eq(sz, given(2), 1));
    w->now += 1000;
    cr_assert(eq(u32, crowded(), 0), "nobody waits");
}

Test(sched_crowd, nobody_is_asked_while_all_are_busy)
{
    waiting_one();
    world_submit(w, 1, path, 10, 1);
    world_turn(w);
    cr_assert(eq(sz, given(2), 1));
    w->now += 1000;
    cr_assert(eq(u32, crowded(), 0));
}

Test(sched_crowd, a_paused_worker_is_nobodys_relief)
{
    waiting_one();
    sched_worker_pause(w->s, w->now, 2, true);
    w->now += 1000;
    cr_assert(eq(u32, crowded(), 0));
    sched_worker_pause(w->s, w->now, 2, false);
    world_turn(w);
    cr_assert(eq(u32, crowded(), 1));
}
