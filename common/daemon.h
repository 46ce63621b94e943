/* daemon.h - what the mains of parbroker and parworker have in common */
#ifndef PAR_COMMON_DAEMON_H
#define PAR_COMMON_DAEMON_H

#include "options.h"

enum { DAEMON_USAGE = 2, DAEMON_TROUBLE = 125 }; /* exit codes */

struct daemon {
    const char *name;
    const struct option_spec *table; /* with "help" and "version" */
    void (*help)(void);
    /* The option at this place of the table: 0, or -1 and the reason. */
    int (*take)(void *choices,
                int which,
                const char *value,
                struct par_error *err);
};

/* Read the command line into `choices`.  Returns -1 to go on, or the exit
 * code: help and version are printed, what is wrong is said. */
int daemon_options(const struct daemon *d,
                   void *choices,
                   int argc,
                   char **argv);

/* Say why it ends, whatever foreign text is in it; returns `code`. */
int daemon_fail(const struct daemon *d, int code, const struct par_error *err);

/* No core dump and no ptrace: keys are in memory.  No SIGPIPE.  Aborts where
 * libsodium does not work. */
void daemon_harden(void);

/* All the descriptors that there may be. */
void daemon_raise_files(void);

/* libzmq takes routing ids and the jitter of reconnections from rand(), and
 * never seeds it: a peer could claim another's id. */
void daemon_seed(void);

#endif
