/* test_client_setup.c - what SETUP carries, and the files that are asked for */
#include "config.h"

#include <dirent.h>
#include <pthread.h>

#include "bundle.h"
#include "calling.h"
#include "client/handle.h"
#include "digest.h"
#include "meta_keys.h"
#include "scratch.h"

static void open_both(void)
{
    scratch_make();
    open_client();
}

static void close_both(void)
{
    close_client();
    scratch_remove();
}

TestSuite(setup, .init = open_both, .fini = close_both, .timeout = 20);

static int set_up(const char *kind, const char *path, uint32_t *handle)
{
    struct par_file files[] = {{"code.c", path}, {NULL, NULL}};
    struct par_setup s = {.kind = kind, .files = path ? files : NULL};

    return par_setup(client, &s, handle, &err);
}

Test(setup, a_missing_file_fails_before_anything_is_sent) /* DI-04 */
{
    uint32_t handle;

    cr_assert(eq(int, set_up("source", scratch_path("none.c"), &handle), -1));
    cr_assert(eq(int, err.code, ENOENT));
    cr_assert(ne(ptr, strstr(err.text, scratch_path("none.c")), NULL));
    cr_assert(eq(int, par_ping(client, NULL, 0, -1, NULL, &err), 0));
    cr_assert(eq(uint, fake.seen[WIRE_SETUP], 0));
}

Test(setup, a_folder_is_no_file)
{
    uint32_t handle;

    cr_assert(eq(int, set_up("source", scratch, &handle), -1));
    cr_assert(eq(int, err.code, EINVAL));
}

Test(setup, an_unknown_kind_is_told_what_there_is)
{
    uint32_t handle;

    cr_assert(eq(int, set_up("sourze", NULL, &handle), -1));
    cr_assert(eq(str, err.text,
                 "kind: `sourze' is none of object, source, exec, self"));
}

Test(setup, the_same_again_is_free_and_other_content_is_another)
{
    uint32_t a, b, c;

    scratch_write("a.c", 0644, "int a;\n");
    cr_assert(eq(int, set_up("source", scratch_path("a.c"), &a), 0));
    cr_assert(eq(int, set_up("source", scratch_path("a.c"), &b), 0));
    cr_assert(eq(u32, a, b));
    cr_assert(eq(uint, fake.seen[WIRE_SETUP], 1));
    scratch_write("a.c", 0644, "int b;\n");
    cr_assert(eq(int, set_up("source", scratch_path("a.c"), &c), 0));
    cr_assert(ne(u32, a, c));
    cr_assert(eq(uint, fake.seen[WIRE_SETUP], 2));
}

/* ---- the manifest ---- */

static struct bundle_local local_seen;
static bool has_local_seen;
static char name_seen[64];
static size_t local_env_seen;

static bool read_manifest(struct fake *f, struct link_msg *m)
{
    struct bundle b;

    (void)f;
    if (m->wire.head.type == WIRE_SETUP &&
        bundle_decode(&b, m->wire.items, m->wire.items_len, NULL) == 0) {
        has_local_seen = b.has_local;
        local_seen = b.local;
        local_env_seen = b.local_env_count;
        snprintf(name_seen, sizeof name_seen, "%.*s", (int)b.name.len,
                 b.name.data);
    }
    return false;
}

Test(setup, a_local_command_brings_the_callers_place)
{
    struct par_setup s = {.kind = "exec", .local = true};
    uint32_t handle;

    fake.on = read_manifest;
    setenv("PAR_TEST", "1", 1);
    cr_assert(eq(int, par_setup(client, &s, &handle, &err), 0));
    cr_assert(eq(int, has_local_seen, true));
    cr_assert(eq(u32, local_seen.uid, getuid()));
    cr_assert(gt(sz, local_env_seen, 0));
    cr_assert(eq(str, name_seen, "exec"));
}

/* With an environment of so many octets, but for the `='s. */
static void setup_with_environment(size_t len)
{
    static char value[2 * WIRE_ITEM_MAX];
    struct par_setup s = {.kind = "exec", .local = true};
    uint32_t handle;

    setenv("PAR_TEST", "", 1);
    for (char **word = environ; *word; word++)
        len -= strlen(*word) - 1;
    memset(value, 'x', len);
    setenv("PAR_TEST", value, 1);
    cr_assert(eq(int, par_setup(client, &s, &handle, &err), -1));
    cr_assert(eq(int, err.code, E2BIG));
    cr_assert(strstr(err.text, "environment") != NULL, "%s", err.text);
}

Test(setup, an_environment_that_is_too_large_is_called_so)
{
    setup_with_environment(2 * WIRE_ITEM_MAX);
}

Test(setup, an_environment_that_leaves_no_room_beside_it_is_called_so)
{
    setup_with_environment(WIRE_ITEM_MAX);
}

Test(setup, is_named_after_its_first_file)
{
    struct par_file files[] = {{"dir/my primes.c", NULL}, {NULL, NULL}};
    struct par_setup s = {.kind = "source", .files = files};
    uint32_t handle;

    scratch_write("x.c", 0644, "");
    files[0].source = scratch_path("x.c");
    fake.on = read_manifest;
    cr_assert(eq(int, par_setup(client, &s, &handle, &err), 0));
    cr_assert(eq(str, name_seen, "my_primes.c"));
}

/* ---- files ---- */

enum { BIG = 600 * 1000 };
static struct digest_state *arriving;
static uint64_t arrived;
static struct digest wanted;
static struct digest got;
static uint64_t setup_id;

static void need(struct fake *f, uint64_t offset, int64_t len)
{
    struct meta_writer w = {0};

    meta_put_map(&w, 2);
    meta_pair_bin(&w, 1, wanted.bytes, DIGEST_SIZE);
    meta_pair_int(&w, 2, len);
    fake_say(f, WIRE_BLOB_NEED, 0, 99, offset, &w, NULL, 0);
}

static bool fetch_file(struct fake *f, struct link_msg *m)
{
    struct meta_reader r;
    struct bundle_file file;
    struct bundle b;

    switch (m->wire.head.type) {
    case WIRE_SETUP:
        if (bundle_decode(&b, m->wire.items, m->wire.items_len, NULL))
            return false;
        r = b.files;
        bundle_next_file(&r, &file);
        wanted = file.hash;
        setup_id = m->wire.head.id;
        arriving = digest_start();
        need(f, 0, 300 * 1000);
        return true;
    case WIRE_BLOB_DATA:
        if (m->wire.head.id != 99 || m->wire.head.ref != arrived)
            return false;
        digest_add(arriving, m->wire.items, m->wire.items_len);
        arrived += m->wire.items_len;
        if (arrived == 300 * 1000)
            need(f, arrived, 1024 * 1024);
        if (m->wire.head.flags & WIRE_FINAL) {
            digest_finish(arriving, &got);
            fake_say(f, WIRE_READY, 0, setup_id, 3, NULL, NULL, 0);
        }
        return true;
    default:
        return false;
    }
}

Test(setup, files_are_served_piece_by_piece)
{
    static char text[BIG + 1];
    uint32_t handle;

    for (size_t i = 0; i < BIG; i++)
        text[i] = (char)('a' + i % 23);
    scratch_write("big.c", 0644, text);
    fake.on = fetch_file;
    cr_assert(eq(int, set_up("source", scratch_path("big.c"), &handle), 0));
    cr_assert(eq(u64, arrived, BIG));
    cr_assert(digest_equal(&got, &wanted));
}

static int refused_with;
static char refused_text[200];

/* Asks for a file nobody has, or (step 1) for one that has changed. */
static bool ask_wrongly(struct fake *f, struct link_msg *m)
{
    switch (m->wire.head.type) {
    case WIRE_SETUP:
        setup_id = m->wire.head.id;
        if (f->step == 1) {
            digest_of(&wanted, "int a;\n", 7);
            unlink(scratch_path("a.c"));
        }
        need(f, 0, 5);
        return true;
    case WIRE_ERROR:
        refused_with = (int)m->wire.head.ref;
        meta_text(m->wire.meta, m->wire.head.meta_len, KEY_ANY_TEXT,
                  refused_text, sizeof refused_text);
        fake_say(f, WIRE_READY, 0, setup_id, 3, NULL, NULL, 0);
        return true;
    default:
        return false;
    }
}

Test(setup, a_file_that_nobody_sent_is_unknown)
{
    uint32_t handle;

    scratch_write("a.c", 0644, "int a;\n");
    fake.on = ask_wrongly;
    cr_assert(eq(int, set_up("source", scratch_path("a.c"), &handle), 0));
    cr_assert(eq(int, refused_with, PAR_UNKNOWN_ID));
}

Test(setup, a_file_that_is_gone_is_said_to_be)
{
    uint32_t handle;

    scratch_write("a.c", 0644, "int a;\n");
    fake.step = 1;
    fake.on = ask_wrongly;
    cr_assert(eq(int, set_up("source", scratch_path("a.c"), &handle), 0));
    cr_assert(eq(int, refused_with, PAR_VALUE_LOST));
    cr_assert(ne(ptr, strstr(refused_text, "a.c"), NULL));
}

/* ---- answers ---- */

static bool compiler_says(struct fake *f, struct link_msg *m)
{
    struct meta_writer w =
        fake_text("code.c: In function 'f':\ncode.c:3: error: expected ';'\n");

    if (m->wire.head.type != WIRE_SETUP) {
        meta_writer_clear(&w);
        return false;
    }
    fake_say(f, WIRE_ERROR, WIRE_FINAL, m->wire.head.id, PAR_SETUP_FAILED, &w,
             NULL, 0);
    return true;
}

Test(setup, a_failure_has_one_line_and_all_the_words)
{
    uint32_t handle;

    scratch_write("a.c", 0644, "int a;\n");
    fake.on = compiler_says;
    cr_assert(eq(int, set_up("source", scratch_path("a.c"), &handle), -1));
    cr_assert(eq(int, err.code, PAR_CODE(PAR_SETUP_FAILED)));
    cr_assert(eq(str, err.text, "code.c: code.c:3: error: expected ';'"));
    cr_assert(eq(str, (char *)par_setup_output(client),
                 "code.c: In function 'f':\ncode.c:3: error: expected ';'\n"));
    fake.on = NULL;
    cr_assert(eq(int, set_up("source", scratch_path("a.c"), &handle), 0));
    cr_assert(eq(str, (char *)par_setup_output(client), ""));
}

static void *read_words(void *unused)
{
    (void)unused;
    return *par_setup_output(client) ? client : NULL;
}

static void *fail(void *unused)
{
    uint32_t handle;

    (void)unused;
    cr_assert(eq(int, set_up("source", scratch_path("a.c"), &handle), -1));
    return read_words(NULL);
}

/* The second thread may get the first one's number. */
Test(setup, the_words_of_a_thread_are_not_those_of_the_next)
{
    pthread_t thread;
    void *words;

    scratch_write("a.c", 0644, "int a;\n");
    fake.on = compiler_says;
    pthread_create(&thread, NULL, fail, NULL);
    pthread_join(thread, &words);
    cr_assert(ne(ptr, words, NULL));
    pthread_create(&thread, NULL, read_words, NULL);
    pthread_join(thread, &words);
    cr_assert(eq(ptr, words, NULL));
}

static bool closing_twice(struct fake *f, struct link_msg *m)
{
    if (m->wire.head.type != WIRE_SETUP || f->step++ == 2)
        return false;
    fake_say(f, WIRE_ERROR, WIRE_FINAL, m->wire.head.id, PAR_CLOSING, NULL,
             NULL, 0);
    return true;
}

Test(setup, what_is_just_being_closed_is_asked_for_again)
{
    uint32_t handle;

    scratch_write("a.c", 0644, "int a;\n");
    fake.on = closing_twice;
    cr_assert(eq(int, set_up("source", scratch_path("a.c"), &handle), 0));
    cr_assert(eq(uint, fake.seen[WIRE_SETUP], 3));
}

Test(setup, what_was_torn_down_has_to_be_set_up_again)
{
    struct par_function echo = fake_function(client, "echo");
    uint64_t job;

    cr_assert(eq(int, par_teardown(client, echo.handle, NULL, &err), 0));
    cr_assert(
        eq(int, par_run(client, &echo, PAR_NO_ARGS, NULL, &job, &err), -1));
    cr_assert(eq(int, err.code, PAR_CODE(PAR_UNKNOWN_HANDLE)));
    cr_assert(eq(int, par_teardown(client, echo.handle, NULL, &err), -1));
    cr_assert(eq(int, par_ping(client, NULL, echo.handle, -1, NULL, &err), -1));
    fake_setup(client);
    cr_assert(eq(uint, fake.seen[WIRE_SETUP], 2));
    cr_assert(
        eq(int, par_run(client, &echo, PAR_NO_ARGS, NULL, &job, &err), -1),
        "that was another one");
    echo = fake_function(client, "echo");
    cr_assert(
        eq(int, par_run(client, &echo, PAR_NO_ARGS, NULL, &job, &err), 0));
}

static int count_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int n = 0;

    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

/* A service that ships another program every minute lives long. */
Test(setup, what_was_torn_down_leaves_nothing)
{
    struct par_setup self = {.kind = "self"};
    uint32_t before, after;
    int descriptors = count_descriptors();

    cr_assert(eq(int, par_setup(client, &self, &before, &err), 0));
    cr_assert(eq(int, par_teardown(client, before, NULL, &err), 0));
    for (int i = 0; i < 100; i++) {
        char name[16];
        struct par_setup s = {.kind = "exec", .name = name};

        snprintf(name, sizeof name, "app@%d", i);
        cr_assert(eq(int, par_setup(client, &s, &after, &err), 0));
        cr_assert(ne(u32, after, before));
        cr_assert(eq(int, par_teardown(client, after, NULL, &err), 0));
        before = after;
    }
    cr_assert(eq(u32, client->computation_count, 1));
    cr_assert(eq(int, count_descriptors(), descriptors));
}

Test(setup, what_never_was_set_up_leaves_nothing)
{
    uint32_t handle = 0;

    fake.on = compiler_says;
    for (int i = 0; i < 3; i++) {
        scratch_write("a.c", 0644, i == 0 ? "a" : i == 1 ? "b" : "c");
        cr_assert(eq(int, set_up("source", scratch_path("a.c"), &handle), -1));
    }
    cr_assert(eq(u32, handle, 0), "and stores nothing");
    cr_assert(eq(u32, client->computation_count, 1));
}
