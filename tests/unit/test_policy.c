/* test_policy.c - paces, shares and back-off as numbers */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "broker/policy.h"
#include "wire.h"

TestSuite(policy, .timeout = 10);

enum { HEAVY = ROSTER_WINDOW_BITS };

Test(policy, what_is_not_known_counts_as_heavy)
{
    struct pace paces[POLICY_PACES] = {{0}};

    cr_assert(eq(u32, pace_weight(NULL, 0), HEAVY));
    cr_assert(eq(u32, pace_weight(paces, 0), HEAVY));
    cr_assert(eq(u32, pace_weight(paces, 3), HEAVY));
}

Test(policy, the_first_time_measured_counts_whole)
{
    struct pace paces[POLICY_PACES] = {{0}};

    pace_note(paces, 0, 100);
    cr_assert(eq(u32, pace_weight(paces, 0), 7));
    pace_note(paces, 1, 1024);
    cr_assert(eq(u32, pace_weight(paces, 1), 10));
    pace_note(paces, 2, 1025);
    cr_assert(eq(u32, pace_weight(paces, 2), HEAVY));
    pace_note(paces, 3, 0);
    cr_assert(eq(u32, pace_weight(paces, 3), 0));
    pace_note(paces, 4, UINT32_MAX);
    cr_assert(eq(u32, pace_weight(paces, 4), HEAVY));
}

Test(policy, the_mean_follows_but_not_every_whim)
{
    struct pace paces[POLICY_PACES] = {{0}};

    pace_note(paces, 0, 100);
    pace_note(paces, 0, 1700);
    cr_assert(eq(u32, paces[0].mean_us, 300));
    for (int i = 0; i < 100; i++)
        pace_note(paces, 0, 5000);
    cr_assert(eq(u32, pace_weight(paces, 0), HEAVY));
    for (int i = 0; i < 100; i++)
        pace_note(paces, 0, 10);
    cr_assert(lt(u32, pace_weight(paces, 0), 6));
}

Test(policy, functions_that_collide_forget_each_other)
{
    struct pace paces[POLICY_PACES] = {{0}};

    pace_note(paces, 1, 10);
    cr_assert(eq(u32, pace_weight(paces, 1 + POLICY_PACES), HEAVY));
    pace_note(paces, 1 + POLICY_PACES, 1000);
    cr_assert(eq(u32, pace_weight(paces, 1 + POLICY_PACES), 10));
    cr_assert(eq(u32, pace_weight(paces, 1), HEAVY));
}

Test(policy, a_share_is_charged_in_the_end_what_its_jobs_took)
{
    struct share share = {0};
    struct share fleet = {0};
    uint64_t charge;
    uint64_t took = 0;

    for (uint32_t i = 0; i < 1000; i++) {
        uint32_t wall_us = i % 7 * 1000;
        unsigned bits = share_charge(&share, &fleet, &charge);

        cr_assert(lt(u32, bits, 64));
        cr_assert(gt(u64, charge, 0));
        share_correct(&share, &fleet, bits, wall_us);
        took += wall_us + POLICY_JOB_US;
    }
    cr_assert(eq(i64, (int64_t)share.served + share.owed, (int64_t)took));
    cr_assert(lt(i64, share.owed, 10000));
    cr_assert(gt(i64, share.owed, -10000));
}

Test(policy, a_share_never_falls_and_is_paid_back_what_never_ran)
{
    struct share share = {.mean_us = 1000000};
    struct share fleet = {0};
    uint64_t charge;
    uint64_t before;
    unsigned bits = share_charge(&share, &fleet, &charge);

    cr_assert(ge(u64, charge, 1000000));
    share_refund(&share, bits);
    before = share.served;
    share_charge(&share, &fleet, &charge);
    cr_assert(eq(u64, charge, 1));
    cr_assert(gt(u64, share.served, before));
    cr_assert(eq(u32, share.mean_us, 1000000));
}

Test(policy, a_job_of_hours_is_charged_as_a_minute)
{
    struct share share = {0};
    struct share fleet = {0};
    uint64_t charge;

    share_correct(&share, &fleet, share_charge(&share, &fleet, &charge),
                  UINT32_MAX);
    share_charge(&share, &fleet, &charge);
    cr_assert(eq(u64, charge, POLICY_CHARGE_US));
    cr_assert(eq(i64, share.owed, 0));
}

Test(policy, who_asked_for_nothing_has_no_claim_to_what_others_had)
{
    struct share busy = {.served = 5000, .mean_us = 100};
    struct share idle = {.mean_us = 100};
    struct share fleet = {0};
    uint64_t charge;

    share_charge(&busy, &fleet, &charge);
    cr_assert(eq(u64, fleet.served, 5000));
    share_charge(&idle, &fleet, &charge);
    cr_assert(eq(u64, idle.served, 5000 + charge));
    cr_assert(eq(u64, fleet.served, 5000), "time does not go back");
}

Test(policy, a_client_for_each_job_does_not_come_before_those_that_stay)
{
    struct share fleet = {0};
    struct share stays = {0};
    uint64_t charge;
    unsigned turns = 0;

    for (int i = 0; i < 1000; i++) {
        struct share comes;
        struct share *next = &stays;

        share_join(&comes, &fleet);
        if (comes.served < stays.served)
            next = &comes;
        turns += next == &stays;
        share_correct(next, &fleet, share_charge(next, &fleet, &charge), 5000);
    }
    cr_assert(gt(u32, turns, 300));
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
