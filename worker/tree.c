/* tree.c - read /proc for children of children, and signal them
 *
 * In one pass: a tree can grow meanwhile, so callers come again until nobody is
 * left.
 */
#include "config.h"

#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Processes that are still to be visited. */
struct pids {
    pid_t *all;
    size_t count, size;
};

/* Without memory it is left out: the next call will find it. */
static void push(struct pids *p, pid_t pid)
{
    if (p->count == p->size) {
        size_t size = p->size ? p->size * 2 : 64;
        pid_t *more = realloc(p->all, size * sizeof *more);

        if (!more)
            return;
        p->all = more;
        p->size = size;
    }
    p->all[p->count++] = pid;
}

/* "12 345 " in pieces as read(2) gives them: *number carries over. */
static void parse(struct pids *to, const char *text, size_t len, pid_t *number)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] >= '0' && text[i] <= '9') {
            *number = *number * 10 + (text[i] - '0');
        } else if (*number > 0) {
            push(to, *number);
            *number = 0;
        }
    }
}

static void list_thread(struct pids *to, int tasks, const char *thread)
{
    char path[64];
    char text[4096];
    pid_t number = 0;
    ssize_t n;
    int fd;

    snprintf(path, sizeof path, "%.40s/children", thread);
    fd = openat(tasks, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    while ((n = read(fd, text, sizeof text)) > 0)
        parse(to, text, (size_t)n, &number);
    if (number > 0)
        push(to, number);
    close(fd);
}

/* The children of all threads of a process. */
static void list_children(struct pids *to, pid_t pid)
{
    char path[48];
    struct dirent *entry;
    DIR *tasks;

    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    tasks = opendir(path);
    if (!tasks)
        return;
    while ((entry = readdir(tasks)))
        if (entry->d_name[0] != '.')
            list_thread(to, dirfd(tasks), entry->d_name);
    closedir(tasks);
}

int tree_is_visible(void)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    return access(path, R_OK) == 0;
}

static bool is_spared(pid_t pid, const pid_t *spare, size_t spared)
{
    for (size_t i = 0; i < spared; i++)
        if (spare[i] == pid)
            return true;
    return false;
}

size_t tree_signal(int sig, pid_t group, const pid_t *spare, size_t spared)
{
    struct pids pids = {0};
    size_t found = 0;

    list_children(&pids, getpid());
    for (size_t i = 0; i < pids.count; i++)
        if (is_spared(pids.all[i], spare, spared))
            pids.all[i--] = pids.all[--pids.count];
    while (pids.count > 0) {
        pid_t pid = pids.all[--pids.count];

        found++;
        if (group == 0 || getpgid(pid) != group)
            kill(pid, sig);
        list_children(&pids, pid);
    }
    free(pids.all);
    return found;
}
