/* link_server.c - the listening side of a link */
#include "config.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "conns.h"
#include "link_socket.h"
#include "listener.h"
#include "log.h"
#include "monitor.h"

enum {
    ROUTING_SIZE = 5, /* 0 and four octets, where libzmq makes it */
    DROPS_MAX = 64,   /* a row of empty messages must not hold the caller */
    TICK_MS = 8,      /* between looks at suspects */
    TICKS_MAX = 1024, /* after that many a suspect is acquitted: 8 s */
    CUT_TICKS = 4,    /* what was said last has that long to leave */
    PROBE_TYPE = WIRE_TYPES /* advisory: receivers ignore it */
};

struct link_server {
    void *router; /* not ours */
    struct monitor monitor;
    int timer; /* runs while there are suspects or dead */
    bool ticking;
    struct conns conns;
    struct listener *listeners;
};

/* ---- opening and closing ---- */

static int set_up(struct link_server *s, void *context, struct par_error *err)
{
    static const struct link_option options[] = {{ZMQ_ROUTER_MANDATORY, 1},
                                                 {ZMQ_ROUTER_HANDOVER, 0},
                                                 {ZMQ_BACKLOG, 1024},
                                                 {ZMQ_LINGER, 1000},
                                                 {0, 0}};

    if (link_set_common(s->router, err) != 0 ||
        link_set_options(s->router, options, err) != 0)
        return -1;
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

    while ((l = s->listeners)) {
        s->listeners = l->next;
        listener_close(l, s->router);
    }
}

/* ---- events ---- */

int link_server_poll(struct link_server *s, zmq_pollitem_t *items)
{
    items[0] = (zmq_pollitem_t){.socket = s->router, .events = ZMQ_POLLIN};
    items[1] =
        (zmq_pollitem_t){.socket = s->monitor.pair, .events = ZMQ_POLLIN};
    items[2] = (zmq_pollitem_t){.fd = s->timer, .events = ZMQ_POLLIN};
    return 3;
}

static void read_events(struct link_server *s)
{
    uint16_t event;
    uint32_t value;

    while (monitor_next(&s->monitor, &event, &value)) {
        if (event == ZMQ_EVENT_ACCEPTED)
            conns_fd_opened(&s->conns, (int)value);
        else if (event == ZMQ_EVENT_DISCONNECTED)
            conns_fd_closed(&s->conns, (int)value);
        else if (event == ZMQ_EVENT_ACCEPT_FAILED)
            /* At the limit of fds libzmq's I/O thread now spins. */
            log_line(LOG_WARN, "cannot accept a connection: %s",
                     strerror((int)value));
    }
}

/* True if the fd is still the peer's: numbers are used again. */
static bool fd_is(int fd, const char *address)
{
    struct sockaddr_storage name;
    socklen_t len = sizeof name;
    struct ucred cred;
    socklen_t cred_len = sizeof cred;
    char text[NI_MAXHOST + 64];

    if (getpeername(fd, (struct sockaddr *)&name, &len) != 0)
        return false;
    if (name.ss_family == AF_UNIX) {
        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &cred_len) != 0)
            return false;
        snprintf(text, sizeof text, "localhost:%lu:%lu:%ld",
                 (unsigned long)cred.uid, (unsigned long)cred.gid,
                 (long)cred.pid);
    } else if (getnameinfo((struct sockaddr *)&name, len, text, sizeof text,
                           NULL, 0, NI_NUMERICHOST) != 0) {
        return false;
    }
    return strcmp(text, address) == 0;
}

static void shut_down(struct link_server *s, int fd, const char *address)
{
    if (fd < 0)
        return;
    read_events(s);
    if (!conns_fd_is_closed(&s->conns, fd) && fd_is(fd, address))
        shutdown(fd, SHUT_RDWR);
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
    bool ours = zmq_msg_size(id) == ROUTING_SIZE && bytes[0] == 0;
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
        shut_down(s, fd, peer.address);
        return NULL;
    }
    if (c && c->fd == fd && strcmp(c->peer.user, peer.user) == 0)
        return c->mute ? NULL : c;
    if (c) {
        shut_down(s, fd, peer.address);
        return NULL;
    }
    read_events(s);
    return conns_add(&s->conns, wire_get_u32(bytes + 1), fd, &peer);
}

bool link_server_recv(struct link_server *s, struct link_msg *m)
{
    zmq_msg_t id;
    bool got = false;

    zmq_msg_init(&id);
    for (int drops = 0; !got && drops < DROPS_MAX; drops++) {
        struct conn *from;

        if (!link_recv_frame(s->router, &id))
            break;
        link_msg_init(m);
        if (zmq_msg_more(&id) && link_recv_rest(s->router, m) &&
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

/* ---- sending ---- */

static void tick(struct link_server *s, bool on)
{
    long ns = on ? TICK_MS * 1000000L : 0;
    struct itimerspec spec = {.it_interval = {.tv_nsec = ns},
                              .it_value = {.tv_nsec = ns}};

    if (s->ticking != on)
        timerfd_settime(s->timer, 0, &spec, NULL);
    s->ticking = on;
}

/* Takes first, as link_send_frames(). */
static int send_to(struct link_server *s,
                   struct conn *c,
                   zmq_msg_t *first,
                   zmq_msg_t *second)
{
    uint8_t routing[ROUTING_SIZE] = {0};
    int rc;

    wire_put_u32(routing + 1, c->routing);
    do
        rc = zmq_send(s->router, routing, sizeof routing,
                      ZMQ_SNDMORE | ZMQ_DONTWAIT);
    while (rc < 0 && zmq_errno() == EINTR);
    if (rc >= 0)
        return link_send_frames(s->router, first, second);

    zmq_msg_close(first);
    conns_bury(&s->conns, c);
    tick(s, true);
    return -1;
}

static int send_conn(struct link_server *s,
                     uint64_t conn,
                     zmq_msg_t *first,
                     zmq_msg_t *second)
{
    struct conn *c = conns_by_number(&s->conns, conn);

    if (c && c->state != CONN_DEAD)
        return send_to(s, c, first, second);
    zmq_msg_close(first);
    return -1;
}

int link_server_send(struct link_server *s,
                     uint64_t conn,
                     uint8_t *frame,
                     size_t len,
                     zmq_msg_t *second)
{
    zmq_msg_t first;

    if (link_frame_take(&first, frame, len) != 0)
        return -1;
    return send_conn(s, conn, &first, second);
}

int link_server_post(struct link_server *s,
                     uint64_t conn,
                     const void *frame,
                     size_t len)
{
    zmq_msg_t first;

    if (link_frame_copy(&first, frame, len) != 0)
        return -1;
    return send_conn(s, conn, &first, NULL);
}

/* ---- the end of connections ---- */

/* Send what every receiver ignores, to see whether it can be sent. */
static void probe(struct link_server *s, struct conn *c)
{
    struct wire_header head = {.type = PROBE_TYPE};
    zmq_msg_t frame;

    if (zmq_msg_init_size(&frame, WIRE_HEADER) != 0)
        return;
    wire_put_header(zmq_msg_data(&frame), &head);
    send_to(s, c, &frame, NULL);
}

/* Shut down what was cut off; else probe at 0, 1, 2, 4, 8 ... ticks. */
static void look_at(struct link_server *s, struct conn *c)
{
    if (c->to_shut) {
        if (c->ticks < CUT_TICKS)
            return;
        c->to_shut = false;
        c->ticks = 0;
        shut_down(s, c->fd, c->peer.address);
    }
    if (c->ticks < c->probe_at)
        return;
    c->probe_at = c->ticks ? 2 * c->ticks : 1;
    probe(s, c);
    if (c->state == CONN_SUSPECT && c->ticks >= TICKS_MAX)
        conns_acquit(c);
}

static void look_at_suspects(struct link_server *s)
{
    uint64_t ticks = 0;
    struct list *next;

    if (read(s->timer, &ticks, sizeof ticks) != sizeof ticks)
        ticks = 0;
    for (struct list *p = s->conns.suspects.next; p != &s->conns.suspects;
         p = next) {
        struct conn *c = LIST_ENTRY(p, struct conn, link);

        next = p->next;
        c->ticks += (unsigned)ticks;
        look_at(s, c);
    }
}

static bool has_input(struct link_server *s)
{
    int events = 0;
    size_t size = sizeof events;

    return zmq_getsockopt(s->router, ZMQ_EVENTS, &events, &size) == 0 &&
           (events & ZMQ_POLLIN);
}

bool link_server_gone(struct link_server *s, uint64_t *conn)
{
    struct conn *c;
    bool told;

    read_events(s);
    if (list_is_empty(&s->conns.suspects) && list_is_empty(&s->conns.dead)) {
        tick(s, false);
        return false;
    }
    tick(s, true);
    look_at_suspects(s);
    /* What the dead have sent may have come in just now, before their end. */
    if (list_is_empty(&s->conns.dead) || has_input(s))
        return false;
    c = LIST_ENTRY(s->conns.dead.next, struct conn, link);
    *conn = c->number;
    told = !c->forgotten;
    conns_remove(&s->conns, c);
    return told || link_server_gone(s, conn);
}

void link_server_drop(struct link_server *s, uint64_t conn)
{
    struct conn *c = conns_by_number(&s->conns, conn);

    if (!c)
        return;
    if (c->mute)
        c->forgotten = true; /* it stays mute until it is gone */
    else
        conns_remove(&s->conns, c);
}

void link_server_cut(struct link_server *s, uint64_t conn)
{
    struct conn *c = conns_by_number(&s->conns, conn);

    if (!c || c->mute)
        return;
    c->mute = true;
    if (c->fd < 0)
        return;
    c->to_shut = true;
    conns_suspect(&s->conns, c);
    tick(s, true);
}
