/* rig.c - put together what a user would start */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rig.h"
#include "tests/unit/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include <par/task.h>

const char *rig_path(const char *name)
{
    return scratch_path(name);
}

void rig_open(struct rig *r)
{
    struct par_error err = {0};
    char ipc[600];
    const char *at[] = {"inproc://rig", ipc, "tcp://127.0.0.1:*", NULL};
    struct par_broker_options o = {.endpoints = at};

    memset(r, 0, sizeof *r);
    scratch_make();
    setenv("PAR_CONFIG_DIR", rig_path("config"), 1);
    setenv("PAR_RUNTIME_DIR", rig_path("run"), 1);
    setenv("PAR_CACHE_DIR", rig_path("cache"), 1);
    snprintf(ipc, sizeof ipc, "ipc://%s", rig_path("rig.sock"));
    r->context = zmq_ctx_new();
    o.zmq_context = r->context;
    o.config_dir = rig_path("config");
    r->broker = par_broker_start(&o, &err);
    cr_assert(r->broker != NULL, "broker: %s", err.text);
}

static const char *endpoint(struct rig *r, enum rig_transport transport)
{
    return par_broker_endpoint(r->broker, (size_t)transport);
}

static void offer_tasks(struct par_worker *w)
{
    const struct par_function_entry *const *all;
    struct par_error err = {0};
    char path[128];
    size_t n;

    all = par_functions(&n);
    for (size_t i = 0; i < n; i++) {
        if (all[i]->hook != PAR_IS_FUNCTION)
            continue;
        snprintf(path, sizeof path, "tasks/%s", all[i]->name);
        cr_assert(eq(int,
                     par_worker_register(w, path, all[i]->signature,
                                         all[i]->function, NULL, &err),
                     0),
                  "%s: %s", path, err.text);
    }
}

struct par_worker *rig_worker(struct rig *r,
                              enum rig_transport transport,
                              enum rig_slots kind,
                              int slots)
{
    struct par_error err = {0};
    const char *at[] = {endpoint(r, transport), NULL};
    struct par_worker_options o = {.brokers = at,
                                   .slots = slots,
                                   .threads = kind == RIG_THREAD,
                                   .libexec = getenv("top_builddir")};
    struct par_worker *w;

    if (transport == RIG_INPROC)
        o.zmq_context = r->context;
    w = par_worker_open(&o, &err);
    cr_assert(w != NULL, "worker: %s", err.text);
    if (kind == RIG_THREAD)
        offer_tasks(w);
    cr_assert(eq(int, par_worker_start(w, &err), 0), "worker: %s", err.text);
    r->workers[r->worker_count++] = w;
    return w;
}

struct par_client *rig_client(struct rig *r, enum rig_transport transport)
{
    struct par_error err = {0};
    struct par_options o = {0};
    struct par_client *c;

    if (transport == RIG_INPROC)
        o.zmq_context = r->context;
    c = par_open(endpoint(r, transport), &o, &err);
    cr_assert(c != NULL, "client: %s", err.text);
    return c;
}

uint32_t rig_set_up(struct par_client *c, unsigned wait)
{
    struct par_error err = {0};
    char source[600];
    struct par_file files[] = {{"tasks.so", source}, {NULL, NULL}};
    struct par_setup s = {.kind = "object",
                          .name = "tasks",
                          .files = files,
                          .wait = wait,
                          .timeout = -1};
    uint32_t handle = 0;

    snprintf(source, sizeof source, "%s/tests/contract/tasks.so",
             getenv("top_builddir") ? getenv("top_builddir") : ".");
    cr_assert(eq(int, par_setup(c, &s, &handle, &err), 0), "setup: %s",
              err.text);
    return handle;
}

void rig_start(struct rig *r,
               enum rig_transport transport,
               enum rig_slots kind,
               int slots)
{
    struct par_error err = {0};

    rig_open(r);
    r->slots = kind;
    rig_worker(r, transport, kind, slots);
    r->client = rig_client(r, transport);
    cr_assert(eq(int, par_wait_workers(r->client, 1, 20000, &err), 0), "%s",
              err.text);
    if (kind == RIG_PROCESS)
        r->handle = rig_set_up(r->client, 1);
}

struct par_function rig_function_of(struct rig *r,
                                    struct par_client *c,
                                    const char *name)
{
    struct par_error err = {0};
    struct par_function f;
    char path[128];
    int rc;

    if (r->slots == RIG_THREAD) {
        snprintf(path, sizeof path, "tasks/%s", name);
        rc = par_path(c, path, &f, &err);
    } else {
        rc = par_function(c, c == r->client ? r->handle : rig_set_up(c, 1),
                          name, &f, &err);
    }
    cr_assert(eq(int, rc, 0), "%s: %s", name, err.text);
    return f;
}

struct par_function rig_function(struct rig *r, const char *name)
{
    return rig_function_of(r, r->client, name);
}

struct par_result rig_run(struct rig *r,
                          const char *name,
                          const struct par_value *args,
                          size_t n)
{
    struct par_function f = rig_function(r, name);
    struct par_error err = {0};
    struct par_result result = {0};
    uint64_t job = 0;

    cr_assert(eq(int, par_run(r->client, &f, args, n, NULL, &job, &err), 0),
              "%s: %s", name, err.text);
    cr_assert(eq(int, par_wait(r->client, job, 30000, &result, &err), 0),
              "%s: %s", name, err.text);
    return result;
}

int64_t rig_int(struct rig *r,
                const char *name,
                const struct par_value *args,
                size_t n)
{
    struct par_result result = rig_run(r, name, args, n);
    int64_t v = par_result_int(&result);
    char text[PAR_ERROR_TEXT];

    cr_assert(eq(int, result.status, PAR_OK), "%s: %s", name,
              par_result_error(&result, text, sizeof text));
    par_result_clear(&result);
    return v;
}

void rig_close(struct rig *r)
{
    par_close(r->client);
    for (unsigned i = 0; i < r->worker_count; i++) {
        par_worker_stop(r->workers[i]); /* in order: slots close what they
                                           opened */
        par_worker_join(r->workers[i], NULL);
        par_worker_close(r->workers[i]);
    }
    par_broker_stop(r->broker, 0);
    if (r->context)
        zmq_ctx_term(r->context);
    scratch_remove();
}
