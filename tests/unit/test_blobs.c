/* test_blobs.c - files on their way through the broker */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/blobs.h"

enum { MINE = 1, OTHERS = 2 };

static struct blobs *b;

static void open_blobs(void)
{
    b = blobs_create(getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", 1000);
}

static void close_blobs(void)
{
    blobs_destroy(b);
}

TestSuite(blobs, .init = open_blobs, .fini = close_blobs, .timeout = 10);

static struct digest name_of(const char *text)
{
    struct digest d;

    digest_of(&d, text, strlen(text));
    return d;
}

static int add(const struct digest *d, uint64_t offset, const char *text)
{
    return blobs_add(b, MINE, d, offset, text, strlen(text), NULL);
}

Test(blobs, arrive_in_chunks_and_are_read_back)
{
    struct digest d = name_of("hello, world");
    char text[32] = "";

    cr_assert(eq(int, blobs_need(b, MINE, &d, 12, NULL), 0));
    cr_assert(eq(int, (int)blobs_state(b, MINE, &d), BLOB_PART));
    cr_assert(eq(int, add(&d, 0, "hello"), BLOB_PART));
    cr_assert(eq(u64, blobs_have(b, MINE, &d), 5));
    cr_assert(eq(int, (int)blobs_read(b, MINE, &d, 0, text, 32), -1),
              "not before it is whole");
    cr_assert(eq(int, add(&d, 5, ", world"), BLOB_WHOLE));
    cr_assert(eq(int, (int)blobs_read(b, MINE, &d, 7, text, 32), 5));
    cr_assert(eq(str, text, "world"));
    cr_assert(eq(int, (int)blobs_read(b, MINE, &d, 12, text, 32), 0));
}

Test(blobs, that_do_not_fit_their_hash_start_over)
{
    struct digest d = name_of("right");
    struct par_error err = {0};

    cr_assert(eq(int, blobs_need(b, MINE, &d, 5, NULL), 0));
    cr_assert(eq(int, blobs_add(b, MINE, &d, 0, "wrong", 5, &err), -1));
    cr_assert(eq(int, err.code, EBADMSG));
    cr_assert(eq(u64, blobs_have(b, MINE, &d), 0));
    cr_assert(eq(int, add(&d, 0, "right"), BLOB_WHOLE));
}

Test(blobs, chunks_must_follow_each_other)
{
    struct digest d = name_of("abcdef");

    cr_assert(eq(int, add(&d, 0, "abc"), -1), "nobody asked for it");
    cr_assert(eq(int, blobs_need(b, MINE, &d, 6, NULL), 0));
    cr_assert(eq(int, add(&d, 3, "def"), -1), "a gap");
    cr_assert(eq(int, add(&d, 0, "abcdefg"), -1), "too much");
    cr_assert(eq(int, add(&d, 0, "abc"), BLOB_PART));
    cr_assert(eq(int, add(&d, 0, "abc"), BLOB_PART), "again");
    cr_assert(eq(int, add(&d, 2, "cd"), BLOB_PART), "half of it again");
    cr_assert(eq(u64, blobs_have(b, MINE, &d), 4));
    cr_assert(eq(int, add(&d, 4, "ef"), BLOB_WHOLE));
    cr_assert(eq(int, add(&d, 0, "abc"), BLOB_WHOLE), "late");
    cr_assert(eq(int, add(&d, 6, ""), BLOB_WHOLE));
}

Test(blobs, from_another_source_start_over)
{
    struct digest d = name_of("abcdef");

    cr_assert(eq(int, blobs_need(b, MINE, &d, 6, NULL), 0));
    cr_assert(eq(int, add(&d, 0, "xyz"), BLOB_PART));
    blobs_restart(b, MINE, &d);
    cr_assert(eq(u64, blobs_have(b, MINE, &d), 0));
    cr_assert(eq(int, add(&d, 0, "abcdef"), BLOB_WHOLE));
    blobs_restart(b, MINE, &d);
    cr_assert(eq(int, (int)blobs_state(b, MINE, &d), BLOB_WHOLE));
}

/* One account does not learn what another one has. */
Test(blobs, belong_to_their_account)
{
    struct digest d = name_of("secret");

    cr_assert(eq(int, blobs_need(b, MINE, &d, 6, NULL), 0));
    cr_assert(eq(int, add(&d, 0, "secret"), BLOB_WHOLE));
    cr_assert(eq(int, (int)blobs_state(b, OTHERS, &d), BLOB_NONE));
    cr_assert(eq(int, blobs_need(b, OTHERS, &d, 6, NULL), 0));
    cr_assert(eq(int, (int)blobs_state(b, OTHERS, &d), BLOB_PART));
    blobs_drop(b, MINE, &d);
    cr_assert(eq(int, (int)blobs_state(b, OTHERS, &d), BLOB_PART));
}

Test(blobs, are_dropped_when_the_last_one_needs_them_no_more)
{
    struct digest d = name_of("twice");

    cr_assert(eq(int, blobs_need(b, MINE, &d, 5, NULL), 0));
    cr_assert(eq(int, blobs_need(b, MINE, &d, 5, NULL), 0));
    cr_assert(eq(u64, blobs_bytes(b), 5));
    blobs_drop(b, MINE, &d);
    cr_assert(eq(int, (int)blobs_state(b, MINE, &d), BLOB_PART));
    blobs_drop(b, MINE, &d);
    cr_assert(eq(int, (int)blobs_state(b, MINE, &d), BLOB_NONE));
    cr_assert(eq(u64, blobs_bytes(b), 0));
    blobs_drop(b, MINE, &d);
}

Test(blobs, are_refused_beyond_the_cap_before_anything_travels)
{
    struct digest big = name_of("big"), small = name_of("small");
    struct par_error err = {0};

    cr_assert(eq(int, blobs_need(b, MINE, &big, 1001, &err), -1));
    cr_assert(eq(int, err.code, ENOSPC));
    cr_assert(eq(int, blobs_need(b, MINE, &big, 999, NULL), 0));
    cr_assert(eq(int, blobs_need(b, MINE, &small, 2, &err), -1));
    cr_assert(eq(int, blobs_need(b, MINE, &small, 1, NULL), 0));
    cr_assert(eq(int, blobs_need(b, MINE, &small, 2, &err), -1),
              "another size for the same hash");
}

Test(blobs, without_octets_are_whole_at_once)
{
    struct digest d = name_of("");
    char byte;

    cr_assert(eq(int, blobs_need(b, MINE, &d, 0, NULL), 0));
    cr_assert(eq(int, (int)blobs_state(b, MINE, &d), BLOB_WHOLE));
    cr_assert(eq(int, (int)blobs_read(b, MINE, &d, 0, &byte, 1), 0));
}

Test(blobs, leave_no_name_in_the_file_system)
{
    struct digest d = name_of("nameless");
    DIR *dir = opendir(getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    const struct dirent *e;

    cr_assert(eq(int, blobs_need(b, MINE, &d, 8, NULL), 0));
    cr_assert(eq(int, add(&d, 0, "name"), BLOB_PART));
    while ((e = readdir(dir)))
        cr_assert(eq(int, strncmp(e->d_name, "par-blob", 8) == 0, 0), "%s",
                  e->d_name);
    closedir(dir);
}

Test(blobs, many_places_are_told_apart)
{
    struct digest d[200];
    char text[16];

    blobs_destroy(b);
    b = blobs_create("/tmp", 100000);
    for (int i = 0; i < 200; i++) {
        snprintf(text, sizeof text, "file %03d", i);
        d[i] = name_of(text);
        cr_assert(eq(int, blobs_need(b, MINE, &d[i], 8, NULL), 0));
    }
    for (int i = 0; i < 200; i += 2)
        blobs_drop(b, MINE, &d[i]);
    for (int i = 1; i < 200; i += 2) {
        snprintf(text, sizeof text, "file %03d", i);
        cr_assert(eq(int, add(&d[i], 0, text), BLOB_WHOLE));
    }
}
