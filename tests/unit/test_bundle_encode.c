/* test_bundle_encode.c - a manifest has one spelling, which reads back */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <string.h>

#include "bundle.h"

static struct meta_writer out;
static struct meta_writer again;
static struct par_error err;

static void open_bundle(void)
{
    out = again = (struct meta_writer){0};
    err = (struct par_error){0};
}

static void close_bundle(void)
{
    meta_writer_clear(&out);
    meta_writer_clear(&again);
}

TestSuite(bundle_encode,
          .init = open_bundle,
          .fini = close_bundle,
          .timeout = 10);

Test(bundle_encode, says_nothing_that_says_nothing)
{
    struct bundle_draft draft = {.name = "x", .kind = BUNDLE_EXEC};

    cr_assert(eq(int, bundle_encode(&out, &draft, &err), 0), "%s", err.text);
    cr_assert(eq(sz, out.len, 10));
    cr_assert(eq(int,
                 memcmp(out.data,
                        "\x82\x01\xA1x\x02\xA4"
                        "exec",
                        10),
                 0));
}

Test(bundle_encode, comes_back_as_it_went)
{
    struct bundle_function functions[] = {
        {bundle_text("add"), bundle_text("ii:i")},
        {bundle_text("mul"), bundle_text("")}};
    struct bundle_file files[] = {
        {.path = bundle_text("src/b.c"), .size = 5, .mode = 0644},
        {.path = bundle_text("a.h"), .size = 0, .mode = 0600}};
    struct bundle_pair env[] = {{bundle_text("B"), bundle_text("2")},
                                {bundle_text("A"), bundle_text("")}};
    struct bundle_pair local_env[] = {
        {bundle_text("PATH"), bundle_text("/bin")}};
    struct bundle_text argv[] = {bundle_text("sh"), bundle_text("-c")};
    struct bundle_local local = {bundle_text("here"), 1000, bundle_text("/tmp"),
                                 022};
    struct bundle_draft draft = {
        .name = "app@2",
        .kind = BUNDLE_SOURCE,
        .functions = functions,
        .function_count = 2,
        .files = files,
        .file_count = 2,
        .hooks = {[BUNDLE_HOST_CLOSE] = "bye", [BUNDLE_HOST_SETUP] = "hello"},
        .env = env,
        .env_count = 2,
        .limits = {[BUNDLE_WALL] = 1000, [BUNDLE_CPU] = 7},
        .keep_files = true,
        .max_file_size = 100,
        .argv = argv,
        .argv_count = 2,
        .local = &local,
        .local_env = local_env,
        .local_env_count = 1};
    struct bundle b;
    struct bundle_file file;
    struct bundle_pair pair;
    struct meta_reader r;

    files[0].hash.bytes[31] = 9;
    cr_assert(eq(int, bundle_encode(&out, &draft, &err), 0), "%s", err.text);
    cr_assert(eq(int, bundle_decode(&b, out.data, out.len, &err), 0));
    cr_assert(bundle_text_is(b.name, "app@2"));
    cr_assert(eq(int, (int)b.kind, BUNDLE_SOURCE));
    r = b.files;
    cr_assert(bundle_next_file(&r, &file));
    cr_assert(bundle_text_is(file.path, "src/b.c"), "the first stays first");
    cr_assert(eq(u64, file.size, 5));
    cr_assert(eq(int, file.hash.bytes[31], 9));
    cr_assert(bundle_text_is(b.hooks[BUNDLE_HOST_CLOSE], "bye"));
    cr_assert(bundle_text_is(b.hooks[BUNDLE_HOST_SETUP], "hello"));
    cr_assert(eq(ptr, (void *)b.hooks[BUNDLE_SLOT_SETUP].data, NULL));
    r = b.env;
    cr_assert(bundle_next_pair(&r, &pair));
    cr_assert(bundle_text_is(pair.key, "A"));
    cr_assert(eq(u64, b.limits[BUNDLE_WALL], 1000));
    cr_assert(eq(u64, b.limits[BUNDLE_CPU], 7));
    cr_assert(eq(u64, b.limits[BUNDLE_MEM], 0));
    cr_assert(eq(int, b.cleanup, false));
    cr_assert(eq(u64, b.max_file_size, 100));
    cr_assert(eq(sz, b.argv_count, 2));
    cr_assert(bundle_text_is(b.local.cwd, "/tmp"));
    cr_assert(eq(u32, b.local.uid, 1000));
    cr_assert(eq(int, (int)b.local.umask, 022));
    cr_assert(eq(sz, b.local_env_count, 1));
}

/* Keys of a map, at any depth where they are integers or texts, ascend. */
static void assert_ascending(const void *data, size_t len)
{
    struct meta_reader r = meta_read(data, len);
    struct meta_value v;
    struct meta_value last = {0};

    cr_assert(meta_next(&r, &v));
    for (size_t left = v.len; left > 0; left--) {
        struct meta_value key;

        cr_assert(meta_next(&r, &key));
        cr_assert(meta_skip(&r, NULL, NULL));
        if (last.kind == META_INT)
            cr_assert(key.i > last.i);
        if (last.kind == META_STR)
            cr_assert(memcmp(key.data, last.data,
                             key.len < last.len ? key.len : last.len) > 0);
        last = key;
    }
}

Test(bundle_encode, the_same_computation_has_the_same_octets)
{
    struct bundle_pair env[] = {{bundle_text("B"), bundle_text("2")},
                                {bundle_text("AA"), bundle_text("3")},
                                {bundle_text("A"), bundle_text("1")}};
    struct bundle_pair other[] = {env[2], env[0], env[1]};
    struct bundle_draft draft = {.name = "x",
                                 .kind = BUNDLE_EXEC,
                                 .env = env,
                                 .env_count = 3,
                                 .max_file_size = 5};

    cr_assert(eq(int, bundle_encode(&out, &draft, &err), 0), "%s", err.text);
    draft.env = other;
    cr_assert(eq(int, bundle_encode(&again, &draft, &err), 0));
    cr_assert(eq(sz, out.len, again.len));
    cr_assert(eq(int, memcmp(out.data, again.data, out.len), 0));
    assert_ascending(out.data, out.len);
}

Test(bundle_encode, maps_of_words_ascend_too)
{
    struct bundle_draft draft = {.name = "x", .kind = BUNDLE_EXEC};
    struct meta_reader inside;
    struct meta_value v;

    for (size_t i = 0; i < BUNDLE_HOOKS; i++)
        draft.hooks[i] = "f";
    for (size_t i = 0; i < BUNDLE_LIMITS; i++)
        draft.limits[i] = 1;
    cr_assert(eq(int, bundle_encode(&out, &draft, &err), 0), "%s", err.text);
    cr_assert(meta_find(out.data, out.len, 5, &v, &inside));
    assert_ascending(v.raw, (size_t)(inside.end - v.raw));
    cr_assert(meta_find(out.data, out.len, 7, &v, &inside));
    assert_ascending(v.raw, (size_t)(inside.end - v.raw));
}

Test(bundle_encode, refuses_what_would_be_refused_and_leaves_no_trace)
{
    struct bundle_file file = {.path = bundle_text("../x")};
    struct bundle_draft draft = {
        .name = "x", .kind = BUNDLE_OBJECT, .files = &file, .file_count = 1};

    meta_put_raw(&out, "before", 6);
    cr_assert(eq(int, bundle_encode(&out, &draft, &err), -1));
    cr_assert(eq(int, err.code, EINVAL));
    cr_assert(eq(str, err.text,
                 "manifest: files: `../x' is no safe path: a component `..'"));
    cr_assert(eq(sz, out.len, 6));
    draft.name = NULL;
    cr_assert(eq(int, bundle_encode(&out, &draft, &err), -1));
    cr_assert(eq(sz, out.len, 6));
}
