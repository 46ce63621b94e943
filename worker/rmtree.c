/* rmtree.c - a tree goes by descriptors, from the top, without recursion
 *
 * A folder in a folder is first moved up to the top one, so depth costs
 * nothing.
 */
#include "config.h"

#include "rmtree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A folder below `top` that is not empty gives its own folders to `top` under
 * new names, so that nothing is ever deeper than two. */
struct sweep {
    int top;
    dev_t device;
    unsigned long long moved; /* folders that were given a new name */
    int error;                /* of something that stayed */
    bool progress;
};

enum { FOLDER = O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

/* Open a folder, with all rights on it if it is ours to give them.  chmod(2)
 * goes through /proc, for there is none that takes a name and follows no
 * link. */
static int open_folder(int at, const char *name)
{
    int handle = openat(at, name, O_PATH | FOLDER);
    char path[48];
    struct stat st;
    int fd;

    if (handle < 0)
        return -1;
    snprintf(path, sizeof path, "/proc/self/fd/%d", handle);
    if (fstat(handle, &st) == 0 && (st.st_mode & S_IRWXU) != S_IRWXU)
        (void)!chmod(path, S_IRWXU);
    close(handle);
    fd = openat(at, name, O_RDONLY | FOLDER);
    return fd;
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* A name that is not there yet. */
static int move_up(struct sweep *s, int at, const char *name)
{
    char fresh[40];

    for (;;) {
        snprintf(fresh, sizeof fresh, ".par-%llu", s->moved++);
        if (renameat2(at, name, s->top, fresh, RENAME_NOREPLACE) == 0)
            return 0;
        if (errno != EEXIST)
            return -1;
    }
}

/* Files go; so do empty folders.  Returns -1 and errno otherwise. */
static int remove_entry(int at, const char *name)
{
    if (unlinkat(at, name, 0) == 0 || errno == ENOENT)
        return 0;
    if (errno != EISDIR && errno != EPERM)
        return -1;
    return unlinkat(at, name, AT_REMOVEDIR);
}

static void note(struct sweep *s, int result)
{
    if (result == 0)
        s->progress = true;
    else
        s->error = errno;
}

/* Empty a folder that lies in the top one. */
static void empty_folder(struct sweep *s, int fd)
{
    DIR *dir = fdopendir(fd);
    struct dirent *entry;
    int below;

    if (!dir) {
        note(s, -1);
        close(fd);
        return;
    }
    while ((entry = readdir(dir))) {
        if (is_dots(entry->d_name))
            continue;
        if (remove_entry(fd, entry->d_name) == 0) {
            s->progress = true;
            continue;
        }
        below =
            open_folder(fd, entry->d_name); /* to be moved it needs rights */
        note(s, below < 0 ? -1 : move_up(s, fd, entry->d_name));
        if (below >= 0)
            close(below);
    }
    closedir(dir);
}

static void remove_top_entry(struct sweep *s, const char *name)
{
    struct stat st;
    int fd;

    if (remove_entry(s->top, name) == 0) {
        s->progress = true;
        return;
    }
    fd = open_folder(s->top, name);
    if (fd < 0 || fstat(fd, &st) != 0 || st.st_dev != s->device) {
        errno = fd < 0 ? errno : EBUSY;
        note(s, -1);
        if (fd >= 0)
            close(fd);
        return;
    }
    empty_folder(s, fd);
    note(s, unlinkat(s->top, name, AT_REMOVEDIR));
}

static void sweep_once(struct sweep *s)
{
    int fd = openat(s->top, ".", O_RDONLY | FOLDER);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;

    if (!dir) {
        note(s, -1);
        if (fd >= 0)
            close(fd);
        return;
    }
    while ((entry = readdir(dir)))
        if (!is_dots(entry->d_name))
            remove_top_entry(s, entry->d_name);
    closedir(dir);
}

int rmtree_clear(int fd)
{
    struct sweep s = {.top = fd};
    struct stat st;

    if (fstat(fd, &st) != 0)
        return -1;
    s.device = st.st_dev;
    (void)!fchmod(fd, S_IRWXU);
    do {
        s.progress = false;
        s.error = 0;
        sweep_once(&s);
    } while (s.progress);
    errno = s.error;
    return s.error ? -1 : 0;
}

int rmtree(const char *path)
{
    int fd = open_folder(AT_FDCWD, path);
    int result;

    if (fd < 0)
        return errno == ENOENT ? 0 : -1;
    result = rmtree_clear(fd);
    close(fd);
    return result == 0 ? unlinkat(AT_FDCWD, path, AT_REMOVEDIR) : -1;
}
