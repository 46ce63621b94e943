/* grants.h - credit for runs and results: HELLO, WELCOME and CREDIT */
#ifndef PAR_CLIENT_GRANTS_H
#define PAR_CLIENT_GRANTS_H

#include <stdint.h>

#include <par/client.h>

#include "meta.h"
#include "wire.h"

enum {
    RESULT_ITEMS = 4096, /* what the broker may send us ahead */
    RESULT_BYTES = 64 * 1024 * 1024
};

/* How many results the broker may send: the value of a CREDIT key. */
void client_put_grant(const struct par_client *c, struct meta_writer *meta);

/* The grants of WELCOME and CREDIT: [[channel, items, bytes, ...], ...]. */
void client_hear_credit(struct par_client *c,
                        const struct wire_msg *msg,
                        uint64_t key);

#endif
