/* few_files.h - no descriptor can be opened; what is open stays */
#ifndef PAR_TESTS_UNIT_FEW_FILES_H
#define PAR_TESTS_UNIT_FEW_FILES_H

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <sys/resource.h>
#include <unistd.h>

static inline void allow_files(bool allow)
{
    enum { MOST = 1024 };
    static int taken[MOST];
    static unsigned count;
    struct rlimit limit;

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = MOST;
    cr_assert(eq(int, setrlimit(RLIMIT_NOFILE, &limit), 0));
    while (!allow && (taken[count] = dup(0)) >= 0)
        count++;
    while (allow && count > 0)
        close(taken[--count]);
}

#endif
