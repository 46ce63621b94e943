/* tasks.c - what the contract suite runs: as an object in process slots, and
 * linked into the suite itself for thread slots */
#include <par/task.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int add(struct par_task *t)
{
    return par_put_int(t, par_int(t, 0) + par_int(t, 1));
}
PAR_FUNCTION(add, "a:i,b:i->i")

static int halve(struct par_task *t)
{
    return par_put_float(t, par_float(t, 0) / 2);
}
PAR_FUNCTION(halve, "d:d")

static int echo(struct par_task *t)
{
    size_t len;
    const char *data = par_bytes(t, 0, &len);

    return par_put_bytes(t, data, len);
}
PAR_FUNCTION(echo, "b:b")

static int raw(struct par_task *t)
{
    size_t len;
    const void *data = par_raw(t, &len);

    return par_put_raw(t, data, len);
}
PAR_FUNCTION(raw, "")

static int nothing(struct par_task *t)
{
    (void)t;
    return 0;
}
PAR_FUNCTION(nothing, ":n")

static int fail(struct par_task *t)
{
    return par_throw(t, 42, par_str(t, 0));
}
PAR_FUNCTION(fail, "s:i")

static int pid(struct par_task *t)
{
    return par_put_int(t, getpid());
}
PAR_FUNCTION(pid, ":i")

/* [1, "two", {"three": 3.5}] */
static int nested(struct par_task *t)
{
    par_put_array(t, 3);
    par_put_int(t, 1);
    par_put_str(t, "two", 3);
    par_put_map(t, 1);
    par_put_str(t, "three", 5);
    return par_put_float(t, 3.5);
}
PAR_FUNCTION(nested, ":a")

static int which_worker(struct par_task *t)
{
    const char *name = par_info(t, "worker");

    return par_put_str(t, name ? name : "", name ? strlen(name) : 0);
}
PAR_FUNCTION(which_worker, ":s")

static int attempt(struct par_task *t)
{
    const char *n = par_info(t, "attempt");

    return par_put_str(t, n ? n : "", n ? strlen(n) : 0);
}
PAR_FUNCTION(attempt, ":s")

static void pause_ms(long ms)
{
    struct timespec ts = {ms / 1000, ms % 1000 * 1000000};

    while (nanosleep(&ts, &ts) && errno == EINTR)
        ;
}

/* Busy for so many milliseconds, or until it is asked to stop. */
static int linger(struct par_task *t)
{
    int64_t left = par_int(t, 0);

    for (; left > 0 && !par_cancelled(t); left -= 5)
        pause_ms(5);
    return left > 0 ? par_throw(t, 1, "asked to stop") : par_put_int(t, 0);
}
PAR_FUNCTION(linger, "ms:i->i")

/* Deaf to everything but SIGKILL; leaves a file behind when it begins. */
static int deaf(struct par_task *t)
{
    FILE *f = fopen(par_str(t, 0), "w");

    signal(SIGTERM, SIG_IGN);
    if (f) {
        fprintf(f, "%d\n", (int)getpid());
        fclose(f);
    }
    for (;;)
        pause_ms(1000);
    return 0;
}
PAR_FUNCTION(deaf, "s:n")

static int crash(struct par_task *t)
{
    (void)t;
    fprintf(stderr, "about to crash\n");
    raise(SIGSEGV);
    return 0;
}
PAR_FUNCTION(crash, ":n")

static int leave(struct par_task *t)
{
    _exit((int)par_int(t, 0));
}
PAR_FUNCTION(leave, "i:n")

/* Crashes while the file is not there, and makes it. */
static int crash_once(struct par_task *t)
{
    const char *path = par_str(t, 0);

    if (access(path, F_OK)) {
        FILE *f = fopen(path, "w");

        if (f)
            fclose(f);
        raise(SIGKILL);
    }
    return par_put_int(t, 1);
}
PAR_FUNCTION(crash_once, "s:i")

/* Grandchildren that ignore TERM and have left the group; their pids go to
 * the file.  Then it loops. */
static int litter(struct par_task *t)
{
    const char *path = par_str(t, 0);

    for (int i = 0; i < 3; i++) {
        pid_t child = fork();

        if (child == 0) {
            if (fork())
                _exit(0);
            setsid();
            signal(SIGTERM, SIG_IGN);
            FILE *f = fopen(path, "a");
            if (f) {
                fprintf(f, "%d\n", (int)getpid());
                fclose(f);
            }
            for (;;)
                pause_ms(1000);
        }
        waitpid(child, NULL, 0);
    }
    for (;;)
        pause_ms(1000);
    return 0;
}
PAR_FUNCTION(litter, "s:n")

static int interrupt_self(struct par_task *t)
{
    raise(SIGINT);
    return par_put_int(t, 1);
}
PAR_FUNCTION(interrupt_self, ":i")

/* ---- state ---- */

struct counter {
    int64_t calls;
    int64_t loaded;
};

static int load(struct par_task *t)
{
    struct counter *c = calloc(1, sizeof *c);

    if (!c)
        return par_throw(t, 1, "out of memory");
    c->loaded = (int64_t)getpid() * 1000 + 7;
    par_set_state(t, c);
    return 0;
}
PAR_SLOT_SETUP(load)

static int unload(struct par_task *t)
{
    free(par_state(t));
    return 0;
}
PAR_SLOT_CLOSE(unload)

static int calls(struct par_task *t)
{
    struct counter *c = par_state(t);

    return c ? par_put_int(t, ++c->calls)
             : par_throw(t, 9, "no state in this slot");
}
PAR_FUNCTION(calls, ":i")

static int client_begins(struct par_task *t)
{
    par_set_client_state(t, calloc(1, sizeof(int64_t)));
    return 0;
}
PAR_CLIENT_SETUP(client_begins)

static int client_ends(struct par_task *t)
{
    free(par_client_state(t));
    return 0;
}
PAR_CLIENT_CLOSE(client_ends)

static int my_calls(struct par_task *t)
{
    int64_t *n = par_client_state(t);

    return n ? par_put_int(t, ++*n)
             : par_throw(t, 9, "no client state in this slot");
}
PAR_FUNCTION(my_calls, ":i")
