/* rundir.c - a lock on the folder says that its worker lives */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "disk.h"
#include "rmtree.h"
#include "rundir.h"

#define PREFIX "run-"

static int hold(int at, const char *path, int how)
{
    int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd >= 0 && flock(fd, how | LOCK_NB) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

int rundir_make(const char *roof, char *path, struct par_error *err)
{
    char *whole = realpath(roof, NULL);
    int n, fd;

    if (!whole)
        return par_fail(err, errno, "%.300s: %s", roof, strerror(errno));
    n = snprintf(path, RUNDIR_PATH, "%s/" PREFIX "XXXXXX", whole);
    free(whole);
    if (n < 0 || n >= RUNDIR_PATH) {
        *path = 0;
        return par_fail(err, ENAMETOOLONG, "%.300s: too long", roof);
    }
    if (!mkdtemp(path)) {
        n = errno;
        par_fail(err, n, "a folder below %.300s: %s", roof, strerror(n));
        *path = 0;
        return -1;
    }
    fd = hold(AT_FDCWD, path, LOCK_SH);
    if (fd >= 0)
        return fd;
    par_fail(err, errno, "a folder below %.300s: %s", roof, strerror(errno));
    rmdir(path);
    *path = 0;
    return -1;
}

void rundir_mend(const char *path, int fd)
{
    struct stat st;
    int anew;

    if (fstat(fd, &st) < 0 || st.st_nlink > 0 || mkdir(path, 0700) < 0)
        return;
    anew = hold(AT_FDCWD, path, LOCK_SH);
    if (anew >= 0) {
        dup3(anew, fd, O_CLOEXEC);
        close(anew);
    }
}

/* Its folder, if it is one that nobody holds any more. */
static void sweep(int roof, const char *name, time_t now)
{
    int fd = hold(roof, name, LOCK_EX);
    struct stat st;

    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && st.st_uid == geteuid() &&
        st.st_mtime < now - RUNDIR_YOUNG_S && rmtree_clear(fd) == 0)
        unlinkat(roof, name, AT_REMOVEDIR);
    close(fd);
}

void rundir_sweep(const char *roof)
{
    DIR *dir = opendir(roof);
    time_t now = time(NULL);
    struct dirent *e;

    if (!dir)
        return;
    while ((e = readdir(dir)))
        if (strncmp(e->d_name, PREFIX, strlen(PREFIX)) == 0)
            sweep(dirfd(dir), e->d_name, now);
    closedir(dir);
}

struct sweep {
    struct disk_work work; /* first */
    char roof[RUNDIR_PATH + 4];
};

static int run_sweep(struct disk_work *w, struct par_error *err)
{
    (void)err;
    rundir_sweep(((struct sweep *)(void *)w)->roof);
    return 0;
}

static void done_sweep(struct disk_work *w,
                       int result,
                       const struct par_error *err)
{
    (void)result;
    (void)err;
    free(w);
}

void rundir_sweep_later(struct disk *disk, const char *path)
{
    struct sweep *s = calloc(1, sizeof *s);

    if (!s)
        return;
    s->work.run = run_sweep;
    s->work.done = done_sweep;
    snprintf(s->roof, sizeof s->roof, "%s/..", path);
    disk_post(disk, DISK_REMOVAL, &s->work);
}
