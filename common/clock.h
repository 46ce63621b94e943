/* clock.h - milliseconds that only go forward
 *
 * Only main loops and tests read it; everything else is handed `now`.
 */
#ifndef PAR_COMMON_CLOCK_H
#define PAR_COMMON_CLOCK_H

#include <stdint.h>

uint64_t clock_ms(void);      /* CLOCK_MONOTONIC */
uint64_t clock_us(void);      /* CLOCK_MONOTONIC */
uint64_t clock_wall_ms(void); /* since 1970, for display only */

#endif
