/* link_client.c - the connecting side of a link */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "keys.h"
#include "link_socket.h"
#include "monitor.h"

enum {
    LINGER_MIN_MS = 300,
    /* A peer that closes in the middle of the handshake twice in a row does
     * not just happen to be restarted: with CURVE it does not have the key
     * that we think it has, and says nothing more. */
    CLOSED_TWICE = 2
};

enum client_state { CONNECTING, CONNECTED, ENDED };

struct link_client {
    void *dealer;
    struct monitor monitor; /* none on inproc */
    enum link_transport transport;
    enum client_state state;
    bool told;    /* inproc: that it is connected */
    bool sent;    /* anything at all */
    bool drained; /* see link_poll_item() */
    int closed;   /* handshakes cut short in a row */
};

/* ---- opening and closing ---- */

static int set_keys(void *dealer,
                    const uint8_t *public_key,
                    const uint8_t *secret_key,
                    const uint8_t *broker_key,
                    struct par_error *err)
{
    if (zmq_setsockopt(dealer, ZMQ_CURVE_SERVERKEY, broker_key, LINK_KEY) ==
            0 &&
        zmq_setsockopt(dealer, ZMQ_CURVE_PUBLICKEY, public_key, LINK_KEY) ==
            0 &&
        zmq_setsockopt(dealer, ZMQ_CURVE_SECRETKEY, secret_key, LINK_KEY) == 0)
        return 0;
    return par_fail(err, zmq_errno(), "the keys: %s",
                    zmq_strerror(zmq_errno()));
}

static int set_up(struct link_client *c,
                  void *context,
                  const char *endpoint,
                  struct par_error *err)
{
    const struct link_option options[] = {
        /* With 1, what has come in unread is thrown away when the connection
         * ends, a GOODBYE or results among it.  What has not gone out goes
         * to whoever listens there next, who refuses it for want of a HELLO;
         * while we know of no connection, nothing is queued. */
        {ZMQ_IMMEDIATE, 0},
        {ZMQ_RECONNECT_IVL, 200},
        {ZMQ_RECONNECT_IVL_MAX, c->transport == LINK_TCP ? 10000 : 1000},
        {ZMQ_CONNECT_TIMEOUT, 3000},
        {ZMQ_IPV6, strchr(endpoint, '[') != NULL},
        {ZMQ_LINGER, LINGER_MIN_MS},
        {0, 0}};

    if (link_set_common(c->dealer, err) != 0 ||
        link_set_options(c->dealer, options, err) != 0)
        return -1;
    if (c->transport == LINK_INPROC) {
        c->state = CONNECTED;
        return 0;
    }
    return monitor_open(&c->monitor, context, c->dealer,
                        ZMQ_EVENT_CONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
                            ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                            ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                            ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                            ZMQ_EVENT_DISCONNECTED,
                        err);
}

/* As libzmq writes it: tcp://SOURCE:PORT;HOST:PORT, where 0 is any port. */
static const char *with_source(const char *source,
                               const char *endpoint,
                               char text[2 * LINK_ENDPOINT])
{
    const char *peer = endpoint + strlen("tcp://");
    bool v6 = source && strchr(source, ':');

    if (!source || link_endpoint_transport(endpoint) != LINK_TCP)
        return endpoint;
    snprintf(text, 2 * LINK_ENDPOINT, v6 ? "tcp://[%s]:0;%s" : "tcp://%s:0;%s",
             source, peer);
    return text;
}

static int connect_to(struct link_client *c,
                      void *context,
                      const char *source,
                      const char *endpoint,
                      struct par_error *err)
{
    char text[2 * LINK_ENDPOINT];

    if (set_up(c, context, endpoint, err) != 0)
        return -1;
    if (zmq_connect(c->dealer, with_source(source, endpoint, text)) != 0)
        return par_fail(err, zmq_errno(), "%s: %s", endpoint,
                        zmq_strerror(zmq_errno()));
    return 0;
}

struct link_client *link_client_open(void *context,
                                     const char *endpoint,
                                     const uint8_t *public_key,
                                     const uint8_t *secret_key,
                                     const uint8_t *broker_key,
                                     struct par_error *err)
{
    return link_client_open_from(context, NULL, endpoint, public_key,
                                 secret_key, broker_key, err);
}

struct link_client *link_client_open_from(void *context,
                                          const char *source,
                                          const char *endpoint,
                                          const uint8_t *public_key,
                                          const uint8_t *secret_key,
                                          const uint8_t *broker_key,
                                          struct par_error *err)
{
    struct link_client *c;
    bool tcp;

    if (!link_endpoint_ok(endpoint, false, err))
        return NULL;
    tcp = link_endpoint_transport(endpoint) == LINK_TCP;
    if (tcp && (!public_key || !secret_key || !broker_key)) {
        par_fail(err, EINVAL, "%s: tcp needs a key and the broker's key",
                 endpoint);
        return NULL;
    }
    c = calloc(1, sizeof *c);
    if (!c) {
        par_fail(err, ENOMEM, "link: out of memory");
        return NULL;
    }
    c->transport = link_endpoint_transport(endpoint);
    c->dealer = zmq_socket(context, ZMQ_DEALER);
    if (!c->dealer)
        par_fail(err, zmq_errno(), "%s: %s", endpoint,
                 zmq_strerror(zmq_errno()));
    else if ((!tcp || set_keys(c->dealer, public_key, secret_key, broker_key,
                               err) == 0) &&
             connect_to(c, context, source, endpoint, err) == 0)
        return c;
    link_client_close(c, 0);
    return NULL;
}

void link_client_close(struct link_client *c, int linger_ms)
{
    if (!c)
        return;
    monitor_close(&c->monitor);
    if (c->dealer) {
        /* A queue of two-frame messages that is thrown away while the peer
         * dies aborts the process, so it always gets a little time. */
        if (c->sent && linger_ms < LINGER_MIN_MS)
            linger_ms = LINGER_MIN_MS;
        zmq_setsockopt(c->dealer, ZMQ_LINGER, &linger_ms, sizeof linger_ms);
        zmq_close(c->dealer);
    }
    free(c);
}

/* ---- events ---- */

int link_client_poll(struct link_client *c, zmq_pollitem_t *items)
{
    int n = 0;

    items[n++] = link_poll_item(c->dealer, &c->drained);
    if (c->monitor.pair)
        items[n++] = link_poll_item(c->monitor.pair, &c->monitor.drained);
    return n;
}

/* Does another user listen there?  Whoever serves us gets our work, or runs
 * his as us, and on ipc only the kernel says who it is.  Root could become us
 * anyway; and we, as root, go where we are told to. */
static bool is_foreign(int fd)
{
    struct ucred server;
    socklen_t len = sizeof server;

    /* It fails if the connection is gone: the next event tells. */
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &server, &len) == 0 &&
           server.uid != geteuid() && server.uid != 0 && geteuid() != 0;
}

/* The handshake was cut short, or took too long: then `code` is whatever errno
 * happened to be. */
static enum link_event closed_early(struct link_client *c, int code)
{
    if (code != EPIPE && code != ECONNRESET)
        return LINK_NOTHING;
    if (++c->closed < CLOSED_TWICE)
        return LINK_NOTHING;
    c->state = ENDED;
    return LINK_SHUT;
}

static enum link_event while_connecting(struct link_client *c,
                                        uint16_t event,
                                        uint32_t value)
{
    switch (event) {
    case ZMQ_EVENT_CONNECTED:
        if (c->transport != LINK_IPC || !is_foreign((int)value))
            return LINK_NOTHING;
        c->state = ENDED;
        return LINK_REFUSED;
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        c->state = CONNECTED;
        return LINK_CONNECTED;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
        c->state = ENDED;
        return LINK_REFUSED;
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
        c->state = ENDED;
        return LINK_SHUT;
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
        return closed_early(c, (int)value);
    default:
        return LINK_NOTHING;
    }
}

enum link_event link_client_event(struct link_client *c)
{
    enum link_event told = LINK_NOTHING;
    uint16_t event;
    uint32_t value;

    if (c->transport == LINK_INPROC) {
        if (c->told)
            return LINK_NOTHING;
        c->told = true;
        return LINK_CONNECTED;
    }
    while (told == LINK_NOTHING && monitor_next(&c->monitor, &event, &value)) {
        if (c->state == CONNECTING) {
            told = while_connecting(c, event, value);
        } else if (c->state == CONNECTED && event == ZMQ_EVENT_DISCONNECTED) {
            c->state = ENDED;
            told = LINK_LOST;
        }
    }
    return told;
}

/* A broker with another key says nothing that only we could read. */
void link_shut_text(char *text,
                    size_t size,
                    const char *endpoint,
                    const uint8_t *broker_key)
{
    char key[KEY_TEXT];

    if (link_endpoint_transport(endpoint) != LINK_TCP) {
        snprintf(text, size,
                 "it hangs up: it has no room for more connections, or is no "
                 "broker");
        return;
    }
    key_text(broker_key, key);
    snprintf(text, size,
             "it hangs up: it has another key than the one trusted here (%s; "
             "parctl status shows it there), no room for more connections, or "
             "is no broker",
             key);
}

/* ---- messages ---- */

bool link_client_recv(struct link_client *c, struct link_msg *m)
{
    /* An empty message counts as none: what is behind it wakes the poll. */
    link_msg_init(m);
    if (link_recv_rest(c->dealer, m, &c->drained))
        return true;
    link_msg_close(m);
    return false;
}

static int send_frames(struct link_client *c,
                       zmq_msg_t *first,
                       zmq_msg_t *second)
{
    if (c->state != CONNECTED) {
        zmq_msg_close(first);
        errno = EAGAIN;
        return -1;
    }
    c->drained = false;
    if (link_send_frames(c->dealer, first, second) != 0)
        return -1;
    c->sent = true;
    return 0;
}

int link_client_send(struct link_client *c,
                     uint8_t *frame,
                     size_t len,
                     zmq_msg_t *second)
{
    zmq_msg_t first;

    if (link_frame_take(&first, frame, len) != 0)
        return -1;
    return send_frames(c, &first, second);
}

int link_client_post(struct link_client *c, const void *frame, size_t len)
{
    zmq_msg_t first;

    if (link_frame_copy(&first, frame, len) != 0)
        return -1;
    return send_frames(c, &first, NULL);
}
