/* test_window.c - how many items a slot gets */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "worker/window.h"

TestSuite(window, .timeout = 10);

static struct window of(uint32_t us)
{
    struct window w = {0};

    window_learn(&w, us);
    return w;
}

Test(window, unknown_function_gets_one_item_at_a_time)
{
    struct window w = {0};

    cr_assert(eq(uint, window_room(&w, 0), 1));
    cr_assert(eq(uint, window_room(&w, 1), 0));
}

Test(window, long_jobs_never_wait_behind_each_other)
{
    struct window w = of(1001);

    cr_assert(eq(uint, window_room(&w, 0), 1));
    cr_assert(eq(uint, window_room(&w, 1), 0));
}

Test(window, short_jobs_come_by_the_millisecond)
{
    struct window w = of(100);

    cr_assert(eq(uint, window_grant(&w), 10));
    cr_assert(eq(uint, window_room(&w, 0), 20));
}

Test(window, next_grant_comes_at_half_not_at_empty)
{
    struct window w = of(100);

    cr_assert(eq(uint, window_room(&w, 11), 0));
    cr_assert(eq(uint, window_room(&w, 10), 10));
}

Test(window, tiny_jobs_are_bounded_by_number)
{
    struct window w = of(0);

    cr_assert(eq(uint, window_grant(&w), WINDOW_GRANT_MAX));
    cr_assert(eq(uint, window_room(&w, 0), 2 * WINDOW_GRANT_MAX));
    cr_assert(eq(uint, window_room(&w, 1000), 0));
}

Test(window, function_that_turns_slow_soon_runs_singly)
{
    struct window w = of(1);

    window_learn(&w, 100000);
    cr_assert(eq(uint, window_room(&w, 0), 1));
    cr_assert(eq(uint, window_room(&w, 1), 0));
}

Test(window, function_that_turns_fast_is_batched_after_a_while)
{
    struct window w = of(UINT32_MAX);

    for (int i = 0; i < 200; i++)
        window_learn(&w, 1);
    cr_assert(eq(uint, window_grant(&w), WINDOW_GRANT_MAX));
}
