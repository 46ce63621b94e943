/* embedded.c - a broker, a worker and a client in one program
 *
 *     cc embedded.c -o embedded $(pkg-config --cflags --libs par)
 *     ./embedded ipc:///tmp/example.sock
 *
 * The worker offers a function by path, which anybody may call who reaches the
 * broker; it runs in threads of this process, so it sees its memory.
 */
#include <par/broker.h>
#include <par/client.h>
#include <par/worker.h>

#include <stdatomic.h>
#include <stdio.h>

struct counter {
    atomic_long calls;
};

/* In several threads at once. */
static int add(struct par_task *t)
{
    struct counter *counter = par_worker_context(t);

    atomic_fetch_add(&counter->calls, 1);
    return par_put_int(t, par_int(t, 0) + par_int(t, 1));
}

/* As any other program would; this one knows what it wants to know. */
static int ask(const char *endpoint, struct par_error *err)
{
    struct par_client *c = par_open(endpoint, NULL, err);
    struct par_function f;
    struct par_result r;
    int rc = -1;

    if (c && par_path(c, "/api/add", &f, err) == 0 &&
        par_call(c, &f, PAR_ARGS(20, 22), &r, err) == 0) {
        printf("%lld\n", (long long)par_result_int(&r));
        par_result_clear(&r);
        rc = 0;
    }
    par_close(c);
    return rc;
}

static int serve(const char *endpoint, struct par_error *err)
{
    const char *at[] = {endpoint, NULL};
    struct par_worker_options o = {.brokers = at, .slots = 4, .threads = true};
    struct par_worker *w = par_worker_open(&o, err);
    struct counter counter = {0};
    int rc = -1;

    if (w &&
        par_worker_register(w, "/api/add", "ii:i", add, &counter, err) == 0 &&
        par_worker_start(w, err) == 0) {
        rc = ask(endpoint, err);
        par_worker_stop(w); /* finish what runs */
        if (par_worker_join(w, rc ? NULL : err))
            rc = -1;
    }
    par_worker_close(w);
    printf("calls: %ld\n", (long)counter.calls);
    return rc;
}

int main(int argc, char **argv)
{
    const char *at[] = {argc > 1 ? argv[1] : "tcp://127.0.0.1:0", NULL};
    struct par_broker_options o = {.endpoints = at};
    struct par_error err = {0};
    struct par_broker *b = par_broker_start(&o, &err);
    int rc = b ? serve(par_broker_endpoint(b, 0), &err) : -1;

    if (rc)
        fprintf(stderr, "embedded: %s\n", err.text);
    par_broker_stop(b, 1000);
    return rc ? 1 : 0;
}
