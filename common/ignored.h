/* ignored.h - signals that whoever started us wants ignored
 *
 * A shell without job control starts what is in the background so, that Ctrl-C
 * be for what is in front.
 */
#ifndef PAR_COMMON_IGNORED_H
#define PAR_COMMON_IGNORED_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

/* To be asked before a handler is set. */
static inline bool signal_is_ignored(int number)
{
    struct sigaction now;

    return sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

#endif
