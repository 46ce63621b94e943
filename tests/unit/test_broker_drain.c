/* test_broker_drain.c - workers that leave in order take no job along, and no
 * attempt */
#include "config.h"

#include "brokering.h"

static struct speaker next;

static void close_all(void)
{
    if (next.link)
        leave(&next);
    close_peers();
}

TestSuite(broker_drain, .init = open_set_up, .fini = close_all, .timeout = 20);

static void say_end(struct speaker *p, enum wire_reason reason)
{
    tell(p, WIRE_GOODBYE, 0, 0, reason, NULL, NULL, 0);
}

/* The next worker gets `count` runs, none of which counts as a second try. */
static void next_gets(unsigned count)
{
    join(&next, "worker", "next");
    be_ready(&next);
    while (count > 0) {
        const struct wire_msg *m = hear(&next, WIRE_RUN);

        cr_assert(le(uint, m->head.count, count));
        cr_assert(eq(
            i64, meta_int(m->meta, m->head.meta_len, KEY_ANY_ATTEMPT, 1), 1));
        count -= m->head.count;
    }
}

/* The client opens another session, in which results need a grant. */
static void greet_without_grants(void)
{
    struct meta_writer w = {0};

    meta_put_map(&w, 4);
    meta_put_uint(&w, 1);
    meta_put_array(&w, 2);
    meta_put_uint(&w, 1);
    meta_put_uint(&w, 1);
    meta_pair_str(&w, 2, "client");
    meta_pair_bin(&w, 3, "0123456789abcdef", 16);
    meta_put_uint(&w, 15);
    meta_put_array(&w, 1);
    meta_put_array(&w, 3);
    meta_put_uint(&w, CREDIT_RESULT);
    meta_put_uint(&w, 0);
    meta_put_uint(&w, 0);
    tell(&client, WIRE_HELLO, 0, 0, 0, &w, NULL, 0);
    meta_writer_clear(&w);
    hear(&client, WIRE_WELCOME);
}

static void grant_one_result(void)
{
    struct meta_writer w = {0};

    meta_put_map(&w, 1);
    meta_put_uint(&w, 1);
    meta_put_array(&w, 1);
    meta_put_array(&w, 3);
    meta_put_uint(&w, CREDIT_RESULT);
    meta_put_uint(&w, 1);
    meta_put_uint(&w, 100);
    tell(&client, WIRE_CREDIT, 0, 0, 0, &w, NULL, 0);
    meta_writer_clear(&w);
}

/* The worker is done with the only run of the next RUN. */
static void worker_answers(void)
{
    struct wire_header head = {.type = WIRE_RESULT};
    struct batch out = {0};
    uint8_t *frame;
    size_t frame_len;

    head.id = hear(&worker, WIRE_RUN)->head.id;
    batch_begin(&out, &head, NULL, 0);
    batch_add_result(&out, 0, PAR_OK, WIRE_EXECUTED, 1, "v", 1);
    frame = batch_take(&out, &frame_len);
    cr_assert(
        eq(int, link_client_send(worker.link, frame, frame_len, NULL), 0));
    turn();
}

/* The status of the next answer. */
static int next_status(void)
{
    const struct wire_msg *m = hear(&client, WIRE_RESULT);
    struct wire_item item;
    size_t cursor = 0;

    cr_assert(eq(int, wire_next(m, &cursor, &item), 1));
    return item.status;
}

Test(broker_drain, what_is_given_back_goes_elsewhere_uncounted)
{
    struct meta_writer ids = {0};
    const struct wire_msg *m;

    start_runs(10, 3, NULL);
    m = hear(&worker, WIRE_RUN);
    cr_assert(eq(u16, m->head.count, 3));
    say_end(&worker, WIRE_DRAINING);
    meta_put_map(&ids, 1);
    meta_put_uint(&ids, 1);
    meta_put_array(&ids, 3);
    for (unsigned i = 0; i < 3; i++)
        meta_put_uint(&ids, m->head.id + i);
    tell(&worker, WIRE_RECALLED, 0, 0, 0, &ids, NULL, 0);
    meta_writer_clear(&ids);
    say_end(&worker, WIRE_DONE);
    next_gets(3);
}

Test(broker_drain, what_was_on_its_way_goes_elsewhere_uncounted)
{
    start_runs(10, 2, NULL);
    turn();
    say_end(&worker, WIRE_DRAINING); /* said before it could read them */
    say_end(&worker, WIRE_DONE);
    next_gets(2);
}

Test(broker_drain, what_was_begun_and_not_answered_may_have_run)
{
    const struct wire_msg *m;

    start_runs(10, 1, NULL);
    m = hear(&worker, WIRE_RUN);
    tell(&worker, WIRE_STARTED, 0, m->head.id, 1, NULL, NULL, 0);
    say_end(&worker, WIRE_DRAINING);
    say_end(&worker, WIRE_DONE);
    cr_assert(eq(int, next_status(), PAR_WORKER_LOST));
}

Test(broker_drain, who_leaves_without_draining_may_have_run_it)
{
    start_runs(10, 1, NULL);
    turn();
    say_end(&worker, WIRE_DONE);
    cr_assert(eq(int, next_status(), PAR_WORKER_LOST));
}

Test(broker_drain, who_leaves_in_the_middle_of_it_may_have_run_it)
{
    start_runs(10, 1, NULL);
    turn();
    say_end(&worker, WIRE_DRAINING);
    say_end(&worker, WIRE_IDLE);
    cr_assert(eq(int, next_status(), PAR_WORKER_LOST));
}

Test(broker_drain, a_draining_worker_gets_nothing_new)
{
    say_end(&worker, WIRE_DRAINING);
    start_runs(10, 2, NULL);
    cr_assert(eq(ptr, (void *)hear_if(&worker, WIRE_RUN), NULL));
    next_gets(2);
}

Test(broker_drain, what_waits_at_a_silent_worker_is_wanted_back)
{
    struct meta_writer ids = {0};
    const struct wire_msg *m;
    uint64_t dispatch;

    start_runs(10, 1, NULL);
    dispatch = hear(&worker, WIRE_RUN)->head.id;
    for (int i = 0; i < 3; i++) {
        cr_assert(eq(ptr, (void *)hear_if(&worker, WIRE_RECALL), NULL));
        now += 3600000;
        turn();
    }
    m = hear(&worker, WIRE_RECALL);
    meta_put_map(&ids, 1);
    meta_put_uint(&ids, 1);
    meta_put_array(&ids, 1);
    meta_put_uint(&ids, dispatch);
    tell(&worker, WIRE_RECALLED, 0, m->head.id, 0, &ids, NULL, 0);
    meta_writer_clear(&ids);
    turn();
    say_end(&worker, WIRE_DRAINING); /* so that it does not get it back */
    next_gets(1);
}

/* ---- the broker's own end ---- */

Test(broker_drain, the_end_waits_for_results_that_nobody_has_granted_yet)
{
    uint64_t close;

    greet_without_grants(); /* that ends the other session, and what it held */
    close = hear(&worker, WIRE_CLOSE)->head.id;
    tell(&worker, WIRE_READY, 0, close, handle, NULL, NULL, 0);
    set_up(&client, 1, "b", NULL, 0);
    handle = be_ready(&worker);
    hear(&client, WIRE_READY);
    start_runs(10, 1, NULL);
    worker_answers();
    broker_drain(broker);
    turn();
    cr_assert(eq(int, broker_idle(broker), false));
    grant_one_result();
    cr_assert(eq(int, next_status(), PAR_OK));
    cr_assert(eq(int, broker_idle(broker), true));
}

Test(broker_drain, the_end_waits_for_what_is_being_closed)
{
    uint64_t close;

    tell(&client, WIRE_CLOSE, 0, 2, handle, NULL, NULL, 0);
    close = hear(&worker, WIRE_CLOSE)->head.id;
    broker_drain(broker);
    turn();
    cr_assert(eq(int, broker_idle(broker), false));
    tell(&worker, WIRE_READY, 0, close, handle, NULL, NULL, 0);
    cr_assert(eq(u64, hear(&client, WIRE_READY)->head.id, 2));
    cr_assert(eq(int, broker_idle(broker), true));
}

Test(broker_drain, the_end_waits_for_no_worker_that_has_left)
{
    tell(&client, WIRE_CLOSE, 0, 2, handle, NULL, NULL, 0);
    hear(&worker, WIRE_CLOSE);
    broker_drain(broker);
    say_end(&worker, WIRE_DONE);
    turn();
    cr_assert(eq(int, broker_idle(broker), true));
}
