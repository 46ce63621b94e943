/* clock.c - clock_gettime(2), and the number that people read for the log */
#include "config.h"

#include "clock.h"

#include <time.h>

static uint64_t microseconds(clockid_t clock)
{
    struct timespec t;

    /* It cannot fail for the two clocks that every Linux has. */
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

uint64_t clock_ms(void)
{
    return microseconds(CLOCK_MONOTONIC) / 1000;
}

uint64_t clock_us(void)
{
    return microseconds(CLOCK_MONOTONIC);
}

uint64_t clock_wall_ms(void)
{
    return microseconds(CLOCK_REALTIME) / 1000;
}
