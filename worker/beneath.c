/* beneath.c - openat2(2), or a component at a time where there is none */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "beneath.h"
#include "bundle.h"

static bool is_good(const char *path, struct par_error *err)
{
    const char *fault = bundle_path_fault(path, strlen(path));

    if (!fault)
        return true;
    par_fail(err, EINVAL, "file name `%.200s': %s", path, fault);
    return false;
}

/* openat2(2), or -1 with ENOSYS on a kernel before 5.6. */
static int open_resolved(int folder, const char *path, int flags, mode_t mode)
{
    struct open_how how = {
        .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
        .mode = mode,
        .resolve =
            RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };

    return (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
}

/* The same a component at a time: none of them is a symlink and none is
 * `..`, so the way never leaves the folder. */
static int open_stepwise(int folder, const char *path, int flags, mode_t mode)
{
    int at = fcntl(folder, F_DUPFD_CLOEXEC, 0);

    while (at >= 0) {
        size_t n = strcspn(path, "/");
        char name[BENEATH_NAME + 1];
        bool last = !path[n];
        int next, saved;

        memcpy(name, path, n); /* is_good() has seen to its length */
        name[n] = 0;
        next = openat(at, name,
                      (last ? flags : O_RDONLY | O_DIRECTORY) | O_NOFOLLOW |
                          O_CLOEXEC,
                      mode);
        saved = errno;
        close(at);
        errno = saved;
        if (last)
            return next;
        at = next;
        path += n + 1;
    }
    return -1;
}

static int open_beneath(int folder, const char *path, int flags, mode_t mode)
{
    int fd = open_resolved(folder, path, flags, mode);

    if (fd < 0 && (errno == ENOSYS || errno == EPERM))
        fd = open_stepwise(folder, path, flags, mode);
    return fd;
}

static int fail(struct par_error *err, const char *path)
{
    return par_fail(err, errno, "%.200s: %s", path, strerror(errno));
}

/* Make the folders that `path` lies in. */
static int make_parents(int folder, const char *path, struct par_error *err)
{
    char part[BENEATH_PATH];
    int at = fcntl(folder, F_DUPFD_CLOEXEC, 0);
    const char *slash;

    for (slash = strchr(path, '/'); at >= 0 && slash;
         slash = strchr(slash + 1, '/')) {
        size_t n = (size_t)(slash - path);
        int next;

        memcpy(part, path, n);
        part[n] = 0;
        if (mkdirat(at, strrchr(part, '/') ? strrchr(part, '/') + 1 : part,
                    0700) < 0 &&
            errno != EEXIST)
            break;
        next = open_beneath(folder, part, O_RDONLY | O_DIRECTORY, 0);
        close(at);
        at = next;
    }
    if (at < 0 || slash) {
        fail(err, path);
        if (at >= 0)
            close(at);
        return -1;
    }
    close(at);
    return 0;
}

int beneath_create(int folder,
                   const char *path,
                   mode_t mode,
                   struct par_error *err)
{
    int fd;

    if (!is_good(path, err) || make_parents(folder, path, err))
        return -1;
    fd = open_beneath(folder, path, O_WRONLY | O_CREAT | O_EXCL, mode);
    return fd < 0 ? fail(err, path) : fd;
}

int beneath_open(int folder, const char *path, struct par_error *err)
{
    struct stat st;
    int fd;

    if (!is_good(path, err))
        return -1;
    fd = open_beneath(folder, path, O_RDONLY | O_NONBLOCK, 0);
    if (fd < 0)
        return fail(err, path);
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return par_fail(err, EINVAL, "%.200s: not a regular file", path);
    }
    return fd;
}
