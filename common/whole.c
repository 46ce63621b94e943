/* whole.c - loops around read(2), write(2) and their kin with an offset */
#include "config.h"

#include "whole.h"

#include <errno.h>
#include <unistd.h>

ssize_t whole_read(int fd, void *to, size_t size, uint64_t offset)
{
    char *at = to;
    size_t done = 0;

    while (done < size) {
        ssize_t n = offset == WHOLE_HERE ? read(fd, at + done, size - done)
                                         : pread(fd, at + done, size - done,
                                                 (off_t)(offset + done));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        done += (size_t)n;
    }
    return (ssize_t)done;
}

int whole_write(int fd, const void *data, size_t len, uint64_t offset)
{
    const char *at = data;
    size_t done = 0;

    while (done < len) {
        ssize_t n = offset == WHOLE_HERE ? write(fd, at + done, len - done)
                                         : pwrite(fd, at + done, len - done,
                                                  (off_t)(offset + done));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        done += (size_t)n;
    }
    return 0;
}
