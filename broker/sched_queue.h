/* sched_queue.h - the jobs that wait: in lanes, whose demands can go or are
 * stuck because no worker had room for their first job
 */
#ifndef PAR_BROKER_SCHED_QUEUE_H
#define PAR_BROKER_SCHED_QUEUE_H

#include "sched_ready.h"
#include "sched_state.h"

/* The lane of (client, demand, priority), made if there is none; POOL_NONE if
 * out of memory.  A new one must be settled, with jobs or without. */
uint32_t queue_lane(struct sched *s,
                    uint32_t client,
                    uint32_t demand,
                    int32_t priority);

/* Its row has changed: put it where it belongs now, or drop it if empty. */
void queue_settle(struct sched *s, uint32_t lane);

/* A job comes (back) into the queue, or leaves it. */
void queue_put(struct sched *s, uint32_t job);
void queue_remove(struct sched *s, uint32_t job);

/* Take the first job of a lane out, to be assigned: its client is charged. */
uint32_t queue_serve(struct sched *s, uint32_t lane);

/* The jobs of this client wait, whoever has room; or not any more. */
void queue_pause(struct sched *s, uint32_t client, bool pause);

/* What a job took of its client's share is known now; or it never ran. */
void queue_correct(struct sched *s, const struct job *job, uint32_t wall_us);
void queue_refund(struct sched *s, const struct job *job);

/* Nobody has room for this demand now; somebody may have. */
void queue_stick(struct sched *s, struct demand *d);
void queue_unstick(struct sched *s, struct demand *d);

/* This worker may have room, for whoever is stuck; `again`: for more of them
 * than it was just said. */
void queue_open(struct sched *s, uint32_t worker, bool again);

/* More jobs wait in this demand: more workers may have to be set up. */
void queue_more(struct sched *s, struct demand *d);

/* No worker is kept free for this demand any more. */
void queue_unreserve(struct sched *s, struct demand *d);

/* Lanes that got nothing for long rise. */
void queue_age(struct sched *s);

/* (Re)set the timer of a lane: when its first job gives up waiting for a
 * worker that could run it. */
void queue_set_timer(struct sched *s, uint32_t lane);

/* When that is; SCHED_NEVER while there is such a worker. */
uint64_t queue_due(const struct sched *s, const struct lane *lane);

#endif
