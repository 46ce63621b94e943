/* run_options.c - one row for each key that a RUN may carry
 *
 * A row reads the value and knows what is allowed, which is what a refusal
 * says.  A key that is not in the table is passed over, unless it is one of
 * those that must be understood.
 */
#include "config.h"

#include "run_options.h"

#include <stdio.h>
#include <string.h>

#include "meta.h"
#include "meta_keys.h"

/* A thousand years; sums of a few stay far from overflow. */
#define MS_MAX INT64_C(31536000000000)

/* An option that is asked for: what, and where it goes. */
struct asked {
    struct run_options *o;
    bool input;
    uint64_t key;
    struct meta_value v;
    struct meta_reader inside; /* of a compound */
};

typedef bool take_f(struct asked *a);

struct option {
    uint64_t key;
    const char *name;
    take_f *take; /* NULL: not built yet */
    const char *allowed;
};

/* ---- values ---- */

/* JavaScript and Lua send 3 as 3.0. */
static bool whole(const struct meta_value *v, int64_t *n)
{
    if (v->kind == META_INT) {
        *n = v->i;
        return true;
    }
    if (v->kind != META_FLOAT || !(v->f >= -9e15 && v->f <= 9e15))
        return false;
    *n = (int64_t)v->f;
    return !((double)*n < v->f) && !((double)*n > v->f);
}

static bool whole_within(const struct meta_value *v,
                         int64_t min,
                         int64_t max,
                         int64_t *n)
{
    return whole(v, n) && *n >= min && *n <= max;
}

static bool number(const struct meta_value *v, double *n)
{
    if (v->kind == META_INT)
        *n = (double)v->i;
    else if (v->kind == META_FLOAT)
        *n = v->f;
    else
        return false;
    return true;
}

/* A name, also for people to read: nothing that vanishes in a sentence. */
static bool text(const struct meta_value *v, struct text *out)
{
    if (v->kind != META_STR || v->len == 0 || v->len > 255)
        return false;
    for (size_t i = 0; i < v->len; i++)
        if (v->data[i] < ' ' || v->data[i] == 0x7f)
            return false;
    *out = (struct text){(const char *)v->data, v->len};
    return true;
}

/* ---- options ---- */

static bool take_nothing(struct asked *a)
{
    (void)a;
    return true;
}

static bool take_worker(struct asked *a)
{
    return text(&a->v, &a->o->where.worker);
}

static bool take_host(struct asked *a)
{
    return text(&a->v, &a->o->where.host);
}

static bool take_labels(struct asked *a)
{
    struct placement *p = &a->o->where;
    struct meta_value key;
    struct meta_value value;

    if (a->v.kind != META_MAP || a->v.len > PLACEMENT_LABELS)
        return false;
    for (size_t i = 0; i < a->v.len; i++) {
        struct placement_label *l = &p->labels[i];

        if (!meta_next(&a->inside, &key) || !meta_next(&a->inside, &value) ||
            !text(&key, &l->key) || value.kind != META_STR)
            return false;
        l->value = (struct text){(const char *)value.data, value.len};
    }
    p->label_count = (uint32_t)a->v.len;
    return true;
}

static bool take_resources(struct asked *a)
{
    struct placement *p = &a->o->where;
    struct meta_value key;
    struct meta_value value;

    if (a->v.kind != META_MAP || a->v.len > PLACEMENT_NEEDS)
        return false;
    p->need_count = 0;
    for (size_t i = 0; i < a->v.len; i++) {
        struct placement_need *n = &p->needs[p->need_count];

        if (!meta_next(&a->inside, &key) || !meta_next(&a->inside, &value) ||
            !text(&key, &n->name) || !number(&value, &n->amount) ||
            !(n->amount >= 0 && n->amount <= 1e15))
            return false;
        for (uint32_t k = 0; k < p->need_count; k++)
            if (p->needs[k].name.len == n->name.len &&
                memcmp(p->needs[k].name.data, n->name.data, n->name.len) == 0)
                return false;
        p->need_count += n->amount > 0;
    }
    return true;
}

static bool take_strict(struct asked *a)
{
    a->o->where.strict = a->v.boolean;
    return a->v.kind == META_BOOL;
}

static bool take_class(struct asked *a)
{
    a->o->where.run_class = meta_is(&a->v, "io") ? RUN_IO : RUN_CPU;
    return meta_is(&a->v, "io") || meta_is(&a->v, "cpu");
}

static bool take_attempts(struct asked *a)
{
    int64_t n;

    if (!whole_within(&a->v, 1, 10000, &n))
        return false;
    if (a->key == KEY_RUN_ATTEMPTS)
        a->o->rules.attempts = (uint16_t)n;
    else
        a->o->rules.crash_limit = (uint16_t)n;
    return true;
}

static bool take_retry_on(struct asked *a)
{
    struct meta_value word;

    if (a->v.kind != META_ARRAY)
        return false;
    a->o->rules.retry_on = 0;
    for (size_t i = 0; i < a->v.len; i++) {
        if (!meta_next(&a->inside, &word))
            return false;
        if (meta_is(&word, "error"))
            a->o->rules.retry_on |= RETRY_ERROR;
        else if (meta_is(&word, "crash"))
            a->o->rules.retry_on |= RETRY_CRASH;
        else if (meta_is(&word, "timeout"))
            a->o->rules.retry_on |= RETRY_TIMEOUT;
        else
            return false;
    }
    return true;
}

static bool take_back_off(struct asked *a)
{
    struct meta_value first;
    struct meta_value factor;
    struct meta_value max;

    return a->v.kind == META_ARRAY && a->v.len == 3 &&
           meta_next(&a->inside, &first) && meta_next(&a->inside, &factor) &&
           meta_next(&a->inside, &max) &&
           whole_within(&first, 0, MS_MAX, &a->o->rules.backoff_first) &&
           number(&factor, &a->o->rules.backoff_factor) &&
           a->o->rules.backoff_factor >= 1 &&
           a->o->rules.backoff_factor <= 1000 &&
           whole_within(&max, 0, MS_MAX, &a->o->rules.backoff_max);
}

static bool take_timeout(struct asked *a) /* the worker's business */
{
    int64_t n;

    return whole_within(&a->v, 1, MS_MAX, &n);
}

static bool take_queue(struct asked *a)
{
    return whole_within(&a->v, 0, MS_MAX, &a->o->rules.queue_ms);
}

static bool take_deadline(struct asked *a)
{
    return whole_within(&a->v, 1, MS_MAX, &a->o->rules.deadline_ms);
}

static bool take_unplaceable(struct asked *a)
{
    return whole_within(&a->v, -1, MS_MAX, &a->o->where.unplaceable_ms);
}

static bool take_cancel(struct asked *a)
{
    if (meta_is(&a->v, "soft"))
        a->o->rules.cancel = CANCEL_SOFT;
    else if (meta_is(&a->v, "kill"))
        a->o->rules.cancel = CANCEL_KILL;
    else if (meta_is(&a->v, "never"))
        a->o->rules.cancel = CANCEL_NEVER;
    else
        return false;
    return true;
}

static bool take_grace(struct asked *a)
{
    int64_t n;

    if (!whole_within(&a->v, 0, 3600 * 1000, &n))
        return false;
    a->o->rules.grace_ms = (uint32_t)n;
    return true;
}

static bool take_priority(struct asked *a)
{
    int64_t n;

    if (!whole_within(&a->v, INT32_MIN, INT32_MAX, &n))
        return false;
    a->o->rules.priority = (int32_t)n;
    return true;
}

static bool take_input(struct asked *a)
{
    a->input = a->v.kind == META_BOOL && a->v.boolean;
    return a->v.kind == META_BOOL;
}

/* What we ourselves tell a worker. */
static bool take_never(struct asked *a)
{
    (void)a;
    return false;
}

#define MS_ALLOWED    "a whole number of ms, 1 or more"
#define COUNT_ALLOWED "a whole number from 1 to 10000"

static const struct option options[] = {
    {KEY_RUN_PATH, "path", take_nothing, ""}, /* the caller has looked it up */
    {KEY_RUN_WORKER, "worker", take_worker, "a name of at most 255 octets"},
    {KEY_RUN_HOST, "host", take_host, "a pattern of at most 255 octets"},
    {KEY_RUN_LABELS, "labels", take_labels,
     "a map of at most 16 texts to texts"},
    {KEY_RUN_RESOURCES, "resources", take_resources,
     "a map of at most 8 names to numbers, 0 or more"},
    {KEY_RUN_STRICT, "strict", take_strict, "true or false"},
    {KEY_RUN_CLASS, "class", take_class, "\"cpu\" or \"io\""},
    {KEY_RUN_POOL, "pool", NULL, ""},
    {KEY_RUN_LIMIT, "limit", NULL, ""},
    {KEY_RUN_DEPENDS, "depends", NULL, ""},
    {KEY_RUN_NOT_BEFORE, "not_before", NULL, ""},
    {KEY_RUN_KEEP, "keep", NULL, ""},
    {KEY_RUN_ATTEMPTS, "attempts", take_attempts, COUNT_ALLOWED},
    {KEY_RUN_CRASH_LIMIT, "crash_limit", take_attempts, COUNT_ALLOWED},
    {KEY_RUN_RETRY_ON, "retry_on", take_retry_on,
     "an array of \"error\", \"crash\", \"timeout\""},
    {KEY_RUN_BACK_OFF, "back_off", take_back_off,
     "[first ms, factor from 1 to 1000, most ms]"},
    {KEY_RUN_TIMEOUT_MS, "timeout_ms", take_timeout, MS_ALLOWED},
    {KEY_RUN_QUEUE_MS, "queue_ms", take_queue,
     "a whole number of ms, 0 or more"},
    {KEY_RUN_UNPLACEABLE_MS, "unplaceable_ms", take_unplaceable,
     "a whole number of ms, 0 or more, or -1 for ever"},
    {KEY_RUN_CANCEL, "cancel", take_cancel, "\"soft\", \"kill\" or \"never\""},
    {KEY_RUN_GRACE_MS, "grace_ms", take_grace,
     "a whole number of ms from 0 to 3600000"},
    {KEY_RUN_RESULT_TTL_MS, "result_ttl_ms", NULL, ""},
    {KEY_RUN_JOB_LABELS, "job_labels", NULL, ""},
    {KEY_RUN_PROCESS, "process", NULL, ""},
    {KEY_RUN_OUTPUTS, "outputs", NULL, ""},
    {KEY_RUN_INPUT, "input", take_input, "true or false"},
    {KEY_RUN_KEY, "key", NULL, ""},
    {KEY_RUN_GRANTS, "grants", take_never, "for a client to say"},
    {KEY_ANY_DEADLINE_MS, "deadline_ms", take_deadline, MS_ALLOWED},
    {KEY_ANY_PRIORITY, "priority", take_priority, "a whole number of 32 bits"},
    {KEY_ANY_ACCOUNT, "account", take_nothing, ""},
    {KEY_ANY_TRACE, "trace", take_nothing, ""},
    {KEY_ANY_CONTENT, "content", take_nothing, ""},
    {KEY_ANY_ATTEMPT, "attempt", take_never, "for a client to say"},
    {KEY_ANY_CRITICAL, "critical", take_nothing, ""},
};

static const struct option *find_option(uint64_t key)
{
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (options[i].key == key)
            return &options[i];
    return NULL;
}

/* ---- the whole ---- */

/* Keys under `critical` must be understood. */
static int check_critical(struct asked *a, struct par_error *err)
{
    struct meta_value key;

    for (size_t i = 0; a->v.kind == META_ARRAY && i < a->v.len; i++) {
        if (!meta_next(&a->inside, &key))
            break;
        if (key.kind == META_INT && key.i >= 0 && find_option(key.u))
            continue;
        par_fail(err, PAR_CODE(PAR_UNSUPPORTED),
                 "option %lld is critical, and unknown here",
                 key.kind == META_INT ? (long long)key.i : 0LL);
        return PAR_UNSUPPORTED;
    }
    return PAR_OK;
}

static int take_option(struct asked *a, struct par_error *err)
{
    const struct option *option = find_option(a->key);
    char value[64];

    if (!option)
        return PAR_OK;
    if (a->key == KEY_ANY_CRITICAL)
        return check_critical(a, err);
    if (!option->take) {
        par_fail(err, PAR_CODE(PAR_UNSUPPORTED),
                 "option %s (%d) is not built yet", option->name, (int)a->key);
        return PAR_UNSUPPORTED;
    }
    if (option->take(a))
        return PAR_OK;
    meta_show(&a->v, value, sizeof value);
    par_fail(err, PAR_CODE(PAR_MALFORMED), "option %s (%d): %s is not %s",
             option->name, (int)a->key, value, option->allowed);
    return PAR_MALFORMED;
}

static const struct run_options defaults = {
    .where = {.strict = true, .unplaceable_ms = 10000},
    .rules = {.queue_ms = -1,
              .deadline_ms = -1,
              .backoff_first = 100,
              .backoff_factor = 2,
              .backoff_max = 10000,
              .grace_ms = 500,
              .attempts = 1,
              .crash_limit = 3,
              .retry_on = RETRY_CRASH,
              .cancel = CANCEL_SOFT},
};

int run_options_parse(struct run_options *o,
                      const void *meta,
                      size_t len,
                      struct par_error *err)
{
    struct meta_reader r = meta_read(meta, len);
    struct meta_value map = {0};
    struct meta_value key;
    struct asked a = {.o = o};
    int status = PAR_OK;

    *o = defaults;
    if (len > 0)
        meta_next(&r, &map);
    for (size_t i = 0; status == PAR_OK && i < map.len; i++) {
        const uint8_t *raw;
        size_t raw_len;

        if (!meta_next(&r, &key) || !meta_skip(&r, &raw, &raw_len))
            break;
        a.inside = meta_read(raw, raw_len);
        meta_next(&a.inside, &a.v);
        a.key = key.u;
        if (key.kind == META_INT && key.i >= 0)
            status = take_option(&a, err);
    }
    if (status == PAR_OK && a.input && o->rules.attempts > 1) {
        par_fail(err, PAR_CODE(PAR_UNSUPPORTED),
                 "option attempts (13): %d, but what a job has read of its "
                 "input (28) cannot be read again",
                 o->rules.attempts);
        return PAR_UNSUPPORTED;
    }
    return status;
}
