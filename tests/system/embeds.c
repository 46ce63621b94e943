/* embeds.c - programs of many kinds embed Par: each finds its own world as it
 * was, and Par at work
 */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <par/broker.h>
#include <par/worker.h>

#include "embedding.h"

/* ---- several handles ---- */

struct daemons {
    struct par_broker *broker;
    struct par_worker *worker;
};

static struct par_client *open_remote(struct daemons *d)
{
    char place[600];
    const char *at[] = {place, NULL};
    struct par_broker_options b = {.endpoints = at};
    struct par_worker_options w = {.brokers = at,
                                   .slots = 1,
                                   .max_file_size = UINT64_MAX,
                                   .libexec = getenv("top_builddir")};
    struct par_client *c = NULL;

    snprintf(place, sizeof place, "ipc://%s/socket", getenv("TMPDIR"));
    d->broker = par_broker_start(&b, &err);
    d->worker = d->broker ? par_worker_open(&w, &err) : NULL;
    if (d->worker && par_worker_start(d->worker, &err) == 0)
        c = par_open(at[0], NULL, &err);
    if (c && par_wait_workers(c, 1, -1, &err) == 0)
        return c;
    par_close(c);
    return NULL;
}

static void *call_often(void *c)
{
    for (int i = 0; i < 100; i++)
        if (!calls(c))
            return NULL;
    return c;
}

static void several(void)
{
    enum { HANDLES = 4 };
    struct daemons d = {0};
    struct par_client *c[HANDLES] = {open_private(false), open_private(true),
                                     open_remote(&d), open_private(false)};
    pthread_t threads[2 * HANDLES];
    void *well;
    int done = 0;

    for (int i = 0; i < 2 * HANDLES; i++)
        pthread_create(&threads[i], NULL, call_often, c[i % HANDLES]);
    for (int i = 0; i < 2 * HANDLES; i++) {
        pthread_join(threads[i], &well);
        done += well != NULL;
    }
    claim(done == 2 * HANDLES, "four handles, two threads in each");
    par_close(c[0]);
    par_close(c[2]);
    claim(calls(c[1]) && calls(c[3]), "two are closed, the others go on");
    par_worker_close(d.worker);
    par_broker_stop(d.broker, 0);
    par_close(c[3]);
    par_close(c[1]);
}

/* ---- threads of one handle ---- */

static struct par_client *shared;

static int outer(struct par_task *t)
{
    struct par_function f;
    struct par_result r;
    int64_t n;

    if (par_self(shared, "twice", &f, NULL) ||
        par_call(shared, &f, PAR_ARGS(par_int(t, 0)), &r, NULL))
        return par_throw(t, 1, "the inner call failed");
    n = par_result_int(&r);
    par_result_clear(&r);
    return par_put_int(t, n + 1);
}
PAR_FUNCTION(outer, "x:i->i")

static void nested(void)
{
    struct par_options o = {.private_broker = true,
                            .slots = 4,
                            .thread_slots = true,
                            .libexec = getenv("top_builddir")};
    struct par_function f;
    struct par_result r;
    uint64_t jobs[3];
    int right = 0;

    shared = par_open(NULL, &o, &err);
    if (shared && par_self(shared, "outer", &f, &err) == 0)
        for (int i = 0; i < 3; i++)
            if (par_run(shared, &f, PAR_ARGS(i), NULL, &jobs[i], &err) == 0)
                right++;
    for (int i = 0; i < 3 && right >= 3; i++)
        if (par_wait(shared, jobs[i], -1, &r, &err) == 0) {
            right += par_result_int(&r) == 2 * i + 1;
            par_result_clear(&r);
        }
    claim(right == 6, "functions in threads call others on the same handle");
    par_close(shared);
}

static void *wait_for_ever(void *arg)
{
    struct par_error why = {0};
    struct par_result r;

    if (par_wait(shared, *(uint64_t *)arg, PAR_FOREVER, &r, &why) == 0)
        par_result_clear(&r);
    return why.code == EINTR ? shared : NULL;
}

static void interrupted(void)
{
    enum { WAITERS = 3 };
    pthread_t threads[WAITERS];
    uint64_t job;
    void *well;
    int told = 0;

    shared = open_private(false);
    job = start_shell(shared, ": >begun; sleep 1000");
    for (int i = 0; i < WAITERS; i++)
        pthread_create(&threads[i], NULL, wait_for_ever, &job);
    wait_for("begun");
    par_interrupt(shared, true);
    for (int i = 0; i < WAITERS; i++) {
        pthread_join(threads[i], &well);
        told += well != NULL;
    }
    claim(told == WAITERS, "all who wait hear of par_interrupt()");
    par_close(shared);
    claim(access("begun", F_OK) != 0, "... and then the handle is closed");
}

/* ---- signals ---- */

static volatile sig_atomic_t heard, reaped;

static void on_child(int number)
{
    int keep = errno;

    (void)number;
    heard++;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        reaped++;
    errno = keep;
}

static void children(void (*handler)(int), const char *what)
{
    struct sigaction own = {.sa_handler = handler}, before, after;
    struct par_client *c;
    char text[100];

    sigaction(SIGCHLD, &own, &before);
    c = open_private(false);
    snprintf(text, sizeof text, "a program that %s: functions run", what);
    claim(calls(c), text);
    claim(end_of(c, start_shell(c, "exit 0")) == PAR_OK, "... and commands");
    par_close(c);
    sigaction(SIGCHLD, &before, &after);
    claim(after.sa_handler == handler, "... and it does so afterwards");
}

/* Default is what SIGPIPE is here: it would end us. */
static void pipes(void)
{
    static char much[1024 * 1024];
    struct par_client *c = open_private(false);
    struct par_setup s = {.kind = "exec", .local = true};
    struct par_run_options input = {.input = true};
    struct par_function sh;
    uint32_t handle;
    uint64_t job = 0;

    signal(SIGPIPE, SIG_DFL);
    if (par_setup(c, &s, &handle, &err) == 0 &&
        par_function(c, handle, "", &sh, &err) == 0)
        par_run(c, &sh, PAR_ARGS("true"), &input, &job, &err);
    while (par_write(c, job, much, sizeof much, false, -1, &err) == 0)
        continue;
    claim(err.code == EPIPE, "who writes to a command that has ended is told");
    claim(end_of(c, job) == PAR_OK, "... and not killed by SIGPIPE");
    par_close(c);
}

static void blocked(void)
{
    struct par_client *c;
    sigset_t all, before;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    c = open_private(false);
    claim(calls(c), "all signals blocked: functions run");
    claim(end_of(c, start_shell(c, "kill -TERM $$; sleep 1000")) == PAR_SIGNAL,
          "... and what is started hears its own");
    par_close(c);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

/* ---- descriptors ---- */

static void crowded(void)
{
    enum { OPEN = 900 };
    static int fds[OPEN];
    struct rlimit limit, more;
    struct par_client *c;

    getrlimit(RLIMIT_NOFILE, &limit);
    more = limit;
    if (more.rlim_cur < 1024)
        more.rlim_cur = 1024;
    setrlimit(RLIMIT_NOFILE, &more);
    for (int i = 0; i < OPEN; i++)
        fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    c = open_private(false);
    claim(calls(c) && rests(c), "900 descriptors are open");
    par_close(c);
    for (int i = 0; i < OPEN; i++)
        close(fds[i]);
    setrlimit(RLIMIT_NOFILE, &limit);
}

/* In a child that has so many descriptors: 0 it works, 3 it says why not. */
static int with_few(unsigned count, bool threads)
{
    struct rlimit few = {count, count};
    struct par_client *c;

    alarm(60);
    setrlimit(RLIMIT_NOFILE, &few);
    c = open_private(threads);
    if (!c)
        return err.text[0] ? 3 : 4;
    if (calls(c) && end_of(c, start_shell(c, "exit 0")) == PAR_OK) {
        par_close(c);
        return 0;
    }
    par_close(c);
    return err.text[0] ? 3 : 4;
}

/* Some wait long for room: several side by side. */
static void scarce(bool threads)
{
    enum { MOST = 64, LEAST = 4, AT_ONCE = 8 };
    int well = 0, told = 0, other = 0, status = 0;
    pid_t pids[MOST + AT_ONCE + 1] = {0};

    for (unsigned n = MOST + AT_ONCE; n >= LEAST; n--) {
        if (n >= LEAST + AT_ONCE) {
            unsigned count = n - AT_ONCE;

            pids[count] = fork();
            if (pids[count] == 0)
                _exit(with_few(count, threads));
        }
        if (n > MOST)
            continue;
        waitpid(pids[n], &status, 0);
        if (status == 0)
            well++;
        else if (WIFEXITED(status) && WEXITSTATUS(status) == 3)
            told++;
        else if (++other)
            printf("# %u descriptors: status %x\n", n, (unsigned)status);
        if (n == MOST)
            claim(status == 0, "64 descriptors are enough");
    }
    printf("# it works %d times, says why not %d times\n", well, told);
    claim(other == 0, "with fewer it works, or says why it does not");
}

int main(int argc, char **argv)
{
    par_main(&argc, &argv);
    several();
    nested();
    interrupted();
    children(SIG_IGN, "ignores SIGCHLD");
    children(on_child, "reaps all of its children");
    claim(reaped == 0 && heard == 0, "... and has none of ours");
    pipes();
    blocked();
    crowded();
    scarce(false);
    scarce(true);
    return failed;
}
