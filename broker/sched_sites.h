/* sched_sites.h - a target at a worker: registered, set up, closed */
#ifndef PAR_BROKER_SCHED_SITES_H
#define PAR_BROKER_SCHED_SITES_H

#include "sched_state.h"

/* The site, made if there is none; NULL if out of memory. */
struct site *site_make(struct sched *s, struct target *t, uint32_t worker);

/* Change its state, which demands see. */
void site_set(struct sched *s,
              struct target *t,
              uint32_t worker,
              enum site_state state);

/* Remember how the last setup went; what it said before is forgotten. */
void site_note(struct sched *s,
               struct site *site,
               int status,
               struct payload_ref text);

/* Send SETUP or CLOSE, with the call of an order if that is not POOL_NONE. */
void site_setup(struct sched *s,
                uint32_t target,
                uint32_t worker,
                uint32_t order);
void site_close(struct sched *s,
                uint32_t target,
                uint32_t worker,
                uint32_t order);

/* One of these is over. */
void site_answered(struct sched *s, struct request *r);

/* Forget it, and what it said. */
void site_drop(struct sched *s, struct target *t, uint32_t worker);

/* A path that nobody offers, asks for or runs any more: free it.  Only when
 * settled. */
void site_sweep_paths(struct sched *s);

#endif
