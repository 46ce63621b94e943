/* test_nanny_command.c - commands: exit codes, surroundings, process trees */
#include "config.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <signal.h>

#include "nursing.h"

static struct bundle_draft draft;

static void init(void)
{
    nursing_open();
    nurse();
    draft = (struct bundle_draft){.name = "sh", .kind = BUNDLE_EXEC};
}

TestSuite(nanny_command, .init = init, .fini = nursing_close, .timeout = 60);

static struct answer *expect(uint64_t id, unsigned status)
{
    struct answer *a = wait_answer(id);

    cr_assert(eq(uint, a->status, status), "%s", words(a));
    cr_assert(output_ended[1] && output_ended[2], "streams end first");
    return a;
}

Test(nanny_command, prints_and_ends_well)
{
    struct answer *a;

    set_up_draft(&draft);
    COMMAND(100, "sh", "-c", "echo out; echo err >&2");
    a = expect(100, PAR_OK);
    cr_assert(eq(sz, a->len, 0));
    cr_assert(eq(uint, a->executed, WIRE_EXECUTED));
    cr_assert(eq(str, output[1], "out\n"));
    cr_assert(eq(str, output[2], "err\n"));
}

Test(nanny_command, exit_code_is_told)
{
    struct answer *a;

    set_up_draft(&draft);
    COMMAND(100, "sh", "-c", "echo why >&2; exit 42");
    a = expect(100, PAR_EXIT);
    cr_assert(eq(str, exit_of(a), "exit 42"));
    cr_assert(eq(str, words(a), "sh: exit 42 on w.1"));
    cr_assert(eq(uint, a->executed, WIRE_EXECUTED));
}

Test(nanny_command, signal_is_told)
{
    struct answer *a;

    set_up_draft(&draft);
    COMMAND(100, "sh", "-c", "kill -9 $$");
    a = expect(100, PAR_SIGNAL);
    cr_assert(eq(str, exit_of(a), "signal 9"));
}

Test(nanny_command, missing_command_is_127)
{
    struct answer *a;

    set_up_draft(&draft);
    COMMAND(100, "no-such-command");
    a = expect(100, PAR_EXIT);
    cr_assert(eq(str, exit_of(a), "exit 127"));
    cr_assert(eq(uint, a->executed, WIRE_NOT_EXECUTED));
    cr_assert(
        eq(str, words(a), "exec no-such-command: No such file or directory"));
}

Test(nanny_command, what_may_not_be_executed_is_126)
{
    struct answer *a;

    set_up_draft(&draft);
    COMMAND(100, "/etc/passwd");
    a = expect(100, PAR_EXIT);
    cr_assert(eq(str, exit_of(a), "exit 126"));
}

Test(nanny_command, missing_program_of_the_caller_is_explained)
{
    struct answer *a;
    char want[400];

    set_up_draft(&draft);
    COMMAND(100, "./prog");
    a = expect(100, PAR_EXIT);
    snprintf(want, sizeof want, "not on host");
    cr_assert(strstr(words(a), want) && strstr(words(a), "-f ./prog"), "%s",
              words(a));
    cr_assert(eq(str, exit_of(a), "exit 127"));
}

Test(nanny_command, words_of_the_manifest_come_first)
{
    static const struct bundle_text argv[] = {{"sh", 2}, {"-c", 2}};

    draft.argv = argv;
    draft.argv_count = 2;
    set_up_draft(&draft);
    COMMAND(100, "echo hi");
    expect(100, PAR_OK);
    cr_assert(eq(str, output[1], "hi\n"));
}

Test(nanny_command, arguments_that_are_no_words_are_refused)
{
    struct answer *a;

    set_up_draft(&draft);
    begin_runs_at(100, (uint64_t)HANDLE << 32);
    add_args(2, (int64_t[]){1, 2});
    end_runs();
    a = wait_answer(100);
    cr_assert(eq(uint, a->status, PAR_BAD_ARGS));
    cr_assert(eq(uint, a->executed, WIRE_NOT_EXECUTED));
    COMMAND(101, "echo", "still here");
    expect(101, PAR_OK);
}

Test(nanny_command, finds_its_files_in_a_folder_of_its_own)
{
    static const char script[] = "#!/bin/sh\ncat data; echo more >>data; pwd";
    struct bundle_file list[2];
    char first[500];

    list[0] = serve("prog", script, sizeof script - 1);
    list[1] = serve("data", "data\n", 5);
    draft.files = list;
    draft.file_count = 2;
    set_up_draft(&draft);
    COMMAND(100, "./prog");
    expect(100, PAR_OK);
    cr_assert(strncmp(output[1], "data\n/", 6) == 0, "%s", output[1]);
    snprintf(first, sizeof first, "%.400s", output[1] + 5);
    first[strcspn(first, "\n")] = 0;
    output_len[1] = output_len[2] = 0;
    COMMAND(101, "./prog");
    expect(101, PAR_OK);
    cr_assert(strncmp(output[1], "data\n/", 6) == 0, "%s", output[1]);
    cr_assert(strncmp(output[1] + 5, first, strlen(first)) != 0,
              "the first one changed its copy alone");
    WAIT_FOR(access(first, F_OK) != 0); /* removed afterwards */
}

Test(nanny_command, environment_is_small_and_says_who_it_is)
{
    static struct bundle_pair env[] = {{{"COLOUR", 6}, {"red=ish \"x\"", 11}}};

    setenv("PAR_TEST_SECRET", "1", 1);
    draft.env = env;
    draft.env_count = 1;
    set_up_draft(&draft);
    term(69, 2);
    COMMAND(100, "sh", "-c",
            "echo $PAR_WORKER $PAR_ATTEMPT $PAR_TEST_SECRET. $PAR_SLOT "
            "$COLOUR; umask");
    expect(100, PAR_OK);
    cr_assert(strncmp(output[1], "w.1 2 . ", 8) == 0, "%s", output[1]);
    cr_assert(strstr(output[1], " red=ish \"x\"\n0077\n") != NULL, "%s",
              output[1]);
}

Test(nanny_command, its_number_and_grants_are_in_the_environment)
{
    set_up_draft(&draft);
    meta_put_uint(&terms, 31);
    meta_put_map(&terms, 1);
    meta_put_str(&terms, "gpu");
    meta_put_str(&terms, "0,2");
    term_count++;
    COMMAND(WIRE_BROKER_ID | 17, "sh", "-c",
            "echo $PAR_JOB $PAR_GPU $CUDA_VISIBLE_DEVICES");
    expect(WIRE_BROKER_ID | 17, PAR_OK);
    cr_assert(eq(str, output[1], "17 0,2 0,2\n"));
}

static const char *host_id(void)
{
    static char id[64];
    struct meta_reader r;
    struct meta_value v, key;

    cr_assert(meta_find(hello.data, hello.len, 25, &v, &r));
    while (meta_next(&r, &key) && meta_next(&r, &v))
        if (key.kind == META_INT && key.i == 6)
            snprintf(id, sizeof id, "%.*s", (int)v.len, v.data);
    return id;
}

Test(nanny_command, on_the_callers_own_host_it_is_as_if_at_home)
{
    static struct bundle_pair env[] = {{{"HERE", 4}, {"there", 5}},
                                       {{"PATH", 4}, {"/bin:/usr/bin", 13}}};
    struct bundle_local local = {.host_id = bundle_text(host_id()),
                                 .uid = geteuid(),
                                 .cwd = bundle_text(scratch),
                                 .umask = 027};
    char want[200];

    draft.local = &local;
    draft.local_env = env;
    draft.local_env_count = 2;
    set_up_draft(&draft);
    COMMAND(100, "sh", "-c", "pwd -P; echo $HERE; umask; echo x$HOME");
    expect(100, PAR_OK);
    snprintf(want, sizeof want, "%s\nthere\n0027\nx\n", scratch);
    cr_assert(eq(str, output[1], want));
}

Test(nanny_command, on_another_host_the_callers_place_means_nothing)
{
    struct bundle_local local = {.host_id = bundle_text("elsewhere"),
                                 .uid = geteuid(),
                                 .cwd = bundle_text("/"),
                                 .umask = 027};

    draft.local = &local;
    set_up_draft(&draft);
    COMMAND(100, "sh", "-c", "pwd; umask");
    expect(100, PAR_OK);
    cr_assert(strncmp(output[1], "/\n", 2) != 0);
    cr_assert(strstr(output[1], "0077") != NULL);
}

Test(nanny_command, a_missing_folder_of_the_caller_is_named)
{
    struct bundle_local local = {.host_id = bundle_text(host_id()),
                                 .uid = geteuid(),
                                 .cwd = bundle_text("/no/such/folder"),
                                 .umask = 027};
    struct answer *a;

    draft.local = &local;
    set_up_draft(&draft);
    COMMAND(100, "true");
    a = wait_answer(100);
    cr_assert(eq(uint, a->status, PAR_INTERNAL));
    cr_assert(
        eq(str, words(a), "chdir /no/such/folder: No such file or directory"));
}

/* ---- trees ---- */

Test(nanny_command, TP_05_loops_until_it_is_killed)
{
    struct answer *a;

    set_up_draft(&draft);
    COMMAND(100, "sh", "-c", "trap '' TERM; while :; do :; done");
    WAIT_FOR(started == 1);
    say_pair(WIRE_CANCEL, 100, 1, 21, 30);
    a = expect(100, PAR_CANCELLED);
    cr_assert(eq(uint, a->executed, WIRE_MAYBE_EXECUTED));
}

Test(nanny_command, timeout_ends_the_whole_tree)
{
    int pid;

    set_up_draft(&draft);
    term(17, 100);
    COMMAND(100, "sh", "-c",
            "trap '' TERM; (setsid sh -c 'trap \"\" TERM; echo $$; sleep 60' "
            "&) ; sleep 60");
    expect(100, PAR_TIMEOUT);
    cr_assert(eq(str, words(find_answer(100)), "ran longer than 100 ms"));
    pid = atoi(output[1]);
    cr_assert(gt(int, pid, 0));
    cr_assert(eq(int, kill(pid, 0), -1), "it is gone with its tree");
}

Test(nanny_command, its_background_ends_with_it)
{
    set_up_draft(&draft);
    COMMAND(100, "sh", "-c", "sleep 60 & echo $!");
    expect(100, PAR_OK);
    cr_assert(eq(int, kill(atoi(output[1]), 0), -1));
}

Test(nanny_command, soft_cancel_is_sigterm)
{
    set_up_draft(&draft);
    COMMAND(100, "sh", "-c",
            "trap 'echo bye; exit 3' TERM; echo up; "
            "while :; do sleep 0.01; done");
    WAIT_FOR(output_len[1] > 0);
    say_pair(WIRE_CANCEL, 100, 1, 21, 60000);
    expect(100, PAR_CANCELLED);
    cr_assert(eq(str, output[1], "up\nbye\n"));
}

Test(nanny_command, many_share_the_slots)
{
    set_up_draft(&draft);
    for (uint64_t id = 100; id < 120; id++)
        COMMAND(id, "true");
    for (uint64_t id = 100; id < 120; id++) {
        wait_answer(id);
        cr_assert(eq(uint, find_answer(id)->status, PAR_OK));
        output_len[1] = output_len[2] = 0;
    }
}

Test(nanny_command, DI_31_those_that_wait_do_not_take_slots)
{
    set_up_draft(&draft);
    for (uint64_t id = 100; id < 110; id++) {
        term_text(7, "io");
        COMMAND(id, "sleep", "0.3");
    }
    COMMAND(200, "true");
    WAIT_FOR(find_answer(200));
    cr_assert(eq(ptr, find_answer(100), NULL));
    WAIT_FOR(started >= 10); /* all at once, with two slots */
    for (uint64_t id = 100; id < 110; id++)
        wait_answer(id);
}

Test(nanny_command, wall_limit_of_the_manifest_ends_it)
{
    draft.limits[BUNDLE_WALL] = 100;
    set_up_draft(&draft);
    COMMAND(100, "sleep", "60");
    expect(100, PAR_LIMIT);
}
