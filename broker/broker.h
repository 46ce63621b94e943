/* broker.h - the broker as one thing that is polled and turned
 *
 * It has no loop, so that a daemon gives it one and the embedded mode can put
 * broker and worker in the same.  One thread at a time.
 */
#ifndef PAR_BROKER_BROKER_H
#define PAR_BROKER_BROKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <zmq.h>

#include <par/error.h>

#include "sched.h"
#include "zap.h"

struct broker;

struct broker_settings {
    struct sched_limits limits;    /* 0: the defaults */
    const char *authorized;        /* the file; NULL: no keys, no tcp */
    const uint8_t *secret_key;     /* of the tcp endpoints; NULL: no tcp */
    const uint8_t *public_key;     /* for STATUS */
    struct zap *zap;               /* told when the list changes; NULL: none */
    uid_t owner;                   /* may do everything on ipc */
    const char *blob_dir;          /* where files on their way lie; unlinked */
    uint64_t blob_cap;             /* octets of an account's; 0: 2 GiB; of
                                      all accounts' twice that */
    uint32_t heartbeat_ms;         /* to workers; 0: 2000 */
    uint32_t hello_ms;             /* from connecting to HELLO; 0: 5000 */
    uint32_t max_sessions;         /* in all; 0: 10000 */
    uint32_t max_account_sessions; /* 0: 1000 */
    const char *const *advertise;  /* what tickets shall say; NULL-ended */
};

/* `router` is a fresh ROUTER socket of `context`, raw, that stays the
 * caller's. */
struct broker *broker_create(void *context,
                             void *router,
                             const struct broker_settings *settings,
                             uint64_t now,
                             struct par_error *err);
void broker_destroy(struct broker *b); /* NULL allowed */

/* Listen; `actual` (may be NULL) gets the endpoint as bound. */
int broker_listen(struct broker *b,
                  const char *endpoint,
                  char *actual,
                  size_t size,
                  struct par_error *err);

/* What to poll, BROKER_POLL items at most; and until when. */
enum { BROKER_POLL = 4 };
int broker_poll(struct broker *b, zmq_pollitem_t *items);
uint64_t broker_deadline(const struct broker *b);

/* One turn: take what has come, decide, carry out, send.  Returns true if
 * there is more to take: do not sleep. */
bool broker_turn(struct broker *b, uint64_t now);

/* Read the list of authorized keys again (SIGHUP). */
void broker_reload(struct broker *b);

/* No new work, and what waits is handed back; broker_idle() is true when what
 * ran has ended, its clients have taken the results, and what was to be closed
 * is closed. */
void broker_drain(struct broker *b);
bool broker_idle(const struct broker *b);

/* Say goodbye to everybody: nothing is sent afterwards. */
void broker_goodbye(struct broker *b);

#endif
