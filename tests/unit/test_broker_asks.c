/* test_broker_asks.c - what workers answer when they are asked to set up */
#include "config.h"

#include "brokering.h"

static struct speaker client, worker;

static void open_all(void)
{
    broker_open();
    join(&client, "client", "");
    join(&worker, "worker", "w");
}

static void close_all(void)
{
    leave(&client);
    leave(&worker);
    broker_close();
}

TestSuite(broker_asks, .init = open_all, .fini = close_all, .timeout = 20);

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
