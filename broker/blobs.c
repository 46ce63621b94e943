/* blobs.c - places on the shelf, by account and hash */
#include "config.h"

#include "blobs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "keymap.h"
#include "list.h"
#include "pool.h"
#include "shelf.h"

enum { ROOM = 16384 }; /* octets of a block; bounds the number of small blobs */

#define CAP_MAX (UINT64_C(1) << 56) /* so that sums of it fit */

struct blob {
    uint32_t account; /* 0: the place in the pool is free */
    uint32_t holds;   /* 0: idle, kept while there is room */
    struct digest hash;
    uint64_t size;
    uint64_t have;
    struct digest_state *state; /* while it arrives */
    bool whole;
    struct shelf_place place;
    struct list idle; /* the longest idle first */
};

struct blobs {
    struct shelf shelf;
    uint64_t cap;
    uint64_t share; /* of the cap, for one account */
    uint64_t seed;
    uint64_t bytes; /* promised in all */
    uint64_t *of;   /* promised to account i: of[i] */
    uint32_t of_size;
    struct pool pool;
    struct keymap places;
    struct list idle;
};

struct key {
    uint32_t account;
    struct digest hash;
};

static struct blob *at(const struct blobs *b, uint32_t place)
{
    return POOL_AT(&b->pool, struct blob, place);
}

static bool is_same(const void *owner, uint32_t place, const void *key)
{
    const struct blob *blob = at(owner, place);
    const struct key *k = key;

    return blob->account == k->account && digest_equal(&blob->hash, &k->hash);
}

static uint64_t room_of(uint64_t size)
{
    return size == 0 ? ROOM : (size + ROOM - 1) / ROOM * ROOM;
}

struct blobs *blobs_create(const char *dir,
                           uint64_t cap,
                           uint64_t share,
                           uint64_t seed)
{
    struct blobs *b = calloc(1, sizeof *b);

    if (!b)
        return NULL;
    b->cap = room_of(cap < CAP_MAX ? cap : CAP_MAX);
    b->share = room_of(share < CAP_MAX ? share : CAP_MAX);
    b->seed = seed;
    pool_init(&b->pool, sizeof(struct blob));
    list_init(&b->idle);
    b->places.same = is_same;
    b->places.owner = b;
    if (shelf_init(&b->shelf, dir, b->cap)) {
        free(b);
        return NULL;
    }
    return b;
}

/* Forget what has arrived so far. */
static void start_over(struct blob *blob)
{
    struct digest nowhere;

    if (blob->state)
        digest_finish(blob->state, &nowhere);
    blob->state = NULL;
    blob->have = 0;
    blob->whole = false;
}

void blobs_destroy(struct blobs *b)
{
    if (!b)
        return;
    for (uint32_t i = 0; i < pool_end(&b->pool); i++)
        if (at(b, i)->account)
            start_over(at(b, i));
    shelf_clear(&b->shelf);
    pool_clear(&b->pool);
    keymap_clear(&b->places);
    free(b->of);
    free(b);
}

static uint32_t place_of(const struct blobs *b,
                         uint32_t account,
                         const struct digest *hash,
                         uint64_t *code)
{
    struct key key = {account, *hash};

    /* Mixed with the account, and with a seed that outsiders cannot know. */
    *code = keymap_hash(b->seed ^ account, hash->bytes, DIGEST_SIZE);
    return keymap_find(&b->places, *code, &key);
}

static struct blob *find(const struct blobs *b,
                         uint32_t account,
                         const struct digest *hash)
{
    uint64_t code;
    uint32_t place = place_of(b, account, hash, &code);

    return place == KEYMAP_NONE ? NULL : at(b, place);
}

enum blob_state blobs_state(const struct blobs *b,
                            uint32_t account,
                            const struct digest *hash)
{
    const struct blob *blob = find(b, account, hash);

    return !blob ? BLOB_NONE : blob->whole ? BLOB_WHOLE : BLOB_PART;
}

/* ---- room ---- */

static void forget(struct blobs *b, struct blob *blob)
{
    uint64_t code;
    uint32_t place = place_of(b, blob->account, &blob->hash, &code);

    start_over(blob);
    b->bytes -= room_of(blob->size);
    b->of[blob->account] -= room_of(blob->size);
    list_remove(&blob->idle);
    shelf_vacate(&b->shelf, &blob->place);
    keymap_drop(&b->places, code, place);
    pool_give(&b->pool, place);
}

/* Drop the longest idle one, of this account or (0) of any. */
static bool evict(struct blobs *b, uint32_t account)
{
    for (struct list *n = b->idle.next; n != &b->idle; n = n->next) {
        struct blob *blob = LIST_ENTRY(n, struct blob, idle);

        if (account == 0 || blob->account == account) {
            forget(b, blob);
            return true;
        }
    }
    return false;
}

static int make_room(struct blobs *b,
                     uint32_t account,
                     uint64_t size,
                     struct par_error *err)
{
    uint64_t room = room_of(size);

    while (b->of[account] + room > b->share)
        if (!evict(b, account))
            return par_fail(err, ENOSPC,
                            "a file of %llu octets does not fit beside the "
                            "%llu that the account has here; it may have %llu",
                            (unsigned long long)size,
                            (unsigned long long)b->of[account],
                            (unsigned long long)b->share);
    while (b->bytes + room > b->cap)
        if (!evict(b, 0))
            return par_fail(err, ENOSPC,
                            "a file of %llu octets does not fit beside the "
                            "%llu that are kept; the cap is %llu",
                            (unsigned long long)size,
                            (unsigned long long)b->bytes,
                            (unsigned long long)b->cap);
    return 0;
}

/* Accounts are numbered from 1, without gaps. */
static int know_account(struct blobs *b, uint32_t account)
{
    uint32_t size = b->of_size ? b->of_size : 16;
    uint64_t *of;

    while (size <= account)
        size *= 2;
    if (size == b->of_size)
        return 0;
    of = realloc(b->of, size * sizeof *of);
    if (!of)
        return -1;
    memset(of + b->of_size, 0, (size - b->of_size) * sizeof *of);
    b->of = of;
    b->of_size = size;
    return 0;
}

static int add_blob(struct blobs *b,
                    uint32_t account,
                    const struct digest *hash,
                    uint64_t size)
{
    uint32_t place = pool_take(&b->pool);
    uint64_t code;
    struct blob *blob;

    if (place == POOL_NONE)
        return -1;
    blob = at(b, place);
    *blob = (struct blob){
        .account = account, .holds = 1, .hash = *hash, .size = size};
    blob->whole = size == 0; /* never asked for */
    list_init(&blob->idle);
    place_of(b, account, hash, &code);
    if (keymap_put(&b->places, code, place)) {
        pool_give(&b->pool, place);
        return -1;
    }
    shelf_lay(&b->shelf, &blob->place, room_of(size));
    b->bytes += room_of(size);
    b->of[account] += room_of(size);
    return 0;
}

int blobs_need(struct blobs *b,
               uint32_t account,
               const struct digest *hash,
               uint64_t size,
               struct par_error *err)
{
    struct blob *blob = find(b, account, hash);

    if (blob) {
        if (blob->size != size)
            return par_fail(err, EINVAL,
                            "a file of %llu octets has the hash of one of "
                            "%llu",
                            (unsigned long long)size,
                            (unsigned long long)blob->size);
        blob->holds++;
        list_remove(&blob->idle);
        return 0;
    }
    if (size > b->share)
        return par_fail(err, ENOSPC,
                        "a file of %llu octets is too large; an account may "
                        "have %llu",
                        (unsigned long long)size, (unsigned long long)b->share);
    if (know_account(b, account))
        return par_fail(err, ENOMEM, "out of memory");
    if (make_room(b, account, size, err))
        return -1;
    if (add_blob(b, account, hash, size))
        return par_fail(err, ENOMEM, "out of memory");
    return 0;
}

void blobs_drop(struct blobs *b, uint32_t account, const struct digest *hash)
{
    struct blob *blob = find(b, account, hash);

    if (!blob || blob->holds == 0 || --blob->holds)
        return;
    if (blob->whole)
        list_append(&b->idle, &blob->idle);
    else
        forget(b, blob);
}

/* ---- octets ---- */

void blobs_restart(struct blobs *b, uint32_t account, const struct digest *hash)
{
    struct blob *blob = find(b, account, hash);

    if (blob && !blob->whole)
        start_over(blob);
}

uint64_t blobs_have(const struct blobs *b,
                    uint32_t account,
                    const struct digest *hash)
{
    const struct blob *blob = find(b, account, hash);

    return blob ? blob->have : 0;
}

/* All has come: is it what was promised? */
static int seal(struct blob *blob, struct par_error *err)
{
    struct digest got;

    digest_finish(blob->state, &got);
    blob->state = NULL;
    if (!digest_equal(&got, &blob->hash)) {
        start_over(blob);
        return par_fail(err, EBADMSG, "the file is not what its hash says");
    }
    blob->whole = true;
    return BLOB_WHOLE;
}

int blobs_add(struct blobs *b,
              uint32_t account,
              const struct digest *hash,
              uint64_t offset,
              const void *data,
              size_t len,
              struct par_error *err)
{
    struct blob *blob = find(b, account, hash);
    const uint8_t *fresh = data;

    if (!blob)
        return par_fail(err, ENOENT, "a chunk that nobody asked for");
    if (blob->whole)
        return BLOB_WHOLE;
    if (offset > blob->have || len > blob->size - offset)
        return par_fail(err, EINVAL,
                        "a chunk of %zu octets at %llu, where %llu of %llu are "
                        "here",
                        len, (unsigned long long)offset,
                        (unsigned long long)blob->have,
                        (unsigned long long)blob->size);
    if (len <= blob->have - offset)
        return BLOB_PART; /* all of it has come before */
    fresh += blob->have - offset;
    len -= (size_t)(blob->have - offset);
    if (!blob->state && !(blob->state = digest_start()))
        return par_fail(err, ENOMEM, "out of memory");
    if (shelf_write(&b->shelf, &blob->place, blob->have, fresh, len, err)) {
        start_over(blob);
        return -1;
    }
    digest_add(blob->state, fresh, len);
    blob->have += len;
    return blob->have < blob->size ? BLOB_PART : seal(blob, err);
}

ptrdiff_t blobs_read(const struct blobs *b,
                     uint32_t account,
                     const struct digest *hash,
                     uint64_t offset,
                     void *to,
                     size_t len)
{
    const struct blob *blob = find(b, account, hash);

    if (!blob || !blob->whole)
        return -1;
    if (offset >= blob->size)
        return 0;
    if (len > blob->size - offset)
        len = (size_t)(blob->size - offset);
    return shelf_read(&b->shelf, &blob->place, offset, to, len);
}

uint64_t blobs_size(const struct blobs *b,
                    uint32_t account,
                    const struct digest *hash)
{
    const struct blob *blob = find(b, account, hash);

    return blob && blob->whole ? blob->size : 0;
}

uint64_t blobs_bytes(const struct blobs *b)
{
    return b->bytes;
}

bool blobs_are_idle(const struct blobs *b)
{
    for (uint32_t i = 0; i < pool_end(&b->pool); i++)
        if (at(b, i)->holds)
            return false;
    return true;
}
