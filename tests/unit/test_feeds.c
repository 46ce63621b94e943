/* test_feeds.c - what commands granted for their input */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "broker/feeds.h"

static struct feeds feeds;

static void clear(void)
{
    feeds_clear(&feeds);
}

TestSuite(feeds, .fini = clear, .timeout = 10);

Test(feeds, nothing_may_be_sent_before_it_is_granted)
{
    cr_assert(eq(int, feeds_send(&feeds, 1, 1), false));
    cr_assert(eq(int, feeds_send(&feeds, 1, 0), true), "but an end may");
    cr_assert(eq(int, feeds_grant(&feeds, 2, 10), 0));
    cr_assert(eq(int, feeds_send(&feeds, 1, 1), false));
}

Test(feeds, grants_are_totals)
{
    feeds_grant(&feeds, 1, 10);
    cr_assert(eq(int, feeds_send(&feeds, 1, 6), true));
    cr_assert(eq(int, feeds_send(&feeds, 1, 5), false));
    cr_assert(eq(int, feeds_send(&feeds, 1, 4), true));
    feeds_grant(&feeds, 1, 5);
    cr_assert(eq(int, feeds_send(&feeds, 1, 1), false), "an old one");
    feeds_grant(&feeds, 1, 12);
    cr_assert(eq(int, feeds_send(&feeds, 1, 3), false));
    cr_assert(eq(int, feeds_send(&feeds, 1, UINT64_MAX), false));
    cr_assert(eq(int, feeds_send(&feeds, 1, 2), true));
}

Test(feeds, runs_that_end_are_forgotten_and_others_are_not)
{
    enum { MANY = 1000 };

    for (uint64_t run = 1; run <= MANY; run++)
        cr_assert(eq(int, feeds_grant(&feeds, run, run), 0));
    for (uint64_t run = 1; run <= MANY; run += 2)
        feeds_end(&feeds, run);
    feeds_end(&feeds, MANY + 1);
    cr_assert(eq(u32, feeds.used, MANY / 2));
    for (uint64_t run = 1; run <= MANY; run++) {
        bool lives = run % 2 == 0;

        cr_assert(eq(int, feeds_send(&feeds, run, run), lives));
        cr_assert(eq(int, feeds_send(&feeds, run, 1), false));
    }
}
