/* test_credit.c - grants only grow, and one message may always go */
#include "config.h"

#include "credit.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

TestSuite(credit, .timeout = 10);

Test(credit, allows_exactly_what_was_granted)
{
    struct credit c = {.granted_items = 2, .granted_bytes = 100};

    cr_assert(credit_allows(&c, 2, 100, true));
    cr_assert(eq(int, credit_allows(&c, 3, 100, true), false));
    cr_assert(eq(int, credit_allows(&c, 2, 101, true), false));
    credit_use(&c, 1, 60);
    cr_assert(credit_allows(&c, 1, 40, true));
    cr_assert(eq(int, credit_allows(&c, 1, 41, true), false));
    cr_assert(eq(int, credit_allows(&c, 2, 40, true), false));
}

Test(credit, one_message_may_always_go_when_nothing_is_outstanding)
{
    struct credit c = {.granted_items = 1, .granted_bytes = 10};

    cr_assert(credit_allows(&c, 4096, 1000000, false));
    credit_use(&c, 4096, 1000000);
    cr_assert(eq(int, credit_allows(&c, 1, 0, true), false),
              "what was overdrawn is not there a second time");
}

Test(credit, a_grant_that_comes_late_or_twice_does_no_harm)
{
    struct credit c = {0};

    credit_hear(&c, 64, 1000);
    credit_hear(&c, 32, 2000);
    credit_hear(&c, 64, 1000);
    cr_assert(eq(u64, c.granted_items, 64));
    cr_assert(eq(u64, c.granted_bytes, 2000));
}

Test(credit, is_renewed_at_half_of_either_window)
{
    struct credit c = {0};

    cr_assert(credit_renew(&c, 64, 1000));
    cr_assert(eq(u64, c.granted_items, 64));
    cr_assert(eq(u64, c.granted_bytes, 1000));
    credit_use(&c, 31, 499);
    cr_assert(eq(int, credit_renew(&c, 64, 1000), false));
    credit_use(&c, 0, 1);
    cr_assert(credit_renew(&c, 64, 1000));
    cr_assert(eq(u64, c.granted_items, 95));
    cr_assert(eq(u64, c.granted_bytes, 1500));
    credit_use(&c, 32, 0);
    cr_assert(credit_renew(&c, 64, 1000));
    cr_assert(eq(u64, c.granted_items, 127));
}

Test(credit, a_smaller_window_never_takes_a_grant_back)
{
    struct credit c = {.granted_items = 64, .granted_bytes = 1000};

    cr_assert(eq(int, credit_renew(&c, 8, 10), false));
    credit_use(&c, 60, 500);
    cr_assert(credit_renew(&c, 8, 10));
    cr_assert(eq(u64, c.granted_items, 68));
    cr_assert(eq(u64, c.granted_bytes, 1000));
}

Test(credit, a_closed_window_tells_nothing)
{
    struct credit c = {0};

    cr_assert(eq(int, credit_renew(&c, 0, 0), false));
}
