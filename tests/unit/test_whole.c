/* test_whole.c - all of it comes, though it comes in pieces */
#include "config.h"

#include "whole.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MUCH = 1 << 20 }; /* more than a pipe holds */

TestSuite(whole, .timeout = 20);

static void *write_much(void *fd)
{
    char *data = calloc(1, MUCH);
    int rc = whole_write(*(int *)fd, data, MUCH, WHOLE_HERE);

    free(data);
    close(*(int *)fd);
    return rc == 0 ? fd : NULL;
}

Test(whole, what_goes_through_a_pipe_in_pieces_arrives_whole)
{
    char *got = malloc(MUCH + 1);
    pthread_t thread;
    void *written;
    int ends[2];

    cr_assert(eq(int, pipe(ends), 0));
    cr_assert(eq(int, pthread_create(&thread, NULL, write_much, &ends[1]), 0));
    cr_assert(eq(i64, whole_read(ends[0], got, MUCH + 1, WHOLE_HERE), MUCH),
              "to the end, and no further");
    pthread_join(thread, &written);
    cr_assert(ne(ptr, written, NULL));
    close(ends[0]);
    free(got);
}

Test(whole, an_offset_leaves_the_descriptor_where_it_stands)
{
    int fd = memfd_create("whole", MFD_CLOEXEC);
    char text[8] = "";

    cr_assert(eq(int, whole_write(fd, "defg", 4, 3), 0));
    cr_assert(eq(int, whole_write(fd, "abc", 3, WHOLE_HERE), 0));
    cr_assert(eq(i64, whole_read(fd, text, 7, 1), 6));
    cr_assert(eq(str, text, "bcdefg"));
    cr_assert(eq(i64, whole_read(fd, text, 7, WHOLE_HERE), 4));
    close(fd);
}

Test(whole, an_error_is_told)
{
    char octet = 0;

    cr_assert(eq(i64, whole_read(-1, &octet, 1, WHOLE_HERE), -1));
    cr_assert(eq(int, errno, EBADF));
    cr_assert(eq(int, whole_write(-1, &octet, 1, 0), -1));
    cr_assert(eq(int, errno, EBADF));
}
