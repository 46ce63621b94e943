#include "config.h"

#include "policy.h"

#include <stddef.h>

#include "wire.h"

/* The mean moves by an eighth of the difference. */
enum { MEAN_SHARE = 8 };

void pace_note(struct pace *paces, uint32_t function, uint32_t wall_us)
{
    struct pace *p = &paces[function % POLICY_PACES];
    int64_t step;

    if (!p->known || p->function != function) {
        *p = (struct pace){function, wall_us, true};
        return;
    }
    step = ((int64_t)wall_us - p->mean_us) / MEAN_SHARE;
    p->mean_us = (uint32_t)(p->mean_us + step);
}

static const struct pace *find(const struct pace *paces, uint32_t function)
{
    const struct pace *p;

    if (!paces)
        return NULL;
    p = &paces[function % POLICY_PACES];
    return p->known && p->function == function ? p : NULL;
}

bool pace_is_heavy(const struct pace *paces, uint32_t function)
{
    const struct pace *p = find(paces, function);

    return !p || p->mean_us > POLICY_HEAVY_US;
}

uint32_t policy_window(const struct pace *paces,
                       uint32_t function,
                       uint32_t slots)
{
    const struct pace *p = find(paces, function);
    uint32_t each;

    if (!p || p->mean_us > POLICY_HEAVY_US)
        return slots + 1;
    each = POLICY_WINDOW_US / (p->mean_us > 0 ? p->mean_us : 1);
    if (each > POLICY_WINDOW_JOBS)
        each = POLICY_WINDOW_JOBS;
    return each * slots > slots ? each * slots : slots + 1;
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
