/* test_bundle.c - manifests are read, and refused at every length but their
 * own
 */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle.h"
#include "manifest.h"
#include "wire.h"

TestSuite(bundle, .init = open_bundle, .fini = close_bundle, .timeout = 20);

Test(bundle, name_and_kind_are_enough_for_a_command)
{
    begin(0, "exec");
    cr_assert(eq(int, decode(), 0), "%s", err.text);
    cr_assert(bundle_text_is(b.name, "primes.c"));
    cr_assert(eq(int, (int)b.kind, BUNDLE_EXEC));
    cr_assert(eq(sz, b.file_count, 0));
    cr_assert(eq(int, b.cleanup, true));
    cr_assert(eq(int, b.has_local, false));
    cr_assert(eq(ptr, (void *)b.hooks[BUNDLE_HOST_SETUP].data, NULL));
}

Test(bundle, files_and_functions_are_stepped_through)
{
    struct bundle_function f;
    struct bundle_file file;
    struct meta_reader r;

    begin(2, "source");
    meta_put_uint(&w, 3);
    meta_put_array(&w, 2);
    meta_put_raw(&w,
                 "\x92\xA3"
                 "add\xA4ii:i\x92\xA3mul\xA0",
                 16);
    meta_put_uint(&w, 4);
    meta_put_array(&w, 2);
    put_file("src/primes.c", 1000);
    put_file("src/primes.h", 0);
    cr_assert(eq(int, decode(), 0), "%s", err.text);

    cr_assert(eq(sz, b.function_count, 2));
    r = b.functions;
    cr_assert(bundle_next_function(&r, &f));
    cr_assert(bundle_text_is(f.name, "add"));
    cr_assert(bundle_text_is(f.signature, "ii:i"));
    cr_assert(bundle_next_function(&r, &f));
    cr_assert(bundle_text_is(f.signature, ""));
    cr_assert(eq(int, bundle_next_function(&r, &f), false));

    cr_assert(eq(sz, b.file_count, 2));
    r = b.files;
    cr_assert(bundle_next_file(&r, &file));
    cr_assert(bundle_text_is(file.path, "src/primes.c"));
    cr_assert(eq(u64, file.size, 1000));
    cr_assert(eq(int, memcmp(file.hash.bytes, hash, sizeof hash), 0));
    cr_assert(eq(int, (int)file.mode, 0644));
    cr_assert(bundle_next_file(&r, &file));
    cr_assert(eq(int, bundle_next_file(&r, &file), false));
}

Test(bundle, of_a_mode_only_harmless_bits_count)
{
    struct bundle_file file;
    struct meta_reader r;

    begin_with(4);
    meta_put_array(&w, 1);
    meta_put_array(&w, 4);
    meta_put_str(&w, "run.sh");
    meta_put_bin(&w, hash, sizeof hash);
    meta_put_float(&w, 12.0); /* as JavaScript might */
    meta_put_uint(&w, 06777);
    cr_assert(eq(int, decode(), 0), "%s", err.text);
    r = b.files;
    cr_assert(bundle_next_file(&r, &file));
    cr_assert(eq(int, (int)file.mode, 0755));
    cr_assert(eq(u64, file.size, 12));
}

Test(bundle, all_other_keys_are_read)
{
    struct bundle_pair pair;
    struct bundle_text text;
    struct meta_reader r;

    begin(8, "exec");
    meta_put_raw(&w, "\x05\x81\xAAslot_setup\xA4load", 18);
    meta_put_raw(&w,
                 "\x06\x81\xA4LANG\xA1"
                 "C",
                 9);
    meta_put_raw(&w, "\x07\x82\xA3mem\xCD\x10\x00\xA4wall\x05", 15);
    meta_put_raw(&w, "\x08\xA4none", 6);
    meta_put_raw(&w, "\x0B\xC2", 2);
    meta_put_raw(&w, "\x0C\x81\xADmax_file_size\x09", 17);
    meta_put_raw(&w, "\x12\x92\xA2sh\xA2-c", 8);
    meta_put_uint(&w, 20);
    meta_put_map(&w, 5);
    meta_pair_str(&w, 1, "host-boot");
    meta_pair_int(&w, 2, 1000);
    meta_pair_str(&w, 3, "/home/u");
    meta_pair_int(&w, 4, 022);
    meta_put_raw(&w,
                 "\x05\x81\xA1"
                 "A\xA0",
                 5);
    cr_assert(eq(int, decode(), 0), "%s", err.text);

    cr_assert(bundle_text_is(b.hooks[BUNDLE_SLOT_SETUP], "load"));
    r = b.env;
    cr_assert(bundle_next_pair(&r, &pair));
    cr_assert(bundle_text_is(pair.key, "LANG"));
    cr_assert(bundle_text_is(pair.value, "C"));
    cr_assert(eq(u64, b.limits[BUNDLE_MEM], 4096));
    cr_assert(eq(u64, b.limits[BUNDLE_WALL], 5));
    cr_assert(eq(u64, b.limits[BUNDLE_CPU], 0));
    cr_assert(eq(int, b.cleanup, false));
    cr_assert(eq(u64, b.max_file_size, 9));
    r = b.argv;
    cr_assert(bundle_next_text(&r, &text));
    cr_assert(bundle_text_is(text, "sh"));
    cr_assert(bundle_next_text(&r, &text));
    cr_assert(eq(int, bundle_next_text(&r, &text), false));
    cr_assert(b.has_local);
    cr_assert(bundle_text_is(b.local.host_id, "host-boot"));
    cr_assert(eq(u32, b.local.uid, 1000));
    cr_assert(bundle_text_is(b.local.cwd, "/home/u"));
    cr_assert(eq(int, (int)b.local.umask, 022));
    cr_assert(eq(sz, b.local_env_count, 1));
    r = b.local_env;
    cr_assert(bundle_next_pair(&r, &pair));
    cr_assert(bundle_text_is(pair.key, "A"));
}

Test(bundle, every_beginning_of_a_manifest_is_refused)
{
    begin_with(4);
    meta_put_array(&w, 1);
    put_file("a", 1);
    cr_assert(eq(int, decode(), 0));
    for (size_t len = 0; len < w.len; len++) {
        uint8_t *cut = malloc(len);

        if (len)
            memcpy(cut, w.data, len);
        cr_assert(eq(int, bundle_decode(&b, cut, len, &err), -1));
        cr_assert(eq(int, err.code, EINVAL));
        free(cut);
    }
    cr_assert(eq(str, err.text, "manifest: it is not one msgpack map"));
}

Test(bundle, name_and_kind_must_be_there)
{
    meta_put_raw(&w, "\x80", 1);
    cr_assert(eq(str, refused(EINVAL), "manifest: key 1 (name) is missing"));
    meta_writer_reset(&w);
    meta_put_map(&w, 1);
    meta_pair_str(&w, 1, "x");
    cr_assert(eq(str, refused(EINVAL), "manifest: key 2 (kind) is missing"));
    meta_writer_reset(&w);
    meta_put_raw(&w,
                 "\x82\x01\xC0\x02\xA4"
                 "exec",
                 9);
    cr_assert(eq(str, refused(EINVAL), "manifest: key 1 (name) is missing"),
              "nil is not there");
}

Test(bundle, a_bad_name_and_an_unknown_kind_are_quoted)
{
    begin(0, "perl");
    cr_assert(eq(str, refused(ENOTSUP),
                 "manifest: kind: `perl' is none of self, object, source, "
                 "exec, python"));
    meta_writer_reset(&w);
    meta_put_map(&w, 2);
    meta_pair_str(&w, 1, "a:b");
    meta_pair_str(&w, 2, "exec");
    cr_assert(eq(str, refused(EINVAL),
                 "manifest: name: `a:b' is not 1 to 128 printable ASCII "
                 "characters without space, `:' and `/'"));
}

Test(bundle, a_value_of_another_type_is_named)
{
    begin_with(4);
    meta_put_str(&w, "a");
    cr_assert(eq(str, refused(EINVAL),
                 "manifest: files is a string, wanted is an array"));
    begin_with(11);
    meta_put_int(&w, 1);
    cr_assert(eq(str, refused(EINVAL),
                 "manifest: cleanup is an integer, wanted is a boolean"));
}

Test(bundle, unknown_keys_are_ignored_from_64_on_and_refused_below)
{
    begin(4, "exec");
    meta_pair_int(&w, 64, 1);
    meta_pair_int(&w, 1000, 1);
    meta_put_uint(&w, UINT64_MAX);
    meta_put_nil(&w);
    meta_put_str(&w, "x-mine");
    meta_put_nil(&w);
    cr_assert(eq(int, decode(), 0), "%s", err.text);
    begin(1, "exec");
    meta_pair_int(&w, 13, 1);
    cr_assert(eq(str, refused(ENOTSUP), "manifest: key 13 is not supported"));
    begin(1, "exec");
    meta_put_int(&w, -1);
    meta_put_int(&w, 1);
    cr_assert(eq(str, refused(EINVAL), "manifest: a key is an integer"));
}

Test(bundle, a_key_comes_once)
{
    begin(1, "exec");
    meta_pair_str(&w, 1, "other");
    cr_assert(eq(str, refused(EINVAL), "manifest: name comes twice"));
}

Test(bundle, an_unsafe_path_is_quoted_with_its_fault)
{
    static const char *const unsafe[] = {"../x", "/etc/x", "a/../../x", "a//b",
                                         "./a",  "",       "a/"};

    for (size_t i = 0; i < sizeof unsafe / sizeof *unsafe; i++) {
        begin_with(4);
        meta_put_array(&w, 1);
        put_file(unsafe[i], 1);
        refused(EINVAL);
    }
    begin_with(4);
    meta_put_array(&w, 1);
    put_file("../x", 1);
    cr_assert(eq(str, refused(EINVAL),
                 "manifest: files: `../x' is no safe path: a component `..'"));
}

static int decode_paths(const char *first, const char *second)
{
    begin_with(4);
    meta_put_array(&w, 3);
    put_file(first, 1);
    put_file("a-b", 1);
    put_file(second, 1);
    return decode();
}

Test(bundle, no_path_comes_twice_or_is_anothers_folder)
{
    cr_assert(eq(int, decode_paths("a", "b"), 0));
    cr_assert(eq(int, decode_paths("a/x", "a/y"), 0));
    cr_assert(eq(int, decode_paths("a", "ab/x"), 0));
    cr_assert(eq(int, decode_paths("c", "c"), -1));
    cr_assert(eq(str, err.text, "manifest: files: `c' comes twice"));
    cr_assert(eq(int, decode_paths("a", "a/x"), -1));
    cr_assert(
        eq(str, err.text, "manifest: files: `a' is both a file and a folder"));
    cr_assert(eq(int, decode_paths("a/x/y", "a"), -1));
    cr_assert(eq(int, decode_paths("A", "a"), 0), "case counts");
}

static int decode_files(uint32_t count)
{
    char path[16];

    begin_with(4);
    meta_put_array(&w, count);
    for (uint32_t i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%u", i);
        put_file(path, 1);
    }
    return decode();
}

Test(bundle, has_at_most_1000_files)
{
    cr_assert(eq(int, decode_files(BUNDLE_FILES - 1), 0));
    cr_assert(eq(int, decode_files(BUNDLE_FILES), 0));
    cr_assert(eq(int, decode_files(BUNDLE_FILES + 1), -1));
    cr_assert(eq(int, err.code, E2BIG));
    cr_assert(eq(str, err.text, "manifest: files: 1001 of them, at most 1000"));
}

static int decode_functions(uint32_t count)
{
    char name[16];

    begin_with(3);
    meta_put_array(&w, count);
    for (uint32_t i = 0; i < count; i++) {
        snprintf(name, sizeof name, "%u", i);
        meta_put_array(&w, 2);
        meta_put_str(&w, name);
        meta_put_str(&w, "");
    }
    return decode();
}

Test(bundle, has_at_most_1000_functions)
{
    cr_assert(eq(int, decode_functions(BUNDLE_FUNCTIONS), 0));
    cr_assert(eq(int, decode_functions(BUNDLE_FUNCTIONS + 1), -1));
    cr_assert(
        eq(str, err.text, "manifest: functions: 1001 of them, at most 1000"));
}

static int decode_size(uint64_t size)
{
    begin_with(4);
    meta_put_array(&w, 1);
    put_file("a", size);
    return decode();
}

Test(bundle, a_file_has_at_most_2_gib)
{
    cr_assert(eq(int, decode_size(BUNDLE_FILE_MAX - 1), 0));
    cr_assert(eq(int, decode_size(BUNDLE_FILE_MAX), 0));
    cr_assert(eq(int, decode_size(BUNDLE_FILE_MAX + 1), -1));
    cr_assert(eq(int, err.code, E2BIG));
    cr_assert(eq(str, err.text,
                 "manifest: files: `a' has 2147483649 octets, at most "
                 "2147483648"));
    cr_assert(eq(int, decode_size(UINT64_MAX), -1));
}

Test(bundle, max_file_size_bounds_its_own_files)
{
    begin(2, "exec");
    meta_put_raw(&w, "\x0C\x81\xADmax_file_size\x09", 17);
    meta_put_uint(&w, 4);
    meta_put_array(&w, 2);
    put_file("a", 9);
    put_file("b", 10);
    cr_assert(eq(str, refused(E2BIG),
                 "manifest: `b' has 10 octets, max_file_size is 9"));
}

Test(bundle, a_manifest_ends_at_1_mib)
{
    static char text[WIRE_ITEM_MAX];
    size_t head;

    /* A map {100: bin} pads it to any size. */
    begin_with(100);
    head = w.len + 5;
    meta_put_bin(&w, text, WIRE_ITEM_MAX - head);
    cr_assert(eq(sz, w.len, WIRE_ITEM_MAX));
    cr_assert(eq(int, decode(), 0));
    begin_with(100);
    meta_put_bin(&w, text, WIRE_ITEM_MAX - head + 1);
    cr_assert(
        eq(str, refused(E2BIG), "manifest: 1048577 octets, at most 1048576"));
}
