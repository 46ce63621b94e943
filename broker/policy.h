/* policy.h - the numbers that decide: windows, shares, ageing, back-off */
#ifndef PAR_BROKER_POLICY_H
#define PAR_BROKER_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "run_options.h"

enum {
    /* A queue of one client's that got nothing for so long counts as one
     * priority higher, and again each time, up to the highest that waits; once
     * served it falls back.  So low priorities are slow, and never starve. */
    POLICY_AGE_MS = 10000,

    /* A job that asks for resources and was passed over for so long has a
     * worker kept free for it. */
    POLICY_PATIENCE_MS = 1000,

    /* A job that has been begun waits at least so long for a worker that could
     * run it again: the next one may be starting. */
    POLICY_RESTART_MS = 10000,

    /* Jobs are sent ahead of time: a window of work for each slot, at most so
     * many jobs (two batches of 256).  What is above half a window, or of
     * unknown length, is heavy: it counts as a whole one. */
    POLICY_WINDOW_JOBS = 512,

    POLICY_PACES = 8,

    /* What a job takes of the fleet beside its run, and the most that one is
     * charged: whose jobs take hours is not shut out for hours. */
    POLICY_JOB_US = 10,
    POLICY_CHARGE_US = 60 * 1000 * 1000,

    /* A job may come back unstarted so often at once; from then on it waits
     * before the next try, lest a broken worker and the broker play ball. */
    POLICY_RETURNS = 3
};

/* The mean run time of a few functions at one worker: a table by function,
 * where a newcomer takes the place of whoever has the same remainder, which
 * costs the loser its larger window until it is measured again. */
struct pace {
    uint32_t function;
    uint32_t mean_us;
    uint32_t weight; /* see below, plus 1; 0: not known */
};

void pace_note(struct pace *paces, uint32_t function, uint32_t wall_us);

/* How long jobs of this function take, as a power of two in us: up to
 * ROSTER_WINDOW_BITS, which says heavy.  `paces` may be NULL: nothing is known.
 */
static inline unsigned pace_weight(const struct pace *paces, uint32_t function)
{
    const struct pace *p = paces ? &paces[function % POLICY_PACES] : NULL;

    return p && p->function == function && p->weight ? p->weight - 1
                                                     : ROSTER_WINDOW_BITS;
}

/* ---- shares ---- */

/* What a client had of the slots of one class, in us of slot time: whoever had
 * least is next.  A job is charged when it is assigned, with what the client's
 * jobs usually take, as a power of two, which a job can keep in a few bits.
 * When its time is known, the difference is owed, and goes with the next
 * charge: so `served` never falls.
 *
 * The fleet is one of these, too: `served` is that of whoever was served last,
 * and `mean_us` that of all. */
struct share {
    uint64_t served;
    int64_t owed;
    uint32_t mean_us;
};

/* A newcomer counts as one that just got a usual job: else a client for each
 * job would come before all that stay. */
void share_join(struct share *share, const struct share *fleet);

/* Charge for one job.  Who had less than the fleet, because it asked for
 * nothing, has no claim to that.  Returns the bits to keep; *charge are the
 * us. */
unsigned share_charge(struct share *share,
                      struct share *fleet,
                      uint64_t *charge);

/* The job took so long; or it never ran. */
void share_correct(struct share *share,
                   struct share *fleet,
                   unsigned bits,
                   uint32_t wall_us);
void share_refund(struct share *share, unsigned bits);

/* The wait before the attempt after `failed` ones: +-50 %. */
uint64_t policy_backoff(const struct rules *rules,
                        unsigned failed,
                        uint64_t *random);

/* Which of retry_on speaks of this status; 0 if none does: never again. */
unsigned policy_failure(int status);

/* Did a job with this outcome surely not start, through no fault of its own? */
bool policy_is_unstarted(int status, unsigned executed);

#endif
