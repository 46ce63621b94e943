/* link_server.h - what is inside a link server
 *
 * Private to link_server*.c, from bottom to top:
 *
 *   link_server_watch.c   what becomes of descriptors; who is cut off or dead
 *   link_server_send.c    sending
 *   link_server_end.c     suspects are probed, the dead are told
 *   link_server.c         opening, listening, receiving
 */
#ifndef PAR_COMMON_LINK_SERVER_H
#define PAR_COMMON_LINK_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "conns.h"
#include "doorstep.h"
#include "link_socket.h"
#include "listener.h"
#include "monitor.h"

enum {
    LINK_ROUTING = 5, /* octets: 0 and four more, where libzmq makes it */
    /* Messages that a peer has not read.  Credit keeps those who ask in
     * order far below; beyond it is one who only asks, and never reads. */
    LINK_UNREAD = 32 * 1024,
    LINK_UNREAD_OCTETS = 512 * 1024 * 1024 /* likewise */
};

struct link_server {
    void *router; /* not ours */
    bool drained; /* see link_poll_item() */
    struct monitor monitor;
    int timer; /* runs while there are suspects or dead */
    bool ticking;
    struct conns conns;
    struct doorstep doorstep; /* accepted, and not welcome yet */
    uint32_t patience;        /* so many ms they may stay there; 0: for ever */
    unsigned conns_most;      /* accepted at once */
    uint64_t refusal_said;    /* when last, in ms; 0: never */
    struct listener *listeners;
};

/* ---- link_server_watch.c ---- */

/* How many connections the limit of descriptors leaves room for. */
unsigned link_server_room(void);

/* Take in what became of descriptors.  Connections beyond what there is room
 * for end at once. */
void link_server_watch(struct link_server *s);

/* Shut a socket down, if it is still the one of that peer. */
void link_server_shut(struct link_server *s, int fd, const char *address);

/* Let the timer run, or not. */
void link_server_tick(struct link_server *s, bool on);

/* It takes no message any more. */
void link_server_bury(struct link_server *s, struct conn *c);

/* ---- link_server_send.c ---- */

/* Takes first, as link_send_frames(). */
int link_server_send_to(struct link_server *s,
                        struct conn *c,
                        zmq_msg_t *first,
                        zmq_msg_t *second);

#endif
