/* test_rundir.c - folders of the dead are swept, those of the living stay */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <time.h>

#include "scratch.h"
#include "worker/rundir.h"

TestSuite(rundir, .init = scratch_make, .fini = scratch_remove, .timeout = 10);

static char path[RUNDIR_PATH];
static struct par_error err;

static void age(const char *folder)
{
    struct timespec t[2] = {{time(NULL) - 1000, 0}, {time(NULL) - 1000, 0}};

    cr_assert(eq(int, utimensat(AT_FDCWD, folder, t, 0), 0));
}

static int make(void)
{
    int fd = rundir_make(scratch, path, &err);

    cr_assert(ge(int, fd, 0), "%s", err.text);
    age(path);
    return fd;
}

Test(rundir, what_is_held_stays)
{
    int fd = make();

    rundir_sweep(scratch);
    cr_assert(eq(int, access(path, F_OK), 0));
    close(fd);
}

Test(rundir, what_the_dead_left_goes_with_all_that_is_in_it)
{
    char inside[RUNDIR_PATH + 20];
    int fd = make();

    snprintf(inside, sizeof inside, "%s/c1", path);
    cr_assert(eq(int, mkdir(inside, 0), 0));
    age(path);
    close(fd);
    rundir_sweep(scratch);
    cr_assert(eq(int, access(path, F_OK), -1));
}

Test(rundir, what_is_young_is_left_to_whoever_makes_it)
{
    int fd = rundir_make(scratch, path, &err);

    close(fd);
    rundir_sweep(scratch);
    cr_assert(eq(int, access(path, F_OK), 0));
}

Test(rundir, what_is_not_a_workers_is_left_alone)
{
    cr_assert(eq(int, mkdir(scratch_path("objects"), 0700), 0));
    cr_assert(eq(int, mkdir(scratch_path("elsewhere"), 0700), 0));
    scratch_write("elsewhere/precious", 0600, "x");
    cr_assert(eq(
        int, symlink(scratch_path("elsewhere"), scratch_path("run-link")), 0));
    age(scratch_path("objects"));
    age(scratch_path("elsewhere"));
    rundir_sweep(scratch);
    cr_assert(eq(int, access(scratch_path("objects"), F_OK), 0));
    cr_assert(eq(int, access(scratch_path("elsewhere/precious"), F_OK), 0));
}

Test(rundir, missing_roof_is_named)
{
    cr_assert(eq(int, rundir_make("/no/such/roof", path, &err), -1));
    cr_assert(eq(int, err.code, ENOENT));
    cr_assert(strstr(err.text, "/no/such/roof") != NULL);
    cr_assert(eq(str, path, ""));
}
