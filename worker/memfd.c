/* memfd.c - filled and sealed; read only if its seals are there */
#include "config.h"

#include "memfd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

int memfd_make(const void *data, size_t len, struct par_error *err)
{
    int fd = memfd_create("par", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0)
        return par_fail(err, errno, "memfd_create: %s", strerror(errno));
    if (write(fd, data, len) != (ssize_t)len ||
        fcntl(fd, F_ADD_SEALS, SEALS | F_SEAL_SEAL) != 0) {
        par_fail(err, errno, "memfd: %s", strerror(errno));
        close(fd);
        return -1;
    }
    return fd;
}

uint8_t *memfd_copy(int fd, size_t max, size_t *len, const char **why)
{
    int seals = fcntl(fd, F_GET_SEALS);
    struct stat st;
    uint8_t *copy;

    *why = "a payload that is not a sealed memfd";
    if (seals < 0 || (seals & SEALS) != SEALS)
        return NULL;
    *why = "a payload of a size that is not allowed";
    if (fstat(fd, &st) != 0 || st.st_size <= 0 || (size_t)st.st_size > max)
        return NULL;
    *why = "out of memory";
    *len = (size_t)st.st_size;
    copy = malloc(*len + 1);
    if (!copy)
        return NULL;
    *why = "a payload that cannot be read";
    if (pread(fd, copy, *len, 0) != (ssize_t)*len) {
        free(copy);
        return NULL;
    }
    copy[*len] = 0;
    return copy;
}
