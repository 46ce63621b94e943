/* sched_ready.h - which of the jobs that can go is next
 *
 * Lanes stand in the ranks of their demand; demands in the ranks of the client
 * whose lane is their best; clients in the ranks of their class.  A rank goes
 * stale when its client is served elsewhere; that only ever makes it look
 * better than it is, so it is mended when it comes to the top.
 *
 * What a client had counts between clients only: were its demands ranked by
 * that, to serve one of them would put all the others out of order.
 */
#ifndef PAR_BROKER_SCHED_READY_H
#define PAR_BROKER_SCHED_READY_H

#include "sched_state.h"

/* The job of a lane that is next, and how many there are. */
static inline uint32_t lane_first(const struct sched *s,
                                  const struct lane *lane)
{
    uint32_t first = lane->row.first;

    if (first == POOL_NONE || heap_due(&lane->again) < job_at(s, first)->serial)
        return heap_first(&lane->again);
    return first;
}

static inline uint32_t lane_count(const struct lane *lane)
{
    return lane->row.count + (uint32_t)lane->again.used;
}

enum run_class lane_class(const struct sched *s, const struct lane *lane);

/* Who is late counts for more, but not for more than what is served now: among
 * equals, shares decide. */
int32_t lane_priority(const struct sched *s, const struct lane *lane);

struct rank lane_rank(const struct sched *s, const struct lane *lane);

/* What a paused client had, for its lanes' ranks: more than anybody. */
#define READY_PAUSED UINT64_MAX

/* Has it a lane whose client is not paused?  That would be its best. */
static inline bool ready_can_go(const struct demand *d)
{
    return d->lanes.used > 0 && d->lanes.items[0].rank.served != READY_PAUSED;
}

/* A client has come, and has nothing yet. */
void ready_join(struct sched *s, struct client *client);

/* This demand can go, or its lanes have other ranks now; or it cannot. */
void ready_put(struct sched *s, struct demand *d);
void ready_drop(struct sched *s, struct demand *d);

/* The lane whose first job is next in a class; POOL_NONE. */
uint32_t ready_best(struct sched *s, enum run_class run_class);

#endif
