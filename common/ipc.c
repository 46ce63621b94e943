/* ipc.c - a UNIX socket that is listened on by one server at a time */
#include "config.h"

#include "ipc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 1024, LOCK_NAME = LINK_IPC_MAX + 8 };

static int taken(const char *path, struct par_error *err)
{
    return par_fail(err, EADDRINUSE, "ipc://%s: a broker already listens there",
                    path);
}

/* ---- the lock ---- */

static void lock_name(const struct ipc *ipc, char name[LOCK_NAME])
{
    snprintf(name, LOCK_NAME, "%s.lock", ipc->path);
}

/* A lock on a file that its holder removed meanwhile is none. */
static bool is_still_there(int fd, const char *name)
{
    struct stat held;
    struct stat there;

    return fstat(fd, &held) == 0 && lstat(name, &there) == 0 &&
           held.st_dev == there.st_dev && held.st_ino == there.st_ino;
}

static int take_lock(struct ipc *ipc, struct par_error *err)
{
    char name[LOCK_NAME];

    lock_name(ipc, name);
    for (;;) {
        int fd = open(name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

        if (fd < 0)
            return par_fail(err, errno, "%s: %s", name, strerror(errno));
        if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
            int code = errno;

            close(fd);
            if (code == EINTR)
                continue;
            if (code == EWOULDBLOCK)
                return taken(ipc->path, err);
            return par_fail(err, code, "%s: %s", name, strerror(code));
        }
        if (is_still_there(fd, name)) {
            ipc->lock = fd;
            return 0;
        }
        close(fd);
    }
}

static void drop_lock(struct ipc *ipc)
{
    char name[LOCK_NAME];

    lock_name(ipc, name);
    unlink(name);
    close(ipc->lock);
    ipc->lock = -1;
}

/* ---- the socket ---- */

static void address_of(const char *path, struct sockaddr_un *address)
{
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, strlen(path));
}

static int new_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* Remove the socket that a dead server has left; the lock is ours, but not
 * every server takes it. */
static int clear_path(const char *path, struct par_error *err)
{
    struct sockaddr_un address;
    struct stat st;
    int fd;
    int code;

    if (lstat(path, &st) != 0)
        return errno == ENOENT
                   ? 0
                   : par_fail(err, errno, "%s: %s", path, strerror(errno));
    if (!S_ISSOCK(st.st_mode))
        return par_fail(err, EEXIST, "%s: is there and is no socket", path);
    fd = new_socket();
    if (fd < 0)
        return par_fail(err, errno, "%s: %s", path, strerror(errno));
    address_of(path, &address);
    code = connect(fd, (struct sockaddr *)&address, sizeof address) == 0
               ? 0
               : errno;
    close(fd);
    if (code != ECONNREFUSED && code != ENOENT)
        return taken(path, err);
    if (unlink(path) != 0 && errno != ENOENT)
        return par_fail(err, errno, "%s: %s", path, strerror(errno));
    return 0;
}

static int bind_socket(struct ipc *ipc, struct par_error *err)
{
    struct sockaddr_un address;
    struct stat st;
    int fd = new_socket();
    int code;

    if (fd < 0)
        return par_fail(err, errno, "%s: %s", ipc->path, strerror(errno));
    address_of(ipc->path, &address);
    /* fchmod before bind: the file never has another mode than 0600. */
    if (fchmod(fd, 0600) == 0 &&
        bind(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
        listen(fd, BACKLOG) == 0 && lstat(ipc->path, &st) == 0) {
        ipc->dev = st.st_dev;
        ipc->ino = st.st_ino;
        return fd;
    }
    code = errno;
    close(fd);
    return par_fail(err, code, "ipc://%s: %s", ipc->path, strerror(code));
}

int ipc_listen(struct ipc *ipc, const char *path, struct par_error *err)
{
    int fd;

    memset(ipc, 0, sizeof *ipc);
    if (strlen(path) > LINK_IPC_MAX)
        return par_fail(err, ENAMETOOLONG, "ipc://%.120s...: too long", path);
    strcpy(ipc->path, path);
    if (take_lock(ipc, err) != 0)
        return -1;
    fd = clear_path(path, err) == 0 ? bind_socket(ipc, err) : -1;
    if (fd < 0)
        drop_lock(ipc);
    return fd;
}

void ipc_remove(struct ipc *ipc)
{
    struct stat st;

    if (lstat(ipc->path, &st) == 0 && st.st_dev == ipc->dev &&
        st.st_ino == ipc->ino)
        unlink(ipc->path);
    drop_lock(ipc);
}
