/* sched_demand.h - what jobs ask of workers: kept once, matched once */
#ifndef PAR_BROKER_SCHED_DEMAND_H
#define PAR_BROKER_SCHED_DEMAND_H

#include "sched_state.h"

/* The demand of these terms upon this target, made if it is new; POOL_NONE
 * if out of memory.  A new one goes unless a spec takes hold of it. */
uint32_t demand_intern(struct sched *s,
                       uint32_t target,
                       const struct placement *where);
void demand_hold(struct sched *s, uint32_t demand);
void demand_release(struct sched *s, uint32_t demand);

/* Make room for a worker's place in every demand and target, and match it.
 * Returns -1 if out of memory. */
int demand_reserve_worker(struct sched *s, uint32_t worker);
void demand_meet_worker(struct sched *s, uint32_t worker);
void demand_lose_worker(struct sched *s, uint32_t worker);

/* The site of a target at a worker has changed. */
void demand_see_site(struct sched *s, struct target *t, uint32_t worker);

/* Say why no worker could run it: "no worker has the label gpu=yes". */
void demand_explain(const struct sched *s,
                    const struct demand *d,
                    char *text,
                    size_t size);

/* Is there a worker that could run it, but for a set-up that failed there? */
bool demand_is_barred(const struct sched *s, const struct demand *d);

#endif
