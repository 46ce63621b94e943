/* answers.h - terminal answers: now, or when their client has room for them
 *
 * A client that does not read gets no more than it granted.  The rest waits
 * with its session, and counts as not answered yet.
 */
#ifndef PAR_BROKER_ANSWERS_H
#define PAR_BROKER_ANSWERS_H

#include "engine.h"

/* DECIDE_RESULT: answer a run, or hold the answer. */
void answers_give(struct broker *b, const struct decision *d);

/* The client has granted more, or read some: what was held goes on its way. */
void answers_go_on(struct broker *b, struct peer *client);

/* The client is gone: what was held is for nobody. */
void answers_drop(struct broker *b, struct peer *client);

/* So many of its runs have their answer: it may send more. */
void answers_count(struct broker *b, struct peer *client, uint32_t count);

#endif
