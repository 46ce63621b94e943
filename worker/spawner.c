/* spawner.c - start parspawn, and talk to keepers
 *
 * Requests are single datagrams with descriptors; nothing here waits but the
 * end.
 */
#include "config.h"

#include "spawner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "disown.h"
#include "order.h"
#include "rmtree.h"
#include "spawn.h"

struct spawner {
    int socket;
    int pidfd;     /* of parspawn; -1 until it has told us */
    char *run_dir; /* NULL: none */
};

struct keeper {
    int socket;
    bool gone;
};

/* One datagram with descriptors.  Never blocks. */
static int send_fds(
    int to, const void *data, size_t len, const int *fds, size_t count)
{
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(sizeof(int) * (1 + KEEPER_FDS))];
    } control = {0};
    struct iovec iov = {(void *)(uintptr_t)data, len};
    struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};

    if (count) {
        m.msg_control = &control;
        m.msg_controllen = CMSG_SPACE(sizeof(int) * count);
        control.align.cmsg_level = SOL_SOCKET;
        control.align.cmsg_type = SCM_RIGHTS;
        control.align.cmsg_len = CMSG_LEN(sizeof(int) * count);
        memcpy(CMSG_DATA(&control.align), fds, sizeof(int) * count);
    }
    return sendmsg(to, &m, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -1 : 0;
}

static void discard(struct spawner *s)
{
    if (s && s->pidfd >= 0)
        close(s->pidfd);
    if (s && s->socket >= 0)
        close(s->socket);
    if (s)
        free(s->run_dir);
    free(s);
}

/* ---- starting parspawn ---- */

/* What it inherits, in the order of spawn.h, moved out of its own way. */
static int gather(int given[SPAWN_FDS],
                  int socket,
                  const char *run_dir,
                  struct par_error *err)
{
    int dir = -1;
    int self = (int)syscall(SYS_pidfd_open, getpid(), 0);

    if (run_dir)
        dir = open(run_dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (run_dir && dir < 0)
        par_fail(err, errno, "run folder %s: %s", run_dir, strerror(errno));
    else if (self < 0)
        par_fail(err, errno, "pidfd_open: %s", strerror(errno));
    else {
        given[SPAWN_SOCKET] = fcntl(socket, F_DUPFD_CLOEXEC, SPAWN_FDS);
        given[SPAWN_NANNY] = fcntl(self, F_DUPFD_CLOEXEC, SPAWN_FDS);
        if (run_dir)
            given[SPAWN_RUN_DIR] = fcntl(dir, F_DUPFD_CLOEXEC, SPAWN_FDS);
    }
    if (dir >= 0)
        close(dir);
    if (self >= 0)
        close(self);
    if (given[SPAWN_SOCKET] < 0 || given[SPAWN_NANNY] < 0 ||
        (run_dir && given[SPAWN_RUN_DIR] < 0))
        return par_fail(err, errno, "parspawn: %s", strerror(errno));
    return 0;
}

static void close_given(int given[SPAWN_FDS])
{
    for (int fd = 0; fd < SPAWN_FDS; fd++) {
        if (given[fd] >= 0)
            close(given[fd]);
        given[fd] = -1;
    }
}

/* ---- what it says ---- */

/* One message.  Its length if it is text; 0 if it was itself, as a pidfd; -1
 * and EAGAIN if there is none, or another errno: it is gone. */
static int hear(struct spawner *s, char *text, size_t size, int flags)
{
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec iov = {text, size - 1};
    struct msghdr m;
    ssize_t n;

    do { /* a reset is told once, before what is still there */
        m = (struct msghdr){.msg_iov = &iov,
                            .msg_iovlen = 1,
                            .msg_control = &control,
                            .msg_controllen = sizeof control};
        n = recvmsg(s->socket, &m, flags | MSG_CMSG_CLOEXEC);
    } while (n < 0 && (errno == EINTR || errno == ECONNRESET));
    if (n == 0)
        errno = EPIPE;
    if (n <= 0)
        return -1;
    if (m.msg_controllen) {
        memcpy(&s->pidfd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof s->pidfd);
        return 0;
    }
    text[n] = 0;
    return (int)n;
}

/* ---- its start ---- */

/* Returns when it is ready, about a millisecond later. */
static int start(struct spawner *s,
                 const char *program,
                 int given[SPAWN_FDS],
                 struct par_error *err)
{
    char *const argv[] = {(char[]){"parspawn"}, (char[]){SPAWN_VERSION},
                          s->run_dir, NULL};
    char why[SPAWN_LINE];
    int error = disown_start(program, argv, given + SPAWN_SOCKET, SPAWN_SOCKET,
                             SPAWN_FDS - SPAWN_SOCKET);
    int n;

    close_given(given); /* its end is told when nobody else has the socket */
    if (error)
        return par_fail(err, error, "%s: %s", program, strerror(error));
    n = hear(s, why, sizeof why, 0);
    if (n != 0)
        return par_fail(err, EIO, "%s: it does not start%s%s", program,
                        n > 0 ? ": " : "", n > 0 ? why : "");
    return 0;
}

struct spawner *spawner_open(const char *program,
                             const char *run_dir,
                             struct par_error *err)
{
    struct spawner *s = calloc(1, sizeof *s);
    int given[SPAWN_FDS] = {-1, -1, -1, -1, -1, -1};
    int ends[2];
    bool ready;

    if (s && run_dir)
        s->run_dir = strdup(run_dir);
    if (!s || (run_dir && !s->run_dir)) {
        par_fail(err, ENOMEM, "parspawn: out of memory");
        discard(s);
        return NULL;
    }
    s->pidfd = -1;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        par_fail(err, errno, "socketpair: %s", strerror(errno));
        s->socket = -1;
    } else {
        s->socket = ends[0];
        ready = gather(given, ends[1], run_dir, err) == 0;
        close(ends[1]);
        if (ready && start(s, program, given, err) == 0)
            return s;
        close_given(given);
    }
    discard(s);
    return NULL;
}

/* ---- its words, its end ---- */

int spawner_fd(const struct spawner *s)
{
    return s->socket;
}

int spawner_next(struct spawner *s, char *text, size_t size)
{
    int n = hear(s, text, size, MSG_DONTWAIT);

    return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? 0 : n;
}

/* Its words are of no interest any more; its pidfd is. */
static bool wait_for_end(struct spawner *s, int grace_ms)
{
    uint64_t end = clock_ms() + (uint64_t)grace_ms;
    struct pollfd p = {.fd = s->socket, .events = POLLIN};
    char line[SPAWN_LINE];

    for (;;) {
        uint64_t now = clock_ms();
        int said;

        while ((said = spawner_next(s, line, sizeof line)) > 0)
            continue;
        if (said < 0)
            return true;
        if (now >= end)
            return false;
        poll(&p, 1, (int)(end - now));
    }
}

/* It is our child again if nobody is above us to adopt it (pid 1 of a
 * container, a subreaper). */
static void adopt_and_reap(struct spawner *s)
{
    struct pollfd p = {.fd = s->pidfd, .events = POLLIN};

    if (s->pidfd < 0)
        return;
    poll(&p, 1, 1000);
    waitid(P_PIDFD, (id_t)s->pidfd, NULL, WEXITED | WNOHANG);
}

void spawner_close(struct spawner *s, int grace_ms)
{
    if (!s)
        return;
    shutdown(s->socket, SHUT_WR);
    if (!wait_for_end(s, grace_ms) && s->pidfd >= 0)
        syscall(SYS_pidfd_send_signal, s->pidfd, SIGKILL, NULL, 0);
    adopt_and_reap(s);
    if (s->run_dir)
        rmtree(s->run_dir); /* it is gone, unless parspawn was killed */
    discard(s);
}

/* ---- keepers ---- */

struct keeper *keeper_open(struct spawner *s, struct par_error *err)
{
    struct keeper *k = calloc(1, sizeof *k);
    int ends[2];

    if (!k) {
        par_fail(err, ENOMEM, "keeper: out of memory");
        return NULL;
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        par_fail(err, errno, "socketpair: %s", strerror(errno));
        free(k);
        return NULL;
    }
    k->socket = ends[0];
    if (send_fds(s->socket, "K", 1, &ends[1], 1) != 0) {
        par_fail(err, errno, "parspawn: %s", strerror(errno));
        keeper_close(k);
        k = NULL;
    }
    close(ends[1]);
    return k;
}

void keeper_close(struct keeper *k)
{
    if (!k)
        return;
    shutdown(k->socket, SHUT_RDWR); /* a fork of our program may have it, too */
    close(k->socket);
    free(k);
}

int keeper_fd(const struct keeper *k)
{
    return k->socket;
}

bool keeper_next(struct keeper *k, struct keeper_event *e)
{
    ssize_t n;

    if (k->gone)
        return false;
    do
        n = recv(k->socket, e, sizeof *e, MSG_DONTWAIT);
    while (n < 0 && (errno == EINTR || errno == ECONNRESET));
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return false;
    if (n != sizeof *e) {
        *e = (struct keeper_event){.kind = KEEPER_GONE};
        k->gone = true;
    }
    e->text[sizeof e->text - 1] = 0;
    return true;
}

/* One that could not be forked has said why. */
static void explain(struct keeper *k, int error, struct par_error *err)
{
    struct keeper_event e;

    if (keeper_next(k, &e) && e.kind == KEEPER_FULL)
        par_fail(err, e.error, "%s", e.text);
    else
        par_fail(err, error, "keeper: %s", strerror(error));
}

int keeper_start(struct keeper *k,
                 const struct keeper_order *order,
                 struct par_error *err)
{
    struct spawn_request request = {.verb = SPAWN_START};
    int fds[1 + KEEPER_FDS];
    size_t count = 1;
    int result;

    fds[0] = order_pack(order, err);
    if (fds[0] < 0)
        return -1;
    for (int i = 0; i < KEEPER_FDS; i++)
        if (order->fds[i] >= 0) {
            request.fds |= 1U << i;
            fds[count++] = order->fds[i];
        }
    result = send_fds(k->socket, &request, sizeof request, fds, count);
    if (result != 0)
        explain(k, errno, err);
    close(fds[0]);
    return result;
}

int keeper_kill(struct keeper *k, int sig)
{
    struct spawn_request request = {.verb = SPAWN_KILL, .sig = sig};

    return send_fds(k->socket, &request, sizeof request, NULL, 0);
}
