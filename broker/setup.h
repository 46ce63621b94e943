/* setup.h - what becomes of SETUPs that wait, and of their computation
 *
 * SETUPs wait with a computation until all of its files are here.
 */
#ifndef PAR_BROKER_SETUP_H
#define PAR_BROKER_SETUP_H

#include "engine.h"

/* Answer a SETUP that waits with ERROR; it is gone afterwards. */
void setup_refuse(struct broker *b,
                  struct waiting_setup *wait,
                  int status,
                  const char *text);
void setup_refuse_all(struct broker *b,
                      struct computation *c,
                      int status,
                      const char *text);

/* All files are here: give it a target and let the scheduler go on. */
void setup_finish(struct broker *b, struct computation *c);

/* Forget a computation and its claim to its files. */
void setup_drop(struct broker *b, struct computation *c);
/* DECIDE_RETIRE: the same, of a target that nobody holds any more. */
void setup_retire(struct broker *b, uint32_t target);

#endif
