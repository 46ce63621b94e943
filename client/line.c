/* line.c - an epoll beside the pump's poll, for event loops of others
 *
 * It is one for the life of the handle, so that it may be in an epoll itself;
 * the sockets in it change with each connection.
 */
#include "config.h"

#include "line.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "call.h"

static int change(int epoll, int op, int fd, uint32_t events)
{
    struct epoll_event e = {.events = events};

    return epoll_ctl(epoll, op, fd, &e);
}

static void change_link(const struct par_client *c,
                        int epoll,
                        int op,
                        uint32_t events)
{
    for (int i = 0; i < c->link_fd_count; i++)
        change(epoll, op, c->link_fds[i], events);
}

void line_watch(struct par_client *c)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    int told = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    if (epoll >= 0 && told >= 0 &&
        change(epoll, EPOLL_CTL_ADD, c->wake, EPOLLIN) == 0 &&
        change(epoll, EPOLL_CTL_ADD, told, EPOLLIN) == 0) {
        c->epoll = epoll;
        c->told = told;
        change_link(c, epoll, EPOLL_CTL_ADD, EPOLLIN);
        return;
    }
    if (epoll >= 0)
        close(epoll);
    if (told >= 0)
        close(told);
}

void line_tell(struct par_client *c)
{
    uint64_t one = 1;

    if (c->told >= 0 && !c->is_told)
        c->is_told = write(c->told, &one, sizeof one) > 0;
}

void line_sent(struct par_client *c)
{
    zmq_pollitem_t items[LINK_POLL];
    int n = c->epoll >= 0 && c->link ? link_client_poll(c->link, items) : 0;

    for (int i = 0; i < n; i++)
        if (items[i].socket) /* its fd would not do */
            line_tell(c);
}

void line_look(struct par_client *c)
{
    uint64_t count;

    if (c->is_told && read(c->told, &count, sizeof count) > 0)
        c->is_told = false;
    if (c->has_looker && !pthread_equal(c->looker, pthread_self()))
        c->is_shared = true;
    c->looker = pthread_self();
    c->has_looker = true;
}

void line_share(struct par_client *c)
{
    if (c->is_shared)
        line_tell(c);
}

/* What the pump polls: for these events, 0 is none. */
static void watch(const struct par_client *c, uint32_t events)
{
    change(c->epoll, EPOLL_CTL_MOD, c->wake, events);
    change_link(c, c->epoll, EPOLL_CTL_MOD, events);
}

void line_rest(struct par_client *c)
{
    if (c->epoll < 0 || c->rests)
        return;
    watch(c, 0);
    c->rests = true;
}

/* Another thread may poll the sockets when they are wanted. */
static void find_link_fds(struct par_client *c)
{
    zmq_pollitem_t items[LINK_POLL];
    int n = c->link ? link_client_poll(c->link, items) : 0;

    c->link_fd_count = 0;
    for (int i = 0; i < n; i++) {
        int fd = items[i].fd;
        size_t len = sizeof fd;

        if (!items[i].socket ||
            zmq_getsockopt(items[i].socket, ZMQ_FD, &fd, &len) == 0)
            c->link_fds[c->link_fd_count++] = fd;
    }
}

void line_begin(struct par_client *c, struct link_client *link)
{
    c->link = link;
    find_link_fds(c);
    if (c->epoll >= 0)
        change_link(c, c->epoll, EPOLL_CTL_ADD, EPOLLIN);
}

void line_end(struct par_client *c)
{
    /* To close them would not do, if a fork()ed child holds them. */
    if (c->epoll >= 0)
        change_link(c, c->epoll, EPOLL_CTL_DEL, 0);
    c->link_fd_count = 0;
    /* The first that ends while the pump sleeps is the one that it polls. */
    if (c->polling && !c->polled_link) {
        c->polled_link = c->link;
        client_poke(c);
    } else {
        link_client_close(c->link, 0);
    }
    c->link = NULL;
}

void line_polled(struct par_client *c)
{
    link_client_close(c->polled_link, 0);
    c->polled_link = NULL;
    if (c->rests)
        watch(c, EPOLLIN);
    c->rests = false;
}
