/* work_start.c - from an input to its job; again if its broker was lost */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "computation.h"
#include "work.h"

enum { BYTES_AT_ONCE = 64 * 1024 * 1024 }; /* of payloads in flight */

bool work_has_room(const struct work *w)
{
    return w->in_flight < w->at_once && w->bytes_in_flight < BYTES_AT_ONCE &&
           !w->is_lost && !w->is_draining;
}

/* ---- payloads ---- */

void packer_clear(struct packer *p)
{
    args_clear(&p->args);
    meta_writer_clear(&p->scratch);
    meta_writer_clear(&p->words);
    meta_writer_clear(&p->payload);
}

/* A function's arguments: the words of the template, filled in.  Only there an
 * @ is a sign; what an input begins with is no matter. */
static int pack_arguments(struct packer *p,
                          const struct work *w,
                          const struct item *item,
                          struct par_error *err)
{
    const struct template *t = &w->template;

    args_begin(&p->args, &p->function, t->count);
    for (size_t i = 0; i < t->count; i++) {
        size_t sign;
        enum args_form form = args_form_of(t->words[i], &sign);

        if (w->wishes.content && strcmp(t->words[i], "{}") == 0)
            form = ARGS_FILE;
        meta_writer_reset(&p->words);
        template_fill(t, i, item->input, item->index, &p->words);
        meta_put_raw(&p->words, "", 1);
        if (p->words.failed)
            return par_fail(err, ENOMEM, "out of memory");
        if (args_put(&p->args, i, (const char *)p->words.data + sign, form,
                     err))
            return -1;
    }
    return args_check(&p->args, err);
}

static const struct meta_writer *pack(struct packer *p,
                                      const struct work *w,
                                      const struct item *item,
                                      struct par_error *err)
{
    if (!w->target.is_command)
        return pack_arguments(p, w, item, err) ? NULL : &p->args.payload;
    meta_writer_reset(&p->payload);
    if (template_pack(&w->template, item->input, item->index, &p->scratch,
                      &p->payload, err))
        return NULL;
    if (!p->payload.failed)
        return &p->payload;
    par_fail(err, ENOMEM, "out of memory");
    return NULL;
}

/* ---- one job ---- */

/* One thread at a time; false if the handle is not to be used any more. */
static bool begin(struct work *w, struct packer *p, struct item *item)
{
    bool may;

    pthread_mutex_lock(&w->lock);
    while (w->is_starting && !w->is_over)
        pthread_cond_wait(&w->changed, &w->lock);
    may = w->is_starting = !w->is_over;
    p->function = w->function;
    item->is_probe = wishes_probe(&w->wishes, w->cli->client);
    pthread_mutex_unlock(&w->lock);
    return may;
}

/* Note the job; or that its broker is lost, so it has to wait. */
static int end(struct work *w,
               struct item *item,
               size_t bytes,
               int rc,
               struct par_error *err)
{
    bool lost = rc && (err->code == ECONNRESET ||
                       err->code == PAR_CODE(PAR_UNKNOWN_HANDLE));

    pthread_mutex_lock(&w->lock);
    if (rc == 0) {
        item->bytes = bytes;
        w->in_flight++;
        w->bytes_in_flight += bytes;
        if (idmap_put(&w->by_job, item->job, item->place))
            rc = par_fail(err, ENOMEM, "out of memory");
    } else if (lost) {
        w->is_lost = true;
        list_prepend(&w->again, &item->node);
    }
    w->is_starting = false;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
    return lost ? 0 : rc;
}

/* It ends without a job; with these words, if there is memory for them. */
static void fail(struct work *w, struct item *item, const char *why)
{
    item->failure = strdup(why);
    item->result.status = PAR_INTERNAL;
    work_ended(w, item);
}

int work_start(struct work *w,
               struct packer *p,
               struct item *item,
               bool *is_under_way,
               struct par_error *err)
{
    const struct meta_writer *payload;
    int rc;

    *is_under_way = false;
    pthread_mutex_lock(&w->lock);
    p->function = w->function;
    pthread_mutex_unlock(&w->lock);
    payload = pack(p, w, item, err);
    if (!payload) {
        fail(w, item, err->text);
        return 0;
    }
    if (!begin(w, p, item))
        return 0;
    rc = par_run_raw(w->cli->client, &p->function, payload->data, payload->len,
                     wishes_options(&w->wishes, w->cli->client, item->is_probe),
                     &item->job, err);
    *is_under_way = rc == 0;
    rc = end(w, item, payload->len, rc, err);
    if (rc == 0 || err->code != PAR_CODE(PAR_TOO_LARGE))
        return rc;
    fail(w, item, err->text);
    return 0;
}

/* ---- again ---- */

int work_set_up(struct work *w, struct par_error *err)
{
    struct par_function function;
    struct par_client *c = w->cli->client;
    int rc =
        w->target.is_command
            ? target_command(c, w->name, &w->wishes.files,
                             (const char *const *)w->wishes.env, &function, err)
            : target_function(c, &w->target, &w->wishes.files, &function, err);

    if (rc)
        return -1;
    pthread_mutex_lock(&w->lock);
    w->function = function;
    w->is_lost = w->is_draining = false;
    pthread_cond_signal(&w->room);
    pthread_mutex_unlock(&w->lock);
    return 0;
}

bool work_is_set_up(struct work *w)
{
    bool is_lost = !client_is_set_up(w->cli->client, w->function.handle);

    pthread_mutex_lock(&w->lock);
    is_lost = w->is_lost = w->is_lost || is_lost;
    pthread_mutex_unlock(&w->lock);
    return !is_lost;
}

static struct item *next_again(struct work *w)
{
    struct item *item = NULL;

    pthread_mutex_lock(&w->lock);
    if (!list_is_empty(&w->again) && work_has_room(w)) {
        item = LIST_ENTRY(w->again.next, struct item, node);
        list_remove(&item->node);
    }
    pthread_cond_signal(&w->room);
    pthread_mutex_unlock(&w->lock);
    return item;
}

int work_again(struct work *w, struct packer *p, struct par_error *err)
{
    struct item *item;
    bool is_under_way;

    while ((item = next_again(w)))
        if (work_start(w, p, item, &is_under_way, err))
            return -1;
    return 0;
}

/* No worker could ever run it: that is said once, and then waited for. */
static bool waits_for_worker(struct work *w, const struct item *item)
{
    if (!item->is_probe || !wishes_are_unmet(&item->result))
        return false;
    if (!w->wishes.told)
        wishes_tell(&item->result);
    pthread_mutex_lock(&w->lock);
    w->wishes.told = true;
    pthread_mutex_unlock(&w->lock);
    return true;
}

bool work_repeats(struct work *w, struct item *item)
{
    const struct par_result *r = &item->result;
    bool lost = r->status == PAR_LOST;
    bool never = r->executed == 0 && (lost || r->status == PAR_DRAINING);
    bool may = lost && item->repeats + 1 < w->wishes.options.attempts;

    if (!never && !may && !waits_for_worker(w, item))
        return false;
    pthread_mutex_lock(&w->lock);
    work_take_off(w, item);
    w->is_draining = w->is_draining || r->status == PAR_DRAINING;
    if (may && !never)
        item->repeats++;
    list_append(&w->again, &item->node);
    pthread_mutex_unlock(&w->lock);
    /* What it wrote belongs to an attempt that counts no more. */
    spool_clear(&item->out);
    spool_clear(&item->err);
    par_result_clear(&item->result);
    return true;
}

void work_give_up(struct work *w, const char *why)
{
    while (!list_is_empty(&w->again)) {
        struct item *item = LIST_ENTRY(w->again.next, struct item, node);

        list_remove(&item->node);
        if (item->repeats > 0)
            w->lost++;
        else
            w->unbegun++;
        fail(w, item, why);
    }
}
