/* parspawn - starts keepers for a nanny, and outlives it just long enough
 *
 *     parspawn VERSION [RUN_DIR]        (started by spawner_open() only)
 *
 * See spawner.h, spawn.h, keeper.h.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keeper.h"
#include "rmtree.h"
#include "spawn.h"
#include "spawner.h"
#include "tree.h"

enum { SWEEP_MS = 50 };

struct parspawn {
    int lifeline[2]; /* keepers read; we alone hold the writing end */
    int children;    /* a signalfd */
    pid_t *keepers;
    size_t keeper_count, keeper_size;
    bool strays; /* a keeper died before its time: kill what it left */
};

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
    char line[SPAWN_LINE];
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (n > 0)
        send(SPAWN_SOCKET, line,
             (size_t)n < sizeof line ? (size_t)n : sizeof line - 1,
             MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* ---- keepers ---- */

static bool room_for_keeper(struct parspawn *s)
{
    size_t size = s->keeper_size ? s->keeper_size * 2 : 16;
    pid_t *more;

    if (s->keeper_count < s->keeper_size)
        return true;
    more = realloc(s->keepers, size * sizeof *more);
    if (!more)
        return false;
    s->keepers = more;
    s->keeper_size = size;
    return true;
}

/* In the child: keep the two descriptors of a keeper, as 3 and 4. */
__attribute__((noreturn)) static void be_keeper(struct parspawn *s, int socket)
{
    prctl(PR_SET_NAME, "par-keeper");
    socket = fcntl(socket, F_DUPFD_CLOEXEC, SPAWN_FDS);
    s->lifeline[0] = fcntl(s->lifeline[0], F_DUPFD_CLOEXEC, SPAWN_FDS);
    if (dup3(socket, 3, O_CLOEXEC) < 0 ||
        dup3(s->lifeline[0], 4, O_CLOEXEC) < 0)
        _exit(1);
    close_range(5, UINT_MAX, 0);
    keeper_serve(3, 4);
    _exit(0);
}

static void open_keeper(struct parspawn *s, int socket)
{
    struct keeper_event full = {.kind = KEEPER_FULL};
    pid_t pid = -1;

    errno = ENOMEM;
    if (room_for_keeper(s))
        pid = fork();
    if (pid == 0)
        be_keeper(s, socket);
    if (pid > 0) {
        s->keepers[s->keeper_count++] = pid;
        return;
    }
    full.error = errno;
    snprintf(full.text, sizeof full.text, "fork: %s", strerror(errno));
    send(socket, &full, sizeof full, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Its place among the keepers, or keeper_count if it is none. */
static size_t find_keeper(const struct parspawn *s, pid_t pid)
{
    size_t i = 0;

    while (i < s->keeper_count && s->keepers[i] != pid)
        i++;
    return i;
}

static void on_child(struct parspawn *s, pid_t pid, int status)
{
    size_t i = find_keeper(s, pid);

    if (i == s->keeper_count)
        return;
    if (WIFSTOPPED(status)) {
        say("keeper %d was stopped; it is killed", (int)pid);
        kill(pid, SIGKILL);
        return;
    }
    s->keepers[i] = s->keepers[--s->keeper_count];
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return;
    s->strays = true;
    if (WIFSIGNALED(status))
        say("keeper %d was killed by signal %d", (int)pid, WTERMSIG(status));
    else
        say("keeper %d ended with %d", (int)pid, WEXITSTATUS(status));
}

/* Returns false when no child is left. */
static bool reap(struct parspawn *s)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0)
        on_child(s, pid, status);
    return pid == 0;
}

/* What a keeper left behind became our children. */
static void kill_strays(struct parspawn *s)
{
    size_t found;

    if (!s->strays)
        return;
    found = tree_signal(SIGKILL, 0, s->keepers, s->keeper_count);
    if (found)
        say("killed %zu processes that it left", found);
    reap(s);
    s->strays = found > 0;
}

/* ---- the nanny ---- */

/* Returns false at the end of file. */
static bool on_message(struct parspawn *s)
{
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    char octet;
    struct iovec iov = {&octet, 1};
    struct msghdr m = {.msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof control};
    ssize_t n = recvmsg(SPAWN_SOCKET, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    struct cmsghdr *c;
    int fd;

    if (n <= 0)
        return n < 0;
    c = CMSG_FIRSTHDR(&m);
    if (!c || c->cmsg_type != SCM_RIGHTS)
        return true;
    memcpy(&fd, CMSG_DATA(c), sizeof fd);
    open_keeper(s, fd);
    close(fd);
    return true;
}

static void serve(struct parspawn *s)
{
    struct signalfd_siginfo info;
    bool over = false;

    while (reap(s) || !over) {
        struct pollfd fds[] = {
            {.fd = s->children, .events = POLLIN},
            {.fd = over ? -1 : SPAWN_SOCKET, .events = POLLIN},
            {.fd = over ? -1 : SPAWN_NANNY, .events = POLLIN},
        };

        kill_strays(s);
        if (poll(fds, 3, s->strays ? SWEEP_MS : -1) < 0)
            continue;
        if (fds[0].revents)
            (void)!read(s->children, &info, sizeof info);
        if (over)
            continue;
        over = fds[2].revents || (fds[1].revents && !on_message(s));
        if (over)
            close(s->lifeline[1]);
    }
}

/* ---- beginning ---- */

/* Nothing that was ignored or handled may be inherited by what we start, and
 * no signal but SIGKILL and SIGSTOP may end us: end of file does. */
static int settle(struct parspawn *s)
{
    static const unsigned long usual[16]; /* struct sigaction of the kernel */
    sigset_t all, child;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    for (int sig = 1; sig < NSIG; sig++) /* sigaction(2) leaves two out */
        syscall(SYS_rt_sigaction, sig, usual, NULL, NSIG / 8);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    s->children = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    if (s->children < 0 || pipe2(s->lifeline, O_CLOEXEC) != 0)
        return -1;
    prctl(PR_SET_NAME, "parspawn");
    prctl(PR_SET_DUMPABLE, 0);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* Tell the nanny that we are ready, and who we are: to it we are nobody's
 * child. */
static int announce(void)
{
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec iov = {(char[]){'P'}, 1};
    struct msghdr m = {.msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof control};
    int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);
    ssize_t n;

    if (fd < 0)
        return -1;
    control.align.cmsg_level = SOL_SOCKET;
    control.align.cmsg_type = SCM_RIGHTS;
    control.align.cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(&control.align), &fd, sizeof fd);
    n = sendmsg(SPAWN_SOCKET, &m, MSG_NOSIGNAL);
    close(fd);
    return n < 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
    struct parspawn s = {.lifeline = {-1, -1}};
    const char *run_dir = argc > 2 ? argv[2] : NULL;

    if (argc < 2 || strcmp(argv[1], SPAWN_VERSION) != 0) {
        fprintf(stderr, "parspawn: started by parworker, not by hand\n");
        return 125;
    }
    close_range(run_dir ? SPAWN_FDS : SPAWN_RUN_DIR, UINT_MAX, 0);
    for (int fd = SPAWN_SOCKET; fd < SPAWN_FDS; fd++)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (settle(&s) != 0 || announce() != 0) {
        say("%s", strerror(errno));
        return 1;
    }
    if (!tree_is_visible())
        say("parspawn: /proc does not list children here: what leaves its "
            "process group may survive its job");
    serve(&s);
    if (run_dir && rmtree_clear(SPAWN_RUN_DIR) == 0)
        rmdir(run_dir);
    free(s.keepers);
    return 0;
}
