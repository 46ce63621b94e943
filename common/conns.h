/* conns.h - the connections of a link server: tables, no socket
 *
 *             (first message)
 *                   |
 *                   v    its fd was closed
 *                 LIVE ----------------------> SUSPECT
 *                   |  <----------------------    |
 *                   |      it still takes         |
 *                   |         messages            |
 *                   '------------> DEAD <---------'
 *                     it takes no message any more
 *
 * libzmq tells that an fd was closed before it takes the connection down, and
 * by then the fd's number may belong to another connection.  So a closed fd
 * only makes suspects, and a message that cannot be sent is the proof.
 */
#ifndef PAR_COMMON_CONNS_H
#define PAR_COMMON_CONNS_H

#include <stdbool.h>
#include <stdint.h>

#include "backlog.h"
#include "idmap.h"
#include "link.h"
#include "list.h"

enum { CONNS_MAX = 1 << 20 };

enum conn_state { CONN_LIVE, CONN_SUSPECT, CONN_DEAD };

struct conn {
    uint64_t number;  /* serial * CONNS_MAX + place */
    uint32_t routing; /* of the library's making; never told to anybody */
    int fd;           /* -1 on inproc */
    enum conn_state state;
    bool mute;               /* cut off: what it sends is dropped */
    bool to_shut;            /* and its socket is to be shut down soon */
    bool forgotten;          /* and nobody wants to hear of its end */
    unsigned ticks;          /* under suspicion */
    unsigned probe_at;       /* at this many ticks the next probe is due */
    uint64_t dead_since;     /* in ms of its owner's clock */
    struct list link;        /* among the suspects, or the dead */
    struct conn *next_on_fd; /* others that were first heard on this fd */
    struct backlog *backlog; /* NULL: nothing large was sent yet */
    struct link_peer peer;
};

/* What the last event about an fd of libzmq's was. */
enum conn_fd_state { CONN_FD_UNHEARD_OF, CONN_FD_OPEN, CONN_FD_CLOSED };

struct conn_fd {
    struct conn *first;
    enum conn_fd_state state;
};

struct conns {
    struct conn **places;
    uint32_t *free_places;
    uint32_t size;
    uint32_t free_count;
    uint64_t serial;
    struct idmap by_routing;
    struct conn_fd *fds; /* by number */
    size_t fds_size;
    unsigned open_fds;
    struct list suspects;
    struct list dead;
};

void conns_init(struct conns *t);
void conns_clear(struct conns *t);

/* Add a live connection, or a suspect if its fd is closed already.  NULL if
 * out of memory or of places. */
struct conn *conns_add(struct conns *t,
                       uint32_t routing,
                       int fd,
                       const struct link_peer *peer);

/* Forget it; its memory is freed. */
void conns_remove(struct conns *t, struct conn *c);

struct conn *conns_by_routing(const struct conns *t, uint32_t routing);

/* NULL for one that is forgotten, too. */
struct conn *conns_by_number(const struct conns *t, uint64_t number);

/* An fd was opened, or closed: then all that were heard on it are suspects. */
void conns_fd_opened(struct conns *t, int fd);
void conns_fd_closed(struct conns *t, int fd);
bool conns_fd_is_closed(const struct conns *t, int fd);

void conns_suspect(struct conns *t, struct conn *c);
void conns_acquit(struct conn *c);
void conns_bury(struct conns *t, struct conn *c);

#endif
