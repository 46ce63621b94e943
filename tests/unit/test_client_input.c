/* test_client_input.c - standard input of commands, under credit */
#include "config.h"

#include "calling.h"
#include "credit.h"

TestSuite(input, .init = open_client, .fini = close_client, .timeout = 20);

static uint64_t input_len;
static bool input_asked;

static void grant_input(struct fake *f, uint64_t job, uint64_t bytes)
{
    struct meta_writer w = {0};

    meta_put_map(&w, 2);
    meta_put_uint(&w, 1);
    meta_put_array(&w, 1);
    meta_put_array(&w, 3);
    meta_put_uint(&w, CREDIT_STREAM);
    meta_put_uint(&w, bytes);
    meta_put_uint(&w, bytes);
    meta_pair_int(&w, 2, 0);
    fake_say(f, WIRE_CREDIT, 0, job, 0, &w, NULL, 0);
}

static bool read_input(struct fake *f, struct link_msg *m)
{
    const struct wire_header *h = &m->wire.head;

    if (h->type == WIRE_RUN) {
        input_asked = meta_bool(m->wire.meta, h->meta_len, 28, false);
        grant_input(f, h->id, 1000);
        return true;
    }
    if (h->type != WIRE_STREAM)
        return false;
    cr_assert(eq(u64, h->ref, input_len));
    input_len += m->wire.items_len;
    cr_assert(le(u64, input_len, 1000 * (uint64_t)(f->step + 1)));
    if (h->flags & WIRE_FINAL)
        fake_answer(f, h->id, 0, 2, NULL, 0);
    else
        grant_input(f, h->id, 1000 * (uint64_t)(++f->step + 1));
    return true;
}

Test(input, input_waits_for_credit)
{
    static char text[10 * 1000 + 7];
    struct par_run_options o = {.input = true};
    struct par_function f = fake_function(client, "never");
    struct par_result r;
    uint64_t job;

    fake.on = read_input;
    cr_assert(eq(int, par_run(client, &f, PAR_NO_ARGS, &o, &job, &err), 0));
    cr_assert(
        eq(int, par_write(client, job, text, sizeof text, true, -1, &err), 0));
    cr_assert(eq(int, par_wait(client, job, -1, &r, &err), 0));
    cr_assert(eq(u64, input_len, sizeof text));
    cr_assert(eq(int, input_asked, true));
    cr_assert(eq(int, par_write(client, job, text, 1, true, -1, &err), -1));
    cr_assert(eq(int, err.code, EPIPE));
}

/* Grants when it is pinged. */
static bool grant_late(struct fake *f, struct link_msg *m)
{
    static uint64_t job;

    if (m->wire.head.type == WIRE_RUN)
        job = m->wire.head.id;
    else if (m->wire.head.type == WIRE_PING)
        grant_input(f, job, 1000);
    else if (m->wire.head.type == WIRE_STREAM)
        fake_answer(f, job, 0, 2, NULL, 0);
    return m->wire.head.type != WIRE_PING && job != 0;
}

/* Whoever is to hear it may not have begun: sent too early it is lost, and a
 * command waits for the end of its input for ever. */
Test(input, the_end_of_an_empty_input_waits_for_credit_too)
{
    struct par_run_options o = {.input = true};
    struct par_function f = fake_function(client, "never");
    struct par_result r;
    uint64_t job;

    fake.on = grant_late;
    cr_assert(eq(int, par_run(client, &f, PAR_NO_ARGS, &o, &job, &err), 0));
    cr_assert(eq(int, par_write(client, job, "", 0, true, 10, &err), -1));
    cr_assert(eq(int, err.code, ETIMEDOUT));
    cr_assert(eq(int, par_ping(client, NULL, 0, -1, NULL, &err), 0));
    cr_assert(eq(int, par_write(client, job, "", 0, true, -1, &err), 0));
    cr_assert(eq(int, par_wait(client, job, -1, &r, &err), 0));
}

Test(input, a_job_that_does_not_read_times_out_the_writer)
{
    struct par_function f = fake_function(client, "never");
    uint64_t job;

    par_run(client, &f, PAR_NO_ARGS, NULL, &job, &err);
    cr_assert(eq(int, par_write(client, job, "x", 1, false, 10, &err), -1));
    cr_assert(eq(int, err.code, ETIMEDOUT));
}
