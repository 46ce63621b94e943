/* test_backlog.c - what libzmq holds is counted until it lets it go */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>
#include <zmq.h>

#include "backlog.h"

enum { SIZE = 5000 };

static void *context, *from, *to;
static struct backlog *backlog;

static void open_all(void)
{
    context = zmq_ctx_new();
    from = zmq_socket(context, ZMQ_PAIR);
    to = zmq_socket(context, ZMQ_PAIR);
    cr_assert(eq(int, zmq_bind(from, "inproc://backlog"), 0));
    cr_assert(eq(int, zmq_connect(to, "inproc://backlog"), 0));
    backlog = backlog_create();
}

static void close_all(void)
{
    zmq_close(from);
    zmq_close(to);
    zmq_ctx_term(context);
}

TestSuite(backlog, .init = open_all, .fini = close_all, .timeout = 20);

static void send_one(void)
{
    zmq_msg_t m;

    zmq_msg_init_size(&m, SIZE);
    memset(zmq_msg_data(&m), 'x', SIZE);
    backlog_add(backlog, &m);
    cr_assert(eq(int, zmq_msg_send(&m, from, 0), SIZE));
}

static void take_one(void)
{
    zmq_msg_t m;

    zmq_msg_init(&m);
    cr_assert(eq(int, zmq_msg_recv(&m, to, 0), SIZE));
    cr_assert(eq(chr, ((char *)zmq_msg_data(&m))[SIZE - 1], 'x'));
    zmq_msg_close(&m);
}

Test(backlog, counts_what_is_not_taken)
{
    cr_assert(eq(sz, backlog_octets(backlog), 0));
    send_one();
    send_one();
    cr_assert(eq(sz, backlog_octets(backlog), 2 * SIZE));
    take_one();
    cr_assert(eq(sz, backlog_octets(backlog), SIZE));
    take_one();
    cr_assert(eq(sz, backlog_octets(backlog), 0));
    backlog_leave(backlog);
}

Test(backlog, outlives_its_owner_as_long_as_a_message)
{
    send_one();
    backlog_leave(backlog);
    take_one();
    backlog_leave(NULL);
    cr_assert(eq(sz, backlog_octets(NULL), 0));
}
