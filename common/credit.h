/* credit.h - how much a peer may send: cumulative grants, one channel
 *
 * Both numbers only grow and count since the session began, so a grant that
 * arrives twice or late does no harm (the idea of QUIC's MAX_DATA, RFC 9000,
 * section 4).  One struct serves the side that grants and the side that
 * spends.
 */
#ifndef PAR_COMMON_CREDIT_H
#define PAR_COMMON_CREDIT_H

#include <stdbool.h>
#include <stdint.h>

struct credit {
    uint64_t granted_items;
    uint64_t granted_bytes;
    uint64_t used_items; /* sent by the spender, received by the granter */
    uint64_t used_bytes;
};

enum credit_channel {
    CREDIT_RUN,
    CREDIT_RESULT,
    CREDIT_STREAM,
    CREDIT_BLOB,
    CREDIT_EVENT,
    CREDIT_CHANNELS
};

/* May `items` more with `bytes` in all be sent?  `outstanding` is whether
 * anything sent has not been answered: with nothing outstanding one message
 * may always go, whatever its size. */
bool credit_allows(const struct credit *c,
                   uint64_t items,
                   uint64_t bytes,
                   bool outstanding);

/* Count what was sent or received. */
void credit_use(struct credit *c, uint64_t items, uint64_t bytes);

/* The spender heard of a grant: keep the larger. */
void credit_hear(struct credit *c, uint64_t items, uint64_t bytes);

/* The granter: if at most half of the window is left, raise the grant to
 * used + window and return true: tell the peer. */
bool credit_renew(struct credit *c, uint64_t items, uint64_t bytes);

#endif
