/* test_wire.c - the frame of PAR/1: written, read, bent and refused
 *
 * length: every case bends the same frame, which make() makes.
 */
#include "config.h"

#include "wire.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include <par/error.h>

#include "batch.h"

/* A frame in the making; tests bend its octets. */
static uint8_t *frame;
static size_t frame_len;
static struct batch batch;
static struct wire_msg msg;

static void open_frame(void)
{
    batch = (struct batch){0};
    frame = NULL;
    frame_len = 0;
}

static void close_frame(void)
{
    free(frame);
    batch_clear(&batch);
}

/* A frame of `type` whose octets after the header are all zero. */
static void make(unsigned type, unsigned count, size_t meta_len, size_t rest)
{
    struct wire_header head = {.type = (uint8_t)type,
                               .count = (uint16_t)count,
                               .meta_len = (uint32_t)meta_len,
                               .id = 5,
                               .ref = 9};

    free(frame);
    frame_len = WIRE_HEADER + meta_len + rest;
    frame = calloc(1, frame_len);
    cr_assert(frame != NULL);
    wire_put_header(frame, &head);
}

static int decode(void)
{
    return wire_decode(&msg, frame, frame_len, NULL, 0);
}

static int decode_with(const void *second, size_t len)
{
    return wire_decode(&msg, frame, frame_len, second, len);
}

/* A RUN with three items. */
static void make_run(void)
{
    struct wire_header head = {.type = WIRE_RUN, .id = 7, .ref = 1};

    batch_begin(&batch, &head, "\x81\x11\xCD\x03\xE8", 5);
    batch_add_run(&batch, 3, "one", 3);
    batch_add_run(&batch, 0, NULL, 0);
    batch_add_run(&batch, UINT32_MAX, "three", 5);
    free(frame);
    frame = batch_take(&batch, &frame_len);
}

TestSuite(wire, .init = open_frame, .fini = close_frame, .timeout = 10);

Test(wire, header_is_28_octets_big_endian)
{
    static const uint8_t expected[WIRE_HEADER] = {
        0xC1, 0x50, 1,    0x13, 0x00, 0x04, 0x01, 0x02, 0x00, 0x00,
        0x00, 0x05, 0x00, 0x10, 0,    0,    0,    0,    0,    7,
        1,    2,    3,    4,    5,    6,    7,    8,
    };
    struct wire_header head = {.type = WIRE_RESULT,
                               .flags = WIRE_FINAL,
                               .count = 0x0102,
                               .meta_len = 5,
                               .id = WIRE_BROKER_ID | 7,
                               .ref = UINT64_C(0x0102030405060708)};
    uint8_t octets[WIRE_HEADER];

    wire_put_header(octets, &head);
    cr_assert(eq(int, memcmp(octets, expected, sizeof octets), 0));
}

Test(wire, run_items_come_back_as_they_went)
{
    struct wire_item item;
    size_t cursor = 0;

    make_run();
    cr_assert(eq(int, decode(), PAR_OK));
    cr_assert(eq(int, msg.head.type, WIRE_RUN));
    cr_assert(eq(u64, msg.head.id, 7));
    cr_assert(eq(u64, msg.head.ref, 1));
    cr_assert(eq(int, msg.head.count, 3));
    cr_assert(eq(i64, meta_int(msg.meta, msg.head.meta_len, 17, 0), 1000));

    cr_assert(wire_next(&msg, &cursor, &item));
    cr_assert(eq(u32, item.origin, 3));
    cr_assert(eq(sz, item.len, 3));
    cr_assert(eq(int, memcmp(item.data, "one", 3), 0));
    cr_assert(eq(sz, item.offset, WIRE_RUN_ITEM));
    cr_assert(wire_next(&msg, &cursor, &item));
    cr_assert(eq(sz, item.len, 0));
    cr_assert(wire_next(&msg, &cursor, &item));
    cr_assert(eq(u32, item.origin, UINT32_MAX));
    cr_assert(eq(ptr, (void *)item.data, (void *)(msg.items + item.offset)));
    cr_assert(eq(int, memcmp(item.data, "three", 5), 0));
    cr_assert(eq(int, wire_next(&msg, &cursor, &item), false));
}

Test(wire, result_items_come_back_as_they_went)
{
    struct wire_header head = {.type = WIRE_RESULT, .id = 7};
    struct wire_item item;
    size_t cursor = 0;

    batch_begin(&batch, &head, NULL, 0);
    batch_add_result(&batch, 2, PAR_OK, WIRE_EXECUTED, 1500, "v", 1);
    batch_add_result(&batch, 70000, PAR_WORKER_LOST, WIRE_MAYBE_EXECUTED, 0,
                     NULL, 0);
    frame = batch_take(&batch, &frame_len);
    cr_assert(eq(int, decode(), PAR_OK));
    cr_assert(wire_next(&msg, &cursor, &item));
    cr_assert(eq(u32, item.index, 2));
    cr_assert(eq(int, item.status, PAR_OK));
    cr_assert(eq(int, item.executed, WIRE_EXECUTED));
    cr_assert(eq(u32, item.wall_us, 1500));
    cr_assert(eq(int, item.data[0], 'v'));
    cr_assert(wire_next(&msg, &cursor, &item));
    cr_assert(eq(u32, item.index, 70000));
    cr_assert(eq(int, item.status, PAR_WORKER_LOST));
    cr_assert(eq(int, item.executed, WIRE_MAYBE_EXECUTED));
    cr_assert(eq(int, wire_next(&msg, &cursor, &item), false));
}

Test(wire, a_bare_item_is_all_the_rest_and_may_be_empty)
{
    struct wire_item item;
    size_t cursor = 0;

    make(WIRE_STREAM, 1, 0, 5);
    cr_assert(eq(int, decode(), PAR_OK));
    cr_assert(wire_next(&msg, &cursor, &item));
    cr_assert(eq(sz, item.len, 5));
    cr_assert(eq(int, wire_next(&msg, &cursor, &item), false));

    make(WIRE_STREAM, 1, 0, 0);
    cursor = 0;
    cr_assert(eq(int, decode(), PAR_OK));
    cr_assert(wire_next(&msg, &cursor, &item));
    cr_assert(eq(sz, item.len, 0));
    cr_assert(eq(int, wire_next(&msg, &cursor, &item), false));

    make(WIRE_STREAM, 0, 0, 0);
    cursor = 0;
    cr_assert(eq(int, decode(), PAR_OK));
    cr_assert(eq(int, wire_next(&msg, &cursor, &item), false));
}

Test(wire, a_frame_cut_at_any_length_is_malformed)
{
    make_run();
    for (size_t len = 0; len < frame_len; len++) {
        uint8_t *cut = malloc(len);

        if (len)
            memcpy(cut, frame, len);
        cr_assert(eq(int, wire_decode(&msg, cut, len, NULL, 0), PAR_MALFORMED),
                  "length %zu", len);
        free(cut);
    }
}

Test(wire, an_octet_too_many_is_malformed)
{
    make_run();
    frame = realloc(frame, frame_len + 1);
    frame[frame_len++] = 0;
    cr_assert(eq(int, decode(), PAR_MALFORMED));
}

Test(wire, head_is_there_whenever_28_octets_were)
{
    make(WIRE_RUN, 1, 0, 3);
    cr_assert(eq(int, decode(), PAR_MALFORMED));
    cr_assert(eq(u64, msg.head.id, 5));
    frame[2] = 2;
    cr_assert(eq(int, decode(), PAR_VERSION));
    cr_assert(eq(u64, msg.head.id, 5));
    frame_len = WIRE_HEADER - 1;
    cr_assert(eq(int, decode(), PAR_MALFORMED));
    cr_assert(eq(u64, msg.head.id, 0));
}

Test(wire, another_magic_is_malformed_and_another_major_a_version)
{
    make(WIRE_PING, 0, 0, 0);
    frame[0] = 0xC0;
    cr_assert(eq(int, decode(), PAR_MALFORMED));
    frame[0] = 0xC1;
    frame[1] = 0x51;
    cr_assert(eq(int, decode(), PAR_MALFORMED));
    frame[1] = 0x50;
    frame[2] = 0;
    cr_assert(eq(int, decode(), PAR_VERSION));
    frame[2] = 1;
    cr_assert(eq(int, decode(), PAR_OK));
}

Test(wire, unknown_critical_flags_are_refused_and_others_ignored)
{
    make(WIRE_PING, 0, 0, 0);
    for (unsigned bit = 0; bit < 16; bit++) {
        wire_put_u16(frame + 4, (uint16_t)(1u << bit));
        cr_assert(eq(int, decode(), bit >= 12 ? PAR_UNSUPPORTED : PAR_OK), "%u",
                  bit);
    }
}

Test(wire, count_must_match_the_items)
{
    make_run();
    wire_put_u16(frame + 6, 2);
    cr_assert(eq(int, decode(), PAR_MALFORMED));
    wire_put_u16(frame + 6, 4);
    cr_assert(eq(int, decode(), PAR_MALFORMED));
    wire_put_u16(frame + 6, 0);
    cr_assert(eq(int, decode(), PAR_MALFORMED));

    make(WIRE_STREAM, 0, 0, 5);
    cr_assert(eq(int, decode(), PAR_MALFORMED));
    make(WIRE_STREAM, 2, 0, 5);
    cr_assert(eq(int, decode(), PAR_MALFORMED));
}

Test(wire, a_run_and_a_result_without_items_are_malformed)
{
    make(WIRE_RUN, 0, 0, 0);
    cr_assert(eq(int, decode(), PAR_MALFORMED));
    make(WIRE_RESULT, 0, 0, 0);
    cr_assert(eq(int, decode(), PAR_MALFORMED));
}

Test(wire, count_of_an_error_is_how_many_ids_it_refuses)
{
    struct wire_item item;
    size_t cursor = 0;

    make(WIRE_ERROR, 500, 0, 0);
    cr_assert(eq(int, decode(), PAR_OK));
    cr_assert(eq(int, wire_next(&msg, &cursor, &item), false));
    make(WIRE_ERROR, 1, 0, 1);
    cr_assert(eq(int, decode(), PAR_MALFORMED));
}

Test(wire, metadata_must_be_a_map)
{
    make(WIRE_PING, 0, 1, 0);
    frame[WIRE_HEADER] = 0x80;
    cr_assert(eq(int, decode(), PAR_OK));
    frame[WIRE_HEADER] = 0x90;
    cr_assert(eq(int, decode(), PAR_MALFORMED));
    frame[WIRE_HEADER] = 0xC1;
    cr_assert(eq(int, decode(), PAR_MALFORMED));
    wire_put_u32(frame + 8, 2);
    cr_assert(eq(int, decode(), PAR_MALFORMED));
}

/* A map {1: bin} of exactly `len` octets, at the frame's metadata. */
static void put_meta(size_t len)
{
    frame[WIRE_HEADER] = 0x81;
    frame[WIRE_HEADER + 1] = 1;
    frame[WIRE_HEADER + 2] = 0xC6;
    wire_put_u32(frame + WIRE_HEADER + 3, (uint32_t)(len - 7));
}

Test(wire, metadata_ends_at_64_kib)
{
    make(WIRE_PING, 0, WIRE_META_MAX - 1, 0);
    put_meta(WIRE_META_MAX - 1);
    cr_assert(eq(int, decode(), PAR_OK));
    make(WIRE_PING, 0, WIRE_META_MAX, 0);
    put_meta(WIRE_META_MAX);
    cr_assert(eq(int, decode(), PAR_OK));
    make(WIRE_PING, 0, WIRE_META_MAX + 1, 0);
    put_meta(WIRE_META_MAX + 1);
    cr_assert(eq(int, decode(), PAR_TOO_LARGE));
    make(WIRE_PING, 0, 0, 0);
    wire_put_u32(frame + 8, UINT32_MAX);
    cr_assert(eq(int, decode(), PAR_TOO_LARGE));
}

static int decode_items(unsigned count)
{
    make(WIRE_RUN, count, 0, count * WIRE_RUN_ITEM);
    return decode();
}

Test(wire, a_message_has_at_most_4096_items)
{
    cr_assert(eq(int, decode_items(WIRE_ITEMS_MAX - 1), PAR_OK));
    cr_assert(eq(int, decode_items(WIRE_ITEMS_MAX), PAR_OK));
    cr_assert(eq(int, decode_items(WIRE_ITEMS_MAX + 1), PAR_TOO_LARGE));
}

static int decode_one(unsigned type, size_t len)
{
    if (type == WIRE_RUN) {
        make(type, 1, 0, WIRE_RUN_ITEM + len);
        wire_put_u32(frame + WIRE_HEADER + 4, (uint32_t)len);
    } else if (type == WIRE_RESULT) {
        make(type, 1, 0, WIRE_RESULT_ITEM + len);
        wire_put_u32(frame + WIRE_HEADER + 12, (uint32_t)len);
    } else {
        make(type, 1, 0, len);
    }
    return decode();
}

Test(wire, an_item_has_at_most_what_its_type_allows)
{
    static const struct {
        unsigned type;
        size_t max;
    } cases[] = {
        {WIRE_RUN, WIRE_ITEM_MAX},        {WIRE_RESULT, WIRE_ITEM_MAX},
        {WIRE_SETUP, WIRE_ITEM_MAX},      {WIRE_STATUS, WIRE_ITEM_MAX},
        {WIRE_STREAM, WIRE_CHUNK_MAX},    {WIRE_BLOB_DATA, WIRE_CHUNK_MAX},
        {WIRE_MESSAGE, WIRE_MESSAGE_MAX},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned type = cases[i].type;
        size_t max = cases[i].max;

        cr_assert(eq(int, decode_one(type, max - 1), PAR_OK));
        cr_assert(eq(int, decode_one(type, max), PAR_OK));
        cr_assert(eq(int, decode_one(type, max + 1), PAR_TOO_LARGE), "%s",
                  wire_type_name(type));
    }
}

Test(wire, a_frame_ends_at_its_limit)
{
    size_t len = WIRE_FRAME_MAX - WIRE_HEADER;

    make(0x7F, 0, 0, len - 1);
    cr_assert(eq(int, decode(), PAR_OK));
    make(0x7F, 0, 0, len);
    cr_assert(eq(int, decode(), PAR_OK));
    make(0x7F, 0, 0, len + 1);
    cr_assert(eq(int, decode(), PAR_TOO_LARGE));
}

Test(wire, a_length_that_only_a_liar_would_name_is_refused)
{
    make(WIRE_RUN, 1, 0, WIRE_RUN_ITEM);
    wire_put_u32(frame + WIRE_HEADER + 4, UINT32_MAX - 1);
    cr_assert(eq(int, decode(), PAR_TOO_LARGE));
    wire_put_u32(frame + WIRE_HEADER + 4, 1);
    cr_assert(eq(int, decode(), PAR_MALFORMED));
}

/* One item whose len32 announces a second frame. */
static void make_announcing(unsigned type)
{
    size_t head = type == WIRE_RUN ? WIRE_RUN_ITEM : WIRE_RESULT_ITEM;

    make(type, 1, 0, head);
    wire_put_u32(frame + WIRE_HEADER + head - 4, WIRE_SECOND_FRAME);
}

Test(wire, one_large_payload_comes_in_the_second_frame)
{
    static const unsigned with_heads[] = {WIRE_RUN, WIRE_RESULT};
    static const char payload[2000] = "large";

    for (size_t i = 0; i < 2; i++) {
        struct wire_item item;
        size_t cursor = 0;

        make_announcing(with_heads[i]);
        cr_assert(eq(int, decode_with(payload, sizeof payload), PAR_OK));
        cr_assert(wire_next(&msg, &cursor, &item));
        cr_assert(eq(ptr, (void *)item.data, (void *)payload));
        cr_assert(eq(sz, item.len, sizeof payload));
        cr_assert(eq(sz, item.offset, SIZE_MAX));
        cr_assert(eq(int, wire_next(&msg, &cursor, &item), false));
        cr_assert(eq(int, decode_with(payload, 0), PAR_OK));
    }
}

Test(wire, a_second_frame_comes_if_and_only_if_it_was_announced)
{
    make_announcing(WIRE_RUN);
    cr_assert(eq(int, decode(), PAR_MALFORMED));
    make(WIRE_RUN, 1, 0, WIRE_RUN_ITEM);
    cr_assert(eq(int, decode_with("x", 1), PAR_MALFORMED));
    make(WIRE_RUN, 0, 0, 0);
    cr_assert(eq(int, decode_with("x", 1), PAR_MALFORMED));
    make(WIRE_STREAM, 1, 0, 1);
    cr_assert(eq(int, decode_with("x", 1), PAR_MALFORMED));
    make(WIRE_ERROR, 1, 0, 0);
    cr_assert(eq(int, decode_with("x", 1), PAR_MALFORMED));
}

Test(wire, an_item_that_announces_a_second_frame_is_alone)
{
    make(WIRE_RUN, 2, 0, 2 * WIRE_RUN_ITEM);
    wire_put_u32(frame + WIRE_HEADER + 4, WIRE_SECOND_FRAME);
    cr_assert(eq(int, decode_with("x", 1), PAR_MALFORMED));
    wire_put_u32(frame + WIRE_HEADER + 4, 0);
    wire_put_u32(frame + WIRE_HEADER + WIRE_RUN_ITEM + 4, WIRE_SECOND_FRAME);
    cr_assert(eq(int, decode_with("x", 1), PAR_MALFORMED));
    make(WIRE_RUN, 1, 0, WIRE_RUN_ITEM + 1);
    wire_put_u32(frame + WIRE_HEADER + 4, WIRE_SECOND_FRAME);
    cr_assert(eq(int, decode_with("x", 1), PAR_MALFORMED));
}

Test(wire, a_second_frame_ends_at_1_mib)
{
    uint8_t *second = calloc(1, WIRE_ITEM_MAX + 1);

    make_announcing(WIRE_RESULT);
    cr_assert(eq(int, decode_with(second, WIRE_ITEM_MAX - 1), PAR_OK));
    cr_assert(eq(int, decode_with(second, WIRE_ITEM_MAX), PAR_OK));
    cr_assert(eq(int, decode_with(second, WIRE_ITEM_MAX + 1), PAR_TOO_LARGE));
    free(second);
}

Test(wire, a_result_says_no_maybe_or_yes)
{
    make(WIRE_RESULT, 1, 0, WIRE_RESULT_ITEM);
    frame[WIRE_HEADER + 6] = WIRE_EXECUTED;
    cr_assert(eq(int, decode(), PAR_OK));
    frame[WIRE_HEADER + 6] = WIRE_EXECUTED + 1;
    cr_assert(eq(int, decode(), PAR_MALFORMED));
}

Test(wire, items_of_an_unknown_type_are_not_looked_into)
{
    struct wire_item item;
    size_t cursor = 0;

    make(0xF0, 7, 0, 3);
    cr_assert(eq(int, decode(), PAR_OK));
    cr_assert(eq(int, wire_next(&msg, &cursor, &item), false));
    make(0x51, 0, 1, 0);
    cr_assert(eq(int, decode(), PAR_MALFORMED), "its metadata is");
}

Test(wire, types_and_reasons_have_names)
{
    cr_assert(eq(str, (char *)wire_type_name(WIRE_RUN), "RUN"));
    cr_assert(eq(str, (char *)wire_type_name(WIRE_BLOB_NEED), "BLOB-NEED"));
    cr_assert(eq(ptr, (void *)wire_type_name(0), NULL));
    cr_assert(eq(ptr, (void *)wire_type_name(0x7F), NULL));
    cr_assert(eq(ptr, (void *)wire_type_name(0x80), NULL));
    cr_assert(eq(ptr, (void *)wire_type_name(UINT32_MAX), NULL));
    cr_assert(eq(str, (char *)wire_reason_name(WIRE_IDLE), "IDLE"));
    cr_assert(eq(ptr, (void *)wire_reason_name(WIRE_REASONS), NULL));
    cr_assert(eq(ptr, (void *)wire_reason_name(UINT64_MAX), NULL));
}

Test(wire, words_are_big_endian_at_any_address)
{
    uint8_t octets[9] = {0};

    wire_put_u64(octets + 1, UINT64_C(0xF102030405060708));
    cr_assert(eq(int, octets[1], 0xF1));
    cr_assert(eq(int, octets[8], 8));
    cr_assert(eq(u64, wire_get_u64(octets + 1), UINT64_C(0xF102030405060708)));
    cr_assert(eq(u32, wire_get_u32(octets + 1), UINT32_C(0xF1020304)));
    cr_assert(eq(int, wire_get_u16(octets + 1), 0xF102));
}
