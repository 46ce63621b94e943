/* result.c - what a job gave, as C values and as text */
#include "config.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "decimal.h"
#include "frame.h"
#include "meta.h"
#include "meta_keys.h"
#include "result.h"

#define INT64_LIMIT 9223372036854775808.0 /* 2^63: no int64_t from here on */

void par_result_clear(struct par_result *r)
{
    frame_drop(r->owner);
    *r = (struct par_result){0};
}

/* The value of a job that ended well, if it is one msgpack value. */
static bool value_of(const struct par_result *r, struct meta_value *v)
{
    struct meta_reader reader;

    if (r->status != PAR_OK || r->len == 0 || !meta_check(r->data, r->len))
        return false;
    reader = meta_read(r->data, r->len);
    return meta_next(&reader, v);
}

int64_t par_result_int(const struct par_result *r)
{
    struct meta_value v;

    if (!value_of(r, &v))
        return 0;
    if (v.kind == META_INT)
        return v.i;
    if (v.kind == META_BOOL)
        return v.boolean;
    if (v.kind == META_FLOAT && fabs(v.f) < INT64_LIMIT)
        return (int64_t)v.f;
    return 0;
}

double par_result_float(const struct par_result *r)
{
    struct meta_value v;

    if (!value_of(r, &v))
        return 0;
    switch (v.kind) {
    case META_FLOAT:
        return v.f;
    case META_INT:
        return (double)v.i;
    case META_UINT:
        return (double)v.u;
    default:
        return 0;
    }
}

const char *par_result_bytes(const struct par_result *r, size_t *len)
{
    struct meta_value v;

    *len = 0;
    if (!value_of(r, &v) || (v.kind != META_STR && v.kind != META_BIN))
        return "";
    *len = v.len;
    return v.len > 0 ? (const char *)v.data : "";
}

int par_result_exit(const struct par_result *r, int *value)
{
    struct meta_value list, kind, number;
    struct meta_reader in;

    *value = 0;
    if (!meta_check_map(r->data, r->len) ||
        !meta_find(r->data, r->len, KEY_ANY_EXIT, &list, &in) ||
        list.kind != META_ARRAY || list.len != 2 || !meta_next(&in, &kind) ||
        !meta_next(&in, &number) || number.kind != META_INT)
        return 0;
    *value = (int)number.i;
    if (meta_is(&kind, "exit"))
        return 'e';
    return meta_is(&kind, "signal") ? 's' : 0;
}

static void on_worker(const struct par_result *r, char *text, size_t size)
{
    struct meta_value v;

    text[0] = '\0';
    if (meta_find_text(r->data, r->len, FACT_WORKER, &v, NULL) &&
        v.kind == META_STR && v.len > 0)
        snprintf(text, size, " on %.*s", (int)(v.len < 64 ? v.len : 64),
                 (const char *)v.data);
}

bool result_was_started(const struct par_result *r)
{
    struct meta_value phase;

    if (!r->executed)
        return false;
    return !meta_check_map(r->data, r->len) ||
           !meta_find_text(r->data, r->len, FACT_PHASE, &phase, NULL) ||
           !meta_is(&phase, "not started");
}

const char *par_result_error(const struct par_result *r, char *text, size_t n)
{
    char words[PAR_ERROR_TEXT];
    char where[80];
    int value;
    int how;

    text[0] = '\0';
    if (r->status == PAR_OK)
        return text;
    if (!meta_check_map(r->data, r->len)) {
        snprintf(text, n, "%s", par_status_name(r->status));
        return text;
    }
    on_worker(r, where, sizeof where);
    how = par_result_exit(r, &value);
    /* A command's own end; one that could not be started has words. */
    if (r->status == PAR_EXIT && how == 'e' && result_was_started(r))
        snprintf(text, n, "exit %d%s", value, where);
    else if (r->status == PAR_SIGNAL && how == 's' && *where)
        snprintf(text, n, "signal %d (%s)%s", value, strsignal(value), where);
    else if (meta_text(r->data, r->len, KEY_ANY_TEXT, words, sizeof words) > 0)
        snprintf(text, n, "%s", words);
    else if (how == 'e')
        snprintf(text, n, "exit %d%s", value, where);
    else if (how == 's')
        snprintf(text, n, "signal %d (%s)%s", value, strsignal(value), where);
    else
        snprintf(text, n, "%s%s", par_status_name(r->status), where);
    return text;
}

static void put_float(struct meta_writer *w, double f)
{
    char text[DECIMAL_TEXT];

    decimal_write(text, f);
    meta_put_raw(w, text, strlen(text));
}

static int put_value(struct meta_writer *w, const struct par_result *r)
{
    struct meta_value v;

    if (r->len == 0)
        return 0;
    if (!value_of(r, &v)) {
        meta_put_raw(w, r->data, r->len); /* the function's own format */
        return 0;
    }
    if (v.kind == META_STR || v.kind == META_BIN)
        meta_put_raw(w, v.data, v.len);
    else if (v.kind == META_FLOAT)
        put_float(w, v.f);
    else
        return meta_json(w, r->data, r->len);
    return 0;
}

int par_result_text(const struct par_result *r, char **text, size_t *len)
{
    struct meta_writer w = {0};
    char why[PAR_ERROR_TEXT];

    if (r->status != PAR_OK) {
        par_result_error(r, why, sizeof why);
        meta_put_raw(&w, why, strlen(why));
    } else if (put_value(&w, r)) {
        meta_writer_clear(&w);
        return -1;
    }
    meta_put_raw(&w, "", 1); /* for those who take it for a C string */
    if (w.failed) {
        meta_writer_clear(&w);
        return -1;
    }
    *text = (char *)w.data;
    *len = w.len - 1;
    return 0;
}
