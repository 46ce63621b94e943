/* meta_json.c - a msgpack value as one line of JSON
 *
 * For people and scripts: whole numbers exact, floats the shortest that read
 * back, bytes as base64, and no locale.
 */
#include "config.h"

#include "meta.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "decimal.h"
#include "utf8.h"

enum { NUMBER = 32 /* octets, enough for any number's text */ };

static void put_text(struct meta_writer *out, const char *text)
{
    meta_put_raw(out, text, strlen(text));
}

static void put_float(struct meta_writer *out, double f)
{
    char text[DECIMAL_TEXT];

    decimal_write(text, f);
    put_text(out, isfinite(f) ? text : "null");
}

static void put_escape(struct meta_writer *out, unsigned code)
{
    char text[NUMBER];

    snprintf(text, sizeof text, "\\u%04x", code);
    put_text(out, text);
}

/* One character; returns the octets it took. */
static size_t put_character(struct meta_writer *out,
                            const uint8_t *p,
                            size_t left)
{
    size_t step = utf8_step(p, left);

    if (step == 0) {
        put_text(out, "\\ufffd");
        return 1;
    }
    if (*p == '"' || *p == '\\')
        put_text(out, "\\");
    if (*p == '\n')
        put_text(out, "\\n");
    else if (*p == '\t')
        put_text(out, "\\t");
    else if (*p < ' ' || *p == 0x7F)
        put_escape(out, *p);
    else if (step == 2 && *p == 0xC2 && p[1] < 0xA0)
        put_escape(out, p[1]); /* the control characters of ISO 6429 */
    else
        meta_put_raw(out, p, step);
    return step;
}

static void put_string(struct meta_writer *out, const uint8_t *p, size_t len)
{
    put_text(out, "\"");
    for (size_t at = 0; at < len;)
        at += put_character(out, p + at, len - at);
    put_text(out, "\"");
}

static void put_base64(struct meta_writer *out, const uint8_t *p, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";

    put_text(out, "\"");
    for (size_t at = 0; at < len; at += 3) {
        size_t n = len - at < 3 ? len - at : 3;
        unsigned bits = (unsigned)p[at] << 16;
        char four[4];

        if (n > 1)
            bits |= (unsigned)p[at + 1] << 8;
        if (n > 2)
            bits |= p[at + 2];
        four[0] = digits[bits >> 18];
        four[1] = digits[bits >> 12 & 63];
        four[2] = n > 1 ? digits[bits >> 6 & 63] : '=';
        four[3] = n > 2 ? digits[bits & 63] : '=';
        meta_put_raw(out, four, sizeof four);
    }
    put_text(out, "\"");
}

static void put_scalar(struct meta_writer *out, const struct meta_value *v)
{
    char text[NUMBER];

    switch (v->kind) {
    case META_BOOL:
        put_text(out, v->boolean ? "true" : "false");
        break;
    case META_INT:
        snprintf(text, sizeof text, "%" PRId64, v->i);
        put_text(out, text);
        break;
    case META_UINT:
        snprintf(text, sizeof text, "%" PRIu64, v->u);
        put_text(out, text);
        break;
    case META_FLOAT:
        put_float(out, v->f);
        break;
    case META_STR:
        put_string(out, v->data, v->len);
        break;
    case META_BIN:
    case META_EXT:
        put_base64(out, v->data, v->len);
        break;
    default:
        put_text(out, "null");
        break;
    }
}

static void put_key(struct meta_writer *out, const struct meta_value *v)
{
    bool quoted =
        v->kind == META_STR || v->kind == META_BIN || v->kind == META_EXT;

    if (!quoted)
        put_text(out, "\"");
    put_scalar(out, v);
    put_text(out, quoted ? ":" : "\":");
}

/* An array or map that is being written. */
struct level {
    uint64_t left; /* values still to come; of a map, a key if it is even */
    bool is_map;
    bool is_begun;
};

/* Write one value, or the beginning of a compound.  Returns the level that
 * the next value belongs to, or NULL if this one cannot be written. */
static struct level *put_value(struct meta_writer *out,
                               struct level *level,
                               const struct level *last,
                               const struct meta_value *v)
{
    bool is_key = level->is_map && level->left % 2 == 0;
    bool is_map = v->kind == META_MAP;

    if (level->is_begun && (is_key || !level->is_map))
        put_text(out, ",");
    level->is_begun = true;
    level->left--;
    if (!is_map && v->kind != META_ARRAY) {
        if (is_key)
            put_key(out, v);
        else
            put_scalar(out, v);
        return level;
    }
    if (is_key || level == last)
        return NULL;
    put_text(out, is_map ? "{" : "[");
    *++level =
        (struct level){is_map ? 2 * (uint64_t)v->len : v->len, is_map, false};
    return level;
}

static int put_object(struct meta_writer *out, struct meta_reader *r)
{
    /* The lowest level holds the one value that all of it must be. */
    struct level levels[META_JSON_DEPTH + 1] = {{1, false, false}};
    struct level *level = levels;
    struct meta_value v;

    for (;;) {
        if (!meta_next(r, &v))
            return -1;
        level = put_value(out, level, levels + META_JSON_DEPTH, &v);
        if (!level)
            return -1;
        for (; level->left == 0; level--) {
            if (level == levels)
                return r->p == r->end && !out->failed ? 0 : -1;
            put_text(out, level->is_map ? "}" : "]");
        }
    }
}

int meta_json(struct meta_writer *out, const void *data, size_t len)
{
    struct meta_reader r = meta_read(data, len);
    size_t before = out->len;

    if (put_object(out, &r) < 0) {
        out->len = before;
        return -1;
    }
    return 0;
}
