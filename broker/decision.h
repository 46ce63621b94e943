/* decision.h - what the core has decided and not yet been asked for
 *
 * A queue that is filled while facts come in and drained once a turn.  Adding
 * to it cannot be refused half-way through a change, so out of memory is
 * noted instead: `failed` stays true, and whoever runs the core must end.
 */
#ifndef PAR_BROKER_DECISION_H
#define PAR_BROKER_DECISION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sched.h"

/* All zero is empty. */
struct decisions {
    struct decision *items;
    size_t next; /* the next to hand out */
    size_t end;
    size_t size;
    struct decision spill; /* taken when there is no memory */
    char **reasons;        /* reason n is entry n - 1 */
    size_t reason_count;
    size_t reason_size;
    bool failed;
};

void decisions_clear(struct decisions *q);

/* A new decision, zero but for its kind; good until the next is added. */
struct decision *decisions_add(struct decisions *q, enum decision_kind kind);

/* DECIDE_FORGET, unless the payload is none. */
void decisions_forget(struct decisions *q, struct payload_ref payload);

bool decisions_next(struct decisions *q, struct decision *d);

/* Keep a sentence until decisions_settle(): its number, 0 if there was no
 * memory for it.  The same sentence twice in a row is kept once. */
uint32_t decisions_reason(struct decisions *q, const char *text);

/* "" for 0. */
const char *decisions_reason_text(const struct decisions *q, uint32_t reason);

/* All were carried out. */
void decisions_settle(struct decisions *q);

#endif
