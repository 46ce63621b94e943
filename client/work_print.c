/* work_print.c - printing what has ended: grouped, and in order if so asked */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "print.h"
#include "progress.h"
#include "work.h"

enum { SHOWN = 60 }; /* octets of an input in a message */

/* The next one to be printed; NULL if none may be. */
static struct item *next(struct work *w)
{
    struct item *item = NULL;
    uint32_t place;

    pthread_mutex_lock(&w->lock);
    if (w->in_order) {
        place = idmap_get(&w->by_index, w->printed + 1);
        if (place != IDMAP_NONE && w->items[place].has_ended)
            item = &w->items[place];
    } else if (!list_is_empty(&w->ended)) {
        item = LIST_ENTRY(w->ended.next, struct item, node);
    }
    if (item)
        list_remove(&item->node);
    pthread_mutex_unlock(&w->lock);
    return item;
}

static void release(struct work *w, struct item *item)
{
    free(item->input);
    free(item->failure);
    spool_clear(&item->out);
    spool_clear(&item->err);
    par_result_clear(&item->result);
    pthread_mutex_lock(&w->lock);
    idmap_take(&w->by_index, item->index);
    *item = (struct item){.place = item->place};
    list_append(&w->free, &item->node);
    w->printed++;
    pthread_cond_signal(&w->room);
    pthread_mutex_unlock(&w->lock);
}

static void say_failure(const struct item *item, const char *why)
{
    size_t len = strcspn(item->input, "\n");
    bool cut = len > SHOWN || item->input[len];

    cli_say("#%llu (%.*s%s): %s", (unsigned long long)item->index,
            (int)(len > SHOWN ? SHOWN : len), item->input, cut ? "..." : "",
            why);
}

/* What it wrote would be its value, and is over SPOOL_MEMORY. */
static bool is_too_long(const struct work *w, const struct item *item)
{
    return w->cli->json && w->target.is_command && item->out.file > 0;
}

static int print_as_json(struct work *w,
                         struct item *item,
                         struct par_error *err)
{
    bool too_long = is_too_long(w, item);
    const char *text = item->out.data ? item->out.data : "";

    if (item->failure)
        return print_json_ours(item->index, item->failure, item->repeats > 0,
                               err);
    if (item->result.executed == 0 && item->repeats > 0)
        item->result.executed = 1;
    if (too_long && item->result.status == PAR_OK)
        return print_json_ours(item->index, PRINT_TOO_LONG,
                               item->result.executed, err);
    if (!w->target.is_command || too_long)
        return print_json(&item->result, item->index, NULL, 0, err);
    return print_json(&item->result, item->index, text, item->out.len, err);
}

static int print_item(struct work *w, struct item *item, struct par_error *err)
{
    char why[PAR_ERROR_TEXT];
    bool ok = !item->failure && item->result.status == PAR_OK;

    progress_erase();
    if (!ok || is_too_long(w, item))
        w->failed++;
    if (item->result.status == PAR_LOST)
        w->lost++;
    if (spool_print(&item->err, STDERR_FILENO, err))
        return -1;
    if (w->cli->json)
        return print_as_json(w, item, err);
    if (spool_print(&item->out, STDOUT_FILENO, err))
        return -1;
    if (ok)
        return print_value(&item->result, w->wishes.raw, err);
    if (item->failure) {
        say_failure(item, item->failure);
        return 0;
    }
    say_failure(item, par_result_error(&item->result, why, sizeof why));
    if (!w->target.is_command)
        print_last_words(&item->result);
    else if (!w->hinted)
        w->hinted = print_hint(&item->result, "map", w->template.words,
                               w->template.count);
    return 0;
}

int work_print(struct work *w)
{
    struct par_error err;
    struct item *item;
    int rc = 0;

    while (rc == 0 && (item = next(w))) {
        rc = print_item(w, item, &err);
        release(w, item);
    }
    if (rc == 0)
        rc = spool_flush(&err);
    if (rc) {
        pthread_mutex_lock(&w->lock);
        w->trouble = err;
        pthread_mutex_unlock(&w->lock);
        return -1;
    }
    progress_show(w->printed, w->failed);
    return 0;
}
