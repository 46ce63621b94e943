/* sched_seats.h - a target at a worker: registered, set up, closed
 */
#ifndef PAR_BROKER_SCHED_SEATS_H
#define PAR_BROKER_SCHED_SEATS_H

#include "sched_state.h"

/* The seat, made if there is none; NULL if out of memory. */
struct seat *seat_make(struct sched *s, struct target *t, uint32_t worker);

/* Change its state, which demands see. */
void seat_set(struct sched *s,
              struct target *t,
              uint32_t worker,
              enum seat_state state);

/* Remember how the last setup went; what it said before is forgotten. */
void seat_note(struct sched *s,
               struct seat *seat,
               int status,
               struct payload_ref text);

/* Send SETUP or CLOSE, with the call of an order if that is not POOL_NONE. */
void seat_setup(struct sched *s,
                uint32_t target,
                uint32_t worker,
                uint32_t order);
void seat_close(struct sched *s,
                uint32_t target,
                uint32_t worker,
                uint32_t order);

/* One of these is over. */
void seat_answered(struct sched *s, struct request *r);

/* Forget it, and what it said. */
void seat_drop(struct sched *s, struct target *t, uint32_t worker);

/* A path that nobody offers, asks for or runs any more: free it.  Only when
 * settled. */
void seat_sweep_paths(struct sched *s);

#endif
