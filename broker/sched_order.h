/* sched_order.h - what SETUPs and CLOSEs of clients have in common */
#ifndef PAR_BROKER_SCHED_ORDER_H
#define PAR_BROKER_SCHED_ORDER_H

#include "sched_state.h"

/* May it come in?  PAR_OK, or the status that refuses: the session, the handle
 * or the worker is not known, or the target is none to be set up or closed. */
int order_check(const struct sched *s,
                const struct setup_order *order,
                bool close);

/* Take an order in for a target; POOL_NONE if out of memory. */
uint32_t order_make(struct sched *s,
                    uint32_t target,
                    const struct setup_order *order,
                    bool close);

/* Answer it, and it is over.  A refusal quotes the payload (not forgotten
 * here) and the reason. */
void order_done(struct sched *s, struct order *o, enum decision_kind kind);
void order_refuse(struct sched *s,
                  struct order *o,
                  int status,
                  struct payload_ref payload,
                  uint32_t reason);

/* (Re)set its timer; SCHED_NEVER: none. */
void order_set_timer(struct sched *s, struct order *o, uint64_t due);

/* Is it about this worker?  `where` NULL: about all that serve its account. */
bool order_is_about(const struct sched *s,
                    const struct target *t,
                    const char *where,
                    uint32_t worker);

/* A call runs once per host: is this worker the first of its host among
 * those that the order is about? */
bool order_is_first_of_host(const struct sched *s,
                            const struct target *t,
                            const char *where,
                            uint32_t worker);

/* ---- holds: which sessions have set a target up ---- */

bool order_holds(const struct client *c, uint32_t target);

/* Returns false if it held it before. */
bool order_take_hold(struct sched *s, uint32_t client, uint32_t target);
void order_drop_hold(struct sched *s, uint32_t client, uint32_t target);
void order_drop_holds(struct sched *s, uint32_t client);

/* ---- */

/* Nobody waits for the answers to this client any more. */
void order_client_gone(struct sched *s, uint32_t client);

#endif
