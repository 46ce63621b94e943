/* feeds.h - what commands granted to a client for their standard input
 *
 * Kept by the broker for runs that have granted something, so that no more is
 * relayed than the worker has room for.  Numbers only grow and count since the
 * stream began (credit.h).
 */
#ifndef PAR_FEEDS_H
#define PAR_FEEDS_H

#include <stdbool.h>
#include <stdint.h>

#include "idmap.h"

/* All zero is empty. */
struct feeds {
    struct feed *all;
    uint32_t used;
    uint32_t size;
    struct idmap by_run;
};

void feeds_clear(struct feeds *in);

/* So many octets of input this run takes in all.  A smaller number than before
 * says nothing.  Returns -1 if out of memory. */
int feeds_grant(struct feeds *in, uint64_t run, uint64_t granted);

/* Count octets that are sent.  False if the run has granted less: nothing is
 * counted then. */
bool feeds_send(struct feeds *in, uint64_t run, uint64_t len);

/* The run has ended.  One that has granted nothing is no matter. */
void feeds_end(struct feeds *in, uint64_t run);

#endif
