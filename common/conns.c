/* conns.c - the connections of a link server: tables, no socket */
#include "config.h"

#include "conns.h"

#include <stdlib.h>
#include <string.h>

enum { FD_MAX = 1 << 24 };

void conns_init(struct conns *t)
{
    memset(t, 0, sizeof *t);
    list_init(&t->suspects);
    list_init(&t->dead);
}

void conns_clear(struct conns *t)
{
    for (uint32_t i = 0; i < t->size; i++)
        if (t->places[i]) {
            backlog_leave(t->places[i]->backlog);
            free(t->places[i]);
        }
    free(t->places);
    free(t->free_places);
    free(t->fds);
    idmap_clear(&t->by_routing);
    conns_init(t);
}

/* 0 is a legal routing id but not a legal key. */
static uint64_t routing_key(uint32_t routing)
{
    return (UINT64_C(1) << 32) | routing;
}

/* ---- fds ---- */

/* NULL for -1, and if out of memory. */
static struct conn_fd *fd_cell(struct conns *t, int fd)
{
    size_t size = t->fds_size ? t->fds_size : 64;
    struct conn_fd *more;

    if (fd < 0 || fd >= FD_MAX)
        return NULL;
    if ((size_t)fd < t->fds_size)
        return &t->fds[fd];
    while (size <= (size_t)fd)
        size *= 2;
    more = realloc(t->fds, size * sizeof *more);
    if (!more)
        return NULL;
    memset(more + t->fds_size, 0, (size - t->fds_size) * sizeof *more);
    t->fds = more;
    t->fds_size = size;
    return &t->fds[fd];
}

void conns_fd_opened(struct conns *t, int fd)
{
    struct conn_fd *cell = fd_cell(t, fd);

    if (!cell || cell->state == CONN_FD_OPEN)
        return;
    cell->state = CONN_FD_OPEN;
    t->open_fds++;
}

void conns_fd_closed(struct conns *t, int fd)
{
    struct conn_fd *cell = fd_cell(t, fd);

    if (!cell)
        return;
    if (cell->state == CONN_FD_OPEN)
        t->open_fds--;
    cell->state = CONN_FD_CLOSED;
    for (struct conn *c = cell->first; c; c = c->next_on_fd) {
        c->to_shut = false; /* the next on this fd may be a stranger to it */
        conns_suspect(t, c);
    }
}

bool conns_fd_is_closed(const struct conns *t, int fd)
{
    return fd >= 0 && (size_t)fd < t->fds_size &&
           t->fds[fd].state == CONN_FD_CLOSED;
}

static void leave_fd(struct conns *t, struct conn *c)
{
    struct conn **p;

    if (c->fd < 0)
        return;
    p = &t->fds[c->fd].first;
    while (*p != c)
        p = &(*p)->next_on_fd;
    *p = c->next_on_fd;
}

/* ---- adding and removing ---- */

static int more_places(struct conns *t)
{
    uint32_t size = t->size ? 2 * t->size : 16;
    struct conn **places;
    uint32_t *free_places;

    if (size > CONNS_MAX)
        return -1;
    places = realloc(t->places, size * sizeof *places);
    if (!places)
        return -1;
    t->places = places;
    free_places = realloc(t->free_places, size * sizeof *free_places);
    if (!free_places)
        return -1;
    t->free_places = free_places;
    for (uint32_t i = size; i-- > t->size;) {
        t->places[i] = NULL;
        t->free_places[t->free_count++] = i;
    }
    t->size = size;
    return 0;
}

struct conn *conns_add(struct conns *t,
                       uint32_t routing,
                       int fd,
                       const struct link_peer *peer)
{
    struct conn_fd *cell = fd_cell(t, fd);
    struct conn *c;
    uint32_t place;

    if ((fd >= 0 && !cell) || (t->free_count == 0 && more_places(t) != 0))
        return NULL;
    c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    place = t->free_places[t->free_count - 1];
    if (idmap_put(&t->by_routing, routing_key(routing), place) != 0) {
        free(c);
        return NULL;
    }
    t->free_count--;
    t->places[place] = c;
    c->number = ++t->serial * CONNS_MAX + place;
    c->routing = routing;
    c->fd = fd;
    c->peer = *peer;
    list_init(&c->link);
    if (cell) {
        c->next_on_fd = cell->first;
        cell->first = c;
        if (cell->state == CONN_FD_CLOSED)
            conns_suspect(t, c);
    }
    return c;
}

void conns_remove(struct conns *t, struct conn *c)
{
    uint32_t place = (uint32_t)(c->number % CONNS_MAX);

    idmap_take(&t->by_routing, routing_key(c->routing));
    leave_fd(t, c);
    list_remove(&c->link);
    t->places[place] = NULL;
    t->free_places[t->free_count++] = place;
    backlog_leave(c->backlog);
    free(c);
}

struct conn *conns_by_routing(const struct conns *t, uint32_t routing)
{
    uint32_t place = idmap_get(&t->by_routing, routing_key(routing));

    return place == IDMAP_NONE ? NULL : t->places[place];
}

struct conn *conns_by_number(const struct conns *t, uint64_t number)
{
    uint32_t place = (uint32_t)(number % CONNS_MAX);
    struct conn *c = place < t->size ? t->places[place] : NULL;

    return c && c->number == number && !c->forgotten ? c : NULL;
}

/* ---- suspicion ---- */

static void move_to(struct list *list, struct conn *c, enum conn_state state)
{
    list_remove(&c->link);
    list_append(list, &c->link);
    c->state = state;
}

void conns_suspect(struct conns *t, struct conn *c)
{
    if (c->state == CONN_DEAD)
        return;
    move_to(&t->suspects, c, CONN_SUSPECT);
    c->ticks = 0;
    c->probe_at = 0;
}

void conns_acquit(struct conn *c)
{
    list_remove(&c->link);
    c->state = CONN_LIVE;
}

void conns_bury(struct conns *t, struct conn *c)
{
    if (c->state != CONN_DEAD)
        move_to(&t->dead, c, CONN_DEAD);
}
