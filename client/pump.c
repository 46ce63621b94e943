#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "handle.h"

enum {
    RECEIVE_AT_ONCE = 256,      /* messages between two looks at the waiters */
    SLEEP_AT_MOST = 3600 * 1000 /* ms */
};

void client_poke(struct par_client *c)
{
    uint64_t one = 1;

    if (!c->polling || c->poked)
        return;
    c->poked = true;
    if (write(c->wake, &one, sizeof one) < 0)
        c->poked = false; /* it is full, so it is set */
}

static void unpoke(struct par_client *c)
{
    uint64_t count;

    if (read(c->wake, &count, sizeof count) > 0)
        c->poked = false;
}

static void parcel_destroy(struct parcel *p)
{
    list_remove(&p->node);
    free(p->frame);
    if (p->has_second)
        zmq_msg_close(&p->second);
    free(p);
}

static int enqueue(struct par_client *c,
                   uint8_t *frame,
                   size_t len,
                   zmq_msg_t *second,
                   struct par_error *err)
{
    struct parcel *p = calloc(1, sizeof *p);

    if (!p) {
        free(frame);
        return par_fail(err, ENOMEM, "out of memory");
    }
    p->frame = frame;
    p->len = len;
    if (second) {
        zmq_msg_init(&p->second);
        zmq_msg_move(&p->second, second);
        p->has_second = true;
    }
    list_append(&c->outbox, &p->node);
    client_poke(c);
    return 0;
}

static int lost(struct par_client *c, struct par_error *err)
{
    return par_fail(err, c->trouble.code, "%s", c->trouble.text);
}

static int send_now(struct par_client *c,
                    uint8_t *frame,
                    size_t len,
                    zmq_msg_t *second,
                    struct par_error *err)
{
    if (link_client_send(c->link, frame, len, second) == 0)
        return 0;
    client_lose(c, ECONNRESET, "the connection broke");
    return lost(c, err);
}

int client_send(struct par_client *c,
                uint8_t *frame,
                size_t len,
                zmq_msg_t *second,
                struct par_error *err)
{
    if (!frame)
        return par_fail(err, ENOMEM, "out of memory");
    if (!c->link || c->state == CLIENT_LOST) {
        free(frame);
        return lost(c, err);
    }
    if (c->polling)
        return enqueue(c, frame, len, second, err);
    return send_now(c, frame, len, second, err);
}

int client_say(struct par_client *c,
               const struct wire_header *head,
               const struct meta_writer *meta,
               const void *item,
               size_t len,
               struct par_error *err)
{
    struct batch b = {0};
    uint8_t *frame;
    size_t size;

    if (meta && meta->failed)
        return par_fail(err, ENOMEM, "out of memory");
    batch_begin(&b, head, meta ? meta->data : NULL, meta ? meta->len : 0);
    if (item)
        batch_add_bare(&b, item, len);
    frame = batch_take(&b, &size);
    batch_clear(&b);
    return client_send(c, frame, size, NULL, err);
}

void client_flush(struct par_client *c)
{
    while (c->link && !list_is_empty(&c->outbox)) {
        struct parcel *p = LIST_ENTRY(c->outbox.next, struct parcel, node);
        uint8_t *frame = p->frame;

        p->frame = NULL;
        list_remove(&p->node);
        send_now(c, frame, p->len, p->has_second ? &p->second : NULL, NULL);
        parcel_destroy(p);
    }
    client_end_batch(c, NULL);
}

void client_drop_outbox(struct par_client *c)
{
    while (!list_is_empty(&c->outbox))
        parcel_destroy(LIST_ENTRY(c->outbox.next, struct parcel, node));
}

/* What has happened to the connection, once all it brought is read. */
static bool hear_events(struct par_client *c)
{
    bool any = false;

    while (c->link) {
        enum link_event event = link_client_event(c->link);

        if (event == LINK_NOTHING)
            break;
        client_link_event(c, event);
        any = true;
    }
    return any;
}

bool client_receive(struct par_client *c)
{
    struct link_msg m;
    int n = 0;

    while (n < RECEIVE_AT_ONCE && c->link && link_client_recv(c->link, &m)) {
        client_take(c, &m);
        link_msg_close(&m);
        n++;
    }
    if (n < RECEIVE_AT_ONCE && hear_events(c))
        n++;
    if (c->next_try && clock_ms() >= c->next_try)
        client_try(c, clock_ms());
    return n > 0;
}

/* Sleep until something arrives, we are poked, or `deadline`. */
static void doze(struct par_client *c, uint64_t deadline)
{
    zmq_pollitem_t items[LINK_POLL + 1];
    uint64_t now = clock_ms();
    uint64_t ms;
    int n = c->link ? link_client_poll(c->link, items) : 0;

    if (c->next_try && c->next_try < deadline)
        deadline = c->next_try;
    if (deadline <= now)
        return;
    ms = deadline - now < SLEEP_AT_MOST ? deadline - now : SLEEP_AT_MOST;
    items[n] = (zmq_pollitem_t){.fd = c->wake, .events = ZMQ_POLLIN};
    c->polling = true;
    pthread_mutex_unlock(&c->lock);
    zmq_poll(items, n + 1, (long)ms);
    pthread_mutex_lock(&c->lock);
    c->polling = false;
    if (items[n].revents)
        unpoke(c);
}

static void wait_for_news(struct par_client *c, uint64_t deadline)
{
    struct timespec at = {(time_t)(deadline / 1000),
                          (long)(deadline % 1000) * 1000000};

    c->waiting++;
    pthread_cond_timedwait(&c->news, &c->lock, &at);
    c->waiting--;
}

void client_turn(struct par_client *c, uint64_t deadline)
{
    if (c->polling || (c->delivering && c->state == CLIENT_LOST)) {
        wait_for_news(c, deadline);
        return;
    }
    client_flush(c);
    if (!client_receive(c) && c->state != CLIENT_LOST) {
        doze(c, deadline);
        client_flush(c);
        client_receive(c);
    }
    /* Also when nothing came: somebody else must take the pump's place. */
    if (c->waiting > 0)
        pthread_cond_broadcast(&c->news);
    client_stream_deliver(c);
}
