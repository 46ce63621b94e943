/* spool.c - memory first, then an unlinked file */
#include "config.h"

#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_SIZE = 4096, GATHER = 64 * 1024 };

static struct {
    pthread_mutex_t lock;
    struct par_error failure; /* code 0: none */
    size_t len;
    char data[GATHER];
} gathered = {.lock = PTHREAD_MUTEX_INITIALIZER};

static atomic_bool line_is_open[STDERR_FILENO + 1];

bool spool_line_is_open(int fd)
{
    return line_is_open[fd];
}

void spool_clear(struct spool *s)
{
    free(s->data);
    if (s->file > 0)
        close(s->file);
    *s = (struct spool){0};
}

static const char *name_of(int fd)
{
    return fd == STDOUT_FILENO   ? "standard output"
           : fd == STDERR_FILENO ? "standard error"
                                 : "the file that keeps output";
}

static int write_all(int fd,
                     const void *data,
                     size_t len,
                     struct par_error *err)
{
    const char *at = data;

    while (len > 0) {
        ssize_t n = write(fd, at, len);

        if (n < 0 && errno == EAGAIN) {
            /* Somebody set the terminal or pipe we share to O_NONBLOCK. */
            struct pollfd p = {.fd = fd, .events = POLLOUT};

            poll(&p, 1, -1);
            continue;
        }
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return par_fail(err, errno, "%s: %s", name_of(fd), strerror(errno));
        at += n;
        len -= (size_t)n;
    }
    if (at != data && fd <= STDERR_FILENO)
        line_is_open[fd] = at[-1] != '\n';
    return 0;
}

/* Expects the lock. */
static int flush_locked(struct par_error *err)
{
    if (gathered.len > 0 && gathered.failure.code == 0)
        write_all(STDOUT_FILENO, gathered.data, gathered.len,
                  &gathered.failure);
    gathered.len = 0;
    return gathered.failure.code == 0 ? 0
                                      : par_fail(err, gathered.failure.code,
                                                 "%s", gathered.failure.text);
}

int spool_flush(struct par_error *err)
{
    int rc;

    pthread_mutex_lock(&gathered.lock);
    rc = flush_locked(err);
    pthread_mutex_unlock(&gathered.lock);
    return rc;
}

int spool_put(const void *data, size_t len, struct par_error *err)
{
    int rc = 0;

    pthread_mutex_lock(&gathered.lock);
    if (len > GATHER - gathered.len)
        rc = flush_locked(err);
    if (rc == 0 && len > GATHER) {
        rc = write_all(STDOUT_FILENO, data, len, err);
    } else if (rc == 0) {
        memcpy(gathered.data + gathered.len, data, len);
        gathered.len += len;
    }
    pthread_mutex_unlock(&gathered.lock);
    return rc;
}

int spool_write(int fd, const void *data, size_t len, struct par_error *err)
{
    if (fd <= STDERR_FILENO && spool_flush(err))
        return -1;
    return write_all(fd, data, len, err);
}

static int make_file(struct spool *s, struct par_error *err)
{
    const char *dir = getenv("TMPDIR");
    char path[] = "/tmp/par.XXXXXX";
    int fd =
        open(dir && *dir ? dir : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd < 0) {
        /* A file system without O_TMPFILE. */
        fd = mkostemp(path, O_CLOEXEC);
        if (fd >= 0)
            unlink(path);
    }
    if (fd < 0)
        return par_fail(err, errno, "a file for output: %s", strerror(errno));
    s->file = fd;
    return 0;
}

static int grow(struct spool *s, size_t need, struct par_error *err)
{
    size_t size = s->size ? s->size : FIRST_SIZE;
    char *data;

    while (size < need)
        size *= 2;
    data = realloc(s->data, size);
    if (!data)
        return par_fail(err, ENOMEM, "out of memory");
    s->data = data;
    s->size = size;
    return 0;
}

/* Move what is in memory to the file. */
static int spill(struct spool *s, struct par_error *err)
{
    if (s->file <= 0 && make_file(s, err))
        return -1;
    if (spool_write(s->file, s->data, s->len, err))
        return -1;
    s->len = 0;
    return 0;
}

int spool_add(struct spool *s,
              const void *data,
              size_t len,
              struct par_error *err)
{
    if (len == 0) /* the end of a stream */
        return 0;
    if (s->len + len > SPOOL_MEMORY && spill(s, err))
        return -1;
    s->total += len;
    if (len > SPOOL_MEMORY)
        return spool_write(s->file, data, len, err);
    if (s->len + len > s->size && grow(s, s->len + len, err))
        return -1;
    memcpy(s->data + s->len, data, len);
    s->len += len;
    return 0;
}

static int copy_file(int from, int to, struct par_error *err)
{
    char buffer[64 * 1024];
    ssize_t n;

    if (lseek(from, 0, SEEK_SET) < 0)
        return par_fail(err, errno, "spooled output: %s", strerror(errno));
    while ((n = read(from, buffer, sizeof buffer)) > 0)
        if (spool_write(to, buffer, (size_t)n, err))
            return -1;
    return n < 0 ? par_fail(err, errno, "spooled output: %s", strerror(errno))
                 : 0;
}

int spool_print(struct spool *s, int fd, struct par_error *err)
{
    int rc = 0;

    if (s->file > 0)
        rc = copy_file(s->file, fd, err);
    if (rc == 0 && s->len > 0)
        rc = spool_write(fd, s->data, s->len, err);
    spool_clear(s);
    return rc;
}
