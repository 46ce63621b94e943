/* test_meta_json.c - msgpack as JSON that reads back */
#include "config.h"

#include "meta.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <float.h>
#include <math.h>

static struct meta_writer w;
static struct meta_writer out;

static void open_json(void)
{
    w = out = (struct meta_writer){0};
}

static void close_json(void)
{
    meta_writer_clear(&w);
    meta_writer_clear(&out);
}

/* What was written so far, as JSON; NULL if that cannot be. */
static char *json(void)
{
    meta_writer_reset(&out);
    if (meta_json(&out, w.data, w.len) < 0)
        return NULL;
    meta_put_raw(&out, "", 1);
    meta_writer_reset(&w);
    return (char *)out.data;
}

static char *json_of(const char *bytes, size_t len)
{
    meta_put_raw(&w, bytes, len);
    return json();
}

static char *json_of_float(double f)
{
    meta_put_float(&w, f);
    return json();
}

TestSuite(meta_json, .init = open_json, .fini = close_json, .timeout = 10);

Test(meta_json, writes_compounds_in_one_line)
{
    meta_put_array(&w, 4);
    meta_put_map(&w, 2);
    meta_put_str(&w, "a");
    meta_put_int(&w, 1);
    meta_put_str(&w, "b");
    meta_put_array(&w, 2);
    meta_put_bool(&w, true);
    meta_put_nil(&w);
    meta_put_map(&w, 0);
    meta_put_array(&w, 0);
    meta_put_bool(&w, false);
    cr_assert(eq(str, json(), "[{\"a\":1,\"b\":[true,null]},{},[],false]"));
}

Test(meta_json, integers_are_exact)
{
    meta_put_array(&w, 3);
    meta_put_int(&w, INT64_MIN);
    meta_put_int(&w, INT64_MAX);
    meta_put_uint(&w, UINT64_MAX);
    cr_assert(eq(str, json(),
                 "[-9223372036854775808,9223372036854775807,"
                 "18446744073709551615]"));
}

Test(meta_json, floats_are_the_shortest_that_read_back)
{
    cr_assert(eq(str, json_of_float(0.1), "0.1"));
    cr_assert(eq(str, json_of_float(0.1 + 0.2), "0.30000000000000004"));
    cr_assert(eq(str, json_of_float(1.0 / 3), "0.3333333333333333"));
    cr_assert(eq(str, json_of_float(78498.0), "78498"));
    cr_assert(eq(str, json_of_float(-0.0), "-0"));
    cr_assert(eq(str, json_of_float(1e300), "1e+300"));
    cr_assert(eq(str, json_of_float(4.9406564584124654e-324), "5e-324"));
    cr_assert(eq(str, json_of_float(DBL_MAX), "1.7976931348623157e+308"));
    cr_assert(eq(str, json_of_float(DBL_MIN), "2.2250738585072014e-308"));
}

Test(meta_json, what_json_cannot_count_is_null)
{
    cr_assert(eq(str, json_of_float((double)NAN), "null"));
    cr_assert(eq(str, json_of_float((double)INFINITY), "null"));
    cr_assert(eq(str, json_of_float(-(double)INFINITY), "null"));
}

Test(meta_json, strings_are_escaped)
{
    meta_put_str(&w, "\"\\\n\t\x01\x7F/gr\xC3\xB6\xC3\x9F"
                     "e \xF0\x9F\x98\x80");
    cr_assert(eq(str, json(),
                 "\"\\\"\\\\\\n\\t\\u0001\\u007f/gr\xC3\xB6\xC3\x9F"
                 "e \xF0\x9F\x98\x80\""));
}

Test(meta_json, what_is_no_text_in_a_string_does_no_harm)
{
    meta_put_strn(&w, "a\xFF\xC3\0\xC2\x9B", 6);
    cr_assert(eq(str, json(), "\"a\\ufffd\\ufffd\\u0000\\u009b\""));
}

Test(meta_json, binary_is_base64)
{
    meta_put_array(&w, 5);
    meta_put_bin(&w, "", 0);
    meta_put_bin(&w, "f", 1);
    meta_put_bin(&w, "fo", 2);
    meta_put_bin(&w, "foo", 3);
    meta_put_bin(&w,
                 "\xFB\xFF\xFE"
                 "oba",
                 6);
    cr_assert(
        eq(str, json(), "[\"\",\"Zg==\",\"Zm8=\",\"Zm9v\",\"+//+b2Jh\"]"));
}

Test(meta_json, ext_is_base64_without_its_type)
{
    cr_assert(eq(str,
                 json_of("\xC7\x03\x05"
                         "foo",
                         6),
                 "\"Zm9v\""));
}

Test(meta_json, keys_that_are_no_strings_are_written_as_such)
{
    cr_assert(eq(str,
                 json_of("\x86\x01\x02\xFF\x03\xC3\x04\xC4\x01"
                         "f\x05\xC0\x06\xCA\x3F\xC0\x00\x00\x07",
                         19),
                 "{\"1\":2,\"-1\":3,\"true\":4,\"Zg==\":5,\"null\":6,"
                 "\"1.5\":7}"));
}

Test(meta_json, appends)
{
    meta_put_int(&w, 1);
    meta_put_raw(&out, "x=", 2);
    cr_assert(eq(int, meta_json(&out, w.data, w.len), 0));
    cr_assert(eq(sz, out.len, 3));
}

Test(meta_json, what_is_not_one_object_is_refused_without_a_trace)
{
    static const char *const bad[] = {
        "", "\xC1", "\x92\x01", "\xA5x", "\x01\x02", "\x81\x90\x01",
    };
    static const size_t len[] = {0, 1, 2, 2, 2, 3};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        meta_writer_reset(&out);
        cr_assert(eq(int, meta_json(&out, bad[i], len[i]), -1), "case %zu", i);
        cr_assert(eq(sz, out.len, 0), "case %zu", i);
        cr_assert(eq(int, out.failed, false), "case %zu", i);
    }
}

Test(meta_json, more_than_65536_values_are_well)
{
    meta_put_array(&w, 100000);
    for (int i = 0; i < 100000; i++)
        meta_put_int(&w, 1);
    cr_assert(json() != NULL);
    cr_assert(eq(sz, out.len, 200002));
}

Test(meta_json, depth_has_an_end)
{
    for (int i = 0; i < META_JSON_DEPTH - 1; i++)
        meta_put_array(&w, 1);
    meta_put_array(&w, 0);
    cr_assert(json() != NULL);
    for (int i = 0; i < META_JSON_DEPTH; i++)
        meta_put_array(&w, 1);
    meta_put_array(&w, 0);
    cr_assert(eq(ptr, json(), NULL));
}
