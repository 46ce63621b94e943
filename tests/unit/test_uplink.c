/* test_uplink.c - the worker's connection: when, to whom, until when */
#include "config.h"

#include "linked.h"
#include "worker/uplink.h"

static struct uplink *uplink;
static struct par_error err;
static uint64_t now = 1000000; /* the test's own clock */

static void fini(void)
{
    uplink_destroy(uplink);
    uplink = NULL;
    linked_close();
}

TestSuite(uplink, .init = linked_open, .fini = fini, .timeout = 60);

static void open_to(const char *const *endpoints)
{
    struct uplink_options o = {.context = context,
                               .endpoints = endpoints,
                               .key = scratch_path("c.key"),
                               .key_name = "c",
                               .broker_key = broker_key.public_key};

    uplink = uplink_create(&o, &err);
    cr_assert(uplink != NULL, "%s", err.text);
}

/* The next thing that happens, without waiting. */
static enum uplink_event next(void)
{
    struct link_msg m;
    enum uplink_event e = uplink_next(uplink, now, &m);

    if (e == UPLINK_MESSAGE)
        link_msg_close(&m);
    return e;
}

static void wait_event_of(enum uplink_event want)
{
    uint64_t until = clock_ms() + WAIT_MS;
    zmq_pollitem_t items[LINK_POLL];
    enum uplink_event got;

    while ((got = next()) != want) {
        cr_assert(eq(int, (int)got, UPLINK_NOTHING));
        wait_for(items, uplink_poll(uplink, items), until);
    }
}

static void open_session(void)
{
    static const char *endpoints[2];

    endpoints[0] = listen_by(LINK_INPROC);
    open_to(endpoints);
    wait_event_of(UPLINK_GREET);
    uplink_welcomed(uplink, now, 100);
    cr_assert(uplink_is_open(uplink));
}

Test(uplink, greets_and_is_open_once_it_is_welcomed)
{
    open_session();
    cr_assert(eq(int, (int)next(), UPLINK_NOTHING));
}

Test(uplink, silence_is_asked_about_and_then_the_end)
{
    struct link_msg m;

    open_session();
    cr_assert(eq(u64, uplink_deadline(uplink), now + 200));
    now += 200;
    cr_assert(eq(int, (int)next(), UPLINK_NOTHING));
    wait_server_msg(&m);
    cr_assert(eq(int, m.wire.head.type, WIRE_PING));
    link_msg_close(&m);
    cr_assert(eq(u64, uplink_deadline(uplink), now + 200));
    now += 200;
    cr_assert(eq(int, (int)next(), UPLINK_LOST));
    cr_assert(eq(int, uplink_is_open(uplink), 0));
}

Test(uplink, RP_32_any_message_is_a_sign_of_life)
{
    struct link_msg m;
    uint64_t conn;

    open_session();
    now += 200;
    next();
    wait_server_msg(&m);
    conn = m.conn;
    link_msg_close(&m);
    now += 150;
    link_server_post(server, conn, ping_bytes(1), WIRE_HEADER);
    wait_event_of(UPLINK_MESSAGE);
    cr_assert(eq(u64, uplink_deadline(uplink), now + 200));
}

Test(uplink, waits_longer_after_each_loss_and_briefly_after_a_session)
{
    static const char *endpoints[] = {"tcp://127.0.0.1:1", NULL};
    uint64_t most = 0;

    open_to(endpoints);
    for (uint64_t wait = 200, i = 0; i < 12; i++) {
        while (uplink_deadline(uplink) <= now && next() != UPLINK_NOTHING)
            continue;
        next(); /* a try begins */
        uplink_give_up(uplink, now);
        cr_assert(eq(int, (int)next(), UPLINK_LOST));
        cr_assert(ge(u64, uplink_deadline(uplink), now + wait / 2));
        cr_assert(le(u64, uplink_deadline(uplink), now + wait + wait / 2));
        most = uplink_deadline(uplink) - now;
        wait = wait * 2 < 10000 ? wait * 2 : 10000;
        now = uplink_deadline(uplink);
    }
    cr_assert(ge(u64, most, 5000));
}

Test(uplink, a_session_makes_it_hopeful_again)
{
    open_session();
    for (int i = 0; i < 8; i++) {
        uplink_give_up(uplink, now);
        cr_assert(eq(int, (int)next(), UPLINK_LOST));
        now = uplink_deadline(uplink);
        wait_event_of(UPLINK_GREET);
        uplink_welcomed(uplink, now, 100);
    }
    uplink_give_up(uplink, now);
    next();
    cr_assert(le(u64, uplink_deadline(uplink), now + 300));
}

Test(uplink, tries_one_broker_after_the_other)
{
    static const char *endpoints[3];
    char first[LINK_ENDPOINT];

    snprintf(first, sizeof first, "ipc://%s", scratch_path("nobody"));
    endpoints[0] = first;
    endpoints[1] = listen_by(LINK_INPROC);
    open_to(endpoints);
    cr_assert(eq(int, (int)next(), UPLINK_NOTHING));
    now = uplink_deadline(uplink);
    wait_event_of(UPLINK_GREET);
}

Test(uplink, broker_that_does_not_answer_hello_is_given_up)
{
    static const char *endpoints[2];

    endpoints[0] = listen_by(LINK_INPROC);
    open_to(endpoints);
    wait_event_of(UPLINK_GREET);
    now = uplink_deadline(uplink);
    cr_assert(eq(int, (int)next(), UPLINK_LOST));
}

Test(uplink, DD_25_finds_a_broker_that_comes_later)
{
    static const char *endpoints[2];
    char endpoint[LINK_ENDPOINT];
    uint64_t until = clock_ms() + WAIT_MS;
    zmq_pollitem_t items[LINK_POLL];
    bool listens = false;

    snprintf(endpoint, sizeof endpoint, "ipc://%s", scratch_path("s"));
    endpoints[0] = endpoint;
    open_to(endpoints);
    for (int tries = 0;; now = uplink_deadline(uplink)) {
        enum uplink_event e = next();

        if (e == UPLINK_GREET)
            break;
        cr_assert(eq(int, (int)e, UPLINK_NOTHING));
        if (++tries == 3) {
            listen_by(LINK_IPC); /* ipc://SCRATCH/s */
            listens = true;
        }
        /* Give this try the time that it has. */
        if (listens) {
            int n = uplink_poll(uplink, items);

            cr_assert(lt(u64, clock_ms(), until));
            zmq_poll(items, n, 300);
            if (next() == UPLINK_GREET)
                break;
        }
    }
}

Test(uplink, unknown_broker_key_is_looked_for_again_within_a_second)
{
    static const char *endpoints[] = {"tcp://127.0.0.1:7271", NULL};
    struct uplink_options o = {.context = context,
                               .endpoints = endpoints,
                               .key = scratch_path("c.key"),
                               .key_name = "c"};

    setenv("PAR_CONFIG_DIR", scratch, 1);
    uplink = uplink_create(&o, &err);
    for (int i = 0; i < 10; i++) {
        cr_assert(eq(int, (int)next(), UPLINK_NOTHING));
        cr_assert(le(u64, uplink_deadline(uplink), now + 1500));
        now = uplink_deadline(uplink);
    }
    cr_assert(eq(int,
                 known_add(scratch_path("known_brokers"), endpoints[0],
                           broker_key.public_key, false, &err),
                 0));
    next();
    cr_assert(gt(u64, uplink_deadline(uplink), now + 1500), "it tries now");
}
