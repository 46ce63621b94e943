/* A handle inside somebody else's event loop. */
#include "config.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "call.h"
#include "connect.h"
#include "handle.h"
#include "pump.h"
#include "send.h"
#include "stream.h"

static int watch(int epoll, int fd)
{
    struct epoll_event e = {.events = EPOLLIN};

    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
}

/* An epoll of all that the pump would poll, so that it is one fd. */
static int gather(struct par_client *c)
{
    zmq_pollitem_t items[LINK_POLL];
    int n = c->link ? link_client_poll(c->link, items) : 0;
    int epoll = epoll_create1(EPOLL_CLOEXEC);

    if (epoll < 0 || watch(epoll, c->wake))
        return epoll;
    for (int i = 0; i < n; i++) {
        int fd = items[i].fd;
        size_t len = sizeof fd;

        if (items[i].socket &&
            zmq_getsockopt(items[i].socket, ZMQ_FD, &fd, &len))
            continue;
        watch(epoll, fd);
    }
    return epoll;
}

int par_fd(struct par_client *c)
{
    int fd;

    if (client_enter(c, NULL))
        return -1;
    /* After a reconnection the sockets are others: the fd stays the same. */
    if (c->epoll < 0 || c->epoll_session != c->session) {
        int epoll = gather(c);

        if (c->epoll < 0) {
            c->epoll = epoll;
        } else if (epoll >= 0) {
            dup3(epoll, c->epoll, O_CLOEXEC);
            close(epoll);
        }
        c->epoll_session = c->session;
    }
    fd = c->epoll;
    client_leave(c);
    return fd;
}

int par_process(struct par_client *c, struct par_error *err)
{
    int n;

    if (client_begin(c, err))
        return -1;
    if (!c->polling) {
        client_flush(c);
        /* The sockets' fds are edge-triggered: nothing may be left behind. */
        while (client_receive(c))
            client_stream_deliver(c);
        client_flush(c);
    }
    n = (int)c->group.done_count;
    client_leave(c);
    return n;
}
