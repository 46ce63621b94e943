/* test_cache.c - what came in comes out; what was spoilt is found out */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "scratch.h"
#include "worker/cache.h"

enum { CAP = 100 };

static struct cache *cache;
static struct par_error err;

static void init(void)
{
    scratch_make();
    cr_assert(eq(int, chdir(scratch), 0));
    cache = cache_open("c", CAP, &err);
    cr_assert(ne(ptr, cache, NULL), "%s", err.text);
}

static void fini(void)
{
    cache_close(cache);
    cr_assert(eq(int, chdir("/"), 0));
    scratch_remove();
}

TestSuite(cache, .init = init, .fini = fini, .timeout = 10);

static struct digest of(const char *text)
{
    struct digest d;

    digest_of(&d, text, strlen(text));
    return d;
}

static int put(const char *announced, const char *text)
{
    struct digest d = of(announced);
    struct cache_file *f = cache_begin(cache, &d, strlen(announced), &err);

    cr_assert(ne(ptr, f, NULL));
    if (cache_add(f, text, strlen(text), &err)) {
        cache_abandon(f);
        return -1;
    }
    return cache_finish(f, &err);
}

/* What the cache has under the name of `text`'s content. */
static const char *get(const char *text)
{
    static char got[256];
    struct digest d = of(text);
    int fd = open("out", O_RDWR | O_CREAT | O_TRUNC, 0600);
    ssize_t n;

    if (cache_copy(cache, &d, strlen(text), fd, &err)) {
        close(fd);
        return "";
    }
    n = pread(fd, got, sizeof got - 1, 0);
    close(fd);
    got[n > 0 ? n : 0] = 0;
    return got;
}

static const char *object(const char *text)
{
    static char path[128];
    struct digest d = of(text);
    char name[DIGEST_TEXT];

    digest_text(&d, name);
    snprintf(path, sizeof path, "c/objects/%s", name);
    return path;
}

static void age(const char *path, time_t seconds)
{
    struct timespec t[2] = {{time(NULL) - seconds, 0}, {0}};

    t[1] = t[0];
    cr_assert(eq(int, utimensat(AT_FDCWD, path, t, 0), 0));
}

Test(cache, what_came_in_comes_out)
{
    struct digest d = of("hello");

    cr_assert(eq(int, cache_has(cache, &d, 5), 0));
    cr_assert(eq(int, put("hello", "hello"), 0));
    cr_assert(eq(int, cache_has(cache, &d, 5), 1));
    cr_assert(eq(str, (char *)get("hello"), "hello"));
}

Test(cache, file_survives_a_restart)
{
    put("hello", "hello");
    cache_close(cache);
    cache = cache_open("c", CAP, &err);
    cr_assert(eq(str, (char *)get("hello"), "hello"));
}

Test(cache, other_content_than_announced_leaves_no_trace)
{
    struct digest d = of("hello");

    cr_assert(eq(int, put("hello", "hellO"), -1));
    cr_assert(eq(int, err.code, EILSEQ));
    cr_assert(eq(int, put("hello", "hell"), -1));
    cr_assert(eq(int, err.code, EILSEQ));
    cr_assert(eq(int, put("hello", "hello!"), -1));
    cr_assert(eq(int, err.code, EFBIG));
    cr_assert(eq(int, cache_has(cache, &d, 5), 0));
    cr_assert(eq(int, rmdir("c/tmp"), 0), "something was left in tmp");
}

Test(cache, spoilt_file_is_found_out_and_removed)
{
    struct digest d = of("hello");
    int fd;

    put("hello", "hello");
    fd = open(object("hello"), O_WRONLY);
    cr_assert(eq(sz, (size_t)write(fd, "J", 1), 1));
    close(fd);
    cr_assert(eq(str, (char *)get("hello"), ""));
    cr_assert(eq(int, err.code, ENOENT));
    cr_assert(eq(int, cache_has(cache, &d, 5), 0));
}

Test(cache, two_that_bring_the_same_file_do_no_harm)
{
    struct digest d = of("hello");
    struct cache *other = cache_open("c", CAP, &err);
    struct cache_file *a = cache_begin(cache, &d, 5, &err);
    struct cache_file *b = cache_begin(other, &d, 5, &err);

    cr_assert(eq(int, cache_add(a, "hel", 3, &err), 0));
    cr_assert(eq(int, cache_add(b, "hello", 5, &err), 0));
    cr_assert(eq(int, cache_finish(b, &err), 0));
    cr_assert(eq(int, cache_add(a, "lo", 2, &err), 0));
    cr_assert(eq(int, cache_finish(a, &err), 0));
    cr_assert(eq(str, (char *)get("hello"), "hello"));
    cache_close(other);
}

Test(cache, beyond_the_cap_the_longest_unused_goes)
{
    static const char *const names[] = {
        "one: forty octets of text for the cache.",
        "two: forty octets of text for the cache.",
        "thr: forty octets of text for the cache.",
    };

    for (size_t i = 0; i < 3; i++) {
        put(names[i], names[i]);
        age(object(names[i]), 1000 - 100 * (int)i);
    }
    get(names[0]); /* used again just now */
    cr_assert(eq(int, cache_trim(cache, time(NULL) + 120, &err), 0));
    cr_assert(eq(str, (char *)get(names[0]), (char *)names[0]));
    cr_assert(eq(str, (char *)get(names[1]), ""));
    cr_assert(eq(str, (char *)get(names[2]), (char *)names[2]));
}

Test(cache, file_in_use_is_spared_even_beyond_the_cap)
{
    char big[2 * CAP + 1];

    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = 0;
    put(big, big);
    cr_assert(eq(int, cache_trim(cache, time(NULL), &err), 0));
    cr_assert(eq(str, (char *)get(big), big));
}

Test(cache, half_files_of_the_dead_are_cleared_away)
{
    close(creat("c/tmp/old", 0600));
    close(creat("c/tmp/new", 0600));
    cr_assert(eq(sz, (size_t)truncate("c/tmp/old", 9), 0));
    cr_assert(eq(sz, (size_t)truncate("c/tmp/new", 9), 0));
    age("c/tmp/old", 2 * CACHE_STALE_TMP_S);
    cr_assert(eq(int, cache_trim(cache, time(NULL), &err), 0));
    cr_assert(eq(int, access("c/tmp/old", F_OK), -1));
    cr_assert(eq(int, access("c/tmp/new", F_OK), 0));
}

Test(cache, built_object_is_found_by_what_it_was_built_from)
{
    struct digest key = of("source and flags"), d, found;
    uint64_t size = 0;
    int fd = open("o.so", O_RDWR | O_CREAT, 0600);

    cr_assert(eq(sz, (size_t)pwrite(fd, "object", 6, 0), 6));
    cr_assert(eq(int, cache_built(cache, &key, &found, &size), 0));
    cr_assert(eq(int, cache_take(cache, fd, &d, &size, &err), 0));
    close(fd);
    cr_assert(eq(u64, size, 6));
    cr_assert(eq(int, cache_note_built(cache, &key, &d, &err), 0));
    size = 0;
    cr_assert(eq(int, cache_built(cache, &key, &found, &size), 1));
    cr_assert(eq(int, digest_equal(&d, &found), 1));
    cr_assert(eq(u64, size, 6));
    cr_assert(eq(int, unlink(object("object")), 0));
    cr_assert(eq(int, cache_built(cache, &key, &found, &size), 0));
}

Test(cache, folder_that_others_may_write_to_is_refused)
{
    struct cache *c;

    cr_assert(eq(int, mkdir("shared", 0700), 0));
    cr_assert(eq(int, chmod("shared", 0777), 0));
    c = cache_open("shared", CAP, &err);
    cr_assert(eq(ptr, c, NULL));
    cr_assert(eq(int, err.code, EACCES));
}
