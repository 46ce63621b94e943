/* test_rate.c - how many messages a second */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "broker/rate.h"

static const struct rate_limit limit = {.per_second = 10, .burst = 5};
static struct rate rate;

static void open_rate(void)
{
    rate_init(&rate, &limit, 1000);
}

TestSuite(rate, .init = open_rate, .timeout = 10);

static enum rate_verdict take(int n, uint64_t now)
{
    enum rate_verdict last = RATE_WITHIN;

    while (n-- > 0)
        last = rate_take(&rate, &limit, now);
    return last;
}

Test(rate, burst_is_within)
{
    cr_assert(eq(int, take(5, 1000), RATE_WITHIN));
    cr_assert(eq(int, take(1, 1000), RATE_OVER));
}

Test(rate, steady_sender_is_never_refused)
{
    for (uint64_t now = 1000; now < 100000; now += 100)
        cr_assert(eq(int, take(1, now), RATE_WITHIN));
}

Test(rate, sender_that_goes_on_is_a_flood)
{
    cr_assert(eq(int, take(9, 1000), RATE_OVER));
    cr_assert(eq(int, take(1, 1000), RATE_FLOOD));
    cr_assert(eq(int, take(1000, 1000), RATE_FLOOD));
}

Test(rate, sender_that_waits_as_told_is_within_again)
{
    take(8, 1000);
    cr_assert(eq(u64, rate_wait(&rate, &limit), 401));
    cr_assert(eq(int, take(1, 1401), RATE_WITHIN));
}

Test(rate, silence_saves_no_more_than_the_burst)
{
    take(7, 1000);
    cr_assert(eq(int, take(5, UINT64_MAX), RATE_WITHIN));
    cr_assert(eq(int, take(1, UINT64_MAX), RATE_OVER));
}

Test(rate, clock_that_stands_still_saves_nothing)
{
    take(5, 1000);
    cr_assert(eq(int, take(1, 999), RATE_OVER));
}

Test(rate, charge_is_waited_for_and_is_no_flood)
{
    rate_charge(&rate, &limit, 3);
    cr_assert(eq(int, take(2, 1000), RATE_WITHIN));
    rate_charge(&rate, &limit, UINT64_MAX);
    cr_assert(eq(int, take(1, 1000), RATE_OVER));
    cr_assert(eq(int, take(1, 1000 + rate_wait(&rate, &limit)), RATE_WITHIN));
}
