/* calling.h - a client of a fake broker, for test_client*.c */
#ifndef PAR_TESTS_UNIT_CALLING_H
#define PAR_TESTS_UNIT_CALLING_H

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <zmq.h>

#include "fake_broker.h"

static struct fake fake;
static struct par_client *client;
static struct par_error err;

static inline void open_client(void)
{
    fake_start(&fake, zmq_ctx_new());
    client = fake_client(&fake);
}

static inline void close_client(void)
{
    par_close(client);
    fake_stop(&fake);
    zmq_ctx_term(fake.context);
}

/* The broker has read all that was said before. */
static inline void meet(void)
{
    cr_assert(eq(int, par_ping(client, NULL, 0, 5000, NULL, &err), 0));
}

/* Run one of the fake's functions, without arguments. */
static inline uint64_t start(const char *name)
{
    struct par_function f = fake_function(client, name);
    uint64_t job;

    cr_assert(eq(int, par_run(client, &f, PAR_NO_ARGS, NULL, &job, &err), 0));
    return job;
}

#endif
