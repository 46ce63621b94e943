#include "config.h"

#include "bundle.h"

#include "bundle_keys.h"

static const char *const kind_names[BUNDLE_KINDS] = {
    [BUNDLE_SELF] = "self",     [BUNDLE_OBJECT] = "object",
    [BUNDLE_SOURCE] = "source", [BUNDLE_EXEC] = "exec",
    [BUNDLE_PYTHON] = "python",
};

const char *const bundle_hook_names[BUNDLE_HOOKS] = {
    [BUNDLE_HOST_SETUP] = "host_setup",
    [BUNDLE_SLOT_SETUP] = "slot_setup",
    [BUNDLE_CLIENT_SETUP] = "client_setup",
    [BUNDLE_CLIENT_CLOSE] = "client_close",
    [BUNDLE_SLOT_CLOSE] = "slot_close",
    [BUNDLE_HOST_CLOSE] = "host_close",
};

const char *const bundle_limit_names[BUNDLE_LIMITS] = {
    [BUNDLE_CPU] = "cpu",     [BUNDLE_FSIZE] = "fsize",
    [BUNDLE_MEM] = "mem",     [BUNDLE_NOFILE] = "nofile",
    [BUNDLE_NPROC] = "nproc", [BUNDLE_WALL] = "wall",
};

size_t bundle_find_word(const char *const *names,
                        size_t count,
                        const char *text,
                        size_t len)
{
    size_t i;

    for (i = 0; i < count; i++)
        if (strlen(names[i]) == len && memcmp(names[i], text, len) == 0)
            break;
    return i;
}

const char *bundle_kind_name(enum bundle_kind kind)
{
    return kind_names[kind];
}

enum bundle_kind bundle_kind_parse(const char *text, size_t len)
{
    return (enum bundle_kind)bundle_find_word(kind_names, BUNDLE_KINDS, text,
                                              len);
}

/* ---- stepping through lists ---- */

static bool take_text(struct meta_reader *r, struct bundle_text *text)
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

bool bundle_is_uint(const struct meta_value *v, uint64_t *n)
{
    if (v->kind == META_FLOAT && v->f >= 0 && v->f <= 9007199254740992.0 &&
        v->f == (double)(uint64_t)v->f) {
        *n = (uint64_t)v->f;
        return true;
    }
    *n = v->u;
    return v->kind == META_UINT || (v->kind == META_INT && v->i >= 0);
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
    return take_array(r, 2) && take_text(r, &f->name) &&
           take_text(r, &f->signature);
}

bool bundle_next_file(struct meta_reader *r, struct bundle_file *file)
{
    uint64_t mode;

    if (!take_array(r, 4) || !take_text(r, &file->path) ||
        !take_hash(r, &file->hash) || !take_uint(r, &file->size) ||
        !take_uint(r, &mode))
        return false;
    file->mode = (unsigned)mode & 0755;
    return true;
}

bool bundle_next_pair(struct meta_reader *r, struct bundle_pair *pair)
{
    return take_text(r, &pair->key) && take_text(r, &pair->value);
}

bool bundle_next_text(struct meta_reader *r, struct bundle_text *text)
{
    return take_text(r, text);
}

ptrdiff_t bundle_find_function(const struct bundle *b,
                               const char *name,
                               size_t len)
{
    struct meta_reader r = b->functions;
    struct bundle_function f;

    for (ptrdiff_t i = 0; bundle_next_function(&r, &f); i++)
        if (f.name.len == len && memcmp(f.name.data, name, len) == 0)
            return i;
    return -1;
}
