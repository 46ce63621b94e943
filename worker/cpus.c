/* cpus.c - sched_getaffinity(2), and the quotas of the cgroups above us */
#include "config.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cpus.h"

enum {
    CPU_ROOM = 8192, /* more than any machine of today has */
    TEXT_ROOM = 4096
};

static unsigned allowed(void)
{
    size_t size = CPU_ALLOC_SIZE(CPU_ROOM);
    cpu_set_t *set = CPU_ALLOC(CPU_ROOM);
    int n = 0;

    if (set && sched_getaffinity(0, size, set) == 0)
        n = CPU_COUNT_S(size, set);
    if (set)
        CPU_FREE(set);
    return n > 0 ? (unsigned)n : 1;
}

unsigned cpus_of_quota(const char *text)
{
    long long quota, period;

    if (sscanf(text, "%lld %lld", &quota, &period) != 2 || quota <= 0 ||
        period <= 0 || quota / period >= INT_MAX)
        return 0;
    return (unsigned)((quota + period - 1) / period);
}

/* A small file as a string; "" if it cannot be read. */
static void slurp(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);

    text[n > 0 ? n : 0] = 0;
    if (fd >= 0)
        close(fd);
}

/* The tightest quota of the cgroup and those above it (cgroup v2). */
static unsigned paid_for(void)
{
    char groups[TEXT_ROOM], path[TEXT_ROOM + 64], text[64];
    unsigned least = 0;
    char *group, *slash;

    slurp("/proc/self/cgroup", groups, sizeof groups);
    group = strstr(groups, "0::/");
    if (!group)
        return 0;
    group += strlen("0::");
    group[strcspn(group, "\n")] = 0;
    do {
        unsigned n;

        snprintf(path, sizeof path, "/sys/fs/cgroup%s/cpu.max", group);
        slurp(path, text, sizeof text);
        n = cpus_of_quota(text);
        if (n && (!least || n < least))
            least = n;
        slash = strrchr(group, '/');
        if (slash)
            *slash = 0;
    } while (slash);
    return least;
}

unsigned cpus_count(void)
{
    unsigned cpus = allowed(), quota = paid_for();

    return quota && quota < cpus ? quota : cpus;
}
