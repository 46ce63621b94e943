/* link_server_watch.c - what libzmq says of descriptors, and marks for the end
 *
 * A descriptor's number may be another's by now: nothing is shut down whose
 * other end is not who it was.
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

#include "clock.h"
#include "link_server.h"
#include "log.h"

enum {
    TICK_MS = 8,    /* between looks at suspects */
    RESERVE = 1024, /* descriptors that connections leave for all else */
    REFUSAL_PAUSE_MS = 10000
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

/* ---- marks ---- */

void link_server_tick(struct link_server *s, bool on)
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
    link_server_tick(s, true);
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
    link_server_tick(s, true);
}
