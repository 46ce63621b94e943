/* test_client_runs.c - waiting for jobs, one or any, in few messages */
#include "config.h"

#include "calling.h"
#include "commas.h"

TestSuite(runs, .init = open_client, .fini = close_client, .timeout = 20);

/* ---- waiting ---- */

Test(runs, a_wait_that_times_out_can_be_repeated)
{
    uint64_t job = start("never");
    struct par_result r;

    cr_assert(eq(int, par_wait(client, job, 10, &r, &err), -1));
    cr_assert(eq(int, err.code, ETIMEDOUT));
    cr_assert(eq(int, par_wait(client, job, 0, &r, &err), -1));
    cr_assert(eq(int, err.code, ETIMEDOUT));
}

Test(runs, a_result_can_be_taken_once)
{
    uint64_t job = start("echo");
    struct par_result r;

    cr_assert(eq(int, par_wait(client, job, -1, &r, &err), 0));
    par_result_clear(&r);
    cr_assert(eq(int, par_wait(client, job, -1, &r, &err), -1));
    cr_assert(eq(int, err.code, ENOENT));
}

/* Runs are answered backwards, when the second has come. */
static bool backwards(struct fake *f, struct link_msg *m)
{
    static uint64_t first;

    if (m->wire.head.type != WIRE_RUN)
        return false;
    if (m->wire.head.count == 2) {
        fake_answer(f, m->wire.head.id + 1, 0, 2, NULL, 0);
        fake_answer(f, m->wire.head.id, 0, 2, NULL, 0);
    } else if (f->step++ == 0) {
        first = m->wire.head.id;
    } else {
        fake_answer(f, m->wire.head.id, 0, 2, NULL, 0);
        fake_answer(f, first, 0, 2, NULL, 0);
    }
    return true;
}

Test(runs, wait_any_takes_them_in_the_order_in_which_they_ended)
{
    struct par_result r;
    uint64_t jobs[2];

    fake.on = backwards;
    jobs[0] = start("echo");
    jobs[1] = start("echo");
    cr_assert(eq(int, par_wait_all(client, jobs, 2, -1, &err), 0));
    cr_assert(eq(int, par_wait_any(client, jobs, 2, -1, &r, &err), 0));
    cr_assert(eq(u64, r.job, jobs[1]));
    cr_assert(eq(int, par_wait_any(client, NULL, 0, -1, &r, &err), 0));
    cr_assert(eq(u64, r.job, jobs[0]));
    cr_assert(eq(int, par_wait_any(client, NULL, 0, -1, &r, &err), -1));
    cr_assert(eq(int, err.code, ENOENT));
}

Test(runs, a_wait_can_be_interrupted)
{
    uint64_t job = start("never");
    struct par_result r;

    par_interrupt(client, true);
    cr_assert(eq(int, par_wait(client, job, PAR_FOREVER, &r, &err), -1));
    cr_assert(eq(int, err.code, EINTR));
    par_interrupt(client, false);
    meet();
}

/* ---- batches and credit ---- */

Test(runs, many_runs_travel_in_few_messages)
{
    enum { MANY = 3000 };
    struct par_function add = fake_function(client, "add");
    struct par_result r;
    uint64_t jobs[MANY];

    for (int i = 0; i < MANY; i++)
        cr_assert(
            eq(int, par_run(client, &add, PAR_ARGS(i, 1), NULL, &jobs[i], &err),
               0));
    for (int i = 0; i < MANY; i++) {
        cr_assert(eq(int, par_wait(client, jobs[i], -1, &r, &err), 0));
        cr_assert(eq(i64, par_result_int(&r), i + 1));
        par_result_clear(&r);
    }
    cr_assert(eq(uint, fake.runs, MANY));
    cr_assert(le(uint, fake.seen[WIRE_RUN], 3));
}

Test(runs, runs_with_other_options_are_other_messages)
{
    struct par_function echo = fake_function(client, "echo");
    struct par_run_options o = {.priority = 5};
    uint64_t job;

    par_run(client, &echo, PAR_NO_ARGS, NULL, &job, &err);
    par_run(client, &echo, PAR_NO_ARGS, &o, &job, &err);
    par_run(client, &echo, PAR_NO_ARGS, &o, &job, &err);
    cr_assert(eq(int, par_wait_all(client, NULL, 0, -1, &err), 0));
    cr_assert(eq(uint, fake.seen[WIRE_RUN], 2));
}

Test(runs, run_many_sends_one_batch)
{
    struct par_function echo = fake_function(client, "echo");
    struct par_value values[3] = {par_value_int(1), par_value_str("two"),
                                  par_value_float(3)};
    uint64_t jobs[3];

    cr_assert(
        eq(int, par_run_many(client, &echo, values, 3, NULL, jobs, &err), 0));
    cr_assert(eq(int, par_wait_all(client, jobs, 3, -1, &err), 0));
    cr_assert(eq(uint, fake.seen[WIRE_RUN], 1));
    cr_assert(eq(u64, jobs[2], jobs[0] + 2));
}

TestSuite(credit_of_runs, .fini = close_client, .timeout = 20);

Test(credit_of_runs, never_sends_more_than_was_granted)
{
    struct par_function add;
    uint64_t job;

    fake.credit_items = 100;
    open_client();
    add = fake_function(client, "add");
    for (int i = 0; i < 1000; i++)
        cr_assert(eq(
            int, par_run(client, &add, PAR_ARGS(i, 1), NULL, &job, &err), 0));
    cr_assert(eq(int, par_wait_all(client, NULL, 0, -1, &err), 0));
    cr_assert(eq(uint, fake.runs, 1000));
    cr_assert(le(uint, fake.most_runs, 100));
}

Test(runs, lets_more_results_come_when_half_are_used)
{
    struct par_function echo = fake_function(client, "echo");
    uint64_t job;

    for (int i = 0; i < 2100; i++)
        par_run(client, &echo, PAR_NO_ARGS, NULL, &job, &err);
    cr_assert(eq(int, par_wait_all(client, NULL, 0, -1, &err), 0));
    meet();
    cr_assert(ge(uint, fake.seen[WIRE_CREDIT], 1));
}

Test(runs, resources_have_a_point_whatever_the_locale)
{
    struct par_function f = fake_function(client, "echo");
    struct par_run_options o = {.resources =
                                    (struct par_label[]){{"cpu", "1.5"}, {0}}};
    uint64_t job;

    scratch_make();
    use_commas();
    cr_assert(eq(int, par_run(client, &f, PAR_NO_ARGS, &o, &job, &err), 0),
              "%s", err.text);
    scratch_remove();
}
