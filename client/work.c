/* work.c - the items of a map, found by job, and what they print */
#include "config.h"

#include "work.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "progress.h"

int work_init(struct work *w, uint32_t size)
{
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->room, NULL);
    pthread_cond_init(&w->changed, NULL);
    list_init(&w->free);
    list_init(&w->again);
    list_init(&w->ended);
    w->items = calloc(size, sizeof *w->items);
    if (!w->items)
        return -1;
    w->size = size;
    for (uint32_t i = 0; i < size; i++) {
        w->items[i].place = i;
        list_append(&w->free, &w->items[i].node);
    }
    return 0;
}

struct item *work_find(struct work *w, uint64_t job)
{
    uint32_t place;

    pthread_mutex_lock(&w->lock);
    /* Its first word may be here before its id is noted. */
    while ((place = idmap_get(&w->by_job, job)) == IDMAP_NONE && w->is_starting)
        pthread_cond_wait(&w->changed, &w->lock);
    pthread_mutex_unlock(&w->lock);
    return place == IDMAP_NONE ? NULL : &w->items[place];
}

void work_take_off(struct work *w, struct item *item)
{
    if (item->job) {
        idmap_take(&w->by_job, item->job);
        w->in_flight--;
        w->bytes_in_flight -= item->bytes;
    }
    item->job = 0;
}

void work_ended(struct work *w, struct item *item)
{
    pthread_mutex_lock(&w->lock);
    work_take_off(w, item);
    item->has_ended = true;
    list_append(&w->ended, &item->node);
    pthread_cond_signal(&w->room);
    pthread_mutex_unlock(&w->lock);
}

/* ---- output ---- */

/* Whole lines go out, the rest waits for its end. */
static int pass_lines(struct spool *s,
                      int fd,
                      const char *data,
                      size_t len,
                      struct par_error *err)
{
    const char *last = memrchr(data, '\n', len);
    size_t whole = last ? (size_t)(last + 1 - data) : 0;

    if (last && (spool_print(s, fd, err) || spool_write(fd, data, whole, err)))
        return -1;
    return whole < len ? spool_add(s, data + whole, len - whole, err) : 0;
}

static struct spool *spool_of(struct item *item, int stream)
{
    return stream == 1 ? &item->out : &item->err;
}

int work_output(
    void *context, uint64_t job, int stream, const void *data, size_t len)
{
    struct work *w = context;
    struct item *item = work_find(w, job);
    struct par_error err;
    struct spool *s;
    int rc;

    if (!item || len == 0)
        return 0;
    s = spool_of(item, stream);
    if (w->ungrouped || w->by_line)
        progress_erase();
    if (w->ungrouped)
        rc = spool_write(stream, data, len, &err);
    else if (w->by_line)
        rc = pass_lines(s, stream, data, len, &err);
    else
        rc = spool_add(s, data, len, &err);
    if (rc) {
        pthread_mutex_lock(&w->lock);
        w->trouble = err;
        pthread_mutex_unlock(&w->lock);
    }
    return rc;
}

void work_restart(void *context, uint64_t job, int stream)
{
    struct item *item = work_find(context, job);

    if (item)
        spool_clear(spool_of(item, stream));
}
