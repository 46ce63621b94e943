/* pump.c - poll, receive, tell the others
 *
 * The lock is not held while the socket is polled; an eventfd wakes whoever
 * does when another thread has something to send.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "handle.h"
#include "line.h"
#include "pump.h"
#include "receive.h"
#include "send.h"
#include "session.h"
#include "stream.h"

enum {
    RECEIVE_AT_ONCE = 256,      /* messages between two looks at the waiters */
    SLEEP_AT_MOST = 3600 * 1000 /* ms */
};

void client_unpoke(struct par_client *c)
{
    uint64_t count;

    if (read(c->wake, &count, sizeof count) > 0)
        c->poked = false;
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
    line_polled(c);
    if (items[n].revents)
        client_unpoke(c);
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
    bool any;

    if (c->polling || (c->delivering && c->state == CLIENT_LOST)) {
        wait_for_news(c, deadline);
        return;
    }
    client_flush(c);
    any = client_receive(c);
    if (!any && c->state != CLIENT_LOST) {
        doze(c, deadline);
        client_flush(c);
        any = client_receive(c);
    }
    if (any)
        line_tell(c);
    /* Also when nothing came: somebody else must take the pump's place. */
    if (c->waiting > 0)
        pthread_cond_broadcast(&c->news);
    client_stream_deliver(c);
}
