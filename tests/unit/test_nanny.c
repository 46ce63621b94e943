/* A nanny says hello, sets up, runs, closes: what goes well. */
#include "config.h"

#include <errno.h>

#include "nursing.h"

TestSuite(nanny, .init = nursing_open, .fini = nursing_close, .timeout = 60);

Test(nanny, introduces_itself)
{
    static const struct par_pair labels[] = {{"zone", "b"}, {NULL, NULL}};
    static const struct par_pair resources[] = {
        {"gpu", "[0,2]"}, {"mem", "1.5"}, {NULL, NULL}};
    struct meta_reader r;
    struct meta_value v;
    char text[256];

    options.labels = labels;
    options.resources = resources;
    options.slots = 3;
    nurse();
    meta_text(hello.data, hello.len, 2, text, sizeof text);
    cr_assert(eq(str, text, "worker"));
    meta_text(hello.data, hello.len, 18, text, sizeof text);
    cr_assert(eq(str, text, "w.1"));
    cr_assert(meta_find(hello.data, hello.len, 3, &v, NULL));
    cr_assert(eq(sz, v.len, 16));
    cr_assert(meta_find(hello.data, hello.len, 20, &v, &r));
    cr_assert(meta_next(&r, &v) && meta_next(&r, &v) && meta_is(&v, "main"));
    cr_assert(meta_next(&r, &v) && v.i == 3);
    cr_assert(meta_next(&r, &v) && meta_is(&v, "process"));
    cr_assert(meta_find(hello.data, hello.len, 21, &v, &r));
    cr_assert(eq(sz, v.len, 2));
    cr_assert(meta_find(hello.data, hello.len, 24, &v, &r));
    cr_assert(meta_next(&r, &v) && meta_is(&v, "zone"));
    cr_assert(meta_find(hello.data, hello.len, 25, &v, &r));
    cr_assert(eq(str, (char *)nanny_name(nanny), "w.1"));
}

static void runs_a_function(void)
{
    struct answer *a;

    nurse();
    set_up();
    RUN(100, "add", 2, 3);
    a = wait_answer(100);
    cr_assert(eq(uint, a->status, PAR_OK), "%s", words(a));
    cr_assert(eq(uint, a->executed, WIRE_EXECUTED));
    cr_assert(eq(i64, value(a), 5));
}

Test(nanny, runs_a_function_in_a_process)
{
    runs_a_function();
}

Test(nanny, runs_a_function_in_a_thread)
{
    options.threads = true;
    runs_a_function();
}

Test(nanny, runs_a_function_over_ipc)
{
    by = LINK_IPC;
    runs_a_function();
}
