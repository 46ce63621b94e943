/* thread_slot.c - a detached thread that runs slot.h */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "thread_slot.h"

struct slot_thread {
    pthread_mutex_t lock;
    int end_fd; /* an eventfd, readable once it has ended */
    bool ended;
    bool returned;  /* no function has ended it */
    bool abandoned; /* whoever ends last frees it */
    struct slot_config config;
    struct slot_entry *entries;
};

static void destroy(struct slot_thread *t)
{
    page_unmap(t->config.page);
    if (t->end_fd >= 0)
        close(t->end_fd);
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
    eventfd_write(t->end_fd, 1);
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
    t->end_fd = eventfd(0, EFD_CLOEXEC);
    if (t->end_fd < 0)
        par_fail(err, errno, "a thread's end: %s", strerror(errno));
    t->entries = calloc(count ? count : 1, sizeof *t->entries);
    t->config = (struct slot_config){
        .pipe = fd,
        .page = t->end_fd < 0 ? NULL : page_map(page_fd, err),
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

int thread_slot_fd(const struct slot_thread *t)
{
    return t->end_fd;
}

enum thread_end thread_slot_end(struct slot_thread *t, int patience_ms)
{
    struct pollfd end = {.fd = t->end_fd, .events = POLLIN};
    enum thread_end how = THREAD_RUNS_ON;

    while (poll(&end, 1, patience_ms) < 0 && errno == EINTR)
        continue;
    pthread_mutex_lock(&t->lock);
    if (t->ended)
        how = t->returned ? THREAD_RETURNED : THREAD_EXITED;
    t->abandoned = !t->ended;
    pthread_mutex_unlock(&t->lock);
    if (how != THREAD_RUNS_ON)
        destroy(t);
    return how;
}
