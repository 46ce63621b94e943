/* policy.h - the numbers that decide: windows, ageing, back-off
 */
#ifndef PAR_POLICY_H
#define PAR_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "run_options.h"

enum {
    /* A queue of one client's that got nothing for so long counts as one
     * priority higher, and again each time; once served it falls back.  So
     * low priorities are slow, and never starve. */
    POLICY_AGE_MS = 10000,

    /* A job that asks for resources and was passed over for so long has a
     * worker kept free for it. */
    POLICY_PATIENCE_MS = 1000,

    /* Jobs below HEAVY_US are sent ahead of time: WINDOW_US of work a slot,
     * at most WINDOW_JOBS (two batches of 64) a slot. */
    POLICY_HEAVY_US = 1000,
    POLICY_WINDOW_US = 2000,
    POLICY_WINDOW_JOBS = 128,

    POLICY_PACES = 8,

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
    uint32_t each; /* jobs to send ahead for a slot; 0: not known */
};

void pace_note(struct pace *paces, uint32_t function, uint32_t wall_us);

/* How many jobs of this function to send ahead for each slot: at least 2 if
 * they are light; 0 if they are heavy, over HEAVY_US or of unknown length.
 * `paces` may be NULL: nothing is known. */
static inline uint32_t pace_each(const struct pace *paces, uint32_t function)
{
    const struct pace *p = paces ? &paces[function % POLICY_PACES] : NULL;

    return p && p->function == function ? p->each : 0;
}

/* The wait before the attempt after `failed` ones: +-50 %. */
uint64_t policy_backoff(const struct rules *rules,
                        unsigned failed,
                        uint64_t *random);

/* Which of retry_on speaks of this status; 0 if none does: never again. */
unsigned policy_failure(int status);

/* Did a job with this outcome surely not start, through no fault of its own? */
bool policy_is_unstarted(int status, unsigned executed);

#endif
