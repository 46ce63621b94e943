/* test_meta_check.c - every form of msgpack, and every way to lie in it */
#include "config.h"

#include "meta.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static struct meta_writer w;

static void open_writer(void)
{
    w = (struct meta_writer){0};
}

static void close_writer(void)
{
    meta_writer_clear(&w);
}

/* `times` octets of `c`, then what `tail` holds. */
static void fill(uint8_t c, size_t times, const void *tail, size_t len)
{
    for (size_t i = 0; i < times; i++)
        meta_put_raw(&w, &c, 1);
    meta_put_raw(&w, tail, len);
}

#define CHECK(bytes) meta_check(bytes, sizeof bytes - 1)

TestSuite(meta_check, .init = open_writer, .fini = close_writer, .timeout = 10);

Test(meta_check, passes_every_form_of_the_format)
{
    cr_assert(CHECK("\x00"));
    cr_assert(CHECK("\x7F"));
    cr_assert(CHECK("\x80"));
    cr_assert(CHECK("\x90"));
    cr_assert(CHECK("\xA1x"));
    cr_assert(CHECK("\xC0"));
    cr_assert(CHECK("\xC2"));
    cr_assert(CHECK("\xC3"));
    cr_assert(CHECK("\xC4\x01x"));
    cr_assert(CHECK("\xC5\x00\x01x"));
    cr_assert(CHECK("\xC6\x00\x00\x00\x01x"));
    cr_assert(CHECK("\xC7\x01\x05x"));
    cr_assert(CHECK("\xC8\x00\x01\x05x"));
    cr_assert(CHECK("\xC9\x00\x00\x00\x01\x05x"));
    cr_assert(CHECK("\xCA\x00\x00\x00\x00"));
    cr_assert(CHECK("\xCB\x00\x00\x00\x00\x00\x00\x00\x00"));
    cr_assert(CHECK("\xCC\xFF"));
    cr_assert(CHECK("\xCD\xFF\xFF"));
    cr_assert(CHECK("\xCE\xFF\xFF\xFF\xFF"));
    cr_assert(CHECK("\xCF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"));
    cr_assert(CHECK("\xD0\xFF"));
    cr_assert(CHECK("\xD1\xFF\xFF"));
    cr_assert(CHECK("\xD2\xFF\xFF\xFF\xFF"));
    cr_assert(CHECK("\xD3\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"));
    cr_assert(CHECK("\xD4\x05x"));
    cr_assert(CHECK("\xD5\x05xx"));
    cr_assert(CHECK("\xD6\x05xxxx"));
    cr_assert(CHECK("\xD7\x05xxxxxxxx"));
    cr_assert(CHECK("\xD8\x05xxxxxxxxxxxxxxxx"));
    cr_assert(CHECK("\xD9\x01x"));
    cr_assert(CHECK("\xDA\x00\x01x"));
    cr_assert(CHECK("\xDB\x00\x00\x00\x01x"));
    cr_assert(CHECK("\xDC\x00\x01\x01"));
    cr_assert(CHECK("\xDD\x00\x00\x00\x01\x01"));
    cr_assert(CHECK("\xDE\x00\x01\x01\x02"));
    cr_assert(CHECK("\xDF\x00\x00\x00\x01\x01\x02"));
    cr_assert(CHECK("\xE0"));
    cr_assert(CHECK("\xFF"));
}

Test(meta_check, refuses_nothing_and_the_octet_that_is_never_used)
{
    cr_assert(eq(int, meta_check(NULL, 0), false));
    cr_assert(eq(int, CHECK("\xC1"), false));
    cr_assert(eq(int, CHECK("\x91\xC1"), false));
}

Test(meta_check, refuses_what_follows_the_object)
{
    cr_assert(eq(int, CHECK("\x01\x02"), false));
    cr_assert(eq(int, CHECK("\x80\x80"), false));
}

Test(meta_check, refuses_lengths_that_only_a_liar_would_name)
{
    cr_assert(eq(int, CHECK("\xDB\xFF\xFF\xFF\xFFx"), false));
    cr_assert(eq(int, CHECK("\xC6\xFF\xFF\xFF\xFFx"), false));
    cr_assert(eq(int, CHECK("\xC9\xFF\xFF\xFF\xFF\x05x"), false));
    cr_assert(eq(int, CHECK("\xDD\xFF\xFF\xFF\xFF\x01"), false));
    cr_assert(eq(int, CHECK("\xDF\xFF\xFF\xFF\xFF\x01\x02"), false));
    cr_assert(eq(int, CHECK("\xDF\x80\x00\x00\x00\x01\x02"), false));
}

Test(meta_check, passes_16_compounds_inside_each_other_and_not_17)
{
    fill(0x91, META_DEPTH - 1, "\x90", 1);
    cr_assert(meta_check(w.data, w.len));
    meta_writer_reset(&w);
    fill(0x91, META_DEPTH, "\x01", 1);
    cr_assert(meta_check(w.data, w.len));
    meta_writer_reset(&w);
    fill(0x91, META_DEPTH, "\x90", 1);
    cr_assert(eq(int, meta_check(w.data, w.len), false));
}

static bool check_array_of(uint32_t values)
{
    meta_writer_reset(&w);
    meta_put_array(&w, values);
    fill(0x01, values, "", 0);
    return meta_check(w.data, w.len);
}

Test(meta_check, passes_65536_values_and_not_one_more)
{
    cr_assert(check_array_of(META_ELEMENTS - 2));
    cr_assert(check_array_of(META_ELEMENTS - 1));
    cr_assert(eq(int, check_array_of(META_ELEMENTS), false));
}

Test(meta_check, keys_are_numbers_texts_or_truths)
{
    cr_assert(CHECK("\x81\x01\x02"));
    cr_assert(CHECK("\x81\xFF\x02"));
    cr_assert(CHECK("\x81\xA1x\x02"));
    cr_assert(CHECK("\x81\xC3\x02"));
    cr_assert(CHECK("\x81\xC4\x01x\x02"));
    cr_assert(CHECK("\x81\x01\x81\x01\xC0"), "a nil value is no key");
    cr_assert(eq(int, CHECK("\x81\xC0\x02"), false));
    cr_assert(eq(int, CHECK("\x81\xCA\x00\x00\x00\x00\x02"), false));
    cr_assert(eq(int, CHECK("\x81\x90\x02"), false));
    cr_assert(eq(int, CHECK("\x82\x01\x02\x80\x02"), false));
    cr_assert(eq(int, CHECK("\x82\x01\x91\x02\xC0\x02"), false));
}

Test(meta_check, a_map_is_asked_for_by_name)
{
    cr_assert(meta_check_map(NULL, 0));
    cr_assert(meta_check_map("\x80", 1));
    cr_assert(eq(int, meta_check_map("\x90", 1), false));
    cr_assert(eq(int, meta_check_map("\x01", 1), false));
    cr_assert(eq(int, meta_check_map("\x81\x01", 2), false));
}
