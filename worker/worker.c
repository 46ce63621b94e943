/* worker.c - par/worker.h: a loop around the engine
 *
 * One loop serves par_worker_run() in the caller's thread, par_worker_start()
 * in a thread of its own, and parworker.
 */
#include "config.h"

#include <par/worker.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "nanny.h"
#include "worker.h"

enum { NAME = 64, STEP_MS = 60000 };

struct par_worker {
    struct nanny *nanny;
    int wake;          /* eventfd: look at `stops` */
    atomic_uint stops; /* how often par_worker_stop() was called */
    unsigned heeded;   /* of them */
    char name[NAME];
    atomic_bool named;
    bool welcome; /* as of the last turn */
    worker_ready_f *ready;
    pthread_t thread;
    bool runs; /* the thread, until it is joined */
    struct par_error err;
    int result;
    zmq_pollitem_t *items;
    size_t item_count;
};

struct par_worker *par_worker_open(const struct par_worker_options *options,
                                   struct par_error *err)
{
    struct par_worker *w = calloc(1, sizeof *w);

    if (!w) {
        par_fail(err, ENOMEM, "out of memory");
        return NULL;
    }
    if (options && options->debug)
        log_raise(LOG_DEBUG);
    w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (w->wake < 0)
        par_fail(err, errno, "eventfd: %s", strerror(errno));
    else
        w->nanny = nanny_create(options, err);
    if (!w->nanny) {
        par_worker_close(w);
        return NULL;
    }
    return w;
}

int par_worker_register(struct par_worker *worker,
                        const char *path,
                        const char *signature,
                        par_function_f *function,
                        void *context,
                        struct par_error *err)
{
    return nanny_register(worker->nanny, path, signature, function, context,
                          err);
}

/* ---- the loop ---- */

static bool is_over(const struct par_worker *w)
{
    enum nanny_state state = nanny_state(w->nanny);

    return state == NANNY_ENDED || state == NANNY_FAILED;
}

/* The first stop drains, any further one kills. */
static void heed_stops(struct par_worker *w)
{
    unsigned stops = atomic_load(&w->stops);

    if (stops > 0 && w->heeded == 0)
        nanny_drain(w->nanny, clock_ms());
    if (stops > 1 && w->heeded <= 1)
        nanny_kill(w->nanny, clock_ms());
    w->heeded = stops;
}

void worker_on_ready(struct par_worker *worker, worker_ready_f *ready)
{
    worker->ready = ready;
}

/* Another broker may give another name; the first one stays ours to tell. */
static void note_welcome(struct par_worker *w)
{
    bool welcome = nanny_state(w->nanny) == NANNY_READY;

    if (welcome && !w->welcome) {
        if (!atomic_load(&w->named))
            snprintf(w->name, sizeof w->name, "%s", nanny_name(w->nanny));
        atomic_store(&w->named, true);
        if (w->ready)
            w->ready(nanny_name(w->nanny), nanny_slots(w->nanny));
    }
    w->welcome = welcome;
}

/* Everything to poll, in w->items.  Returns how many; 0 if out of memory. */
static size_t gather(struct par_worker *w)
{
    for (;;) {
        size_t room = w->item_count > 1 ? w->item_count - 1 : 0;
        size_t want = nanny_poll(w->nanny, room ? w->items + 1 : NULL, room);
        zmq_pollitem_t *items;

        if (want <= room && room > 0) {
            w->items[0] = (zmq_pollitem_t){.fd = w->wake, .events = ZMQ_POLLIN};
            return want + 1;
        }
        items = realloc(w->items, (want + 8) * 2 * sizeof *items);
        if (!items)
            return 0;
        w->items = items;
        w->item_count = (want + 8) * 2;
    }
}

static void rest(struct par_worker *w)
{
    size_t n = gather(w);
    uint64_t now = clock_ms(), due = nanny_deadline(w->nanny), count;
    long wait = due <= now            ? 0
                : due - now > STEP_MS ? STEP_MS
                                      : (long)(due - now);

    zmq_poll(w->items, (int)n, n ? wait : 1);
    while (read(w->wake, &count, sizeof count) > 0)
        ;
}

int par_worker_run(struct par_worker *worker, struct par_error *err)
{
    while (!is_over(worker)) {
        heed_stops(worker);
        nanny_turn(worker->nanny, clock_ms());
        note_welcome(worker);
        if (!is_over(worker))
            rest(worker);
    }
    if (nanny_state(worker->nanny) == NANNY_ENDED)
        return 0;
    return par_fail(err, nanny_error(worker->nanny)->code, "%s",
                    nanny_error(worker->nanny)->text);
}

static void *run_thread(void *arg)
{
    struct par_worker *w = arg;

    w->result = par_worker_run(w, &w->err);
    return NULL;
}

/* Our thread takes no signals: they are the program's. */
int par_worker_start(struct par_worker *worker, struct par_error *err)
{
    sigset_t all, before;
    int rc;

    if (worker->runs)
        return par_fail(err, EALREADY, "the worker runs already");
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&worker->thread, NULL, run_thread, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc)
        return par_fail(err, rc, "a thread: %s", strerror(rc));
    worker->runs = true;
    return 0;
}

/* Only what a signal handler may do. */
void par_worker_stop(struct par_worker *worker)
{
    uint64_t one = 1;
    int before = errno;
    ssize_t n;

    atomic_fetch_add(&worker->stops, 1);
    n = write(worker->wake, &one, sizeof one);
    (void)n;
    errno = before;
}

int par_worker_join(struct par_worker *worker, struct par_error *err)
{
    if (!worker->runs)
        return par_fail(err, EINVAL, "the worker was not started");
    pthread_join(worker->thread, NULL);
    worker->runs = false;
    if (worker->result)
        return par_fail(err, worker->err.code, "%s", worker->err.text);
    return 0;
}

void par_worker_close(struct par_worker *worker)
{
    if (!worker)
        return;
    if (worker->runs) {
        par_worker_stop(worker);
        par_worker_stop(worker);
        par_worker_join(worker, NULL);
    }
    nanny_destroy(worker->nanny);
    if (worker->wake >= 0)
        close(worker->wake);
    free(worker->items);
    free(worker);
}

const char *par_worker_name(const struct par_worker *worker)
{
    return atomic_load(&worker->named) ? worker->name : "";
}
