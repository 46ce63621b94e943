/* rate.c - a token bucket (Turner, "New directions in communications", 1986) */
#include "config.h"

#include "rate.h"

enum { MESSAGE = 1000 }; /* thousandths */

void rate_init(struct rate *r, const struct rate_limit *limit, uint64_t now)
{
    r->level = (int64_t)limit->burst * MESSAGE;
    r->at = now;
}

/* So many a second are as many thousandths a millisecond. */
static void save(struct rate *r, const struct rate_limit *limit, uint64_t now)
{
    int64_t most = (int64_t)limit->burst * MESSAGE;
    uint64_t need = (uint64_t)(most - r->level) / limit->per_second + 1;

    if (now <= r->at)
        return;
    if (now - r->at >= need)
        r->level = most;
    else
        r->level += (int64_t)((now - r->at) * limit->per_second);
    r->at = now;
}

enum rate_verdict rate_take(struct rate *r,
                            const struct rate_limit *limit,
                            uint64_t now)
{
    int64_t flood = -(int64_t)limit->burst * MESSAGE;

    save(r, limit, now);
    if (r->level > flood)
        r->level -= MESSAGE;
    if (r->level >= 0)
        return RATE_WITHIN;
    return r->level > flood ? RATE_OVER : RATE_FLOOD;
}

void rate_charge(struct rate *r, const struct rate_limit *limit, uint64_t n)
{
    int64_t least = -(int64_t)limit->burst * MESSAGE / 2;
    int64_t most = r->level - least;

    if (most > 0)
        r->level -= n < (uint64_t)most / MESSAGE ? (int64_t)n * MESSAGE : most;
}

uint64_t rate_wait(const struct rate *r, const struct rate_limit *limit)
{
    int64_t lack = MESSAGE - r->level;

    return lack <= 0 ? 1 : (uint64_t)lack / limit->per_second + 1;
}
