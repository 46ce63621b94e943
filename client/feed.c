/* feed.c - a thread that reads our input and passes it on
 *
 * It is never joined while it reads: read(2) on a terminal may not come back.
 */
#include "config.h"

#include "feed.h"

#include <errno.h>
#include <poll.h>
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
    int trouble; /* errno of read(2); 0: none */
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

/* Somebody set the terminal or pipe that we share to O_NONBLOCK. */
static bool wait_for_input(void)
{
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};

    return poll(&p, 1, -1) > 0;
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

/* What one that never begins would have read stays where it is. */
static bool wait_for_begin(struct feed *f)
{
    bool has_begun;

    pthread_mutex_lock(&f->lock);
    has_begun = !f->is_over && par_write(f->client, f->job, NULL, 0, false,
                                         PAR_FOREVER, NULL) == 0;
    pthread_mutex_unlock(&f->lock);
    return has_begun;
}

/* An error ends the input, too. */
static size_t read_piece(struct feed *f, char *piece)
{
    ssize_t n;

    do
        n = read(STDIN_FILENO, piece, PIECE);
    while (n < 0 && (errno == EINTR || (errno == EAGAIN && wait_for_input())));
    if (n >= 0)
        return (size_t)n;
    pthread_mutex_lock(&f->lock);
    f->trouble = errno;
    pthread_mutex_unlock(&f->lock);
    return 0;
}

static void *feed(void *arg)
{
    struct feed *f = arg;
    char *piece = malloc(PIECE);

    if (wait_for_begin(f))
        while (pass_on(f, piece, piece ? read_piece(f, piece) : 0))
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
    /* But for a terminal's: one in the background is stopped until it is
     * brought to the front, where with the signal blocked it reads EIO. */
    sigfillset(&all);
    sigdelset(&all, SIGTTIN);
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

int feed_stop(struct feed *f)
{
    int trouble;

    if (!f)
        return 0;
    par_interrupt(f->client, true); /* so par_write() returns */
    pthread_mutex_lock(&f->lock);
    f->is_over = true;
    trouble = f->trouble;
    let_go(f);
    return trouble;
}
