/* test_beneath.c - no name and no symlink leads out of the folder */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"
#include "worker/beneath.h"

static int folder; /* in the scratch folder: in */

static void init(void)
{
    scratch_make();
    cr_assert(eq(int, chdir(scratch), 0));
    cr_assert(eq(int, mkdir("in", 0700), 0));
    folder = open("in", O_RDONLY | O_DIRECTORY);
    cr_assert(ge(int, folder, 0));
}

static void fini(void)
{
    close(folder);
    cr_assert(eq(int, chdir("/"), 0));
    scratch_remove();
}

TestSuite(beneath, .init = init, .fini = fini, .timeout = 10);

static int create(const char *path)
{
    struct par_error err = {0};
    int fd = beneath_create(folder, path, 0640, &err);

    if (fd < 0)
        return err.code;
    close(fd);
    return 0;
}

Test(beneath, makes_the_folders_on_the_way)
{
    struct stat st;

    cr_assert(eq(int, create("a/b/c.txt"), 0));
    cr_assert(eq(int, create("a/b/d.txt"), 0));
    cr_assert(eq(int, create("e"), 0));
    cr_assert(eq(int, stat("in/a/b/c.txt", &st), 0));
    cr_assert(eq(uint, st.st_mode & 0777, 0640));
}

Test(beneath, DI_39_names_that_lead_out_are_refused)
{
    static const char *const bad[] = {
        "",     "/etc/x", "../x", "a/../../x", "a/..", "..",
        "a//b", "a/",     "./a",  "a/.",       "/",    ".",
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert(eq(int, create(bad[i]), EINVAL), "%s", bad[i]);
    cr_assert(eq(int, access("x", F_OK), -1));
}

Test(beneath, names_that_only_look_dangerous_are_taken)
{
    cr_assert(eq(int, create("..x"), 0));
    cr_assert(eq(int, create("a..b/.hidden/..."), 0));
}

Test(beneath, too_long_a_name_is_refused)
{
    char name[BENEATH_NAME + 2];

    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = 0;
    cr_assert(eq(int, create(name), EINVAL));
    name[BENEATH_NAME] = 0;
    cr_assert(eq(int, create(name), 0));
}

Test(beneath, symlink_that_somebody_planted_is_not_followed)
{
    cr_assert(eq(int, mkdir("out", 0700), 0));
    cr_assert(eq(int, symlink("../out", "in/link"), 0));
    cr_assert(eq(int, symlink("../out/f", "in/f"), 0));
    cr_assert(ne(int, create("link/x"), 0));
    cr_assert(ne(int, create("f"), 0));
    cr_assert(eq(int, access("out/x", F_OK), -1));
    cr_assert(eq(int, access("out/f", F_OK), -1));
}

Test(beneath, existing_file_is_not_overwritten)
{
    cr_assert(eq(int, create("f"), 0));
    cr_assert(eq(int, create("f"), EEXIST));
}

Test(beneath, only_regular_files_are_opened)
{
    struct par_error err = {0};
    int fd;

    cr_assert(eq(int, create("a/f"), 0));
    fd = beneath_open(folder, "a/f", &err);
    cr_assert(ge(int, fd, 0));
    close(fd);
    cr_assert(eq(int, beneath_open(folder, "a", &err), -1));
    cr_assert(eq(int, beneath_open(folder, "b", &err), -1));
    cr_assert(eq(int, err.code, ENOENT));
    cr_assert(eq(int, mkfifo("in/pipe", 0600), 0));
    cr_assert(eq(int, beneath_open(folder, "pipe", &err), -1));
}
