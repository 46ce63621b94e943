/* test_endings.c - every way a job can end, told truthfully everywhere
 *
 * Ids in comments are the cases that users rely on.
 */
#include "config.h"

#include "lanes.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* DI-22, RP-04, TP-19 */
ON_EVERY_LANE(state_of_a_slot_is_kept_from_job_to_job)
{
    START(1);
    int64_t pid = rig_int(&r, "pid", PAR_NO_ARGS);

    for (int64_t i = 1; i <= 5; i++)
        cr_assert(eq(i64, rig_int(&r, "calls", PAR_NO_ARGS), i));
    for (int64_t i = 1; i <= 3; i++)
        cr_assert(eq(i64, rig_int(&r, "my_calls", PAR_NO_ARGS), i));
    cr_assert(eq(i64, rig_int(&r, "pid", PAR_NO_ARGS), pid),
              "a warm slot is the same process");
    rig_close(&r);
}

/* TP-41: a job that waits is cancelled at once, and never begins. */
ON_EVERY_LANE(cancel_of_a_queued_job_is_immediate)
{
    START(1);
    struct par_function linger = rig_function(&r, "linger");
    struct par_result got;
    uint64_t first, more[6];

    cr_assert(
        eq(int, par_run(r.client, &linger, PAR_ARGS(60000), NULL, &first, &err),
           0));
    for (int i = 0; i < 6; i++)
        cr_assert(eq(
            int,
            par_run(r.client, &linger, PAR_ARGS(60000), NULL, &more[i], &err),
            0));
    for (int i = 5; i >= 0; i--) {
        cr_assert(eq(int, par_cancel(r.client, more[i], PAR_SOFT, &err), 0));
        cr_assert(eq(int, par_wait(r.client, more[i], 30000, &got, &err), 0));
        cr_assert(eq(int, got.status, PAR_CANCELLED));
        cr_assert(eq(int, got.executed, 0), "it never began");
        par_result_clear(&got);
    }
    cr_assert(eq(int, par_cancel(r.client, first, PAR_SOFT, &err), 0));
    cr_assert(eq(int, par_wait(r.client, first, 30000, &got, &err), 0));
    cr_assert(ne(int, got.status, PAR_OK));
    par_result_clear(&got);
    rig_close(&r);
}

/* TP-03, TP-05, T9: killed means dead when the answer comes. */
ON_PROCESS_LANES(cancel_of_a_running_job_waits_for_its_death)
{
    struct par_run_options o = {.grace_ms = 100};
    START(1);
    struct par_function deaf;
    struct par_result got;
    FILE *f = NULL;
    int pid = 0;
    uint64_t job;

    deaf = rig_function(&r, "deaf");
    cr_assert(
        eq(int,
           par_run(r.client, &deaf, PAR_ARGS(rig_path("pid")), &o, &job, &err),
           0));
    while (!f || fscanf(f, "%d", &pid) != 1) {
        if (f)
            fclose(f);
        f = fopen(rig_path("pid"), "r");
        cr_assert(eq(int, par_wait(r.client, job, 10, &got, &err), -1),
                  "it ended by itself");
    }
    fclose(f);
    remove(rig_path("pid"));
    cr_assert(eq(int, par_cancel(r.client, job, PAR_SOFT, &err), 0));
    cr_assert(eq(int, par_wait(r.client, job, 30000, &got, &err), 0));
    cr_assert(eq(int, got.status, PAR_CANCELLED));
    cr_assert(eq(int, got.executed, 1));
    par_result_clear(&got);
    cr_assert(eq(int, kill(pid, 0), -1), "the process is gone");
    cr_assert(eq(int, errno, ESRCH));
    cr_assert(eq(i64, rig_int(&r, "add", PAR_ARGS(1, 2)), 3));
    rig_close(&r);
}

/* XP-21, behaviour of timeout_ms */
ON_EVERY_LANE(timeout_ends_a_job_and_only_that)
{
    struct par_run_options o = {.timeout_ms = 100, .grace_ms = 50};
    START(1);
    struct par_function linger = rig_function(&r, "linger");
    struct par_result got;
    uint64_t job;

    cr_assert(eq(
        int, par_run(r.client, &linger, PAR_ARGS(60000), &o, &job, &err), 0));
    cr_assert(eq(int, par_wait(r.client, job, 30000, &got, &err), 0));
    cr_assert(eq(int, got.status, PAR_TIMEOUT));
    par_result_clear(&got);
    cr_assert(eq(i64, rig_int(&r, "add", PAR_ARGS(1, 2)), 3));
    rig_close(&r);
}

/* TP-02, queue_ms: what has waited too long never begins. */
ON_EVERY_LANE(queue_time_expires_without_a_start)
{
    struct par_run_options o = {.queue_ms = 30};
    START(1);
    struct par_function linger = rig_function(&r, "linger");
    struct par_result got;
    uint64_t busy[4], job;

    for (int i = 0; i < 4; i++)
        cr_assert(eq(
            int,
            par_run(r.client, &linger, PAR_ARGS(60000), NULL, &busy[i], &err),
            0));
    cr_assert(
        eq(int, par_run(r.client, &linger, PAR_ARGS(1), &o, &job, &err), 0));
    cr_assert(eq(int, par_wait(r.client, job, 30000, &got, &err), 0));
    cr_assert(eq(int, got.status, PAR_EXPIRED));
    cr_assert(eq(int, got.executed, 0));
    par_result_clear(&got);
    for (int i = 3; i >= 0; i--)
        cr_assert(eq(int, par_cancel(r.client, busy[i], PAR_SOFT, &err), 0));
    for (int i = 0; i < 4; i++) {
        cr_assert(eq(int, par_wait(r.client, busy[i], 30000, &got, &err), 0));
        par_result_clear(&got);
    }
    rig_close(&r);
}

/* What the facts of a failed job say under a key of their own. */
static char *fact_of(const struct par_result *r, const char *key)
{
    static char text[64];
    struct par_reader in = {r->data, (const unsigned char *)r->data + r->len};
    struct par_value v;

    text[0] = '\0';
    for (enum par_type t = par_read(&in, &v); t != PAR_T_END;
         t = par_read(&in, &v))
        if (t == PAR_T_STR && v.len == strlen(key) &&
            !memcmp(v.data, key, v.len) && par_read(&in, &v) == PAR_T_STR)
            snprintf(text, sizeof text, "%.*s", (int)v.len,
                     (const char *)v.data);
    return text;
}

/* The broker ends it, and knows who had it. */
ON_EVERY_LANE(deadline_of_a_running_job_tells_its_worker)
{
    struct par_run_options o = {.deadline_ms = 100};
    START(1);
    struct par_function linger = rig_function(&r, "linger");
    struct par_result got;
    char text[PAR_ERROR_TEXT];
    uint64_t job;

    cr_assert(eq(
        int, par_run(r.client, &linger, PAR_ARGS(60000), &o, &job, &err), 0));
    cr_assert(eq(int, par_wait(r.client, job, 30000, &got, &err), 0));
    cr_assert(eq(int, got.status, PAR_EXPIRED), "%s",
              par_result_error(&got, text, sizeof text));
    cr_assert(eq(int, got.executed, 1));
    cr_assert(eq(str, fact_of(&got, "x-worker"),
                 (char *)par_worker_name(r.workers[0])));
    par_result_clear(&got);
    rig_close(&r);
}

/* CL-22, TP-06, XP-13, T10: exactly what happened, and nothing else dies. */
ON_PROCESS_LANES(death_of_a_slot_is_told_exactly)
{
    START(1);
    struct par_function add;
    struct par_result got;
    char text[PAR_ERROR_TEXT];
    uint64_t behind[3], job;

    add = rig_function(&r, "add");
    struct par_function crash = rig_function(&r, "crash");

    cr_assert(
        eq(int, par_run(r.client, &crash, PAR_NO_ARGS, NULL, &job, &err), 0));
    for (int i = 0; i < 3; i++)
        cr_assert(
            eq(int,
               par_run(r.client, &add, PAR_ARGS(i, i), NULL, &behind[i], &err),
               0));
    cr_assert(eq(int, par_wait(r.client, job, 30000, &got, &err), 0));
    cr_assert(eq(int, got.status, PAR_WORKER_LOST));
    cr_assert(eq(int, got.executed, 1));
    par_result_error(&got, text, sizeof text);
    cr_assert(ne(ptr, strstr(text, "signal 11"), NULL), "%s", text);
    par_result_clear(&got);
    for (int i = 0; i < 3; i++) {
        cr_assert(eq(int, par_wait(r.client, behind[i], 30000, &got, &err), 0));
        cr_assert(eq(int, got.status, PAR_OK), "not to blame: %s",
                  par_result_error(&got, text, sizeof text));
        cr_assert(eq(i64, par_result_int(&got), 2 * i));
        par_result_clear(&got);
    }
    got = rig_run(&r, "leave", PAR_ARGS(42));
    cr_assert(eq(int, got.status, PAR_WORKER_LOST));
    par_result_error(&got, text, sizeof text);
    cr_assert(ne(ptr, strstr(text, "42"), NULL), "%s", text);
    par_result_clear(&got);
    cr_assert(eq(i64, rig_int(&r, "add", PAR_ARGS(1, 2)), 3));
    rig_close(&r);
}

/* XP-06: attempts > 1 says that it is safe to run again. */
ON_PROCESS_LANES(second_attempt_follows_a_crash_where_allowed)
{
    struct par_run_options o = {.attempts = 2};
    START(1);
    struct par_function f;
    struct par_result got;
    char text[PAR_ERROR_TEXT];
    uint64_t job;

    f = rig_function(&r, "crash_once");
    cr_assert(eq(
        int, par_run(r.client, &f, PAR_ARGS(rig_path("once")), &o, &job, &err),
        0));
    cr_assert(eq(int, par_wait(r.client, job, 30000, &got, &err), 0));
    cr_assert(eq(int, got.status, PAR_OK), "%s",
              par_result_error(&got, text, sizeof text));
    par_result_clear(&got);
    remove(rig_path("once"));
    rig_close(&r);
}

/* T11, poison: it ends after crash_limit deaths, whatever attempts say. */
ON_PROCESS_LANES(poison_is_quarantined)
{
    struct par_run_options o = {.attempts = 10, .crash_limit = 2};
    START(1);
    struct par_function crash;
    struct par_result got;
    uint64_t job;

    crash = rig_function(&r, "crash");
    cr_assert(
        eq(int, par_run(r.client, &crash, PAR_NO_ARGS, &o, &job, &err), 0));
    cr_assert(eq(int, par_wait(r.client, job, 60000, &got, &err), 0));
    cr_assert(eq(int, got.status, PAR_QUARANTINED));
    par_result_clear(&got);
    rig_close(&r);
}

/* TP-09 */
ON_PROCESS_LANES(interrupt_does_not_reach_a_slot)
{
    START(1);
    cr_assert(eq(i64, rig_int(&r, "interrupt_self", PAR_NO_ARGS), 1));
    cr_assert(eq(i64, rig_int(&r, "add", PAR_ARGS(1, 2)), 3));
    rig_close(&r);
}

/* DI-15, DD-32, XP-05: a busy worker still answers. */
ON_EVERY_LANE(ping_is_answered_while_all_slots_are_busy)
{
    START(1);
    struct par_function linger = rig_function(&r, "linger");
    uint64_t job, rtt = 0;

    cr_assert(eq(
        int, par_run(r.client, &linger, PAR_ARGS(60000), NULL, &job, &err), 0));
    cr_assert(eq(int, par_flush(r.client, &err), 0));
    cr_assert(eq(int, par_ping(r.client, NULL, 0, 10000, &rtt, &err), 0));
    for (int i = 0; i < 20; i++)
        cr_assert(eq(int,
                     par_ping(r.client, par_worker_name(r.workers[0]), 0, 10000,
                              &rtt, &err),
                     0),
                  "%s", err.text);
    cr_assert(eq(int, par_cancel(r.client, job, PAR_KILL, &err), 0));
    rig_close(&r);
}

/* DI-09, DI-11, DI-12 */
ON_PROCESS_LANES(closed_computation_is_gone)
{
    START(1);
    struct par_function linger, add;
    struct par_result got;
    uint64_t job, rtt;

    linger = rig_function(&r, "linger");
    add = rig_function(&r, "add");
    cr_assert(eq(int,
                 par_ping(r.client, par_worker_name(r.workers[0]), r.handle,
                          10000, &rtt, &err),
                 0));
    cr_assert(eq(
        int, par_run(r.client, &linger, PAR_ARGS(300), NULL, &job, &err), 0));
    cr_assert(eq(int, par_teardown(r.client, r.handle, NULL, &err), 0), "%s",
              err.text);
    cr_assert(eq(int, par_wait(r.client, job, 0, &got, &err), 0),
              "drained before it closed");
    cr_assert(eq(int, got.status, PAR_OK));
    par_result_clear(&got);
    cr_assert(
        eq(int, par_ping(r.client, NULL, r.handle, 10000, &rtt, &err), -1));
    cr_assert(eq(int, err.code, PAR_CODE(PAR_UNKNOWN_HANDLE)));
    cr_assert(
        eq(int, par_run(r.client, &add, PAR_ARGS(1, 2), NULL, &job, &err), -1));
    cr_assert(eq(int, err.code, PAR_CODE(PAR_UNKNOWN_HANDLE)), "%s", err.text);
    cr_assert(eq(int, par_teardown(r.client, 424242, NULL, &err), -1));
    cr_assert(eq(int, err.code, PAR_CODE(PAR_UNKNOWN_HANDLE)));
    rig_close(&r);
}
