/* test_spool.c - output waits for its turn, in memory or in a file */
#include "config.h"

#include "client/spool.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"

static struct spool spool;
static struct par_error err;

static void clear(void)
{
    spool_clear(&spool);
    scratch_remove();
}

TestSuite(spool, .init = scratch_make, .fini = clear, .timeout = 10);

/* Print to a file and compare with the octets i * 31 + i / 256. */
static void prints(uint64_t want)
{
    int fd = open(scratch_path("out"), O_RDWR | O_CREAT | O_TRUNC, 0600);
    unsigned char block[4096];
    uint64_t at = 0;
    ssize_t n;

    cr_assert(eq(u64, spool.total, want));
    cr_assert(eq(int, spool_print(&spool, fd, &err), 0));
    lseek(fd, 0, SEEK_SET);
    while ((n = read(fd, block, sizeof block)) > 0)
        for (ssize_t i = 0; i < n; i++, at++)
            if (block[i] != (unsigned char)(at * 31 + at / 256))
                cr_fatal("octet %llu is wrong", (unsigned long long)at);
    cr_assert(eq(u64, at, want));
    close(fd);
    cr_assert(eq(u64, spool.total, 0));
}

static void add(uint64_t len, size_t step)
{
    static unsigned char block[3 * 1024 * 1024];
    uint64_t at = spool.total;

    while (len > 0) {
        size_t n = len < step ? (size_t)len : step;

        for (size_t i = 0; i < n; i++, at++)
            block[i] = (unsigned char)(at * 31 + at / 256);
        cr_assert(eq(int, spool_add(&spool, block, n, &err), 0));
        len -= n;
    }
}

Test(spool, keeps_little_in_memory)
{
    add(100, 7);
    cr_assert(eq(int, spool.file, 0));
    prints(100);
    add(5, 5);
    prints(5);
}

Test(spool, takes_the_nothing_that_ends_a_stream)
{
    cr_assert(eq(int, spool_add(&spool, NULL, 0, &err), 0));
    prints(0);
}

Test(spool, keeps_much_in_a_file_without_a_name)
{
    struct stat st;

    add(5 * SPOOL_MEMORY + 17, 60000);
    cr_assert(gt(int, spool.file, 0));
    fstat(spool.file, &st);
    cr_assert(eq(uint, st.st_nlink, 0));
    cr_assert(le(sz, spool.size, 2 * SPOOL_MEMORY));
    prints(5 * SPOOL_MEMORY + 17);
}

Test(spool, takes_a_piece_larger_than_its_memory)
{
    add(10, 10);
    add(2 * SPOOL_MEMORY, 2 * SPOOL_MEMORY);
    add(10, 10);
    prints(2 * SPOOL_MEMORY + 20);
}

/* Standard output, for a while. */
static int put_aside(const char *path)
{
    int own = dup(STDOUT_FILENO);
    int fd = open(path, O_RDWR | O_CREAT, 0600);

    dup2(fd, STDOUT_FILENO);
    close(fd);
    return own;
}

static void put_back(int own)
{
    dup2(own, STDOUT_FILENO);
    close(own);
}

Test(spool, gathers_small_values_and_keeps_their_order)
{
    int own = put_aside(scratch_path("out"));
    struct stat st;
    char text[8] = "";
    bool gathered;
    ssize_t n;

    spool_put("a\n", 2, &err);
    spool_put("b\n", 2, &err);
    gathered = fstat(STDOUT_FILENO, &st) == 0 && st.st_size == 0;
    spool_write(STDOUT_FILENO, "c\n", 2, &err);
    spool_put("d", 1, &err);
    spool_flush(&err);
    n = pread(STDOUT_FILENO, text, sizeof text - 1, 0);
    put_back(own);
    cr_assert(eq(int, (int)n, 7));
    cr_assert(eq(int, gathered, true));
    cr_assert(eq(str, text, "a\nb\nc\nd"));
    cr_assert(eq(int, spool_line_is_open(STDOUT_FILENO), true));
}

Test(spool, a_value_that_cannot_be_written_is_told_to_all_who_follow)
{
    int own = put_aside("/dev/full");
    int put = spool_put("a\n", 2, &err);
    int first = spool_flush(NULL); /* as cli_say() does */
    int then = spool_flush(&err);

    put_back(own);
    cr_assert(eq(int, put, 0));
    cr_assert(eq(int, first, -1));
    cr_assert(eq(int, then, -1));
    cr_assert(eq(str, err.text, "standard output: No space left on device"));
}
