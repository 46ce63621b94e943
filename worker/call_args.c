/* call_args.c - arguments, read where they lie
 *
 * A par_arg begins at its value and ends where the array, map or payload ends
 * that it is in, so that call_next() knows what follows.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "call.h"

static const struct par_arg nothing;

/* ---- the payload ---- */

static int push_arg(struct call *c, const uint8_t *at)
{
    if (c->arg_count == c->arg_size) {
        size_t size = c->arg_size ? c->arg_size * 2 : 16;
        const uint8_t **more = realloc(c->args, size * sizeof *more);

        if (!more)
            return call_fail(c, PAR_INTERNAL, "out of memory");
        c->args = more;
        c->arg_size = size;
    }
    c->args[c->arg_count++] = at;
    return 0;
}

static int list_args(struct call *c)
{
    struct meta_reader r = meta_read(c->data, c->len);
    const uint8_t *at;
    struct meta_value v;

    if (!meta_next(&r, &v) || v.kind != META_ARRAY)
        return 0;
    while (meta_skip(&r, &at, NULL))
        if (push_arg(c, at) != 0)
            return -1;
    return 0;
}

static bool is_map(const struct call *c)
{
    struct meta_reader r = meta_read(c->data, c->len);
    struct meta_value v;

    return meta_next(&r, &v) && v.kind == META_MAP;
}

/* Arguments by name: put them in order.  The copy goes with the call. */
static int match_names(struct call *c,
                       const struct signature *s,
                       struct par_error *err)
{
    struct meta_writer w = {0};
    int result =
        signature_match_names(s, c->function->name, c->data, c->len, &w, err);

    if (result == 0) {
        c->data = (const uint8_t *)call_copy(c, w.data, w.len);
        c->len = w.len;
        c->ends_with_zero = true;
    }
    meta_writer_clear(&w);
    return result;
}

/* Of a function that takes anything, octets that are no msgpack are left to
 * par_raw(): it has no arguments then. */
int call_take_args(struct call *c)
{
    const struct signature *s = &c->function->signature;
    struct par_error err = {0};

    if (!s->text[0])
        return c->len && meta_check(c->data, c->len) ? list_args(c) : 0;
    if (s->is_named && is_map(c) && match_names(c, s, &err) != 0)
        return call_fail(c, PAR_BAD_ARGS, "%s", err.text);
    if (signature_check(s, c->function->name, c->data, c->len, &err) != 0)
        return call_fail(c, PAR_BAD_ARGS, "%s", err.text);
    return c->len ? list_args(c) : 0;
}

size_t call_count(struct par_task *t)
{
    return call_of(t)->arg_count;
}

struct par_arg call_arg(struct par_task *t, size_t i)
{
    struct call *c = call_of(t);

    c->asked = i;
    if (i >= c->arg_count)
        return nothing;
    return (struct par_arg){c->args[i], c->data + c->len};
}

const void *call_raw(struct par_task *t, size_t *len)
{
    struct call *c = call_of(t);

    if (len)
        *len = c->len;
    return c->data;
}

/* ---- values ---- */

static bool head_of(struct par_arg a,
                    struct meta_reader *r,
                    struct meta_value *v)
{
    *v = (struct meta_value){.kind = META_END};
    if (!a.at || a.at >= a.end)
        return false;
    *r = meta_read(a.at, (size_t)(a.end - a.at));
    return meta_next(r, v);
}

static struct meta_value value_of(struct par_arg a)
{
    struct meta_reader r;
    struct meta_value v;

    head_of(a, &r, &v);
    return v;
}

static enum par_kind kind_of(const struct meta_value *v)
{
    static const enum par_kind kinds[] = {
        [META_END] = PAR_NONE, [META_NIL] = PAR_NIL,   [META_BOOL] = PAR_BOOL,
        [META_INT] = PAR_INT,  [META_UINT] = PAR_INT,  [META_FLOAT] = PAR_FLOAT,
        [META_STR] = PAR_STR,  [META_BIN] = PAR_BYTES, [META_ARRAY] = PAR_ARRAY,
        [META_MAP] = PAR_MAP,  [META_EXT] = PAR_OTHER,
    };

    return kinds[v->kind];
}

enum par_kind call_kind(struct par_task *t, struct par_arg a)
{
    struct meta_value v = value_of(a);

    (void)t;
    return kind_of(&v);
}

/* The number of the argument that a value is, or is in. */
static size_t number_of(const struct call *c, struct par_arg a, bool *is_it)
{
    size_t i = c->arg_count;

    while (i > 0 && c->args[i - 1] > a.at)
        i--;
    *is_it = i > 0 && c->args[i - 1] == a.at;
    return i;
}

static void refuse(struct par_task *t,
                   struct par_arg a,
                   const struct meta_value *v,
                   const char *wanted)
{
    static const char *const names[] = {
        [PAR_NIL] = "nil",
        [PAR_BOOL] = "a boolean",
        [PAR_INT] = "an integer",
        [PAR_FLOAT] = "a float",
        [PAR_STR] = "a string",
        [PAR_BYTES] = "bytes",
        [PAR_ARRAY] = "an array",
        [PAR_MAP] = "a map",
        [PAR_OTHER] = "an extension type",
    };
    struct call *c = call_of(t);
    const char *name = c->function->name;
    enum par_kind kind = kind_of(v);
    bool is_it;
    size_t n = number_of(c, a, &is_it);

    if (kind == PAR_NONE) {
        call_fail(c, PAR_BAD_ARGS,
                  "argument %zu of %s, or a value in it, is missing; %s was "
                  "looked for",
                  c->asked + 1, name, wanted);
        return;
    }
    call_fail(
        c, PAR_BAD_ARGS, "%sargument %zu of %s is %s%s, but was read as %s",
        is_it ? "" : "a value in ", n, name, names[kind],
        kind == PAR_INT && v->kind == META_UINT ? " over 2^63" : "", wanted);
}

int64_t call_as_int(struct par_task *t, struct par_arg a)
{
    struct meta_value v = value_of(a);

    if (v.kind == META_INT)
        return v.i;
    /* Languages with one kind of number send these. */
    if (v.kind == META_FLOAT && v.f >= (double)INT64_MIN &&
        v.f < -(double)INT64_MIN && v.f == (double)(int64_t)v.f)
        return (int64_t)v.f;
    refuse(t, a, &v, "an integer");
    return 0;
}

double call_as_float(struct par_task *t, struct par_arg a)
{
    struct meta_value v = value_of(a);

    if (v.kind == META_FLOAT)
        return v.f;
    if (v.kind == META_INT)
        return (double)v.i;
    if (v.kind == META_UINT)
        return (double)v.u;
    refuse(t, a, &v, "a number");
    return 0;
}

bool call_as_bool(struct par_task *t, struct par_arg a)
{
    struct meta_value v = value_of(a);

    if (v.kind == META_BOOL)
        return v.boolean;
    refuse(t, a, &v, "a boolean");
    return false;
}

/* Only an argument itself gets a zero octet behind it: inside of compounds
 * there may be a million small strings. */
const char *call_as_bytes(struct par_task *t, struct par_arg a, size_t *len)
{
    struct call *c = call_of(t);
    struct meta_value v = value_of(a);
    bool is_it;

    if (len)
        *len = 0;
    if (v.kind != META_STR && v.kind != META_BIN) {
        refuse(t, a, &v, "a string");
        return "";
    }
    if (len)
        *len = v.len;
    number_of(c, a, &is_it);
    if (!is_it)
        return (const char *)v.data;
    if (c->ends_with_zero && v.data + v.len == c->data + c->len)
        return (const char *)v.data;
    return call_copy(c, v.data, v.len);
}

size_t call_length(struct par_task *t, struct par_arg a)
{
    struct meta_value v = value_of(a);

    (void)t;
    return v.len;
}

/* The values in an array or a map, as one that follows another. */
static struct par_arg inside(struct par_arg a, size_t *count)
{
    struct meta_reader r, whole;
    struct meta_value v;

    *count = 0;
    if (!head_of(a, &r, &v) || (v.kind != META_ARRAY && v.kind != META_MAP))
        return nothing;
    *count = v.kind == META_MAP ? v.len * 2 : v.len;
    whole = meta_read(a.at, (size_t)(a.end - a.at));
    meta_skip(&whole, NULL, NULL);
    return (struct par_arg){r.p, whole.p};
}

struct par_arg call_next(struct par_task *t, struct par_arg a)
{
    struct meta_reader r;

    (void)t;
    if (!a.at || a.at >= a.end)
        return nothing;
    r = meta_read(a.at, (size_t)(a.end - a.at));
    if (!meta_skip(&r, NULL, NULL) || r.p >= a.end)
        return nothing;
    return (struct par_arg){r.p, a.end};
}

struct par_arg call_item(struct par_task *t, struct par_arg a, size_t i)
{
    size_t count;
    struct par_arg item = inside(a, &count);

    if (i >= count)
        return nothing;
    while (i-- > 0)
        item = call_next(t, item);
    return item;
}

struct par_arg call_field(struct par_task *t, struct par_arg a, const char *key)
{
    size_t count;
    struct par_arg item = inside(a, &count);
    struct meta_value v = value_of(a);

    if (v.kind != META_MAP)
        return nothing;
    for (; count > 0; count -= 2) {
        v = value_of(item);
        item = call_next(t, item);
        if (meta_is(&v, key))
            return item;
        item = call_next(t, item);
    }
    return nothing;
}
