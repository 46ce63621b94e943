/* offers.c - a program that embeds a worker with process slots: it is started
 * again for each of them, also if it lets nobody look at it (PR_SET_DUMPABLE)
 *
 * Plain main(), because par_main() has to come first in it.
 */
#include "config.h"

#include <par/broker.h>
#include <par/client.h>
#include <par/task.h>
#include <par/worker.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <zmq.h>

static int twice(struct par_task *t)
{
    return par_put_int(t, 2 * par_int(t, 0));
}
PAR_FUNCTION(twice, "x:i->i")

static struct par_broker *broker;
static struct par_worker *worker;
static struct par_client *client;
static struct par_error err;

static int serve(void *context, bool is_logged)
{
    const char *at[] = {"inproc://offers", NULL};
    struct par_broker_options b = {.zmq_context = context, .endpoints = at};
    struct par_worker_options w = {.zmq_context = context,
                                   .brokers = at,
                                   .slots = 1,
                                   .debug = is_logged,
                                   .libexec = getenv("top_builddir")};
    struct par_options c = {.zmq_context = context};

    broker = par_broker_start(&b, &err);
    worker = broker ? par_worker_open(&w, &err) : NULL;
    if (!worker ||
        par_worker_register(worker, "/twice", "x:i->i", twice, NULL, &err) ||
        par_worker_start(worker, &err))
        return -1;
    client = par_open(at[0], &c, &err);
    return client ? par_wait_workers(client, 1, 20000, &err) : -1;
}

static void call(char *text, size_t size)
{
    struct par_function f;
    struct par_result r;

    if (par_path(client, "/twice", &f, &err) ||
        par_call(client, &f, PAR_ARGS(21), &r, &err)) {
        snprintf(text, size, "%s", err.text);
        return;
    }
    snprintf(text, size, "%lld", (long long)par_result_int(&r));
    par_result_clear(&r);
}

/* What the worker has logged. */
static void read_log(char *text, size_t size)
{
    size_t n;

    rewind(stderr);
    n = fread(text, 1, size - 1, stderr);
    text[n] = 0;
}

/* A copy of this program that is removed once it runs. */
static bool is_copy(const char *name)
{
    return strcmp(name, "./copy") == 0;
}

int main(int argc, char **argv)
{
    const char *want = "42";
    char text[16 * 1024] = "";
    void *context;
    bool right;

    par_main(&argc, &argv);
    if (is_copy(argv[0])) {
        unlink(argv[0]);
        if (!freopen("log", "w+", stderr))
            return 1;
        unlink("log");
        want = "PR_SET_DUMPABLE";
    }
    prctl(PR_SET_DUMPABLE, 0);
    context = zmq_ctx_new();
    if (serve(context, is_copy(argv[0])) == 0)
        call(text, sizeof text);
    if (is_copy(argv[0]))
        read_log(text, sizeof text);
    right = strstr(text, want) != NULL;
    printf("%s - slots of a program that is not dumpable%s\n",
           right ? "ok" : "not ok",
           is_copy(argv[0]) ? ", and whose file is gone: told" : "");
    if (!right)
        printf("    %s %s\n", text, err.text);
    par_close(client);
    par_worker_close(worker);
    par_broker_stop(broker, 0);
    zmq_ctx_term(context);
    if (is_copy(argv[0]) || !right)
        return right ? 0 : 1;
    fflush(stdout);
    if (system("cp \"$top_builddir/tests/system/offers\" copy"))
        return 1;
    execl("./copy", "./copy", (char *)NULL);
    return 1;
}
