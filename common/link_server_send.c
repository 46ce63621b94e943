/* link_server_send.c - sending, which is how a dead connection is found out */
#include "config.h"

#include <errno.h>

#include "link_server.h"
#include "log.h"

/* On inproc what a peer has not done with is its own memory. */
static void count(struct conn *c, zmq_msg_t *message)
{
    if (!message || zmq_msg_size(message) <= LINK_COUNTED || c->fd < 0)
        return;
    if (!c->backlog)
        c->backlog = backlog_create();
    if (c->backlog)
        backlog_add(c->backlog, message);
}

static void cut_off(struct link_server *s, struct conn *c)
{
    if (c->mute)
        return;
    log_line(LOG_WARN, "cuts off %s, which has too much unread: %zu octets",
             c->peer.address, backlog_octets(c->backlog));
    link_server_cut(s, c->number);
}

size_t link_server_unread(const struct link_server *s, uint64_t conn)
{
    const struct conn *c = conns_by_number(&s->conns, conn);

    return c ? backlog_octets(c->backlog) : 0;
}

int link_server_send_to(struct link_server *s,
                        struct conn *c,
                        zmq_msg_t *first,
                        zmq_msg_t *second)
{
    uint8_t routing[LINK_ROUTING] = {0};
    int rc;

    if (backlog_octets(c->backlog) > LINK_UNREAD_OCTETS) {
        cut_off(s, c);
        zmq_msg_close(first);
        return -1;
    }
    wire_put_u32(routing + 1, c->routing);
    s->drained = false;
    do
        rc = zmq_send(s->router, routing, sizeof routing,
                      ZMQ_SNDMORE | ZMQ_DONTWAIT);
    while (rc < 0 && zmq_errno() == EINTR);
    if (rc >= 0) {
        count(c, first);
        count(c, second);
        return link_send_frames(s->router, first, second);
    }
    if (zmq_errno() == EAGAIN)
        cut_off(s, c);
    else
        link_server_bury(s, c);
    zmq_msg_close(first);
    return -1;
}

static int send_conn(struct link_server *s,
                     uint64_t conn,
                     zmq_msg_t *first,
                     zmq_msg_t *second)
{
    struct conn *c = conns_by_number(&s->conns, conn);

    if (c && c->state != CONN_DEAD)
        return link_server_send_to(s, c, first, second);
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
        return ENOMEM;
    return send_conn(s, conn, &first, second);
}

int link_server_post(struct link_server *s,
                     uint64_t conn,
                     const void *frame,
                     size_t len)
{
    zmq_msg_t first;

    if (link_frame_copy(&first, frame, len) != 0)
        return ENOMEM;
    return send_conn(s, conn, &first, NULL);
}
