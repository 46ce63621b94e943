/* test_client_runs.c - waiting for jobs, one or any, in few messages */
#include "config.h"

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "calling.h"
#include "commas.h"
#include "meta_keys.h"

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

/* ---- another event loop ---- */

Test(runs, an_event_loop_polls_one_fd)
{
    uint64_t job = start("echo");
    struct par_result r;
    int n = par_process(client, &err);

    while (n == 0) {
        zmq_pollitem_t item = {.fd = par_fd(client), .events = ZMQ_POLLIN};

        cr_assert(eq(int, zmq_poll(&item, 1, 5000), 1));
        n = par_process(client, &err);
    }
    cr_assert(eq(int, n, 1));
    cr_assert(eq(int, par_wait(client, job, 0, &r, &err), 0));
    par_result_clear(&r);
}

Test(runs, an_event_loop_that_was_interrupted_rests_again)
{
    struct pollfd news = {.fd = par_fd(client), .events = POLLIN};

    par_interrupt(client, true);
    cr_assert(eq(int, poll(&news, 1, 0), 1));
    for (int i = 0; i < 10 && poll(&news, 1, 0) > 0; i++)
        cr_assert(eq(int, par_process(client, &err), 0));
    cr_assert(eq(int, poll(&news, 1, 0), 0));
}

/* The linker puts these between the client and its socket. */
int __real_zmq_poll(zmq_pollitem_t *items, int count, long timeout);
int __wrap_zmq_poll(zmq_pollitem_t *items, int count, long timeout);
bool __real_link_client_recv(struct link_client *c, struct link_msg *m);
bool __wrap_link_client_recv(struct link_client *c, struct link_msg *m);

static _Thread_local bool is_waiter;
static atomic_bool waiter_polls;
static atomic_bool was_shared;
static sem_t polls;
static sem_t taken; /* messages, by the waiter */

int __wrap_zmq_poll(zmq_pollitem_t *items, int count, long timeout)
{
    int n;

    if (!is_waiter)
        return __real_zmq_poll(items, count, timeout);
    waiter_polls = true;
    sem_post(&polls);
    n = __real_zmq_poll(items, count, timeout);
    waiter_polls = false;
    return n;
}

bool __wrap_link_client_recv(struct link_client *c, struct link_msg *m)
{
    if (waiter_polls)
        was_shared = true;
    if (!__real_link_client_recv(c, m))
        return false;
    if (is_waiter)
        sem_post(&taken);
    return true;
}

static void *wait_for_any(void *context)
{
    struct par_result r = {0};

    is_waiter = true;
    cr_expect(eq(int, par_wait_any(client, NULL, 0, 5000, &r, NULL), 0));
    par_result_clear(&r);
    return context;
}

static pthread_t waiter;

/* Returns when another thread sleeps in par_wait_any(). */
static int let_another_wait(
    void *context, uint64_t job, int stream, const void *data, size_t len)
{
    bool *heard = context;

    (void)job;
    (void)stream;
    (void)data;
    if (len > 0) {
        cr_assert(
            eq(int, pthread_create(&waiter, NULL, wait_for_any, NULL), 0));
        sem_wait(&polls);
        *heard = true;
    }
    return 0;
}

static bool say_one_word(struct fake *f, struct link_msg *m)
{
    struct meta_writer meta = {0};
    uint64_t id = m->wire.head.id;

    if (m->wire.head.type == WIRE_RUN) {
        meta_put_map(&meta, 1);
        meta_pair_int(&meta, KEY_STREAM_NUMBER, 1);
        fake_say(f, WIRE_STREAM, WIRE_FINAL, id, 0, &meta, "one", 3);
        return true;
    }
    if (m->wire.head.type == WIRE_CANCEL) {
        fake_answer(f, id, PAR_CANCELLED, 1, NULL, 0);
        return true;
    }
    return false;
}

Test(runs, an_event_loop_keeps_off_while_another_thread_waits)
{
    struct pollfd news = {.fd = par_fd(client), .events = POLLIN};
    bool heard = false;
    uint64_t job;

    sem_init(&polls, 0, 0);
    fake.on = say_one_word;
    par_on_stream(client, let_another_wait, &heard);
    job = start("never");
    while (par_process(client, &err) == 0 && !heard)
        cr_assert(ge(int, poll(&news, 1, 5000), 0));
    cr_assert(eq(int, was_shared, false), "the socket is the waiter's alone");
    cr_assert(eq(int, par_cancel(client, job, PAR_SOFT, &err), 0));
    pthread_join(waiter, NULL);
}

static bool say_no_more(struct fake *f, struct link_msg *m)
{
    if (m->wire.head.type != WIRE_CANCEL)
        return false;
    fake_answer(f, m->wire.head.id, PAR_CANCELLED, 1, NULL, 0);
    return true;
}

static void *wait_for_one(void *job)
{
    struct par_result r = {0};

    is_waiter = true;
    cr_expect(eq(int, par_wait(client, *(uint64_t *)job, 5000, &r, NULL), 0));
    par_result_clear(&r);
    return NULL;
}

Test(runs, an_event_loop_hears_of_what_another_thread_has_taken_in)
{
    struct pollfd news = {.fd = par_fd(client), .events = POLLIN};
    uint64_t job = start("never"), other;
    struct par_result r;

    sem_init(&polls, 0, 0);
    sem_init(&taken, 0, 0);
    fake.on = say_no_more;
    while (par_process(client, &err) == 0 && poll(&news, 1, 0) > 0)
        ;
    pthread_create(&waiter, NULL, wait_for_one, &job);
    sem_wait(&polls);
    other = start("echo");
    cr_assert(eq(int, par_flush(client, &err), 0));
    sem_wait(&taken);
    do
        cr_assert(eq(int, poll(&news, 1, 5000), 1));
    while (par_process(client, &err) == 0);
    cr_assert(eq(int, par_wait(client, other, 0, &r, &err), 0));
    par_result_clear(&r);
    cr_assert(eq(int, par_cancel(client, job, PAR_SOFT, &err), 0));
    pthread_join(waiter, NULL);
}
