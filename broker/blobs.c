/* blobs.c - a table of open, unlinked files */
#include "config.h"

#include "blobs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "idmap.h"
#include "wire.h"

struct blob {
    struct digest hash;
    uint32_t account; /* 0: the place is free */
    uint32_t holds;
    uint64_t size;
    uint64_t have;
    int fd;                     /* -1 until the first octet */
    struct digest_state *state; /* while it arrives */
    bool whole;
};

struct blobs {
    char *dir;
    uint64_t cap;
    uint64_t bytes; /* promised in all */
    struct blob *all;
    uint32_t size;
    struct idmap places;
};

struct blobs *blobs_create(const char *dir, uint64_t cap)
{
    struct blobs *b = calloc(1, sizeof *b);

    if (!b)
        return NULL;
    b->cap = cap;
    b->dir = strdup(dir);
    if (!b->dir) {
        free(b);
        return NULL;
    }
    return b;
}

/* Forget what has arrived so far. */
static void start_over(struct blob *blob)
{
    struct digest nowhere;

    if (blob->fd >= 0)
        close(blob->fd);
    blob->fd = -1;
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
    for (uint32_t i = 0; i < b->size; i++)
        if (b->all[i].account)
            start_over(&b->all[i]);
    free(b->all);
    free(b->dir);
    idmap_clear(&b->places);
    free(b);
}

/* The first word of the hash, so mixed with the account that one account's
 * blobs do not stand in another's way. */
static uint64_t id_of(uint32_t account, const struct digest *hash)
{
    uint64_t id =
        wire_get_u64(hash->bytes) ^ (UINT64_C(0x9E3779B97F4A7C15) * account);

    return id ? id : 1;
}

static struct blob *find(const struct blobs *b,
                         uint32_t account,
                         const struct digest *hash)
{
    uint32_t place = idmap_get(&b->places, id_of(account, hash));
    struct blob *blob = place == IDMAP_NONE ? NULL : &b->all[place];

    return blob && blob->account == account && digest_equal(&blob->hash, hash)
               ? blob
               : NULL;
}

enum blob_state blobs_state(const struct blobs *b,
                            uint32_t account,
                            const struct digest *hash)
{
    const struct blob *blob = find(b, account, hash);

    return !blob ? BLOB_NONE : blob->whole ? BLOB_WHOLE : BLOB_PART;
}

static struct blob *free_place(struct blobs *b)
{
    uint32_t used = b->size;
    uint32_t size = used ? used * 2 : 16;
    struct blob *all;

    for (uint32_t i = 0; i < used; i++)
        if (!b->all[i].account)
            return &b->all[i];
    all = realloc(b->all, size * sizeof *all);
    if (!all)
        return NULL;
    memset(all + used, 0, (size - used) * sizeof *all);
    b->all = all;
    b->size = size;
    return &all[used];
}

int blobs_need(struct blobs *b,
               uint32_t account,
               const struct digest *hash,
               uint64_t size,
               struct par_error *err)
{
    struct blob *blob = find(b, account, hash);
    uint64_t id = id_of(account, hash);

    if (blob) {
        if (blob->size != size)
            return par_fail(err, EINVAL,
                            "a file of %llu octets has the hash of one of "
                            "%llu",
                            (unsigned long long)size,
                            (unsigned long long)blob->size);
        blob->holds++;
        return 0;
    }
    if (size > b->cap || b->bytes > b->cap - size)
        return par_fail(err, ENOSPC,
                        "files of %llu octets do not fit beside the %llu that "
                        "are kept; the cap is %llu",
                        (unsigned long long)size, (unsigned long long)b->bytes,
                        (unsigned long long)b->cap);
    if (idmap_get(&b->places, id) != IDMAP_NONE)
        return par_fail(err, EEXIST, "two files with one short hash");
    blob = free_place(b);
    if (!blob || idmap_put(&b->places, id, (uint32_t)(blob - b->all)))
        return par_fail(err, ENOMEM, "out of memory");
    *blob = (struct blob){
        .hash = *hash, .account = account, .holds = 1, .size = size, .fd = -1};
    blob->whole = size == 0; /* never asked for */
    b->bytes += size;
    return 0;
}

void blobs_drop(struct blobs *b, uint32_t account, const struct digest *hash)
{
    struct blob *blob = find(b, account, hash);

    if (!blob || --blob->holds)
        return;
    b->bytes -= blob->size;
    start_over(blob);
    idmap_take(&b->places, id_of(account, hash));
    memset(blob, 0, sizeof *blob);
}

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

/* An unlinked file; on file systems without O_TMPFILE one that is unlinked at
 * once. */
static int open_nameless(const char *dir)
{
    char path[4096];
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd >= 0)
        return fd;
    snprintf(path, sizeof path, "%s/par-blob-XXXXXX", dir);
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

static int write_all(int fd, uint64_t offset, const uint8_t *data, size_t len)
{
    while (len > 0) {
        ssize_t n = pwrite(fd, data, len, (off_t)offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        data += n;
        offset += (uint64_t)n;
        len -= (size_t)n;
    }
    return 0;
}

static int begin(struct blobs *b, struct blob *blob, struct par_error *err)
{
    if (blob->fd < 0)
        blob->fd = open_nameless(b->dir);
    if (blob->fd < 0)
        return par_fail(err, errno, "%s: %s", b->dir, strerror(errno));
    if (!blob->state)
        blob->state = digest_start();
    return blob->state ? 0 : par_fail(err, ENOMEM, "out of memory");
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
    struct digest got;

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
    if (begin(b, blob, err))
        return -1;
    if (write_all(blob->fd, blob->have, fresh, len)) {
        par_fail(err, errno, "%s: %s", b->dir, strerror(errno));
        start_over(blob);
        return -1;
    }
    digest_add(blob->state, fresh, len);
    blob->have += len;
    if (blob->have < blob->size)
        return BLOB_PART;
    digest_finish(blob->state, &got);
    blob->state = NULL;
    if (!digest_equal(&got, hash)) {
        start_over(blob);
        return par_fail(err, EBADMSG, "the file is not what its hash says");
    }
    blob->whole = true;
    return BLOB_WHOLE;
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
    return pread(blob->fd, to, len, (off_t)offset);
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
