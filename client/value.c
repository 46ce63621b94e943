/* value.c - struct par_value to msgpack */
#include "config.h"

#include "value.h"

#include <errno.h>
#include <string.h>

struct par_value par_value_strn(const char *text, size_t len)
{
    struct par_value v = {PAR_T_STR, {0}, text, len};

    return v;
}

struct par_value par_value_str(const char *text)
{
    return text ? par_value_strn(text, strlen(text)) : par_value_nil();
}

struct par_value par_value_bytes(const void *data, size_t len)
{
    struct par_value v = {PAR_T_BYTES, {0}, data, len};

    return v;
}

struct par_value par_value_raw(const void *msgpack, size_t len)
{
    struct par_value v = {PAR_T_RAW, {0}, msgpack, len};

    return v;
}

static int put(struct meta_writer *w,
               const struct par_value *v,
               size_t index,
               struct par_error *err)
{
    switch (v->type) {
    case PAR_T_NIL:
        meta_put_nil(w);
        return 0;
    case PAR_T_BOOL:
        meta_put_bool(w, v->boolean);
        return 0;
    case PAR_T_INT:
        meta_put_int(w, v->i);
        return 0;
    case PAR_T_FLOAT:
        meta_put_float(w, v->f);
        return 0;
    case PAR_T_STR:
        meta_put_strn(w, v->data, v->len);
        return 0;
    case PAR_T_BYTES:
        meta_put_bin(w, v->data, v->len);
        return 0;
    case PAR_T_ARRAY:
    case PAR_T_MAP:
    case PAR_T_END:
        break; /* only par_read() makes these */
    case PAR_T_RAW:
        if (!meta_check(v->data, v->len))
            break;
        meta_put_raw(w, v->data, v->len);
        return 0;
    }
    return par_fail(err, EINVAL, "argument %zu: %s", index + 1,
                    v->type == PAR_T_RAW ? "not one msgpack value"
                                         : "of no type that there is");
}

int value_put_array(struct meta_writer *w,
                    const struct par_value *values,
                    size_t count,
                    struct par_error *err)
{
    meta_put_array(w, (uint32_t)count);
    for (size_t i = 0; i < count; i++)
        if (put(w, &values[i], i, err))
            return -1;
    return w->failed ? par_fail(err, ENOMEM, "out of memory") : 0;
}

int value_put_call(struct meta_writer *meta,
                   const char *function,
                   const struct par_value *args,
                   size_t count,
                   struct par_error *err)
{
    struct meta_writer packed = {0};
    int rc = value_put_array(&packed, args, count, err);

    if (rc == 0) {
        meta_put_uint(meta, VALUE_CALL);
        meta_put_array(meta, 2);
        meta_put_str(meta, function);
        meta_put_bin(meta, packed.data, packed.len);
    }
    meta_writer_clear(&packed);
    return rc;
}
