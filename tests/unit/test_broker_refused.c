/* test_broker_refused.c - runs that a worker answers with an ERROR
 *
 * As somebody's worker does that has not built what the run asks for.
 */
#include "config.h"

#include "brokering.h"

enum { FIRST = 7, RUNS = 3 };

/* Some runs, which may need more than one attempt. */
static void run(uint64_t first, unsigned count, unsigned attempts)
{
    struct meta_writer meta = {0};

    meta_put_map(&meta, 1);
    meta_pair_int(&meta, KEY_RUN_ATTEMPTS, attempts);
    start_runs(first, count, &meta);
    meta_writer_clear(&meta);
}

/* An ERROR of the worker's about so many dispatches. */
static void refuse(uint64_t dispatch,
                   unsigned count,
                   unsigned flags,
                   int status,
                   const char *text)
{
    struct wire_header head = {.type = WIRE_ERROR,
                               .flags = (uint16_t)flags,
                               .count = (uint16_t)count,
                               .id = dispatch,
                               .ref = (uint64_t)status};
    struct meta_writer meta = {0};
    uint8_t *frame;

    meta_put_map(&meta, 1);
    meta_pair_str(&meta, KEY_ANY_TEXT, text);
    head.meta_len = (uint32_t)meta.len;
    frame = malloc(WIRE_HEADER + meta.len);
    wire_put_header(frame, &head);
    memcpy(frame + WIRE_HEADER, meta.data, meta.len);
    cr_assert(eq(
        int, link_client_send(worker.link, frame, WIRE_HEADER + meta.len, NULL),
        0));
    meta_writer_clear(&meta);
}

/* The next answer is about this run, and this is what it says. */
static void answered(struct wire_item *item, size_t *cursor, uint64_t id)
{
    const struct wire_msg *m =
        *cursor ? &client.last.wire : hear(&client, WIRE_RESULT);

    cr_assert(wire_next(m, cursor, item));
    cr_assert(eq(u64, m->head.id + item->index, id));
}

TestSuite(broker_refused,
          .init = open_set_up,
          .fini = close_peers,
          .timeout = 20);

Test(broker_refused, a_final_error_ends_the_runs_that_it_counts_once)
{
    struct wire_item item;
    size_t cursor = 0;
    char text[64];
    uint64_t dispatch;

    run(FIRST, RUNS, 1);
    dispatch = hear(&worker, WIRE_RUN)->head.id;
    cr_assert(eq(uint, worker.last.wire.head.count, RUNS));
    refuse(dispatch, RUNS, WIRE_FINAL, PAR_UNSUPPORTED, "no functions here");
    for (unsigned i = 0; i < RUNS; i++) {
        answered(&item, &cursor, FIRST + i);
        cr_assert(eq(int, item.status, PAR_UNSUPPORTED));
        cr_assert(eq(int, item.executed, WIRE_NOT_EXECUTED));
        meta_text(item.data, item.len, KEY_ANY_TEXT, text, sizeof text);
        cr_assert(eq(str, text, "no functions here"));
    }
    refuse(dispatch, RUNS, WIRE_FINAL, PAR_UNSUPPORTED, "again");
    cr_assert(eq(ptr, (void *)hear_if(&client, WIRE_RESULT), NULL));
    cr_assert(eq(ptr, (void *)hear_if(&client, WIRE_ERROR), NULL));
}

Test(broker_refused, its_slots_are_free_again)
{
    for (uint64_t id = FIRST; id < FIRST + 8; id++) {
        struct wire_item item;
        size_t cursor = 0;

        run(id, 1, 1);
        refuse(hear(&worker, WIRE_RUN)->head.id, 1, WIRE_FINAL,
               PAR_UNKNOWN_FUNCTION, "");
        answered(&item, &cursor, id);
        cr_assert(eq(int, item.status, PAR_UNKNOWN_FUNCTION));
    }
}

Test(broker_refused, what_has_begun_may_have_been_executed)
{
    struct wire_item item;
    size_t cursor = 0;
    uint64_t dispatch;

    run(FIRST, 1, 1);
    dispatch = hear(&worker, WIRE_RUN)->head.id;
    tell(&worker, WIRE_STARTED, 0, dispatch, 1, NULL, NULL, 0);
    refuse(dispatch, 1, WIRE_FINAL, PAR_INTERNAL, "half-way");
    answered(&item, &cursor, FIRST);
    cr_assert(eq(int, item.executed, WIRE_MAYBE_EXECUTED));
}

Test(broker_refused, a_worker_that_is_about_to_end_gives_it_back)
{
    uint64_t dispatch;

    run(FIRST, 1, 1);
    dispatch = hear(&worker, WIRE_RUN)->head.id;
    refuse(dispatch, 1, WIRE_FINAL, PAR_DRAINING, "I end");
    cr_assert(ne(u64, hear(&worker, WIRE_RUN)->head.id, dispatch));
}

Test(broker_refused, a_remark_or_one_without_a_count_ends_nothing)
{
    const struct wire_msg *m;
    uint64_t dispatch;

    run(FIRST, 1, 1);
    dispatch = hear(&worker, WIRE_RUN)->head.id;
    refuse(dispatch, 1, 0, PAR_NOT_KILLABLE, "it runs on");
    m = hear(&client, WIRE_ERROR);
    cr_assert(eq(u64, m->head.id, FIRST));
    cr_assert(eq(uint, m->head.flags, 0));
    refuse(dispatch, 0, WIRE_FINAL, PAR_UNSUPPORTED, "no CANCEL here");
    m = hear(&client, WIRE_ERROR);
    cr_assert(eq(u64, m->head.id, FIRST));
    cr_assert(eq(uint, m->head.flags, 0));
    cr_assert(eq(ptr, (void *)hear_if(&client, WIRE_RESULT), NULL));
}
