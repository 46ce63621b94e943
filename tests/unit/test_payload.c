/* test_payload.c - bytes on their way through the broker */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <string.h>

#include "broker/payload.h"

static struct payload_store store;

static void clear(void)
{
    payload_clear(&store);
}

TestSuite(payload, .fini = clear, .timeout = 10);

static struct payload_ref part(uint32_t block, uint32_t offset, uint32_t len)
{
    return (struct payload_ref){block, offset, len};
}

Test(payload, copied_block_lives_until_its_last_payload_is_forgotten)
{
    char text[] = "onetwo";
    uint32_t block = payload_copy(&store, text, 6, 2);

    memset(text, 'x', 6);
    cr_assert(ne(u32, block, 0));
    cr_assert(eq(u64, store.bytes, 6));
    cr_assert(
        eq(int, memcmp(payload_data(&store, part(block, 3, 3)), "two", 3), 0));
    payload_forget(&store, part(block, 0, 3));
    cr_assert(eq(u64, store.bytes, 6));
    cr_assert(
        eq(int, memcmp(payload_data(&store, part(block, 3, 3)), "two", 3), 0));
    payload_forget(&store, part(block, 3, 3));
    cr_assert(eq(u64, store.bytes, 0));
}

Test(payload, nothing_is_a_payload_too)
{
    struct payload_ref none = {0};

    payload_forget(&store, none);
    cr_assert(ne(ptr, (void *)payload_data(&store, none), NULL));
}

/* Small frames lie inside their zmq_msg_t, so growing must move them. */
Test(payload, frames_keep_their_bytes_while_the_table_grows)
{
    enum { MANY = 1000 };
    uint32_t blocks[MANY];

    for (uint32_t i = 0; i < MANY; i++) {
        zmq_msg_t msg;

        zmq_msg_init_size(&msg, sizeof i + i % 100);
        memcpy(zmq_msg_data(&msg), &i, sizeof i);
        blocks[i] = payload_move(&store, &msg, 1);
        cr_assert(ne(u32, blocks[i], 0));
        cr_assert(eq(sz, zmq_msg_size(&msg), 0), "moved away");
        zmq_msg_close(&msg);
    }
    for (uint32_t i = 0; i < MANY; i++) {
        uint32_t got;

        memcpy(&got, payload_data(&store, part(blocks[i], 0, 4)), 4);
        cr_assert(eq(u32, got, i));
        payload_forget(&store, part(blocks[i], 0, 4));
    }
    cr_assert(eq(u64, store.bytes, 0));
}

Test(payload, whole_frame_is_shared_not_copied)
{
    zmq_msg_t msg, again;
    uint32_t block;
    char *bytes;

    zmq_msg_init_size(&msg, 5000);
    memset(zmq_msg_data(&msg), 7, 5000);
    bytes = zmq_msg_data(&msg);
    block = payload_move(&store, &msg, 1);
    zmq_msg_close(&msg);
    cr_assert(eq(int, payload_frame(&store, part(block, 0, 5000), &again), 0));
    cr_assert(eq(ptr, zmq_msg_data(&again), bytes));
    payload_forget(&store, part(block, 0, 5000));
    cr_assert(eq(int, bytes[4999], 7), "the frame in flight keeps it alive");
    zmq_msg_close(&again);
    block = payload_copy(&store, "abcdef", 6, 1);
    cr_assert(eq(int, payload_frame(&store, part(block, 2, 3), &again), 0));
    cr_assert(eq(int, memcmp(zmq_msg_data(&again), "cde", 3), 0));
    zmq_msg_close(&again);
    payload_forget(&store, part(block, 2, 3));
}

Test(payload, freed_blocks_are_used_again)
{
    uint32_t first = payload_copy(&store, "a", 1, 1);
    uint32_t size;

    payload_forget(&store, part(first, 0, 1));
    size = store.size;
    for (int i = 0; i < 10000; i++) {
        uint32_t block = payload_copy(&store, "b", 1, 1);

        payload_forget(&store, part(block, 0, 1));
    }
    cr_assert(eq(u32, store.size, size));
}

/* Finish the large ones of a message and keep a small one: the message stays,
 * and so must the charge. */
Test(payload, block_is_charged_whole_until_it_is_freed)
{
    char big[1000] = {0};
    uint32_t block = payload_copy(&store, big, sizeof big, 2);

    cr_assert(eq(int, payload_charge(&store, block, 3), 0));
    cr_assert(eq(u64, payload_charged(&store, 3), 1000));
    payload_forget(&store, part(block, 0, 1000));
    cr_assert(eq(u64, payload_charged(&store, 3), 1000));
    payload_forget(&store, part(block, 1000, 0));
    cr_assert(eq(u64, payload_charged(&store, 3), 0));
}

Test(payload, owners_are_charged_each_for_their_own)
{
    uint32_t a = payload_copy(&store, "aaa", 3, 1);
    uint32_t b = payload_copy(&store, "bb", 2, 1);

    cr_assert(eq(u64, payload_charged(&store, 5000), 0));
    cr_assert(eq(int, payload_charge(&store, a, 1), 0));
    cr_assert(eq(int, payload_charge(&store, b, 5000), 0));
    payload_forget(&store, part(a, 0, 3));
    cr_assert(eq(u64, payload_charged(&store, 1), 0));
    cr_assert(eq(u64, payload_charged(&store, 5000), 2));
    a = payload_copy(&store, "c", 1, 1);
    payload_forget(&store, part(a, 0, 1));
    cr_assert(eq(u64, payload_charged(&store, 5000), 2));
}

Test(payload, small_frame_is_taken_by_copy_and_a_large_one_moved)
{
    zmq_msg_t small, large;
    uint32_t a, b;
    char *at;

    zmq_msg_init_size(&small, PAYLOAD_MOVED_MIN - 1);
    zmq_msg_init_size(&large, PAYLOAD_MOVED_MIN);
    memset(zmq_msg_data(&small), 1, PAYLOAD_MOVED_MIN - 1);
    memset(zmq_msg_data(&large), 2, PAYLOAD_MOVED_MIN);
    at = zmq_msg_data(&large);
    a = payload_take(&store, &small);
    b = payload_take(&store, &large);
    cr_assert(ne(ptr, (void *)payload_data(&store, part(a, 0, 1)),
                 zmq_msg_data(&small)));
    cr_assert(eq(int, payload_data(&store, part(a, 9, 1))[0], 1));
    cr_assert(eq(ptr, (void *)payload_data(&store, part(b, 0, 1)), at));
    zmq_msg_close(&small);
    zmq_msg_close(&large);
}

Test(payload, kept_part_does_not_keep_the_rest)
{
    char big[1000] = {0};
    uint32_t block = payload_copy(&store, big, sizeof big, 1);
    struct payload_ref kept = payload_keep(&store, part(block, 10, 5), 1);

    cr_assert(ne(u32, kept.block, block));
    cr_assert(eq(u32, kept.len, 5));
    payload_forget(&store, part(block, 0, 1000));
    cr_assert(eq(u64, store.bytes, 5));
    cr_assert(eq(u64, payload_charged(&store, 1), 5));
    payload_forget(&store, kept);
    cr_assert(eq(u64, store.bytes, 0));
    cr_assert(eq(u64, payload_charged(&store, 1), 0));
}

Test(payload, kept_large_frame_is_shared_not_copied)
{
    struct payload_ref kept;
    zmq_msg_t msg;
    uint32_t block;

    zmq_msg_init_size(&msg, 100000);
    memset(zmq_msg_data(&msg), 7, 100000);
    block = payload_move(&store, &msg, 1);
    zmq_msg_close(&msg);
    kept = payload_keep(&store, part(block, 0, 100000), 2);
    cr_assert(eq(u32, kept.block, block));
    cr_assert(eq(u64, payload_charged(&store, 2), 100000));
    payload_forget(&store, part(block, 0, 100000));
    cr_assert(eq(u64, store.bytes, 100000));
    payload_forget(&store, kept);
    cr_assert(eq(u64, payload_charged(&store, 2), 0));
}

Test(payload, nothing_is_kept_as_nothing)
{
    cr_assert(
        eq(u32, payload_keep(&store, (struct payload_ref){0}, 1).block, 0));
}
