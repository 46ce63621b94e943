/* test_values.c - calls, values and errors, the same everywhere
 *
 * Ids in comments are the cases that users rely on.
 */
#include "config.h"

#include "lanes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* CL-01, CL-02, CL-03 */
ON_EVERY_LANE(each_call_gets_its_own_value)
{
    uint64_t jobs[4];
    START(2);
    struct par_function add = rig_function(&r, "add");

    for (int i = 0; i < 4; i++)
        cr_assert(eq(int,
                     par_run(r.client, &add, PAR_ARGS(i + 1, i + 2), NULL,
                             &jobs[i], &err),
                     0));
    for (int i = 0; i < 4; i++) {
        struct par_result got = {0};

        cr_assert(eq(int, par_wait(r.client, jobs[i], 30000, &got, &err), 0));
        cr_assert(eq(i64, par_result_int(&got), 2 * i + 3));
        par_result_clear(&got);
        cr_assert(eq(int, par_wait(r.client, jobs[i], 0, &got, &err), -1),
                  "a result is taken once");
        cr_assert(eq(int, err.code, ENOENT));
    }
    rig_close(&r);
}

ON_EVERY_LANE(values_of_every_kind_come_back)
{
    START(1);
    struct par_result got;
    struct par_reader in;
    struct par_value v;
    size_t len;

    got = rig_run(&r, "halve", PAR_ARGS(7));
    cr_assert(epsilon_eq(dbl, par_result_float(&got), 3.5, 1e-12));
    par_result_clear(&got);
    got = rig_run(&r, "nothing", PAR_NO_ARGS);
    cr_assert(eq(int, got.status, PAR_OK));
    par_result_clear(&got);
    got = rig_run(&r, "echo", PAR_ARGS("a\x01z"));
    cr_assert(eq(int, memcmp(par_result_bytes(&got, &len), "a\x01z", 3), 0));
    cr_assert(eq(sz, len, 3));
    par_result_clear(&got);
    got = rig_run(&r, "nested", PAR_NO_ARGS);
    par_read_result(&in, &got);
    cr_assert(eq(int, (int)par_read(&in, &v), PAR_T_ARRAY));
    cr_assert(eq(sz, v.len, 3));
    cr_assert(eq(int, (int)par_read(&in, &v), PAR_T_INT));
    cr_assert(eq(int, (int)par_read(&in, &v), PAR_T_STR));
    cr_assert(eq(int, (int)par_read(&in, &v), PAR_T_MAP));
    cr_assert(eq(int, (int)par_read(&in, &v), PAR_T_STR));
    cr_assert(eq(int, (int)par_read(&in, &v), PAR_T_FLOAT));
    cr_assert(epsilon_eq(dbl, v.f, 3.5, 1e-12));
    cr_assert(eq(int, (int)par_read(&in, &v), PAR_T_END));
    par_result_clear(&got);
    rig_close(&r);
}

/* CL-26, TP-13, RP-34, XP-02 */
ON_EVERY_LANE(payloads_of_every_size_are_exact)
{
    static const size_t sizes[] = {0,     1,     1023,  1024,   1025,   65535,
                                   65536, 65537, 99999, 524288, 1048560};
    char *data = malloc(2 << 20);
    START(1);
    struct par_function raw = rig_function(&r, "raw");
    struct par_result got;
    uint64_t job;

    for (size_t i = 0; i < 2 << 20; i++)
        data[i] = (char)(i * 7 + i / 251);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        cr_assert(
            eq(int,
               par_run_raw(r.client, &raw, data, sizes[i], NULL, &job, &err),
               0),
            "%zu: %s", sizes[i], err.text);
        cr_assert(eq(int, par_wait(r.client, job, 30000, &got, &err), 0));
        cr_assert(eq(int, got.status, PAR_OK), "%zu", sizes[i]);
        cr_assert(eq(sz, got.len, sizes[i]));
        cr_assert(eq(int, memcmp(got.data, data, sizes[i]), 0));
        par_result_clear(&got);
    }
    cr_assert(eq(
        int, par_run_raw(r.client, &raw, data, (1 << 20) + 1, NULL, &job, &err),
        -1));
    cr_assert(eq(int, err.code, PAR_CODE(PAR_TOO_LARGE)), "%s", err.text);
    cr_assert(eq(i64, rig_int(&r, "add", PAR_ARGS(1, 1)), 2),
              "the session goes on");
    free(data);
    rig_close(&r);
}

/* CL-23, DI-30, RP-13, DD-05, TP-08 */
ON_EVERY_LANE(failure_of_a_function_is_told_in_its_own_words)
{
    START(1);
    struct par_result got = rig_run(&r, "fail", PAR_ARGS("text of failure"));
    char text[PAR_ERROR_TEXT];

    cr_assert(eq(int, got.status, PAR_EXCEPTION));
    cr_assert(eq(int, got.executed, 2));
    cr_assert(
        ne(ptr,
           strstr(par_result_error(&got, text, sizeof text), "text of failure"),
           NULL),
        "%s", text);
    par_result_clear(&got);
    cr_assert(eq(i64, rig_int(&r, "add", PAR_ARGS(20, 22)), 42));
    rig_close(&r);
}

/* TP-11, DI-27 */
ON_EVERY_LANE(wrong_arguments_are_refused_naming_both)
{
    START(1);
    struct par_function add = rig_function(&r, "add");
    struct par_result got;
    uint64_t job;

    if (add.signature[0]) { /* known here: nothing is sent */
        cr_assert(
            eq(int, par_run(r.client, &add, PAR_ARGS("x", 1), NULL, &job, &err),
               -1));
        cr_assert(eq(int, err.code, EINVAL));
        cr_assert(ne(ptr, strstr(err.text, "add"), NULL), "%s", err.text);
    } else {
        got = rig_run(&r, "add", PAR_ARGS("x", 1));
        cr_assert(eq(int, got.status, PAR_BAD_ARGS));
        par_result_clear(&got);
    }
    cr_assert(eq(i64, rig_int(&r, "add", PAR_ARGS(1, 2)), 3));
    rig_close(&r);
}

/* XP-24: each unknown thing has its own error, at once. */
ON_EVERY_LANE(unknown_things_are_told_apart)
{
    START(1);
    struct par_function f = {.handle = 999999, .name = "ghost"};
    uint64_t job, rtt;

    cr_assert(
        eq(int, par_run(r.client, &f, PAR_NO_ARGS, NULL, &job, &err), -1));
    cr_assert(eq(int, err.code, PAR_CODE(PAR_UNKNOWN_HANDLE)), "%s", err.text);
    cr_assert(eq(int, par_ping(r.client, "nobody.7", 0, 5000, &rtt, &err), -1));
    cr_assert(eq(int, err.code, PAR_CODE(PAR_UNKNOWN_WORKER)), "%s", err.text);
    cr_assert(eq(int, par_cancel(r.client, 1 << 20, PAR_SOFT, &err), -1));
    cr_assert(eq(int, err.code, ENOENT));
    cr_assert(eq(i64, rig_int(&r, "add", PAR_ARGS(1, 2)), 3));
    rig_close(&r);
}

/* A path is one function; a computation may have been asked for another. */
ON_PROCESS_LANES(unknown_function_is_told_by_its_number)
{
    START(1);
    struct par_function f = rig_function(&r, "add");
    struct par_result got;
    uint64_t job;

    f.function = 4711;
    f.signature[0] = '\0';
    cr_assert(
        eq(int, par_run(r.client, &f, PAR_ARGS(1, 1), NULL, &job, &err), 0));
    cr_assert(eq(int, par_wait(r.client, job, 30000, &got, &err), 0));
    cr_assert(eq(int, got.status, PAR_UNKNOWN_FUNCTION));
    cr_assert(eq(int, got.executed, 0));
    par_result_clear(&got);
    rig_close(&r);
}

/* DI-24, DD-58, CL-08 */
ON_EVERY_LANE(jobs_that_nobody_can_run_say_why)
{
    static const struct par_label gpu[] = {{"gpu", "yes"}, {NULL, NULL}};
    struct par_run_options o = {.unplaceable_ms = 50, .labels = gpu};
    START(1);
    struct par_function add = rig_function(&r, "add");
    struct par_function ghost;
    struct par_result got;
    char text[PAR_ERROR_TEXT];
    uint64_t job;

    cr_assert(
        eq(int, par_run(r.client, &add, PAR_ARGS(1, 2), &o, &job, &err), 0));
    cr_assert(eq(int, par_wait(r.client, job, 30000, &got, &err), 0));
    cr_assert(eq(int, got.status, PAR_NO_CAPACITY));
    cr_assert(eq(int, got.executed, 0));
    cr_assert(
        ne(ptr, strstr(par_result_error(&got, text, sizeof text), "gpu"), NULL),
        "%s", text);
    par_result_clear(&got);
    o.labels = NULL;
    cr_assert(eq(int, par_path(r.client, "no/such", &ghost, &err), 0));
    cr_assert(
        eq(int, par_run(r.client, &ghost, PAR_NO_ARGS, &o, &job, &err), 0));
    cr_assert(eq(int, par_wait(r.client, job, 30000, &got, &err), 0));
    cr_assert(eq(int, got.status, PAR_NO_CAPACITY));
    par_result_clear(&got);
    rig_close(&r);
}
