/* functions.c - a computation for test_slot.c, built as functions.so */
#include <par/task.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int add(struct par_task *t)
{
    return par_put_int(t, par_int(t, 0) + par_int(t, 1));
}
PAR_FUNCTION(add, "x:i,y:i->i")

static int echo(struct par_task *t)
{
    size_t len;
    const void *raw = par_raw(t, &len);

    return par_put_raw(t, raw, len);
}
PAR_FUNCTION(echo, "")

/* Both strings as C strings: a zero octet follows each. */
static int join(struct par_task *t)
{
    char text[200];

    snprintf(text, sizeof text, "%s+%s", par_str(t, 0), par_str(t, 1));
    return par_put_str(t, text, strlen(text));
}
PAR_FUNCTION(join, "ss:s")

/* [[1, 2], {"n": 3}] -> 6: everything that reads inside of compounds */
static int deep(struct par_task *t)
{
    struct par_arg list = par_item(t, par_arg(t, 0), 0);
    struct par_arg map = par_item(t, par_arg(t, 0), 1);
    int64_t sum = par_as_int(t, par_field(t, map, "n"));
    struct par_arg v = par_item(t, list, 0);

    for (size_t i = 0; i < par_length(t, list); i++, v = par_next(t, v))
        sum += par_as_int(t, v);
    if (par_kind(t, v) != PAR_NONE || par_count(t) != 1)
        return par_throw(t, 1, "there is more than there should be");
    return par_put_int(t, sum);
}
PAR_FUNCTION(deep, "a:i")

static int shapes(struct par_task *t)
{
    par_put_array(t, 4);
    par_put_nil(t);
    par_put_map(t, 2);
    par_put_str(t, "k", 1);
    par_put_array(t, 0);
    par_put_int(t, 7);
    par_put_bool(t, true);
    par_put_float(t, 0.5);
    return par_put_bytes(t, "xyz", 3);
}
PAR_FUNCTION(shapes, ":a")

static int fails(struct par_task *t)
{
    return par_throw(t, (int)par_int(t, 0), par_str(t, 1));
}
PAR_FUNCTION(fails, "is:v")

static int silent(struct par_task *t)
{
    (void)t;
    return -7;
}
PAR_FUNCTION(silent, ":v")

static int wrong_type(struct par_task *t)
{
    return par_put_int(t, par_int(t, 0));
}
PAR_FUNCTION(wrong_type, "v:i")

static int no_such_arg(struct par_task *t)
{
    return par_put_float(t, par_float(t, 3));
}
PAR_FUNCTION(no_such_arg, "")

static int incomplete(struct par_task *t)
{
    par_put_array(t, 3);
    par_put_int(t, 1);
    return par_put_int(t, 2);
}
PAR_FUNCTION(incomplete, ":a")

static int twice(struct par_task *t)
{
    par_put_int(t, 1);
    return par_put_int(t, 2);
}
PAR_FUNCTION(twice, ":i")

static int other_type(struct par_task *t)
{
    return par_put_str(t, "1", 1);
}
PAR_FUNCTION(other_type, ":i")

static int bad_key(struct par_task *t)
{
    par_put_map(t, 1);
    par_put_float(t, 1.5);
    return par_put_int(t, 1);
}
PAR_FUNCTION(bad_key, ":m")

/* n octets of x */
static int large(struct par_task *t)
{
    size_t n = (size_t)par_int(t, 0);
    char *data = malloc(n ? n : 1);
    int result;

    if (!data)
        return par_throw(t, 1, "no memory");
    memset(data, 'x', n);
    result = par_put_bytes(t, data, n);
    free(data);
    return result;
}
PAR_FUNCTION(large, "i:b")

static int crash(struct par_task *t)
{
    (void)t;
    signal(SIGSEGV, SIG_DFL); /* a sanitizer has its own idea */
    return raise(SIGSEGV);
}
PAR_FUNCTION(crash, "")

static int leave(struct par_task *t)
{
    exit((int)par_int(t, 0));
}
PAR_FUNCTION(leave, "i:n")

static int interrupt(struct par_task *t)
{
    raise(SIGINT);
    return par_put_int(t, getpid());
}
PAR_FUNCTION(interrupt, ":i")

/* What it gets for writing to a closed pipe, and what a command gets. */
static int closed_pipe(struct par_task *t)
{
    int ends[2];

    if (pipe(ends) != 0)
        return par_throw(t, 1, "no pipe");
    close(ends[0]);
    par_put_array(t, 2);
    par_put_bool(t, write(ends[1], "x", 1) < 0);
    close(ends[1]);
    return par_put_int(t, system("kill -PIPE $$"));
}
PAR_FUNCTION(closed_pipe, ":a")

/* The child forgets to exit. */
static int forks(struct par_task *t)
{
    pid_t pid = fork();

    if (pid > 0)
        waitpid(pid, NULL, 0);
    return par_put_int(t, pid > 0);
}
PAR_FUNCTION(forks, ":i")

static int until_cancelled(struct par_task *t)
{
    struct timespec nap = {.tv_nsec = 100000};

    while (!par_cancelled(t))
        nanosleep(&nap, NULL);
    return par_throw(t, 5, "as you wish");
}
PAR_FUNCTION(until_cancelled, ":n")

static int stubborn(struct par_task *t)
{
    struct timespec nap = {.tv_nsec = 100000};

    while (!par_cancelled(t))
        nanosleep(&nap, NULL);
    return par_put_int(t, 1);
}
PAR_FUNCTION(stubborn, ":i")

static int nap(struct par_task *t)
{
    int64_t ms = par_int(t, 0);
    struct timespec time = {ms / 1000, (long)(ms % 1000) * 1000000};

    if (ms)
        nanosleep(&time, NULL);
    return 0;
}
PAR_FUNCTION(nap, "i:n")

/* A word on stdout (a pipe: what it does with it shows how it is buffered),
 * and what descriptors we have. */
static int fds(struct par_task *t)
{
    char text[64];
    int count = 0;

    for (int fd = 0; fd < 256; fd++)
        count += dup2(fd, fd) == fd;
    snprintf(text, sizeof text, "%d", count);
    puts(text);
    return par_put_int(t, count);
}
PAR_FUNCTION(fds, ":i")

/* The octets that its nanny wrote to it until there is a file "look". */
static int unread(struct par_task *t)
{
    int octets = -1;

    while (access("look", F_OK) != 0)
        usleep(1000);
    ioctl(3, FIONREAD, &octets);
    return par_put_int(t, octets);
}
PAR_FUNCTION(unread, ":i")

static int info(struct par_task *t)
{
    const char *text = par_info(t, par_str(t, 0));

    return text ? par_put_str(t, text, strlen(text)) : par_put_nil(t);
}
PAR_FUNCTION(info, "s:v")

static int cwd(struct par_task *t)
{
    char path[512];

    if (!getcwd(path, sizeof path))
        return par_throw(t, 1, "no folder");
    return par_put_str(t, path, strlen(path));
}
PAR_FUNCTION(cwd, ":s")

/* ---- state ---- */

static char log_text[400];

static void note(const char *word)
{
    size_t len = strlen(log_text);

    snprintf(log_text + len, sizeof log_text - len, "%s ", word);
}

static int history(struct par_task *t)
{
    return par_put_str(t, log_text, strlen(log_text));
}
PAR_FUNCTION(history, ":s")

static int prepare_host(struct par_task *t)
{
    (void)t;
    note("host_setup");
    return 0;
}
PAR_HOST_SETUP(prepare_host)

static int counter;

static int prepare_slot(struct par_task *t)
{
    note("slot_setup");
    counter = 10;
    par_set_state(t, &counter);
    return 0;
}
PAR_SLOT_SETUP(prepare_slot)

static int count(struct par_task *t)
{
    int *state = par_state(t);

    return par_put_int(t, state ? ++*state : -1);
}
PAR_FUNCTION(count, ":i")

static int states[16], clients;

static int prepare_client(struct par_task *t)
{
    if (access("refuse-clients", F_OK) == 0)
        return par_throw(t, 3, "no room for you");
    note("client_setup");
    if (clients == sizeof states / sizeof *states)
        return par_throw(t, 1, "too many clients");
    states[clients] = 0;
    par_set_client_state(t, &states[clients++]);
    return 0;
}
PAR_CLIENT_SETUP(prepare_client)

static int count_client(struct par_task *t)
{
    int *state = par_client_state(t);

    return par_put_int(t, state ? ++*state : -1);
}
PAR_FUNCTION(count_client, ":i")

static int forget_client(struct par_task *t)
{
    note(par_client_state(t) ? "client_close" : "nobody");
    return 0;
}
PAR_CLIENT_CLOSE(forget_client)

static int close_slot(struct par_task *t)
{
    note("slot_close");
    fprintf(stderr, "%s\n", log_text);
    return counter < 100 ? 0 : par_throw(t, 1, "that was too much");
}
PAR_SLOT_CLOSE(close_slot)

static int overflow(struct par_task *t)
{
    counter = 1000;
    return par_put_nil(t);
}
PAR_FUNCTION(overflow, ":n")

/* For a hook or a call chosen by the client. */
static int greet(struct par_task *t)
{
    note(par_count(t) ? par_str(t, 0) : "greet");
    return par_count(t) && !*par_str(t, 0) ? par_throw(t, 4, "say something")
                                           : 0;
}
PAR_FUNCTION(greet, "s*:n")
