/* cache.c - files come in under a name of their own, and by rename
 *
 * What a file holds is checked on the way in and again on the way out: folders
 * are shared, and disks lie.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache.h"
#include "place.h"
#include "shrink.h"
#include "whole.h"

enum {
    PIECE = 256 * 1024,
    TMP_NAME = 40,
    CACHE_BUILT_CAP = 256 * 1024 /* 4096 notes */
};

struct cache {
    char *path;
    int dir;
    int objects;
    int built;
    int tmp;
    uint64_t cap;
};

struct cache_file {
    struct cache *cache;
    int fd;
    uint64_t size;
    uint64_t got;
    struct digest digest;
    struct digest_state *state;
    char name[TMP_NAME]; /* in tmp/ */
};

static int fail(struct par_error *err, const char *what)
{
    return par_fail(err, errno, "cache: %s: %s", what, strerror(errno));
}

static int open_folder(int at, const char *name)
{
    if (mkdirat(at, name, 0700) < 0 && errno != EEXIST)
        return -1;
    return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

struct cache *cache_open(const char *dir, uint64_t cap, struct par_error *err)
{
    struct cache *c = calloc(1, sizeof *c);
    struct stat st;

    if (!c) {
        par_fail(err, ENOMEM, "out of memory");
        return NULL;
    }
    c->cap = cap;
    c->path = strdup(dir);
    c->objects = c->built = c->tmp = -1;
    c->dir = -1;
    if (!c->path)
        goto fail;
    if (place_make_dir(dir, err)) {
        cache_close(c);
        return NULL;
    }
    c->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (c->dir < 0 || fstat(c->dir, &st) < 0)
        goto fail;
    if (st.st_uid != geteuid() || (st.st_mode & 022)) {
        par_fail(err, EACCES, "cache: %s: others may write there", dir);
        cache_close(c);
        return NULL;
    }
    c->objects = open_folder(c->dir, "objects");
    c->built = open_folder(c->dir, "built");
    c->tmp = open_folder(c->dir, "tmp");
    if (c->objects >= 0 && c->built >= 0 && c->tmp >= 0)
        return c;
fail:
    fail(err, dir);
    cache_close(c);
    return NULL;
}

void cache_close(struct cache *c)
{
    if (!c)
        return;
    if (c->dir >= 0)
        close(c->dir);
    if (c->objects >= 0)
        close(c->objects);
    if (c->built >= 0)
        close(c->built);
    if (c->tmp >= 0)
        close(c->tmp);
    free(c->path);
    free(c);
}

static bool is_removed(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && st.st_nlink == 0;
}

/* The numbers stay, so whoever is at work in another thread has the old folder
 * or the new one. */
void cache_mend(struct cache *c)
{
    struct cache *anew;

    if (!is_removed(c->dir) && !is_removed(c->objects) &&
        !is_removed(c->built) && !is_removed(c->tmp))
        return;
    anew = cache_open(c->path, c->cap, NULL);
    if (anew) {
        dup3(anew->dir, c->dir, O_CLOEXEC);
        dup3(anew->objects, c->objects, O_CLOEXEC);
        dup3(anew->built, c->built, O_CLOEXEC);
        dup3(anew->tmp, c->tmp, O_CLOEXEC);
    }
    cache_close(anew);
}

bool cache_has(const struct cache *c, const struct digest *d, uint64_t size)
{
    char name[DIGEST_TEXT];
    struct stat st;

    digest_text(d, name);
    return fstatat(c->objects, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(st.st_mode) && (uint64_t)st.st_size == size;
}

/* ---- in ---- */

struct cache_file *cache_begin(struct cache *c,
                               const struct digest *d,
                               uint64_t size,
                               struct par_error *err)
{
    struct cache_file *f = calloc(1, sizeof *f);
    uint64_t word[2];

    if (!f || getrandom(word, sizeof word, 0) != (ssize_t)sizeof word) {
        par_fail(err, ENOMEM, "out of memory");
        free(f);
        return NULL;
    }
    f->cache = c;
    f->size = size;
    f->digest = *d;
    f->state = digest_start();
    snprintf(f->name, sizeof f->name, "%016llx%016llx",
             (unsigned long long)word[0], (unsigned long long)word[1]);
    f->fd =
        openat(c->tmp, f->name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (f->fd >= 0 && f->state)
        return f;
    if (f->fd >= 0)
        errno = ENOMEM;
    fail(err, "new file");
    cache_abandon(f);
    return NULL;
}

int cache_add(struct cache_file *f,
              const void *data,
              size_t len,
              struct par_error *err)
{
    if (len > f->size - f->got)
        return par_fail(err, EFBIG, "more octets than were announced");
    digest_add(f->state, data, len);
    f->got += len;
    return whole_write(f->fd, data, len, WHOLE_HERE) ? fail(err, "write") : 0;
}

static void file_free(struct cache_file *f)
{
    struct digest unused;

    if (f->state)
        digest_finish(f->state, &unused);
    if (f->fd >= 0)
        close(f->fd);
    free(f);
}

void cache_abandon(struct cache_file *f)
{
    if (!f)
        return;
    if (f->fd >= 0)
        unlinkat(f->cache->tmp, f->name, 0);
    file_free(f);
}

/* Give the file the name of its content. */
static int settle(struct cache_file *f, struct par_error *err)
{
    char name[DIGEST_TEXT];

    digest_text(&f->digest, name);
    if (renameat(f->cache->tmp, f->name, f->cache->objects, name) < 0) {
        fail(err, name);
        cache_abandon(f);
        return -1;
    }
    file_free(f);
    return 0;
}

int cache_finish(struct cache_file *f, struct par_error *err)
{
    struct digest d;

    digest_finish(f->state, &d);
    f->state = NULL;
    if (f->got == f->size && digest_equal(&d, &f->digest))
        return settle(f, err);
    par_fail(err, EILSEQ,
             "the content is not what was announced (%llu of %llu octets)",
             (unsigned long long)f->got, (unsigned long long)f->size);
    cache_abandon(f);
    return -1;
}

/* ---- out ---- */

/* Copy from one to the other, to the end; *d and *size get what it was. */
static int copy(int from, int to, struct digest *d, uint64_t *size)
{
    struct digest_state *state = digest_start();
    uint8_t *piece = malloc(PIECE);
    ssize_t n = -1;

    *size = 0;
    while (state && piece && (n = read(from, piece, PIECE)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 || whole_write(to, piece, (size_t)n, WHOLE_HERE)) {
            n = -1;
            break;
        }
        digest_add(state, piece, (size_t)n);
        *size += (uint64_t)n;
    }
    if (!state || !piece)
        errno = ENOMEM;
    free(piece);
    if (state)
        digest_finish(state, d);
    return n == 0 ? 0 : -1;
}

static int open_object(struct cache *c, const char *name)
{
    int fd = openat(c->objects, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

    if (fd >= 0) /* used now: cache_trim() goes by this */
        utimensat(c->objects, name, NULL, AT_SYMLINK_NOFOLLOW);
    return fd;
}

int cache_copy(struct cache *c,
               const struct digest *d,
               uint64_t size,
               int fd,
               struct par_error *err)
{
    char name[DIGEST_TEXT];
    struct digest got;
    uint64_t octets;
    int from;

    digest_text(d, name);
    from = open_object(c, name);
    if (from < 0)
        return fail(err, name);
    if (copy(from, fd, &got, &octets)) {
        fail(err, name);
        close(from);
        return -1;
    }
    close(from);
    if (octets == size && digest_equal(&got, d))
        return 0;
    unlinkat(c->objects, name, 0);
    return par_fail(err, ENOENT, "cache: %s was spoilt, and is removed", name);
}

int cache_take(struct cache *c,
               int fd,
               struct digest *d,
               uint64_t *size,
               struct par_error *err)
{
    struct cache_file *f = cache_begin(c, &(struct digest){{0}}, 0, err);

    if (!f)
        return -1;
    if (copy(fd, f->fd, &f->digest, size)) {
        fail(err, "copy");
        cache_abandon(f);
        return -1;
    }
    *d = f->digest;
    return settle(f, err);
}

bool cache_built(struct cache *c,
                 const struct digest *key,
                 struct digest *d,
                 uint64_t *size)
{
    char name[DIGEST_TEXT], text[DIGEST_TEXT] = "";
    struct stat st;
    ssize_t n = -1;
    int fd;

    digest_text(key, name);
    fd = openat(c->built, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return false;
    n = read(fd, text, sizeof text - 1);
    futimens(fd, NULL);
    close(fd);
    if (n != (ssize_t)sizeof text - 1 || !digest_parse(d, text) ||
        fstatat(c->objects, text, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return false;
    *size = (uint64_t)st.st_size;
    return true;
}

int cache_note_built(struct cache *c,
                     const struct digest *key,
                     const struct digest *d,
                     struct par_error *err)
{
    struct cache_file *f = cache_begin(c, key, DIGEST_TEXT - 1, err);
    char name[DIGEST_TEXT], text[DIGEST_TEXT];

    if (!f)
        return -1;
    digest_text(key, name);
    digest_text(d, text);
    if (whole_write(f->fd, text, sizeof text - 1, WHOLE_HERE) ||
        renameat(c->tmp, f->name, c->built, name) < 0) {
        fail(err, name);
        cache_abandon(f);
        return -1;
    }
    file_free(f);
    return 0;
}

/* ---- away ---- */

int cache_trim(struct cache *c, int64_t now_s, struct par_error *err)
{
    if (shrink(c->tmp, now_s - CACHE_STALE_TMP_S, 0) ||
        shrink(c->objects, now_s - CACHE_FRESH_S, c->cap) ||
        shrink(c->built, now_s - CACHE_FRESH_S, CACHE_BUILT_CAP))
        return fail(err, "trim");
    return 0;
}
