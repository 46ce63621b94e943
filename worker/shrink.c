/* shrink.c - look at all files of a folder, remove the oldest */
#include "config.h"

#include "shrink.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "digest.h"

struct entry {
    char name[DIGEST_TEXT];
    int64_t used_s;
    uint64_t size;
};

struct entries {
    struct entry *at;
    size_t used;
    size_t size;
    uint64_t octets;
};

static int note(struct entries *all, const char *name, const struct stat *st)
{
    struct entry *e;

    if (all->used == all->size) {
        size_t size = all->size ? 2 * all->size : 64;
        struct entry *more = realloc(all->at, size * sizeof *more);

        if (!more)
            return -1;
        all->at = more;
        all->size = size;
    }
    e = &all->at[all->used++];
    snprintf(e->name, sizeof e->name, "%.*s", DIGEST_TEXT - 1, name);
    e->used_s = st->st_mtim.tv_sec;
    e->size = (uint64_t)st->st_size;
    all->octets += e->size;
    return 0;
}

/* What is in a folder of ours.  A name that is longer than ours are is left
 * out: somebody else's. */
static int list(int folder, struct entries *all)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *e;
    int result = 0;

    *all = (struct entries){0};
    if (!dir) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    while (result == 0 && (e = readdir(dir))) {
        struct stat st;

        if (e->d_name[0] != '.' && strlen(e->d_name) < DIGEST_TEXT &&
            fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
            result = note(all, e->d_name, &st);
    }
    closedir(dir);
    return result;
}

static int by_use(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;

    return x->used_s < y->used_s ? -1 : x->used_s > y->used_s;
}

int shrink(int folder, int64_t before_s, uint64_t cap)
{
    struct entries all;
    int result = list(folder, &all);

    if (all.used)
        qsort(all.at, all.used, sizeof *all.at, by_use);
    for (size_t i = 0; i < all.used && all.octets > cap; i++) {
        if (all.at[i].used_s >= before_s)
            break;
        if (unlinkat(folder, all.at[i].name, 0) == 0 || errno == ENOENT)
            all.octets -= all.at[i].size;
    }
    free(all.at);
    return result;
}
