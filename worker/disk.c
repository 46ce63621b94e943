/* disk.c - lists of work to do, a thread for each, and one of work that is done
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

struct lane {
    struct disk *disk;
    pthread_cond_t wanted;
    struct queue waiting;
    bool started;
    pthread_t thread;
};

struct disk {
    pthread_mutex_t lock;
    struct lane lanes[DISK_LANES];
    struct queue finished;
    bool ending;
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
    queue_init(&d->finished);
    pthread_mutex_init(&d->lock, NULL);
    for (int i = 0; i < DISK_LANES; i++) {
        d->lanes[i].disk = d;
        queue_init(&d->lanes[i].waiting);
        pthread_cond_init(&d->lanes[i].wanted, NULL);
    }
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
    struct lane *lane = arg;
    struct disk *d = lane->disk;

    pthread_mutex_lock(&d->lock);
    while (!d->ending) {
        struct disk_work *w = queue_take(&lane->waiting);

        if (!w) {
            pthread_cond_wait(&lane->wanted, &d->lock);
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
static int start(struct lane *lane)
{
    sigset_t all, before;
    int error;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&lane->thread, NULL, serve, lane);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    lane->started = error == 0;
    return error;
}

static void fail(struct disk_work *w, int error)
{
    w->result = par_fail(&w->error, error, "%s", strerror(error));
}

void disk_post(struct disk *d, enum disk_lane which, struct disk_work *w)
{
    struct lane *lane = &d->lanes[which];
    int error = lane->started ? 0 : start(lane);

    w->result = 0;
    w->error = (struct par_error){0};
    pthread_mutex_lock(&d->lock);
    if (error) {
        fail(w, error);
        queue_put(&d->finished, w);
        tell(d);
    } else {
        queue_put(&lane->waiting, w);
        pthread_cond_signal(&lane->wanted);
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
    if (!d)
        return;
    pthread_mutex_lock(&d->lock);
    d->ending = true;
    for (int i = 0; i < DISK_LANES; i++)
        pthread_cond_signal(&d->lanes[i].wanted);
    pthread_mutex_unlock(&d->lock);
    for (int i = 0; i < DISK_LANES; i++)
        if (d->lanes[i].started)
            pthread_join(d->lanes[i].thread, NULL);
    finish(take_all(d, &d->finished));
    for (int i = 0; i < DISK_LANES; i++) {
        struct disk_work *waiting = take_all(d, &d->lanes[i].waiting);

        for (struct disk_work *w = waiting; w; w = w->next)
            fail(w, ECANCELED);
        finish(waiting);
        pthread_cond_destroy(&d->lanes[i].wanted);
    }
    if (d->fd >= 0)
        close(d->fd);
    pthread_mutex_destroy(&d->lock);
    free(d);
}
