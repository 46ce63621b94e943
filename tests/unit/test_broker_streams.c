/* test_broker_streams.c - what a run writes, on its way to who reads it */
#include "config.h"

#include "brokering.h"

static uint64_t dispatch;

static void open_running(void)
{
    open_set_up();
    start_runs(7, 1, NULL);
    dispatch = hear(&worker, WIRE_RUN)->head.id;
}

TestSuite(broker_streams,
          .init = open_running,
          .fini = close_peers,
          .timeout = 20);

/* The run writes an octet to stream 1 or 2, with more metadata than it needs.
 */
static void put(int stream, uint64_t at, char octet, unsigned flags)
{
    struct meta_writer meta = {0};

    meta_put_map(&meta, 2);
    meta_pair_int(&meta, 1, stream);
    meta_pair_str(&meta, KEY_ANY_TRACE, "a trace");
    tell(&worker, WIRE_STREAM, flags, dispatch, at, &meta, &octet, 1);
    meta_writer_clear(&meta);
}

static void heard(int stream, uint64_t at, const char *octets, unsigned flags)
{
    const struct wire_msg *m = hear(&client, WIRE_STREAM);

    cr_assert(eq(u64, m->head.id, 7));
    cr_assert(eq(u64, m->head.ref, at));
    cr_assert(eq(uint, m->head.flags, flags));
    cr_assert(eq(u32, m->head.meta_len, 3), "its stream, and nothing else");
    cr_assert(eq(i64, meta_int(m->meta, m->head.meta_len, 1, 0), stream));
    cr_assert(eq(sz, m->items_len, strlen(octets)));
    cr_assert(eq(int, memcmp(m->items, octets, strlen(octets)), 0));
}

Test(broker_streams, octets_that_follow_each_other_share_a_message)
{
    put(1, 0, 'a', 0);
    put(1, 1, 'b', 0);
    put(1, 2, 'c', WIRE_FINAL);
    put(2, 0, 'x', 0);
    heard(1, 0, "abc", WIRE_FINAL);
    heard(2, 0, "x", 0);
}

Test(broker_streams, nothing_follows_the_end)
{
    put(1, 0, 'a', WIRE_FINAL);
    put(1, 1, 'b', WIRE_FINAL);
    put(2, 0, 'x', 0);
    heard(1, 0, "a", WIRE_FINAL);
    heard(2, 0, "x", 0);
}

Test(broker_streams, a_piece_out_of_order_is_dropped)
{
    put(1, 0, 'a', 0);
    put(1, 0, 'b', 0);
    put(1, 1, 'c', 0);
    heard(1, 0, "ac", 0);
    cr_assert(eq(u64, hear(&worker, WIRE_ERROR)->head.ref, PAR_NO_CREDIT));
}

Test(broker_streams, there_are_two_of_them)
{
    put(0, 0, 'a', 0);
    cr_assert(eq(u64, hear(&worker, WIRE_ERROR)->head.ref, PAR_FORBIDDEN));
    put(3, 0, 'a', 0);
    cr_assert(eq(u64, hear(&worker, WIRE_ERROR)->head.ref, PAR_FORBIDDEN));
}
