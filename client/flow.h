/* flow.h - how far the streams of a running command have got
 *
 * Output starts with FLOW_WINDOW octets of credit, input with none: it waits
 * for the command to start.  What arrives is queued, handed to the caller's
 * function by whoever waits, and only then is credit given for more: a reader
 * that is slow pauses its job.
 */
#ifndef PAR_CLIENT_FLOW_H
#define PAR_CLIENT_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FLOW_WINDOW = 64 * 1024, FLOW_OUT = 1, FLOW_ERR = 2 };

struct flow_side {
    uint64_t granted; /* totals of this attempt, in octets */
    uint64_t used;
    uint64_t consumed; /* of what was received: handed out */
    uint64_t most;     /* granted to any attempt */
    bool ended;
};

/* What a run keeps once it streams. */
struct flow {
    unsigned pending; /* pieces that are queued: its result waits for them */
    struct flow_side in;
    struct flow_side out[2]; /* FLOW_OUT and FLOW_ERR, less 1 */
};

/* NULL if out of memory. */
struct flow *flow_create(void);
void flow_destroy(struct flow *s); /* NULL is allowed */

/* Take so many octets in all. */
void flow_grant(struct flow_side *side, uint64_t total);

/* The command is started again. */
void flow_begin(struct flow_side *side);

/* Count what has come.  False if it is more than was ever granted: a grant for
 * one attempt may reach the next. */
bool flow_use(struct flow_side *side, size_t len);

#endif
