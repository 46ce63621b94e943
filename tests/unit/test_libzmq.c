/* test_libzmq.c - what we rely on in libzmq, where its manual promises nothing
 *
 * A libzmq that behaves differently is to be noticed here, not in the field.
 */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <zmq.h>

#include "clock.h"
#include "scratch.h"

enum { WAIT_MS = 15000, ENFORCE_DOMAIN = 93 };

static void *context;
static void *router;
static char endpoint[256];

static void set_up(void)
{
    scratch_make();
    context = zmq_ctx_new();
    router = zmq_socket(context, ZMQ_ROUTER);
}

/* Every socket has been closed by its test. */
static void tear_down(void)
{
    if (router)
        zmq_close(router);
    zmq_ctx_term(context);
    scratch_remove();
}

TestSuite(libzmq, .init = set_up, .fini = tear_down, .timeout = 60);

static void set(void *socket, int option, int value)
{
    cr_assert(eq(int, zmq_setsockopt(socket, option, &value, sizeof value), 0),
              "option %d", option);
}

static void bind_ipc(void)
{
    snprintf(endpoint, sizeof endpoint, "ipc://%s/s", scratch);
    cr_assert(eq(int, zmq_bind(router, endpoint), 0));
}

static void *dealer(void)
{
    void *d = zmq_socket(context, ZMQ_DEALER);

    set(d, ZMQ_LINGER, 0);
    cr_assert(eq(int, zmq_connect(d, endpoint), 0));
    return d;
}

static void *watch(void *socket, const char *name, int events)
{
    void *pair = zmq_socket(context, ZMQ_PAIR);

    set(pair, ZMQ_RCVHWM, 0);
    set(pair, ZMQ_RCVTIMEO, WAIT_MS);
    cr_assert(eq(int, zmq_socket_monitor(socket, name, events), 0));
    cr_assert(eq(int, zmq_connect(pair, name), 0));
    return pair;
}

static void unwatch(void *socket, void *pair)
{
    zmq_socket_monitor(socket, NULL, 0);
    zmq_close(pair);
}

static int next_event(void *pair, uint32_t *value)
{
    uint8_t bytes[6];
    uint16_t event;

    cr_assert(eq(int, zmq_recv(pair, bytes, sizeof bytes, 0), 6));
    memcpy(&event, bytes, 2);
    memcpy(value, bytes + 2, 4);
    zmq_recv(pair, NULL, 0, 0);
    return event;
}

/* Receive one message of two frames; the first's five octets go to id. */
static void receive(uint8_t id[5], zmq_msg_t *body)
{
    zmq_pollitem_t item = {.socket = router, .events = ZMQ_POLLIN};

    cr_assert(eq(int, zmq_poll(&item, 1, WAIT_MS), 1));
    cr_assert(eq(int, zmq_recv(router, id, 5, 0), 5));
    zmq_msg_init(body);
    cr_assert(zmq_msg_recv(body, router, 0) >= 0);
}

/* ---- ROUTER ---- */

Test(libzmq, mandatory_router_refuses_an_unknown_peer)
{
    bind_ipc();
    set(router, ZMQ_ROUTER_MANDATORY, 1);
    cr_assert(
        eq(int, zmq_send(router, "\0abcd", 5, ZMQ_SNDMORE | ZMQ_DONTWAIT), -1));
    cr_assert(eq(int, zmq_errno(), EHOSTUNREACH));
    /* and is not in the middle of a message now */
    cr_assert(
        eq(int, zmq_send(router, "\0abcd", 5, ZMQ_SNDMORE | ZMQ_DONTWAIT), -1));
    cr_assert(eq(int, zmq_errno(), EHOSTUNREACH));
}

Test(libzmq, dead_peer_is_told_by_its_fd_and_then_by_a_mandatory_send)
{
    uint64_t until = clock_ms() + WAIT_MS;
    uint8_t id[5];
    zmq_msg_t body;
    uint32_t fd;
    void *events;
    void *d;

    set(router, ZMQ_ROUTER_MANDATORY, 1);
    set(router, ZMQ_SNDHWM, 0);
    bind_ipc();
    events = watch(router, "inproc://events", ZMQ_EVENT_DISCONNECTED);
    d = dealer();
    zmq_send(d, "1", 1, 0);
    receive(id, &body);
    cr_assert(eq(int, (int)id[0], 0));
    zmq_send(d, "2", 1, 0);
    set(d, ZMQ_LINGER, 1000);
    zmq_close(d);
    cr_assert(eq(int, next_event(events, &fd), ZMQ_EVENT_DISCONNECTED));
    cr_assert(eq(int, (int)fd, zmq_msg_get(&body, ZMQ_SRCFD)));
    zmq_msg_close(&body);

    /* What came before the end is still delivered.  Until the I/O thread has
     * taken the connection down, sending to it succeeds. */
    receive(id, &body);
    cr_assert(eq(int, memcmp(zmq_msg_data(&body), "2", 1), 0));
    zmq_msg_close(&body);
    while (zmq_send(router, id, 5, ZMQ_SNDMORE | ZMQ_DONTWAIT) == 5) {
        zmq_send(router, "x", 1, ZMQ_DONTWAIT);
        cr_assert(eq(int, zmq_recv(router, id, 0, ZMQ_DONTWAIT), -1));
        cr_assert(clock_ms() < until);
    }
    cr_assert(eq(int, zmq_errno(), EHOSTUNREACH));
    unwatch(router, events);
}

/* Each test is a process of its own, and nobody else calls rand(). */
Test(libzmq, routing_ids_come_from_rand)
{
    static const uint8_t unseeded[5] = {0, 0x6b, 0x8b, 0x45, 0x67};
    uint8_t id[5];
    zmq_msg_t body;
    void *d;

    zmq_close(router);
    srand(42);
    router = zmq_socket(context, ZMQ_ROUTER);
    bind_ipc();
    d = dealer();
    zmq_send(d, "1", 1, 0);
    receive(id, &body);
    zmq_msg_close(&body);
    zmq_close(d);
    cr_assert(eq(int, (int)id[0], 0));
    cr_assert(ne(int, memcmp(id, unseeded, 5), 0));
}

Test(libzmq, unbinding_inproc_keeps_the_connections)
{
    uint8_t id[5];
    zmq_msg_t body;
    void *d;

    snprintf(endpoint, sizeof endpoint, "inproc://here");
    cr_assert(eq(int, zmq_bind(router, endpoint), 0));
    d = dealer();
    zmq_send(d, "1", 1, 0);
    receive(id, &body);
    zmq_msg_close(&body);
    cr_assert(eq(int, zmq_unbind(router, endpoint), 0));
    zmq_send(d, "2", 1, 0);
    receive(id, &body);
    zmq_msg_close(&body);
    zmq_close(d);
}

/* ---- DEALER ---- */

/* Not so with ZMQ_IMMEDIATE. */
Test(libzmq, dealer_keeps_what_came_in_before_its_connection_ended)
{
    enum { MESSAGES = 100 };
    void *d = zmq_socket(context, ZMQ_DEALER);
    void *events = watch(d, "inproc://events", ZMQ_EVENT_DISCONNECTED);
    uint8_t id[5];
    char text[8];
    uint32_t fd;
    zmq_msg_t body;

    bind_ipc();
    set(d, ZMQ_LINGER, 0);
    set(d, ZMQ_RCVTIMEO, WAIT_MS);
    cr_assert(eq(int, zmq_connect(d, endpoint), 0));
    zmq_send(d, "1", 1, 0);
    receive(id, &body);
    zmq_msg_close(&body);
    for (int i = 0; i < MESSAGES; i++) {
        zmq_send(router, id, 5, ZMQ_SNDMORE);
        zmq_send(router, "x", 1, 0);
    }
    set(router, ZMQ_LINGER, WAIT_MS);
    zmq_close(router);
    router = NULL;
    cr_assert(eq(int, next_event(events, &fd), ZMQ_EVENT_DISCONNECTED));
    for (int i = 0; i < MESSAGES; i++)
        cr_assert(eq(int, zmq_recv(d, text, sizeof text, 0), 1));
    unwatch(d, events);
    zmq_close(d);
}

/* ---- who is it? ---- */

Test(libzmq, inproc_messages_have_no_origin)
{
    uint8_t id[5];
    zmq_msg_t body;
    void *d;

    snprintf(endpoint, sizeof endpoint, "inproc://here");
    cr_assert(eq(int, zmq_bind(router, endpoint), 0));
    d = dealer();
    zmq_send(d, "1", 1, 0);
    receive(id, &body);
    cr_assert(eq(ptr, (void *)zmq_msg_gets(&body, "User-Id"), NULL));
    cr_assert(eq(ptr, (void *)zmq_msg_gets(&body, "Peer-Address"), NULL));
    cr_assert(eq(int, zmq_msg_get(&body, ZMQ_SRCFD), -1));
    zmq_msg_close(&body);
    zmq_close(d);
}

Test(libzmq, message_from_elsewhere_that_is_passed_on_loses_its_origin)
{
    void *second = zmq_socket(context, ZMQ_ROUTER);
    void *forward = zmq_socket(context, ZMQ_DEALER);
    uint8_t id[5];
    zmq_msg_t body;
    void *d;

    bind_ipc();
    cr_assert(eq(int, zmq_bind(second, "inproc://second"), 0));
    cr_assert(eq(int, zmq_connect(forward, "inproc://second"), 0));
    d = dealer();
    zmq_send(d, "1", 1, 0);
    receive(id, &body);
    cr_assert(zmq_msg_gets(&body, "Peer-Address") != NULL);
    cr_assert(zmq_msg_send(&body, forward, 0) >= 0);
    cr_assert(eq(int, zmq_recv(second, id, 5, 0), 5));
    zmq_msg_init(&body);
    cr_assert(zmq_msg_recv(&body, second, 0) >= 0);
    cr_assert(eq(ptr, (void *)zmq_msg_gets(&body, "Peer-Address"), NULL));
    cr_assert(eq(int, zmq_msg_get(&body, ZMQ_SRCFD), -1));
    zmq_msg_close(&body);
    zmq_close(d);
    zmq_close(forward);
    zmq_close(second);
}

static int handshake(void *socket)
{
    void *events =
        watch(socket, "inproc://handshake",
              ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                  ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                  ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
    uint32_t value;
    int event;

    cr_assert(eq(int, zmq_connect(socket, endpoint), 0));
    event = next_event(events, &value);
    unwatch(socket, events);
    return event;
}

/* A CURVE server without a door-keeper, its domain enforced or not. */
static int curve_handshake_without_handler(int enforce)
{
    char server_public[41];
    char server_secret[41];
    char own_public[41];
    char own_secret[41];
    size_t size = sizeof endpoint;
    void *d = zmq_socket(context, ZMQ_DEALER);
    int event;

    zmq_curve_keypair(server_public, server_secret);
    zmq_curve_keypair(own_public, own_secret);
    set(router, ZMQ_CURVE_SERVER, 1);
    zmq_setsockopt(router, ZMQ_CURVE_SECRETKEY, server_secret, 41);
    zmq_setsockopt(router, ZMQ_ZAP_DOMAIN, "x", 1);
    set(router, ENFORCE_DOMAIN, enforce);
    cr_assert(eq(int, zmq_bind(router, "tcp://127.0.0.1:*"), 0));
    zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, endpoint, &size);
    zmq_setsockopt(d, ZMQ_CURVE_SERVERKEY, server_public, 41);
    zmq_setsockopt(d, ZMQ_CURVE_PUBLICKEY, own_public, 41);
    zmq_setsockopt(d, ZMQ_CURVE_SECRETKEY, own_secret, 41);
    set(d, ZMQ_LINGER, 0);
    event = handshake(d);
    zmq_close(d);
    return event;
}

Test(libzmq, enforced_domain_closes_curve_where_nobody_keeps_the_door)
{
    cr_assert(ne(int, curve_handshake_without_handler(1),
                 ZMQ_EVENT_HANDSHAKE_SUCCEEDED));
}

/* Why we need it.  Should this fail one day, the option is a belt to braces. */
Test(libzmq, domain_that_is_not_enforced_leaves_curve_open)
{
    cr_assert(eq(int, curve_handshake_without_handler(0),
                 ZMQ_EVENT_HANDSHAKE_SUCCEEDED));
}

/* ---- listening ---- */

Test(libzmq, listening_socket_that_it_is_given_keeps_its_file)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    uint8_t id[5];
    zmq_msg_t body;
    void *d;

    snprintf(address.sun_path, sizeof address.sun_path, "%s/s", scratch);
    cr_assert(
        eq(int, bind(fd, (struct sockaddr *)&address, sizeof address), 0));
    cr_assert(eq(int, listen(fd, 10), 0));
    set(router, ZMQ_USE_FD, fd);
    bind_ipc();
    d = dealer();
    zmq_send(d, "1", 1, 0);
    receive(id, &body);
    zmq_msg_close(&body);
    zmq_close(d);
    zmq_close(router);
    router = NULL;
    zmq_ctx_term(context);
    context = zmq_ctx_new();
    cr_assert(eq(int, access(address.sun_path, F_OK), 0));
}

Test(libzmq, unread_monitor_without_a_limit_stops_nobody)
{
    enum { CONNECTIONS = 3000 };
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    uint8_t id[5];
    zmq_msg_t body;
    void *events;
    void *d;

    set(router, ZMQ_BACKLOG, 1024);
    bind_ipc();
    events = watch(router, "inproc://events", ZMQ_EVENT_ALL);
    snprintf(address.sun_path, sizeof address.sun_path, "%s/s", scratch);
    for (int i = 0; i < CONNECTIONS; i++) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        cr_assert(eq(
            int, connect(fd, (struct sockaddr *)&address, sizeof address), 0));
        close(fd);
    }
    d = dealer();
    zmq_send(d, "1", 1, 0);
    receive(id, &body);
    zmq_msg_close(&body);
    zmq_close(d);
    unwatch(router, events);
}
