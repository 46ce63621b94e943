/* sources.c - the caller's files: opened, named, hashed, read again in pieces
 */
#include "config.h"

#include "sources.h"
#include "whole.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MODE_BITS = 0755 }; /* what travels: nobody else may write it */

static void source_clear(struct source *s)
{
    free(s->path);
    free(s->here);
    if (s->fd >= 0)
        close(s->fd);
}

void sources_clear(struct sources *s)
{
    for (size_t i = 0; i < s->count; i++)
        source_clear(&s->all[i]);
    free(s->all);
    *s = (struct sources){0};
}

static int open_regular(const char *here,
                        struct stat *st,
                        struct par_error *err)
{
    int fd = open(here, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0)
        return par_fail(err, errno, "%s: %s", here, strerror(errno));
    if (fstat(fd, st) || !S_ISREG(st->st_mode)) {
        close(fd);
        return par_fail(err, EINVAL, "%s: not a regular file", here);
    }
    return fd;
}

/* So that it is found again after the caller has changed its directory. */
static char *absolute(const char *here)
{
    char *cwd;
    char *path;

    if (*here == '/')
        return strdup(here);
    cwd = getcwd(NULL, 0);
    if (!cwd || asprintf(&path, "%s/%s", cwd, here) < 0)
        path = NULL;
    free(cwd);
    return path;
}

int sources_add(struct sources *s,
                const char *path,
                const char *here,
                bool keep,
                struct par_error *err)
{
    struct source *all = realloc(s->all, (s->count + 1) * sizeof *all);
    struct source *one;
    struct stat st;

    if (!all)
        return par_fail(err, ENOMEM, "out of memory");
    s->all = all;
    one = &all[s->count];
    *one = (struct source){.fd = -1};
    one->fd = open_regular(here, &st, err);
    if (one->fd < 0)
        return -1;
    s->count++;
    one->mode = st.st_mode & MODE_BITS;
    one->path = strdup(path);
    one->here = absolute(here);
    if (!one->path || !one->here)
        return par_fail(err, ENOMEM, "out of memory");
    if (digest_of_file(&one->hash, &one->size, one->fd, err))
        return par_fail_in(err, here);
    if (!keep) {
        close(one->fd);
        one->fd = -1;
    }
    return 0;
}

struct source *sources_find(const struct sources *s, const struct digest *hash)
{
    for (size_t i = 0; i < s->count; i++)
        if (digest_equal(&s->all[i].hash, hash))
            return &s->all[i];
    return NULL;
}

int source_read(const struct source *s,
                uint64_t offset,
                void *to,
                size_t len,
                struct par_error *err)
{
    struct stat st;
    int fd = s->fd >= 0 ? s->fd : open_regular(s->here, &st, err);
    ssize_t n;
    int rc = 0;

    if (fd < 0)
        return -1;
    if (s->fd < 0 && (uint64_t)st.st_size != s->size)
        rc = par_fail(err, EBUSY, "%s: it has changed since it was set up",
                      s->here);
    else if ((n = whole_read(fd, to, len, offset)) < 0)
        rc = par_fail(err, errno, "%s: %s", s->here, strerror(errno));
    else if ((size_t)n < len)
        rc = par_fail(err, EBUSY, "%s: it is shorter than it was", s->here);
    if (s->fd < 0)
        close(fd);
    return rc;
}
