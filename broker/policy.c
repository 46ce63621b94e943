#include "config.h"

#include "policy.h"

#include "wire.h"

/* The mean moves by an eighth of the difference. */
enum { MEAN_SHARE = 8 };

static uint32_t each(uint32_t mean_us)
{
    uint32_t jobs;

    if (mean_us > POLICY_HEAVY_US)
        return 0;
    jobs = POLICY_WINDOW_US / (mean_us > 0 ? mean_us : 1);
    return jobs < POLICY_WINDOW_JOBS ? jobs : POLICY_WINDOW_JOBS;
}

void pace_note(struct pace *paces, uint32_t function, uint32_t wall_us)
{
    struct pace *p = &paces[function % POLICY_PACES];
    uint32_t was = p->mean_us;

    /* All zero is an entry that nobody has used. */
    if (p->function != function || (p->each == 0 && p->mean_us == 0))
        p->mean_us = wall_us;
    else
        p->mean_us = (uint32_t)(was + ((int64_t)wall_us - was) / MEAN_SHARE);
    if (p->function == function && p->each != 0 && p->mean_us == was)
        return;
    p->function = function;
    p->each = each(p->mean_us);
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
