/* test_foreign.c - octets from nobody in particular, for each of their readers
 *
 * It proves something under the sanitizers; without them, that all of it ends.
 */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <par/error.h>

#include "batch.h"
#include "bundle.h"
#include "meta.h"
#include "random.h"
#include "signature.h"
#include "wire.h"

enum { SEED = 20240609, ROUNDS = 200000, LONGEST = 300 };

static struct random dice;
static uint64_t seen; /* so that no read is optimised away */

static void open_dice(void)
{
    dice.state = SEED;
    printf("seed %d\n", SEED);
}

TestSuite(foreign, .init = open_dice, .timeout = 300);

/* Touch every octet that a value claims to have. */
static void touch(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        seen += data[i];
}

static size_t walk(const void *data, size_t len)
{
    struct meta_reader r = meta_read(data, len);
    struct meta_value v;
    size_t count = 0;

    for (; meta_next(&r, &v); count++) {
        touch(v.raw, v.raw_len);
        if (v.kind == META_STR || v.kind == META_BIN || v.kind == META_EXT)
            touch(v.data, v.len);
    }
    cr_assert(eq(int, (int)v.kind, META_END));
    return count;
}

static void ask(const void *data, size_t len)
{
    struct meta_reader inside;
    struct meta_value v;
    char text[16];

    seen += (uint64_t)meta_int(data, len, 1, 0);
    seen += meta_bool(data, len, 2, false);
    seen += (uint64_t)meta_text(data, len, 3, text, sizeof text);
    if (meta_find(data, len, 4, &v, &inside))
        walk(inside.p, (size_t)(inside.end - inside.p));
    if (meta_find_text(data, len, "x", &v, &inside))
        walk(inside.p, (size_t)(inside.end - inside.p));
}

/* What was checked must be walked to its very end, and in JSON. */
static void read_meta(const uint8_t *data, size_t len)
{
    struct meta_reader r = meta_read(data, len);
    struct meta_writer json = {0};

    ask(data, len);
    walk(data, len);
    if (meta_check(data, len)) {
        cr_assert(meta_skip(&r, NULL, NULL));
        cr_assert(eq(ptr, (void *)r.p, (void *)r.end));
        cr_assert(eq(int, meta_json(&json, data, len), 0));
    } else {
        meta_json(&json, data, len);
    }
    touch(json.data, json.len);
    meta_writer_clear(&json);
}

static void read_frame(const uint8_t *data, size_t len)
{
    struct wire_msg msg;
    struct wire_item item;
    size_t cursor = 0;
    unsigned count = 0;
    size_t second = random_below(&dice, 4) ? 0 : 1 + random_below(&dice, len);

    /* The end of the same bytes is as good a second frame as any. */
    if (wire_decode(&msg, data, len - second,
                    second ? data + len - second : NULL, second) != PAR_OK)
        return;
    ask(msg.meta, msg.head.meta_len);
    for (; wire_next(&msg, &cursor, &item); count++) {
        touch(item.data, item.len);
        if (item.offset != SIZE_MAX)
            cr_assert(item.offset + item.len <= msg.items_len);
    }
    if (wire_type_name(msg.head.type) && msg.head.type != WIRE_ERROR)
        cr_assert(eq(u32, count, msg.head.count));
}

/* Give the reader memory of exactly that size. */
static void feed(void (*read)(const uint8_t *, size_t),
                 const uint8_t *data,
                 size_t len)
{
    uint8_t *exact = malloc(len);

    cr_assert(exact != NULL);
    memcpy(exact, data, len);
    read(exact, len);
    free(exact);
}

static size_t make_noise(uint8_t *to)
{
    size_t len = 1 + random_below(&dice, LONGEST);

    for (size_t i = 0; i < len; i++)
        to[i] = (uint8_t)random_next(&dice);
    return len;
}

/* An object that is sound, more or less deep. */
static void put_any(struct meta_writer *w, unsigned depth)
{
    size_t n = random_below(&dice, 5);

    switch (random_below(&dice, depth > 4 ? 7 : 10)) {
    case 0:
        meta_put_nil(w);
        break;
    case 1:
        meta_put_bool(w, n > 2);
        break;
    case 2:
        meta_put_uint(w, random_next(&dice) >> 8 * n);
        break;
    case 3:
        meta_put_int(w, -(int64_t)(random_next(&dice) >> (1 + 8 * n)));
        break;
    case 4:
        meta_put_float(w, (double)random_next(&dice) / 7);
        break;
    case 5:
        meta_put_strn(w, "\xC3\xA4xyz", n);
        break;
    case 6:
        meta_put_bin(w, "\xFF\0\xC1y", n < 4 ? n : 4);
        break;
    case 7:
        meta_put_array(w, (uint32_t)n);
        for (size_t i = 0; i < n; i++)
            put_any(w, depth + 1);
        break;
    default:
        meta_put_map(w, (uint32_t)n);
        for (size_t i = 0; i < n; i++) {
            meta_put_uint(w, 1 + i);
            put_any(w, depth + 1);
        }
    }
}

static void put_map(struct meta_writer *w)
{
    meta_writer_reset(w);
    meta_put_map(w, 4);
    for (size_t i = 0; i < 4; i++) {
        meta_put_uint(w, 1 + i);
        put_any(w, 1);
    }
}

static void bend(uint8_t *data, size_t len)
{
    for (size_t n = 1 + random_below(&dice, 3); n > 0; n--) {
        size_t at = random_below(&dice, len);

        switch (random_below(&dice, 4)) {
        case 0:
            data[at] = (uint8_t)random_next(&dice);
            break;
        case 1:
            data[at] = (uint8_t)(data[at] ^ 1u << random_below(&dice, 8));
            break;
        case 2:
            data[at] = (uint8_t)(0xC0 + random_below(&dice, 0x40));
            break;
        default:
            memmove(data, data + at, len - at);
        }
    }
}

Test(foreign, noise_as_metadata_and_as_frames)
{
    uint8_t noise[LONGEST];

    for (int i = 0; i < ROUNDS / 4; i++) {
        size_t len = make_noise(noise);

        feed(read_meta, noise, len);
        memcpy(noise, "\xC1\x50\x01", len < 3 ? len : 3);
        if (len > WIRE_HEADER) {
            noise[3] = (uint8_t)(WIRE_RUN + random_below(&dice, 3));
            memset(noise + 4, 0, 8);
            noise[7] = (uint8_t)random_below(&dice, 4);
        }
        feed(read_frame, noise, len);
    }
}

Test(foreign, sound_metadata_then_bent)
{
    struct meta_writer w = {0};

    for (int i = 0; i < ROUNDS; i++) {
        put_map(&w);
        cr_assert(meta_check_map(w.data, w.len), "round %d", i);
        feed(read_meta, w.data, w.len);
        bend(w.data, w.len);
        feed(read_meta, w.data, w.len - random_below(&dice, w.len));
    }
    meta_writer_clear(&w);
}

static void put_frame(struct batch *b, struct meta_writer *w)
{
    static const uint8_t types[] = {WIRE_RUN,    WIRE_RUN,    WIRE_RESULT,
                                    WIRE_RESULT, WIRE_STREAM, WIRE_ERROR};
    struct wire_header head = {.type = types[random_below(&dice, 6)]};
    static const uint8_t payload[64];

    put_map(w);
    batch_begin(b, &head, w->data, w->len);
    if (head.type == WIRE_STREAM)
        batch_add_bare(b, payload, random_below(&dice, 64));
    if (head.type != WIRE_RUN && head.type != WIRE_RESULT)
        return;
    for (size_t n = 1 + random_below(&dice, 5); n > 0; n--) {
        uint32_t len = (uint32_t)random_below(&dice, 64);

        if (head.type == WIRE_RUN)
            batch_add_run(b, 0, payload, len);
        else
            batch_add_result(b, 0, 0, 2, 0, payload, len);
    }
}

Test(foreign, sound_frames_then_bent)
{
    struct meta_writer w = {0};
    struct batch b = {0};

    for (int i = 0; i < ROUNDS; i++) {
        struct wire_msg msg;
        uint8_t *frame;
        size_t len;

        put_frame(&b, &w);
        frame = batch_take(&b, &len);
        cr_assert(eq(int, wire_decode(&msg, frame, len, NULL, 0), PAR_OK),
                  "round %d", i);
        bend(frame, len);
        /* Bent anywhere, a frame without its magic would end at once. */
        memcpy(frame, "\xC1\x50\x01", 3);
        feed(read_frame, frame, len - random_below(&dice, 3));
        free(frame);
    }
    meta_writer_clear(&w);
    batch_clear(&b);
}

/* ---- manifests ---- */

static void read_lists(const struct bundle *b)
{
    struct meta_reader r = b->functions;
    struct bundle_function f;
    struct bundle_file file;
    struct bundle_pair pair;
    struct bundle_text text;
    size_t n;

    for (n = 0; bundle_next_function(&r, &f); n++)
        touch((const uint8_t *)f.signature.data, f.signature.len);
    cr_assert(eq(sz, n, b->function_count));
    r = b->files;
    for (n = 0; bundle_next_file(&r, &file); n++)
        cr_assert(bundle_path_is_safe(file.path.data, file.path.len));
    cr_assert(eq(sz, n, b->file_count));
    r = b->env;
    for (n = 0; bundle_next_pair(&r, &pair); n++)
        touch((const uint8_t *)pair.value.data, pair.value.len);
    cr_assert(eq(sz, n, b->env_count));
    r = b->argv;
    for (n = 0; bundle_next_text(&r, &text); n++)
        touch((const uint8_t *)text.data, text.len);
    cr_assert(eq(sz, n, b->argv_count));
}

static void read_manifest(const uint8_t *data, size_t len)
{
    struct par_error err = {0};
    struct bundle b;

    if (bundle_decode(&b, data, len, &err) == 0) {
        read_lists(&b);
        return;
    }
    cr_assert(err.code == EINVAL || err.code == ENOTSUP || err.code == E2BIG);
    cr_assert(eq(int, strncmp(err.text, "manifest: ", 10), 0));
}

static void put_manifest(struct meta_writer *w)
{
    struct bundle_function functions[] = {
        {bundle_text("add"), bundle_text("x:i,y:i->i")},
        {bundle_text("sum"), bundle_text("d*:d")}};
    struct bundle_file files[] = {
        {.path = bundle_text("src/add.c"), .size = 5, .mode = 0644},
        {.path = bundle_text("src/add.h"), .size = 0, .mode = 0644}};
    struct bundle_pair env[] = {{bundle_text("LANG"), bundle_text("C")}};
    struct bundle_text argv[] = {bundle_text("sh"), bundle_text("-c")};
    struct bundle_local local = {bundle_text("here"), 1000, bundle_text("/tmp"),
                                 022};
    struct bundle_draft draft = {.name = "add.c",
                                 .kind = BUNDLE_SOURCE,
                                 .functions = functions,
                                 .function_count = 2,
                                 .files = files,
                                 .file_count = 2,
                                 .hooks = {[BUNDLE_SLOT_SETUP] = "load"},
                                 .env = env,
                                 .env_count = 1,
                                 .limits = {[BUNDLE_CPU] = 7},
                                 .argv = argv,
                                 .argv_count = 2,
                                 .local = &local};

    meta_writer_reset(w);
    cr_assert(eq(int, bundle_encode(w, &draft, NULL), 0));
}

Test(foreign, manifests_then_bent)
{
    struct meta_writer w = {0};

    for (int i = 0; i < ROUNDS / 2; i++) {
        put_manifest(&w);
        bend(w.data, w.len);
        feed(read_manifest, w.data, w.len - random_below(&dice, 3));
    }
    meta_writer_clear(&w);
}

/* ---- signatures and arguments ---- */

static void read_signature(const uint8_t *data, size_t len)
{
    struct signature s;

    if (signature_parse(&s, (const char *)data, len, NULL) == 0)
        cr_assert(s.count <= SIGNATURE_ARGS);
}

static void read_args(const uint8_t *data, size_t len)
{
    static const char *const texts[] = {"ii:i", "a:v,b:v->v", "v*:v", "d:d",
                                        "s:v,rest:a*->n"};
    struct meta_writer out = {0};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct meta_reader r = meta_read(data, len);
        struct signature s;

        signature_parse(&s, texts[i], strlen(texts[i]), NULL);
        if (signature_check(&s, "f", data, len, NULL) == 0) {
            cr_assert(meta_skip(&r, NULL, NULL));
            cr_assert(eq(ptr, (void *)r.p, (void *)r.end));
        }
        meta_writer_reset(&out);
        if (signature_match_names(&s, "f", data, len, &out, NULL) == 0)
            touch(out.data, out.len);
    }
    meta_writer_clear(&out);
}

Test(foreign, signatures_of_their_own_letters)
{
    static const char letters[] = "idsboamvn:*->,xyz_0 ";
    uint8_t text[40];

    for (int i = 0; i < ROUNDS / 2; i++) {
        size_t len = 1 + random_below(&dice, sizeof text - 1);

        for (size_t j = 0; j < len; j++)
            text[j] = (uint8_t)letters[random_below(&dice, sizeof letters)];
        feed(read_signature, text, len);
    }
}

Test(foreign, arguments_then_bent)
{
    struct meta_writer w = {0};

    for (int i = 0; i < ROUNDS / 4; i++) {
        size_t n = random_below(&dice, 4);
        bool is_map = random_below(&dice, 2);

        meta_writer_reset(&w);
        if (is_map)
            meta_put_map(&w, (uint32_t)n);
        else
            meta_put_array(&w, (uint32_t)n);
        for (size_t j = 0; j < n; j++) {
            if (is_map)
                meta_put_str(&w, j ? "b" : "a");
            put_any(&w, 1);
        }
        feed(read_args, w.data, w.len);
        bend(w.data, w.len);
        feed(read_args, w.data, w.len);
    }
    meta_writer_clear(&w);
}
