/* accept.c - how parbroker accepts connections, libzmq's included
 *
 * libzmq 4.3.4 ends the process when accept4(2) on an ipc endpoint fails with
 * EMFILE, and spins when it does on tcp.  By the time that a monitor tells of
 * a connection its I/O thread has accepted hundreds more.  So accept4() itself
 * is ours: descriptors come lowest first, and a number that is close to the
 * limit says that there is no room.  doc/decisions/004-accept.md has the
 * reasons.
 */
#include "config.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { KEPT = 64 }; /* descriptors for files, at most an eighth of all */

static int refuse(int fd)
{
    close(fd);
    errno = ENFILE; /* which libzmq passes over, and tells its monitor */
    return -1;
}

int accept4(int fd, struct sockaddr *address, socklen_t *len, int flags)
{
    struct rlimit limit;
    int peer = (int)syscall(SYS_accept4, fd, address, len, flags);
    rlim_t kept;

    if (peer < 0) {
        if (errno == EMFILE)
            errno = ENFILE;
        return -1;
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return peer;
    kept = limit.rlim_cur / 8 < KEPT ? limit.rlim_cur / 8 : KEPT;
    return (rlim_t)peer + kept < limit.rlim_cur ? peer : refuse(peer);
}
