/* computations.c - a list: there are tens of them, seldom thousands; and an
 * index by target, which every job has */
#include "config.h"

#include "computations.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "meta.h"
#include "meta_keys.h"

void computations_open(struct computations *c)
{
    list_init(&c->all);
    list_init(&c->asked);
    c->last_transfer = 0;
    pool_init(&c->pool, sizeof(struct computation));
    c->by_target = (struct idmap){0};
}

void computations_clear(struct computations *c)
{
    while (!list_is_empty(&c->all))
        computations_remove(c,
                            LIST_ENTRY(c->all.next, struct computation, node));
    pool_clear(&c->pool);
    idmap_clear(&c->by_target);
}

#define EACH(c, it)                                                            \
    for (struct list *n_ = (c)->all.next;                                      \
         n_ != &(c)->all &&                                                    \
         ((it) = LIST_ENTRY(n_, struct computation, node), true);              \
         n_ = n_->next)

struct computation *computations_find(const struct computations *c,
                                      uint32_t account,
                                      const struct digest *identity)
{
    struct computation *it;

    EACH(c, it)
    if (it->account == account && digest_equal(&it->identity, identity))
        return it;
    return NULL;
}

struct computation *computations_by_name(const struct computations *c,
                                         uint32_t account,
                                         const char *name)
{
    struct computation *it;

    EACH(c, it)
    if (it->account == account && it->target && !strcmp(it->name, name))
        return it;
    return NULL;
}

struct computation *computations_by_target(const struct computations *c,
                                           uint32_t target)
{
    uint32_t place = idmap_get(&c->by_target, target);

    return place == IDMAP_NONE ? NULL
                               : POOL_AT(&c->pool, struct computation, place);
}

struct computation *computations_by_transfer(const struct computations *c,
                                             uint64_t transfer)
{
    for (struct list *n = c->asked.next; n != &c->asked; n = n->next) {
        struct computation *it = LIST_ENTRY(n, struct computation, asked);

        if (it->transfer == transfer)
            return it;
    }
    return NULL;
}

const struct computation_file *computations_file(
    const struct computations *c,
    const struct digest *hash,
    const struct computation **owner)
{
    struct computation *it;

    EACH(c, it)
    for (size_t i = 0; it->target && i < it->file_count; i++)
        if (it->files[i].size > 0 && /* else the hash proves nothing */
            digest_equal(&it->files[i].hash, hash)) {
            *owner = it;
            return &it->files[i];
        }
    return NULL;
}

bool computations_fit(const struct computations *c,
                      uint32_t account,
                      size_t len)
{
    const struct computation *it;
    size_t count = 0;

    EACH(c, it)
    if (it->account == account) {
        count++;
        len += it->manifest_len;
    }
    return count < COMPUTATIONS_MAX && len <= COMPUTATIONS_BYTES;
}

void computations_path(const struct computation *c,
                       size_t i,
                       char *to,
                       size_t size)
{
    struct bundle bundle;
    struct bundle_file file;

    to[0] = '\0';
    if (bundle_decode(&bundle, c->manifest, c->manifest_len, NULL))
        return;
    for (size_t k = 0; bundle_next_file(&bundle.files, &file); k++)
        if (k == i) {
            snprintf(to, size, "%.*s", (int)file.path.len, file.path.data);
            return;
        }
}

static int copy_files(struct computation *it, const struct bundle *bundle)
{
    struct meta_reader files = bundle->files;
    struct bundle_file file;

    it->files = calloc(bundle->file_count + 1, sizeof *it->files);
    if (!it->files)
        return -1;
    while (it->file_count < bundle->file_count &&
           bundle_next_file(&files, &file)) {
        it->files[it->file_count].hash = file.hash;
        it->files[it->file_count++].size = file.size;
    }
    return 0;
}

/* What has no target yet has this one in the map: so there is room for the
 * real one. */
static uint64_t no_target(uint32_t place)
{
    return UINT64_C(1) << 32 | place;
}

struct computation *computations_add(struct computations *c,
                                     uint32_t account,
                                     const struct bundle *bundle,
                                     const struct digest *identity,
                                     const void *manifest,
                                     size_t len)
{
    uint32_t place = pool_take(&c->pool);
    struct computation *it;

    if (place == POOL_NONE)
        return NULL;
    if (idmap_put(&c->by_target, no_target(place), place)) {
        pool_give(&c->pool, place);
        return NULL;
    }
    it = POOL_AT(&c->pool, struct computation, place);
    it->place = place;
    list_init(&it->waiting);
    list_init(&it->asked);
    list_prepend(&c->all, &it->node);
    it->account = account;
    it->identity = *identity;
    it->manifest = malloc(len);
    it->manifest_len = len;
    if (!it->manifest || copy_files(it, bundle)) {
        computations_remove(c, it);
        return NULL;
    }
    memcpy(it->manifest, manifest, len);
    snprintf(it->name, sizeof it->name, "%.*s", (int)bundle->name.len,
             bundle->name.data);
    snprintf(it->kind, sizeof it->kind, "%s", bundle_kind_name(bundle->kind));
    return it;
}

void computations_set_target(struct computations *c,
                             struct computation *it,
                             uint32_t target)
{
    idmap_take(&c->by_target, no_target(it->place));
    idmap_put(&c->by_target, target, it->place);
    it->target = target;
}

/* Takes the table. */
static int keep(struct computation *c,
                struct meta_writer *table,
                struct par_error *err)
{
    int result = 0;

    if (table->failed)
        result = par_fail(err, ENOMEM, "out of memory");
    else if (table->len > COMPUTATIONS_TABLE)
        result = par_fail(err, E2BIG,
                          "its table of functions has %zu octets; %d can be "
                          "told",
                          table->len, COMPUTATIONS_TABLE);
    else if (c->table && (c->table_len != table->len ||
                          memcmp(c->table, table->data, table->len)))
        result = par_fail(err, EINVAL,
                          "its functions are not those that another worker "
                          "found");
    if (result || c->table) {
        meta_writer_clear(table);
        return result;
    }
    c->table = table->data;
    c->table_len = table->len;
    return 0;
}

/* Walk [[name, signature], ...]: the next entry, whole. */
static bool next_function(struct meta_reader *in,
                          const uint8_t **raw,
                          size_t *len)
{
    struct meta_reader inside = *in;
    struct meta_value v;

    return meta_next(&inside, &v) && v.kind == META_ARRAY && v.len == 2 &&
           meta_next(&inside, &v) && v.kind == META_STR && v.len > 0 &&
           v.len <= BUNDLE_FUNCTION && meta_next(&inside, &v) &&
           v.kind == META_STR && meta_skip(in, raw, len);
}

int computations_keep_table(struct computation *c,
                            const void *meta,
                            size_t len,
                            struct par_error *err)
{
    struct meta_writer table = {0};
    struct meta_value v;
    struct meta_reader in;
    const uint8_t *raw;
    size_t raw_len, count;

    if (!meta_find(meta, len, KEY_READY_FUNCTIONS, &v, &in)) {
        v.kind = META_ARRAY;
        v.len = 0;
    }
    count = v.len;
    if (v.kind != META_ARRAY || count > BUNDLE_FUNCTIONS)
        return par_fail(err, EINVAL, "its functions are no list of at most %d",
                        BUNDLE_FUNCTIONS);
    /* Written anew: equal tables are then equal octets. */
    meta_put_array(&table, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        if (!next_function(&in, &raw, &raw_len)) {
            meta_writer_clear(&table);
            return par_fail(err, EINVAL,
                            "its function %zu is no [name, signature]", i);
        }
        meta_put_raw(&table, raw, raw_len);
    }
    return keep(c, &table, err);
}

void computations_remove(struct computations *c, struct computation *it)
{
    while (!list_is_empty(&it->waiting)) {
        struct list *node = it->waiting.next;

        list_remove(node);
        free(LIST_ENTRY(node, struct waiting_setup, node));
    }
    list_remove(&it->node);
    list_remove(&it->asked);
    free(it->files);
    free(it->manifest);
    free(it->table);
    idmap_take(&c->by_target, it->target ? it->target : no_target(it->place));
    pool_give(&c->pool, it->place);
}
