/* test_slots.c - which slot gets what, step by step */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "worker/slots.h"

enum { WORK_A = 7, WORK_B = 8 };

static struct slots *slots;
static struct window long_jobs; /* unknown: one at a time */
static struct window short_jobs;

static void open_slots(void)
{
    slots = slots_create(2, 1);
    short_jobs = (struct window){0};
    window_learn(&short_jobs, 100); /* grants of 10 */
}

static void close_slots(void)
{
    slots_destroy(slots);
}

TestSuite(slots, .init = open_slots, .fini = close_slots, .timeout = 10);

static struct slots_step step(uint32_t work,
                              unsigned queued,
                              const struct window *w,
                              uint64_t now)
{
    struct slots_need need = {work, SLOTS_CPU, queued, w,
                              now,  false,     false,  false};

    return slots_next(slots, &need);
}

static void warm(unsigned seat, uint32_t work)
{
    slots_begin(slots, seat, work);
    slots_warm(slots, seat, 0);
}

#define EXPECT(s, m, i, n)                                                     \
    do {                                                                       \
        struct slots_step got = (s);                                           \
        cr_assert(eq(int, (int)got.move, (int)(m)));                           \
        cr_assert(eq(uint, got.seat, (i)));                                    \
        cr_assert(eq(uint, got.count, (n)));                                   \
    } while (0)

Test(slots, first_item_begins_a_slot_and_waits_for_it)
{
    EXPECT(step(WORK_A, 1, &long_jobs, 0), SLOTS_BEGIN, 0, 0);
    slots_begin(slots, 0, WORK_A);
    EXPECT(step(WORK_A, 1, &long_jobs, 0), SLOTS_WAIT, 0, 0);
    slots_warm(slots, 0, 0);
    EXPECT(step(WORK_A, 1, &long_jobs, 0), SLOTS_GIVE, 0, 1);
}

Test(slots, no_more_slots_are_begun_than_items_wait)
{
    slots_begin(slots, 0, WORK_A);
    EXPECT(step(WORK_A, 1, &long_jobs, 0), SLOTS_WAIT, 0, 0);
    EXPECT(step(WORK_A, 2, &long_jobs, 0), SLOTS_BEGIN, 1, 0);
}

Test(slots, serial_client_keeps_one_slot_warm)
{
    warm(0, WORK_A);
    for (int i = 0; i < 3; i++) {
        EXPECT(step(WORK_A, 1, &long_jobs, 0), SLOTS_GIVE, 0, 1);
        slots_gave(slots, 0, 1);
        slots_done(slots, 0, 1, 0);
    }
}

Test(slots, warmest_free_slot_is_used_first)
{
    warm(0, WORK_A);
    warm(1, WORK_A);
    EXPECT(step(WORK_A, 1, &long_jobs, 0), SLOTS_GIVE, 1, 1);
    slots_gave(slots, 0, 1);
    slots_done(slots, 0, 1, 0);
    EXPECT(step(WORK_A, 1, &long_jobs, 0), SLOTS_GIVE, 0, 1);
}

Test(slots, long_jobs_wait_when_all_are_busy)
{
    warm(0, WORK_A);
    warm(1, WORK_A);
    slots_gave(slots, 0, 1);
    slots_gave(slots, 1, 1);
    EXPECT(step(WORK_A, 1, &long_jobs, 0), SLOTS_WAIT, 0, 0);
}

Test(slots, short_jobs_are_spread_evenly)
{
    warm(0, WORK_A);
    warm(1, WORK_A);
    EXPECT(step(WORK_A, 12, &short_jobs, 0), SLOTS_GIVE, 1, 6);
    slots_gave(slots, 1, 6);
    EXPECT(step(WORK_A, 6, &short_jobs, 0), SLOTS_GIVE, 0, 3);
}

Test(slots, busy_slot_gets_its_next_grant_while_another_is_begun)
{
    warm(0, WORK_A);
    slots_gave(slots, 0, 5);
    EXPECT(step(WORK_A, 3, &short_jobs, 0), SLOTS_BEGIN, 1, 0);
    slots_begin(slots, 1, WORK_A);
    slots_begin(slots, 2, WORK_A); /* the io seat does not count here */
    EXPECT(step(WORK_A, 1, &short_jobs, 0), SLOTS_GIVE, 0, 1);
    slots_gave(slots, 0, 6);
    EXPECT(step(WORK_A, 1, &short_jobs, 0), SLOTS_WAIT, 0, 0);
}

Test(slots, idle_slot_of_another_computation_makes_room)
{
    warm(0, WORK_A);
    warm(1, WORK_A);
    slots_gave(slots, 1, 1);
    EXPECT(step(WORK_B, 1, &long_jobs, 0), SLOTS_RETIRE, 0, 0);
    slots_end(slots, 0);
    EXPECT(step(WORK_B, 1, &long_jobs, 0), SLOTS_WAIT, 0, 0);
    slots_empty(slots, 0);
    EXPECT(step(WORK_B, 1, &long_jobs, 0), SLOTS_BEGIN, 0, 0);
}

Test(slots, idle_slot_is_spared_for_a_moment_while_there_is_room)
{
    warm(0, WORK_A);
    warm(1, WORK_B);
    slots_gave(slots, 0, 1);
    EXPECT(step(WORK_A, 2, &short_jobs, 50), SLOTS_GIVE, 0, 2);
    EXPECT(step(WORK_A, 2, &short_jobs, 100), SLOTS_RETIRE, 1, 0);
}

Test(slots, newcomer_is_not_kept_out_by_a_steady_stream)
{
    warm(0, WORK_A);
    warm(1, WORK_A);
    slots_gave(slots, 0, 10);
    slots_gave(slots, 1, 4);
    EXPECT(step(WORK_B, 1, &long_jobs, 0), SLOTS_WAIT, 0, 0);
    EXPECT(step(WORK_A, 9, &short_jobs, 0), SLOTS_GIVE, 0, 9);
    slots_done(slots, 1, 4, 0);
    EXPECT(step(WORK_B, 1, &long_jobs, 0), SLOTS_RETIRE, 1, 0);
}

Test(slots, newcomer_asks_only_one_slot_to_leave)
{
    warm(0, WORK_A);
    warm(1, WORK_A);
    slots_gave(slots, 0, 1);
    slots_gave(slots, 1, 2);
    step(WORK_B, 9, &long_jobs, 0);
    step(WORK_B, 9, &long_jobs, 0);
    slots_done(slots, 1, 2, 0);
    EXPECT(step(WORK_A, 1, &long_jobs, 0), SLOTS_GIVE, 1, 1);
}

Test(slots, blocked_slot_gets_nothing_and_is_not_ended)
{
    struct slots_need other = {WORK_B, SLOTS_CPU, 1,     &long_jobs,
                               0,      true,      false, false};

    warm(0, WORK_A);
    warm(1, WORK_A);
    slots_block(slots, 1, true);
    EXPECT(step(WORK_A, 1, &long_jobs, 0), SLOTS_GIVE, 0, 1);
    slots_gave(slots, 0, 1);
    EXPECT(step(WORK_A, 1, &long_jobs, 0), SLOTS_WAIT, 0, 0);
    EXPECT(slots_next(slots, &other), SLOTS_WAIT, 0, 0);
    slots_block(slots, 1, false);
    EXPECT(step(WORK_A, 1, &long_jobs, 0), SLOTS_GIVE, 1, 1);
}

Test(slots, warm_slot_is_used_before_others_may_end_it)
{
    struct slots_need first = {WORK_A, SLOTS_CPU, 3,    &short_jobs,
                               0,      false,     true, false};

    warm(0, WORK_A);
    warm(1, WORK_B);
    EXPECT(slots_next(slots, &first), SLOTS_GIVE, 0, 3);
    slots_gave(slots, 0, 3);
    EXPECT(slots_next(slots, &first), SLOTS_WAIT, 0, 0);
}

Test(slots, modest_newcomer_asks_nobody_to_leave)
{
    struct slots_need modest = {WORK_B, SLOTS_CPU, 1,     &long_jobs,
                                0,      true,      false, false};

    warm(0, WORK_A);
    warm(1, WORK_A);
    slots_gave(slots, 0, 1);
    slots_gave(slots, 1, 1);
    EXPECT(slots_next(slots, &modest), SLOTS_WAIT, 0, 0);
    slots_done(slots, 0, 1, 0);
    EXPECT(step(WORK_A, 1, &long_jobs, 0), SLOTS_GIVE, 0, 1);
}

Test(slots, where_nothing_can_be_started_those_that_run_get_more)
{
    struct slots_need full = {WORK_A, SLOTS_CPU, 3,     &short_jobs,
                              0,      false,     false, true};

    EXPECT(slots_next(slots, &full), SLOTS_WAIT, 0, 0);
    warm(0, WORK_A);
    slots_gave(slots, 0, 1);
    EXPECT(slots_next(slots, &full), SLOTS_GIVE, 0, 3);
    slots_gave(slots, 0, 1);
    full.work = WORK_B;
    EXPECT(slots_next(slots, &full), SLOTS_WAIT, 0, 0);
    slots_done(slots, 0, 2, 0);
    EXPECT(slots_next(slots, &full), SLOTS_WAIT, 0, 0);
}

Test(slots, jobs_that_wait_have_seats_of_their_own)
{
    struct slots_need io = {WORK_A, SLOTS_IO, 2,     &long_jobs,
                            0,      false,    false, false};

    EXPECT(slots_next(slots, &io), SLOTS_BEGIN, 2, 0);
    slots_begin(slots, 2, WORK_A);
    EXPECT(slots_next(slots, &io), SLOTS_WAIT, 0, 0);
    EXPECT(step(WORK_A, 1, &long_jobs, 0), SLOTS_BEGIN, 0, 0);
}

Test(slots, fifth_death_in_half_a_minute_is_one_too_many)
{
    struct deaths d = {0};

    for (uint64_t i = 0; i < 4; i++)
        cr_assert(eq(int, deaths_add(&d, 1000 * i), 0));
    cr_assert(eq(int, deaths_add(&d, 30000), 1));
}

Test(slots, deaths_spread_over_a_day_are_forgiven)
{
    struct deaths d = {0};

    for (uint64_t i = 0; i < 20; i++)
        cr_assert(eq(int, deaths_add(&d, 8000 * i), 0));
}
