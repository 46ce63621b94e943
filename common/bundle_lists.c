/* bundle_lists.c - one step through a list of a manifest
 *
 * bundle_fields.c checks each element as it steps, so nobody has to again.
 */
#include "config.h"

#include "bundle.h"

#include "bundle_keys.h"

bool bundle_next_text(struct meta_reader *r, struct bundle_text *text)
{
    struct meta_value v;

    if (!meta_next(r, &v) || v.kind != META_STR)
        return false;
    *text = (struct bundle_text){(const char *)v.data, v.len};
    return true;
}

static bool take_array(struct meta_reader *r, size_t len)
{
    struct meta_value v;

    return meta_next(r, &v) && v.kind == META_ARRAY && v.len == len;
}

static bool take_uint(struct meta_reader *r, uint64_t *n)
{
    struct meta_value v;

    return meta_next(r, &v) && bundle_is_uint(&v, n);
}

static bool take_hash(struct meta_reader *r, struct digest *hash)
{
    struct meta_value v;

    if (!meta_next(r, &v) || (v.kind != META_BIN && v.kind != META_STR) ||
        v.len != DIGEST_SIZE)
        return false;
    memcpy(hash->bytes, v.data, DIGEST_SIZE);
    return true;
}

bool bundle_next_function(struct meta_reader *r, struct bundle_function *f)
{
    return take_array(r, 2) && bundle_next_text(r, &f->name) &&
           bundle_next_text(r, &f->signature);
}

bool bundle_next_file(struct meta_reader *r, struct bundle_file *file)
{
    uint64_t mode;

    if (!take_array(r, 4) || !bundle_next_text(r, &file->path) ||
        !take_hash(r, &file->hash) || !take_uint(r, &file->size) ||
        !take_uint(r, &mode))
        return false;
    file->mode = (unsigned)mode & 0755;
    return true;
}

bool bundle_next_pair(struct meta_reader *r, struct bundle_pair *pair)
{
    return bundle_next_text(r, &pair->key) && bundle_next_text(r, &pair->value);
}
