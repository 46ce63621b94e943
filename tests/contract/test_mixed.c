/* test_mixed.c - one broker on all transports at once, and workers on each */
#include "config.h"

#include "lanes.h"

#include <errno.h>
#include <string.h>

enum { JOBS = 600 };

struct tally {
    const char *names[RIG_WORKERS];
    unsigned counts[RIG_WORKERS];
    unsigned workers;
};

static void count(struct tally *t, const struct par_result *r)
{
    size_t len;
    const char *name = par_result_bytes(r, &len);

    for (unsigned i = 0; i < t->workers; i++)
        if (strlen(t->names[i]) == len && !memcmp(t->names[i], name, len)) {
            t->counts[i]++;
            return;
        }
    cr_assert(0, "a worker nobody started: %.*s", (int)len, name);
}

/* The order in miniature: inproc, ipc and tcp + CURVE on one broker, two
 * workers on each, 600 jobs, every worker used (CL-05, CL-24, DD-07, XP-20). */
static void six_workers(enum rig_slots kind)
{
    static uint64_t jobs[JOBS];
    struct par_error err = {0};
    struct par_function who;
    struct par_result got;
    struct tally tally = {.workers = 6};
    struct rig r;

    rig_open(&r);
    r.slots = kind;
    for (int i = 0; i < 6; i++)
        rig_worker(&r, (enum rig_transport)(i % RIG_TRANSPORTS), kind, 1);
    r.client = rig_client(&r, RIG_INPROC);
    cr_assert(eq(int, par_wait_workers(r.client, 6, 30000, &err), 0), "%s",
              err.text);
    if (kind == RIG_PROCESS)
        r.handle = rig_set_up(r.client, 6);
    for (unsigned i = 0; i < 6; i++)
        tally.names[i] = par_worker_name(r.workers[i]);
    who = rig_function(&r, "which_worker");
    for (int i = 0; i < JOBS; i++)
        cr_assert(eq(int,
                     par_run(r.client, &who, PAR_NO_ARGS, NULL, &jobs[i], &err),
                     0),
                  "%s", err.text);
    for (int i = 0; i < JOBS; i++) {
        cr_assert(eq(int, par_wait(r.client, jobs[i], 60000, &got, &err), 0),
                  "%s", err.text);
        cr_assert(eq(int, got.status, PAR_OK));
        count(&tally, &got);
        par_result_clear(&got);
    }
    for (unsigned i = 0; i < 6; i++)
        cr_assert(gt(uint, tally.counts[i], 0), "%s had nothing to do",
                  tally.names[i]);
    rig_close(&r);
}

TestSuite(mixed, .timeout = 120);

Test(mixed, six_thread_workers_on_three_transports_share_600_jobs)
{
    six_workers(RIG_THREAD);
}

Test(mixed, six_process_workers_on_three_transports_share_600_jobs)
{
    six_workers(RIG_PROCESS);
}

/* CL-06: what was submitted before anybody could run it is not lost. */
Test(mixed, job_waits_for_a_worker_that_joins_later)
{
    struct par_error err = {0};
    struct par_result got;
    struct par_function add;
    struct rig r;
    uint64_t job;

    rig_open(&r);
    r.slots = RIG_THREAD;
    r.client = rig_client(&r, RIG_IPC);
    add = rig_function(&r, "add");
    cr_assert(
        eq(int, par_run(r.client, &add, PAR_ARGS(40, 2), NULL, &job, &err), 0));
    cr_assert(eq(int, par_wait(r.client, job, 200, &got, &err), -1));
    cr_assert(eq(int, err.code, ETIMEDOUT));
    rig_worker(&r, RIG_TCP, RIG_THREAD, 1);
    cr_assert(eq(int, par_wait(r.client, job, 30000, &got, &err), 0));
    cr_assert(eq(i64, par_result_int(&got), 42));
    par_result_clear(&got);
    rig_close(&r);
}

/* DI-07: the same name with other content is another computation; two
 * clients of one account and content share it. */
Test(mixed, clients_share_what_has_the_same_content)
{
    struct par_client *other;
    struct par_error err = {0};
    struct par_function add;
    struct par_result got;
    struct rig r;

    rig_start(&r, RIG_IPC, RIG_PROCESS, 1);
    other = rig_client(&r, RIG_TCP);
    cr_assert(eq(u32, rig_set_up(other, 1), r.handle));
    add = rig_function_of(&r, other, "add");
    cr_assert(eq(int, par_call(other, &add, PAR_ARGS(1, 2), &got, &err), 0),
              "%s", err.text);
    par_result_clear(&got);
    par_close(other);
    cr_assert(eq(i64, rig_int(&r, "add", PAR_ARGS(3, 4)), 7),
              "one client's end does not close it for the other");
    rig_close(&r);
}
