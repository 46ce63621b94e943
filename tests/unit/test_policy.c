#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "broker/policy.h"
#include "wire.h"

TestSuite(policy, .timeout = 10);

Test(policy, nothing_goes_ahead_of_what_is_not_known)
{
    struct pace paces[POLICY_PACES] = {{0}};

    cr_assert(eq(u32, pace_each(NULL, 0), 0));
    cr_assert(eq(u32, pace_each(paces, 0), 0));
    cr_assert(eq(u32, pace_each(paces, 3), 0));
}

Test(policy, the_first_time_measured_counts_whole)
{
    struct pace paces[POLICY_PACES] = {{0}};

    pace_note(paces, 0, 100);
    cr_assert(eq(u32, pace_each(paces, 0), 20));
    pace_note(paces, 1, 1000);
    cr_assert(eq(u32, pace_each(paces, 1), 2));
    pace_note(paces, 2, 1001);
    cr_assert(eq(u32, pace_each(paces, 2), 0));
    pace_note(paces, 3, 0);
    cr_assert(eq(u32, pace_each(paces, 3), 128));
}

Test(policy, the_mean_follows_but_not_every_whim)
{
    struct pace paces[POLICY_PACES] = {{0}};

    pace_note(paces, 0, 100);
    pace_note(paces, 0, 1700);
    cr_assert(eq(u32, paces[0].mean_us, 300));
    for (int i = 0; i < 100; i++)
        pace_note(paces, 0, 5000);
    cr_assert(eq(u32, pace_each(paces, 0), 0));
    for (int i = 0; i < 100; i++)
        pace_note(paces, 0, 10);
    cr_assert(gt(u32, pace_each(paces, 0), 50));
}

Test(policy, functions_that_collide_forget_each_other)
{
    struct pace paces[POLICY_PACES] = {{0}};

    pace_note(paces, 1, 10);
    cr_assert(eq(u32, pace_each(paces, 1 + POLICY_PACES), 0));
    pace_note(paces, 1 + POLICY_PACES, 1000);
    cr_assert(eq(u32, pace_each(paces, 1 + POLICY_PACES), 2));
    cr_assert(eq(u32, pace_each(paces, 1), 0));
}

Test(policy, back_off_is_within_half_of_its_mark)
{
    struct rules rules = {
        .backoff_first = 100, .backoff_factor = 2, .backoff_max = 1000};
    static const uint64_t marks[] = {100, 200, 400, 800, 1000, 1000};
    uint64_t random = 42;
    uint64_t least = UINT64_MAX;
    uint64_t most = 0;

    for (unsigned i = 0; i < 6; i++)
        for (int k = 0; k < 1000; k++) {
            uint64_t wait = policy_backoff(&rules, i + 1, &random);

            cr_assert(ge(u64, wait, marks[i] / 2));
            cr_assert(le(u64, wait, marks[i] * 3 / 2));
            if (i == 0 && wait < least)
                least = wait;
            if (i == 0 && wait > most)
                most = wait;
        }
    cr_assert(lt(u64, least, 60), "it does vary");
    cr_assert(gt(u64, most, 140));
}

Test(policy, back_off_without_a_wait_is_none)
{
    struct rules rules = {.backoff_factor = 1};
    uint64_t random = 42;

    cr_assert(eq(u64, policy_backoff(&rules, 10000, &random), 0));
}

Test(policy, failures_are_of_three_kinds_and_the_rest_is_final)
{
    cr_assert(eq(u32, policy_failure(PAR_EXCEPTION), RETRY_ERROR));
    cr_assert(eq(u32, policy_failure(PAR_EXIT), RETRY_ERROR));
    cr_assert(eq(u32, policy_failure(PAR_SIGNAL), RETRY_CRASH));
    cr_assert(eq(u32, policy_failure(PAR_OOM), RETRY_CRASH));
    cr_assert(eq(u32, policy_failure(PAR_WORKER_LOST), RETRY_CRASH));
    cr_assert(eq(u32, policy_failure(PAR_TIMEOUT), RETRY_TIMEOUT));
    cr_assert(eq(u32, policy_failure(PAR_OK), 0));
    cr_assert(eq(u32, policy_failure(PAR_BAD_ARGS), 0));
    cr_assert(eq(u32, policy_failure(PAR_CANCELLED), 0));
}

Test(policy, only_what_surely_did_not_start_comes_back_silently)
{
    cr_assert(
        eq(int, policy_is_unstarted(PAR_DRAINING, WIRE_NOT_EXECUTED), true));
    cr_assert(
        eq(int, policy_is_unstarted(PAR_WORKER_LOST, WIRE_NOT_EXECUTED), true));
    cr_assert(eq(int, policy_is_unstarted(PAR_WORKER_LOST, WIRE_MAYBE_EXECUTED),
                 false));
    cr_assert(
        eq(int, policy_is_unstarted(PAR_BAD_ARGS, WIRE_NOT_EXECUTED), false));
}
