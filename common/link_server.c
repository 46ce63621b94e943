/* link_server.c - the listening side of a link */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "link_server.h"

enum {
    DROPS_MAX = 64, /* a row of empty messages must not hold the caller */
    IN_MAX = 1000   /* messages of a peer before TCP holds it back */
};

/* ---- opening and closing ---- */

static int set_up(struct link_server *s, void *context, struct par_error *err)
{
    static const struct link_option options[] = {{ZMQ_ROUTER_MANDATORY, 1},
                                                 {ZMQ_ROUTER_HANDOVER, 0},
                                                 {ZMQ_RCVHWM, IN_MAX},
                                                 {ZMQ_SNDHWM, LINK_UNREAD},
                                                 {ZMQ_BACKLOG, 1024},
                                                 {ZMQ_LINGER, 1000},
                                                 {0, 0}};

    if (link_set_common(s->router, err) != 0 ||
        link_set_options(s->router, options, err) != 0)
        return -1;
    s->conns_most = link_server_room();
    s->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (s->timer < 0)
        return par_fail(err, errno, "timerfd: %s", strerror(errno));
    return monitor_open(&s->monitor, context, s->router,
                        ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_ACCEPT_FAILED |
                            ZMQ_EVENT_DISCONNECTED,
                        err);
}

struct link_server *link_server_open(void *context,
                                     void *router,
                                     struct par_error *err)
{
    struct link_server *s = calloc(1, sizeof *s);

    if (!s) {
        par_fail(err, ENOMEM, "link: out of memory");
        return NULL;
    }
    s->router = router;
    s->timer = -1;
    conns_init(&s->conns);
    if (set_up(s, context, err) != 0) {
        link_server_close(s);
        return NULL;
    }
    return s;
}

void link_server_close(struct link_server *s)
{
    if (!s)
        return;
    link_server_deafen(s);
    monitor_close(&s->monitor);
    if (s->timer >= 0)
        close(s->timer);
    conns_clear(&s->conns);
    doorstep_clear(&s->doorstep);
    free(s);
}

/* ---- listening ---- */

int link_server_listen(struct link_server *s,
                       const char *endpoint,
                       const uint8_t *secret_key,
                       char *actual,
                       size_t size,
                       struct par_error *err)
{
    struct listener *l = listener_open(s->router, endpoint, secret_key, err);

    s->drained = false;
    if (!l)
        return -1;
    l->next = s->listeners;
    s->listeners = l;
    if (actual)
        snprintf(actual, size, "%s", l->endpoint);
    return 0;
}

void link_server_deafen(struct link_server *s)
{
    struct listener *l;

    s->drained = false;
    while ((l = s->listeners)) {
        s->listeners = l->next;
        listener_close(l, s->router);
    }
}

/* ---- events ---- */

int link_server_poll(struct link_server *s, zmq_pollitem_t *items)
{
    items[0] = link_poll_item(s->router, &s->drained);
    items[1] = link_poll_item(s->monitor.pair, &s->monitor.drained);
    items[2] = (zmq_pollitem_t){.fd = s->timer, .events = ZMQ_POLLIN};
    return 3;
}

/* ---- receiving ---- */

/* Who sent this, as the transport attests it.  Not to be asked of the
 * routing-id frame, which may have lost what it knew.  Returns false for what
 * cannot be: a peer that came in by no door of ours. */
static bool identify(zmq_msg_t *frame, struct link_peer *peer, int *fd)
{
    const char *user = zmq_msg_gets(frame, "User-Id");
    const char *address = zmq_msg_gets(frame, "Peer-Address");

    memset(peer, 0, sizeof *peer);
    *fd = zmq_msg_get(frame, ZMQ_SRCFD);
    if (!user && !address && *fd < 0) {
        peer->transport = LINK_INPROC;
        return true;
    }
    if (address)
        snprintf(peer->address, sizeof peer->address, "%s", address);
    if (!user || !address || *fd < 0 || strlen(user) >= LINK_USER ||
        strlen(address) >= LINK_ADDRESS)
        return false;
    strcpy(peer->user, user);
    peer->transport = strncmp(user, "uid:", 4) == 0 ? LINK_IPC : LINK_TCP;
    return true;
}

/* The connection that a message came from; NULL if it is to be dropped. */
static struct conn *find_sender(struct link_server *s,
                                zmq_msg_t *id,
                                struct link_msg *m)
{
    const uint8_t *bytes = zmq_msg_data(id);
    bool ours = zmq_msg_size(id) == LINK_ROUTING && bytes[0] == 0;
    struct conn *c = NULL;
    struct link_peer peer;
    int fd;

    if (ours)
        c = conns_by_routing(&s->conns, wire_get_u32(bytes + 1));
    if (c && c->state == CONN_LIVE)
        return c->mute ? NULL : c;

    /* New; or the old one's fd is closed, and this may be another peer that
     * took its routing id. */
    if (!identify(&m->first, &peer, &fd) || !ours) {
        link_server_shut(s, fd, peer.address);
        return NULL;
    }
    /* What is left of a peer that is gone carries the number of its descriptor,
     * which may be an honest newcomer's by now: that is not to be shut. */
    if (c && c->fd == fd && strcmp(c->peer.user, peer.user) == 0)
        return c->mute ? NULL : c;
    if (c) {
        link_server_shut(s, fd, peer.address);
        return NULL;
    }
    link_server_watch(s);
    return conns_add(&s->conns, wire_get_u32(bytes + 1), fd, &peer);
}

bool link_server_recv(struct link_server *s, struct link_msg *m)
{
    zmq_msg_t id;
    bool got = false;

    zmq_msg_init(&id);
    for (int drops = 0; !got && drops < DROPS_MAX; drops++) {
        struct conn *from;

        s->drained = !link_recv_frame(s->router, &id);
        if (s->drained)
            break;
        link_msg_init(m);
        if (zmq_msg_more(&id) && link_recv_rest(s->router, m, &s->drained) &&
            (from = find_sender(s, &id, m))) {
            m->conn = from->number;
            got = true;
        } else {
            link_msg_close(m);
        }
    }
    zmq_msg_close(&id);
    return got;
}

const struct link_peer *link_server_peer(const struct link_server *s,
                                         uint64_t conn)
{
    const struct conn *c = conns_by_number(&s->conns, conn);

    return c ? &c->peer : NULL;
}
