/* test_client.c - a handle: opened, refused, closed, forked, at its limits */
#include "config.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "calling.h"
#include "client/connect.h"
#include "client/handle.h"

TestSuite(client, .init = open_client, .fini = close_client, .timeout = 20);

/* ---- open and close ---- */

Test(client, says_hello_and_goodbye)
{
    struct par_client *other = fake_client(&fake);

    cr_assert(eq(uint, fake.seen[WIRE_HELLO], 2));
    cr_assert(eq(str, (char *)par_endpoint(other), fake.endpoint));
    cr_assert(eq(int, par_is_private(other), false));
    par_close(other);
    meet();
    cr_assert(eq(uint, fake.seen[WIRE_GOODBYE], 1));
}

Test(client, closing_nothing_is_allowed)
{
    par_close(NULL);
}

Test(client, nobody_there_times_out_and_names_the_endpoint)
{
    struct par_options o = {.connect_timeout = 50};

    cr_assert(eq(ptr, par_open("ipc:///tmp/par-no-such/broker.sock", &o, &err),
                 NULL));
    cr_assert(eq(int, err.code, ETIMEDOUT));
    cr_assert(
        ne(ptr, strstr(err.text, "ipc:///tmp/par-no-such/broker.sock"), NULL));
}

Test(client, refuses_an_endpoint_that_is_none)
{
    cr_assert(eq(ptr, par_open("pgm://239.0.0.1:1", NULL, &err), NULL));
    cr_assert(eq(int, err.code, EINVAL));
}

Test(client, inproc_without_a_context_says_so)
{
    cr_assert(eq(ptr, par_open("inproc://x", NULL, &err), NULL));
    cr_assert(eq(int, err.code, EINVAL));
    cr_assert(ne(ptr, strstr(err.text, "zmq_context"), NULL));
}

Test(client, a_forked_child_is_kept_off)
{
    struct par_function f = fake_function(client, "echo");
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        struct par_result r;

        if (par_call(client, &f, PAR_NO_ARGS, &r, &err) != -1 ||
            err.code != EINVAL)
            _exit(1);
        par_close(client);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    cr_assert(eq(int, status, 0));
    meet();
    cr_assert(eq(uint, fake.seen[WIRE_GOODBYE], 0));
}

/* ---- calls ---- */

Test(client, a_call_gives_the_value)
{
    struct par_function add = fake_function(client, "add");
    struct par_result r;

    cr_assert(eq(int, par_call(client, &add, PAR_ARGS(2, 40), &r, &err), 0));
    cr_assert(eq(i64, par_result_int(&r), 42));
    cr_assert(eq(int, r.executed, 2));
    cr_assert(eq(u64, r.wall_us, 5));
    par_result_clear(&r);
}

Test(client, wrong_arguments_are_refused_before_anything_is_sent)
{
    struct par_function add = fake_function(client, "add");
    struct par_result r;

    cr_assert(eq(int, par_call(client, &add, PAR_ARGS(2, "x"), &r, &err), -1));
    cr_assert(eq(int, err.code, EINVAL));
    cr_assert(eq(str, err.text,
                 "argument 2 of add is a string, the signature ii:i wants an "
                 "integer"));
    meet();
    cr_assert(eq(uint, fake.seen[WIRE_RUN], 0));
}

Test(client, a_failed_job_is_a_failed_call)
{
    struct par_function fail = fake_function(client, "fail");
    struct par_result r;

    cr_assert(
        eq(int, par_call(client, &fail, PAR_ARGS("no GPU"), &r, &err), -1));
    cr_assert(eq(int, err.code, PAR_CODE(PAR_EXCEPTION)));
    cr_assert(eq(str, err.text, "no GPU"));
}

Test(client, an_unknown_function_is_told_what_there_is)
{
    struct par_function f;

    cr_assert(
        eq(int, par_function(client, fake_setup(client), "ad", &f, &err), -1));
    cr_assert(eq(int, err.code, PAR_CODE(PAR_UNKNOWN_FUNCTION)));
    cr_assert(ne(ptr, strstr(err.text, "echo, add, fail, never"), NULL));
    cr_assert(ne(ptr, strstr(err.text, "did you mean add?"), NULL));
}

Test(client, large_payloads_travel_whole)
{
    static char sent[1024 * 1024 - 16];
    struct par_function echo = fake_function(client, "echo");
    struct par_value v = par_value_bytes(sent, sizeof sent);
    struct par_result r;

    for (size_t i = 0; i < sizeof sent; i++)
        sent[i] = (char)(i * 31);
    cr_assert(eq(int, par_call(client, &echo, &v, 1, &r, &err), 0));
    cr_assert(eq(sz, r.len, sizeof sent + 6)); /* heads of array and bytes */
    cr_assert(eq(int, memcmp((const char *)r.data + 6, sent, sizeof sent), 0));
    par_result_clear(&r);
}

Test(client, more_than_the_limit_is_refused_here)
{
    static char sent[1024 * 1024];
    struct par_function echo = fake_function(client, "echo");
    struct par_value v = par_value_bytes(sent, sizeof sent);
    struct par_result r;

    cr_assert(eq(int, par_call(client, &echo, &v, 1, &r, &err), -1));
    cr_assert(eq(int, err.code, PAR_CODE(PAR_TOO_LARGE)));
    cr_assert(ne(ptr, strstr(err.text, "1048576"), NULL));
}

Test(client, a_result_outlives_its_handle)
{
    struct par_client *other = fake_client(&fake);
    struct par_function echo = fake_function(other, "echo");
    struct par_result r;
    size_t len;

    cr_assert(eq(int, par_call(other, &echo, PAR_ARGS("stays"), &r, &err), 0));
    par_close(other);
    cr_assert(eq(sz, r.len, 7));
    par_result_bytes(&r, &len);
    par_result_clear(&r);
}

/* ---- what goes wrong ---- */

static bool refuse(struct fake *f, struct link_msg *m)
{
    struct meta_writer w = fake_text("the queue is full");

    if (m->wire.head.type != WIRE_RUN) {
        meta_writer_clear(&w);
        return false;
    }
    fake_say(f, WIRE_ERROR, WIRE_FINAL, m->wire.head.id, PAR_OVERLOADED, &w,
             NULL, m->wire.head.count);
    return true;
}

Test(client, a_refused_batch_answers_each_of_its_runs)
{
    struct par_function echo = fake_function(client, "echo");
    struct par_result r;
    uint64_t job;
    char text[100];

    fake.on = refuse;
    for (int i = 0; i < 3; i++)
        par_run(client, &echo, PAR_NO_ARGS, NULL, &job, &err);
    for (int i = 0; i < 3; i++) {
        cr_assert(eq(int, par_wait_any(client, NULL, 0, -1, &r, &err), 0));
        cr_assert(eq(int, r.status, PAR_OVERLOADED));
        cr_assert(eq(int, r.executed, 0));
        cr_assert(eq(str, (char *)par_result_error(&r, text, sizeof text),
                     "the queue is full"));
        par_result_clear(&r);
    }
}

static bool leave(struct fake *f, struct link_msg *m)
{
    if (m->wire.head.type != WIRE_RUN || f->step++ > 0)
        return false;
    fake_say(f, WIRE_GOODBYE, 0, 0, WIRE_DONE, NULL, NULL, 0);
    return true;
}

Test(client, a_lost_broker_answers_what_is_open_and_is_found_again)
{
    struct par_function echo = fake_function(client, "echo");
    struct par_result r;
    uint64_t job;
    char text[200];

    fake.on = leave;
    cr_assert(
        eq(int, par_run(client, &echo, PAR_NO_ARGS, NULL, &job, &err), 0));
    cr_assert(eq(int, par_wait(client, job, -1, &r, &err), 0));
    cr_assert(eq(int, r.status, PAR_LOST));
    cr_assert(eq(int, r.executed, 1));
    par_result_error(&r, text, sizeof text);
    cr_assert(ne(ptr, strstr(text, fake.endpoint), NULL), "says whom it lost");
    par_result_clear(&r);

    cr_assert(
        eq(int, par_run(client, &echo, PAR_NO_ARGS, NULL, &job, &err), -1));
    cr_assert(eq(int, err.code, PAR_CODE(PAR_UNKNOWN_HANDLE)));
    cr_assert(ne(ptr, strstr(err.text, "set it up again"), NULL));
    cr_assert(eq(uint, fake.seen[WIRE_HELLO], 2));
    echo = fake_function(client, "echo");
    cr_assert(eq(int, par_call(client, &echo, PAR_NO_ARGS, &r, &err), 0));
    par_result_clear(&r);
}

static sem_t may_answer;

static bool leave_then_hesitate(struct fake *f, struct link_msg *m)
{
    bool left = leave(f, m);

    if (!left && m->wire.head.type == WIRE_RUN)
        sem_wait(&may_answer);
    return left;
}

/* Let an event loop end with a result. */
static struct par_result loop(int events)
{
    struct par_result r = {0};
    struct epoll_event e;
    int n;

    while ((n = par_process(client, &err)) == 0)
        cr_assert(eq(int, epoll_wait(events, &e, 1, 10000), 1));
    cr_assert(eq(int, n, 1));
    cr_assert(eq(int, par_wait_any(client, NULL, 0, 0, &r, &err), 0));
    return r;
}

Test(client, an_event_loop_goes_on_with_the_next_connection)
{
    struct epoll_event e = {.events = EPOLLIN};
    int events = epoll_create1(EPOLL_CLOEXEC);
    struct par_result r;

    sem_init(&may_answer, 0, 0);
    fake.on = leave_then_hesitate;
    cr_assert(eq(int, epoll_ctl(events, EPOLL_CTL_ADD, par_fd(client), &e), 0));
    start("echo");
    r = loop(events);
    cr_assert(eq(int, r.status, PAR_LOST));
    par_result_clear(&r);
    start("echo");
    cr_assert(eq(int, par_process(client, &err), 0));
    sem_post(&may_answer);
    r = loop(events);
    cr_assert(eq(int, r.status, PAR_OK));
    par_result_clear(&r);
    close(events);
}

static bool runs_on(struct fake *f, struct link_msg *m)
{
    if (m->wire.head.type != WIRE_CANCEL)
        return false;
    if (m->wire.head.ref == PAR_SOFT)
        fake_say(f, WIRE_ERROR, 0, m->wire.head.id, PAR_NOT_KILLABLE, NULL,
                 NULL, 0);
    else
        fake_answer(f, m->wire.head.id, PAR_CANCELLED, 1, NULL, 0);
    return true;
}

Test(client, cancel_ends_a_job_or_says_that_it_cannot)
{
    uint64_t job;
    struct par_result r;

    fake.on = runs_on;
    job = start("never");
    cr_assert(eq(int, par_cancel(client, job, PAR_SOFT, &err), 0));
    cr_assert(eq(int, par_wait(client, job, -1, &r, &err), -1));
    cr_assert(eq(int, err.code, PAR_CODE(PAR_NOT_KILLABLE)));
    cr_assert(eq(int, par_cancel(client, job, PAR_KILL, &err), 0));
    cr_assert(eq(int, par_wait(client, job, -1, &r, &err), 0));
    cr_assert(eq(int, r.status, PAR_CANCELLED));
    par_result_clear(&r);
    cr_assert(eq(int, par_cancel(client, job, PAR_KILL, &err), -1));
    cr_assert(eq(int, err.code, ENOENT));
}

/* ---- threads ---- */

/* Says goodbye once, and then nothing. */
static bool fall_silent(struct fake *f, struct link_msg *m)
{
    if (m->wire.head.type == WIRE_PING && f->step++ == 0)
        fake_say(f, WIRE_GOODBYE, 0, 0, WIRE_DONE, NULL, NULL, 0);
    return f->step > 0;
}

static void *ping(void *timeout)
{
    struct par_error e = {0};

    par_ping(client, NULL, 0, *(int64_t *)timeout, NULL, &e);
    return (void *)(intptr_t)e.code;
}

/* With the lock, once a thread polls. */
static void until_polled(void)
{
    pthread_mutex_lock(&client->lock);
    while (!client->polling) {
        pthread_mutex_unlock(&client->lock);
        sched_yield();
        pthread_mutex_lock(&client->lock);
    }
}

Test(client, who_gives_up_takes_no_socket_from_the_one_that_polls)
{
    static int64_t long_time = 60000;
    pthread_t thread;
    void *code;

    fake.on = fall_silent;
    cr_assert(eq(int, par_ping(client, NULL, 0, -1, NULL, &err), -1));
    client->connect_timeout = long_time;
    pthread_create(&thread, NULL, ping, &long_time);
    until_polled();
    client->connect_timeout = 10;
    cr_assert(eq(int, client_connect(client, &err), -1));
    cr_assert(eq(int, err.code, ETIMEDOUT));
    cr_assert(eq(ptr, client->link, NULL));
    cr_assert(ne(ptr, client->polled_link, NULL), "who polls it closes it");
    cr_assert(eq(int, client->poked, true), "... and soon");
    pthread_mutex_unlock(&client->lock);
    pthread_join(thread, &code);
    cr_assert(eq(int, (int)(intptr_t)code, ETIMEDOUT));
    cr_assert(eq(ptr, client->polled_link, NULL));
}

enum { THREADS = 8, CALLS = 300 };

static void *call_often(void *arg)
{
    struct par_function *add = arg;
    uintptr_t wrong = 0;

    for (int i = 0; i < CALLS; i++) {
        struct par_error e;
        struct par_result r;

        if (par_call(client, add, PAR_ARGS(i, 7), &r, &e) ||
            par_result_int(&r) != i + 7)
            wrong++;
        else
            par_result_clear(&r);
    }
    return (void *)wrong;
}

Test(client, many_threads_share_one_handle)
{
    struct par_function add = fake_function(client, "add");
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, call_often, &add);
    for (int i = 0; i < THREADS; i++) {
        void *wrong;

        pthread_join(threads[i], &wrong);
        cr_assert(eq(ptr, wrong, NULL));
    }
    cr_assert(eq(uint, fake.runs, THREADS * CALLS));
}
