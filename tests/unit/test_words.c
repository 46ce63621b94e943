/* test_words.c - a command's words, and the folder it runs in */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>

#include "scratch.h"
#include "worker/words.h"

static atomic_bool given_up; /* false */
static struct meta_writer manifest, payload;
static struct bundle b;
static struct par_error err;
static char **words;

static void init(void)
{
    scratch_make();
}

static void fini(void)
{
    words_free(words);
    meta_writer_clear(&manifest);
    meta_writer_clear(&payload);
    scratch_remove();
}

TestSuite(words, .init = init, .fini = fini, .timeout = 10);

static void bundle_of(const struct bundle_draft *draft)
{
    cr_assert(eq(int, bundle_encode(&manifest, draft, &err), 0), "%s",
              err.text);
    cr_assert(eq(int, bundle_decode(&b, manifest.data, manifest.len, &err), 0));
}

static void with_argv(const struct bundle_text *argv, size_t count)
{
    struct bundle_draft draft = {
        .name = "it", .kind = BUNDLE_EXEC, .argv = argv, .argv_count = count};

    bundle_of(&draft);
}

Test(words, of_manifest_and_payload_follow_each_other)
{
    static const struct bundle_text argv[] = {{"sh", 2}, {"-c", 2}};

    with_argv(argv, 2);
    meta_put_array(&payload, 2);
    meta_put_str(&payload, "echo hi");
    meta_put_bin(&payload, "", 0);
    words = words_of(&b, payload.data, payload.len, &err);
    cr_assert(ne(ptr, words, NULL), "%s", err.text);
    cr_assert(eq(str, words[0], "sh"));
    cr_assert(eq(str, words[1], "-c"));
    cr_assert(eq(str, words[2], "echo hi"));
    cr_assert(eq(str, words[3], ""));
    cr_assert(eq(ptr, words[4], NULL));
}

Test(words, empty_payload_adds_nothing)
{
    static const struct bundle_text argv[] = {{"true", 4}};

    with_argv(argv, 1);
    words = words_of(&b, "", 0, &err);
    cr_assert(eq(str, words[0], "true"));
    cr_assert(eq(ptr, words[1], NULL));
}

Test(words, what_is_no_array_of_strings_is_refused)
{
    static const struct {
        const char *data;
        size_t len;
    } bad[] = {
        {"", 0},         /* no word at all */
        {"\x90", 1},     /* the same */
        {"\x91\x01", 2}, /* a number */
        {"\x91\xa2"
         "a",
         3}, /* cut off */
        {"\xa1"
         "a",
         2}, /* not an array */
        {"\x91\xa3"
         "a\0b",
         5},                         /* a zero octet */
        {"\xdd\xff\xff\xff\xff", 5}, /* a lie about the count */
        {"\x91\x91\xa1"
         "a",
         4}, /* an array in it */
    };

    with_argv(NULL, 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        words = words_of(&b, bad[i].data, bad[i].len, &err);
        cr_assert(eq(ptr, words, NULL), "%zu", i);
        cr_assert(eq(int, err.code, EINVAL));
    }
}

Test(words, folder_has_copies_with_their_modes)
{
    struct bundle_file list[2] = {
        {.path = bundle_text("prog"), .size = 5, .mode = 0755},
        {.path = bundle_text("data/deep"), .size = 5, .mode = 0644}};
    struct bundle_draft draft = {
        .name = "it", .kind = BUNDLE_EXEC, .files = list, .file_count = 2};
    struct stat st;

    bundle_of(&draft);
    mkdir(scratch_path("from"), 0700);
    mkdir(scratch_path("from/data"), 0700);
    scratch_write("from/prog", 0755, "prog!");
    scratch_write("from/data/deep", 0644, "deep!");
    cr_assert(eq(int,
                 words_folder(scratch_path("to"), scratch_path("from"), &b,
                              &given_up, &err),
                 0),
              "%s", err.text);
    cr_assert(
        eq(str, (char *)scratch_read(scratch_path("to/data/deep")), "deep!"));
    cr_assert(eq(int, stat(scratch_path("to/prog"), &st), 0));
    cr_assert(eq(uint, st.st_mode & 0777, 0755));
}

Test(words, folder_that_is_given_up_gets_no_copy)
{
    struct bundle_file file = {
        .path = bundle_text("prog"), .size = 5, .mode = 0755};
    struct bundle_draft draft = {
        .name = "it", .kind = BUNDLE_EXEC, .files = &file, .file_count = 1};

    bundle_of(&draft);
    mkdir(scratch_path("from"), 0700);
    scratch_write("from/prog", 0755, "prog!");
    given_up = true;
    cr_assert(eq(int,
                 words_folder(scratch_path("to"), scratch_path("from"), &b,
                              &given_up, &err),
                 -1));
    cr_assert(eq(int, err.code, ECANCELED));
    cr_assert(eq(str, (char *)scratch_read(scratch_path("to/prog")), ""));
}

Test(words, folder_with_a_missing_file_names_it)
{
    struct bundle_file file = {
        .path = bundle_text("gone"), .size = 5, .mode = 0644};
    struct bundle_draft draft = {
        .name = "it", .kind = BUNDLE_EXEC, .files = &file, .file_count = 1};

    bundle_of(&draft);
    mkdir(scratch_path("from"), 0700);
    cr_assert(eq(int,
                 words_folder(scratch_path("to"), scratch_path("from"), &b,
                              &given_up, &err),
                 -1));
    cr_assert(strstr(err.text, "gone") != NULL);
}
