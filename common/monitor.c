/* monitor.c - what libzmq says about a socket's connections */
#include "config.h"

#include "monitor.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

enum { EVENT_SIZE = 6 }; /* u16 event, u32 value, in the host's order */

int monitor_open(struct monitor *m,
                 void *context,
                 void *socket,
                 int events,
                 struct par_error *err)
{
    static atomic_uint serial;
    char name[64];
    int none = 0;

    /* The pointer alone would do, were a closed monitor's name free at once. */
    snprintf(name, sizeof name, "inproc://par.monitor.%p.%u", socket,
             atomic_fetch_add(&serial, 1));
    m->socket = socket;
    m->pair = zmq_socket(context, ZMQ_PAIR);
    if (!m->pair)
        return par_fail(err, zmq_errno(), "monitor: %s",
                        zmq_strerror(zmq_errno()));
    if (zmq_setsockopt(m->pair, ZMQ_RCVHWM, &none, sizeof none) != 0 ||
        zmq_setsockopt(m->pair, ZMQ_LINGER, &none, sizeof none) != 0 ||
        zmq_socket_monitor(socket, name, events) != 0 ||
        zmq_connect(m->pair, name) != 0) {
        par_fail(err, zmq_errno(), "monitor: %s", zmq_strerror(zmq_errno()));
        monitor_close(m);
        return -1;
    }
    return 0;
}

void monitor_close(struct monitor *m)
{
    if (!m->pair)
        return;
    /* First the writer, then the reader: the writer must not meet a dead
     * one. */
    zmq_socket_monitor(m->socket, NULL, 0);
    zmq_close(m->pair);
    m->pair = NULL;
}

static bool receive(void *pair, zmq_msg_t *m)
{
    while (zmq_msg_recv(m, pair, ZMQ_DONTWAIT) < 0)
        if (zmq_errno() != EINTR)
            return false;
    return true;
}

/* Asking libzmq takes twice as long, and this is asked once a turn. */
static bool is_quiet(const struct monitor *m)
{
    struct pollfd p = {.events = POLLIN};
    size_t size = sizeof p.fd;

    return m->drained && zmq_getsockopt(m->pair, ZMQ_FD, &p.fd, &size) == 0 &&
           poll(&p, 1, 0) == 0;
}

bool monitor_next(struct monitor *m, uint16_t *event, uint32_t *value)
{
    zmq_msg_t frame;
    bool got;

    if (is_quiet(m))
        return false;
    zmq_msg_init(&frame);
    m->drained = !receive(m->pair, &frame);
    got = !m->drained && zmq_msg_size(&frame) >= EVENT_SIZE;
    if (got) {
        const char *bytes = zmq_msg_data(&frame);

        memcpy(event, bytes, sizeof *event);
        memcpy(value, bytes + sizeof *event, sizeof *value);
        /* the second frame: the endpoint */
        while (zmq_msg_more(&frame) && receive(m->pair, &frame))
            continue;
    }
    zmq_msg_close(&frame);
    return got;
}
