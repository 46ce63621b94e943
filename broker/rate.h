/* rate.h - how many messages a second, with some patience: a token bucket
 *
 * Who sends faster than the rate lives on what it has saved (`burst`); when
 * that is used up it is refused, and when it goes on for as much again it is a
 * flood.  Pure: the caller brings the clock, in ms.
 */
#ifndef PAR_BROKER_RATE_H
#define PAR_BROKER_RATE_H

#include <stdint.h>

struct rate {
    int64_t level; /* thousandths of messages; below 0: refused ones */
    uint64_t at;   /* when it was counted last */
};

struct rate_limit {
    uint32_t per_second; /* above 0 */
    uint32_t burst;
};

enum rate_verdict { RATE_WITHIN, RATE_OVER, RATE_FLOOD };

/* With all of the burst saved. */
void rate_init(struct rate *r, const struct rate_limit *limit, uint64_t now);

/* One message has come. */
enum rate_verdict rate_take(struct rate *r,
                            const struct rate_limit *limit,
                            uint64_t now);

/* What has come was worth so many messages more.  That alone is no flood. */
void rate_charge(struct rate *r, const struct rate_limit *limit, uint64_t n);

/* After so many ms, at least 1, the next one will be within the limit. */
uint64_t rate_wait(const struct rate *r, const struct rate_limit *limit);

#endif
