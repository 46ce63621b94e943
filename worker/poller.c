/* poller.c - epoll(7) */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "poller.h"

enum { READY_MAX = 128 };

int poller_open(struct par_error *err)
{
    int fd = epoll_create1(EPOLL_CLOEXEC);

    return fd >= 0 ? fd : par_fail(err, errno, "epoll: %s", strerror(errno));
}

int poller_watch(int poller, int fd, uint64_t tag, bool in, bool out)
{
    struct epoll_event e = {.events = (in ? (uint32_t)EPOLLIN : 0) |
                                      (out ? (uint32_t)EPOLLOUT : 0),
                            .data.u64 = tag};

    if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &e) == 0)
        return 0;
    return errno == EEXIST ? epoll_ctl(poller, EPOLL_CTL_MOD, fd, &e) : -1;
}

void poller_forget(int poller, int fd)
{
    epoll_ctl(poller, EPOLL_CTL_DEL, fd, NULL);
}

void poller_close(int poller, int fd)
{
    poller_forget(poller, fd);
    close(fd);
}

int poller_ready(int poller, uint64_t *tags, int size)
{
    struct epoll_event events[READY_MAX];
    int n = epoll_wait(poller, events, size < READY_MAX ? size : READY_MAX, 0);

    for (int i = 0; i < n; i++)
        tags[i] = events[i].data.u64;
    return n > 0 ? n : 0;
}
