/* test_nanny.c - a nanny says hello, sets up, runs, closes */
#include "config.h"

#include <criterion/criterion.h>

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

/* ---- many ---- */

static void runs_many(void)
{
    enum { MANY = 2000, FIRST = 100 };
    struct answer *a;

    nurse();
    set_up();
    for (uint64_t id = FIRST; id < FIRST + MANY;) {
        begin_runs(id, "add");
        for (int i = 0; i < 50; i++, id++)
            add_args(2, (int64_t[]){(int64_t)id, 1});
        end_runs();
    }
    WAIT_FOR(answer_count >= MANY + 1);
    for (uint64_t id = FIRST; id < FIRST + MANY; id++) {
        a = find_answer(id);
        cr_assert(eq(uint, count_answers(id), 1));
        cr_assert(eq(i64, value(a), (int64_t)id + 1));
    }
}

Test(nanny, answers_each_of_many_once_from_processes)
{
    runs_many();
}

Test(nanny, answers_each_of_many_once_from_threads)
{
    options.threads = true;
    runs_many();
}

static void echoes_sizes(void)
{
    static const uint32_t sizes[] = {0,     1,     1024,  1025,
                                     65535, 65536, 65537, 1024 * 1024};
    enum { SIZES = sizeof sizes / sizeof *sizes };
    static uint8_t data[1024 * 1024];
    struct answer *a;

    nurse();
    set_up();
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 31 + i / 256);
    for (uint32_t i = 0; i < SIZES; i++) {
        bool alone = sizes[i] > WIRE_PACKED_MAX;
        zmq_msg_t second;
        uint8_t *frame;
        size_t len;

        zmq_msg_init_size(&second, sizes[i]);
        memcpy(zmq_msg_data(&second), data, sizes[i]);
        begin_runs(100 + i, "echo");
        batch_add_run(&runs, 5, alone ? NULL : data,
                      alone ? WIRE_SECOND_FRAME : sizes[i]);
        frame = batch_take(&runs, &len);
        cr_assert(eq(
            int,
            link_server_send(server, conn, frame, len, alone ? &second : NULL),
            0));
        zmq_msg_close(&second);
    }
    for (uint32_t i = 0; i < SIZES; i++) {
        a = wait_answer(100 + i);
        cr_assert(eq(uint, a->status, PAR_OK), "%s", words(a));
        cr_assert(eq(sz, a->len, sizes[i]));
        cr_assert(eq(int, memcmp(a->data, data, sizes[i]), 0));
    }
}

Test(nanny, CL_26_payloads_of_any_size_come_back_from_a_process)
{
    echoes_sizes();
}

Test(nanny, CL_26_payloads_of_any_size_come_back_from_a_thread)
{
    options.threads = true;
    echoes_sizes();
}

Test(nanny, uses_all_its_slots)
{
    int64_t first, second;

    nurse();
    set_up();
    /* Each waits for the other's folder entry: only together do they end. */
    RUN(100, "nap", 300);
    RUN(101, "nap", 300);
    WAIT_FOR(started == 2);
    first = value(wait_answer(100));
    second = value(wait_answer(101));
    cr_assert(eq(i64, first, second));
    cr_assert(eq(uint, count_answers(100) + count_answers(101), 2));
}

Test(nanny, TP_36_keeps_a_slot_warm)
{
    int64_t pid;

    nurse();
    set_up();
    run0(100, "interrupt");
    pid = value(wait_answer(100));
    cr_assert(ne(i64, pid, getpid()));
    for (uint64_t id = 101; id < 110; id++) {
        run0(id, "interrupt");
        cr_assert(eq(i64, value(wait_answer(id)), pid), "TP-09");
    }
}

Test(nanny, moves_a_file_once)
{
    nurse();
    set_up();
    cr_assert(eq(uint, needs, 1));
    say(WIRE_CLOSE, 2, HANDLE);
    wait_answer(2);
    file_count = 0; /* from now on nobody has it */
    forget_answers();
    set_up();
    cr_assert(eq(uint, needs, 1));
}

Test(nanny, answers_a_ping_of_a_computation)
{
    struct answer *a;

    nurse();
    say(WIRE_PING, 50, 0);
    cr_assert(eq(int, (int)wait_answer(50)->type, WIRE_PONG));
    say(WIRE_PING, 51, HANDLE);
    a = wait_answer(51);
    cr_assert(eq(int, (int)a->type, WIRE_ERROR));
    cr_assert(eq(u64, a->ref, PAR_UNKNOWN_HANDLE));
    set_up();
    say(WIRE_PING, 52, HANDLE);
    a = wait_answer(52);
    cr_assert(eq(int, (int)a->type, WIRE_PONG));
    cr_assert(eq(u64, a->ref, HANDLE));
}

Test(nanny, answers_status)
{
    struct answer *a;

    nurse();
    say(WIRE_STATUS, 50, 0);
    a = wait_answer(50);
    cr_assert(eq(int, (int)a->type, WIRE_STATUS));
    say_pair(WIRE_STATUS, 51, 0, 1, 7);
    a = wait_answer(51);
    cr_assert(eq(int, (int)a->type, WIRE_ERROR));
    cr_assert(eq(u64, a->ref, PAR_UNSUPPORTED));
}

/* ---- what it does not know ---- */

Test(nanny, DI_03_a_run_of_an_unknown_computation_is_not_executed)
{
    struct answer *a;

    nurse();
    begin_runs_at(100, (uint64_t)9 << 32);
    add_args(0, NULL);
    add_args(0, NULL);
    end_runs();
    a = wait_answer(101);
    cr_assert(eq(uint, a->status, PAR_UNKNOWN_HANDLE));
    cr_assert(eq(uint, a->executed, WIRE_NOT_EXECUTED));
    cr_assert(eq(uint, count_answers(100), 1));
}

Test(nanny, unknown_function_is_not_executed)
{
    struct answer *a;

    nurse();
    set_up();
    begin_runs_at(100, (uint64_t)HANDLE << 32 | 999);
    add_args(0, NULL);
    end_runs();
    a = wait_answer(100);
    cr_assert(eq(uint, a->status, PAR_UNKNOWN_FUNCTION));
    cr_assert(eq(uint, a->executed, WIRE_NOT_EXECUTED));
}

Test(nanny, refuses_what_it_does_not_know)
{
    struct answer *a;

    nurse();
    say(WIRE_RESOLVE, 50, 0);
    a = wait_answer(50);
    cr_assert(eq(u64, a->ref, PAR_FORBIDDEN));
    say(0x7e, 51, 0);
    a = wait_answer(51);
    cr_assert(eq(u64, a->ref, PAR_UNSUPPORTED));
    say(WIRE_PING, 52, 0);
    cr_assert(eq(int, (int)wait_answer(52)->type, WIRE_PONG));
}

/* ---- functions that the program registers ---- */

static int twice(struct par_task *t)
{
    int *times = par_worker_context(t);

    ++*times;
    return par_put_int(t, 2 * par_int(t, 0));
}

Test(nanny, runs_what_the_program_registered)
{
    static const char *brokers[2];
    struct par_error err = {0};
    struct meta_writer w = {0};
    struct answer *a;
    int times = 0;

    options.threads = true;
    options.slots = 1;
    options.libexec = top_builddir();
    options.dest_path = scratch_path("dest");
    options.zmq_context = context;
    brokers[0] = listen_by(LINK_INPROC);
    options.brokers = brokers;
    nanny = nanny_create(&options, &err);
    cr_assert(nanny != NULL, "%s", err.text);
    cr_assert(
        eq(int, nanny_register(nanny, "/api/twice", "i:i", twice, &times, &err),
           0));
    cr_assert(
        eq(int, nanny_register(nanny, "/api/twice", "i:i", twice, &times, &err),
           -1));
    cr_assert(eq(int, err.code, EEXIST));
    WAIT_FOR(find_answer(1)); /* REGISTER */
    cr_assert(eq(int, (int)find_answer(1)->type, WIRE_REGISTER));
    meta_put_map(&w, 1);
    meta_put_uint(&w, 1);
    meta_put_array(&w, 1);
    meta_put_array(&w, 2);
    meta_put_str(&w, "/api/twice");
    meta_put_uint(&w, 7);
    say_item(WIRE_READY, 1, 0, 0, &w, NULL, 0);
    meta_writer_clear(&w);
    begin_runs_at(100, (uint64_t)7 << 32);
    add_args(1, (int64_t[]){21});
    end_runs();
    a = wait_answer(100);
    cr_assert(eq(uint, a->status, PAR_OK), "%s", words(a));
    cr_assert(eq(i64, value(a), 42));
    cr_assert(eq(int, times, 1));
}
