/* The feeder: from inputs to jobs. */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "work.h"

enum { BYTES_AT_ONCE = 64 * 1024 * 1024 }; /* of payloads in flight */

struct feeder {
    struct work *work;
    struct args args;
    struct meta_writer scratch;
    struct meta_writer words;
    struct meta_writer payload;
};

/* Wait until another job may be begun; false when none shall be. */
static bool wait_for_room(struct work *w)
{
    bool may;

    pthread_mutex_lock(&w->lock);
    while (!w->is_over &&
           (list_is_empty(&w->free) || w->in_flight >= w->at_once ||
            w->bytes_in_flight >= BYTES_AT_ONCE))
        pthread_cond_wait(&w->room, &w->lock);
    may = !w->is_over;
    pthread_mutex_unlock(&w->lock);
    return may;
}

/* NULL if out of memory: noted as the trouble. */
static struct item *begin(struct work *w, const char *input)
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
        par_fail(&w->trouble, ENOMEM, "out of memory");
    pthread_mutex_unlock(&w->lock);
    return ok ? item : NULL;
}

/* A function's arguments: the words of the template, filled in. */
static int pack_arguments(struct feeder *f,
                          const struct item *item,
                          struct par_error *err)
{
    struct work *w = f->work;
    const struct template *t = &w->template;

    args_begin(&f->args, &w->function, t->count);
    for (size_t i = 0; i < t->count; i++) {
        bool whole = strcmp(t->words[i], "{}") == 0;

        meta_writer_reset(&f->words);
        template_fill(t, i, item->input, item->index, &f->words);
        meta_put_raw(&f->words, "", 1);
        if (f->words.failed)
            return par_fail(err, ENOMEM, "out of memory");
        if (args_put(&f->args, i, (const char *)f->words.data,
                     w->wishes.content && whole, err))
            return -1;
    }
    return args_check(&f->args, err);
}

static const struct meta_writer *pack(struct feeder *f,
                                      const struct item *item,
                                      struct par_error *err)
{
    if (!f->work->is_command)
        return pack_arguments(f, item, err) ? NULL : &f->args.payload;
    meta_writer_reset(&f->payload);
    template_pack(&f->work->template, item->input, item->index, &f->scratch,
                  &f->payload);
    if (!f->payload.failed)
        return &f->payload;
    par_fail(err, ENOMEM, "out of memory");
    return NULL;
}

/* Use the handle, unless all is over. */
static int start(struct work *w,
                 struct item *item,
                 const struct meta_writer *payload,
                 struct par_error *err)
{
    bool may;
    int rc;

    pthread_mutex_lock(&w->lock);
    may = w->feeder_busy = !w->is_over;
    pthread_mutex_unlock(&w->lock);
    if (!may)
        return 0;
    rc = par_run_raw(w->cli->client, &w->function, payload->data, payload->len,
                     wishes_options(&w->wishes, w->cli->client), &item->job,
                     err);
    pthread_mutex_lock(&w->lock);
    if (rc == 0) {
        item->bytes = payload->len;
        w->in_flight++;
        w->bytes_in_flight += item->bytes;
        if (idmap_put(&w->by_job, item->job, item->place))
            rc = par_fail(err, ENOMEM, "out of memory");
    }
    w->feeder_busy = false;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
    return rc;
}

/* One item; a fault of its own is its failure, another one ends all. */
static int feed_one(struct feeder *f, const char *input)
{
    struct work *w = f->work;
    struct item *item = begin(w, input);
    struct par_error err;
    const struct meta_writer *payload;

    if (!item)
        return -1;
    payload = pack(f, item, &err);
    if (!payload) {
        item->failure = strdup(err.text);
        work_ended(w, item);
        return 0;
    }
    if (start(w, item, payload, &err) == 0)
        return 0;
    if (err.code == PAR_CODE(PAR_TOO_LARGE)) {
        item->failure = strdup(err.text);
        work_ended(w, item);
        return 0;
    }
    pthread_mutex_lock(&w->lock);
    w->trouble = err;
    pthread_mutex_unlock(&w->lock);
    return -1;
}

static void *feed(void *arg)
{
    struct feeder f = {.work = arg};
    struct work *w = arg;
    struct par_error err;
    const char *input;
    int rc = 0;

    while (rc == 0 && wait_for_room(w)) {
        rc = inputs_next(&w->inputs, &input, &err);
        if (rc > 0) {
            rc = feed_one(&f, input);
        } else {
            if (rc < 0) {
                pthread_mutex_lock(&w->lock);
                w->trouble = err;
                pthread_mutex_unlock(&w->lock);
            }
            rc = -1;
        }
    }
    args_clear(&f.args);
    meta_writer_clear(&f.scratch);
    meta_writer_clear(&f.words);
    meta_writer_clear(&f.payload);
    pthread_mutex_lock(&w->lock);
    w->source_ended = true;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
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
    while (w->feeder_busy)
        pthread_cond_wait(&w->changed, &w->lock);
    pthread_mutex_unlock(&w->lock);
}
