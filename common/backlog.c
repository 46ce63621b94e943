/* backlog.c - messages that count themselves until libzmq lets go of them */
#include "config.h"

#include "backlog.h"

#include <stdatomic.h>
#include <stdlib.h>

struct backlog {
    atomic_size_t octets;
    atomic_size_t users; /* messages, and the connection */
};

struct wrapping {
    struct backlog *backlog;
    zmq_msg_t message;
};

struct backlog *backlog_create(void)
{
    struct backlog *b = malloc(sizeof *b);

    if (!b)
        return NULL;
    atomic_init(&b->octets, 0);
    atomic_init(&b->users, 1);
    return b;
}

void backlog_leave(struct backlog *b)
{
    if (b && atomic_fetch_sub(&b->users, 1) == 1)
        free(b);
}

static void unwrap(void *data, void *hint)
{
    struct wrapping *w = hint;

    (void)data;
    atomic_fetch_sub(&w->backlog->octets, zmq_msg_size(&w->message));
    backlog_leave(w->backlog);
    zmq_msg_close(&w->message);
    free(w);
}

void backlog_add(struct backlog *b, zmq_msg_t *message)
{
    struct wrapping *w = malloc(sizeof *w);
    size_t len = zmq_msg_size(message);
    zmq_msg_t outer;

    if (!w)
        return;
    w->backlog = b;
    zmq_msg_init(&w->message);
    zmq_msg_move(&w->message, message);
    if (zmq_msg_init_data(&outer, zmq_msg_data(&w->message), len, unwrap, w)) {
        zmq_msg_move(message, &w->message);
        free(w);
        return;
    }
    atomic_fetch_add(&b->octets, len);
    atomic_fetch_add(&b->users, 1);
    zmq_msg_move(message, &outer);
}

size_t backlog_octets(const struct backlog *b)
{
    return b ? atomic_load(&b->octets) : 0;
}
