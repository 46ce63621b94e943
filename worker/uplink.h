/* uplink.h - the worker's connection to a broker, for as long as it lives
 *
 *            try              connected          welcome
 *   WAITING -----> CONNECTING ----------> GREETING -------> OPEN
 *      ^               | nobody answers       | refused       | lost, silent
 *      '---------------'----------------------'---------------'
 *
 * Endpoints are tried in turn, for ever.  A connection that was lost is
 * closed and another is opened, after 0.2 s, doubling to 10 s, give or take
 * half, so that nothing meant for the old session reaches the new one and a
 * broker that comes back is not met by all its workers at once.  What keeps
 * us out (an unknown key, say) is logged once, with the command that mends
 * it.
 */
#ifndef PAR_WORKER_UPLINK_H
#define PAR_WORKER_UPLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zmq.h>

#include <par/error.h>

#include "keys.h"
#include "link.h"

struct uplink_options {
    void *context;                /* of ZeroMQ, lent */
    const char *const *endpoints; /* NULL-ended, at least one; copied */
    const char *key;             /* our key file, made on first need; for tcp */
    const char *key_name;        /* and a name for a new one */
    const char *source;          /* connect from this address; NULL: any */
    const struct key_pair *pair; /* a ticket's, instead */
    const uint8_t *broker_key;   /* a ticket's, or NULL: known_brokers */
};

struct uplink;

struct uplink *uplink_create(const struct uplink_options *options,
                             struct par_error *err);

/* What was sent gets a moment to leave.  NULL is allowed. */
void uplink_destroy(struct uplink *u);

int uplink_poll(struct uplink *u, zmq_pollitem_t *items);
uint64_t uplink_deadline(const struct uplink *u);

enum uplink_event {
    UPLINK_NOTHING,
    UPLINK_GREET,   /* connected: send HELLO */
    UPLINK_MESSAGE, /* *m holds it: link_msg_close() it */
    UPLINK_LOST     /* the session is over; another try is on its way */
};

/* What has happened; call until UPLINK_NOTHING. */
enum uplink_event uplink_next(struct uplink *u,
                              uint64_t now,
                              struct link_msg *m);

/* The broker has welcomed us and will be silent no longer than this. */
void uplink_welcomed(struct uplink *u, uint64_t now, uint64_t heartbeat_ms);

/* The session is of no use: try again later.  Says nothing more. */
void uplink_give_up(struct uplink *u, uint64_t now);

/* The broker will not have us, for this reason: say it once, and try again
 * later. */
void uplink_refused(struct uplink *u, uint64_t now, const char *text);

/* The same of one that does not know us: says what mends that. */
void uplink_unknown(struct uplink *u, uint64_t now);

bool uplink_is_open(const struct uplink *u);

/* Send; takes `frame` whatever happens (NULL: out of memory), moves from
 * `second` if it is not NULL.  Without a connection it is dropped: then
 * UPLINK_LOST follows. */
void uplink_send(struct uplink *u,
                 uint8_t *frame,
                 size_t len,
                 zmq_msg_t *second);

#endif
