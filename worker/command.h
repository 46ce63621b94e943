/* command.h - one running command as its nanny sees it
 *
 *   STARTING --> RUNNING --> EXITED --> EMPTY --> answered
 *
 * EXITED: its first process has ended, what is left of the tree is killed.
 * EMPTY: nothing runs; its output may still wait for credit.
 */
#ifndef PAR_WORKER_COMMAND_H
#define PAR_WORKER_COMMAND_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "meta.h"
#include "runs.h"
#include "spawner.h"
#include "tail.h"

enum command_phase {
    COMMAND_STARTING,
    COMMAND_RUNNING,
    COMMAND_EXITED,
    COMMAND_EMPTY
};

enum {
    COMMAND_STREAMS = 3,        /* input, output, error */
    COMMAND_WINDOW = 64 * 1024, /* octets granted ahead, either way */
    COMMAND_TAIL = 8 * 1024,
    COMMAND_PIECE = 64 * 1024,
    COMMAND_FOLDER = 1100
};

struct command_stream {
    int fd; /* -1: closed */
    uint64_t granted;
    uint64_t moved; /* octets sent, or received */
    bool paused;    /* output: the credit is used up */
    bool ended;     /* output: FINAL is sent; input: FINAL has come */
};

struct command {
    enum command_phase phase;
    struct run *run;
    struct comp *comp;
    struct command_stream streams[COMMAND_STREAMS];
    struct meta_writer input; /* octets that its stdin has not taken yet */
    size_t input_at;
    struct tail tail; /* of its standard error */
    pid_t pid;
    uint64_t begun;                                    /* ms */
    uint64_t timeout_at, wall_at, started_at, kill_at; /* UINT64_MAX: never */
    bool preparing;              /* the disk thread fills its folder */
    atomic_bool given_up;        /* for that thread: no need to go on */
    bool stirred;                /* look in this turn whether it is settled */
    bool killed;                 /* SIGKILL is on its way */
    bool wall;                   /* it met the limit of its manifest */
    struct keeper_event end;     /* EXITED, or why it could not be started */
    bool failed;                 /* the latter */
    bool lost;                   /* its keeper was killed */
    char program[256];           /* its first word, for people */
    char folder[COMMAND_FOLDER]; /* of its own, to be removed; "" : none */
};

#endif
