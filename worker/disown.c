/* disown.c - start a program as nobody's child
 *
 *     we  --clone-->  a process in between  --clone-->  the program
 *
 * The one in between ends at once, and the program is an orphan.  clone(2)
 * starts it without a signal for its end: no SIGCHLD tells of it, and no wait
 * finds it but one that asks for such children (__WCLONE), which is ours here.
 * posix_spawn(3) cannot do that.
 *
 * Both run on our memory while we stand still, as after vfork(2), each on a
 * stack of its own.  vfork itself would do for the second one, but not under
 * the address sanitizer: when it returns, that clears what it takes to be the
 * rest of the thread's stack, from there to here, gigabytes of its notes.
 */
#include "config.h"

#include "disown.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The dynamic linker may have to find a function on it. */
enum { STACK = 64 * 1024 };

/* Whoever is started this way has our memory, and we wait until it has its
 * own. */
enum { AS_VFORK = CLONE_VM | CLONE_VFORK };

struct start {
    const char *path;
    char *const *argv;
    const int *fds;
    int first;
    size_t count;
    char *stack; /* of the program's process, until it has its own */
    int error;   /* told by who could not go on */
};

static int put_fds(const struct start *s)
{
    int null = open("/dev/null", O_RDWR);

    if (null < 0)
        return -1;
    for (int fd = 0; fd < 3; fd++)
        if (dup2(null, fd) < 0)
            return -1;
    for (size_t i = 0; i < s->count; i++)
        if (s->fds[i] >= 0 && dup2(s->fds[i], s->first + (int)i) < 0)
            return -1;
    return 0;
}

static int become(void *start)
{
    struct start *s = start;

    if (setsid() >= 0 && put_fds(s) == 0)
        execve(s->path, s->argv, environ);
    s->error = errno;
    syscall(SYS_exit_group, 0);
    return 0;
}

static int go_between(void *start)
{
    struct start *s = start;

    if (clone(become, s->stack + STACK, AS_VFORK | SIGCHLD, s) < 0)
        s->error = errno;
    syscall(SYS_exit_group, 0);
    return 0;
}

int disown_start(const char *path,
                 char *const argv[],
                 const int *fds,
                 int first,
                 size_t count)
{
    char *stacks = aligned_alloc(64, 2 * STACK);
    struct start s = {path, argv, fds, first, count, stacks, 0};
    sigset_t all, before;
    int cancel;
    pid_t pid;

    if (!stacks)
        return ENOMEM;
    /* Nothing of the program's may run in them: no handler, no cancellation. */
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid = clone(go_between, stacks + 2 * STACK, AS_VFORK, &s);
    if (pid < 0)
        s.error = errno;
    while (pid > 0 && waitpid(pid, NULL, (int)__WCLONE) < 0 && errno == EINTR)
        continue;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_setcancelstate(cancel, NULL);
    free(stacks);
    return s.error;
}
