/* spawn.h - what a nanny, parspawn and keepers say to each other
 *
 * nanny -> parspawn: one octet and, by SCM_RIGHTS, the socket of a new keeper
 * (there KEEPER_FULL is said if it cannot be forked).
 * parspawn -> nanny: first itself as a pidfd, with one octet (or text: why it
 * cannot start); then lines of text for the log.
 * nanny -> keeper: struct spawn_request.  keeper -> nanny: keeper_event.
 *
 * All of these sockets are AF_UNIX SOCK_SEQPACKET.  They are the programs'
 * own, made before any foreign code runs and never handed to it; what comes
 * from them is checked for its length, not for malice.
 */
#ifndef PAR_WORKER_SPAWN_H
#define PAR_WORKER_SPAWN_H

#include <stdint.h>

#define SPAWN_VERSION "1" /* argv[1] of parspawn: of the messages here */

/* The descriptors that parspawn is started with. */
enum {
    SPAWN_SOCKET = 3,
    SPAWN_NANNY = 4,   /* a pidfd of the nanny's process */
    SPAWN_RUN_DIR = 5, /* open, if argv[2] names one */
    SPAWN_FDS
};

enum spawn_verb { SPAWN_START, SPAWN_KILL };

struct spawn_request {
    uint32_t verb;
    int32_t sig;  /* SPAWN_KILL */
    uint32_t fds; /* SPAWN_START: the order comes along, and then for each bit
                     i set here the descriptor that becomes i */
};

enum { SPAWN_LINE = 200 };

#endif
