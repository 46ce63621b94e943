/* keeper.c - one loop: orders in, the ends of processes out
 *
 * Forked by parspawn, it has no thread and allocates little; signals arrive
 * through a descriptor.
 */
#include "config.h"

#include "keeper.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec_child.h"
#include "order.h"
#include "spawn.h"
#include "spawner.h"
#include "tree.h"

enum state { IDLE, ALIVE, LEFT };

enum { SWEEP_MAX_MS = 100 };

struct holder {
    int socket;
    int lifeline;
    int children; /* a signalfd */
    enum state state;
    pid_t first;  /* the process that was ordered; 0 if reaped */
    int sweep_ms; /* killing: when to sweep again; 0: not killing */
    bool over;    /* the nanny or parspawn is gone */
};

/* That we have killed it is not its own end: our own tells the nanny enough. */
static void tell(const struct holder *h, const struct keeper_event *e)
{
    if (h->over)
        return;
    if (send(h->socket, e, sizeof *e, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        return; /* nobody listens: end of file tells us soon */
}

/* ---- orders ---- */

/* What came with a message; closed again unless it is used. */
struct baggage {
    int fds[1 + KEEPER_FDS];
    size_t count;
};

static void unpack_fds(struct msghdr *h, struct baggage *b)
{
    struct cmsghdr *c = CMSG_FIRSTHDR(h);

    if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
        return;
    b->count = (c->cmsg_len - CMSG_LEN(0)) / sizeof *b->fds;
    memcpy(b->fds, CMSG_DATA(c), b->count * sizeof *b->fds);
}

/* The first descriptor is the order itself; the others go where the bits of
 * the request say. */
static void place(struct order *o,
                  const struct baggage *b,
                  const struct spawn_request *r)
{
    size_t next = 1;

    for (int i = 0; i < KEEPER_FDS; i++)
        if (r->fds & (1U << i) && next < b->count)
            o->order.fds[i] = b->fds[next++];
}

static void begin(struct holder *h,
                  const struct spawn_request *r,
                  const struct baggage *b)
{
    struct keeper_event e = {.kind = KEEPER_FAILED};
    struct order o;

    e.error = h->state != IDLE ? EBUSY
              : b->count == 0  ? EPROTO
                               : order_unpack(&o, b->fds[0]);
    if (e.error) {
        strncpy(e.text, strerror(e.error), sizeof e.text - 1);
        tell(h, &e);
        return;
    }
    place(&o, b, r);
    start(&o.order, &e);
    if (e.kind == KEEPER_STARTED) {
        h->state = ALIVE;
        h->first = e.pid;
    }
    order_clear(&o);
    tell(h, &e);
}

/* ---- killing ---- */

/* As long as the first process is not reaped, its group is surely its own. */
static void sweep(struct holder *h, int sig)
{
    if (h->first)
        kill(-h->first, sig);
    tree_signal(sig, h->first, NULL, 0);
}

static void on_kill(struct holder *h, int sig)
{
    if (h->state == IDLE)
        return;
    if (sig == SIGKILL) {
        h->sweep_ms = 1; /* the loop does it */
        return;
    }
    sweep(h, sig);
    if (sig == SIGTERM || sig == SIGINT || sig == SIGHUP)
        sweep(h, SIGCONT); /* one that is stopped must hear it, too */
}

/* ---- ends ---- */

static uint64_t micros(struct timeval t)
{
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_usec;
}

static void on_first_exit(struct holder *h, int status, const struct rusage *u)
{
    struct keeper_event e = {
        .kind = KEEPER_EXITED,
        .pid = h->first,
        .status = status,
        .user_us = micros(u->ru_utime),
        .system_us = micros(u->ru_stime),
        .max_rss_kb = (uint64_t)u->ru_maxrss,
    };

    h->first = 0;
    h->state = LEFT;
    tell(h, &e);
}

static void reap(struct holder *h)
{
    struct keeper_event empty = {.kind = KEEPER_EMPTY};
    struct rusage usage;
    int status;
    pid_t pid;

    while ((pid = wait4(-1, &status, WNOHANG, &usage)) > 0)
        if (pid == h->first)
            on_first_exit(h, status, &usage);
    if (pid == 0 || h->state == IDLE)
        return;
    h->state = IDLE;
    h->sweep_ms = 0;
    tell(h, &empty);
}

/* ---- the loop ---- */

static void on_message(struct holder *h)
{
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(sizeof(int) * (1 + KEEPER_FDS))];
    } control;
    struct spawn_request request;
    struct iovec iov = {&request, sizeof request};
    struct msghdr m = {.msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof control};
    struct baggage baggage = {0};
    ssize_t n = recvmsg(h->socket, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);

    if (n <= 0) {
        h->over = n == 0;
        return;
    }
    unpack_fds(&m, &baggage);
    if (n == sizeof request && request.verb == SPAWN_START)
        begin(h, &request, &baggage);
    else if (n == sizeof request && request.verb == SPAWN_KILL)
        on_kill(h, request.sig);
    for (size_t i = 0; i < baggage.count; i++)
        close(baggage.fds[i]);
}

static void wait_for_something(struct holder *h)
{
    struct signalfd_siginfo info;
    struct pollfd fds[] = {
        {.fd = h->children, .events = POLLIN},
        {.fd = h->over ? -1 : h->socket, .events = POLLIN},
        {.fd = h->over ? -1 : h->lifeline, .events = POLLIN},
    };

    if (poll(fds, 3, h->sweep_ms ? h->sweep_ms : -1) < 0)
        return;
    if (fds[0].revents)
        (void)!read(h->children, &info, sizeof info);
    if (fds[2].revents)
        h->over = true;
    else if (fds[1].revents)
        on_message(h);
}

static int open_children(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

void keeper_serve(int socket, int lifeline)
{
    struct holder h = {
        .socket = socket,
        .lifeline = lifeline,
        .children = open_children(),
    };

    prctl(PR_SET_CHILD_SUBREAPER, 1);
    while (h.children >= 0 && !(h.over && h.state == IDLE)) {
        wait_for_something(&h);
        reap(&h);
        if (h.over && h.state != IDLE && !h.sweep_ms)
            h.sweep_ms = 1;
        if (!h.sweep_ms)
            continue;
        sweep(&h, SIGKILL);
        h.sweep_ms = h.sweep_ms < SWEEP_MAX_MS ? h.sweep_ms * 2 : SWEEP_MAX_MS;
        reap(&h);
    }
}
