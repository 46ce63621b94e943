/* disk.c - one thread, one list of work to do and one of work that is done
 *
 * An eventfd tells the owner that something is finished; the finishing half of
 * each work runs in the owner's thread.
 */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "disk.h"

struct queue {
    struct disk_work *first;
    struct disk_work **end;
};

struct disk {
    pthread_mutex_t lock;
    pthread_cond_t wanted;
    struct queue waiting;
    struct queue finished;
    bool started;
    bool ending;
    pthread_t thread;
    int fd;
};

static void queue_init(struct queue *q)
{
    q->first = NULL;
    q->end = &q->first;
}

static void queue_put(struct queue *q, struct disk_work *w)
{
    w->next = NULL;
    *q->end = w;
    q->end = &w->next;
}

static struct disk_work *queue_take(struct queue *q)
{
    struct disk_work *w = q->first;

    if (w) {
        q->first = w->next;
        if (!q->first)
            q->end = &q->first;
    }
    return w;
}

struct disk *disk_open(struct par_error *err)
{
    struct disk *d = calloc(1, sizeof *d);

    if (!d) {
        par_fail(err, ENOMEM, "out of memory");
        return NULL;
    }
    queue_init(&d->waiting);
    queue_init(&d->finished);
    pthread_mutex_init(&d->lock, NULL);
    pthread_cond_init(&d->wanted, NULL);
    d->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (d->fd < 0) {
        par_fail(err, errno, "eventfd: %s", strerror(errno));
        disk_close(d);
        return NULL;
    }
    return d;
}

static void tell(struct disk *d)
{
    ssize_t n = write(d->fd, &(uint64_t){1}, sizeof(uint64_t));

    (void)n; /* fails only when the counter is full: then it is readable */
}

static void *serve(void *arg)
{
    struct disk *d = arg;

    pthread_mutex_lock(&d->lock);
    while (!d->ending) {
        struct disk_work *w = queue_take(&d->waiting);

        if (!w) {
            pthread_cond_wait(&d->wanted, &d->lock);
            continue;
        }
        pthread_mutex_unlock(&d->lock);
        w->result = w->run(w, &w->error);
        pthread_mutex_lock(&d->lock);
        queue_put(&d->finished, w);
        tell(d);
    }
    pthread_mutex_unlock(&d->lock);
    return NULL;
}

/* Signals are the application's: none is ever delivered to our thread. */
static int start(struct disk *d)
{
    sigset_t all, before;
    int error;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&d->thread, NULL, serve, d);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    d->started = error == 0;
    return error;
}

static void fail(struct disk_work *w, int error)
{
    w->result = par_fail(&w->error, error, "%s", strerror(error));
}

void disk_post(struct disk *d, struct disk_work *w)
{
    int error = d->started ? 0 : start(d);

    w->result = 0;
    w->error = (struct par_error){0};
    pthread_mutex_lock(&d->lock);
    if (error) {
        fail(w, error);
        queue_put(&d->finished, w);
        tell(d);
    } else {
        queue_put(&d->waiting, w);
        pthread_cond_signal(&d->wanted);
    }
    pthread_mutex_unlock(&d->lock);
}

int disk_fd(const struct disk *d)
{
    return d->fd;
}

/* Take over a whole queue. */
static struct disk_work *take_all(struct disk *d, struct queue *q)
{
    struct disk_work *first;

    pthread_mutex_lock(&d->lock);
    first = q->first;
    queue_init(q);
    pthread_mutex_unlock(&d->lock);
    return first;
}

static void finish(struct disk_work *w)
{
    while (w) {
        struct disk_work *next = w->next;

        w->done(w, w->result, &w->error); /* may free w */
        w = next;
    }
}

void disk_turn(struct disk *d)
{
    uint64_t count;

    if (read(d->fd, &count, sizeof count) == (ssize_t)sizeof count)
        finish(take_all(d, &d->finished));
}

void disk_close(struct disk *d)
{
    struct disk_work *waiting;

    if (!d)
        return;
    pthread_mutex_lock(&d->lock);
    d->ending = true;
    pthread_cond_signal(&d->wanted);
    pthread_mutex_unlock(&d->lock);
    if (d->started)
        pthread_join(d->thread, NULL);
    waiting = take_all(d, &d->waiting);
    for (struct disk_work *w = waiting; w; w = w->next)
        fail(w, ECANCELED);
    finish(take_all(d, &d->finished));
    finish(waiting);
    if (d->fd >= 0)
        close(d->fd);
    pthread_cond_destroy(&d->wanted);
    pthread_mutex_destroy(&d->lock);
    free(d);
}
