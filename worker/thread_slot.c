/* thread_slot.c - a detached thread that runs slot.h */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "thread_slot.h"

struct slot_thread {
    pthread_mutex_t lock;
    pthread_cond_t ended_cond;
    bool ended;
    bool returned;  /* no function has ended it */
    bool abandoned; /* whoever ends last frees it */
    struct slot_config config;
    struct slot_entry *entries;
};

static void destroy(struct slot_thread *t)
{
    page_unmap(t->config.page);
    pthread_cond_destroy(&t->ended_cond);
    pthread_mutex_destroy(&t->lock);
    free(t->entries);
    free(t);
}

static void on_end(void *arg)
{
    struct slot_thread *t = arg;
    bool abandoned;

    pthread_mutex_lock(&t->lock);
    t->ended = true;
    abandoned = t->abandoned;
    pthread_cond_signal(&t->ended_cond);
    pthread_mutex_unlock(&t->lock);
    if (abandoned)
        destroy(t);
}

static void *serve(void *arg)
{
    struct slot_thread *t = arg;

    pthread_cleanup_push(on_end, t);
    slot_run(&t->config, NULL);
    t->returned = true;
    pthread_cleanup_pop(1);
    return NULL;
}

static int start(struct slot_thread *t)
{
    pthread_attr_t attr;
    pthread_t thread;
    sigset_t all, before;
    int error;

    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    sigfillset(&all); /* signals are for the application's threads */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&thread, &attr, serve, t);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    return error;
}

static void init_cond(pthread_cond_t *cond)
{
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attr);
    pthread_condattr_destroy(&attr);
}

struct slot_thread *thread_slot_start(int fd,
                                      int page_fd,
                                      const struct slot_entry *entries,
                                      size_t count,
                                      struct par_error *err)
{
    struct slot_thread *t = calloc(1, sizeof *t);
    int error;

    if (!t) {
        close(fd);
        par_fail(err, ENOMEM, "out of memory");
        return NULL;
    }
    pthread_mutex_init(&t->lock, NULL);
    init_cond(&t->ended_cond);
    t->entries = calloc(count ? count : 1, sizeof *t->entries);
    t->config = (struct slot_config){.pipe = fd,
                                     .page = page_map(page_fd, err),
                                     .entries = t->entries,
                                     .entry_count = count};
    if (!t->entries)
        par_fail(err, ENOMEM, "out of memory");
    if (!t->entries || !t->config.page) {
        close(fd);
        destroy(t);
        return NULL;
    }
    if (count)
        memcpy(t->entries, entries, count * sizeof *entries);
    error = start(t);
    if (error) {
        close(fd);
        destroy(t);
        par_fail(err, error, "a thread: %s", strerror(error));
        return NULL;
    }
    return t;
}

enum thread_end thread_slot_end(struct slot_thread *t, int patience_ms)
{
    struct timespec until;
    enum thread_end end = THREAD_RUNS_ON;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += patience_ms / 1000;
    until.tv_nsec += patience_ms % 1000 * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    pthread_mutex_lock(&t->lock);
    while (!t->ended &&
           pthread_cond_timedwait(&t->ended_cond, &t->lock, &until) == 0)
        ;
    if (t->ended)
        end = t->returned ? THREAD_RETURNED : THREAD_EXITED;
    t->abandoned = !t->ended;
    pthread_mutex_unlock(&t->lock);
    if (end != THREAD_RUNS_ON)
        destroy(t);
    return end;
}
