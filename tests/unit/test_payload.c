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

Test(payload, retained_payload_needs_to_be_forgotten_once_more)
{
    uint32_t block = payload_copy(&store, "abc", 3, 1);

    payload_retain(&store, part(block, 0, 3));
    payload_forget(&store, part(block, 0, 3));
    cr_assert(eq(u64, store.bytes, 3));
    payload_forget(&store, part(block, 0, 3));
    cr_assert(eq(u64, store.bytes, 0));
}

Test(payload, nothing_is_a_payload_too)
{
    struct payload_ref none = {0};

    payload_retain(&store, none);
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
