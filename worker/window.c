/* window.c - a mean of how long a function takes, and what follows from it */
#include "config.h"

#include "window.h"

enum { WINDOW_US_MAX = 60 * 1000 * 1000 }; /* 16 times this fits 32 bits */

void window_learn(struct window *w, uint32_t wall_us)
{
    uint32_t now16 =
        (wall_us < WINDOW_US_MAX ? wall_us : (uint32_t)WINDOW_US_MAX) * 16;

    if (!w->known)
        w->mean16_us = now16;
    else if (now16 > w->mean16_us) /* a function that gets slow is noticed */
        w->mean16_us += (now16 - w->mean16_us) / 4; /* sooner than one that */
    else                                            /* gets fast */
        w->mean16_us -= (w->mean16_us - now16) / 8;
    w->known = true;
}

unsigned window_grant(const struct window *w)
{
    uint32_t n;

    if (!w->known)
        return 1;
    n = w->mean16_us ? WINDOW_WORK_US * 16 / w->mean16_us : WINDOW_GRANT_MAX;
    if (n < 1)
        return 1;
    return n < WINDOW_GRANT_MAX ? n : WINDOW_GRANT_MAX;
}

unsigned window_room(const struct window *w, unsigned held)
{
    unsigned grant = window_grant(w);

    if (!w->known || w->mean16_us > WINDOW_WORK_US * 16)
        return held == 0 ? 1 : 0;
    return held <= grant ? 2 * grant - held : 0;
}
