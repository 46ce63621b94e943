/* disown.c - start a program as nobody's child
 *
 *     we  --clone-->  a process in between  --vfork-->  the program
 *
 * The one in between ends at once, and the program is an orphan.  clone(2)
 * starts it without a signal for its end: no SIGCHLD tells of it, and no wait
 * finds it but one that asks for such children (__WCLONE), which is ours here.
 * posix_spawn(3) cannot do that.
 *
 * Both run on our memory while we stand still, as after vfork(2).
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

struct start {
    const char *path;
    char *const *argv;
    const int *fds;
    int first;
    size_t count;
    int error; /* told by who could not go on */
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

static void become(struct start *s)
{
    if (setsid() >= 0 && put_fds(s) == 0)
        execve(s->path, s->argv, environ);
    s->error = errno;
}

/* Sanitizers know nothing of the stack this runs on. */
__attribute__((no_sanitize("address", "undefined"))) static int go_between(
    void *start)
{
    struct start *s = start;
    pid_t pid = vfork();

    if (pid == 0) {
        become(s);
        syscall(SYS_exit_group, 0);
    }
    if (pid < 0)
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
    struct start s = {path, argv, fds, first, count, 0};
    char *stack = aligned_alloc(64, STACK);
    sigset_t all, before;
    int cancel;
    pid_t pid;

    if (!stack)
        return ENOMEM;
    /* Nothing of the program's may run in them: no handler, no cancellation. */
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid = clone(go_between, stack + STACK, CLONE_VM | CLONE_VFORK, &s);
    if (pid < 0)
        s.error = errno;
    while (pid > 0 && waitpid(pid, NULL, (int)__WCLONE) < 0 && errno == EINTR)
        continue;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_setcancelstate(cancel, NULL);
    free(stack);
    return s.error;
}
