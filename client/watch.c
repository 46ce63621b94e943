/* watch.c - a thread that looks once, after a second */
#include "config.h"

#include "watch.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "connect.h"
#include "say.h"

enum { PATIENCE = 1 }; /* s */

struct watch {
    struct par_client *client;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t stopped;
    bool stop;
};

static bool wait_a_second(struct watch *w)
{
    struct timespec until;
    bool stop;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += PATIENCE;
    pthread_mutex_lock(&w->lock);
    while (!w->stop &&
           pthread_cond_timedwait(&w->stopped, &w->lock, &until) != ETIMEDOUT)
        ;
    stop = w->stop;
    pthread_mutex_unlock(&w->lock);
    return !stop;
}

static void *watch(void *arg)
{
    struct watch *w = arg;
    struct par_error err;

    if (wait_a_second(w) && par_wait_workers(w->client, 1, 0, &err) &&
        err.code == ETIMEDOUT && client_is_open(w->client))
        cli_say("the broker %s has no worker; waiting for one (start it "
                "with: parworker)",
                par_endpoint(w->client));
    return NULL;
}

struct watch *watch_start(struct par_client *c)
{
    struct watch *w = calloc(1, sizeof *w);
    pthread_condattr_t attr;
    sigset_t all, before;
    int rc;

    if (!w)
        return NULL;
    w->client = c;
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&w->stopped, &attr);
    pthread_condattr_destroy(&attr);
    /* Signals are for the thread that waits for the job. */
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    rc = pthread_create(&w->thread, NULL, watch, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc) {
        free(w);
        return NULL;
    }
    return w;
}

void watch_stop(struct watch *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_cond_signal(&w->stopped);
    pthread_mutex_unlock(&w->lock);
    par_interrupt(w->client, true); /* it may be asking right now */
    pthread_join(w->thread, NULL);
    pthread_cond_destroy(&w->stopped);
    pthread_mutex_destroy(&w->lock);
    free(w);
}
