/* test_wild.c - functions that run wild: the caller learns what happened, the
 * next job runs, and nothing is left behind
 *
 * What such a function does to the pipe, the page and the keeper is shown in
 * tests/unit/test_nanny_odd.c.  No more than four deaths a case: the fifth
 * would stop the computation.
 */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rig.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct rig r;

static void init(void)
{
    struct par_error err = {0};
    char path[600];
    struct par_file files[] = {{"wild.so", path}, {NULL, NULL}};
    struct par_setup s = {
        .kind = "object", .name = "wild", .files = files, .timeout = -1};

    rig_open(&r);
    r.slots = RIG_PROCESS;
    rig_worker(&r, RIG_IPC, RIG_PROCESS, 1);
    r.client = rig_client(&r, RIG_IPC);
    snprintf(path, sizeof path, "%s/tests/contract/wild.so",
             getenv("top_builddir"));
    cr_assert(eq(int, par_setup(r.client, &s, &r.handle, &err), 0), "%s",
              err.text);
}

static void fini(void)
{
    rig_close(&r);
}

TestSuite(wild, .init = init, .fini = fini, .timeout = 120);

static int64_t pid_of_slot(void)
{
    return rig_int(&r, "fine", PAR_NO_ARGS);
}

static void expect_text(struct par_result *got, const char *word)
{
    char text[PAR_ERROR_TEXT];

    par_result_error(got, text, sizeof text);
    cr_assert(ne(ptr, strstr(text, word), NULL), "%s: %s", word, text);
    par_result_clear(got);
}

/* It takes its slot down, and that is told with this word. */
static void takes_down(const char *name,
                       const struct par_value *args,
                       size_t n,
                       const char *word)
{
    struct par_result got = rig_run(&r, name, args, n);

    cr_assert(eq(int, got.status, PAR_WORKER_LOST), "%s", name);
    cr_assert(eq(int, got.executed, 1), "%s", name);
    expect_text(&got, word);
    cr_assert(gt(i64, pid_of_slot(), 0), "%s: the next one runs", name);
}

Test(wild, ends_by_a_signal)
{
    takes_down("segfault", PAR_NO_ARGS, "signal 11");
    takes_down("aborts", PAR_NO_ARGS, "signal 6");
    takes_down("overflows", PAR_NO_ARGS, "signal 11");
    takes_down("unloads_itself", PAR_NO_ARGS, "signal 11");
}

Test(wild, ends_by_an_exit)
{
    takes_down("exits", PAR_ARGS(42), "exit 42");
    takes_down("quits", PAR_ARGS(0), "exit 0");
    takes_down("leaves_the_thread", PAR_NO_ARGS, "exit 1");
}

Test(wild, becomes_another_program)
{
    takes_down("becomes_another", PAR_ARGS("exit 7"), "exit 7");
    takes_down("becomes_another", PAR_ARGS("exec sleep 1000"),
               "closed its pipe");
}

Test(wild, kills_those_around_it)
{
    takes_down("kills_its_group", PAR_NO_ARGS, "signal 9");
    takes_down("kills_its_parent", PAR_ARGS(SIGKILL), "keeper was killed");
    takes_down("kills_its_parent", PAR_ARGS(SIGSTOP), "keeper was killed");
}

Test(wild, leaves_no_descriptor_for_its_value)
{
    struct par_result got = rig_run(&r, "takes_all_descriptors", PAR_NO_ARGS);

    cr_assert(eq(int, got.status, PAR_WORKER_LOST));
    cr_assert(
        ne(ptr, memmem(got.data, got.len, "Too many open files", 19), NULL),
        "its last words say why");
    expect_text(&got, "exit 1");
    cr_assert(gt(i64, pid_of_slot(), 0), "the next one runs");
}

Test(wild, forks_and_both_return)
{
    struct par_result got;
    int64_t pid = pid_of_slot();

    cr_assert(eq(i64, rig_int(&r, "forks_and_returns", PAR_NO_ARGS), pid));
    got = rig_run(&r, "forks_and_throws", PAR_NO_ARGS);
    cr_assert(eq(int, got.status, PAR_EXCEPTION));
    expect_text(&got, "thrown");
    cr_assert(eq(i64, pid_of_slot(), pid), "it is the same slot");
}

/* Whatever comes of that, it is an answer. */
Test(wild, jumps_where_nothing_is_any_more)
{
    struct par_function f = rig_function(&r, "jumps_out");
    struct par_run_options o = {.timeout_ms = 300};
    struct par_error err = {0};
    struct par_result got;
    uint64_t job;

    cr_assert(eq(i64, rig_int(&r, "jumps_out", PAR_NO_ARGS), 1));
    par_run(r.client, &f, PAR_NO_ARGS, &o, &job, &err);
    cr_assert(eq(int, par_wait(r.client, job, 60000, &got, &err), 0), "%s",
              err.text);
    par_result_clear(&got);
    cr_assert(gt(i64, pid_of_slot(), 0));
}

Test(wild, changes_all_about_its_process)
{
    int64_t pid = rig_int(&r, "changes_everything", PAR_NO_ARGS);

    cr_assert(eq(i64, pid_of_slot(), pid), "the next one runs there");
    takes_down("exits", PAR_ARGS(3), "exit 3");
}

Test(wild, fills_the_memory)
{
    takes_down("fills_the_memory", PAR_NO_ARGS, "signal ");
}

Test(wild, closes_all_descriptors)
{
    takes_down("closes_everything", PAR_NO_ARGS, "closed its pipe");
}

static void expect_timeout(const char *name,
                           const struct par_value *args,
                           size_t n)
{
    struct par_run_options o = {.timeout_ms = 300};
    struct par_function f = rig_function(&r, name);
    struct par_error err = {0};
    struct par_result got;
    uint64_t job;

    cr_assert(eq(int, par_run(r.client, &f, args, n, &o, &job, &err), 0));
    cr_assert(eq(int, par_wait(r.client, job, 60000, &got, &err), 0), "%s: %s",
              name, err.text);
    cr_assert(eq(int, got.status, PAR_TIMEOUT), "%s", name);
    par_result_clear(&got);
    cr_assert(gt(i64, pid_of_slot(), 0), "%s: the next one runs", name);
}

Test(wild, never_ends)
{
    expect_timeout("deaf_to_all", PAR_NO_ARGS);
    expect_timeout("stops", PAR_NO_ARGS);
}

/* Are all of these processes gone? */
static unsigned count_alive(const char *path, unsigned *listed)
{
    FILE *f = fopen(path, "r");
    unsigned alive = 0;
    int pid;

    *listed = 0;
    while (f && fscanf(f, "%d", &pid) == 1) {
        ++*listed;
        alive += kill(pid, 0) == 0 || errno != ESRCH;
    }
    if (f)
        fclose(f);
    return alive;
}

/* T9, TP-05: dead when the answer comes. */
Test(wild, daemons_die_with_a_job_that_is_killed)
{
    struct par_function f = rig_function(&r, "begins_daemons");
    struct par_error err = {0};
    struct par_result got;
    unsigned listed = 0;
    uint64_t job;

    cr_assert(eq(int,
                 par_run(r.client, &f, PAR_ARGS(rig_path("daemons"), 1), NULL,
                         &job, &err),
                 0));
    while (count_alive(rig_path("daemons"), &listed) < 3)
        cr_assert(eq(int, par_wait(r.client, job, 5, &got, &err), -1));
    cr_assert(eq(int, par_cancel(r.client, job, PAR_KILL, &err), 0));
    cr_assert(eq(int, par_wait(r.client, job, 60000, &got, &err), 0));
    cr_assert(eq(int, got.status, PAR_CANCELLED));
    par_result_clear(&got);
    cr_assert(eq(uint, count_alive(rig_path("daemons"), &listed), 0));
    cr_assert(eq(uint, listed, 3));
}

/* What a job leaves behind that ends well is its slot's, and goes with it. */
Test(wild, daemons_die_with_the_slot_at_last)
{
    unsigned listed = 0;
    struct par_error err = {0};

    rig_int(&r, "begins_daemons", PAR_ARGS(rig_path("daemons"), 0));
    while (count_alive(rig_path("daemons"), &listed) < 3)
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    cr_assert(eq(int, par_teardown(r.client, r.handle, NULL, &err), 0), "%s",
              err.text);
    cr_assert(eq(uint, count_alive(rig_path("daemons"), &listed), 0));
}

Test(wild, shouts_a_hundred_megabytes)
{
    int64_t pid = pid_of_slot();

    cr_assert(eq(i64, rig_int(&r, "shouts", PAR_ARGS(100000000)), 1));
    cr_assert(eq(i64, pid_of_slot(), pid));
}

Test(wild, leaves_threads_and_zombies)
{
    int64_t pid = rig_int(&r, "leaves_a_thread", PAR_NO_ARGS);

    cr_assert(eq(i64, rig_int(&r, "leaves_zombies", PAR_NO_ARGS), pid));
    cr_assert(eq(i64, pid_of_slot(), pid), "it is the same slot");
}
