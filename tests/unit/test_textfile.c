/* test_textfile.c - what the tests of keys and lists do not see of it */
#include "config.h"

#include "textfile.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"

TestSuite(textfile,
          .init = scratch_make,
          .fini = scratch_remove,
          .timeout = 10);

static int mode(int fd)
{
    struct stat st;

    cr_assert(eq(int, fstat(fd, &st), 0));
    return (int)(st.st_mode & 07777);
}

Test(textfile, file_that_a_shell_has_made_becomes_private)
{
    int fd = open(scratch_path("t"), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    int copy = dup(fd);

    fchmod(fd, 0666);
    cr_assert(eq(int, textfile_make_private(fd, NULL), 0));
    cr_assert(eq(int, mode(fd), 0600));
    close(copy);
    close(fd);
}

Test(textfile, file_that_is_open_elsewhere_is_refused)
{
    struct par_error err = {0};
    int fd = open(scratch_path("t"), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    int reader = open(scratch_path("t"), O_RDONLY | O_CLOEXEC);

    if (fcntl(fd, F_SETLEASE, F_UNLCK) != 0 && errno == EINVAL)
        cr_skip_test("no leases on this file system");
    cr_assert(eq(int, textfile_make_private(fd, &err), -1));
    cr_assert(eq(int, err.code, EBUSY));
    close(reader);
    cr_assert(eq(int, textfile_make_private(fd, &err), 0));
    cr_assert(eq(int, fcntl(fd, F_GETLEASE), F_UNLCK));
    close(fd);
}

Test(textfile, file_that_cannot_be_made_private_is_refused)
{
    struct par_error err = {0};
    int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);

    if (geteuid() == 0)
        cr_skip_test("it is root's");
    cr_assert(eq(int, textfile_make_private(fd, &err), -1));
    cr_assert(eq(int, err.code, EPERM));
    close(fd);
}

Test(textfile, what_is_no_file_is_left_as_it_is)
{
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    int ends[2];

    cr_assert(eq(int, pipe(ends), 0));
    cr_assert(eq(int, textfile_make_private(fd, NULL), 0));
    cr_assert(eq(int, textfile_make_private(ends[1], NULL), 0));
    cr_assert(eq(int, textfile_make_private(-1, NULL), -1));
    close(fd);
    close(ends[0]);
    close(ends[1]);
}

/* ---- the folder ---- */

Test(textfile, nothing_is_written_where_others_can_write)
{
    static const mode_t modes[] = {0777, 0770, 0702};
    struct par_error err;

    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        const char *folder = scratch_path("open");

        cr_assert(eq(int, mkdir(folder, 0700), 0));
        cr_assert(eq(int, chmod(folder, modes[i]), 0));
        cr_assert(
            eq(int, textfile_create(scratch_path("open/k"), "", &err), -1));
        cr_assert(eq(int, err.code, EPERM));
        cr_assert(strstr(err.text, "chmod go-w") != NULL);
        cr_assert(eq(int, textfile_lock(scratch_path("open/k"), &err), -1));
        cr_assert(eq(int, err.code, EPERM));
        cr_assert(eq(int, rmdir(folder), 0), "something was left in it");
    }
}

Test(textfile, folder_where_nobody_removes_what_is_anothers_will_do)
{
    cr_assert(eq(int, mkdir(scratch_path("tmp"), 0700), 0));
    cr_assert(eq(int, chmod(scratch_path("tmp"), 01777), 0));
    cr_assert(eq(int, textfile_create(scratch_path("tmp/k"), "", NULL), 0));
}
