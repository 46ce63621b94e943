/* test_slot_blame.c - a slot dies: results that got out, and the one to blame
 */
#include "config.h"

#include <criterion/criterion.h>
#include <stdarg.h>

#include "clock.h"
#include "slotting.h"

static void start_ready(void)
{
    start_slot();
    set_up(2);
    expect_ready();
}

TestSuite(slot_blame, .init = start_ready, .fini = stop_slot, .timeout = 60);

static uint8_t copy[PAGE_OUTBOX];

/* Read what left, then what had not: how many results in all? */
static int collect(void)
{
    int count = 0;

    while (next() == PIPE_MESSAGE)
        count += msg.head.count;
    if (page_collect(page, copy, &msg))
        count += msg.head.count;
    return count;
}

static void run_bad(const char *name)
{
    begin_runs(name);
    batch_add_run(&batch, 0, NULL, 0);
    next_id++;
    send_runs();
}

static void add_many(int count)
{
    begin_runs("add");
    for (int i = 0; i < count; i++)
        add_args("ii", i, 0);
    send_runs();
}

/* T10: two finished, one to blame, one that had not begun. */
Test(slot_blame, a_crash_blames_the_one_that_ran)
{
    uint64_t dispatch, since;

    kill(slot, SIGSTOP);
    add_many(2);
    run_bad("crash");
    run("count");
    kill(slot, SIGCONT);
    cr_assert(eq(int, collect(), 2));
    cr_assert(eq(u64, page_close(page), 3));
    cr_assert(page_running(page, &dispatch, &since));
    cr_assert(eq(u64, dispatch, 102));
    cr_assert(gt(u64, since, 0));
    cr_assert(eq(int, WTERMSIG(slot_status()), SIGSEGV));
}

Test(slot_blame, an_exit_blames_the_one_that_called_it)
{
    add_many(1);
    begin_runs("leave");
    add_args("i", 42);
    add_args("i", 43);
    send_runs();
    cr_assert(eq(int, collect(), 1));
    cr_assert(eq(u64, page_close(page), 2));
    cr_assert(eq(int, WEXITSTATUS(slot_status()), 42));
}

/* ---- when results leave ---- */

/* Make it known how long add() and nap() take. */
static void warm_up(void)
{
    add_many(1);
    expect_int(0);
    begin_runs("nap");
    add_args("i", 1);
    send_runs();
    next_result();
}

Test(slot_blame, quick_results_leave_together)
{
    int frames = 0;
    int results = 0;

    warm_up();
    add_many(200);
    while (results < 200) {
        expect_type(WIRE_RESULT);
        results += msg.head.count;
        frames++;
    }
    cr_assert(lt(int, frames, 100), "%d frames", frames);
}

Test(slot_blame, a_result_does_not_wait_for_a_long_job_behind_it)
{
    uint64_t dispatch, since;

    warm_up();
    add_many(1);
    run("until_cancelled");
    expect_int(0);
    while (!page_running(page, &dispatch, &since))
        poll(NULL, 0, 1);
    cr_assert(eq(u64, dispatch, 103));
    atomic_store(&page->cancel, dispatch);
    expect_failed(PAR_CANCELLED, WIRE_EXECUTED, "as you wish");
}

/* A function that is quick as a rule, and once is not: its nanny finds the
 * results that wait behind it in the outbox. */
Test(slot_blame, a_result_behind_a_surprise_is_in_the_outbox)
{
    begin_runs("nap");
    for (int i = 0; i < 40; i++)
        add_args("i", 0);
    add_args("i", 0);
    add_args("i", 600000);
    send_runs();
    while (atomic_load(&page->running) != next_id - 1)
        poll(NULL, 0, 1);
    page_collect(page, copy, &msg);
    kill(slot, SIGKILL);
    cr_assert(eq(int, collect(), 41));
    slot_status();
}

Test(slot_blame, large_results_leave_at_once_and_keep_the_order)
{
    begin_runs("large");
    for (int i = 0; i < 4; i++)
        add_args("i", i % 2 ? 200000 : 10);
    send_runs();
    for (uint64_t i = 0; i < 4; i++) {
        cr_assert(eq(u64, next_result(), 100 + i));
        cr_assert(eq(sz, value().len, i % 2 ? 200000 : 10));
    }
}

Test(slot_blame, as_many_results_as_there_are_come_through)
{
    int results = 0;

    for (int i = 0; i < 20; i++)
        add_many(500);
    while (results < 10000) {
        expect_type(WIRE_RESULT);
        results += msg.head.count;
    }
    cr_assert(eq(u64, atomic_load(&page->finished), 10000));
}

/* ---- cancelling, taking back ---- */

Test(slot_blame, a_value_that_won_the_race_stands)
{
    uint64_t dispatch = next_id;

    run("stubborn");
    atomic_store(&page->cancel, dispatch);
    expect_int(1);
}

Test(slot_blame, what_has_not_begun_can_be_taken_back)
{
    uint64_t first = next_id, begun, dispatch, since;

    run("until_cancelled");
    add_many(100);
    while (!page_running(page, &dispatch, &since))
        poll(NULL, 0, 1);
    begun = page_close(page);
    cr_assert(eq(u64, begun, 1));
    say(WIRE_PING, 8, 1, NULL);
    atomic_store(&page->cancel, first);
    expect_failed(PAR_CANCELLED, WIRE_EXECUTED, "as you wish");
    expect_type(WIRE_PONG);
    page_reopen(page);
    add_many(3);
    expect_int(0);
    expect_int(1);
    expect_int(2);
    cr_assert(eq(u64, page_close(page), 4));
}

/* At any moment: every item is either answered or handed back. */
Test(slot_blame, taking_back_loses_and_repeats_nothing)
{
    uint64_t given = 0, answered = 0;

    for (int round = 0; round < 60; round++) {
        add_many(60);
        given += 60;
        for (int spin = 0; spin < round * 40; spin++)
            atomic_load(&page->next);
        given = page_close(page);
        say(WIRE_PING, 8, 1, NULL);
        do {
            cr_assert(eq(int, next(), PIPE_MESSAGE));
            answered += msg.head.type == WIRE_RESULT ? msg.head.count : 0;
        } while (msg.head.type != WIRE_PONG);
        cr_assert(eq(u64, answered, given));
        page_reopen(page);
    }
}
