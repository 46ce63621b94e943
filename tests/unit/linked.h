/* linked.h - a link server with its door-keeper, for tests
 *
 * Everything waits on sockets, at most WAIT_MS, and fails the test if nothing
 * comes.
 */
#ifndef PAR_TESTS_UNIT_LINKED_H
#define PAR_TESTS_UNIT_LINKED_H

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
#include <zmq.h>

#include "clock.h"
#include "keys.h"
#include "link.h"
#include "scratch.h"
#include "wire.h"
#include "zap.h"

enum { WAIT_MS = 15000 };

static void *context;
static struct zap *door;
static void *door_control; /* anything sent here ends the door-keeper */
static pthread_t door_thread;
static void *router;
static struct link_server *server;
static struct key_pair broker_key;
static struct key_pair client_key;

static inline void *door_main(void *control)
{
    zap_run(door, control);
    zmq_close(control);
    return NULL;
}

static inline void door_open_for(uid_t owner)
{
    struct par_error err = {0};
    void *control = zmq_socket(context, ZMQ_PAIR);

    door = zap_open(context, owner, &err);
    cr_assert(door != NULL, "%s", err.text);
    door_control = zmq_socket(context, ZMQ_PAIR);
    cr_assert(eq(int, zmq_bind(door_control, "inproc://door"), 0));
    cr_assert(eq(int, zmq_connect(control, "inproc://door"), 0));
    cr_assert(
        eq(int, pthread_create(&door_thread, NULL, door_main, control), 0));
}

static inline void door_close(void)
{
    if (!door)
        return;
    zmq_send(door_control, "", 0, 0);
    pthread_join(door_thread, NULL);
    zmq_close(door_control);
    zap_close(door);
    door = NULL;
}

/* Write the list of those who may come in, and let the door-keeper use it. */
static inline void admit(const struct key_pair *pair)
{
    const char *file = scratch_path("authorized");
    struct authorized_entry e = {.roles = ROLE_CLIENT};
    struct authorized *a;

    if (pair) {
        memcpy(e.key, pair->public_key, KEY_SIZE);
        snprintf(e.name, sizeof e.name, "%s", pair->name);
        cr_assert(eq(int, authorized_add(file, &e, NULL), 0));
    } else {
        unlink(file);
    }
    a = authorized_load(file, NULL);
    cr_assert(a != NULL);
    zap_use(door, a);
}

static inline void server_open(void)
{
    struct par_error err = {0};

    router = zmq_socket(context, ZMQ_ROUTER);
    server = link_server_open(context, router, &err);
    cr_assert(server != NULL, "%s", err.text);
}

static inline void server_close(void)
{
    link_server_close(server);
    zmq_close(router);
    server = NULL;
}

/* For .init and .fini. */
static inline void linked_open(void)
{
    scratch_make();
    context = zmq_ctx_new();
    cr_assert(
        eq(int, keys_create(scratch_path("b.key"), "b", &broker_key, NULL), 0));
    cr_assert(
        eq(int, keys_create(scratch_path("c.key"), "c", &client_key, NULL), 0));
    door_open_for(geteuid());
    admit(&client_key);
    server_open();
}

static inline void linked_close(void)
{
    server_close();
    door_close();
    zmq_ctx_term(context);
    scratch_remove();
}

/* Everything anew, in another context, with an empty table. */
static inline void linked_restart_for(uid_t owner)
{
    server_close();
    door_close();
    zmq_ctx_term(context);
    context = zmq_ctx_new();
    door_open_for(owner);
    server_open();
}

/* Listen on one of the three; returns the endpoint as bound. */
static inline const char *listen_by(enum link_transport transport)
{
    static char actual[LINK_ENDPOINT];
    char endpoint[LINK_ENDPOINT];
    struct par_error err = {0};

    if (transport == LINK_TCP)
        snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:*");
    else if (transport == LINK_IPC)
        snprintf(endpoint, sizeof endpoint, "ipc://%s/s", scratch);
    else
        snprintf(endpoint, sizeof endpoint, "inproc://test");
    cr_assert(eq(int,
                 link_server_listen(server, endpoint, broker_key.secret_key,
                                    actual, sizeof actual, &err),
                 0),
              "%s", err.text);
    return actual;
}

static inline struct link_client *client_open_as(const char *endpoint,
                                                 const struct key_pair *pair)
{
    struct par_error err = {0};
    struct link_client *c =
        link_client_open(context, endpoint, pair->public_key, pair->secret_key,
                         broker_key.public_key, &err);

    cr_assert(c != NULL, "%s", err.text);
    return c;
}

/* For each transport *t. */
#define EACH(t)                                                                \
    for (const enum link_transport *t = transports; t < transports + 3; t++)

static const enum link_transport transports[] = {LINK_INPROC, LINK_IPC,
                                                 LINK_TCP};

/* ---- waiting ---- */

static inline void wait_for(zmq_pollitem_t *items, int n, uint64_t until)
{
    uint64_t now = clock_ms();

    cr_assert(now < until, "nothing came");
    zmq_poll(items, n, (long)(until - now));
}

static inline enum link_event wait_event(struct link_client *c)
{
    uint64_t until = clock_ms() + WAIT_MS;
    zmq_pollitem_t items[LINK_POLL];
    enum link_event event;

    while ((event = link_client_event(c)) == LINK_NOTHING)
        wait_for(items, link_client_poll(c, items), until);
    return event;
}

static inline struct link_client *client_connected(const char *endpoint)
{
    struct link_client *c = client_open_as(endpoint, &client_key);

    cr_assert(eq(int, (int)wait_event(c), LINK_CONNECTED));
    return c;
}

static inline void wait_client_msg(struct link_client *c, struct link_msg *m)
{
    uint64_t until = clock_ms() + WAIT_MS;
    zmq_pollitem_t items[LINK_POLL];

    while (!link_client_recv(c, m))
        wait_for(items, link_client_poll(c, items), until);
}

/* Connections that end meanwhile are passed over. */
static inline void wait_server_msg(struct link_msg *m)
{
    uint64_t until = clock_ms() + WAIT_MS;
    zmq_pollitem_t items[LINK_POLL];
    uint64_t gone;

    while (!link_server_recv(server, m)) {
        while (link_server_gone(server, &gone))
            continue;
        wait_for(items, link_server_poll(server, items), until);
    }
}

/* Wait until link_server_poll()'s item number `which` has something to read. */
static inline void wait_server_item(int which)
{
    zmq_pollitem_t items[LINK_POLL];

    link_server_poll(server, items);
    wait_for(items + which, 1, clock_ms() + WAIT_MS);
    cr_assert(items[which].revents != 0);
}

/* Wait until a connection is gone; nothing may come in meanwhile. */
static inline uint64_t wait_gone(void)
{
    uint64_t until = clock_ms() + WAIT_MS;
    zmq_pollitem_t items[LINK_POLL];
    struct link_msg m;
    uint64_t gone;

    for (;;) {
        cr_assert(eq(int, link_server_recv(server, &m), false));
        if (link_server_gone(server, &gone))
            return gone;
        wait_for(items, link_server_poll(server, items), until);
    }
}

/* ---- messages ---- */

static inline const uint8_t *ping_bytes(uint64_t nonce)
{
    static uint8_t bytes[WIRE_HEADER];
    struct wire_header head = {.type = WIRE_PING, .id = nonce};

    wire_put_header(bytes, &head);
    return bytes;
}

static inline void client_ping(struct link_client *c, uint64_t nonce)
{
    cr_assert(eq(int, link_client_post(c, ping_bytes(nonce), WIRE_HEADER), 0));
}

/* Send a ping and receive it; returns the connection's number. */
static inline uint64_t greet(struct link_client *c, uint64_t nonce)
{
    struct link_msg m;
    uint64_t conn;

    client_ping(c, nonce);
    wait_server_msg(&m);
    cr_assert(eq(int, m.status, PAR_OK));
    cr_assert(eq(u64, m.wire.head.id, nonce));
    conn = m.conn;
    link_msg_close(&m);
    return conn;
}

#endif
