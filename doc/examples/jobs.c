/* jobs.c - what can be done with jobs: many at once, limits, ends, loops
 *
 *     cc jobs.c -o jobs $(pkg-config --cflags --libs par)
 *     ./jobs
 *
 * Each function of main()'s list shows one thing, and prints what came of it.
 */
#include <par/client.h>
#include <par/task.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <threads.h>

/* ---- what runs elsewhere ---- */

static int square(struct par_task *t)
{
    return par_put_int(t, par_int(t, 0) * par_int(t, 0));
}
PAR_FUNCTION(square, "x:i->i")

static int add(struct par_task *t)
{
    return par_put_int(t, par_int(t, 0) + par_int(t, 1));
}
PAR_FUNCTION(add, "ii:i")

/* Works for so many ms, but stops when it is asked to. */
static int work(struct par_task *t)
{
    struct timespec ms = {0, 1000000}, rest;

    for (int64_t i = par_int(t, 0); i > 0 && !par_cancelled(t); i--)
        thrd_sleep(&ms, &rest);
    return par_put_str(t, "done", 4);
}
PAR_FUNCTION(work, "ms:i->s")

static int divide(struct par_task *t)
{
    if (par_int(t, 1) == 0)
        return par_throw(t, 33, "there is no such number");
    return par_put_float(t, par_float(t, 0) / par_float(t, 1));
}
PAR_FUNCTION(divide, "a:i,b:i->d")

/* ---- what is done here ---- */

static struct par_client *c;
static struct par_error err;

/* Print how a job ended, and give its result back. */
static void show(const char *what, struct par_result *r)
{
    char why[200];
    size_t len;
    const char *text = par_result_bytes(r, &len); /* no NUL ends it */

    if (r->status == PAR_OK)
        printf("%s: %.*s\n", what, (int)len, text);
    else
        printf("%s: %s: %s\n", what, par_status_name(r->status),
               par_result_error(r, why, sizeof why));
    par_result_clear(r);
}

static int find(const char *name, struct par_function *f)
{
    return par_self(c, name, f, &err);
}

/* The items of a map: 0, 1, ... *count - 1. */
static int next(void *count, uint64_t index, struct par_value *args)
{
    if (index >= *(uint64_t *)count)
        return -1;
    args[0] = par_value_int((int64_t)index);
    return 1;
}

static int each(void *context, uint64_t index, const struct par_result *r)
{
    (void)context;
    if (index % 250 == 0)
        printf("%llu squared: %lld\n", (unsigned long long)index,
               (long long)par_result_int(r));
    return 0;
}

static int map_in_order(void)
{
    struct par_function f;
    uint64_t count = 1000;
    struct par_map map = {
        .function = &f, .context = &count, .next = next, .each = each};

    return find("square", &f) || par_map(c, &map, &err);
}

static int map_and_reduce(void)
{
    struct par_function f, plus;
    uint64_t count = 1000;
    struct par_reduce reduce = {
        .map = {.function = &f, .context = &count, .next = next},
        .combine = &plus};
    struct par_result r;

    if (find("square", &f) || find("add", &plus) ||
        par_map_reduce(c, &reduce, &r, &err))
        return -1;
    printf("sum of the squares: %lld\n", (long long)par_result_int(&r));
    par_result_clear(&r);
    return 0;
}

static int functions_own_error(void)
{
    struct par_function f;
    struct par_result r;

    if (find("divide", &f))
        return -1;
    if (par_call(c, &f, PAR_ARGS(1, 0), &r, &err) == 0)
        par_result_clear(&r);
    else if (err.code == PAR_CODE(PAR_EXCEPTION))
        printf("1 / 0: %s\n", err.text);
    else
        return -1;
    return 0;
}

static int wrong_argument(void)
{
    struct par_function f;
    uint64_t job;

    if (find("square", &f))
        return -1;
    if (par_run(c, &f, PAR_ARGS("three"), NULL, &job, &err) == 0 ||
        err.code != EINVAL)
        return -1;
    printf("%s\n", err.text);
    return 0;
}

static int too_slow(void)
{
    struct par_run_options in_time = {.timeout_ms = 50};
    struct par_function f;
    struct par_result r;
    uint64_t job;

    if (find("work", &f) ||
        par_run(c, &f, PAR_ARGS(60000), &in_time, &job, &err) ||
        par_wait(c, job, PAR_FOREVER, &r, &err))
        return -1;
    show("a limit of 50 ms", &r);
    return 0;
}

static int first_one_wins(void)
{
    struct par_function f;
    struct par_result r;
    uint64_t jobs[2];

    if (find("work", &f) ||
        par_run(c, &f, PAR_ARGS(60000), NULL, &jobs[0], &err) ||
        par_run(c, &f, PAR_ARGS(1), NULL, &jobs[1], &err) ||
        par_wait_any(c, jobs, 2, -1, &r, &err))
        return -1;
    show(r.job == jobs[1] ? "the quick one" : "the slow one", &r);
    /* The other one goes on until it is told, and has an end as well. */
    if (par_cancel(c, jobs[0], PAR_SOFT, &err) ||
        par_wait(c, jobs[0], -1, &r, &err))
        return -1;
    show("the other one", &r);
    return 0;
}

/* As one source of events among others of a loop. */
static int in_a_poll_loop(void)
{
    struct pollfd news = {.fd = par_fd(c), .events = POLLIN};
    struct par_function f;
    struct par_result r;
    uint64_t job;
    int ready, done = 0;

    if (find("work", &f))
        return -1;
    for (int i = 0; i < 10; i++)
        if (par_run(c, &f, PAR_ARGS(5), NULL, &job, &err))
            return -1;
    while (done < 10) {
        ready = par_process(c, &err);
        if (ready < 0)
            return -1;
        for (; ready > 0; ready--, done++) {
            if (par_wait_any(c, NULL, 0, 0, &r, &err))
                return -1;
            par_result_clear(&r);
        }
        if (done < 10)
            poll(&news, 1, -1);
    }
    printf("%d jobs in a poll loop\n", done);
    return 0;
}

int main(int argc, char **argv)
{
    static int (*const things[])(void) = {
        map_in_order, map_and_reduce, functions_own_error, wrong_argument,
        too_slow,     first_one_wins, in_a_poll_loop};
    struct par_options two = {.slots = 2}; /* if no broker is there */
    int rc = 0;

    par_main(&argc, &argv);
    c = par_open(NULL, &two, &err);
    if (!c)
        rc = -1;
    for (size_t i = 0; rc == 0 && i < sizeof things / sizeof *things; i++)
        rc = things[i]();
    if (rc)
        fprintf(stderr, "jobs: %s\n", err.text);
    par_close(c);
    return rc ? 1 : 0;
}
