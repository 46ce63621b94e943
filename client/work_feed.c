/* work_feed.c - the feeder: from inputs to jobs */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "wait.h"
#include "work.h"

struct feeder {
    struct work *work;
    struct packer packer;
};

/* Wait until another job may be begun; false when none shall be. */
static bool wait_for_room(struct work *w)
{
    bool may;

    pthread_mutex_lock(&w->lock);
    while (!w->is_over && (list_is_empty(&w->free) || !work_has_room(w) ||
                           !list_is_empty(&w->again)))
        pthread_cond_wait(&w->room, &w->lock);
    may = !w->is_over;
    pthread_mutex_unlock(&w->lock);
    return may;
}

/* NULL if out of memory. */
static struct item *begin(struct work *w,
                          const char *input,
                          struct par_error *err)
{
    struct item *item;
    bool ok;

    pthread_mutex_lock(&w->lock);
    item = LIST_ENTRY(w->free.next, struct item, node);
    list_remove(&item->node);
    *item = (struct item){
        .place = item->place, .index = ++w->begun, .input = strdup(input)};
    list_init(&item->node);
    ok = item->input && idmap_put(&w->by_index, item->index, item->place) == 0;
    if (!ok)
        par_fail(err, ENOMEM, "out of memory");
    pthread_mutex_unlock(&w->lock);
    return ok ? item : NULL;
}

/* The main thread, which may be waiting for the broker, has to look at this. */
static void tell(struct work *w, const struct par_error *trouble, bool ends)
{
    pthread_mutex_lock(&w->lock);
    if (trouble)
        w->trouble = *trouble;
    w->source_ended = w->source_ended || ends;
    if (!w->is_over)
        client_wake(w->cli->client);
    pthread_mutex_unlock(&w->lock);
}

static void *feed(void *arg)
{
    struct feeder f = {.work = arg};
    struct work *w = arg;
    struct par_error err;
    const char *input;
    int rc = 1;

    while (rc > 0 && wait_for_room(w)) {
        struct item *item;
        bool is_under_way = false;

        rc = inputs_next(&w->inputs, &input, &err);
        item = rc > 0 ? begin(w, input, &err) : NULL;
        if (rc > 0 &&
            (!item || work_start(w, &f.packer, item, &is_under_way, &err)))
            rc = -1;
        if (!is_under_way)
            tell(w, rc < 0 ? &err : NULL, rc <= 0);
    }
    packer_clear(&f.packer);
    return NULL;
}

int work_feed(struct work *w)
{
    sigset_t all, before;
    pthread_t thread;
    int rc;

    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    rc = pthread_create(&thread, NULL, feed, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc)
        return -1;
    pthread_detach(thread);
    return 0;
}

void work_end(struct work *w)
{
    pthread_mutex_lock(&w->lock);
    w->is_over = true;
    pthread_cond_broadcast(&w->room);
    pthread_cond_broadcast(&w->changed);
    while (w->is_starting)
        pthread_cond_wait(&w->changed, &w->lock);
    pthread_mutex_unlock(&w->lock);
}
