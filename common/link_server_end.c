/* link_server_end.c - the end of connections
 *
 * What libzmq says about descriptors is watched, suspects are probed, what
 * was cut off is shut down, and more connections than there is room for are
 * not kept.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "clock.h"
#include "link_server.h"
#include "log.h"

enum {
    TICK_MS = 8,      /* between looks at suspects */
    TICKS_MAX = 1024, /* after that many a suspect is acquitted: 8 s */
    CUT_TICKS = 4,    /* what was said last has that long to leave */
    RESERVE = 1024,   /* descriptors that connections leave for all else */
    REFUSAL_PAUSE_MS = 10000,
    UNREAD_MS = 4000, /* so long a dead peer's last words are waited for */
    PROBE_TYPE = WIRE_TYPES /* advisory: receivers ignore it */
};

#define NO_ROOM                                                                \
    "the limit of open files is near, raise it (ulimit -n, LimitNOFILE=)"

/* ---- descriptors ---- */

/* Descriptors that are in use. */
static unsigned count_open(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned n = 0;

    while (dir && readdir(dir))
        n++;
    if (dir)
        closedir(dir);
    return n;
}

unsigned link_server_room(void)
{
    struct rlimit limit;
    rlim_t reserve;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > CONNS_MAX)
        return CONNS_MAX;
    reserve = limit.rlim_cur / 4 < RESERVE ? limit.rlim_cur / 4 : RESERVE;
    reserve += count_open();
    return limit.rlim_cur > reserve ? (unsigned)(limit.rlim_cur - reserve) : 1;
}

/* A flood writes one line in ten seconds. */
static void say_refusal(struct link_server *s, const char *why)
{
    uint64_t now = clock_ms();

    if (s->refusal_said && now - s->refusal_said < REFUSAL_PAUSE_MS)
        return;
    s->refusal_said = now;
    log_line(LOG_WARN, "refuses connections: %s connections=%u room=%u", why,
             s->conns.open_fds, s->conns_most);
}

/* At the limit of descriptors libzmq's I/O thread would spin, and starve
 * those who are in: so connections beyond what there is room for end at once.
 * Should the fd be another's by now, that one comes again. */
static void accepted(struct link_server *s, int fd)
{
    conns_fd_opened(&s->conns, fd);
    doorstep_leave(&s->doorstep, fd);
    if (s->patience)
        doorstep_come(&s->doorstep, fd, clock_ms());
    if (s->conns.open_fds <= s->conns_most)
        return;
    say_refusal(s, NO_ROOM);
    shutdown(fd, SHUT_RDWR);
}

static void closed(struct link_server *s, int fd)
{
    conns_fd_closed(&s->conns, fd);
    doorstep_leave(&s->doorstep, fd);
}

void link_server_watch(struct link_server *s)
{
    uint16_t event;
    uint32_t value;

    while (monitor_next(&s->monitor, &event, &value)) {
        if (event == ZMQ_EVENT_ACCEPTED)
            accepted(s, (int)value);
        else if (event == ZMQ_EVENT_DISCONNECTED)
            closed(s, (int)value);
        else if (event == ZMQ_EVENT_ACCEPT_FAILED)
            say_refusal(s, value == EMFILE || value == ENFILE
                               ? NO_ROOM
                               : strerror((int)value));
    }
}

/* True if the fd is still the peer's: numbers are used again. */
static bool fd_is(int fd, const char *address)
{
    struct sockaddr_storage name;
    socklen_t len = sizeof name;
    struct ucred cred;
    socklen_t cred_len = sizeof cred;
    char text[NI_MAXHOST + 64];

    if (getpeername(fd, (struct sockaddr *)&name, &len) != 0)
        return false;
    if (name.ss_family == AF_UNIX) {
        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &cred_len) != 0)
            return false;
        snprintf(text, sizeof text, "localhost:%lu:%lu:%ld",
                 (unsigned long)cred.uid, (unsigned long)cred.gid,
                 (long)cred.pid);
    } else if (getnameinfo((struct sockaddr *)&name, len, text, sizeof text,
                           NULL, 0, NI_NUMERICHOST) != 0) {
        return false;
    }
    return strcmp(text, address) == 0;
}

void link_server_shut(struct link_server *s, int fd, const char *address)
{
    if (fd < 0)
        return;
    link_server_watch(s);
    if (!conns_fd_is_closed(&s->conns, fd) && fd_is(fd, address))
        shutdown(fd, SHUT_RDWR);
}

/* ---- suspects, and the dead ---- */

static void tick(struct link_server *s, bool on)
{
    long ns = on ? TICK_MS * 1000000L : 0;
    struct itimerspec spec = {.it_interval = {.tv_nsec = ns},
                              .it_value = {.tv_nsec = ns}};

    if (s->ticking != on)
        timerfd_settime(s->timer, 0, &spec, NULL);
    s->ticking = on;
}

void link_server_bury(struct link_server *s, struct conn *c)
{
    if (c->state == CONN_DEAD)
        return;
    c->dead_since = clock_ms();
    conns_bury(&s->conns, c);
    tick(s, true);
}

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
        tick(s, false);
        return false;
    }
    tick(s, true);
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

void link_server_cut(struct link_server *s, uint64_t conn)
{
    struct conn *c = conns_by_number(&s->conns, conn);

    if (!c || c->mute)
        return;
    c->mute = true;
    if (c->fd < 0)
        return;
    /* A suspect's fd was closed, and may be another's by now. */
    c->to_shut = c->state == CONN_LIVE;
    conns_suspect(&s->conns, c);
    tick(s, true);
}
