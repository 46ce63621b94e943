/* reduce.c - map, and combine the values pairwise on the workers
 *
 * A span is the combined value of the items from..to-1.  Two spans that touch
 * are combined as soon as both are there (any two, where the order does not
 * matter), so the tree grows with whatever ends first, and no more values wait
 * than the window holds.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"
#include "cancel.h"
#include "connect.h"
#include "handle.h"
#include "pump.h"
#include "run.h"
#include "value.h"
#include "wait.h"

enum {
    REDUCE_WINDOW = 1024, /* jobs in flight and values that wait, together */
    REDUCE_ARGS = 8,
    REDUCE_BYTES = 64 * 1024 * 1024
};

struct span {
    uint64_t from;
    uint64_t to;
    struct par_result value; /* of a span that waits for its neighbour */
};

struct reducing {
    struct par_client *c;
    const struct par_reduce *how;
    struct group group;
    struct meta_writer options;
    struct meta_writer combine_options;
    struct meta_writer payload;
    struct span *waiting; /* in order of `from` */
    size_t waiting_count;
    uint64_t waiting_bytes;
    struct span *spans; /* of the jobs in flight: run->tag is the place */
    uint32_t *free;     /* places in spans */
    uint32_t free_count;
    uint32_t window;
    uint64_t next;
    bool ended;
};

static size_t in_flight(const struct reducing *r)
{
    return r->group.open_count + r->group.done_count;
}

static int start(struct reducing *r,
                 const struct par_function *function,
                 const struct meta_writer *options,
                 uint64_t from,
                 uint64_t to,
                 struct par_error *err)
{
    struct run *run = client_run(r->c, function, options, r->payload.data,
                                 r->payload.len, &r->group, err);

    if (!run)
        return -1;
    run->tag = r->free[--r->free_count];
    r->spans[run->tag] = (struct span){.from = from, .to = to};
    return 0;
}

static int start_next(struct reducing *r, struct par_error *err)
{
    const struct par_map *map = &r->how->map;
    struct par_value args[REDUCE_ARGS];
    int n;

    pthread_mutex_unlock(&r->c->lock);
    n = map->next(map->context, r->next, args);
    pthread_mutex_lock(&r->c->lock);
    if (n < 0) {
        r->ended = true;
        return 0;
    }
    if (n > REDUCE_ARGS)
        return par_fail(err, EINVAL,
                        "an item has %d values; up to %d are allowed", n,
                        REDUCE_ARGS);
    meta_writer_reset(&r->payload);
    if (client_pack(r->c, map->function, args, (size_t)n, &r->payload, err) ||
        start(r, map->function, &r->options, r->next, r->next + 1, err))
        return -1;
    r->next++;
    return 0;
}

static void put_operand(struct meta_writer *w, const struct par_result *value)
{
    if (value->len > 0)
        meta_put_raw(w, value->data, value->len);
    else
        meta_put_nil(w); /* a function that gave none */
}

/* Send the spans at i and i + 1 off to become one. */
static int combine(struct reducing *r, size_t i, struct par_error *err)
{
    struct span *a = &r->waiting[i];
    struct span *b = a + 1;
    int rc;

    meta_writer_reset(&r->payload);
    meta_put_array(&r->payload, 2);
    put_operand(&r->payload, &a->value);
    put_operand(&r->payload, &b->value);
    if (r->payload.failed)
        return par_fail(err, ENOMEM, "out of memory");
    rc = start(r, r->how->combine, &r->combine_options, a->from, b->to, err);
    r->waiting_bytes -= a->value.len + b->value.len;
    par_result_clear(&a->value);
    par_result_clear(&b->value);
    r->waiting_count -= 2;
    memmove(a, a + 2, (r->waiting_count - i) * sizeof *a);
    return rc;
}

/* The place of a span in the order: behind all that begin before it. */
static size_t place_of(const struct reducing *r, uint64_t from)
{
    size_t low = 0;
    size_t high = r->waiting_count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (r->waiting[middle].from < from)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool touch(const struct reducing *r, size_t i)
{
    return i + 1 < r->waiting_count &&
           (r->how->commutative || r->waiting[i].to == r->waiting[i + 1].from);
}

/* A span has its value: it waits, or is combined with a neighbour. */
static int settle(struct reducing *r,
                  const struct span *s,
                  struct par_error *err)
{
    size_t i = place_of(r, s->from);

    memmove(&r->waiting[i + 1], &r->waiting[i],
            (r->waiting_count - i) * sizeof *s);
    r->waiting[i] = *s;
    r->waiting_count++;
    r->waiting_bytes += s->value.len;
    if (i > 0 && touch(r, i - 1))
        return combine(r, i - 1, err);
    return touch(r, i) ? combine(r, i, err) : 0;
}

static int failed(struct par_result *value,
                  const struct span *s,
                  struct par_error *err)
{
    char why[PAR_ERROR_TEXT];

    par_result_error(value, why, sizeof why);
    if (s->to - s->from == 1)
        par_fail(err, PAR_CODE(value->status), "item %llu: %s",
                 (unsigned long long)s->from, why);
    else
        par_fail(err, PAR_CODE(value->status), "combining: %s", why);
    par_result_clear(value);
    return -1;
}

/* Take in all that has ended.  Returns how many, or -1. */
static int gather(struct reducing *r, struct par_error *err)
{
    struct run *run;
    int n = 0;

    while ((run = client_first_over(&r->group))) {
        struct span s = r->spans[run->tag];

        r->free[r->free_count++] = (uint32_t)run->tag;
        client_give(r->c, run, &s.value);
        if (s.value.status != PAR_OK)
            return failed(&s.value, &s, err);
        if (settle(r, &s, err))
            return -1;
        n++;
    }
    return n;
}

static bool has_room(const struct reducing *r)
{
    uint64_t bytes =
        r->group.open_bytes + r->group.done_bytes + r->waiting_bytes;

    /* With nothing in flight and spans that do not touch there must be more
     * items, or nothing would ever join them. */
    return in_flight(r) == 0 || (in_flight(r) + r->waiting_count < r->window &&
                                 bytes < REDUCE_BYTES);
}

static int run_reduce(struct reducing *r,
                      uint64_t deadline,
                      struct par_error *err)
{
    for (;;) {
        int n;

        while (!r->ended && r->free_count > 0 && has_room(r))
            if (start_next(r, err))
                return -1;
        n = gather(r, err);
        if (n < 0)
            return -1;
        if (n > 0)
            continue;
        if (r->ended && in_flight(r) == 0)
            return 0;
        if (client_patience(r->c, deadline, err,
                            "%zu jobs have not ended in time", in_flight(r)))
            return -1;
        client_turn(r->c, deadline);
    }
}

static int init(struct reducing *r, struct par_error *err)
{
    group_init(&r->group);
    r->spans = calloc(r->window, sizeof *r->spans);
    r->free = calloc(r->window, sizeof *r->free);
    r->waiting = calloc((size_t)r->window + 1, sizeof *r->waiting);
    if (!r->spans || !r->free || !r->waiting)
        return par_fail(err, ENOMEM, "out of memory");
    for (uint32_t i = 0; i < r->window; i++)
        r->free[r->free_count++] = i;
    if (client_run_options(r->how->map.function, r->how->map.options,
                           &r->options, err))
        return -1;
    return client_run_options(r->how->combine, r->how->map.options,
                              &r->combine_options, err);
}

static void clear(struct reducing *r)
{
    for (size_t i = 0; i < r->waiting_count; i++)
        par_result_clear(&r->waiting[i].value);
    free(r->waiting);
    free(r->spans);
    free(r->free);
    meta_writer_clear(&r->options);
    meta_writer_clear(&r->combine_options);
    meta_writer_clear(&r->payload);
}

int par_map_reduce(struct par_client *c,
                   const struct par_reduce *reduce,
                   struct par_result *result,
                   struct par_error *err)
{
    uint32_t window = reduce->map.window ? reduce->map.window : REDUCE_WINDOW;
    struct reducing r = {
        .c = c, .how = reduce, .window = window < 4 ? 4 : window};
    int64_t timeout = reduce->map.timeout;
    int rc;

    *result = (struct par_result){0};
    if (client_begin(c, err))
        return -1;
    rc = init(&r, err);
    if (rc == 0)
        rc = run_reduce(
            &r, timeout > 0 ? client_deadline(timeout) : UINT64_MAX / 2, err);
    client_give_up(c, &r.group);
    client_leave(c);
    if (rc == 0 && r.waiting_count > 0) {
        *result = r.waiting[0].value;
        r.waiting[0].value = (struct par_result){0};
    }
    clear(&r);
    return rc;
}
