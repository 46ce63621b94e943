/* wild.c - functions that do what none should: an object for test_wild.c */
#include <par/task.h>

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void sleep_for_ever(void)
{
    for (;;)
        nanosleep(&(struct timespec){1000, 0}, NULL);
}

static int fine(struct par_task *t)
{
    return par_put_int(t, getpid());
}
PAR_FUNCTION(fine, ":i")

/* ---- ends its slot ---- */

static int segfault(struct par_task *t)
{
    signal(SIGSEGV, SIG_DFL); /* a sanitizer has its own idea */
    raise(SIGSEGV);
    return par_put_int(t, 0);
}
PAR_FUNCTION(segfault, "")

static int aborts(struct par_task *t)
{
    (void)t;
    abort();
}
PAR_FUNCTION(aborts, "")

static int exits(struct par_task *t)
{
    _exit((int)par_int(t, 0));
}
PAR_FUNCTION(exits, "i:n")

static int quits(struct par_task *t)
{
    exit((int)par_int(t, 0));
}
PAR_FUNCTION(quits, "i:n")

/* Of this process nothing is left but its number. */
static int becomes_another(struct par_task *t)
{
    execlp("sh", "sh", "-c", par_str(t, 0), (char *)NULL);
    return par_throw(t, 1, "no sh");
}
PAR_FUNCTION(becomes_another, "s:n")

static int kills_its_group(struct par_task *t)
{
    return par_put_int(t, kill(0, SIGKILL));
}
PAR_FUNCTION(kills_its_group, ":i")

static int kills_its_parent(struct par_task *t)
{
    kill(getppid(), (int)par_int(t, 0));
    sleep_for_ever();
    return par_put_nil(t);
}
PAR_FUNCTION(kills_its_parent, "i:n")

/* No descriptor is left, and the value needs one to travel. */
static int takes_all_descriptors(struct par_task *t)
{
    static char large[100000];

    while (dup(1) >= 0)
        continue;
    return par_put_bytes(t, large, sizeof large);
}
PAR_FUNCTION(takes_all_descriptors, ":b")

static int leaves_the_thread(struct par_task *t)
{
    (void)t;
    pthread_exit(NULL);
}
PAR_FUNCTION(leaves_the_thread, "")

static int deeper(volatile char *above)
{
    volatile char here[4096];

    here[0] = above[0];
    return deeper(here) + here[0];
}

static int overflows(struct par_task *t)
{
    volatile char top[1] = {0};

    return par_put_int(t, deeper(top));
}
PAR_FUNCTION(overflows, "")

/* All the memory that it may have. */
static int fills_the_memory(struct par_task *t)
{
    struct rlimit few = {1UL << 28, 1UL << 28};

    setrlimit(RLIMIT_AS, &few);
    for (;;) {
        char *more = malloc(1 << 20);

        memset(more, 1, 1 << 20);
    }
    return par_put_int(t, 0);
}
PAR_FUNCTION(fills_the_memory, "")

/* Takes its own code away. */
static int unloads_itself(struct par_task *t)
{
    Dl_info info;
    void *own;

    if (dladdr((void *)&sleep_for_ever, &info) == 0)
        return par_throw(t, 1, "no object");
    own = dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD);
    while (own && dlclose(own) == 0)
        continue;
    return par_put_int(t, 0);
}
PAR_FUNCTION(unloads_itself, "")

static int closes_everything(struct par_task *t)
{
    for (int fd = 0; fd < 256; fd++)
        close(fd);
    sleep_for_ever();
    return par_put_int(t, 0);
}
PAR_FUNCTION(closes_everything, "")

/* ---- never ends ---- */

static int deaf_to_all(struct par_task *t)
{
    volatile int run = 1;
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    while (run)
        continue;
    return par_put_int(t, 0);
}
PAR_FUNCTION(deaf_to_all, "")

static int stops(struct par_task *t)
{
    raise(SIGSTOP);
    return par_put_int(t, 0);
}
PAR_FUNCTION(stops, "")

/* Daemons: of another session, deaf to SIGTERM, in nobody's /proc but root's.
 * Their pids go to the file. */
static void begin_daemon(const char *path)
{
    FILE *f;

    if (fork() != 0)
        return;
    setsid();
    if (fork() != 0)
        _exit(0);
    signal(SIGTERM, SIG_IGN);
    f = fopen(path, "a");
    if (f) {
        fprintf(f, "%d\n", (int)getpid());
        fclose(f);
    }
    sleep_for_ever();
}

static int begins_daemons(struct par_task *t)
{
    for (int i = 0; i < 3; i++)
        begin_daemon(par_str(t, 0));
    if (par_int(t, 1))
        sleep_for_ever();
    return par_put_int(t, 0);
}
PAR_FUNCTION(begins_daemons, "path:s,stay:i->i")

/* ---- ends well, but leaves something ---- */

static int shouts(struct par_task *t)
{
    static char line[1000];
    int64_t left = par_int(t, 0);

    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\n';
    for (; left > 0; left -= (int64_t)sizeof line)
        fwrite(line, sizeof line, 1, left / 1000 % 2 ? stdout : stderr);
    return par_put_int(t, 1);
}
PAR_FUNCTION(shouts, "i:i")

static void *run_on(void *arg)
{
    sleep_for_ever();
    return arg;
}

static int leaves_a_thread(struct par_task *t)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, run_on, NULL))
        return par_throw(t, 1, "no thread");
    pthread_detach(thread);
    return par_put_int(t, getpid());
}
PAR_FUNCTION(leaves_a_thread, ":i")

/* The child returns, too. */
static int forks_and_returns(struct par_task *t)
{
    pid_t parent = getpid();

    if (fork() < 0)
        return par_throw(t, 1, "no fork");
    return par_put_int(t, parent);
}
PAR_FUNCTION(forks_and_returns, ":i")

static int forks_and_throws(struct par_task *t)
{
    if (fork() < 0)
        return par_throw(t, 1, "no fork");
    return par_throw(t, 2, "thrown");
}
PAR_FUNCTION(forks_and_throws, ":n")

static jmp_buf behind;

/* Called twice, it returns from its first call for the second time. */
static int jumps_out(struct par_task *t)
{
    static volatile int calls;

    if (calls++ > 0)
        longjmp(behind, 1);
    if (setjmp(behind) > 0)
        return par_put_int(t, 2);
    return par_put_int(t, 1);
}
PAR_FUNCTION(jumps_out, ":i")

/* All that a process can change about itself, short of ending. */
static int changes_everything(struct par_task *t)
{
    struct rlimit none = {0, 0}, few = {16, 16};
    sigset_t all;

    if (chdir("/") || setsid() < 0)
        (void)t;
    umask(0777);
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    for (int i = 1; i < 32; i++)
        signal(i, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &none);
    setrlimit(RLIMIT_NPROC, &none);
    setrlimit(RLIMIT_NOFILE, &few);
    unsetenv("PATH");
    clearenv();
    close(0);
    close(1);
    close(2);
    return par_put_int(t, getpid());
}
PAR_FUNCTION(changes_everything, ":i")

static int leaves_zombies(struct par_task *t)
{
    for (int i = 0; i < 20; i++)
        if (fork() == 0)
            _exit(0);
    return par_put_int(t, getpid());
}
PAR_FUNCTION(leaves_zombies, ":i")
