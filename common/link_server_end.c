/* link_server_end.c - the end of connections: suspected, proved, told */
#include "config.h"

#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "link_server.h"
#include "log.h"

enum {
    TICKS_MAX = 1024, /* after that many a suspect is acquitted: 8 s */
    CUT_TICKS = 4,    /* what was said last has that long to leave */
    UNREAD_MS = 4000, /* so long a dead peer's last words are waited for */
    PROBE_TYPE = WIRE_TYPES /* advisory: receivers ignore it */
};

/* Send what every receiver ignores, to see whether it can be sent. */
static void probe(struct link_server *s, struct conn *c)
{
    struct wire_header head = {.type = PROBE_TYPE};
    zmq_msg_t frame;

    if (zmq_msg_init_size(&frame, WIRE_HEADER) != 0)
        return;
    wire_put_header(zmq_msg_data(&frame), &head);
    link_server_send_to(s, c, &frame, NULL);
}

/* Shut down what was cut off; else probe at 0, 1, 2, 4, 8 ... ticks. */
static void look_at(struct link_server *s, struct conn *c)
{
    if (c->to_shut) {
        if (c->ticks < CUT_TICKS)
            return;
        c->to_shut = false;
        c->ticks = 0;
        link_server_shut(s, c->fd, c->peer.address);
    }
    if (c->ticks < c->probe_at)
        return;
    c->probe_at = c->ticks ? 2 * c->ticks : 1;
    probe(s, c);
    if (c->state == CONN_SUSPECT && c->ticks >= TICKS_MAX)
        conns_acquit(c);
}

static void look_at_suspects(struct link_server *s)
{
    uint64_t ticks = 0;
    struct list *next;

    if (read(s->timer, &ticks, sizeof ticks) != sizeof ticks)
        ticks = 0;
    for (struct list *p = s->conns.suspects.next; p != &s->conns.suspects;
         p = next) {
        struct conn *c = LIST_ENTRY(p, struct conn, link);

        next = p->next;
        c->ticks += (unsigned)ticks;
        look_at(s, c);
    }
}

static bool has_input(struct link_server *s)
{
    int events = 0;
    size_t size = sizeof events;

    return zmq_getsockopt(s->router, ZMQ_EVENTS, &events, &size) == 0 &&
           (events & ZMQ_POLLIN);
}

/* The dead connection to be told next; NULL if none is, or not yet. */
static struct conn *next_dead(struct link_server *s)
{
    struct conn *c;

    if (list_is_empty(&s->conns.dead))
        return NULL;
    c = LIST_ENTRY(s->conns.dead.next, struct conn, link);
    /* What it has sent may have come in just now, before its end.  In a flood
     * from others there is always something, so that has a limit. */
    if (has_input(s) && clock_ms() - c->dead_since < UNREAD_MS)
        return NULL;
    return c;
}

void link_server_hurry(struct link_server *s, uint32_t patience_ms)
{
    s->patience = patience_ms;
}

void link_server_welcome(struct link_server *s, uint64_t conn)
{
    struct conn *c = conns_by_number(&s->conns, conn);

    if (c && c->state == CONN_LIVE)
        doorstep_leave(&s->doorstep, c->fd);
}

uint64_t link_server_deadline(struct link_server *s)
{
    uint64_t came = doorstep_oldest(&s->doorstep);

    return came == UINT64_MAX ? came : came + s->patience + 1;
}

static void clear_doorstep(struct link_server *s)
{
    uint64_t now = clock_ms();
    int fd;

    while (now > s->patience &&
           doorstep_overdue(&s->doorstep, now - s->patience, &fd)) {
        log_line(LOG_INFO, "a connection was not let in for %u ms: cut off",
                 s->patience);
        shutdown(fd, SHUT_RDWR);
    }
}

bool link_server_gone(struct link_server *s, uint64_t *conn)
{
    struct conn *c;
    bool told = false;

    link_server_watch(s);
    clear_doorstep(s);
    if (list_is_empty(&s->conns.suspects) && list_is_empty(&s->conns.dead)) {
        link_server_tick(s, false);
        return false;
    }
    link_server_tick(s, true);
    look_at_suspects(s);
    while (!told && (c = next_dead(s))) {
        *conn = c->number;
        told = !c->forgotten;
        conns_remove(&s->conns, c);
    }
    return told;
}

void link_server_drop(struct link_server *s, uint64_t conn)
{
    struct conn *c = conns_by_number(&s->conns, conn);

    if (!c)
        return;
    if (c->mute) {
        c->forgotten = true; /* it stays mute until it is gone */
    } else {
        if (s->patience && c->fd >= 0 && c->state == CONN_LIVE)
            doorstep_come(&s->doorstep, c->fd, clock_ms());
        conns_remove(&s->conns, c);
    }
}
