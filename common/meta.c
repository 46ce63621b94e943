/* meta.c - reading msgpack: check all of it once, then walk without fear
 *
 * meta_check() bounds depth and lengths by the octets that are there; the
 * cursor trusts what it has passed.
 */
#include "config.h"

#include "meta.h"

#include <stdio.h>
#include <string.h>

static uint64_t get_big_endian(const uint8_t *p, size_t octets)
{
    uint64_t v = 0;

    for (size_t i = 0; i < octets; i++)
        v = v << 8 | p[i];
    return v;
}

static void set_signed(struct meta_value *v, uint64_t bits, size_t octets)
{
    unsigned shift = (unsigned)(64 - 8 * octets);

    v->kind = META_INT;
    v->i = (int64_t)(bits << shift) >> shift;
}

static void set_unsigned(struct meta_value *v, uint64_t bits)
{
    v->kind = bits > INT64_MAX ? META_UINT : META_INT;
    v->u = bits;
}

static void set_float(struct meta_value *v, uint64_t bits, size_t octets)
{
    uint32_t half = (uint32_t)bits;
    float f;

    v->kind = META_FLOAT;
    if (octets == 4) {
        memcpy(&f, &half, sizeof f);
        v->f = (double)f;
    } else {
        memcpy(&v->f, &bits, sizeof v->f);
    }
}

/* Octets of a value whose `len` octets of text follow `head` octets; 0 if it
 * ends beyond the bytes. */
static size_t set_text(struct meta_value *v,
                       enum meta_kind kind,
                       const uint8_t *p,
                       size_t left,
                       size_t head,
                       size_t len)
{
    if (left < head || left - head < len)
        return 0;
    v->kind = kind;
    v->data = p + head;
    v->len = len;
    return head + len;
}

static size_t set_compound(struct meta_value *v,
                           enum meta_kind kind,
                           size_t head,
                           size_t len)
{
    v->kind = kind;
    v->len = len;
    return head;
}

/* What the octets C0 to DF announce: how many octets of a number follow,
 * which is the value or its length.  By row and column: C0 nil, never used,
 * false, true, bin 8 16 32, ext 8 16 32, float 32 64, uint 8 16 32 64;
 * D0 int 8 16 32 64, fixext 1 2 4 8 16, str 8 16 32, array 16 32, map 16 32. */
static const uint8_t number_octets[32] = {
    0, 0, 0, 0, 1, 2, 4, 1, 2, 4, 4, 8, 1, 2, 4, 8, /* C0 to CF */
    1, 2, 4, 8, 0, 0, 0, 0, 0, 1, 2, 4, 2, 4, 2, 4, /* D0 to DF */
};

static size_t take_long(const uint8_t *p, size_t left, struct meta_value *v)
{
    uint8_t c = p[0];
    size_t octets = number_octets[c - 0xC0];
    size_t head = 1 + octets;
    uint64_t number;

    if (left < head)
        return 0;
    number = get_big_endian(p + 1, octets);
    if (c == 0xC0)
        v->kind = META_NIL;
    else if (c == 0xC1)
        return 0;
    else if (c <= 0xC3)
        v->kind = META_BOOL, v->boolean = c == 0xC3;
    else if (c <= 0xC6)
        return set_text(v, META_BIN, p, left, head, number);
    else if (c <= 0xC9) /* one octet of type stands before the data */
        return set_text(v, META_EXT, p, left, head + 1, number);
    else if (c <= 0xCB)
        set_float(v, number, octets);
    else if (c <= 0xCF)
        set_unsigned(v, number);
    else if (c <= 0xD3)
        set_signed(v, number, octets);
    else if (c <= 0xD8)
        return set_text(v, META_EXT, p, left, 2, (size_t)1 << (c - 0xD4));
    else if (c <= 0xDB)
        return set_text(v, META_STR, p, left, head, number);
    else if (c <= 0xDD)
        return set_compound(v, META_ARRAY, head, number);
    else
        return set_compound(v, META_MAP, head, number);
    return head;
}

/* Read the value at p, of an array or map its head alone.  Returns how many
 * octets that takes; 0 if there is none, or not all of it. */
static size_t take(const uint8_t *p, size_t left, struct meta_value *v)
{
    uint8_t c;

    v->data = NULL;
    v->len = 0;
    if (left == 0)
        return 0;
    c = p[0];
    if (c < 0x80) {
        set_unsigned(v, c);
        return 1;
    }
    if (c >= 0xE0) {
        set_signed(v, c, 1);
        return 1;
    }
    if (c < 0x90)
        return set_compound(v, META_MAP, 1, c & 0x0F);
    if (c < 0xA0)
        return set_compound(v, META_ARRAY, 1, c & 0x0F);
    if (c < 0xC0)
        return set_text(v, META_STR, p, left, 1, c & 0x1F);
    return take_long(p, left, v);
}

static bool is_compound(enum meta_kind kind)
{
    return kind == META_ARRAY || kind == META_MAP;
}

/* How many values an array or map holds. */
static uint64_t values_inside(const struct meta_value *v)
{
    return v->kind == META_MAP ? 2 * (uint64_t)v->len : v->len;
}

/* ---- checking ---- */

struct level {
    uint64_t left; /* values still to come; of a map, a key if it is even */
    bool is_map;
};

static bool may_be_key(enum meta_kind kind)
{
    return kind != META_NIL && kind != META_FLOAT && !is_compound(kind);
}

bool meta_check(const void *data, size_t len)
{
    /* The lowest level holds the one value that all of it must be. */
    struct level levels[META_DEPTH + 1] = {{1, false}};
    struct level *level = levels;
    const uint8_t *p = data;
    const uint8_t *end = len ? p + len : p;

    for (size_t count = 0; count < META_ELEMENTS; count++) {
        struct meta_value v;
        size_t octets = take(p, (size_t)(end - p), &v);

        if (octets == 0)
            return false;
        p += octets;
        if (level->is_map && level->left % 2 == 0 && !may_be_key(v.kind))
            return false;
        level->left--;
        if (is_compound(v.kind)) {
            /* A value takes an octet at least. */
            if (level == levels + META_DEPTH ||
                values_inside(&v) > (uint64_t)(end - p))
                return false;
            *++level = (struct level){values_inside(&v), v.kind == META_MAP};
        }
        while (level->left == 0) {
            if (level == levels)
                return p == end;
            level--;
        }
    }
    return false;
}

bool meta_check_map(const void *data, size_t len)
{
    struct meta_value v;

    if (len == 0)
        return true;
    return take(data, len, &v) != 0 && v.kind == META_MAP &&
           meta_check(data, len);
}

/* ---- reading ---- */

const char *meta_kind_name(enum meta_kind kind)
{
    static const char *const names[] = {
        [META_END] = "nothing",      [META_NIL] = "nil",
        [META_BOOL] = "a boolean",   [META_INT] = "an integer",
        [META_UINT] = "an integer",  [META_FLOAT] = "a float",
        [META_STR] = "a string",     [META_BIN] = "bytes",
        [META_ARRAY] = "an array",   [META_MAP] = "a map",
        [META_EXT] = "an extension",
    };

    return names[kind];
}

struct meta_reader meta_read(const void *data, size_t len)
{
    const uint8_t *p = data;

    return (struct meta_reader){p, len ? p + len : p};
}

bool meta_next(struct meta_reader *r, struct meta_value *v)
{
    size_t octets = take(r->p, (size_t)(r->end - r->p), v);

    if (octets == 0) {
        *v = (struct meta_value){.kind = META_END};
        return false;
    }
    v->raw = r->p;
    v->raw_len = is_compound(v->kind) ? 0 : octets;
    r->p += octets;
    return true;
}

bool meta_skip(struct meta_reader *r, const uint8_t **raw, size_t *len)
{
    const uint8_t *p = r->p;

    for (uint64_t todo = 1; todo > 0; todo--) {
        struct meta_value v;
        size_t octets = take(p, (size_t)(r->end - p), &v);

        if (octets == 0)
            return false;
        p += octets;
        if (is_compound(v.kind))
            todo += values_inside(&v);
    }
    if (raw)
        *raw = r->p;
    if (len)
        *len = (size_t)(p - r->p);
    r->p = p;
    return true;
}

/* Read the value at r, and make *inside span what a compound holds. */
static bool enter(struct meta_reader r,
                  struct meta_value *v,
                  struct meta_reader *inside)
{
    struct meta_reader whole = r;

    if (!meta_next(&r, v))
        return false;
    if (!inside)
        return true;
    if (!meta_skip(&whole, NULL, NULL))
        return false;
    *inside = (struct meta_reader){r.p, whole.p};
    return true;
}

static bool is_number(const struct meta_value *v, uint64_t n)
{
    return (v->kind == META_INT || v->kind == META_UINT) && v->u == n &&
           (v->kind == META_UINT || v->i >= 0);
}

/* By text if it is not NULL, by number otherwise. */
static bool find(struct meta_reader r,
                 uint64_t number,
                 const char *text,
                 struct meta_value *v,
                 struct meta_reader *inside)
{
    struct meta_value map;
    struct meta_value key;

    if (meta_next(&r, &map) && map.kind == META_MAP) {
        for (size_t i = 0; i < map.len; i++) {
            if (!meta_next(&r, &key))
                break;
            if (text ? meta_is(&key, text) : is_number(&key, number))
                return enter(r, v, inside);
            if (!meta_skip(&r, NULL, NULL))
                break;
        }
    }
    *v = (struct meta_value){.kind = META_END};
    return false;
}

bool meta_find(const void *data,
               size_t len,
               uint64_t key,
               struct meta_value *v,
               struct meta_reader *inside)
{
    return find(meta_read(data, len), key, NULL, v, inside);
}

bool meta_find_text(const void *data,
                    size_t len,
                    const char *key,
                    struct meta_value *v,
                    struct meta_reader *inside)
{
    return find(meta_read(data, len), 0, key, v, inside);
}

int64_t meta_int(const void *data, size_t len, uint64_t key, int64_t fallback)
{
    /* 2^63 is the first whole number that int64 does not hold; -2^63 the
     * last that it does. */
    static const double limit = 9223372036854775808.0;
    struct meta_value v;

    meta_find(data, len, key, &v, NULL);
    if (v.kind == META_INT)
        return v.i;
    if (v.kind == META_FLOAT && v.f >= -limit && v.f < limit &&
        v.f == (double)(int64_t)v.f)
        return (int64_t)v.f;
    return fallback;
}

bool meta_bool(const void *data, size_t len, uint64_t key, bool fallback)
{
    struct meta_value v;

    meta_find(data, len, key, &v, NULL);
    return v.kind == META_BOOL ? v.boolean : fallback;
}

ptrdiff_t meta_text(
    const void *data, size_t len, uint64_t key, char *to, size_t size)
{
    struct meta_value v;
    bool found;
    size_t n;

    meta_find(data, len, key, &v, NULL);
    found = v.kind == META_STR || v.kind == META_BIN;
    if (size > 0) {
        n = found && v.len < size ? v.len : found ? size - 1 : 0;
        if (n > 0)
            memcpy(to, v.data, n);
        to[n] = '\0';
    }
    return found ? (ptrdiff_t)v.len : -1;
}

bool meta_is(const struct meta_value *v, const char *text)
{
    return v->kind == META_STR && v->len == strlen(text) &&
           memcmp(v->data, text, v->len) == 0;
}

void meta_show(const struct meta_value *v, char *to, size_t size)
{
    switch (v->kind) {
    case META_NIL:
        snprintf(to, size, "nil");
        break;
    case META_BOOL:
        snprintf(to, size, v->boolean ? "true" : "false");
        break;
    case META_INT:
        snprintf(to, size, "%lld", (long long)v->i);
        break;
    case META_UINT:
        snprintf(to, size, "%llu", (unsigned long long)v->u);
        break;
    case META_FLOAT:
        snprintf(to, size, "%.15g", v->f);
        break;
    case META_STR:
        snprintf(to, size, "\"%.*s\"", v->len < 40 ? (int)v->len : 40,
                 (const char *)v->data);
        break;
    case META_BIN:
        snprintf(to, size, "binary");
        break;
    case META_ARRAY:
        snprintf(to, size, "this array of %zu", v->len);
        break;
    case META_MAP:
        snprintf(to, size, "this map of %zu", v->len);
        break;
    default:
        snprintf(to, size, "this");
        break;
    }
}
