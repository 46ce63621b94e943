/* progress.h - one line on the terminal that says how far it has got
 *
 * It is drawn over itself, ten times a second at most, and erased before
 * anything else is printed and at the end.  The one line there is belongs to
 * the process.
 */
#ifndef PAR_CLIENT_PROGRESS_H
#define PAR_CLIENT_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* Begin; does nothing unless stderr is a terminal that can erase.  `total` is
 * UINT64_MAX while it is unknown. */
void progress_begin(uint64_t total);

void progress_total(uint64_t total);

/* So much is done, so many of it failed. */
void progress_show(uint64_t done, uint64_t failed);

/* Take the line away; the next progress_show() draws it again. */
void progress_erase(void);

void progress_end(void);

#endif
