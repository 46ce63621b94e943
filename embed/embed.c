/* embed.c - broker and worker are made, and taken apart */
#include "config.h"

#include "embed.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>
#include <zmq.h>

#include "broker/broker.h"
#include "broker/own_keys.h"
#include "clock.h"
#include "link.h"
#include "loop.h"
#include "worker/nanny.h"

/* Our threads take no signals: they are the program's. */
static int start_deaf(pthread_t *thread,
                      void *(*run)(void *),
                      void *arg,
                      struct par_error *err)
{
    sigset_t all, before;
    int rc;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(thread, NULL, run, arg);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc ? par_fail(err, rc, "a thread: %s", strerror(rc)) : 0;
}

static void *run_zap(void *arg)
{
    struct embed *e = arg;

    zap_run(e->zap, e->zap_pair[1]);
    return NULL;
}

static int start_zap(struct embed *e,
                     const struct own_keys *own,
                     struct par_error *err)
{
    static atomic_uint serial;
    char name[64];

    e->zap = zap_open(e->context, geteuid(), err);
    if (!e->zap)
        return -1;
    if (own)
        zap_use(e->zap, authorized_load(own->authorized, err));
    snprintf(name, sizeof name, "inproc://par-zap-%u",
             atomic_fetch_add(&serial, 1));
    e->zap_pair[0] = zmq_socket(e->context, ZMQ_PAIR);
    e->zap_pair[1] = zmq_socket(e->context, ZMQ_PAIR);
    if (!e->zap_pair[0] || !e->zap_pair[1] || zmq_bind(e->zap_pair[0], name) ||
        zmq_connect(e->zap_pair[1], name))
        return par_fail(err, errno, "a pair of sockets: %s",
                        zmq_strerror(errno));
    if (start_deaf(&e->zap_thread, run_zap, e, err))
        return -1;
    e->zap_runs = true;
    return 0;
}

static bool wants(const struct par_broker_options *o, const char *scheme)
{
    for (size_t i = 0; o && o->endpoints && o->endpoints[i]; i++)
        if (!strncmp(o->endpoints[i], scheme, strlen(scheme)))
            return true;
    return false;
}

static int listen_all(struct embed *e,
                      const struct par_broker_options *o,
                      struct own_keys *own,
                      struct par_error *err)
{
    static atomic_uint serial;
    char name[64];
    const char *private[] = {name, NULL};
    const char *const *at = o ? o->endpoints : private;

    snprintf(name, sizeof name, "inproc://par-private-%u",
             atomic_fetch_add(&serial, 1));
    for (; at && *at; at++) {
        char *bound;

        if (e->endpoint_count == EMBED_ENDPOINTS)
            return par_fail(err, EINVAL, "%d endpoints are enough",
                            EMBED_ENDPOINTS);
        bound = e->endpoints[e->endpoint_count];
        if (broker_listen(e->broker, *at, bound, EMBED_ENDPOINT, err) ||
            (own && own_keys_note(own, bound, err)))
            return -1;
        e->endpoint_count++;
    }
    return e->endpoint_count
               ? 0
               : par_fail(err, EINVAL, "a broker needs an endpoint");
}

/* A ROUTER takes its routing ids from rand(), which libzmq never seeds; a peer
 * that knows the next one ends this process by claiming it.  So rand() is ours
 * for that moment, and then the program's again as it was. */
static void *new_router(void *context)
{
    char state[128];
    unsigned seed;
    char *before;
    void *router;

    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        return NULL;
    before = initstate(seed, state, sizeof state);
    router = zmq_socket(context, ZMQ_ROUTER);
    setstate(before);
    return router;
}

static int start_broker(struct embed *e,
                        const struct par_broker_options *o,
                        struct par_error *err)
{
    struct broker_settings s = {.owner = geteuid(), .blob_dir = "/tmp"};
    struct own_keys own;
    char account[KEY_NAME];
    bool tcp = wants(o, "tcp://");
    int rc;

    snprintf(account, sizeof account, "uid:%lu", (unsigned long)geteuid());
    if (getenv("TMPDIR"))
        s.blob_dir = getenv("TMPDIR");
    if (o)
        s.limits =
            (struct sched_limits){.max_queued = o->max_queued,
                                  .max_queued_bytes = o->max_queued_bytes};
    if (tcp && own_keys_open(&own, o->config_dir, account, err))
        return -1;
    if ((tcp || wants(o, "ipc://")) && start_zap(e, tcp ? &own : NULL, err))
        return -1;
    if (tcp) {
        s.authorized = own.authorized;
        s.secret_key = own.pair.secret_key;
        s.public_key = own.pair.public_key;
        key_text(s.public_key, e->key);
    }
    s.zap = e->zap;
    e->router = new_router(e->context);
    if (!e->router)
        return par_fail(err, errno, "a socket: %s", zmq_strerror(errno));
    e->broker = broker_create(e->context, e->router, &s, clock_ms(), err);
    rc = e->broker ? listen_all(e, o, tcp ? &own : NULL, err) : -1;
    if (tcp)
        keys_wipe(&own.pair);
    return rc;
}

static int keep_options(struct embed *e,
                        const struct par_worker_options *o,
                        struct par_error *err)
{
    e->worker = *o;
    e->has_worker = true;
    if (!o->libexec)
        return 0;
    e->worker.libexec = e->libexec = strdup(o->libexec);
    return e->libexec ? 0 : par_fail(err, ENOMEM, "out of memory");
}

static int start_thread(struct embed *e, struct par_error *err)
{
    if (start_deaf(&e->thread, loop_run, e, err))
        return -1;
    e->runs = true;
    pthread_mutex_lock(&e->mutex);
    while (!e->ready)
        pthread_cond_wait(&e->settled, &e->mutex);
    pthread_mutex_unlock(&e->mutex);
    return e->error.code ? par_fail(err, e->error.code, "%s", e->error.text)
                         : 0;
}

struct embed *embed_start(void *context,
                          const struct embed_options *options,
                          struct par_error *err)
{
    struct embed *e = calloc(1, sizeof *e);
    struct par_error why = {0};

    if (!e) {
        par_fail(err, ENOMEM, "out of memory");
        return NULL;
    }
    pthread_mutex_init(&e->mutex, NULL);
    pthread_cond_init(&e->settled, NULL);
    atomic_init(&e->stop, -1);
    e->until = UINT64_MAX;
    e->own_context = !context;
    e->context = context ? context : link_context(&why);
    e->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (e->context && e->wake < 0)
        par_fail(&why, errno, "eventfd: %s", strerror(errno));
    else if (e->context && !start_broker(e, options->broker, &why) &&
             (!options->worker || (!keep_options(e, options->worker, &why) &&
                                   !loop_worker(e, &why))) &&
             !start_thread(e, &why))
        return e;
    par_fail(err, why.code, "%s", why.text);
    embed_stop(e, 0);
    return NULL;
}

const char *embed_endpoint(const struct embed *e, size_t i)
{
    return i < e->endpoint_count ? e->endpoints[i] : NULL;
}

const char *embed_key(const struct embed *e)
{
    return e->key;
}

void embed_stop(struct embed *e, int drain_ms)
{
    uint64_t one = 1;
    ssize_t n;

    if (!e)
        return;
    if (e->runs) {
        atomic_store(&e->stop, drain_ms < 0 ? 0 : drain_ms);
        n = write(e->wake, &one, sizeof one);
        (void)n;
        pthread_join(e->thread, NULL);
    }
    nanny_destroy(e->nanny);
    broker_destroy(e->broker);
    if (e->router)
        zmq_close(e->router);
    if (e->zap_runs) {
        zmq_send(e->zap_pair[0], "", 0, 0);
        pthread_join(e->zap_thread, NULL);
    }
    for (int i = 0; i < 2; i++)
        if (e->zap_pair[i])
            zmq_close(e->zap_pair[i]);
    zap_close(e->zap);
    if (e->own_context && e->context)
        zmq_ctx_term(e->context);
    if (e->wake >= 0)
        close(e->wake);
    free(e->items);
    free(e->libexec);
    pthread_cond_destroy(&e->settled);
    pthread_mutex_destroy(&e->mutex);
    free(e);
}
