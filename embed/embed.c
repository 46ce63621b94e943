/* embed.c - one thread, one poll, two engines */
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
#include "worker/nanny.h"

enum { EMBED_ENDPOINTS = 8, EMBED_ENDPOINT = 320, EMBED_LINGER = 1000 };

struct embed {
    void *context;
    bool own_context;
    void *router;
    struct zap *zap;
    void *zap_pair[2]; /* ours, the handler's */
    pthread_t zap_thread;
    bool zap_runs;
    struct broker *broker;
    struct nanny *nanny;
    char endpoints[EMBED_ENDPOINTS][EMBED_ENDPOINT];
    size_t endpoint_count;
    char key[KEY_TEXT];
    pthread_t thread;
    bool runs;
    int wake;        /* eventfd: look at `stop` */
    atomic_int stop; /* -1: go on; else the drain's milliseconds */
    pthread_mutex_t mutex;
    pthread_cond_t settled;
    bool ready; /* or failed */
    zmq_pollitem_t *items;
    size_t item_count;
};

static void *run_zap(void *arg)
{
    struct embed *e = arg;

    zap_run(e->zap, e->zap_pair[1]);
    return NULL;
}

/* ---- the loop ---- */

static void announce(struct embed *e)
{
    enum nanny_state state = e->nanny ? nanny_state(e->nanny) : NANNY_READY;

    if (e->ready || state == NANNY_CONNECTING)
        return;
    pthread_mutex_lock(&e->mutex);
    e->ready = true;
    pthread_cond_signal(&e->settled);
    pthread_mutex_unlock(&e->mutex);
}

static bool is_ended(const struct nanny *n)
{
    return !n || nanny_state(n) == NANNY_ENDED ||
           nanny_state(n) == NANNY_FAILED;
}

/* Everything to poll, in e->items.  Returns how many; 0 if out of memory. */
static size_t gather(struct embed *e)
{
    size_t n, want;
    zmq_pollitem_t *items;

    for (;;) {
        if (e->item_count > BROKER_POLL + 1) {
            e->items[0] = (zmq_pollitem_t){.fd = e->wake, .events = ZMQ_POLLIN};
            n = 1 + (size_t)broker_poll(e->broker, e->items + 1);
            want = e->nanny
                       ? nanny_poll(e->nanny, e->items + n, e->item_count - n)
                       : 0;
            if (n + want <= e->item_count)
                return n + want;
        } else {
            n = BROKER_POLL + 1;
            want = 16;
        }
        items = realloc(e->items, (n + want) * 2 * sizeof *items);
        if (!items)
            return 0;
        e->items = items;
        e->item_count = (n + want) * 2;
    }
}

static void rest(struct embed *e, uint64_t until)
{
    size_t n = gather(e);
    uint64_t due = broker_deadline(e->broker);
    uint64_t now = clock_ms();
    long wait = -1;

    if (e->nanny && nanny_deadline(e->nanny) < due)
        due = nanny_deadline(e->nanny);
    if (until < due)
        due = until;
    if (due != UINT64_MAX)
        wait = due <= now ? 0 : due - now > 60000 ? 60000 : (long)(due - now);
    zmq_poll(e->items, (int)n, n ? wait : 1);
}

/* One turn of both.  Returns true if there is more to do at once. */
static bool turn(struct embed *e)
{
    bool more = broker_turn(e->broker, clock_ms());

    if (e->nanny)
        nanny_turn(e->nanny, clock_ms());
    announce(e);
    return more;
}

/* What a private broker still has, nobody will run. */
static bool is_drained(const struct embed *e)
{
    return e->nanny ? is_ended(e->nanny) : broker_idle(e->broker);
}

static void *run_loop(void *arg)
{
    struct embed *e = arg;
    uint64_t end = UINT64_MAX, count;

    for (;;) {
        int drain_ms = atomic_load(&e->stop);
        bool more = turn(e);

        if (drain_ms >= 0 && end == UINT64_MAX) {
            end = clock_ms() + (uint64_t)drain_ms;
            broker_drain(e->broker);
            if (e->nanny)
                nanny_stop(e->nanny, clock_ms());
        }
        if (end != UINT64_MAX && (clock_ms() >= end || is_drained(e)))
            break;
        if (!more)
            rest(e, end);
        while (read(e->wake, &count, sizeof count) > 0)
            ;
    }
    if (!is_ended(e->nanny)) {
        end = clock_ms() + EMBED_LINGER;
        nanny_kill(e->nanny, clock_ms());
        while (!is_ended(e->nanny) && clock_ms() < end)
            if (!turn(e))
                rest(e, end);
    }
    broker_goodbye(e->broker);
    return NULL;
}

/* ---- start and stop ---- */

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
    if (pthread_create(&e->zap_thread, NULL, run_zap, e))
        return par_fail(err, EAGAIN, "a thread: %s", strerror(EAGAIN));
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

static int start_worker(struct embed *e,
                        const struct par_worker_options *o,
                        struct par_error *err)
{
    const char *at[] = {e->endpoints[0], NULL};
    struct par_worker_options mine = *o;

    mine.brokers = at;
    mine.zmq_context = e->context;
    e->nanny = nanny_create(&mine, err);
    return e->nanny ? 0 : -1;
}

/* Our thread takes no signals: they are the program's. */
static int start_thread(struct embed *e, struct par_error *err)
{
    sigset_t all, before;
    int rc;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&e->thread, NULL, run_loop, e);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc)
        return par_fail(err, rc, "a thread: %s", strerror(rc));
    e->runs = true;
    pthread_mutex_lock(&e->mutex);
    while (!e->ready)
        pthread_cond_wait(&e->settled, &e->mutex);
    pthread_mutex_unlock(&e->mutex);
    if (e->nanny && nanny_state(e->nanny) == NANNY_FAILED) {
        *err = *nanny_error(e->nanny);
        return -1;
    }
    return 0;
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
    e->own_context = !context;
    e->context = context ? context : zmq_ctx_new();
    e->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (!e->context || e->wake < 0)
        par_fail(&why, errno, "out of descriptors or memory");
    else if (!start_broker(e, options->broker, &why) &&
             (!options->worker || !start_worker(e, options->worker, &why)) &&
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
    pthread_cond_destroy(&e->settled);
    pthread_mutex_destroy(&e->mutex);
    free(e);
}
