/* test_golden.c - the messages of tests/golden, made and read by our code
 *
 * length: one maker for each message.
 */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <par/error.h>

#include "batch.h"
#include "bundle.h"
#include "credit.h"
#include "digest.h"
#include "wire.h"

enum { LARGE = 1025 };

/* A message in the making: metadata first, then the batch. */
static struct meta_writer meta;
static struct meta_writer item;
static struct batch batch;
static uint8_t large[LARGE];
static const uint8_t session[16] = {0, 1, 2,  3,  4,  5,  6,  7,
                                    8, 9, 10, 11, 12, 13, 14, 15};
static const char source[] = "int add;\n";

static void begin(unsigned type, unsigned flags, uint64_t id, uint64_t ref)
{
    struct wire_header head = {
        .type = (uint8_t)type, .flags = (uint16_t)flags, .id = id, .ref = ref};

    cr_assert(eq(int, meta.failed || item.failed, false));
    batch_begin(&batch, &head, meta.data, meta.len);
}

static void put_ints(const int64_t *ints, uint32_t count)
{
    meta_put_array(&meta, count);
    for (uint32_t i = 0; i < count; i++)
        meta_put_int(&meta, ints[i]);
}

#define INTS(...)                                                              \
    put_ints((const int64_t[]){__VA_ARGS__},                                   \
             sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))

static void put_functions(void)
{
    meta_put_array(&meta, 2);
    meta_put_array(&meta, 2);
    meta_put_str(&meta, "add");
    meta_put_str(&meta, "x:i,y:i->i");
    meta_put_array(&meta, 2);
    meta_put_str(&meta, "sum");
    meta_put_str(&meta, "d*:d");
}

static void make_hello_client(void)
{
    meta_put_map(&meta, 6);
    meta_put_int(&meta, 1);
    INTS(1, 1);
    meta_pair_str(&meta, 2, "client");
    meta_pair_bin(&meta, 3, session, sizeof session);
    meta_pair_str(&meta, 5, "golden/1");
    meta_pair_int(&meta, 7, 0);
    meta_put_int(&meta, 15);
    meta_put_array(&meta, 1);
    INTS(1, 4096, 1048576);
    begin(WIRE_HELLO, 0, 0, 0);
}

static void put_host(void)
{
    meta_put_map(&meta, 4);
    meta_pair_str(&meta, 1, "host");
    meta_pair_int(&meta, 2, 4711);
    meta_pair_int(&meta, 3, 1000);
    meta_pair_str(&meta, 4, "x86_64");
}

static void make_hello_worker(void)
{
    meta_put_map(&meta, 9);
    meta_put_int(&meta, 1);
    INTS(1, 1);
    meta_pair_str(&meta, 2, "worker");
    meta_pair_bin(&meta, 3, session, sizeof session);
    meta_pair_str(&meta, 5, "golden/1");
    meta_pair_str(&meta, 18, "host.1");
    meta_put_int(&meta, 20);
    meta_put_array(&meta, 1);
    meta_put_array(&meta, 3);
    meta_put_str(&meta, "main");
    meta_put_int(&meta, 4);
    meta_put_str(&meta, "process");
    meta_put_int(&meta, 21);
    meta_put_map(&meta, 2);
    meta_put_str(&meta, "gpu");
    INTS(0, 1);
    meta_put_str(&meta, "mem");
    meta_put_int(&meta, 16);
    meta_put_int(&meta, 24);
    meta_put_map(&meta, 1);
    meta_put_str(&meta, "disk");
    meta_put_str(&meta, "ssd");
    meta_put_int(&meta, 25);
    put_host();
    begin(WIRE_HELLO, 0, 0, 0);
}

static void make_welcome(void)
{
    meta_put_map(&meta, 7);
    meta_pair_int(&meta, 1, 1);
    meta_pair_bin(&meta, 3, session, sizeof session);
    meta_pair_int(&meta, 7, 1718000000123);
    meta_put_int(&meta, 10);
    meta_put_bool(&meta, false);
    meta_pair_int(&meta, 11, 2000);
    meta_pair_str(&meta, 14, "broker");
    meta_put_int(&meta, 15);
    meta_put_array(&meta, 1);
    INTS(0, 64, 65536);
    begin(WIRE_WELCOME, 0, 0, 0);
}

static void make_goodbye(void)
{
    meta_put_map(&meta, 1);
    meta_pair_str(&meta, 72, "the broker is about to end");
    begin(WIRE_GOODBYE, 0, 0, WIRE_DRAINING);
}

static void make_ping(void)
{
    begin(WIRE_PING, 0, 9, 0);
}

static void make_setup(void)
{
    struct bundle_function functions[] = {
        {bundle_text("add"), bundle_text("x:i,y:i->i")},
        {bundle_text("sum"), bundle_text("d*:d")}};
    struct bundle_file file = {
        .path = bundle_text("add.c"), .size = strlen(source), .mode = 0644};
    struct bundle_draft draft = {.name = "add.c",
                                 .kind = BUNDLE_SOURCE,
                                 .functions = functions,
                                 .function_count = 2,
                                 .files = &file,
                                 .file_count = 1};

    digest_of(&file.hash, source, strlen(source));
    cr_assert(eq(int, bundle_encode(&item, &draft, NULL), 0));
    meta_put_map(&meta, 1);
    meta_pair_int(&meta, 9, 2);
    begin(WIRE_SETUP, 0, 1, 0);
    batch_add_bare(&batch, item.data, item.len);
}

static void make_ready(void)
{
    meta_put_map(&meta, 2);
    meta_put_int(&meta, 1);
    meta_put_array(&meta, 2);
    meta_put_array(&meta, 3);
    meta_put_str(&meta, "host.1");
    meta_put_int(&meta, PAR_OK);
    meta_put_str(&meta, "");
    meta_put_array(&meta, 3);
    meta_put_str(&meta, "host.2");
    meta_put_int(&meta, PAR_SETUP_FAILED);
    meta_put_str(&meta, "no C compiler (cc) in PATH");
    meta_put_int(&meta, 2);
    put_functions();
    begin(WIRE_READY, 0, 1, 3);
}

static void make_blob_need(void)
{
    struct digest hash;

    digest_of(&hash, source, strlen(source));
    meta_put_map(&meta, 2);
    meta_pair_bin(&meta, 1, hash.bytes, DIGEST_SIZE);
    meta_pair_int(&meta, 2, 1048576);
    begin(WIRE_BLOB_NEED, 0, WIRE_BROKER_ID | 1, 0);
}

static void make_blob_data(void)
{
    begin(WIRE_BLOB_DATA, WIRE_FINAL, WIRE_BROKER_ID | 1, 0);
    batch_add_bare(&batch, source, strlen(source));
}

static void make_run(void)
{
    meta_put_map(&meta, 1);
    meta_pair_int(&meta, 17, 1000);
    begin(WIRE_RUN, 0, 7, UINT64_C(3) << 32 | 1);
    meta_put_array(&item, 1);
    meta_put_int(&item, 2);
    batch_add_run(&batch, 0, item.data, (uint32_t)item.len);
    batch_add_run(&batch, 0, NULL, 0);
    meta_writer_reset(&item);
    meta_put_array(&item, 3);
    meta_put_float(&item, 1.5);
    meta_put_int(&item, -1);
    meta_put_str(&item, "two");
    batch_add_run(&batch, 0, item.data, (uint32_t)item.len);
}

static void make_run_large(void)
{
    begin(WIRE_RUN, 0, 10, UINT64_C(3) << 32);
    batch_add_run(&batch, 0, NULL, WIRE_SECOND_FRAME);
    for (size_t i = 0; i < sizeof large; i++)
        large[i] = (uint8_t)(7 * i);
}

static void make_result(void)
{
    begin(WIRE_RESULT, 0, 7, 0);
    batch_add_result(&batch, 0, PAR_OK, WIRE_EXECUTED, 12, "\x04", 1);
    meta_put_map(&item, 2);
    meta_pair_int(&item, 70, WIRE_MAYBE_EXECUTED);
    meta_pair_str(&item, 72, "worker host.2 was lost");
    batch_add_result(&batch, 2, PAR_WORKER_LOST, WIRE_MAYBE_EXECUTED, 0,
                     item.data, (uint32_t)item.len);
    meta_writer_reset(&item);
    meta_put_map(&item, 2);
    meta_pair_int(&item, 71, 22);
    meta_pair_str(&item, 72, "not a number");
    batch_add_result(&batch, 1, PAR_EXCEPTION, WIRE_EXECUTED, UINT32_MAX,
                     item.data, (uint32_t)item.len);
}

static void make_error(void)
{
    meta_put_map(&meta, 1);
    meta_pair_str(&meta, 72, "no computation 3");
    begin(WIRE_ERROR, WIRE_FINAL, 7, PAR_UNKNOWN_HANDLE);
    batch.head.count = 3;
}

static void make_stream(void)
{
    meta_put_map(&meta, 1);
    meta_pair_int(&meta, 1, 1);
    begin(WIRE_STREAM, WIRE_FINAL, 11, 65536);
    batch_add_bare(&batch, "done\n", 5);
}

static void make_credit(void)
{
    meta_put_map(&meta, 1);
    meta_put_int(&meta, 1);
    meta_put_array(&meta, 2);
    INTS(CREDIT_RUN, 8192, 1048576, 4100, 40000);
    INTS(CREDIT_RESULT, 65536, 2097152);
    begin(WIRE_CREDIT, 0, 0, 0);
}

static void make_credit_stream(void)
{
    meta_put_map(&meta, 2);
    meta_put_int(&meta, 1);
    meta_put_array(&meta, 1);
    INTS(CREDIT_STREAM, 131072, 131072);
    meta_pair_int(&meta, 2, 1);
    begin(WIRE_CREDIT, 0, 11, 0);
}

static void make_cancel(void)
{
    begin(WIRE_CANCEL, 0, 11, 0);
}

static void make_status(void)
{
    meta_put_array(&item, 1);
    meta_put_map(&item, 3);
    meta_put_str(&item, "name");
    meta_put_str(&item, "host.1");
    meta_put_str(&item, "slots");
    meta_put_int(&item, 4);
    meta_put_str(&item, "state");
    meta_put_str(&item, "idle");
    begin(WIRE_STATUS, WIRE_FINAL, 12, 0);
    batch_add_bare(&batch, item.data, item.len);
}

static const struct golden {
    const char *name;
    void (*make)(void);
} goldens[] = {
    {"blob_data", make_blob_data},
    {"blob_need", make_blob_need},
    {"cancel", make_cancel},
    {"credit", make_credit},
    {"credit_stream", make_credit_stream},
    {"error", make_error},
    {"goodbye", make_goodbye},
    {"hello_client", make_hello_client},
    {"hello_worker", make_hello_worker},
    {"ping", make_ping},
    {"ready", make_ready},
    {"result", make_result},
    {"run", make_run},
    {"run_large", make_run_large},
    {"setup", make_setup},
    {"status", make_status},
    {"stream", make_stream},
    {"welcome", make_welcome},
};

enum { GOLDENS = sizeof goldens / sizeof *goldens };

/* ---- the files ---- */

static char folder[4096];

static void open_golden(void)
{
    const char *top = getenv("top_srcdir");

    snprintf(folder, sizeof folder, "%s/tests/golden", top ? top : ".");
}

static void close_golden(void)
{
    meta_writer_clear(&meta);
    meta_writer_clear(&item);
    batch_clear(&batch);
}

static void reset(void)
{
    meta_writer_reset(&meta);
    meta_writer_reset(&item);
}

static bool is_octet(const char *text)
{
    return isxdigit((unsigned char)text[0]) && isxdigit((unsigned char)text[1]);
}

static int digit(int c)
{
    return isdigit(c) ? c - '0' : toupper(c) - 'A' + 10;
}

/* Append the octets of one line; what follows a # is a comment. */
static void read_line(struct meta_writer *frame, const char *line)
{
    for (; *line && *line != '#'; line++) {
        uint8_t octet;

        if (isspace((unsigned char)*line))
            continue;
        cr_assert(is_octet(line), "%s", line);
        octet = (uint8_t)(16 * digit(line[0]) + digit(line[1]));
        meta_put_raw(frame, &octet, 1);
        line++;
    }
}

/* The frames of a file; there is a second one if its data is not NULL. */
static void read_golden(const char *name, struct meta_writer frames[2])
{
    char path[5000];
    char line[256];
    size_t n = 0;
    FILE *file;

    frames[0] = frames[1] = (struct meta_writer){0};
    snprintf(path, sizeof path, "%s/%s.hex", folder, name);
    file = fopen(path, "r");
    cr_assert(file != NULL, "%s", path);
    while (fgets(line, sizeof line, file)) {
        if (strcmp(line, "---\n") == 0)
            n++;
        else
            read_line(&frames[n], line);
        cr_assert(n < 2, "%s", path);
    }
    fclose(file);
}

static void clear_golden(struct meta_writer frames[2])
{
    meta_writer_clear(&frames[0]);
    meta_writer_clear(&frames[1]);
}

TestSuite(golden, .init = open_golden, .fini = close_golden, .timeout = 20);

Test(golden, our_messages_are_these_octets)
{
    for (size_t i = 0; i < GOLDENS; i++) {
        const char *name = goldens[i].name;
        struct meta_writer frames[2];
        const uint8_t *made;
        size_t len = 0;

        reset();
        goldens[i].make();
        made = batch_frame(&batch, &len);
        read_golden(name, frames);
        cr_assert(eq(sz, len, frames[0].len), "%s", name);
        cr_assert(eq(int, memcmp(made, frames[0].data, len), 0), "%s", name);
        if (goldens[i].make == make_run_large) {
            cr_assert(eq(sz, frames[1].len, sizeof large));
            cr_assert(eq(int, memcmp(large, frames[1].data, sizeof large), 0));
        } else {
            cr_assert(eq(ptr, frames[1].data, NULL), "%s", name);
        }
        clear_golden(frames);
    }
}

/* Write again what was decoded. */
static void make_again(const struct wire_msg *msg)
{
    struct wire_item one;
    size_t cursor = 0;

    batch_begin(&batch, &msg->head, msg->meta, msg->head.meta_len);
    if (msg->head.type == WIRE_ERROR)
        batch.head.count = msg->head.count;
    while (wire_next(msg, &cursor, &one)) {
        bool is_second = one.offset == SIZE_MAX;
        const uint8_t *data = is_second ? NULL : one.data;
        uint32_t len = is_second ? WIRE_SECOND_FRAME : (uint32_t)one.len;

        if (msg->head.type == WIRE_RUN)
            batch_add_run(&batch, one.origin, data, len);
        else if (msg->head.type == WIRE_RESULT)
            batch_add_result(&batch, one.index, one.status, one.executed,
                             one.wall_us, data, len);
        else
            batch_add_bare(&batch, data, len);
    }
}

Test(golden, what_is_decoded_gives_the_same_octets_again)
{
    for (size_t i = 0; i < GOLDENS; i++) {
        const char *name = goldens[i].name;
        struct meta_writer frames[2];
        struct wire_msg msg;
        const uint8_t *again;
        size_t len = 0;

        read_golden(name, frames);
        cr_assert(eq(int,
                     wire_decode(&msg, frames[0].data, frames[0].len,
                                 frames[1].data, frames[1].len),
                     PAR_OK),
                  "%s", name);
        make_again(&msg);
        again = batch_frame(&batch, &len);
        cr_assert(eq(sz, len, frames[0].len), "%s", name);
        cr_assert(eq(int, memcmp(again, frames[0].data, len), 0), "%s", name);
        clear_golden(frames);
    }
}

Test(golden, every_file_has_its_maker)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    size_t count = 0;

    cr_assert(dir != NULL, "%s", folder);
    while ((entry = readdir(dir)))
        count += strstr(entry->d_name, ".hex") != NULL;
    closedir(dir);
    cr_assert(eq(sz, count, GOLDENS));
}

Test(golden, the_setup_has_the_identity_that_its_comment_says)
{
    struct meta_writer frames[2];
    struct wire_msg msg;
    struct digest identity;
    char text[DIGEST_TEXT];

    read_golden("setup", frames);
    wire_decode(&msg, frames[0].data, frames[0].len, NULL, 0);
    digest_of(&identity, msg.items, msg.items_len);
    digest_text(&identity, text);
    cr_assert(
        eq(str, text,
           "be448d05a7a94019ac30823aafba547614ae7878896d43dc4a461f1342c26a9a"));
    clear_golden(frames);
}
