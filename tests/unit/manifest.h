/* manifest.h - a manifest in the making, for the tests that bend it */
#ifndef PAR_TESTS_UNIT_MANIFEST_H
#define PAR_TESTS_UNIT_MANIFEST_H

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "bundle.h"

static struct meta_writer w;
static struct bundle b;
static struct par_error err;
static const uint8_t hash[DIGEST_SIZE] = {1, 2, 3};

static inline void open_bundle(void)
{
    w = (struct meta_writer){0};
    err = (struct par_error){0};
}

static inline void close_bundle(void)
{
    meta_writer_clear(&w);
}

static inline int decode(void)
{
    return bundle_decode(&b, w.data, w.len, &err);
}

/* Begin a manifest of `pairs` more pairs than name and kind. */
static inline void begin(uint32_t pairs, const char *kind)
{
    meta_writer_reset(&w);
    meta_put_map(&w, 2 + pairs);
    meta_pair_str(&w, 1, "primes.c");
    meta_pair_str(&w, 2, kind);
}

/* Begin one that holds key and whatever is written next. */
static inline void begin_with(unsigned key)
{
    begin(1, "exec");
    meta_put_uint(&w, key);
}

static inline void put_file(const char *path, uint64_t size)
{
    meta_put_array(&w, 4);
    meta_put_str(&w, path);
    meta_put_bin(&w, hash, sizeof hash);
    meta_put_uint(&w, size);
    meta_put_uint(&w, 0644);
}

static inline char *refused(int code)
{
    cr_assert(eq(int, decode(), -1));
    cr_assert(eq(int, err.code, code), "%s", err.text);
    return err.text;
}

#endif
