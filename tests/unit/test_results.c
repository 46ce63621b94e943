/* test_results.c - answers gathered into messages */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <par/error.h>

#include "meta_keys.h"
#include "worker/facts.h"
#include "worker/results.h"

enum { FRAMES = 16 };

static struct results results;
static struct sent {
    uint8_t *frame;
    size_t len;
    uint8_t *second;
    size_t second_len;
    struct wire_msg msg;
} sent[FRAMES];
static unsigned count;

static void take(void *owner, uint8_t *frame, size_t len, zmq_msg_t *second)
{
    struct sent *s = &sent[count++];

    (void)owner;
    cr_assert(le(uint, count, FRAMES));
    *s = (struct sent){.frame = frame, .len = len};
    if (second) {
        s->second_len = zmq_msg_size(second);
        s->second = malloc(s->second_len + 1);
        memcpy(s->second, zmq_msg_data(second), s->second_len);
    }
    cr_assert(eq(int,
                 wire_decode(&s->msg, frame, len, s->second, s->second_len),
                 PAR_OK));
}

static void init(void)
{
    results.send = take;
}

static void fini(void)
{
    results_clear(&results);
    for (unsigned i = 0; i < count; i++) {
        free(sent[i].frame);
        free(sent[i].second);
    }
}

TestSuite(results, .init = init, .fini = fini, .timeout = 10);

static void add(uint64_t id, const char *data, size_t len)
{
    struct wire_item item = {.status = PAR_OK,
                             .executed = WIRE_EXECUTED,
                             .wall_us = 5,
                             .data = (const uint8_t *)data,
                             .len = len};

    results_add(&results, id, &item);
}

Test(results, many_leave_together)
{
    struct wire_item item;
    size_t cursor = 0;

    add(100, "a", 1);
    add(102, "b", 1);
    add(101, "", 0);
    cr_assert(eq(uint, count, 0));
    results_flush(&results);
    results_flush(&results);
    cr_assert(eq(uint, count, 1));
    cr_assert(eq(u64, sent[0].msg.head.id, 100));
    cr_assert(eq(uint, sent[0].msg.head.count, 3));
    cr_assert(wire_next(&sent[0].msg, &cursor, &item));
    cr_assert(wire_next(&sent[0].msg, &cursor, &item));
    cr_assert(eq(u32, item.index, 2));
    cr_assert(eq(uint, item.data[0], 'b'));
    cr_assert(eq(u32, item.wall_us, 5));
}

Test(results, earlier_id_begins_another_message)
{
    add(100, "", 0);
    add(99, "", 0);
    results_flush(&results);
    cr_assert(eq(uint, count, 2));
    cr_assert(eq(u64, sent[1].msg.head.id, 99));
}

Test(results, id_too_far_away_begins_another_message)
{
    add(100, "", 0);
    add(100 + (UINT64_C(1) << 32), "", 0);
    results_flush(&results);
    cr_assert(eq(uint, count, 2));
}

Test(results, full_message_leaves_by_itself)
{
    char data[1000] = "x";

    for (uint64_t id = 0; id < 100; id++)
        add(id, data, sizeof data);
    cr_assert(eq(uint, count, 1));
    cr_assert(le(sz, sent[0].len, WIRE_BATCH_BYTES + 2000));
}

Test(results, large_one_goes_alone_and_in_its_turn)
{
    static char large[100000] = "large";

    add(100, "a", 1);
    add(101, large, sizeof large);
    add(102, "c", 1);
    cr_assert(eq(uint, count, 2));
    cr_assert(eq(uint, sent[1].msg.head.count, 1));
    cr_assert(eq(sz, sent[1].second_len, sizeof large));
    results_flush(&results);
    cr_assert(eq(uint, count, 3));
}

/* ---- facts ---- */

Test(results, facts_say_what_is_known_and_no_more)
{
    struct facts f = {.text = "it broke",
                      .attempt = 2,
                      .has_exit = true,
                      .exit_status = 42 << 8,
                      .worker = "w.1",
                      .pid = 77};
    struct meta_writer w = {0};
    struct meta_value v;
    char text[100];

    facts_write(&w, &f);
    cr_assert(meta_check_map(w.data, w.len));
    meta_text(w.data, w.len, KEY_ANY_TEXT, text, sizeof text);
    cr_assert(eq(str, text, "it broke"));
    cr_assert(eq(i64, meta_int(w.data, w.len, KEY_ANY_ATTEMPT, 0), 2));
    cr_assert(meta_find(w.data, w.len, KEY_ANY_EXIT, &v, NULL));
    cr_assert(meta_find_text(w.data, w.len, "x-pid", &v, NULL));
    cr_assert(eq(i64, v.i, 77));
    cr_assert(eq(int, meta_find(w.data, w.len, KEY_ANY_STDERR, &v, NULL), 0));
    cr_assert(eq(int, meta_find_text(w.data, w.len, "x-host", &v, NULL), 0));
    meta_writer_clear(&w);
}

Test(results, ends_are_worded)
{
    char text[80];

    cr_assert(eq(str, (char *)facts_of_status(42 << 8, text, sizeof text),
                 "exit 42"));
    cr_assert(eq(str, (char *)facts_of_status(11, text, sizeof text),
                 "signal 11 (Segmentation fault)"));
}
