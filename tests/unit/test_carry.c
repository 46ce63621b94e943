/* test_carry.c - what the scheduler decided reaches its receiver, or it is told
 * why not.  The linker puts meta_room() and link_frame_copy() here between the
 * broker's messages and their memory. */
#include "config.h"

#include "brokering.h"

uint8_t *__real_meta_room(struct meta_writer *w, size_t n);
uint8_t *__wrap_meta_room(struct meta_writer *w, size_t n);

/* There is no memory for a piece of exactly so many octets. */
static size_t refused;

uint8_t *__wrap_meta_room(struct meta_writer *w, size_t n)
{
    if (refused && n == refused) {
        w->failed = true;
        return NULL;
    }
    return __real_meta_room(w, n);
}

int __real_link_frame_copy(zmq_msg_t *to, const void *frame, size_t len);
int __wrap_link_frame_copy(zmq_msg_t *to, const void *frame, size_t len);

/* There is no memory for small messages of this type. */
static unsigned refused_type;

int __wrap_link_frame_copy(zmq_msg_t *to, const void *frame, size_t len)
{
    if (refused_type && ((const uint8_t *)frame)[3] == refused_type)
        return -1;
    return __real_link_frame_copy(to, frame, len);
}

static const uint8_t key[KEY_SIZE] = "any";

static void open_all(void)
{
    refused = 0;
    refused_type = 0;
    broker_key = key;
    open_set_up();
}

static void close_all(void)
{
    refused = 0;
    refused_type = 0;
    close_peers();
}

TestSuite(carry, .init = open_all, .fini = close_all, .timeout = 20);

/* Runs of `len` octets each. */
static void run(uint64_t id, unsigned count, uint32_t len)
{
    static uint8_t payload[4096];
    struct wire_header head = {.type = WIRE_RUN, .id = id, .ref = handle << 32};
    struct batch out = {0};
    uint8_t *frame;
    size_t frame_len, armed = refused;

    refused = 0; /* we are not meant */
    batch_begin(&out, &head, NULL, 0);
    for (unsigned i = 0; i < count; i++)
        batch_add_run(&out, 0, payload, len);
    frame = batch_take(&out, &frame_len);
    refused = armed;
    cr_assert(
        eq(int, link_client_send(client.link, frame, frame_len, NULL), 0));
}

/* Answer everything in a RUN, with `len` octets. */
static void answer(const struct wire_msg *m, uint32_t len)
{
    static uint8_t payload[4096];
    struct wire_header head = {.type = WIRE_RESULT, .id = m->head.id};
    struct batch out = {0};
    uint8_t *frame;
    size_t frame_len, armed = refused;

    refused = 0; /* we are not meant */
    batch_begin(&out, &head, NULL, 0);
    for (unsigned i = 0; i < m->head.count; i++)
        batch_add_result(&out, i, PAR_OK, WIRE_EXECUTED, 1, payload, len);
    frame = batch_take(&out, &frame_len);
    refused = armed;
    cr_assert(
        eq(int, link_client_send(worker.link, frame, frame_len, NULL), 0));
}

/* Hear answers until `count` runs are answered: all have this status. */
static void all_end_as(unsigned count, int status)
{
    while (count > 0) {
        const struct wire_msg *m = hear(&client, WIRE_RESULT);
        struct wire_item item;
        size_t cursor = 0;

        while (wire_next(m, &cursor, &item)) {
            cr_assert(eq(int, item.status, status));
            cr_assert(gt(uint, count, 0));
            count--;
        }
    }
}

Test(carry, runs_that_cannot_be_sent_end_as_internal)
{
    refused = WIRE_RUN_ITEM + 777;
    run(10, 5, 777);
    all_end_as(5, PAR_INTERNAL);
    refused = 0;
    run(20, 3, 777);
    answer(hear(&worker, WIRE_RUN), 0);
    all_end_as(3, PAR_OK);
}

Test(carry, a_large_run_that_cannot_be_sent_ends_as_internal)
{
    run(10, 1, 2000);
    refused = WIRE_RUN_ITEM; /* the payload is a frame of its own */
    all_end_as(1, PAR_INTERNAL);
}

Test(carry, those_that_could_be_sent_go_on)
{
    run(10, 2, 5);
    turn();
    refused = WIRE_RUN_ITEM + 777;
    run(20, 2, 777);
    all_end_as(2, PAR_INTERNAL);
    answer(hear(&worker, WIRE_RUN), 0);
    all_end_as(2, PAR_OK);
}

Test(carry, a_client_whose_answers_are_lost_is_told_so)
{
    run(10, 2, 5);
    refused = WIRE_RESULT_ITEM + 666;
    answer(hear(&worker, WIRE_RUN), 666);
    cr_assert(eq(u64, hear(&client, WIRE_GOODBYE)->head.ref, WIRE_TOO_MANY));
}

Test(carry, a_set_up_that_cannot_be_sent_fails)
{
    struct meta_writer manifest = {0};
    const struct wire_msg *m;

    put_manifest(&manifest, "b", NULL, 0);
    set_up(&client, 2, "b", NULL, 0);
    refused = manifest.len;
    meta_writer_clear(&manifest);
    m = hear(&client, WIRE_ERROR);
    cr_assert(eq(u64, m->head.id, 2));
    cr_assert(eq(u64, m->head.ref, PAR_INTERNAL));
}

Test(carry, a_worker_that_misses_an_order_is_cut_off)
{
    run(10, 1, 5);
    hear(&worker, WIRE_RUN);
    refused_type = WIRE_CANCEL;
    tell(&client, WIRE_CANCEL, 0, 10, 1, NULL, NULL, 0);
    hear(&worker, WIRE_GOODBYE);
    all_end_as(1, PAR_WORKER_LOST);
}

Test(carry, a_client_that_misses_an_answer_is_cut_off)
{
    refused_type = WIRE_ERROR;
    tell(&client, WIRE_CLOSE, 0, 2, handle + 1, NULL, NULL, 0);
    cr_assert(eq(u64, hear(&client, WIRE_GOODBYE)->head.ref, WIRE_TOO_MANY));
}

Test(carry, every_message_is_counted)
{
    uint64_t before = broker->messages_out;

    tell(&client, WIRE_STATUS, 0, 5, 0, NULL, NULL, 0);
    hear(&client, WIRE_STATUS);
    run(10, 1, 5);
    hear(&worker, WIRE_RUN);
    set_up(&client, 6, "c", NULL, 0);
    hear(&worker, WIRE_SETUP);
    cr_assert(eq(u64, broker->messages_out, before + 3));
    cr_assert(
        eq(u64, peers_by_number(&broker->peers, 2)->messages_out, 1 + 1 + 2));
}

/* Key 20 of the next SETUP that the worker hears. */
static struct meta_value owner_told(void)
{
    const struct wire_msg *m = hear(&worker, WIRE_SETUP);
    struct meta_value v = {0};

    cr_assert(meta_find(m->meta, m->head.meta_len, 20, &v, NULL));
    cr_assert(eq(int, (int)v.kind, META_BIN));
    cr_assert(eq(sz, v.len, DIGEST_SIZE));
    return v;
}

Test(carry, owner_is_told_by_the_broker_and_not_by_the_client)
{
    struct meta_writer meta = {0};
    uint8_t first[DIGEST_SIZE];

    set_up(&client, 2, "b", NULL, 0);
    memcpy(first, owner_told().data, sizeof first);
    meta_put_map(&meta, 1);
    meta_pair_bin(&meta, 20, "0123456789abcdef0123456789abcdef", DIGEST_SIZE);
    set_up_with(&client, 3, "c", NULL, 0, &meta);
    meta_writer_clear(&meta);
    cr_assert(eq(int, memcmp(owner_told().data, first, sizeof first), 0),
              "all that an account sets up has one owner");
}
