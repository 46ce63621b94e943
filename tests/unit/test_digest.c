/* test_digest.c - BLAKE2b-256 by its published vectors, and as text */
#include "config.h"

#include "digest.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* b2sum -l 256, of nothing and of "abc" */
#define OF_NOTHING                                                             \
    "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"
#define OF_ABC                                                                 \
    "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"

TestSuite(digest, .timeout = 10);

Test(digest, is_blake2b_256)
{
    struct digest d;
    char text[DIGEST_TEXT];

    digest_of(&d, "", 0);
    digest_text(&d, text);
    cr_assert(eq(str, text, OF_NOTHING));
    digest_of(&d, "abc", 3);
    digest_text(&d, text);
    cr_assert(eq(str, text, OF_ABC));
}

Test(digest, is_the_same_piece_by_piece)
{
    struct digest_state *s = digest_start();
    struct digest d;
    struct digest expected;

    digest_add(s, "a", 1);
    digest_add(s, "", 0);
    digest_add(s, "bc", 2);
    digest_finish(s, &d);
    digest_of(&expected, "abc", 3);
    cr_assert(digest_equal(&d, &expected));
}

static FILE *file_of(size_t len)
{
    FILE *f = tmpfile();

    cr_assert(f != NULL);
    for (size_t i = 0; i < len; i++)
        fputc((int)(i % 251), f);
    fflush(f);
    return f;
}

Test(digest, of_a_file_is_that_of_all_its_bytes_wherever_the_fd_stands)
{
    static char bytes[100000];
    FILE *f = file_of(sizeof bytes);
    struct digest d;
    struct digest expected;
    uint64_t size = 0;

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i % 251);
    digest_of(&expected, bytes, sizeof bytes);
    cr_assert(eq(int, digest_of_file(&d, &size, fileno(f), NULL), 0));
    cr_assert(digest_equal(&d, &expected));
    cr_assert(eq(u64, size, sizeof bytes));
    fclose(f);
}

Test(digest, of_what_cannot_be_read_says_why)
{
    struct par_error err = {0};
    struct digest d;
    uint64_t size;
    int fd = open("/", O_RDONLY | O_CLOEXEC);

    cr_assert(eq(int, digest_of_file(&d, &size, fd, &err), -1));
    cr_assert(eq(int, err.code, EISDIR));
    cr_assert(eq(str, err.text, "cannot read: Is a directory"));
    close(fd);
}

Test(digest, text_reads_back_in_either_case)
{
    struct digest d;
    struct digest expected;

    digest_of(&expected, "abc", 3);
    cr_assert(digest_parse(&d, OF_ABC));
    cr_assert(digest_equal(&d, &expected));
    cr_assert(digest_parse(&d, "BDDD813C634239723171EF3FEE98579B"
                               "94964E3BB1CB3E427262C8C068D52319"));
    cr_assert(digest_equal(&d, &expected));
}

Test(digest, every_digit_is_read)
{
    static const char digits[] = "0123456789abcdef0123456789abcdef"
                                 "fedcba9876543210fedcba9876543210";
    struct digest d;
    char text[DIGEST_TEXT];

    cr_assert(digest_parse(&d, digits));
    cr_assert(eq(int, d.bytes[5], 0xab));
    digest_text(&d, text);
    cr_assert(eq(str, text, (char *)digits));
}

Test(digest, text_of_another_length_or_letter_is_refused)
{
    struct digest d = {{1}};

    cr_assert(eq(int, digest_parse(&d, ""), false));
    cr_assert(eq(int, digest_parse(&d, OF_ABC "0"), false));
    cr_assert(eq(int, digest_parse(&d, OF_ABC + 1), false));
    cr_assert(eq(int, digest_parse(&d, "g" OF_ABC), false));
    cr_assert(eq(int,
                 digest_parse(&d, "gddd813c634239723171ef3fee98579b"
                                  "94964e3bb1cb3e427262c8c068d52319"),
                 false));
    cr_assert(eq(int, d.bytes[0], 1), "a refused text changes nothing");
}

Test(digest, differs_for_different_bytes)
{
    struct digest a;
    struct digest b;

    digest_of(&a, "abc", 3);
    digest_of(&b, "abd", 3);
    cr_assert(eq(int, digest_equal(&a, &b), false));
}
