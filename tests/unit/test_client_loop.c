/* test_client_loop.c - a handle inside somebody else's event loop */
#include "config.h"

#include <pthread.h>
#include <stdlib.h>
#include <threads.h>

#include "looping.h"

TestSuite(loop, .init = open_loop, .fini = close_client, .timeout = 20);

Test(loop, an_event_loop_polls_one_fd)
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

Test(loop, an_event_loop_that_was_interrupted_rests_again)
{
    par_interrupt(client, true);
    cr_assert(eq(int, poll(&news, 1, 0), 1));
    for (int i = 0; i < 10 && poll(&news, 1, 0) > 0; i++)
        cr_assert(eq(int, par_process(client, &err), 0));
    cr_assert(eq(int, poll(&news, 1, 0), 0));
}

/* ---- what came while somebody sent ---- */

/* The linker puts this between the client and its socket. */
int __real_link_client_send(struct link_client *c,
                            uint8_t *frame,
                            size_t len,
                            zmq_msg_t *second);
int __wrap_link_client_send(struct link_client *c,
                            uint8_t *frame,
                            size_t len,
                            zmq_msg_t *second);

static void *send_many(void *never)
{
    for (int i = 0; i < 1000; i++)
        send_one(never);
    return NULL;
}

static void let_another(void *(*act)(void *), void *context)
{
    pthread_t other;

    cr_assert(eq(int, pthread_create(&other, NULL, act, context), 0));
    pthread_join(other, NULL);
}

Test(loop, an_event_loop_is_not_woken_by_what_is_sent)
{
    struct par_function never = fake_function(client, "never");

    fake.on = answer_when_told;
    come_to_rest();
    let_another(send_many, &never);
    cr_assert(eq(int, poll(&news, 1, 0), 0));
}

static bool is_late;    /* the next send: it waits until `echo` has ended */
static bool is_in_vain; /* every send */

int __wrap_link_client_send(struct link_client *c,
                            uint8_t *frame,
                            size_t len,
                            zmq_msg_t *second)
{
    if (is_in_vain) {
        free(frame);
        return -1;
    }
    if (is_late) {
        is_late = false;
        sem_post(&may_answer);
        poll(&news, 1, 5000);
        /* A send after less than 3 000 000 cycles does not hear it. */
        thrd_sleep(&(struct timespec){.tv_nsec = 10 * 1000 * 1000}, NULL);
    }
    return __real_link_client_send(c, frame, len, second);
}

static void *send_late(void *never)
{
    is_late = true;
    send_one(never);
    return NULL;
}

Test(loop, an_event_loop_hears_of_what_came_before_another_thread_sent)
{
    struct par_function echo = fake_function(client, "echo");
    struct par_function never = fake_function(client, "never");

    sem_init(&may_answer, 0, 0);
    fake.on = answer_when_told;
    send_one(&echo);
    come_to_rest();
    let_another(send_late, &never);
    cr_assert(eq(int, poll(&news, 1, 0), 1));
    cr_assert(eq(int, par_process(client, &err), 1));
    take_one();
}

static int start_another(
    void *never, uint64_t job, int stream, const void *data, size_t len)
{
    (void)stream;
    (void)data;
    if (len > 0) {
        cr_assert(
            eq(int, par_run(client, never, PAR_NO_ARGS, NULL, &job, &err), 0));
        is_late = true;
    }
    return 0;
}

Test(loop, an_event_loop_hears_of_what_came_before_it_sent)
{
    struct par_function echo = fake_function(client, "echo");
    struct par_function never = fake_function(client, "never");

    sem_init(&may_answer, 0, 0);
    fake.on = say_one_word_first;
    par_on_stream(client, start_another, &never);
    send_one(&echo);
    while (par_process(client, &err) == 0)
        cr_assert(eq(int, poll(&news, 1, 5000), 1));
    take_one();
}

static void *send_in_vain(void *never)
{
    uint64_t job;

    is_in_vain = true;
    par_run(client, never, PAR_NO_ARGS, NULL, &job, NULL);
    par_flush(client, NULL);
    return NULL;
}

Test(loop, an_event_loop_hears_that_another_thread_has_lost_the_broker)
{
    struct par_function never = fake_function(client, "never");

    send_one(&never);
    come_to_rest();
    let_another(send_in_vain, &never);
    cr_assert(eq(int, poll(&news, 1, 0), 1));
    cr_assert(eq(int, par_process(client, &err), -1), "no HELLO, either");
    cr_assert(eq(int, poll(&news, 1, 0), 0), "that was said");
    is_in_vain = false;
    cr_assert(eq(int, par_process(client, &err), 2));
}

/* ---- several threads that process ---- */

/* A job has ended; the loop has not looked yet. */
static void let_one_end(void)
{
    struct par_function echo = fake_function(client, "echo");

    sem_init(&may_answer, 0, 0);
    fake.on = answer_when_told;
    send_one(&echo);
    come_to_rest();
    sem_post(&may_answer);
    cr_assert(eq(int, poll(&news, 1, 5000), 1));
}

static void *process_twice(void *context)
{
    cr_expect(eq(int, par_process(client, &err), 1));
    cr_expect(eq(int, par_process(client, &err), 1));
    return context;
}

Test(loop, an_event_loop_hears_of_what_another_thread_processed)
{
    let_one_end();
    let_another(process_twice, NULL);
    cr_assert(eq(int, poll(&news, 1, 0), 1));
    cr_assert(eq(int, par_process(client, &err), 1));
    take_one();
    cr_assert(eq(int, par_process(client, &err), 0));
    cr_assert(eq(int, poll(&news, 1, 0), 0));
}

Test(loop, an_event_loop_of_one_thread_may_leave_results)
{
    let_one_end();
    cr_assert(eq(int, par_process(client, &err), 1));
    cr_assert(eq(int, poll(&news, 1, 0), 0));
    cr_assert(eq(int, par_process(client, &err), 1));
    take_one();
}
