/* test_nanny_thread.c - thread slots: what cannot be killed is told */
#include "config.h"

#include "few_files.h"
#include "threading.h"

TestSuite(nanny_thread, .init = init, .fini = fini, .timeout = 60);

Test(nanny_thread, polite_function_is_cancelled)
{
    run_path(100, PATH_POLITE);
    WAIT_FOR(started == 1);
    say_pair(WIRE_CANCEL, 100, 1, 21, 60000);
    WAIT_FOR(count_answers(100) == 1);
    cr_assert(ne(uint, find_answer(100)->status, PAR_OK));
    cr_assert(eq(ptr, find_remark(100), NULL));
}

Test(nanny_thread, function_that_is_just_beginning_is_cancelled)
{
    run_path(100, PATH_HESITANT);
    WAIT_FOR(atomic_load(&between));
    say_pair(WIRE_CANCEL, 100, 1, 21, 60000);
    WAIT_FOR(count_answers(100) == 1);
    cr_assert(ne(uint, find_answer(100)->status, PAR_OK));
}

Test(nanny_thread, what_does_not_look_is_not_killable_and_runs_on)
{
    run_path(100, PATH_WAIT);
    WAIT_FOR(started == 1);
    say_pair(WIRE_CANCEL, 100, 1, 21, 10);
    WAIT_FOR(find_remark(100));
    cr_assert(eq(u64, find_remark(100)->ref, PAR_NOT_KILLABLE));
    cr_assert(eq(uint, count_answers(100), 0));
    run_path(101, PATH_ONE); /* the other slot serves meanwhile */
    cr_assert(eq(i64, value(wait_answer(101)), 1));
    atomic_store(&release, 1);
    WAIT_FOR(count_answers(100) == 1);
    cr_assert(eq(uint, find_answer(100)->status, PAR_OK));
}

Test(nanny_thread, kill_is_refused_at_once)
{
    run_path(100, PATH_WAIT);
    WAIT_FOR(started == 1);
    say(WIRE_CANCEL, 100, 2);
    WAIT_FOR(find_remark(100));
    cr_assert(eq(u64, find_remark(100)->ref, PAR_NOT_KILLABLE));
}

Test(nanny_thread, timeout_is_answered_once_and_its_thread_runs_on)
{
    term(17, 30);
    run_path(100, PATH_WAIT);
    cr_assert(eq(uint, wait_answer(100)->status, PAR_TIMEOUT));
    atomic_store(&release, 1);
    run_path(101, PATH_ONE);
    run_path(102, PATH_ONE);
    wait_answer(101);
    wait_answer(102);
    cr_assert(eq(uint, count_answers(100), 1));
}

Test(nanny_thread, timeout_of_what_is_not_killable_is_told)
{
    term(17, 400);
    run_path(100, PATH_WAIT);
    WAIT_FOR(started == 1);
    say(WIRE_CANCEL, 100, 2);
    WAIT_FOR(count_answers(100) == 1);
    for (unsigned i = 0; i < answer_count; i++)
        if (answers[i].is_result)
            cr_assert(eq(uint, answers[i].status, PAR_TIMEOUT));
}

Test(nanny_thread, what_waits_behind_a_long_one_goes_to_the_other)
{
    for (uint64_t id = 10; id < 40; id++) {
        run_path(id, PATH_ONE);
        wait_answer(id);
    }
    run_path(100, PATH_WAIT);
    for (uint64_t id = 101; id < 140; id++)
        run_path(id, PATH_ONE);
    for (uint64_t id = 101; id < 140; id++)
        cr_assert(eq(i64, value(wait_answer(id)), 1));
    cr_assert(eq(uint, count_answers(100), 0));
}

/* A broker that is started anew counts from the beginning. */
Test(nanny_thread, T16_late_answer_is_not_taken_for_a_new_runs)
{
    run_path(100, PATH_WAIT);
    WAIT_FOR(started == 1);
    say(WIRE_GOODBYE, 0, WIRE_REPLACED);
    link_server_drop(server, conn);
    WAIT_FOR(hellos == 2);
    forget_answers();
    answer_register();
    term_text(20, "never");
    run_path(100, PATH_POLITE); /* the same number, in the other slot */
    WAIT_FOR(started == 2);
    atomic_store(&release, 1);
    run_path(101, PATH_ONE);
    cr_assert(eq(i64, value(wait_answer(101)), 1));
    cr_assert(eq(uint, count_answers(100), 0));
    say(WIRE_CANCEL, 100, 1);
    WAIT_FOR(count_answers(100) == 1);
    cr_assert(ne(uint, find_answer(100)->status, PAR_OK));
}

Test(nanny_thread, commands_are_processes_all_the_same)
{
    struct bundle_draft draft = {.name = "sh", .kind = BUNDLE_EXEC};

    say_setup(2, HANDLE, &draft);
    cr_assert(eq(int, (int)wait_answer(2)->type, WIRE_READY));
    COMMAND(100, "sh", "-c", "kill -9 $$");
    cr_assert(eq(uint, wait_answer(100)->status, PAR_SIGNAL));
}

Test(nanny_thread, other_programs_are_refused)
{
    static const char other[] = "#!/bin/true";
    struct bundle_file file = serve("prog", other, sizeof other - 1);
    struct bundle_draft draft = {
        .name = "self", .kind = BUNDLE_SELF, .files = &file, .file_count = 1};
    struct answer *a;

    say_setup(2, HANDLE, &draft);
    a = wait_answer(2);
    cr_assert(eq(int, (int)a->type, WIRE_ERROR));
    cr_assert(strstr(words(a), "thread slots") != NULL, "%s", words(a));
}

Test(nanny_thread, thread_that_starts_ends_the_time_of_those_that_did_not)
{
    run_path(100, PATH_ONE);
    wait_answer(100);
    run_path(101, PATH_WAIT);
    WAIT_FOR(atomic_load(&waiting) == 1);
    allow_files(false);
    run_path(102, PATH_ONE);
    WAIT_FOR(nanny->starts.since);
    cr_assert(strstr(nanny->starts.why, "Too many open files") != NULL, "%s",
              nanny->starts.why);
    allow_files(true);
    wait_answer(102);
    cr_assert(eq(u64, nanny->starts.since, 0));
    atomic_store(&release, 1);
    wait_answer(101);
}
