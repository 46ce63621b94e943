/* looping.h - a client of a fake broker in an event loop */
#ifndef PAR_TESTS_UNIT_LOOPING_H
#define PAR_TESTS_UNIT_LOOPING_H

#include <poll.h>
#include <semaphore.h>

#include "calling.h"
#include "meta_keys.h"

static struct pollfd news;

static inline void open_loop(void)
{
    open_client();
    news = (struct pollfd){.fd = par_fd(client), .events = POLLIN};
}

static inline bool say_one_word(struct fake *f, struct link_msg *m)
{
    struct meta_writer meta = {0};
    uint64_t id = m->wire.head.id;

    if (m->wire.head.type == WIRE_RUN) {
        meta_put_map(&meta, 1);
        meta_pair_int(&meta, KEY_STREAM_NUMBER, 1);
        fake_say(f, WIRE_STREAM, WIRE_FINAL, id, 0, &meta, "one", 3);
        return true;
    }
    if (m->wire.head.type == WIRE_CANCEL) {
        fake_answer(f, id, PAR_CANCELLED, 1, NULL, 0);
        return true;
    }
    return false;
}

static sem_t may_answer;

/* `echo` is answered when the test says so, `never` not even by credit. */
static inline bool answer_when_told(struct fake *f, struct link_msg *m)
{
    if (m->wire.head.type != WIRE_RUN)
        return false;
    if ((m->wire.head.ref & UINT32_MAX) == FAKE_ECHO) {
        sem_wait(&may_answer);
        fake_answer(f, m->wire.head.id, 0, 2, NULL, 0);
    }
    return true;
}

static inline void send_one(const struct par_function *f)
{
    uint64_t job;

    cr_assert(eq(int, par_run(client, f, PAR_NO_ARGS, NULL, &job, &err), 0));
    cr_assert(eq(int, par_flush(client, &err), 0));
}

static inline void come_to_rest(void)
{
    do
        cr_assert(eq(int, par_process(client, &err), 0));
    while (poll(&news, 1, 0) > 0);
}

static inline void take_one(void)
{
    struct par_result r;

    cr_assert(eq(int, par_wait_any(client, NULL, 0, 0, &r, &err), 0));
    par_result_clear(&r);
}

static inline bool say_one_word_first(struct fake *f, struct link_msg *m)
{
    if (m->wire.head.type == WIRE_RUN &&
        (m->wire.head.ref & UINT32_MAX) == FAKE_ECHO)
        say_one_word(f, m);
    return answer_when_told(f, m);
}

#endif
