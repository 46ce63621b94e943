#include "config.h"

#include "feed.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { PIECE = 64 * 1024 };

struct feed {
    struct par_client *client;
    uint64_t job;
    pthread_mutex_t lock; /* held while the handle is used */
    bool is_over;
    int holders; /* the thread and feed_stop()'s caller; the last one frees */
};

/* Expects the lock. */
static void let_go(struct feed *f)
{
    bool is_last = --f->holders == 0;

    pthread_mutex_unlock(&f->lock);
    if (!is_last)
        return;
    pthread_mutex_destroy(&f->lock);
    free(f);
}

/* Returns false when nothing more can be written. */
static bool pass_on(struct feed *f, const char *data, size_t len)
{
    struct par_error err;
    bool goes_on;

    pthread_mutex_lock(&f->lock);
    goes_on = !f->is_over && par_write(f->client, f->job, data, len, len == 0,
                                       PAR_FOREVER, &err) == 0;
    pthread_mutex_unlock(&f->lock);
    return goes_on && len > 0;
}

static ssize_t read_piece(char *piece)
{
    ssize_t n;

    do
        n = read(STDIN_FILENO, piece, PIECE);
    while (n < 0 && errno == EINTR);
    return n > 0 ? n : 0; /* an error ends the input */
}

static void *feed(void *arg)
{
    struct feed *f = arg;
    char *piece = malloc(PIECE);

    while (pass_on(f, piece, piece ? (size_t)read_piece(piece) : 0))
        ;
    free(piece);
    pthread_mutex_lock(&f->lock);
    let_go(f);
    return NULL;
}

struct feed *feed_start(struct par_client *c, uint64_t job)
{
    struct feed *f = calloc(1, sizeof *f);
    sigset_t all, before;
    pthread_t thread;
    int rc;

    if (!f)
        return NULL;
    f->client = c;
    f->job = job;
    f->holders = 2;
    pthread_mutex_init(&f->lock, NULL);
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    rc = pthread_create(&thread, NULL, feed, f);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc) {
        pthread_mutex_destroy(&f->lock);
        free(f);
        return NULL;
    }
    pthread_detach(thread);
    return f;
}

void feed_stop(struct feed *f)
{
    if (!f)
        return;
    par_interrupt(f->client, true); /* so par_write() returns */
    pthread_mutex_lock(&f->lock);
    f->is_over = true;
    let_go(f);
}
