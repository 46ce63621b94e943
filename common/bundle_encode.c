/* bundle_encode.c - a manifest in its one form, decoded before it is given */
#include "config.h"

#include "bundle.h"

#include <errno.h>
#include <stdlib.h>

#include "bundle_keys.h"

static void put_text(struct meta_writer *out, struct bundle_text text)
{
    meta_put_strn(out, text.data ? text.data : "", text.len);
}

static int compare_keys(const void *left, const void *right)
{
    const struct bundle_text *a = &((const struct bundle_pair *)left)->key;
    const struct bundle_text *b = &((const struct bundle_pair *)right)->key;
    size_t common = a->len < b->len ? a->len : b->len;
    int order = memcmp(a->data, b->data, common);

    return order ? order : (a->len > b->len) - (a->len < b->len);
}

static void put_pairs(struct meta_writer *out,
                      unsigned key,
                      struct bundle_pair *pairs,
                      size_t count)
{
    if (count == 0)
        return;
    qsort(pairs, count, sizeof *pairs, compare_keys);
    meta_put_uint(out, key);
    meta_put_map(out, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        put_text(out, pairs[i].key);
        put_text(out, pairs[i].value);
    }
}

static void put_functions(struct meta_writer *out, const struct bundle_draft *d)
{
    if (d->function_count == 0)
        return;
    meta_put_uint(out, KEY_MANIFEST_FUNCTIONS);
    meta_put_array(out, (uint32_t)d->function_count);
    for (size_t i = 0; i < d->function_count; i++) {
        meta_put_array(out, 2);
        put_text(out, d->functions[i].name);
        put_text(out, d->functions[i].signature);
    }
}

static void put_files(struct meta_writer *out, const struct bundle_draft *d)
{
    if (d->file_count == 0)
        return;
    meta_put_uint(out, KEY_MANIFEST_FILES);
    meta_put_array(out, (uint32_t)d->file_count);
    for (size_t i = 0; i < d->file_count; i++) {
        const struct bundle_file *file = &d->files[i];

        meta_put_array(out, 4);
        put_text(out, file->path);
        meta_put_bin(out, file->hash.bytes, DIGEST_SIZE);
        meta_put_uint(out, file->size);
        meta_put_uint(out, file->mode);
    }
}

static uint32_t count_hooks(const struct bundle_draft *d)
{
    uint32_t count = 0;

    for (size_t i = 0; i < BUNDLE_HOOKS; i++)
        count += d->hooks[i] != NULL;
    return count;
}

static void put_hooks(struct meta_writer *out, const struct bundle_draft *d)
{
    /* by name, ascending */
    static const enum bundle_hook order[BUNDLE_HOOKS] = {
        BUNDLE_CLIENT_CLOSE, BUNDLE_CLIENT_SETUP, BUNDLE_HOST_CLOSE,
        BUNDLE_HOST_SETUP,   BUNDLE_SLOT_CLOSE,   BUNDLE_SLOT_SETUP,
    };
    uint32_t count = count_hooks(d);

    if (count == 0)
        return;
    meta_put_uint(out, KEY_MANIFEST_HOOKS);
    meta_put_map(out, count);
    for (size_t i = 0; i < BUNDLE_HOOKS; i++) {
        enum bundle_hook hook = order[i];

        if (!d->hooks[hook])
            continue;
        meta_put_str(out, bundle_hook_names[hook]);
        meta_put_str(out, d->hooks[hook]);
    }
}

static uint32_t count_limits(const struct bundle_draft *d)
{
    uint32_t count = 0;

    for (size_t i = 0; i < BUNDLE_LIMITS; i++)
        count += d->limits[i] != 0;
    return count;
}

static void put_limits(struct meta_writer *out, const struct bundle_draft *d)
{
    uint32_t count = count_limits(d);

    if (count == 0)
        return;
    meta_put_uint(out, KEY_MANIFEST_LIMITS);
    meta_put_map(out, count);
    for (size_t i = 0; i < BUNDLE_LIMITS; i++) {
        if (d->limits[i] == 0)
            continue;
        meta_put_str(out, bundle_limit_names[i]);
        meta_put_uint(out, d->limits[i]);
    }
}

static void put_caps(struct meta_writer *out, const struct bundle_draft *d)
{
    if (d->max_file_size == 0)
        return;
    meta_put_uint(out, KEY_MANIFEST_CAPS);
    meta_put_map(out, 1);
    meta_put_str(out, "max_file_size");
    meta_put_uint(out, d->max_file_size);
}

static void put_argv(struct meta_writer *out, const struct bundle_draft *d)
{
    if (d->argv_count == 0)
        return;
    meta_put_uint(out, KEY_MANIFEST_ARGV);
    meta_put_array(out, (uint32_t)d->argv_count);
    for (size_t i = 0; i < d->argv_count; i++)
        put_text(out, d->argv[i]);
}

static void put_local(struct meta_writer *out, const struct bundle_draft *d)
{
    if (!d->local)
        return;
    meta_put_uint(out, KEY_MANIFEST_LOCAL);
    meta_put_map(out, d->local_env_count ? 5 : 4);
    meta_put_uint(out, KEY_LOCAL_HOST_ID);
    put_text(out, d->local->host_id);
    meta_pair_int(out, KEY_LOCAL_UID, d->local->uid);
    meta_put_uint(out, KEY_LOCAL_CWD);
    put_text(out, d->local->cwd);
    meta_pair_int(out, KEY_LOCAL_UMASK, d->local->umask);
    put_pairs(out, KEY_LOCAL_ENV, d->local_env, d->local_env_count);
}

static uint32_t count_keys(const struct bundle_draft *d)
{
    uint32_t count = 2; /* name and kind */

    count += d->function_count > 0;
    count += d->file_count > 0;
    count += count_hooks(d) > 0;
    count += d->env_count > 0;
    count += count_limits(d) > 0;
    count += d->keep_files;
    count += d->max_file_size > 0;
    count += d->argv_count > 0;
    count += d->local != NULL;
    return count;
}

int bundle_encode(struct meta_writer *out,
                  const struct bundle_draft *draft,
                  struct par_error *err)
{
    size_t before = out->len;
    struct bundle b;

    meta_put_map(out, count_keys(draft));
    meta_pair_str(out, KEY_MANIFEST_NAME, draft->name ? draft->name : "");
    meta_pair_str(out, KEY_MANIFEST_KIND, bundle_kind_name(draft->kind));
    put_functions(out, draft);
    put_files(out, draft);
    put_hooks(out, draft);
    put_pairs(out, KEY_MANIFEST_ENV, draft->env, draft->env_count);
    put_limits(out, draft);
    if (draft->keep_files) {
        meta_put_uint(out, KEY_MANIFEST_CLEANUP);
        meta_put_bool(out, false);
    }
    put_caps(out, draft);
    put_argv(out, draft);
    put_local(out, draft);
    if (out->failed)
        return par_fail(err, ENOMEM, "out of memory");
    /* Whoever receives it checks it the same way: one place for the rules. */
    if (bundle_decode(&b, out->data + before, out->len - before, err) == 0)
        return 0;
    out->len = before;
    return -1;
}
