/* test_bundle_fields.c - each field of a manifest has its bounds, and says
 * which it broke
 */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <math.h>

#include "bundle.h"
#include "manifest.h"

TestSuite(bundle_fields,
          .init = open_bundle,
          .fini = close_bundle,
          .timeout = 20);

/* A file entry of whatever these octets say. */
static void begin_entry(unsigned key, const char *bytes, size_t len)
{
    begin_with(key);
    meta_put_array(&w, 1);
    meta_put_raw(&w, bytes, len);
}

Test(bundle_fields, entries_of_another_form_are_counted_from_0)
{
    begin_entry(4,
                "\x93\xA1"
                "a\xA0\x01",
                5);
    cr_assert(eq(str, refused(EINVAL),
                 "manifest: files: number 0 is not [path, hash of 32 octets, "
                 "size, mode]"));
    begin_entry(4,
                "\x94\xA1"
                "a\xA1h\x01\x02",
                7);
    refused(EINVAL);
    begin_entry(4,
                "\xA1"
                "a",
                2);
    refused(EINVAL);
    begin_entry(3,
                "\x91\xA3"
                "add",
                5);
    cr_assert(eq(str, refused(EINVAL),
                 "manifest: functions: number 0 is not [name, signature]"));
    begin_entry(3,
                "\x92\xA3"
                "add\x01",
                6);
    refused(EINVAL);
    begin_entry(18, "\x01", 1);
    cr_assert(eq(str, refused(EINVAL), "manifest: argv: number 0 is no text"));
    begin_entry(18, "\xA2x\0", 3);
    refused(EINVAL);
}

/* One file whose size is this float. */
static int decode_float(double size)
{
    begin_with(4);
    meta_put_array(&w, 1);
    meta_put_array(&w, 4);
    meta_put_str(&w, "a");
    meta_put_bin(&w, hash, sizeof hash);
    meta_put_float(&w, size);
    meta_put_int(&w, 0);
    return decode();
}

Test(bundle_fields, numbers_may_come_as_whole_floats)
{
    cr_assert(eq(int, decode_float(0.0), 0));
    cr_assert(eq(int, decode_float(2147483648.0), 0));
    cr_assert(eq(int, decode_float(0.5), -1));
    cr_assert(eq(int, decode_float(-1.0), -1));
    cr_assert(eq(int, decode_float(1e300), -1));
    cr_assert(eq(int, decode_float((double)NAN), -1));
}

Test(bundle_fields, functions_have_names_and_signatures_that_can_be_read)
{
    begin_entry(3,
                "\x92\xA3"
                "add\xA4iz:i",
                10);
    cr_assert(eq(str, refused(EINVAL),
                 "manifest: functions: add: signature `iz:i', column 2: `z' is "
                 "no type (i d s b o a m v; with names: x:i,y:i->i)"));
    begin_entry(3,
                "\x92\xA3"
                "a b\xA4ii:i",
                10);
    cr_assert(eq(str, refused(EINVAL),
                 "manifest: functions: `a b' is not 1 to 63 printable ASCII "
                 "characters without space, `:' and `/'"));
    begin_with(3);
    meta_put_array(&w, 3);
    meta_put_raw(&w,
                 "\x92\xA1"
                 "a\xA0\x92\xA1"
                 "b\xA0\x92\xA1"
                 "a\xA0",
                 12);
    cr_assert(eq(str, refused(EINVAL), "manifest: functions: `a' comes twice"));
}

static char *refused_map(unsigned key, const char *bytes, size_t len, int code)
{
    begin_with(key);
    meta_put_raw(&w, bytes, len);
    return refused(code);
}

#define REFUSED(key, bytes, code)                                              \
    refused_map(key, bytes, sizeof bytes - 1, code)

Test(bundle_fields, words_that_nobody_knows_are_not_passed_over)
{
    cr_assert(eq(str,
                 REFUSED(5,
                         "\x81\xA5setup\xA1"
                         "f",
                         ENOTSUP),
                 "manifest: hooks: `setup' is no hook"));
    cr_assert(eq(str,
                 REFUSED(7,
                         "\x81\xA4"
                         "disk\x01",
                         ENOTSUP),
                 "manifest: limits: `disk' is not supported"));
    cr_assert(eq(str,
                 REFUSED(8,
                         "\xA6"
                         "strict",
                         ENOTSUP),
                 "manifest: sandbox: `strict' is not supported, only `none'"));
    cr_assert(eq(str, REFUSED(12, "\x81\xA3max\x01", ENOTSUP),
                 "manifest: caps: `max' is not supported"));
}

Test(bundle_fields, values_inside_maps_are_checked)
{
    cr_assert(eq(str, REFUSED(7, "\x81\xA3mem\xFF", EINVAL),
                 "manifest: limits: `mem' is not an integer of 0 or more"));
    REFUSED(7, "\x81\xA3mem\xA1x", EINVAL);
    REFUSED(7, "\x81\x01\x01", EINVAL);
    REFUSED(5, "\x81\xAAhost_setup\x01", EINVAL);
    REFUSED(5, "\x81\xAAhost_setup\xA0", EINVAL);
    cr_assert(eq(str,
                 REFUSED(6,
                         "\x81\xA3"
                         "A=B\xA1x",
                         EINVAL),
                 "manifest: env: `A=B' is no name of a variable"));
    REFUSED(6, "\x81\xA0\xA1x", EINVAL);
    REFUSED(6,
            "\x81\xA2"
            "A\0\xA1x",
            EINVAL);
    REFUSED(6,
            "\x81\xA1"
            "A\xA2x\0",
            EINVAL);
    REFUSED(6, "\x81\x01\xA1x", EINVAL);
}

Test(bundle_fields, env_has_at_most_4096_variables)
{
    begin_with(6);
    meta_put_map(&w, BUNDLE_ENTRIES + 1);
    for (int i = 0; i <= BUNDLE_ENTRIES; i++) {
        meta_put_str(&w, "A");
        meta_put_str(&w, "");
    }
    cr_assert(
        eq(str, refused(E2BIG), "manifest: env: 4097 of them, at most 4096"));
}

/* Key 20 with one key of its four replaced by what the octets say. */
static char *refused_local(unsigned bent, const char *bytes, size_t len)
{
    begin_with(20);
    meta_put_map(&w, 5);
    for (unsigned key = 1; key <= 5; key++) {
        meta_put_uint(&w, key);
        if (key == bent)
            meta_put_raw(&w, bytes, len);
        else if (key == 1 || key == 3)
            meta_put_str(&w, "/x");
        else if (key == 5)
            meta_put_nil(&w);
        else
            meta_put_int(&w, 7);
    }
    return bent ? refused(EINVAL) : NULL;
}

#define LOCAL(key, bytes) refused_local(key, bytes, sizeof bytes - 1)

Test(bundle_fields, argv_has_at_most_4096_words)
{
    begin_with(18);
    meta_put_array(&w, BUNDLE_ENTRIES + 1);
    for (int i = 0; i <= BUNDLE_ENTRIES; i++)
        meta_put_str(&w, "");
    cr_assert(
        eq(str, refused(E2BIG), "manifest: argv: 4097 of them, at most 4096"));
}

Test(bundle_fields, the_callers_place_may_be_the_root)
{
    begin_with(20);
    meta_put_map(&w, 4);
    meta_pair_str(&w, 1, "h");
    meta_pair_int(&w, 2, UINT32_MAX);
    meta_pair_str(&w, 3, "/");
    meta_pair_int(&w, 4, 0777);
    cr_assert(eq(int, decode(), 0), "%s", err.text);
}

Test(bundle_fields, the_callers_place_is_checked)
{
    LOCAL(0, "");
    cr_assert(eq(int, decode(), 0), "%s", err.text);
    cr_assert(eq(str, LOCAL(1, "\xA0"),
                 "manifest: local: key 1 (host-id) is not a text of 1 to 128 "
                 "octets"));
    LOCAL(1, "\x01");
    cr_assert(eq(str, LOCAL(2, "\xFF"),
                 "manifest: local: key 2 (uid) is no user's number"));
    LOCAL(2, "\xCF\x00\x00\x00\x01\x00\x00\x00\x00");
    cr_assert(eq(str, LOCAL(3, "\xA1x"),
                 "manifest: local: key 3 (cwd) is no absolute path"));
    LOCAL(3, "\xA2/\0");
    LOCAL(3, "\xA0");
    cr_assert(eq(str, LOCAL(4, "\xCD\x02\x00"),
                 "manifest: local: key 4 (umask) is not in 0 to 0777"));
    cr_assert(
        eq(str, LOCAL(5, "\x90"), "manifest: local: key 5 (env) is no map"));
    cr_assert(eq(str, LOCAL(5, "\x81\xA1=\xA0"),
                 "manifest: local: env: `=' is no name of a variable"));
}

Test(bundle_fields, code_needs_a_file_of_its_kind)
{
    begin(0, "object");
    cr_assert(eq(str, refused(EINVAL), "manifest: kind object needs a file"));
    begin(0, "self");
    cr_assert(eq(str, refused(EINVAL), "manifest: kind self needs a file"));
    begin(1, "source");
    meta_put_uint(&w, 4);
    meta_put_array(&w, 2);
    put_file("a.h", 1);
    put_file(".c", 1);
    cr_assert(eq(str, refused(EINVAL),
                 "manifest: kind source needs a file that ends in .c"));
    begin(1, "source");
    meta_put_uint(&w, 4);
    meta_put_array(&w, 2);
    put_file("a.h", 1);
    put_file("src/a.c", 1);
    cr_assert(eq(int, decode(), 0), "%s", err.text);
}

Test(bundle_fields, kinds_have_names)
{
    cr_assert(eq(str, (char *)bundle_kind_name(BUNDLE_SOURCE), "source"));
    cr_assert(eq(int, (int)bundle_kind_parse("exec", 4), BUNDLE_EXEC));
    cr_assert(eq(int, (int)bundle_kind_parse("exec", 3), BUNDLE_KINDS));
    cr_assert(eq(int, (int)bundle_kind_parse("", 0), BUNDLE_KINDS));
}
