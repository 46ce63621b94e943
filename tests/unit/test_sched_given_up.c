/* test_sched_given_up.c - a worker gives a computation up that was ready */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "sched_world.h"

static struct world *w;
static uint32_t target;

/* One worker, ready for one computation. */
static void open_world(void)
{
    struct setup_order order = {.client = 1, .id = 50, .unplaceable_ms = 1000};
    const struct decision *d;

    w = world_open();
    cr_assert(eq(int, sched_client_join(w->s, 1, 7), 0));
    world_worker(w, 1, 2, 0);
    target = sched_target_add(w->s, 7, "comp");
    order.target = target;
    cr_assert(eq(int, sched_setup(w->s, w->now, &order), PAR_OK));
    world_turn(w);
    d = world_nth(w, DECIDE_SETUP, 0);
    sched_request_done(w->s, w->now, 1, d->request, PAR_OK,
                       (struct payload_ref){0});
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_READY), 1));
}

static void close_world(void)
{
    world_close(w);
}

TestSuite(sched_given_up,
          .init = open_world,
          .fini = close_world,
          .timeout = 10);

Test(sched_given_up, no_more_of_it_goes_there)
{
    sched_target_failed(w->s, w->now, 1, target, world_payload(w));
    cr_assert(eq(int, world_submit(w, 1, target, 100, 1), PAR_OK));
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 0));
}

Test(sched_given_up, until_a_setup_asks_again)
{
    struct setup_order order = {
        .client = 1, .id = 51, .unplaceable_ms = 1000, .target = target};

    sched_target_failed(w->s, w->now, 1, target, world_payload(w));
    cr_assert(eq(int, sched_setup(w->s, w->now, &order), PAR_OK));
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_SETUP), 1));
}

Test(sched_given_up, about_nothing_known_changes_nothing)
{
    sched_target_failed(w->s, w->now, 9, target, world_payload(w));
    sched_target_failed(w->s, w->now, 1, 999, world_payload(w));
    cr_assert(eq(int, world_submit(w, 1, target, 100, 1), PAR_OK));
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_ASSIGN), 1));
    cr_assert(eq(sz, world_forgotten(w), 2), "the two texts");
}

Test(sched_given_up, a_setup_under_way_has_the_last_word)
{
    struct setup_order order = {.client = 1,
                                .id = 51,
                                .unplaceable_ms = 1000,
                                .target = target,
                                .call = world_payload(w)};
    struct decision d;

    cr_assert(eq(int, sched_setup(w->s, w->now, &order), PAR_OK));
    world_turn(w);
    d = *world_nth(w, DECIDE_SETUP, 0);
    sched_target_failed(w->s, w->now, 1, target, world_payload(w));
    world_turn(w);
    sched_client_leave(w->s, w->now, 1);
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_CLOSE), 1));
    cr_assert(eq(sz, world_count(w, DECIDE_RETIRE), 0));
    sched_request_done(w->s, w->now, 1, d.request, PAR_OK,
                       (struct payload_ref){0});
    world_turn(w);
    cr_assert(eq(sz, world_count(w, DECIDE_RETIRE), 0),
              "CLOSE is not answered");
}
