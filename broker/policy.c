/* policy.c - the arithmetic of fair shares, paces and back-off
 *
 * Numbers without the tables that they are kept in, so that each rule can be
 * read, and tested, alone.
 */
#include "config.h"

#include "policy.h"

#include "wire.h"

/* The mean moves by an eighth of the difference. */
enum { MEAN_SHARE = 8 };

static uint32_t mean_of(uint32_t mean, uint32_t us)
{
    return (uint32_t)(mean + ((int64_t)us - mean) / MEAN_SHARE);
}

/* The exponent of the smallest power of two that is not below us. */
static unsigned exponent(uint64_t us)
{
    unsigned bits = 0;

    while (UINT64_C(1) << bits < us)
        bits++;
    return bits;
}

static uint32_t weight(uint32_t mean_us)
{
    return mean_us < 1 << ROSTER_WINDOW_BITS ? exponent(mean_us)
                                             : ROSTER_WINDOW_BITS;
}

void pace_note(struct pace *paces, uint32_t function, uint32_t wall_us)
{
    struct pace *p = &paces[function % POLICY_PACES];
    uint32_t was = p->mean_us;

    if (p->function != function || p->weight == 0)
        p->mean_us = wall_us;
    else
        p->mean_us = mean_of(was, wall_us);
    if (p->function == function && p->weight != 0 && p->mean_us == was)
        return;
    p->function = function;
    p->weight = weight(p->mean_us) + 1;
}

/* ---- shares ---- */

static unsigned usual(const struct share *share)
{
    return exponent(share->mean_us + (uint64_t)POLICY_JOB_US);
}

void share_join(struct share *share, const struct share *fleet)
{
    *share = (struct share){
        .served = fleet->served + (UINT64_C(1) << usual(fleet)),
        .mean_us = fleet->mean_us,
    };
}

unsigned share_charge(struct share *share,
                      struct share *fleet,
                      uint64_t *charge)
{
    unsigned bits = usual(share);
    int64_t due = (INT64_C(1) << bits) + share->owed;

    /* It may be owed more than a job's worth: no charge is below 1. */
    share->owed = due < 1 ? due - 1 : 0;
    if (due < 1)
        due = 1;
    if (due > POLICY_CHARGE_US)
        due = POLICY_CHARGE_US;
    if (share->served < fleet->served)
        share->served = fleet->served;
    fleet->served = share->served;
    *charge = (uint64_t)due;
    share->served += *charge;
    return bits;
}

void share_correct(struct share *share,
                   struct share *fleet,
                   unsigned bits,
                   uint32_t wall_us)
{
    share->owed += (int64_t)wall_us + POLICY_JOB_US - (INT64_C(1) << bits);
    share->mean_us = mean_of(share->mean_us, wall_us);
    fleet->mean_us = mean_of(fleet->mean_us, wall_us);
}

void share_refund(struct share *share, unsigned bits)
{
    share->owed -= INT64_C(1) << bits;
}

/* xorshift64*: Marsaglia 2003, Vigna 2016. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(0x2545F4914F6CDD1D);
}

uint64_t policy_backoff(const struct rules *rules,
                        unsigned failed,
                        uint64_t *random)
{
    double max = (double)rules->backoff_max;
    double wait = (double)rules->backoff_first;
    double part = (double)(next_random(random) >> 11) / 9007199254740992.0;

    for (unsigned i = 1; i < failed && wait < max; i++)
        wait *= rules->backoff_factor;
    if (wait > max)
        wait = max;
    return (uint64_t)(wait * (0.5 + part));
}

unsigned policy_failure(int status)
{
    switch (status) {
    case PAR_EXCEPTION:
    case PAR_EXIT:
        return RETRY_ERROR;
    case PAR_WORKER_LOST:
    case PAR_SIGNAL:
    case PAR_OOM:
        return RETRY_CRASH;
    case PAR_TIMEOUT:
        return RETRY_TIMEOUT;
    default:
        return 0;
    }
}

bool policy_is_unstarted(int status, unsigned executed)
{
    return executed == WIRE_NOT_EXECUTED &&
           (status == PAR_WORKER_LOST || status == PAR_DRAINING);
}
