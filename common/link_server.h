/* link_server.h - what is inside a link server
 *
 * Private to link_server*.c: link_server.c opens, listens, receives and sends;
 * link_server_end.c watches descriptors and sees connections to their end.
 */
#ifndef PAR_LINK_SERVER_H
#define PAR_LINK_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "conns.h"
#include "doorstep.h"
#include "link_socket.h"
#include "listener.h"
#include "monitor.h"

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

/* How many connections the limit of descriptors leaves room for. */
unsigned link_server_room(void);

/* Take in what became of descriptors. */
void link_server_watch(struct link_server *s);

/* Shut a socket down, if it is still the one of that peer. */
void link_server_shut(struct link_server *s, int fd, const char *address);

/* Takes first, as link_send_frames(). */
int link_server_send_to(struct link_server *s,
                        struct conn *c,
                        zmq_msg_t *first,
                        zmq_msg_t *second);

/* It takes no message any more. */
void link_server_bury(struct link_server *s, struct conn *c);

#endif
