/* test_client_stream.c - output of commands, under credit */
#include "config.h"

#include <semaphore.h>
#include <string.h>

#include "calling.h"
#include "credit.h"

enum { WINDOW = 64 * 1024 };

static char heard[64];
static uint64_t total;

TestSuite(streams, .init = open_client, .fini = close_client, .timeout = 20);

/* "1:text" for each piece, "1." for an end. */
static int hear(
    void *context, uint64_t job, int stream, const void *data, size_t len)
{
    size_t n = strlen(heard);

    (void)context;
    (void)job;
    total += len;
    if (n + len + 4 < sizeof heard)
        snprintf(heard + n, sizeof heard - n, "%d%c%.*s", stream,
                 len > 0 ? ':' : '.', (int)len, (const char *)data);
    return 0;
}

/* Call a function; this is how the broker, and its worker, see to that. */
static int call_with(fake_f *broker)
{
    struct par_function f = fake_function(client, "never");
    struct par_result r;

    fake.on = broker;
    return par_call(client, &f, PAR_NO_ARGS, &r, &err);
}

static void stream(struct fake *f,
                   uint64_t job,
                   int which,
                   uint64_t offset,
                   const char *data,
                   size_t len,
                   bool last)
{
    struct meta_writer w = {0};

    meta_put_map(&w, 1);
    meta_pair_int(&w, 1, which);
    fake_say(f, WIRE_STREAM, last ? WIRE_FINAL : 0, job, offset, &w, data, len);
}

static bool talk(struct fake *f, struct link_msg *m)
{
    uint64_t id = m->wire.head.id;

    if (m->wire.head.type != WIRE_RUN)
        return false;
    stream(f, id, 1, 0, "one", 3, false);
    stream(f, id, 2, 0, "oh", 2, true);
    stream(f, id, 1, 3, "two", 3, true);
    fake_answer(f, id, 0, 2, NULL, 0);
    return true;
}

Test(streams, output_comes_in_order_before_the_result)
{
    par_on_stream(client, hear, NULL);
    cr_assert(eq(int, call_with(talk), 0));
    cr_assert(eq(str, heard, "1:one2:oh2.1:two1."));
}

/* ---- jobs that are run again ---- */

/* Says nothing on standard output, and dies; then it does. */
static bool talk_at_last(struct fake *f, struct link_msg *m)
{
    uint64_t id = m->wire.head.id;

    if (m->wire.head.type != WIRE_RUN)
        return false;
    stream(f, id, 1, 0, "", 0, true);
    stream(f, id, 2, 0, "oh", 2, true);
    stream(f, id, 1, 0, "hi", 2, true);
    stream(f, id, 2, 0, "", 0, true);
    fake_answer(f, id, 0, 2, NULL, 0);
    return true;
}

/* "1!" */
static void hear_again(void *context, uint64_t job, int stream)
{
    size_t n = strlen(heard);

    (void)context;
    (void)job;
    snprintf(heard + n, sizeof heard - n, "%d!", stream);
}

Test(streams, a_stream_that_begins_again_is_told)
{
    par_on_stream(client, hear, NULL);
    par_on_restart(client, hear_again, NULL);
    cr_assert(eq(int, call_with(talk_at_last), 0));
    /* What of the first attempt was not handed out yet is not any more. */
    cr_assert(ne(ptr, strstr(heard, "1!1:hi1.2!2."), NULL), "%s", heard);
}

Test(streams, a_stream_that_ended_empty_may_begin_again)
{
    par_on_stream(client, hear, NULL);
    cr_assert(eq(int, call_with(talk_at_last), 0));
    /* What of the first attempt was not handed out yet is not any more. */
    cr_assert(ne(ptr, strstr(heard, "1:hi1.2."), NULL), "%s", heard);
}

/* ---- credit ---- */

static int refuse(
    void *context, uint64_t job, int stream, const void *d, size_t n)
{
    (void)context;
    (void)job;
    (void)stream;
    (void)d;
    (void)n;
    return -1;
}

/* Writes as long as it may, and ends when it is cancelled. */
static struct writer {
    uint64_t job;
    uint64_t sent;
    uint64_t granted;
    uint64_t limit;
} writer;

static void write_on(struct fake *f)
{
    static char block[16 * 1024];

    while (writer.sent + sizeof block <= writer.granted &&
           writer.sent < writer.limit) {
        stream(f, writer.job, 1, writer.sent, block, sizeof block,
               writer.sent + sizeof block == writer.limit);
        writer.sent += sizeof block;
    }
    if (writer.sent == writer.limit)
        fake_answer(f, writer.job, 0, 2, NULL, 0);
}

static bool write_much(struct fake *f, struct link_msg *m)
{
    struct meta_reader r;
    struct meta_value v;

    switch (m->wire.head.type) {
    case WIRE_RUN:
        writer.job = m->wire.head.id;
        writer.granted = WINDOW;
        write_on(f);
        return true;
    case WIRE_CREDIT:
        if (m->wire.head.id != writer.job || writer.job == 0)
            return false;
        meta_find(m->wire.meta, m->wire.head.meta_len, 1, &v, &r);
        for (int i = 0; i < 4; i++)
            meta_next(&r, &v);
        writer.granted = v.u;
        write_on(f);
        return true;
    case WIRE_CANCEL:
        fake_answer(f, m->wire.head.id, PAR_CANCELLED, 1, NULL, 0);
        return true;
    default:
        return false;
    }
}

Test(streams, credit_follows_what_was_handed_out)
{
    writer.limit = 4 * 1024 * 1024;
    par_on_stream(client, hear, NULL);
    cr_assert(eq(int, call_with(write_much), 0));
    cr_assert(eq(u64, total, writer.limit));
}

Test(streams, nobody_who_listens_still_lets_it_run)
{
    writer.limit = 1024 * 1024;
    cr_assert(eq(int, call_with(write_much), 0));
}

Test(streams, a_listener_that_refuses_cancels_the_job)
{
    writer.limit = UINT64_C(1) << 40;
    par_on_stream(client, refuse, NULL);
    cr_assert(eq(int, call_with(write_much), -1));
    cr_assert(eq(int, err.code, PAR_CODE(PAR_CANCELLED)));
}

static bool write_too_much(struct fake *f, struct link_msg *m)
{
    static char block[WINDOW + 1];

    if (m->wire.head.type != WIRE_RUN)
        return false;
    stream(f, m->wire.head.id, 1, 0, block, sizeof block, false);
    return true;
}

Test(streams, a_broker_that_goes_beyond_its_credit_is_left)
{
    cr_assert(eq(int, call_with(write_too_much), -1));
    cr_assert(eq(int, err.code, PAR_CODE(PAR_LOST)));
}

static bool skip_an_octet(struct fake *f, struct link_msg *m)
{
    if (m->wire.head.type != WIRE_RUN)
        return false;
    stream(f, m->wire.head.id, 1, 0, "one", 3, false);
    stream(f, m->wire.head.id, 1, 4, "two", 3, true);
    return true;
}

Test(streams, output_with_a_hole_in_it_is_not_handed_out)
{
    par_on_stream(client, hear, NULL);
    cr_assert(eq(int, call_with(skip_an_octet), -1));
    cr_assert(eq(int, err.code, PAR_CODE(PAR_LOST)));
    cr_assert(ne(ptr, strstr(err.text, "is missing"), NULL), "%s", err.text);
    cr_assert(eq(str, heard, "1:one"));
}

/* The linker puts this between our code and the allocator. */
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

static _Thread_local bool is_used_up;

void *__wrap_calloc(size_t count, size_t size)
{
    return is_used_up ? NULL : __real_calloc(count, size);
}

static int use_memory_up(
    void *context, uint64_t job, int stream, const void *data, size_t len)
{
    is_used_up = true;
    return hear(context, job, stream, data, len);
}

Test(streams, output_that_there_is_no_memory_for_is_no_end)
{
    writer.limit = 1024 * 1024;
    par_on_stream(client, use_memory_up, NULL);
    cr_assert(eq(int, call_with(write_much), -1));
    is_used_up = false;
    cr_assert(eq(int, err.code, PAR_CODE(PAR_LOST)));
    cr_assert(ne(ptr, strstr(err.text, "out of memory"), NULL), "%s", err.text);
}

/* A first attempt writes a little, the next one as much as it may at once, and
 * then on. */
static sem_t said;

static bool write_again(struct fake *f, struct link_msg *m)
{
    static char block[WINDOW];

    if (m->wire.head.type != WIRE_RUN)
        return write_much(f, m);
    writer = (struct writer){.job = m->wire.head.id,
                             .sent = WINDOW,
                             .granted = WINDOW,
                             .limit = writer.limit};
    stream(f, writer.job, 1, 0, block, WINDOW / 4, false);
    stream(f, writer.job, 1, 0, block, WINDOW, false);
    sem_post(&said);
    return true;
}

Test(streams, what_an_attempt_wrote_is_no_credit_for_the_next)
{
    struct par_function f = fake_function(client, "never");
    struct par_result r;
    uint64_t job;

    fake.on = write_again;
    writer.limit = 1024 * 1024;
    sem_init(&said, 0, 0);
    par_on_stream(client, hear, NULL);
    cr_assert(eq(int, par_run(client, &f, PAR_NO_ARGS, NULL, &job, &err), 0));
    cr_assert(eq(int, par_flush(client, &err), 0));
    /* Both attempts wait in the socket: the second one finds the octets of the
     * first not handed out yet. */
    sem_wait(&said);
    cr_assert(eq(int, par_wait(client, job, 5000, &r, &err), 0));
    cr_assert(eq(u64, total, writer.limit), "of the last attempt, and no more");
}

/* The second attempt is granted what was meant for the first. */
static bool write_on_late_credit(struct fake *f, struct link_msg *m)
{
    static char block[WINDOW + 1];
    static int credits;
    uint64_t id = m->wire.head.id;

    if (m->wire.head.type == WIRE_RUN) {
        stream(f, id, 1, 0, block, WINDOW, false);
        return true;
    }
    if (m->wire.head.type != WIRE_CREDIT || id == 0 || credits++ > 0)
        return false;
    stream(f, id, 1, 0, block, WINDOW + 1, true);
    stream(f, id, 2, 0, "", 0, true);
    fake_answer(f, id, 0, 2, NULL, 0);
    return true;
}

Test(streams, a_grant_for_one_attempt_may_reach_the_next)
{
    par_on_stream(client, hear, NULL);
    cr_assert(eq(int, call_with(write_on_late_credit), 0), "%s", err.text);
}
