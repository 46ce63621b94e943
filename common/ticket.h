/* ticket.h - one file with all that a second host needs to come in
 *
 *     # for a worker named hostb; whoever has it is let in: keep it secret
 *     ticket
 *         version = 1
 *         name = "hostb"
 *         role = "worker"
 *         broker = "tcp://hosta:7270"        one line each
 *         broker-key = "40 characters of Z85"
 *     curve
 *         public-key = "40 characters"
 *         secret-key = "40 characters"
 *
 * Made by `parctl ticket`, 0600; the curve section is a key file's (keys.h).
 */
#ifndef PAR_COMMON_TICKET_H
#define PAR_COMMON_TICKET_H

#include <stddef.h>

#include <par/error.h>

#include "keys.h"

enum { TICKET_BROKERS = 16, TICKET_ROLE = 32 };

/* All zero is an empty ticket. */
struct ticket {
    char *brokers[TICKET_BROKERS + 1]; /* NULL-ended; owned */
    uint8_t broker_key[KEY_SIZE];
    struct key_pair pair; /* with the name */
    char role[TICKET_ROLE];
};

/* Add an endpoint: EINVAL if it is none, E2BIG if there are too many. */
int ticket_add_broker(struct ticket *t,
                      const char *endpoint,
                      struct par_error *err);

/* As the file has it; malloc'd, wipe it before freeing it.  NULL if out of
 * memory. */
char *ticket_text(const struct ticket *t);

/* Refuses what keys_load() refuses.  *t must be empty; is empty on failure. */
int ticket_load(const char *path, struct ticket *t, struct par_error *err);

/* Wipes and frees. */
void ticket_clear(struct ticket *t);

#endif
