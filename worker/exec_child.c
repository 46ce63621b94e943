/* exec_child.c - from vfork(2) to execve(2), and which step failed */
#include "config.h"

#include "exec_child.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the child of vfork(2) works on, in the keeper's memory: it must neither
 * allocate nor change anything else. */
struct start {
    const struct keeper_order *order;
    pid_t keeper;
    char **paths;       /* to be tried in turn; NULL-ended */
    const char **shell; /* "/bin/sh", room for the path, argv[1], ... */
    volatile int error;
    const char *volatile step;
    volatile int limit;  /* the resource, if step is "limit" */
    volatile bool there; /* ENOENT, but not of the program itself */
};

__attribute__((noreturn)) static void give_up(struct start *s, const char *step)
{
    s->error = errno;
    s->step = step;
    _exit(127);
}

/* Our own 0-2 are /dev/null, and whatever is to become 0-4 lies above. */
static void place_fds(struct start *s)
{
    for (int i = 0; i < KEEPER_FDS; i++) {
        int fd = s->order->fds[i];

        if (fd >= 0 ? dup2(fd, i) < 0 : i > 2 && close(i) < 0)
            give_up(s, "descriptor");
    }
    if (close_range(KEEPER_FDS, UINT_MAX, 0) != 0)
        give_up(s, "descriptor");
}

static void set_limits(struct start *s)
{
    for (size_t i = 0; i < s->order->limit_count; i++) {
        const struct keeper_limit *limit = &s->order->limits[i];
        struct rlimit r = {.rlim_cur = limit->soft, .rlim_max = limit->hard};

        s->limit = limit->resource;
        if (setrlimit((unsigned)limit->resource, &r) != 0)
            give_up(s, "limit");
    }
}

/* Like execvp(3): a missing or forbidden candidate is not the last word, a
 * script without an interpreter line is the shell's. */
static void execute(struct start *s)
{
    char *const *argv = (char *const *)s->order->argv;
    char *const *envp = (char *const *)s->order->envp;
    int error = ENOENT;

    for (char **path = s->paths; *path; path++) {
        execve(*path, argv, envp);
        if (errno == ENOEXEC) {
            s->shell[1] = *path;
            execve(s->shell[0], (char *const *)s->shell, envp);
        }
        if (errno == ENOENT || errno == ENOTDIR) {
            s->there = s->there || access(*path, F_OK) == 0;
            continue;
        }
        error = errno;
        if (error != EACCES)
            break;
    }
    errno = error;
    give_up(s, "exec");
}

__attribute__((noreturn)) static void child(struct start *s)
{
    const struct keeper_order *order = s->order;
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigset_t none;

    /* If the keeper is killed, so is this; its own children parspawn gets. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != s->keeper)
        _exit(127);
    setpgid(0, 0);
    place_fds(s);
    if (order->umask >= 0)
        umask((mode_t)order->umask);
    if (order->cwd && chdir(order->cwd) != 0)
        give_up(s, "chdir");
    set_limits(s);
    if (!order->default_signals)
        sigaction(SIGINT, &ignore, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execute(s);
    _exit(127);
}

/* A function of its own: whoever calls vfork(2) must not return in the child.
 * The keeper is small, but fork(2) would copy its page tables all the same,
 * and could not tell us what failed. */
__attribute__((noinline)) static pid_t launch(struct start *s)
{
    pid_t pid = vfork();

    if (pid == 0)
        child(s);
    return pid;
}

/* One path, or one below each folder of PATH.  One block of memory. */
static char **candidates(const struct keeper_order *order)
{
    const char *program = order->program;
    const char *list = order_env(order, "PATH");
    size_t count = 1, each, room;
    char **paths, *text;

    if (strchr(program, '/') || !*program)
        list = "";
    else if (!list)
        list = "/usr/local/bin:/usr/bin:/bin";
    for (const char *c = list; *c; c++)
        count += *c == ':';
    room = strlen(list) + count * (strlen(program) + 2);
    paths = malloc((count + 1) * sizeof *paths + room);
    if (!paths)
        return NULL;
    text = (char *)(paths + count + 1);
    for (size_t i = 0; i < count; i++) {
        int dir = (int)strcspn(list, ":");

        paths[i] = text;
        each = (size_t)snprintf(text, room, "%.*s%s%s", dir, list,
                                dir ? "/" : "", program);
        text += each + 1;
        room -= each + 1;
        list += dir + (list[dir] == ':');
    }
    paths[count] = NULL;
    return paths;
}

static const char **shell_words(const struct keeper_order *order)
{
    size_t count = 0;
    const char **words;

    while (order->argv[count])
        count++;
    words = calloc(count + 3, sizeof *words);
    if (!words)
        return NULL;
    words[0] = "/bin/sh";
    for (size_t i = 1; i < count; i++)
        words[i + 1] = order->argv[i];
    return words;
}

static const char *limit_name(int resource)
{
    static const char *const names[RLIM_NLIMITS] = {
        [RLIMIT_CPU] = "CPU",         [RLIMIT_FSIZE] = "FSIZE",
        [RLIMIT_DATA] = "DATA",       [RLIMIT_STACK] = "STACK",
        [RLIMIT_CORE] = "CORE",       [RLIMIT_NPROC] = "NPROC",
        [RLIMIT_NOFILE] = "NOFILE",   [RLIMIT_AS] = "AS",
        [RLIMIT_MEMLOCK] = "MEMLOCK", [RLIMIT_RSS] = "RSS",
    };

    return resource >= 0 && resource < RLIM_NLIMITS && names[resource]
               ? names[resource]
               : "of an unknown kind";
}

static void explain(const struct start *s, char *text, size_t size)
{
    const char *why = strerror(s->error);

    if (strcmp(s->step, "exec") == 0)
        snprintf(text, size, "exec %.80s: %s%s", s->order->program, why,
                 s->error == ENOENT && s->there
                     ? " (it is there; its interpreter is not)"
                     : "");
    else if (strcmp(s->step, "chdir") == 0)
        snprintf(text, size, "chdir %.80s: %s", s->order->cwd, why);
    else if (strcmp(s->step, "limit") == 0)
        snprintf(text, size, "limit %s: %s", limit_name(s->limit), why);
    else
        snprintf(text, size, "%s: %s", s->step, why);
}

void start(const struct keeper_order *order, struct keeper_event *e)
{
    struct start s = {
        .order = order,
        .keeper = getpid(),
        .paths = candidates(order),
        .shell = shell_words(order),
        .step = "fork",
    };
    pid_t pid = -1;

    if (s.paths && s.shell)
        pid = launch(&s);
    if (pid < 0)
        s.error = errno;
    else if (s.error)
        waitpid(pid, NULL, 0);
    if (s.error)
        explain(&s, e->text, sizeof e->text);
    e->kind = pid < 0 ? KEEPER_FULL : s.error ? KEEPER_FAILED : KEEPER_STARTED;
    e->pid = pid;
    e->error = s.error;
    free(s.paths);
    free(s.shell);
}
