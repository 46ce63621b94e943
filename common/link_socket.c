/* link_socket.c - options and frames, as both sides of a link use them */
#include "config.h"

#include "link_socket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Up to this size copying costs less than a second block that the I/O thread
 * has to free. */
enum { COPY_MAX = 1024 };

int link_set_options(void *socket,
                     const struct link_option *options,
                     struct par_error *err)
{
    for (; options->name; options++)
        if (zmq_setsockopt(socket, options->name, &options->value,
                           sizeof options->value) != 0)
            return par_fail(err, zmq_errno(), "libzmq option %d = %d: %s",
                            options->name, options->value,
                            zmq_strerror(zmq_errno()));
    return 0;
}

int link_set_common(void *socket, struct par_error *err)
{
    static const struct link_option options[] = {
        /* credit is the bound, not the high-water mark; a server, which is
         * there for those who do not keep to it too, sets its own */
        {ZMQ_SNDHWM, 0},
        {ZMQ_RCVHWM, 0},
        {ZMQ_HANDSHAKE_IVL, 4000},
        {ZMQ_HEARTBEAT_IVL, 5000},
        {ZMQ_HEARTBEAT_TIMEOUT, 15000},
        {ZMQ_HEARTBEAT_TTL, 30000}, /* over 65.5 s it wraps around */
        {ZMQ_TCP_KEEPALIVE, 1},
        {ZMQ_TCP_MAXRT, 20000},
        {0, 0}};
    int64_t frame_max = WIRE_FRAME_MAX;

    if (link_set_options(socket, options, err) != 0)
        return -1;
    if (zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &frame_max, sizeof frame_max) !=
        0)
        return par_fail(err, zmq_errno(), "ZMQ_MAXMSGSIZE: %s",
                        zmq_strerror(zmq_errno()));
    return 0;
}

/* ---- sending ---- */

static void free_frame(void *data, void *hint)
{
    (void)hint;
    free(data);
}

int link_frame_copy(zmq_msg_t *to, const void *frame, size_t len)
{
    if (zmq_msg_init_size(to, len) != 0)
        return -1;
    memcpy(zmq_msg_data(to), frame, len);
    return 0;
}

int link_frame_take(zmq_msg_t *to, uint8_t *frame, size_t len)
{
    int rc;

    if (!frame) {
        errno = ENOMEM;
        return -1;
    }
    if (len > COPY_MAX) {
        rc = zmq_msg_init_data(to, frame, len, free_frame, NULL);
        if (rc != 0)
            free(frame);
        return rc;
    }
    rc = link_frame_copy(to, frame, len);
    free(frame);
    return rc;
}

static int send_frame(void *socket, zmq_msg_t *frame, int flags)
{
    int rc;

    do
        rc = zmq_msg_send(frame, socket, flags | ZMQ_DONTWAIT);
    while (rc < 0 && zmq_errno() == EINTR);
    return rc < 0 ? -1 : 0;
}

int link_send_frames(void *socket, zmq_msg_t *first, zmq_msg_t *second)
{
    if (send_frame(socket, first, second ? ZMQ_SNDMORE : 0) != 0) {
        int code = zmq_errno();

        zmq_msg_close(first);
        errno = code;
        return -1;
    }
    /* Once the first frame is taken libzmq takes the others, or drops all of
     * them with the connection: there is no failure left to report. */
    if (second && send_frame(socket, second, 0) != 0)
        zmq_msg_close(second);
    return 0;
}

/* ---- receiving ---- */

bool link_recv_frame(void *socket, zmq_msg_t *to)
{
    while (zmq_msg_recv(to, socket, ZMQ_DONTWAIT) < 0)
        if (zmq_errno() != EINTR)
            return false;
    return true;
}

zmq_pollitem_t link_poll_item(void *socket, bool *drained)
{
    zmq_pollitem_t item = {.socket = socket, .events = ZMQ_POLLIN};
    int events;
    size_t size = sizeof events;
    size_t fd_size = sizeof item.fd;

    if (!*drained && zmq_getsockopt(socket, ZMQ_EVENTS, &events, &size) == 0)
        *drained = !(events & ZMQ_POLLIN);
    if (*drained && zmq_getsockopt(socket, ZMQ_FD, &item.fd, &fd_size) == 0)
        item.socket = NULL;
    return item;
}

static void drain(void *socket)
{
    zmq_msg_t frame;

    zmq_msg_init(&frame);
    while (link_recv_frame(socket, &frame) && zmq_msg_more(&frame))
        continue;
    zmq_msg_close(&frame);
}

bool link_recv_rest(void *socket, struct link_msg *m, bool *drained)
{
    bool two = false;
    bool many = false;

    *drained = !link_recv_frame(socket, &m->first);
    if (*drained)
        return false;
    if (zmq_msg_more(&m->first)) {
        two = link_recv_frame(socket, &m->second);
        many = two && zmq_msg_more(&m->second);
    }
    if (many)
        drain(socket);
    if (!two && zmq_msg_size(&m->first) == 0)
        return false;

    m->status =
        wire_decode(&m->wire, zmq_msg_data(&m->first), zmq_msg_size(&m->first),
                    two ? zmq_msg_data(&m->second) : NULL,
                    two ? zmq_msg_size(&m->second) : 0);
    if (many)
        m->status = PAR_MALFORMED;
    return true;
}

void link_msg_init(struct link_msg *m)
{
    m->conn = 0;
    m->status = PAR_OK;
    memset(&m->wire, 0, sizeof m->wire);
    zmq_msg_init(&m->first);
    zmq_msg_init(&m->second);
}

void link_msg_close(struct link_msg *m)
{
    zmq_msg_close(&m->first);
    zmq_msg_close(&m->second);
    link_msg_init(m);
}
