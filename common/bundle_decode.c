/* bundle_decode.c - a manifest, pair by pair, and what must fit together */
#include "config.h"

#include "bundle.h"

#include <errno.h>
#include <stdio.h>

#include "bundle_keys.h"
#include "wire.h"

/* Read the value under a key; `whole` spans it. */
static int read_field(struct bundle *b,
                      const struct bundle_field *field,
                      struct meta_reader whole,
                      struct par_error *err)
{
    struct meta_value v;

    meta_next(&whole, &v);
    if (v.kind == META_NIL)
        return 0;
    if (v.kind != field->kind)
        return par_fail(err, EINVAL, "%s is %s, wanted is %s", field->name,
                        meta_kind_name(v.kind), meta_kind_name(field->kind));
    if (field->read(b, &v, whole, err) < 0)
        return par_fail_in(err, field->name);
    return 0;
}

/* Read one pair of the manifest, and pass over it. */
static int read_pair(struct bundle *b,
                     struct meta_reader *r,
                     uint64_t *seen,
                     struct par_error *err)
{
    struct meta_reader whole;
    struct meta_value key;

    meta_next(r, &key);
    whole.p = r->p;
    meta_skip(r, NULL, NULL);
    whole.end = r->p;
    if (key.kind == META_STR || key.kind == META_UINT ||
        (key.kind == META_INT && key.i >= BUNDLE_KEYS))
        return 0;
    if (key.kind != META_INT || key.i < 0)
        return par_fail(err, EINVAL, "a key is %s", meta_kind_name(key.kind));
    if (!bundle_fields[key.i].read)
        return par_fail(err, ENOTSUP, "key %d is not supported", (int)key.i);
    if (*seen & UINT64_C(1) << key.i)
        return par_fail(err, EINVAL, "%s comes twice",
                        bundle_fields[key.i].name);
    *seen |= UINT64_C(1) << key.i;
    return read_field(b, &bundle_fields[key.i], whole, err);
}

/* Does it have the files that its kind is made of? */
static int check_kind(const struct bundle *b, struct par_error *err)
{
    struct meta_reader r = b->files;
    struct bundle_file file;

    if (b->kind == BUNDLE_SOURCE) {
        while (bundle_next_file(&r, &file))
            if (file.path.len > 2 &&
                memcmp(file.path.data + file.path.len - 2, ".c", 2) == 0)
                return 0;
        return par_fail(err, EINVAL,
                        "kind source needs a file that ends in .c");
    }
    if ((b->kind == BUNDLE_OBJECT || b->kind == BUNDLE_SELF) &&
        b->file_count == 0)
        return par_fail(err, EINVAL, "kind %s needs a file",
                        bundle_kind_name(b->kind));
    return 0;
}

static int check_sizes(const struct bundle *b, struct par_error *err)
{
    struct meta_reader r = b->files;
    struct bundle_file file;
    char what[BUNDLE_QUOTE];

    if (b->max_file_size == 0)
        return 0;
    while (bundle_next_file(&r, &file)) {
        if (file.size <= b->max_file_size)
            continue;
        snprintf(what, sizeof what, "has %llu octets, max_file_size is %llu",
                 (unsigned long long)file.size,
                 (unsigned long long)b->max_file_size);
        return bundle_fail(err, E2BIG, file.path, what);
    }
    return 0;
}

static int decode(struct bundle *b,
                  const void *data,
                  size_t len,
                  struct par_error *err)
{
    struct meta_reader r = meta_read(data, len);
    struct meta_value map;
    uint64_t seen = 0;

    if (len > WIRE_ITEM_MAX)
        return par_fail(err, E2BIG, "%zu octets, at most %d", len,
                        WIRE_ITEM_MAX);
    if (len == 0 || !meta_check_map(data, len))
        return par_fail(err, EINVAL, "it is not one msgpack map");
    meta_next(&r, &map);
    for (size_t i = 0; i < map.len; i++)
        if (read_pair(b, &r, &seen, err) < 0)
            return -1;
    if (!b->name.data)
        return par_fail(err, EINVAL, "key 1 (name) is missing");
    if (b->kind == BUNDLE_KINDS)
        return par_fail(err, EINVAL, "key 2 (kind) is missing");
    if (check_kind(b, err) < 0)
        return -1;
    return check_sizes(b, err);
}

int bundle_decode(struct bundle *b,
                  const void *data,
                  size_t len,
                  struct par_error *err)
{
    *b = (struct bundle){.kind = BUNDLE_KINDS, .cleanup = true};
    return decode(b, data, len, err) < 0 ? par_fail_in(err, "manifest") : 0;
}
