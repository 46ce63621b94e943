/* window.h - how many items a slot is given at a time
 *
 * One at a time while a function's jobs are long or unknown, so that a job
 * never waits behind another while a slot is free; about a millisecond's work
 * otherwise, and the next such grant when half of what it holds is done, so
 * that a slot never waits for its nanny.
 */
#ifndef PAR_WORKER_WINDOW_H
#define PAR_WORKER_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

enum {
    WINDOW_WORK_US = 1000, /* what one grant should take */
    WINDOW_GRANT_MAX = 256 /* items in it */
};

/* What is known of one function.  All zero: nothing. */
struct window {
    uint32_t mean16_us; /* the mean run time, times 16 */
    bool known;
};

/* One job has run for so long. */
void window_learn(struct window *w, uint32_t wall_us);

/* Items in one grant. */
unsigned window_grant(const struct window *w);

/* How many more items a slot that holds `held` may be given now. */
unsigned window_room(const struct window *w, unsigned held);

#endif
