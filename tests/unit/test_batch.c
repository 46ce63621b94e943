/* test_batch.c - messages are put together, up to their bounds, and read back
 */
#include "config.h"

#include "batch.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include <par/error.h>

static struct batch batch;
static const struct wire_header run = {.type = WIRE_RUN, .id = 1};
static const struct wire_header result = {.type = WIRE_RESULT, .id = 1};
static const struct wire_header stream = {.type = WIRE_STREAM, .id = 1};
static const uint8_t bytes[WIRE_ITEM_MAX];

static void open_batch(void)
{
    batch = (struct batch){0};
    batch_begin(&batch, &run, NULL, 0);
}

static void close_batch(void)
{
    batch_clear(&batch);
}

TestSuite(batch, .init = open_batch, .fini = close_batch, .timeout = 10);

Test(batch, without_items_is_a_header)
{
    struct wire_header ping = {.type = WIRE_PING};
    struct wire_msg msg;
    size_t len = 0;
    const uint8_t *frame;

    batch_begin(&batch, &ping, NULL, 0);
    frame = batch_frame(&batch, &len);
    cr_assert(eq(sz, len, WIRE_HEADER));
    cr_assert(eq(int, wire_decode(&msg, frame, len, NULL, 0), PAR_OK));
    cr_assert(eq(int, msg.head.count, 0));
}

Test(batch, counts_whatever_head_it_was_given)
{
    struct wire_header head = {
        .type = WIRE_RUN, .flags = WIRE_RETRY, .count = 9, .meta_len = 9};
    struct wire_msg msg;
    size_t len = 0;
    const uint8_t *frame;

    batch_begin(&batch, &head, "\x80", 1);
    batch_add_run(&batch, 0, "x", 1);
    frame = batch_frame(&batch, &len);
    cr_assert(eq(int, wire_decode(&msg, frame, len, NULL, 0), PAR_OK));
    cr_assert(eq(int, msg.head.count, 1));
    cr_assert(eq(u32, msg.head.meta_len, 1));
    cr_assert(eq(int, msg.head.flags, WIRE_RETRY));
}

Test(batch, beginning_again_drops_what_was_in_it)
{
    struct wire_msg msg;
    size_t len = 0;
    const uint8_t *frame;

    batch_add_run(&batch, 0, "x", 1);
    batch_begin(&batch, &stream, NULL, 0);
    batch_add_bare(&batch, "output", 6);
    frame = batch_frame(&batch, &len);
    cr_assert(eq(int, wire_decode(&msg, frame, len, NULL, 0), PAR_OK));
    cr_assert(eq(int, msg.head.type, WIRE_STREAM));
    cr_assert(eq(sz, msg.items_len, 6));
}

Test(batch, an_empty_one_takes_an_item_of_any_size)
{
    cr_assert(eq(int, batch_is_full(&batch, WIRE_ITEM_MAX), false));
}

Test(batch, is_full_at_64_kib_of_items)
{
    size_t left = WIRE_BATCH_BYTES;

    while (left > WIRE_RUN_ITEM + WIRE_PACKED_MAX) {
        cr_assert(eq(int, batch_is_full(&batch, WIRE_PACKED_MAX), false));
        batch_add_run(&batch, 0, bytes, WIRE_PACKED_MAX);
        left -= WIRE_RUN_ITEM + WIRE_PACKED_MAX;
    }
    cr_assert(eq(int, batch_is_full(&batch, left - WIRE_RUN_ITEM - 1), false));
    cr_assert(eq(int, batch_is_full(&batch, left - WIRE_RUN_ITEM), false));
    cr_assert(eq(int, batch_is_full(&batch, left - WIRE_RUN_ITEM + 1), true));
}

Test(batch, is_full_at_4096_items)
{
    for (int i = 0; i < WIRE_ITEMS_MAX; i++) {
        cr_assert(eq(int, batch_is_full(&batch, 0), false));
        batch_add_run(&batch, 0, NULL, 0);
    }
    cr_assert(eq(int, batch_is_full(&batch, 0), true));
}

Test(batch, a_large_item_does_not_join_others)
{
    batch_add_run(&batch, 0, "x", 1);
    cr_assert(eq(int, batch_is_full(&batch, WIRE_PACKED_MAX), false));
    cr_assert(eq(int, batch_is_full(&batch, WIRE_PACKED_MAX + 1), true));
}

Test(batch, nothing_joins_an_item_that_is_in_the_second_frame)
{
    batch_add_run(&batch, 0, NULL, WIRE_SECOND_FRAME);
    cr_assert(eq(int, batch_is_full(&batch, 0), true));
    batch_begin(&batch, &result, NULL, 0);
    batch_add_result(&batch, 0, PAR_OK, WIRE_EXECUTED, 0, NULL,
                     WIRE_SECOND_FRAME);
    cr_assert(eq(int, batch_is_full(&batch, 0), true));
}

Test(batch, a_payload_of_ones_is_not_taken_for_a_second_frame)
{
    batch_add_run(&batch, UINT32_MAX, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 8);
    cr_assert(eq(int, batch_is_full(&batch, 0), false));
    batch_begin(&batch, &run, NULL, 0);
    batch_add_run(&batch, UINT32_MAX, NULL, 0);
    cr_assert(eq(int, batch_is_full(&batch, 0), false));
}

Test(batch, a_bare_item_is_alone)
{
    batch_begin(&batch, &stream, NULL, 0);
    cr_assert(eq(int, batch_is_full(&batch, 5), false));
    batch_add_bare(&batch, "", 0);
    cr_assert(eq(int, batch_is_full(&batch, 0), true));
}

Test(batch, announces_the_second_frame)
{
    struct wire_msg msg;
    struct wire_item item;
    size_t cursor = 0;
    size_t len = 0;
    const uint8_t *frame;

    batch_add_run(&batch, 3, NULL, WIRE_SECOND_FRAME);
    frame = batch_frame(&batch, &len);
    cr_assert(eq(int, wire_decode(&msg, frame, len, bytes, 5000), PAR_OK));
    cr_assert(wire_next(&msg, &cursor, &item));
    cr_assert(eq(sz, item.len, 5000));
    cr_assert(eq(u32, item.origin, 3));
}

Test(batch, what_the_wire_does_not_allow_gives_no_frame)
{
    size_t len = 0;

    batch_begin(&batch, &run, bytes, WIRE_META_MAX + 1);
    cr_assert(eq(ptr, (void *)batch_frame(&batch, &len), NULL));
    batch_begin(&batch, &stream, NULL, 0);
    batch_add_bare(&batch, bytes, WIRE_ITEM_MAX + (size_t)1);
    cr_assert(eq(ptr, (void *)batch_frame(&batch, &len), NULL));
    batch_begin(&batch, &run, NULL, 0);
    batch_add_run(&batch, 0, bytes, WIRE_ITEM_MAX);
    cr_assert(batch_frame(&batch, &len) != NULL, "the next one is unharmed");
    batch_add_run(&batch, 0, bytes, WIRE_META_MAX);
    cr_assert(eq(ptr, (void *)batch_frame(&batch, &len), NULL));
    cr_assert(eq(ptr, batch_take(&batch, &len), NULL));
}

Test(batch, a_bare_item_may_have_1_mib)
{
    size_t len = 0;

    batch_begin(&batch, &stream, NULL, 0);
    batch_add_bare(&batch, bytes, WIRE_ITEM_MAX);
    cr_assert(batch_frame(&batch, &len) != NULL);
    cr_assert(eq(sz, len, WIRE_HEADER + WIRE_ITEM_MAX));
}

Test(batch, one_that_failed_is_full_as_soon_as_it_has_an_item)
{
    batch_begin(&batch, &run, bytes, WIRE_META_MAX + 1);
    cr_assert(eq(int, batch_is_full(&batch, 0), false));
    batch_add_run(&batch, 0, "x", 1);
    cr_assert(eq(int, batch_is_full(&batch, 0), true));
}

Test(batch, there_is_room_at_once_for_as_much_as_the_last_one_had)
{
    size_t len = 0, small = 0;

    for (int i = 0; i < 100; i++)
        batch_add_run(&batch, 0, bytes, 100);
    free(batch_take(&batch, &len));
    batch_begin(&batch, &run, NULL, 0);
    cr_assert(ge(sz, batch.frame.size, len));
    batch_add_run(&batch, 0, "x", 1);
    free(batch_take(&batch, &small));
    batch_begin(&batch, &run, NULL, 0);
    cr_assert(lt(sz, batch.frame.size, len), "of the last, not of the longest");
}

Test(batch, taken_memory_is_the_callers)
{
    size_t len = 0;
    uint8_t *taken;

    batch_add_run(&batch, 0, "first", 5);
    taken = batch_take(&batch, &len);
    cr_assert(eq(ptr, (void *)batch_frame(&batch, &len), NULL));
    batch_begin(&batch, &run, NULL, 0);
    batch_add_run(&batch, 0, "other", 5);
    cr_assert(eq(int, memcmp(taken + WIRE_HEADER + 8, "first", 5), 0));
    free(taken);
}
