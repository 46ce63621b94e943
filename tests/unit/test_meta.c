/* test_meta.c - small maps are written and read back */
#include "config.h"

#include "meta.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct meta_writer w;

static void open_writer(void)
{
    w = (struct meta_writer){0};
}

static void close_writer(void)
{
    meta_writer_clear(&w);
}

TestSuite(meta, .init = open_writer, .fini = close_writer, .timeout = 10);

/* One value of each kind, in a map. */
static void put_all_kinds(void)
{
    meta_put_map(&w, 12);
    meta_pair_int(&w, 1, -1);
    meta_pair_int(&w, 300, INT64_MIN);
    meta_put_int(&w, 3);
    meta_put_uint(&w, UINT64_MAX);
    meta_put_int(&w, 4);
    meta_put_float(&w, 1.5);
    meta_put_int(&w, 5);
    meta_put_nil(&w);
    meta_put_int(&w, 6);
    meta_put_bool(&w, true);
    meta_pair_str(&w, 7, "text");
    meta_pair_bin(&w, 8, "\0\1\2", 3);
    meta_put_int(&w, 9);
    meta_put_array(&w, 2);
    meta_put_int(&w, 10);
    meta_put_map(&w, 1);
    meta_pair_str(&w, 1, "deep");
    meta_put_int(&w, 10);
    meta_put_raw(&w, "\xC7\x03\x05xyz", 6);
    meta_put_str(&w, "x-private");
    meta_put_int(&w, 11);
    meta_put_int(&w, 12);
    meta_put_array(&w, 0);
}

Test(meta, refuses_every_beginning_of_a_good_object)
{
    put_all_kinds();
    cr_assert(meta_check(w.data, w.len));
    for (size_t len = 0; len < w.len; len++) {
        /* Memory of exactly that size: a look beyond it would be found. */
        uint8_t *cut = malloc(len);

        if (len)
            memcpy(cut, w.data, len);
        cr_assert(eq(int, meta_check(cut, len), false), "length %zu", len);
        free(cut);
    }
}

Test(meta, reads_back_what_was_written)
{
    struct meta_reader r;
    struct meta_value v;

    meta_put_array(&w, 7);
    meta_put_int(&w, -129);
    meta_put_uint(&w, (uint64_t)INT64_MAX + 1);
    meta_put_float(&w, -2.5);
    meta_put_bool(&w, false);
    meta_put_nil(&w);
    meta_put_strn(&w, "a\0b", 3);
    meta_put_bin(&w, "", 0);
    r = meta_read(w.data, w.len);

    cr_assert(meta_next(&r, &v));
    cr_assert(eq(int, (int)v.kind, META_ARRAY));
    cr_assert(eq(sz, v.len, 7));
    cr_assert(eq(sz, v.raw_len, 0));
    cr_assert(meta_next(&r, &v));
    cr_assert(eq(int, (int)v.kind, META_INT));
    cr_assert(eq(i64, v.i, -129));
    cr_assert(eq(sz, v.raw_len, 3));
    cr_assert(meta_next(&r, &v));
    cr_assert(eq(int, (int)v.kind, META_UINT));
    cr_assert(eq(u64, v.u, UINT64_C(0x8000000000000000)));
    cr_assert(meta_next(&r, &v));
    cr_assert(eq(int, (int)v.kind, META_FLOAT));
    cr_assert(eq(dbl, v.f, -2.5));
    cr_assert(meta_next(&r, &v));
    cr_assert(eq(int, (int)v.kind, META_BOOL));
    cr_assert(eq(int, v.boolean, false));
    cr_assert(meta_next(&r, &v));
    cr_assert(eq(int, (int)v.kind, META_NIL));
    cr_assert(meta_next(&r, &v));
    cr_assert(eq(int, (int)v.kind, META_STR));
    cr_assert(eq(sz, v.len, 3));
    cr_assert(eq(int, memcmp(v.data, "a\0b", 3), 0));
    cr_assert(meta_next(&r, &v));
    cr_assert(eq(int, (int)v.kind, META_BIN));
    cr_assert(eq(sz, v.len, 0));
    cr_assert(eq(int, meta_next(&r, &v), false));
    cr_assert(eq(int, (int)v.kind, META_END));
}

static int64_t only_int(const void *data, size_t len)
{
    struct meta_reader r = meta_read(data, len);
    struct meta_value v;

    cr_assert(meta_next(&r, &v));
    cr_assert(eq(int, (int)v.kind, META_INT));
    cr_assert(eq(sz, v.raw_len, len));
    return v.i;
}

Test(meta, integers_of_every_width_are_exact)
{
    cr_assert(eq(i64, only_int("\x7F", 1), 127));
    cr_assert(eq(i64, only_int("\xE0", 1), -32));
    cr_assert(eq(i64, only_int("\xCC\x80", 2), 128));
    cr_assert(eq(i64, only_int("\xCD\x80\x01", 3), 32769));
    cr_assert(eq(i64, only_int("\xCE\x80\x00\x00\x01", 5), 2147483649));
    cr_assert(eq(i64, only_int("\xD0\x80", 2), -128));
    cr_assert(eq(i64, only_int("\xD1\x80\x00", 3), -32768));
    cr_assert(eq(i64, only_int("\xD2\x80\x00\x00\x00", 5), INT32_MIN));
    cr_assert(eq(i64, only_int("\xD3\x80\x00\x00\x00\x00\x00\x00\x00", 9),
                 INT64_MIN));
}

Test(meta, floats_of_both_widths_are_exact)
{
    struct meta_reader r = meta_read("\xCA\x3F\xC0\x00\x00", 5);
    struct meta_value v;

    cr_assert(meta_next(&r, &v));
    cr_assert(eq(dbl, v.f, 1.5));
    r = meta_read("\xCB\x3F\xB9\x99\x99\x99\x99\x99\x9A", 9);
    cr_assert(meta_next(&r, &v));
    cr_assert(eq(dbl, v.f, 0.1));
}

Test(meta, skip_passes_over_a_whole_value_and_hands_it_on)
{
    struct meta_reader r;
    struct meta_value v;
    const uint8_t *raw;
    size_t len;

    meta_put_raw(&w, "\x92\x81\x01\x92\x02\x03\x07", 7);
    r = meta_read(w.data, w.len);
    cr_assert(meta_next(&r, &v));
    cr_assert(meta_skip(&r, &raw, &len));
    cr_assert(eq(sz, len, 5));
    cr_assert(eq(ptr, (void *)raw, w.data + 1));
    cr_assert(meta_skip(&r, NULL, NULL));
    cr_assert(eq(int, meta_skip(&r, NULL, NULL), false));
}

Test(meta, finds_by_number_and_by_text)
{
    struct meta_value v;
    struct meta_reader inside;

    put_all_kinds();
    cr_assert(meta_find(w.data, w.len, 300, &v, NULL));
    cr_assert(eq(i64, v.i, INT64_MIN));
    cr_assert(meta_find_text(w.data, w.len, "x-private", &v, NULL));
    cr_assert(eq(i64, v.i, 11));
    cr_assert(eq(int, meta_find(w.data, w.len, 77, &v, &inside), false));
    cr_assert(eq(int, (int)v.kind, META_END));
    cr_assert(eq(int, meta_find_text(w.data, w.len, "x", &v, NULL), false));
    cr_assert(eq(int, meta_find(NULL, 0, 1, &v, NULL), false));
    cr_assert(eq(int, meta_find("\x91\x01", 2, 1, &v, NULL), false));
}

Test(meta, what_is_inside_ends_where_the_compound_ends)
{
    struct meta_value v;
    struct meta_reader inside;
    size_t count = 0;

    put_all_kinds();
    cr_assert(meta_find(w.data, w.len, 9, &v, &inside));
    cr_assert(eq(int, (int)v.kind, META_ARRAY));
    while (meta_skip(&inside, NULL, NULL))
        count++;
    cr_assert(eq(sz, count, 2));
    cr_assert(meta_find(w.data, w.len, 12, &v, &inside));
    cr_assert(eq(int, meta_next(&inside, &v), false));
    cr_assert(meta_find(w.data, w.len, 1, &v, &inside));
    cr_assert(eq(int, meta_next(&inside, &v), false),
              "a scalar has nothing inside");
}

Test(meta, a_negative_key_is_not_its_twin_above_2_63)
{
    struct meta_value v;

    meta_put_map(&w, 1);
    meta_put_int(&w, -1);
    meta_put_int(&w, 5);
    cr_assert(eq(int, meta_find(w.data, w.len, UINT64_MAX, &v, NULL), false));
}

Test(meta, the_first_of_two_equal_keys_counts)
{
    meta_put_map(&w, 2);
    meta_pair_int(&w, 1, 10);
    meta_pair_int(&w, 1, 20);
    cr_assert(eq(i64, meta_int(w.data, w.len, 1, 0), 10));
}

Test(meta, integers_may_come_as_floats)
{
    meta_put_map(&w, 6);
    meta_put_int(&w, 1);
    meta_put_float(&w, 3.0);
    meta_put_int(&w, 2);
    meta_put_float(&w, 3.5);
    meta_put_int(&w, 3);
    meta_put_float(&w, 9223372036854775808.0);
    meta_put_int(&w, 4);
    meta_put_float(&w, -9223372036854775808.0);
    meta_put_int(&w, 5);
    meta_put_float(&w, (double)NAN);
    meta_put_int(&w, 6);
    meta_put_uint(&w, UINT64_MAX);
    cr_assert(eq(i64, meta_int(w.data, w.len, 1, 7), 3));
    cr_assert(eq(i64, meta_int(w.data, w.len, 2, 7), 7));
    cr_assert(eq(i64, meta_int(w.data, w.len, 3, 7), 7));
    cr_assert(eq(i64, meta_int(w.data, w.len, 4, 7), INT64_MIN));
    cr_assert(eq(i64, meta_int(w.data, w.len, 5, 7), 7));
    cr_assert(eq(i64, meta_int(w.data, w.len, 6, 7), 7));
}

Test(meta, what_is_missing_or_of_another_kind_falls_back)
{
    char text[8] = "old";

    put_all_kinds();
    cr_assert(eq(i64, meta_int(w.data, w.len, 7, 5), 5));
    cr_assert(eq(i64, meta_int(w.data, w.len, 99, 5), 5));
    cr_assert(eq(i64, meta_int(NULL, 0, 1, 5), 5));
    cr_assert(eq(int, meta_bool(w.data, w.len, 6, false), true));
    cr_assert(eq(int, meta_bool(w.data, w.len, 1, true), true));
    cr_assert(eq(i64, meta_text(w.data, w.len, 1, text, sizeof text), -1));
    cr_assert(eq(str, text, ""));
}

Test(meta, text_is_cut_and_its_length_told)
{
    char text[4];

    put_all_kinds();
    cr_assert(eq(i64, meta_text(w.data, w.len, 7, text, sizeof text), 4));
    cr_assert(eq(str, text, "tex"));
    cr_assert(eq(i64, meta_text(w.data, w.len, 8, text, sizeof text), 3));
    cr_assert(eq(int, memcmp(text, "\0\1\2", 4), 0));
    cr_assert(eq(i64, meta_text(w.data, w.len, 7, NULL, 0), 4));
}

Test(meta, compares_texts_whole)
{
    struct meta_reader r = meta_read("\xA4self\xC4\x04self", 11);
    struct meta_value v;

    meta_next(&r, &v);
    cr_assert(meta_is(&v, "self"));
    cr_assert(eq(int, meta_is(&v, "sel"), false));
    cr_assert(eq(int, meta_is(&v, "selfs"), false));
    meta_next(&r, &v);
    cr_assert(eq(int, meta_is(&v, "self"), false), "binary is no text");
}

Test(meta, a_map_may_be_counted_while_it_is_written)
{
    size_t outer = meta_open_map(&w);
    size_t inner;
    struct meta_value v;
    struct meta_reader inside;

    meta_put_int(&w, 1);
    inner = meta_open_array(&w);
    for (int i = 0; i < 300; i++)
        meta_put_int(&w, 7);
    meta_close_array(&w, inner, 300);
    meta_pair_int(&w, 2, 99);
    meta_close_map(&w, outer, 2);
    cr_assert(meta_check_map(w.data, w.len));
    cr_assert(meta_find(w.data, w.len, 1, &v, &inside));
    cr_assert(eq(sz, v.len, 300));
    while (meta_next(&inside, &v))
        cr_assert(eq(i64, v.i, 7));
    cr_assert(eq(i64, meta_int(w.data, w.len, 2, 0), 99));
}

Test(meta, a_writer_that_failed_stays_failed_and_harmless)
{
    size_t mark;

    meta_put_int(&w, 1);
    cr_assert(eq(ptr, meta_room(&w, SIZE_MAX), NULL));
    cr_assert(w.failed);
    mark = meta_open_map(&w);
    meta_put_str(&w, "x");
    meta_close_map(&w, mark, 1);
    cr_assert(eq(sz, w.len, 1));
    meta_writer_reset(&w);
    meta_put_int(&w, 2);
    cr_assert(eq(int, w.failed, false));
    cr_assert(eq(sz, w.len, 1));
}

Test(meta, room_is_for_writing_in_place)
{
    uint8_t *room;

    meta_put_int(&w, 1);
    room = meta_room(&w, 1000);
    cr_assert(room != NULL);
    memset(room, 2, 1000);
    w.len += 1000;
    cr_assert(eq(int, w.data[0], 1));
    cr_assert(eq(int, w.data[1000], 2));
}
