/* test_embed.c - a broker in a program that is not ours */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include <par/broker.h>

#include "meta.h"
#include "scratch.h"
#include "wire.h"

enum { GUESSES = 48, PATIENCE_MS = 15000 };

static void *context;
static struct par_broker *broker;

static void set_up(void)
{
    scratch_make();
    context = zmq_ctx_new();
}

static void tear_down(void)
{
    par_broker_stop(broker, 0);
    zmq_ctx_term(context);
    scratch_remove();
}

TestSuite(embed, .init = set_up, .fini = tear_down, .timeout = 60);

/* The linker puts this between the broker and its threads; libzmq's, which
 * mask themselves, do not come by. */
int __real_pthread_create(pthread_t *thread,
                          const pthread_attr_t *attr,
                          void *(*run)(void *),
                          void *arg);
int __wrap_pthread_create(pthread_t *thread,
                          const pthread_attr_t *attr,
                          void *(*run)(void *),
                          void *arg);

static int threads, deaf_threads;

int __wrap_pthread_create(pthread_t *thread,
                          const pthread_attr_t *attr,
                          void *(*run)(void *),
                          void *arg)
{
    sigset_t mask;

    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    threads++;
    deaf_threads +=
        sigismember(&mask, SIGCHLD) == 1 && sigismember(&mask, SIGALRM) == 1;
    return __real_pthread_create(thread, attr, run, arg);
}

static void start_broker(void)
{
    struct par_error err = {0};
    char endpoint[128];
    const char *at[] = {endpoint, NULL};
    struct par_broker_options o = {.endpoints = at};

    snprintf(endpoint, sizeof endpoint, "ipc://%s", scratch_path("s"));
    broker = par_broker_start(&o, &err);
    cr_assert(broker != NULL, "%s", err.text);
}

Test(embed, no_thread_of_a_broker_takes_signals)
{
    sigset_t mask;

    start_broker();
    cr_assert(eq(int, threads, 2), "the loop, and who checks keys");
    cr_assert(eq(int, deaf_threads, threads));
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    cr_assert(eq(int, sigismember(&mask, SIGALRM), 0), "the program's are");
}

/* Say HELLO under this routing id (NULL: one that libzmq makes), and be
 * welcomed. */
static void *come_in(const uint8_t *id, size_t len)
{
    void *dealer = zmq_socket(context, ZMQ_DEALER);
    struct meta_writer w = {0};
    struct wire_header head = {.type = WIRE_HELLO};
    int none = 0, patience = PATIENCE_MS;
    uint8_t frame[256];
    int n;

    zmq_setsockopt(dealer, ZMQ_LINGER, &none, sizeof none);
    zmq_setsockopt(dealer, ZMQ_RCVTIMEO, &patience, sizeof patience);
    zmq_setsockopt(dealer, ZMQ_ROUTING_ID, id, len);
    cr_assert(eq(int, zmq_connect(dealer, par_broker_endpoint(broker, 0)), 0));
    meta_put_map(&w, 2);
    meta_put_uint(&w, 1);
    meta_put_array(&w, 2);
    meta_put_uint(&w, 1);
    meta_put_uint(&w, 1);
    meta_pair_str(&w, 2, "client");
    head.meta_len = (uint32_t)w.len;
    wire_put_header(frame, &head);
    memcpy(frame + WIRE_HEADER, w.data, w.len);
    zmq_send(dealer, frame, WIRE_HEADER + w.len, 0);
    meta_writer_clear(&w);
    n = zmq_recv(dealer, frame, sizeof frame, 0);
    cr_assert(n >= WIRE_HEADER);
    cr_assert(eq(int, frame[3], WIRE_WELCOME));
    return dealer;
}

/* What libzmq makes of rand() when a ROUTER is the next to ask for two
 * numbers, after so many that others have asked for. */
static void guess(uint8_t ids[GUESSES][5])
{
    uint32_t numbers[GUESSES + 1];

    srand(1); /* as if it had never been called */
    for (size_t i = 0; i <= GUESSES; i++)
        numbers[i] = (uint32_t)rand();
    for (size_t i = 0; i < GUESSES; i++) {
        ids[i][0] = 0;
        wire_put_u32(ids[i] + 1, numbers[i] | numbers[i + 1] << 31);
    }
    srand(1);
}

Test(embed, next_routing_id_cannot_be_guessed)
{
    uint8_t ids[GUESSES][5];
    void *dealers[GUESSES + 1];

    guess(ids);
    start_broker();
    for (size_t i = 0; i < GUESSES; i++)
        dealers[i] = come_in(ids[i], sizeof ids[i]);
    /* Had one of them the id that is made for this one, that would be all. */
    dealers[GUESSES] = come_in(NULL, 0);
    for (size_t i = 0; i <= GUESSES; i++)
        zmq_close(dealers[i]);
}

/* libzmq takes some of its numbers, as it does in any program. */
Test(embed, rand_stays_the_programs_own)
{
    bool found = false;
    int next;

    srand(7);
    start_broker();
    next = rand();
    srand(7);
    for (int i = 0; i < 100; i++)
        found = rand() == next || found;
    cr_assert(found);
}
