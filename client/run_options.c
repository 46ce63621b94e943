/* run_options.c - the caller's wishes, as metadata of RUN (P7) */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "decimal.h"
#include "handle.h"
#include "meta.h"
#include "meta_keys.h"
#include "run.h"

enum { MAX_RESOURCES = 8 };

/* A map in the making, ascending keys. */
struct pairs {
    struct meta_writer *w;
    uint32_t count;
};

static void put_text(struct pairs *p, uint64_t key, const char *text)
{
    if (!text)
        return;
    meta_pair_str(p->w, key, text);
    p->count++;
}

/* 0 is the default, and need not be said. */
static void put_int(struct pairs *p, uint64_t key, int64_t v)
{
    if (v == 0)
        return;
    meta_pair_int(p->w, key, v);
    p->count++;
}

static void put_bool(struct pairs *p, uint64_t key, bool v)
{
    meta_put_uint(p->w, key);
    meta_put_bool(p->w, v);
    p->count++;
}

static size_t count_labels(const struct par_label *l)
{
    size_t n = 0;

    while (l[n].name)
        n++;
    return n;
}

static void put_labels(struct pairs *p, const struct par_label *l)
{
    size_t n = l ? count_labels(l) : 0;

    if (n == 0)
        return;
    meta_put_uint(p->w, KEY_RUN_LABELS);
    meta_put_map(p->w, (uint32_t)n);
    for (size_t i = 0; i < n; i++) {
        meta_put_str(p->w, l[i].name);
        meta_put_str(p->w, l[i].value ? l[i].value : "");
    }
    p->count++;
}

/* The number of one, -1 if it is not what a broker takes. */
static double amount(const char *text)
{
    char *end;
    double v = decimal_read(text, &end);

    return end != text && !*end && v >= 0 && v <= 1e15 ? v : -1;
}

static bool is_named_before(const struct par_label *l, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (strcmp(l[i].name, l[at].name) == 0)
            return true;
    return false;
}

static int put_resources(struct pairs *p,
                         const struct par_label *l,
                         struct par_error *err)
{
    size_t n = l ? count_labels(l) : 0;

    if (n == 0)
        return 0;
    if (n > MAX_RESOURCES)
        return par_fail(err, EINVAL, "%zu resources; a job may need %d", n,
                        MAX_RESOURCES);
    meta_put_uint(p->w, KEY_RUN_RESOURCES);
    meta_put_map(p->w, (uint32_t)n);
    for (size_t i = 0; i < n; i++) {
        const char *text = l[i].value ? l[i].value : "1";
        double v = amount(text);

        if (v < 0)
            return par_fail(err, EINVAL,
                            "resource %s: `%s' is not a number from 0 to 1e15",
                            l[i].name, text);
        if (is_named_before(l, i))
            return par_fail(err, EINVAL, "resource %s: named twice", l[i].name);
        meta_put_str(p->w, l[i].name);
        if (v < 1e9 && v == (double)(int64_t)v)
            meta_put_int(p->w, (int64_t)v);
        else
            meta_put_float(p->w, v);
    }
    p->count++;
    return 0;
}

static int put_options(struct pairs *p,
                       const struct par_run_options *o,
                       struct par_error *err)
{
    if (o->cancel && strcmp(o->cancel, "soft") && strcmp(o->cancel, "kill") &&
        strcmp(o->cancel, "never"))
        return par_fail(err, EINVAL,
                        "cancel: `%s' is none of soft, kill, never", o->cancel);
    if (o->input && o->attempts > 1)
        return par_fail(err, EINVAL,
                        "attempts: %u, but what a job has read of its input "
                        "is gone: it cannot be run again",
                        o->attempts);
    put_text(p, KEY_RUN_WORKER, o->worker);
    put_text(p, KEY_RUN_HOST, o->host);
    put_labels(p, o->labels);
    if (put_resources(p, o->resources, err))
        return -1;
    if (o->prefer)
        put_bool(p, KEY_RUN_STRICT, false);
    if (o->io)
        put_text(p, KEY_RUN_CLASS, "io");
    put_int(p, KEY_RUN_ATTEMPTS, o->attempts);
    put_int(p, KEY_RUN_CRASH_LIMIT, o->crash_limit);
    put_int(p, KEY_RUN_TIMEOUT_MS, o->timeout_ms);
    put_int(p, KEY_RUN_QUEUE_MS, o->queue_ms);
    put_int(p, KEY_RUN_UNPLACEABLE_MS, o->unplaceable_ms);
    put_text(p, KEY_RUN_CANCEL, o->cancel);
    put_int(p, KEY_RUN_GRACE_MS, o->grace_ms);
    if (o->input)
        put_bool(p, KEY_RUN_INPUT, true);
    put_int(p, KEY_ANY_DEADLINE_MS, o->deadline_ms);
    put_int(p, KEY_ANY_PRIORITY, o->priority);
    return 0;
}

int client_run_options(const struct par_function *function,
                       const struct par_run_options *options,
                       struct meta_writer *meta,
                       struct par_error *err)
{
    struct pairs p = {.w = meta};
    size_t mark;

    if (function->handle != 0 && !options)
        return 0;
    mark = meta_open_map(meta);
    if (function->handle == 0)
        put_text(&p, KEY_RUN_PATH, function->name);
    if (options && put_options(&p, options, err))
        return -1;
    meta_close_map(meta, mark, p.count);
    if (p.count == 0)
        meta_writer_reset(meta);
    return meta->failed ? par_fail(err, ENOMEM, "out of memory") : 0;
}
