/* meta_write.c - a growing buffer that msgpack-c packs into
 *
 * A failed allocation is noted and the rest ignored: callers look at `failed`
 * once, at the end.
 */
#include "config.h"

#include "meta.h"

#include <msgpack/pack.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIRST_SIZE = 256,
    LONG_HEAD = 5, /* octets of a map's or an array's longest head */
    ARRAY_32 = 0xDD,
    MAP_32 = 0xDF
};

void meta_writer_clear(struct meta_writer *w)
{
    free(w->data);
    *w = (struct meta_writer){0};
}

void meta_writer_reset(struct meta_writer *w)
{
    w->len = 0;
    w->failed = false;
}

static int grow(struct meta_writer *w, size_t n)
{
    size_t size = w->size ? w->size : FIRST_SIZE;
    uint8_t *data;

    if (n > SIZE_MAX / 2 - w->len)
        return -1;
    while (size < w->len + n)
        size *= 2;
    data = realloc(w->data, size);
    if (!data)
        return -1;
    w->data = data;
    w->size = size;
    return 0;
}

uint8_t *meta_room(struct meta_writer *w, size_t n)
{
    if (w->failed)
        return NULL;
    /* Grows for nothing too, so that NULL always means out of memory. */
    if (!w->data || n > w->size - w->len) {
        if (grow(w, n) < 0) {
            w->failed = true;
            return NULL;
        }
    }
    return w->data + w->len;
}

void meta_put_raw(struct meta_writer *w, const void *data, size_t n)
{
    uint8_t *to = meta_room(w, n);

    if (!to || n == 0)
        return;
    memcpy(to, data, n);
    w->len += n;
}

/* What msgpack-c calls with the bytes that it made. */
static int put(void *w, const char *data, size_t n)
{
    meta_put_raw(w, data, n);
    return 0;
}

static msgpack_packer packer(struct meta_writer *w)
{
    msgpack_packer p;

    msgpack_packer_init(&p, w, put);
    return p;
}

void meta_put_map(struct meta_writer *w, uint32_t pairs)
{
    msgpack_packer p = packer(w);

    msgpack_pack_map(&p, pairs);
}

void meta_put_array(struct meta_writer *w, uint32_t values)
{
    msgpack_packer p = packer(w);

    msgpack_pack_array(&p, values);
}

void meta_put_nil(struct meta_writer *w)
{
    msgpack_packer p = packer(w);

    msgpack_pack_nil(&p);
}

void meta_put_bool(struct meta_writer *w, bool v)
{
    msgpack_packer p = packer(w);

    if (v)
        msgpack_pack_true(&p);
    else
        msgpack_pack_false(&p);
}

void meta_put_int(struct meta_writer *w, int64_t v)
{
    msgpack_packer p = packer(w);

    msgpack_pack_int64(&p, v);
}

void meta_put_uint(struct meta_writer *w, uint64_t v)
{
    msgpack_packer p = packer(w);

    msgpack_pack_uint64(&p, v);
}

void meta_put_float(struct meta_writer *w, double v)
{
    msgpack_packer p = packer(w);

    msgpack_pack_double(&p, v);
}

void meta_put_str(struct meta_writer *w, const char *text)
{
    meta_put_strn(w, text, strlen(text));
}

void meta_put_strn(struct meta_writer *w, const char *text, size_t n)
{
    msgpack_packer p = packer(w);

    if (n > UINT32_MAX) {
        w->failed = true;
        return;
    }
    msgpack_pack_str_with_body(&p, text, n);
}

void meta_put_bin(struct meta_writer *w, const void *data, size_t n)
{
    msgpack_packer p = packer(w);

    if (n > UINT32_MAX) {
        w->failed = true;
        return;
    }
    msgpack_pack_bin_with_body(&p, data, n);
}

void meta_pair_int(struct meta_writer *w, uint64_t key, int64_t v)
{
    meta_put_uint(w, key);
    meta_put_int(w, v);
}

void meta_pair_str(struct meta_writer *w, uint64_t key, const char *text)
{
    meta_put_uint(w, key);
    meta_put_str(w, text);
}

void meta_pair_bin(struct meta_writer *w, uint64_t key, const void *p, size_t n)
{
    meta_put_uint(w, key);
    meta_put_bin(w, p, n);
}

/* The count is not known yet, so the head takes its longest form. */
static size_t open_head(struct meta_writer *w, uint8_t first)
{
    uint8_t head[LONG_HEAD] = {first};
    size_t mark = w->len;

    meta_put_raw(w, head, sizeof head);
    return mark;
}

static void close_head(struct meta_writer *w, size_t mark, uint32_t count)
{
    if (w->failed)
        return;
    for (size_t i = 1; i < LONG_HEAD; i++)
        w->data[mark + i] = (uint8_t)(count >> 8 * (LONG_HEAD - 1 - i));
}

size_t meta_open_map(struct meta_writer *w)
{
    return open_head(w, MAP_32);
}

void meta_close_map(struct meta_writer *w, size_t mark, uint32_t pairs)
{
    close_head(w, mark, pairs);
}

size_t meta_open_array(struct meta_writer *w)
{
    return open_head(w, ARRAY_32);
}

void meta_close_array(struct meta_writer *w, size_t mark, uint32_t values)
{
    close_head(w, mark, values);
}
