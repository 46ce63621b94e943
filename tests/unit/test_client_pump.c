/* test_client_pump.c - an event loop, beside a thread that waits */
#include "config.h"

#include <pthread.h>
#include <stdatomic.h>

#include "looping.h"

TestSuite(pump, .init = open_loop, .fini = close_client, .timeout = 20);

/* The linker puts these between the client and its socket. */
int __real_zmq_poll(zmq_pollitem_t *items, int count, long timeout);
int __wrap_zmq_poll(zmq_pollitem_t *items, int count, long timeout);
bool __real_link_client_recv(struct link_client *c, struct link_msg *m);
bool __wrap_link_client_recv(struct link_client *c, struct link_msg *m);

static _Thread_local bool is_waiter;
static atomic_bool waiter_polls;
static atomic_bool was_shared;
static sem_t polls;
static sem_t taken;         /* messages, by the waiter */
static int received;        /* by the loop */
static atomic_bool is_slow; /* the waiter, once it is woken */
static sem_t may_go_on;

int __wrap_zmq_poll(zmq_pollitem_t *items, int count, long timeout)
{
    int n;

    if (!is_waiter)
        return __real_zmq_poll(items, count, timeout);
    waiter_polls = true;
    sem_post(&polls);
    n = __real_zmq_poll(items, count, timeout);
    if (is_slow && n > 0)
        sem_wait(&may_go_on);
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
    else
        received++;
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

Test(pump, an_event_loop_keeps_off_while_another_thread_waits)
{
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

Test(pump, an_event_loop_hears_of_what_another_thread_has_taken_in)
{
    uint64_t job = start("never"), other;
    struct par_result r;

    sem_init(&polls, 0, 0);
    sem_init(&taken, 0, 0);
    fake.on = say_no_more;
    come_to_rest();
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

/* ---- a result that waits for its output ---- */

static sem_t is_heard;

static int dawdle(
    void *context, uint64_t job, int stream, const void *data, size_t len)
{
    (void)context;
    (void)job;
    (void)stream;
    (void)data;
    if (len > 0) {
        sem_post(&is_heard);
        sem_wait(&may_go_on);
    }
    return 0;
}

/* What waits is an `echo`, whose word is with another thread. */
static pthread_t let_another_hear(uint64_t *never)
{
    struct par_function echo = fake_function(client, "echo");
    pthread_t hearer;

    sem_init(&may_answer, 0, 0);
    sem_init(&is_heard, 0, 0);
    sem_init(&may_go_on, 0, 0);
    sem_init(&polls, 0, 0);
    sem_init(&taken, 0, 0);
    fake.on = say_one_word_first;
    par_on_stream(client, dawdle, NULL);
    cr_assert(eq(int, pthread_create(&hearer, NULL, wait_for_one, never), 0));
    sem_wait(&polls);
    send_one(&echo);
    sem_wait(&is_heard);
    return hearer;
}

/* The loop has received the result that is said to come now. */
static void take_it_in(void)
{
    received = 0;
    sem_post(&may_answer);
    while (received == 0) {
        cr_assert(eq(int, poll(&news, 1, 5000), 1));
        cr_assert(eq(int, par_process(client, &err), 0), "its word is not out");
    }
}

Test(pump, an_event_loop_hears_of_a_result_when_its_output_is_out)
{
    uint64_t never = start("never");
    pthread_t hearer = let_another_hear(&never);

    take_it_in();
    come_to_rest();
    sem_post(&may_go_on);
    cr_assert(eq(int, poll(&news, 1, 5000), 1));
    cr_assert(eq(int, par_process(client, &err), 1));
    take_one();
    fake.on = say_no_more;
    cr_assert(eq(int, par_cancel(client, never, PAR_SOFT, &err), 0));
    pthread_join(hearer, NULL);
}

Test(pump, an_event_loop_rests_while_another_thread_takes_in)
{
    uint64_t job = start("echo");
    pthread_t waits;

    sem_init(&polls, 0, 0);
    sem_init(&taken, 0, 0);
    sem_init(&may_go_on, 0, 0);
    sem_init(&may_answer, 0, 0);
    fake.on = answer_when_told;
    cr_assert(eq(int, par_flush(client, &err), 0));
    come_to_rest();
    is_slow = true;
    cr_assert(eq(int, pthread_create(&waits, NULL, wait_for_one, &job), 0));
    sem_wait(&polls);
    sem_post(&may_answer);
    cr_assert(eq(int, poll(&news, 1, 5000), 1));
    cr_assert(eq(int, par_process(client, &err), 0));
    cr_assert(eq(int, poll(&news, 1, 0), 0), "what woke it is the other's");
    is_slow = false;
    sem_post(&may_go_on);
    pthread_join(waits, NULL);
    come_to_rest();
}
