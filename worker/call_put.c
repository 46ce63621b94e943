/* call_put.c - the value, written piece by piece and kept whole */
#include "config.h"

#include <string.h>

#include "call.h"

/* May a value stand here?  Maps have keys that the wire allows. */
static int make_place(struct call *c, enum par_kind kind)
{
    struct call_open *open = c->depth ? &c->open[c->depth - 1] : NULL;

    if (c->status != PAR_OK)
        return -1;
    if (!open && c->kind != PAR_NONE)
        return call_fail(c, PAR_EXCEPTION, "returned more than one value");
    if (open && open->is_map && open->left % 2 == 0 &&
        (kind == PAR_NIL || kind == PAR_FLOAT || kind == PAR_ARRAY ||
         kind == PAR_MAP))
        return call_fail(c, PAR_EXCEPTION,
                         "returned a map with a key that is no string, "
                         "integer, boolean or bytes");
    if (!open)
        c->kind = kind;
    return 0;
}

static int write_scalar(struct call *c,
                        enum par_kind kind,
                        int64_t i,
                        double f,
                        const void *data,
                        size_t len)
{
    switch (kind) {
    case PAR_NIL:
        meta_put_nil(&c->out);
        break;
    case PAR_BOOL:
        meta_put_bool(&c->out, i != 0);
        break;
    case PAR_INT:
        meta_put_int(&c->out, i);
        break;
    case PAR_FLOAT:
        meta_put_float(&c->out, f);
        break;
    case PAR_STR:
        meta_put_strn(&c->out, data, len);
        break;
    case PAR_BYTES:
        meta_put_bin(&c->out, data, len);
        break;
    default:
        return call_fail(c, PAR_EXCEPTION, "returned a value of no kind");
    }
    return 0;
}

/* A value is there: whatever it completes is closed. */
static void count_down(struct call *c)
{
    while (c->depth > 0 && --c->open[c->depth - 1].left == 0)
        c->depth--;
}

static int begin_compound(struct call *c, enum par_kind kind, size_t len)
{
    if (len > WIRE_ITEM_MAX)
        return call_fail(c, PAR_TOO_LARGE,
                         "returned %zu values; the limit is %d octets", len,
                         WIRE_ITEM_MAX);
    if (kind == PAR_MAP)
        meta_put_map(&c->out, (uint32_t)len);
    else
        meta_put_array(&c->out, (uint32_t)len);
    if (len == 0) {
        count_down(c);
        return 0;
    }
    if (c->depth == META_DEPTH)
        return call_fail(c, PAR_EXCEPTION,
                         "returned arrays or maps inside each other deeper "
                         "than %d",
                         META_DEPTH);
    c->open[c->depth++] = (struct call_open){
        .left = kind == PAR_MAP ? 2 * (uint64_t)len : len,
        .is_map = kind == PAR_MAP,
    };
    return 0;
}

static int check_size(struct call *c, size_t more)
{
    if (more <= WIRE_ITEM_MAX && c->out.len + more <= WIRE_ITEM_MAX)
        return 0;
    return call_fail(c, PAR_TOO_LARGE,
                     "the value has %zu octets or more; the limit is %d",
                     c->out.len + more, WIRE_ITEM_MAX);
}

int call_put(struct par_task *t,
             enum par_kind kind,
             int64_t i,
             double f,
             const void *data,
             size_t len)
{
    struct call *c = call_of(t);
    bool is_compound = kind == PAR_ARRAY || kind == PAR_MAP;
    int result;

    if (make_place(c, kind) != 0 || check_size(c, is_compound ? 0 : len) != 0)
        return -1;
    if (is_compound)
        return begin_compound(c, kind, len);
    result = write_scalar(c, kind, i, f, data, len);
    count_down(c);
    return result;
}

int call_put_raw(struct par_task *t, const void *data, size_t len)
{
    struct call *c = call_of(t);

    if (c->depth > 0)
        return call_fail(c, PAR_EXCEPTION, "put raw octets inside of a value");
    if (make_place(c, PAR_OTHER) != 0 || check_size(c, len) != 0)
        return -1;
    meta_put_raw(&c->out, data, len);
    return 0;
}

/* ---- the end ---- */

static bool fits(char letter, enum par_kind kind)
{
    switch (letter) {
    case 'i':
        return kind == PAR_INT;
    case 'd':
        return kind == PAR_FLOAT || kind == PAR_INT;
    case 's':
        return kind == PAR_STR;
    case 'b':
        return kind == PAR_BYTES || kind == PAR_STR;
    case 'o':
        return kind == PAR_BOOL;
    case 'a':
        return kind == PAR_ARRAY;
    case 'm':
        return kind == PAR_MAP;
    case 'n':
        return kind == PAR_NONE || kind == PAR_NIL;
    default:
        return true;
    }
}

static void check_type(struct call *c)
{
    static const char *const names[] = {
        [PAR_NONE] = "nothing",   [PAR_NIL] = "nil",
        [PAR_BOOL] = "a boolean", [PAR_INT] = "an integer",
        [PAR_FLOAT] = "a float",  [PAR_STR] = "a string",
        [PAR_BYTES] = "bytes",    [PAR_ARRAY] = "an array",
        [PAR_MAP] = "a map",      [PAR_OTHER] = "raw octets",
    };
    const struct signature *s = &c->function->signature;

    if (s->text[0] && !fits(s->result, c->kind))
        call_fail(c, PAR_EXCEPTION,
                  "returned %s, which the signature %s does not say",
                  names[c->kind], s->text);
}

void call_check_value(struct call *c)
{
    const struct call_open *open;

    if (c->status != PAR_OK)
        return;
    if (c->depth > 0) {
        open = &c->open[c->depth - 1];
        call_fail(
            c, PAR_EXCEPTION, "returned an incomplete %s: %llu more to come",
            open->is_map ? "map" : "array", (unsigned long long)open->left);
    } else if (c->out.failed) {
        c->out.failed = false;
        call_fail(c, PAR_INTERNAL, "no memory for the value");
    } else if (c->out.len > WIRE_ITEM_MAX) {
        check_size(c, 0);
    } else {
        check_type(c);
    }
}
