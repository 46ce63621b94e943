/* test_broker_asks.c - what clients may ask to be set up, and what workers
 * answer */
#include "config.h"

#include "brokering.h"

TestSuite(broker_asks, .init = open_peers, .fini = close_peers, .timeout = 20);

/* What the client is told when a worker refuses a SETUP with this number. */
static uint64_t refused_with(uint64_t id, const char *name, uint64_t number)
{
    uint64_t request;

    set_up(&client, id, name, NULL, 0);
    request = hear(&worker, WIRE_SETUP)->head.id;
    tell(&worker, WIRE_ERROR, WIRE_FINAL, request, number, NULL, NULL, 0);
    return hear(&client, WIRE_ERROR)->head.ref;
}

Test(broker_asks, an_error_is_never_a_yes_whatever_its_number)
{
    cr_assert(eq(u64, refused_with(1, "a", PAR_OK), PAR_INTERNAL));
    cr_assert(eq(u64, refused_with(2, "b", UINT64_C(1) << 32), PAR_INTERNAL));
    cr_assert(eq(u64, refused_with(3, "c", UINT64_MAX), PAR_INTERNAL));
    cr_assert(eq(u64, refused_with(4, "d", PAR_TOO_LARGE), PAR_TOO_LARGE));
}

Test(broker_asks, a_worker_that_does_not_answer_is_named)
{
    const struct wire_msg *m;

    set_up(&client, 1, "a", NULL, 0);
    hear(&worker, WIRE_SETUP);
    now += 1799999;
    cr_assert(eq(ptr, (void *)hear_if(&client, WIRE_ERROR), NULL));
    cr_assert(eq(u64, broker_deadline(broker), now + 1));
    now++;
    m = hear(&client, WIRE_ERROR);
    cr_assert(eq(u64, m->head.ref, PAR_SETUP_FAILED));
    cr_assert(eq(str, words_of(m),
                 "worker w has not answered the SETUP of a within 1800 s"));
}

/* What a SETUP, or a CLOSE, is answered that has this number in it. */
static char *refused_number(unsigned type, uint64_t key, int64_t n)
{
    static uint64_t id = 1000;
    struct meta_writer meta = {0};
    const struct wire_msg *m;

    meta_put_map(&meta, 1);
    meta_pair_int(&meta, key, n);
    if (type == WIRE_SETUP)
        set_up_with(&client, ++id, "a", NULL, 0, &meta);
    else
        tell(&client, type, 0, ++id, 1, &meta, NULL, 0);
    meta_writer_clear(&meta);
    m = hear(&client, WIRE_ERROR);
    cr_assert(eq(u64, m->head.id, id));
    cr_assert(eq(u64, m->head.ref, PAR_MALFORMED), "%s", words_of(m));
    return words_of(m);
}

Test(broker_asks, numbers_beyond_what_is_allowed_are_refused)
{
    cr_assert(eq(str, refused_number(WIRE_SETUP, 9, INT64_C(1) << 32),
                 "wait (9): 4294967296 is not an integer from 0 to "
                 "4294967295"));
    refused_number(WIRE_SETUP, 9, -1);
    refused_number(WIRE_SETUP, 10, 2);
    refused_number(WIRE_SETUP, 19, -2);
    refused_number(WIRE_SETUP, 19, INT64_MAX);
    set_up(&client, 1, "a", NULL, 0);
    cr_assert(eq(u64, be_ready(&worker), 1));
    hear(&client, WIRE_READY);
    refused_number(WIRE_CLOSE, 26, 2);
    refused_number(WIRE_CLOSE, 27, -1);
    refused_number(WIRE_CLOSE, 27, INT64_MAX);
}
