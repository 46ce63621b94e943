/* test_nanny_blame.c - what dies, is ended or does not end: who is to blame */
#include "config.h"

#include <criterion/criterion.h>

#include <signal.h>

#include "meta_keys.h"
#include "nursing.h"

static void init(void)
{
    nursing_open();
    nurse();
    set_up();
}

TestSuite(nanny_blame, .init = init, .fini = nursing_close, .timeout = 60);

static void expect_ok(uint64_t id)
{
    struct answer *a = wait_answer(id);

    cr_assert(eq(uint, a->status, PAR_OK), "%s", words(a));
    cr_assert(eq(uint, count_answers(id), 1));
}

Test(nanny_blame, crash_takes_down_nothing_but_itself)
{
    struct answer *a;
    char text[100];

    run0(100, "crash");
    begin_runs(101, "add");
    for (int i = 0; i < 20; i++)
        add_args(2, (int64_t[]){i, i});
    end_runs();
    a = wait_answer(100);
    cr_assert(eq(uint, a->status, PAR_WORKER_LOST));
    cr_assert(eq(uint, a->executed, WIRE_MAYBE_EXECUTED));
    cr_assert(eq(str, exit_of(a), "signal 11"));
    snprintf(text, sizeof text,
             "slot 1 of w.1 was killed by signal 11 (Segmentation fault)");
    if (words(a)[5] == '2')
        text[5] = '2';
    cr_assert(eq(str, words(a), text), "XP-13");
    for (uint64_t id = 101; id < 121; id++)
        expect_ok(id);
}

Test(nanny_blame, TP_08_exit_is_told_with_its_code_and_last_words)
{
    struct answer *a;

    RUN(100, "leave", 42);
    a = wait_answer(100);
    cr_assert(eq(uint, a->status, PAR_WORKER_LOST));
    cr_assert(eq(str, exit_of(a), "exit 42"));
    cr_assert(strstr(words(a), "ended with exit 42") != NULL, "%s", words(a));
    RUN(101, "add", 1, 1);
    expect_ok(101);
}

/* Many short ones, and one that kills in their midst: exactly that one is
 * blamed. */
Test(nanny_blame, T10_only_the_run_that_had_begun_is_blamed)
{
    for (uint64_t id = 100; id < 120; id++) {
        RUN(id, "add", 1, 1);
        expect_ok(id); /* the mean is known: from now on in batches */
    }
    for (uint64_t id = 200; id < 240; id++) {
        if (id == 220)
            run0(id, "crash");
        else
            RUN(id, "add", 1, 1);
    }
    for (uint64_t id = 200; id < 240; id++) {
        struct answer *a = wait_answer(id);

        cr_assert(eq(uint, count_answers(id), 1));
        cr_assert(eq(uint, a->status, id == 220 ? PAR_WORKER_LOST : PAR_OK),
                  "%s", words(a));
    }
}

Test(nanny_blame, timeout_kills_and_says_so)
{
    struct answer *a;

    term(17, 50);
    RUN(100, "nap", 60000);
    a = wait_answer(100);
    cr_assert(eq(uint, a->status, PAR_TIMEOUT));
    cr_assert(eq(uint, a->executed, WIRE_MAYBE_EXECUTED));
    cr_assert(eq(str, words(a), "ran longer than 50 ms"));
    RUN(101, "add", 1, 1);
    expect_ok(101);
}

Test(nanny_blame, timeout_counts_in_the_grace_of_a_cancel)
{
    term(17, 100);
    RUN(100, "nap", 60000);
    WAIT_FOR(started == 1);
    say_pair(WIRE_CANCEL, 100, 1, 21, 60000);
    WAIT_FOR(count_answers(100) == 1);
}

Test(nanny_blame, timeout_counts_running_only)
{
    term(17, 5000);
    begin_runs(100, "nap");
    for (int i = 0; i < 6; i++)
        add_args(1, (int64_t[]){20});
    end_runs();
    for (uint64_t id = 100; id < 106; id++)
        expect_ok(id);
}

Test(nanny_blame, cancel_of_a_queued_run_executes_nothing)
{
    struct answer *a;

    RUN(100, "nap", 60000);
    RUN(101, "nap", 60000);
    RUN(102, "nap", 60000);
    WAIT_FOR(started == 2);
    say(WIRE_CANCEL, 102, 2);
    a = wait_answer(102);
    cr_assert(eq(uint, a->status, PAR_CANCELLED));
    cr_assert(eq(uint, a->executed, WIRE_NOT_EXECUTED));
    say(WIRE_CANCEL, 100, 2);
    say(WIRE_CANCEL, 101, 2);
    wait_answer(100);
    a = wait_answer(101);
    cr_assert(eq(uint, a->status, PAR_CANCELLED));
    cr_assert(eq(uint, a->executed, WIRE_MAYBE_EXECUTED));
}

/* Also one that is in a slot's hands already, behind another. */
Test(nanny_blame, cancel_of_what_has_not_begun_in_a_slot_executes_nothing)
{
    struct answer *a;

    for (uint64_t id = 10; id < 30; id++) {
        RUN(id, "nap", 0);
        expect_ok(id);
    }
    begin_runs(100, "nap");
    for (int i = 0; i < 10; i++)
        add_args(1, (int64_t[]){i < 2 ? 400 : 0});
    end_runs();
    say(WIRE_CANCEL, 109, 2);
    a = wait_answer(109);
    if (a->status == PAR_CANCELLED)
        cr_assert(eq(uint, a->executed, WIRE_NOT_EXECUTED));
    for (uint64_t id = 100; id < 109; id++)
        expect_ok(id);
}

Test(nanny_blame, soft_cancel_asks_first)
{
    struct answer *a;

    run0(100, "until_cancelled");
    WAIT_FOR(started == 1);
    say_pair(WIRE_CANCEL, 100, 1, 21, 60000);
    a = wait_answer(100);
    cr_assert(eq(uint, a->executed, WIRE_EXECUTED));
    cr_assert(ne(uint, a->status, PAR_OK));
    RUN(101, "add", 1, 1);
    expect_ok(101);
}

Test(nanny_blame, soft_cancel_kills_after_the_grace)
{
    struct answer *a;

    RUN(100, "nap", 60000);
    WAIT_FOR(started == 1);
    say_pair(WIRE_CANCEL, 100, 1, 21, 20);
    a = wait_answer(100);
    cr_assert(eq(uint, a->status, PAR_CANCELLED));
    cr_assert(eq(uint, a->executed, WIRE_MAYBE_EXECUTED));
}

Test(nanny_blame, result_that_won_the_race_stands)
{
    run0(100, "stubborn"); /* gives its value when it is asked to stop */
    WAIT_FOR(started == 1);
    say_pair(WIRE_CANCEL, 100, 1, 21, 60000);
    expect_ok(100);
    say(WIRE_CANCEL, 100, 2);
    say(WIRE_PING, 7, 0);
    wait_answer(7);
    cr_assert(eq(uint, count_answers(100), 1));
}

Test(nanny_blame, cancel_never_lets_it_run_on_and_says_so)
{
    struct answer *a;

    term_text(20, "never");
    RUN(100, "nap", 100);
    WAIT_FOR(started == 1);
    say(WIRE_CANCEL, 100, 0);
    a = wait_answer(100); /* the remark, or the result */
    if (!a->is_result)
        cr_assert(eq(u64, a->ref, PAR_NOT_KILLABLE));
    WAIT_FOR(count_answers(100) == 1);
    expect_ok(100);
}

Test(nanny_blame, cancel_of_an_unknown_run_is_harmless)
{
    struct answer *a;

    say(WIRE_CANCEL, 999, 2);
    a = wait_answer(999);
    cr_assert(eq(int, (int)a->type, WIRE_ERROR));
    cr_assert(eq(u64, a->ref, PAR_UNKNOWN_ID));
}

Test(nanny_blame, five_deaths_stop_a_computation_here)
{
    struct answer *a;

    for (uint64_t id = 100; id < 105; id++) {
        run0(id, "crash");
        wait_answer(id);
    }
    a = wait_answer(0);
    cr_assert(eq(int, (int)a->type, WIRE_ERROR));
    cr_assert(eq(u64, a->ref, PAR_SETUP_FAILED));
    cr_assert(eq(i64, meta_int(a->data, a->len, KEY_ANY_HANDLE, 0), HANDLE));
    RUN(110, "add", 1, 1);
    a = wait_answer(110);
    cr_assert(eq(uint, a->status, PAR_WORKER_LOST));
    cr_assert(eq(uint, a->executed, WIRE_NOT_EXECUTED), "others may run it");
    forget_answers();
    set_up(); /* somebody wants it again */
    RUN(111, "add", 1, 1);
    expect_ok(111);
}

/* While the clock stands nobody notices that the first nap takes long: it is
 * seen after the computation has been stopped. */
Test(nanny_blame, what_a_stopped_computation_gets_back_is_answered)
{
    enum { WARM = 60, NAPS = 12 };
    unsigned held = 0;

    for (uint64_t id = 100; id < 104; id++) {
        run0(id, "crash");
        wait_answer(id);
    }
    RUN(110, "nap", 20); /* both slots are there ... */
    RUN(111, "nap", 20);
    wait_answer(110);
    wait_answer(111);
    begin_runs(200, "nap"); /* ... and naps known to be short */
    for (int i = 0; i < WARM; i++)
        add_args(1, (int64_t[]){0});
    end_runs();
    for (uint64_t id = 200; id < 200 + WARM; id++)
        expect_ok(id);
    stands = clock_ms();
    begin_runs(300, "nap");
    for (int i = 0; i < NAPS; i++)
        add_args(1, (int64_t[]){i == 0 ? 60000 : 0});
    end_runs();
    wait_answer(300 + NAPS - 1);
    run0(400, "crash");
    cr_assert(eq(u64, wait_answer(0)->ref, PAR_SETUP_FAILED));
    for (uint64_t id = 301; id < 300 + NAPS; id++)
        held += count_answers(id) == 0;
    cr_assert(gt(uint, held, 0), "behind the first");
    stands = 0;
    for (uint64_t id = 301; id < 300 + NAPS; id++) {
        struct answer *a = wait_answer(id);

        if (a->status != PAR_OK)
            cr_assert(eq(uint, a->executed, WIRE_NOT_EXECUTED), "%s", words(a));
        cr_assert(eq(uint, count_answers(id), 1));
    }
}

/* Not begun, so nobody is to blame and another slot runs it. */
Test(nanny_blame, what_a_stopped_process_was_given_is_run_by_another)
{
    pid_t pid;

    run0(100, "interrupt");
    pid = (pid_t)value(wait_answer(100));
    cr_assert(eq(int, kill(pid, SIGSTOP), 0));
    for (uint64_t id = 101; id < 105; id++)
        RUN(id, "nap", 0);
    for (int i = 0; i < 30; i++) { /* time passes */
        turn();
        ahead += 500;
    }
    for (uint64_t id = 101; id < 105; id++)
        expect_ok(id);
    run0(105, "interrupt");
    cr_assert(ne(i64, value(wait_answer(105)), (int64_t)pid));
}

Test(nanny_blame, recall_gives_back_what_has_not_begun)
{
    RUN(100, "nap", 300);
    RUN(101, "nap", 300);
    RUN(102, "nap", 0);
    RUN(103, "nap", 0);
    WAIT_FOR(started == 2);
    say(WIRE_RECALL, 50, 0);
    wait_answer(50);
    cr_assert(eq(uint, recalled_count, 2));
    cr_assert(eq(u64, recalled[0] + recalled[1], 205));
    expect_ok(100);
    expect_ok(101);
    cr_assert(eq(uint, count_answers(102) + count_answers(103), 0));
}

Test(nanny_blame, XP_12_drains)
{
    RUN(100, "nap", 200);
    RUN(101, "nap", 200);
    RUN(102, "nap", 0);
    WAIT_FOR(started == 2);
    nanny_drain(nanny, clock_ms());
    WAIT_FOR(nanny_state(nanny) == NANNY_ENDED && goodbyes == 2);
    cr_assert(eq(u64, last_goodbye, WIRE_DONE));
    cr_assert(eq(uint, recalled_count, 1));
    expect_ok(100);
    expect_ok(101);
}

Test(nanny_blame, XP_12_second_signal_kills_and_answers)
{
    struct answer *a;

    RUN(100, "nap", 60000);
    WAIT_FOR(started == 1);
    nanny_drain(nanny, clock_ms());
    nanny_kill(nanny, clock_ms());
    WAIT_FOR(nanny_state(nanny) == NANNY_ENDED && goodbyes == 2);
    a = wait_answer(100);
    cr_assert(eq(uint, a->status, PAR_WORKER_LOST));
    cr_assert(eq(uint, a->executed, WIRE_MAYBE_EXECUTED));
}

/* ---- the broker is lost ---- */

Test(nanny_blame, lost_broker_is_found_again_and_slots_are_still_warm)
{
    int64_t pid;

    RUN(101, "nap", 60000);
    WAIT_FOR(started == 1);
    run0(100, "interrupt"); /* in the other slot */
    pid = value(wait_answer(100));
    say(WIRE_GOODBYE, 0, WIRE_REPLACED);
    link_server_drop(server, conn);
    WAIT_FOR(hellos == 2);
    forget_answers();
    file_count = 0;
    set_up();
    RUN(101, "add", 1, 1); /* the number of one that is being killed */
    cr_assert(eq(i64, value(wait_answer(101)), 2));
    run0(200, "interrupt");
    cr_assert(eq(i64, value(wait_answer(200)), pid));
    cr_assert(eq(uint, count_answers(101), 1), "the old session's are fenced");
}

/* Lose the broker, and be set up again for `who`: the process that then
 * serves. */
static int64_t served_anew(const char *who)
{
    unsigned before = hellos;

    say(WIRE_GOODBYE, 0, WIRE_REPLACED);
    link_server_drop(server, conn);
    WAIT_FOR(hellos == before + 1);
    forget_answers();
    owner = who;
    set_up();
    run0(100, "interrupt");
    return value(wait_answer(100));
}

Test(nanny_blame, warm_slots_are_for_the_owner_that_warmed_them)
{
    static const char me[] = "0123456789abcdef0123456789abcdef",
                      him[] = "0123456789abcdef0123456789abcdeF";
    int64_t pid, his;

    run0(100, "interrupt");
    pid = value(wait_answer(100));
    his = served_anew(him);
    cr_assert(ne(i64, his, pid), "another account has slots of its own");
    cr_assert(eq(i64, served_anew(me), pid));
    cr_assert(eq(i64, served_anew(him), his));
}

Test(nanny_blame, slots_of_unknown_owners_are_not_kept)
{
    int64_t pid = served_anew(NULL);

    cr_assert(ne(i64, served_anew(NULL), pid));
}
