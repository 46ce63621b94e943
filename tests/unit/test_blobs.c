/* test_blobs.c - files on their way through the broker */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "broker/blobs.h"

enum { MINE = 1, OTHERS = 2, THIRDS = 3, BLOCK = 16384 };

static struct blobs *b;
static const char *dir;

static void open_blobs(void)
{
    dir = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
    b = blobs_create(dir, 6 * BLOCK, 4 * BLOCK, 7);
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
    cr_assert(eq(u64, blobs_bytes(b), BLOCK));
    blobs_drop(b, MINE, &d);
    cr_assert(eq(int, (int)blobs_state(b, MINE, &d), BLOB_PART));
    blobs_drop(b, MINE, &d);
    cr_assert(eq(int, (int)blobs_state(b, MINE, &d), BLOB_NONE));
    cr_assert(eq(u64, blobs_bytes(b), 0));
    blobs_drop(b, MINE, &d);
}

Test(blobs, are_refused_beyond_the_share_before_anything_travels)
{
    struct digest big = name_of("big"), small = name_of("small");
    struct par_error err = {0};

    cr_assert(eq(int, blobs_need(b, MINE, &big, UINT64_MAX, &err), -1));
    cr_assert(eq(int, blobs_need(b, MINE, &big, 4 * BLOCK + 1, &err), -1));
    cr_assert(eq(int, err.code, ENOSPC));
    cr_assert(eq(int, blobs_need(b, MINE, &big, 3 * BLOCK, NULL), 0));
    cr_assert(eq(int, blobs_need(b, MINE, &small, BLOCK + 1, &err), -1));
    cr_assert(eq(int, blobs_need(b, MINE, &small, 1, NULL), 0));
    cr_assert(eq(int, blobs_need(b, MINE, &small, 2, &err), -1),
              "another size for the same hash");
}

Test(blobs, are_refused_beyond_the_cap_of_all_accounts)
{
    struct digest d = name_of("d");
    struct par_error err = {0};

    cr_assert(eq(int, blobs_need(b, MINE, &d, 4 * BLOCK, NULL), 0));
    cr_assert(eq(int, blobs_need(b, OTHERS, &d, 3 * BLOCK, &err), -1));
    cr_assert(eq(int, err.code, ENOSPC));
    cr_assert(eq(int, blobs_need(b, OTHERS, &d, 2 * BLOCK, &err), 0));
    cr_assert(eq(int, blobs_need(b, THIRDS, &d, 1, &err), -1));
}

static int keep(uint32_t account, const char *text)
{
    struct digest d = name_of(text);

    return blobs_need(b, account, &d, strlen(text), NULL) == 0 &&
           blobs_add(b, account, &d, 0, text, strlen(text), NULL) == BLOB_WHOLE;
}

static int state_of(uint32_t account, const char *text)
{
    struct digest d = name_of(text);

    return (int)blobs_state(b, account, &d);
}

static void drop(uint32_t account, const char *text)
{
    struct digest d = name_of(text);

    blobs_drop(b, account, &d);
}

Test(blobs, that_nobody_needs_stay_until_their_room_is_wanted)
{
    struct digest big = name_of("big"), first = name_of("first");

    cr_assert(eq(int, keep(MINE, "first"), 1));
    cr_assert(eq(int, keep(MINE, "second"), 1));
    cr_assert(eq(int, keep(MINE, "third"), 1));
    cr_assert(eq(int, blobs_are_idle(b), 0));
    drop(MINE, "first");
    drop(MINE, "second");
    drop(MINE, "third");
    cr_assert(eq(int, blobs_are_idle(b), 1));
    cr_assert(eq(int, blobs_need(b, MINE, &first, 5, NULL), 0));
    cr_assert(eq(int, state_of(MINE, "first"), BLOB_WHOLE));
    cr_assert(eq(int, blobs_need(b, MINE, &big, 2 * BLOCK, NULL), 0));
    cr_assert(eq(int, state_of(MINE, "second"), BLOB_NONE), "idle for longest");
    cr_assert(eq(int, state_of(MINE, "third"), BLOB_WHOLE));
    cr_assert(eq(int, state_of(MINE, "first"), BLOB_WHOLE), "it is needed");
}

/* Whoever fills his share takes room from what is idle, not from others. */
Test(blobs, of_other_accounts_make_room_only_when_idle)
{
    struct digest big = name_of("big");

    cr_assert(eq(int, keep(OTHERS, "needed"), 1));
    cr_assert(eq(int, keep(THIRDS, "idle"), 1));
    drop(THIRDS, "idle");
    cr_assert(eq(int, blobs_need(b, MINE, &big, 4 * BLOCK, NULL), 0));
    cr_assert(eq(int, state_of(THIRDS, "idle"), BLOB_WHOLE));
    cr_assert(eq(int, keep(OTHERS, "more"), 1));
    cr_assert(eq(int, state_of(THIRDS, "idle"), BLOB_NONE));
    cr_assert(eq(int, state_of(OTHERS, "needed"), BLOB_WHOLE));
}

Test(blobs, without_octets_are_whole_at_once)
{
    struct digest d = name_of("");
    char byte;

    cr_assert(eq(int, blobs_need(b, MINE, &d, 0, NULL), 0));
    cr_assert(eq(int, (int)blobs_state(b, MINE, &d), BLOB_WHOLE));
    cr_assert(eq(int, (int)blobs_read(b, MINE, &d, 0, &byte, 1), 0));
}

/* How many entries does a folder have, but for . and ..? */
static int entries(const char *path, const char *prefix)
{
    DIR *d = opendir(path);
    const struct dirent *e;
    int n = 0;

    while ((e = readdir(d)))
        n += strncmp(e->d_name, prefix, strlen(prefix)) == 0 &&
             e->d_name[0] != '.';
    closedir(d);
    return n;
}

Test(blobs, leave_no_name_in_the_file_system)
{
    cr_assert(eq(int, keep(MINE, "nameless"), 1));
    cr_assert(eq(int, entries(dir, "par-blob"), 0));
}

Test(blobs, many_are_told_apart_and_cost_one_descriptor)
{
    struct digest d[200];
    char text[16], back[16] = "";
    int before;

    blobs_destroy(b);
    before = entries("/proc/self/fd", "");
    b = blobs_create(dir, 1000 * BLOCK, 1000 * BLOCK, 7);
    for (int i = 0; i < 200; i++) {
        snprintf(text, sizeof text, "file %03d", i);
        d[i] = name_of(text);
        cr_assert(eq(int, blobs_need(b, MINE, &d[i], 8, NULL), 0));
        cr_assert(eq(int, add(&d[i], 0, "file"), BLOB_PART));
    }
    for (int i = 0; i < 200; i += 2)
        blobs_drop(b, MINE, &d[i]);
    for (int i = 1; i < 200; i += 2) {
        snprintf(text, sizeof text, "file %03d", i);
        cr_assert(eq(int, add(&d[i], 0, text), BLOB_WHOLE));
    }
    for (int i = 1; i < 200; i += 2) {
        snprintf(text, sizeof text, "file %03d", i);
        cr_assert(eq(int, (int)blobs_read(b, MINE, &d[i], 0, back, 9), 8));
        cr_assert(eq(str, back, text));
    }
    cr_assert(eq(int, entries("/proc/self/fd", ""), before + 1));
}

/* The size of the one file that has been unlinked; 0 if there is none. */
static uint64_t file_size(void)
{
    DIR *fds = opendir("/proc/self/fd");
    const struct dirent *e;
    struct stat st;
    uint64_t size = 0;

    while ((e = readdir(fds)))
        if (fstat(atoi(e->d_name), &st) == 0 && S_ISREG(st.st_mode) &&
            st.st_nlink == 0 && (uint64_t)st.st_size > size)
            size = (uint64_t)st.st_size;
    closedir(fds);
    return size;
}

/* Rounds of random sizes, in a file that must not grow without end. */
Test(blobs, keep_their_octets_however_room_comes_and_goes)
{
    enum { LIVE = 12, ROUNDS = 3000 };
    static char text[LIVE][3 * BLOCK];
    static char back[3 * BLOCK];
    struct digest d[LIVE];
    size_t size[LIVE] = {0};
    uint32_t random = 12345;

    blobs_destroy(b);
    b = blobs_create(dir, 40 * BLOCK, 40 * BLOCK, 7);
    for (int round = 0; round < ROUNDS; round++) {
        int i;

        random = random * 1664525 + 1013904223;
        i = (int)((random >> 8) % LIVE);
        if (size[i]) {
            cr_assert(eq(int,
                         (int)blobs_read(b, MINE, &d[i], 0, back, sizeof back),
                         (int)size[i]));
            cr_assert(eq(int, memcmp(back, text[i], size[i]), 0));
            blobs_drop(b, MINE, &d[i]);
        }
        size[i] = 1 + (random >> 4) % (sizeof back - 1);
        memset(text[i], 'a' + (int)(random >> 12) % 26, size[i]);
        snprintf(text[i], size[i], "%d", round);
        digest_of(&d[i], text[i], size[i]);
        cr_assert(eq(int, blobs_need(b, MINE, &d[i], size[i], NULL), 0));
        cr_assert(eq(int, blobs_add(b, MINE, &d[i], 0, text[i], size[i], NULL),
                     BLOB_WHOLE));
        cr_assert(le(u64, file_size(), 4 * 40 * BLOCK));
    }
    cr_assert(gt(u64, file_size(), 0));
}
