/* live_slot.h - a slot as its nanny sees it: a process or thread, with a pipe
 *
 *          READY            CLOSE sent          pipe closed
 *   SETTING ----> SERVING -------------> CLOSING ----------> LEAVING
 *      |             |                      |                   | it has ended
 *      '-------------'----------------------'-> KILLED ---------'--> OVER
 *
 * A struct with little behaviour: who starts it and what its messages mean is
 * the nanny's (nanny_slot.c), what its death means too (nanny_death.c).
 */
#ifndef PAR_WORKER_LIVE_SLOT_H
#define PAR_WORKER_LIVE_SLOT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <par/error.h>

#include "idmap.h"
#include "list.h"
#include "meta.h"
#include "page.h"
#include "pipe.h"
#include "tail.h"

enum slot_phase {
    SLOT_SETTING, /* SETUP is sent */
    SLOT_SERVING,
    SLOT_CLOSING, /* CLOSE is sent; then it leaves */
    SLOT_LEAVING, /* its pipe is closed: it is to end by itself */
    SLOT_KILLED,  /* SIGKILL is on its way through its tree; a thread, which
                     cannot be killed, is waited for */
    SLOT_OVER     /* nothing of it is left: the turn settles what it held */
};

enum { SLOT_TAIL = 8 * 1024, SLOT_TAIL_LINES = 64, SLOT_WORDS = 200 };

struct meta_writer;
struct slot_thread;

struct live_slot {
    enum slot_phase phase;
    struct pipe *pipe;
    struct page *page;
    struct slot_thread *thread; /* NULL: a process */
    int output;                 /* its stdout and stderr, -1: none */
    struct tail tail;           /* the last of that */

    struct list given;    /* runs in its hands, in order */
    uint64_t given_count; /* runs given since it started; those that were
                             taken back do not count */
    uint64_t answered;    /* of them */
    bool book_closed;     /* PING 1 is out: give nothing until its PONG */
    uint64_t given_us;    /* when the last was given */
    bool dirty;           /* its pipe has something to flush */
    bool waits;           /* and did not take all of it */

    unsigned early; /* looks at its outbox while its pipe is not read so far */
    uint64_t seen;  /* the run that was seen running ... */
    uint64_t seen_since_us; /* ... since when */
    uint64_t lost;          /* the first run in its hands, which does not run,
                               0: none ... */
    bool lost_begun;        /* ... though it has begun, and has no result ... */
    uint64_t lost_since;    /* ... since when; 0: there is none ... */
    uint64_t lost_looked;   /* ... and when that was seen last */
    uint64_t grace_id;      /* the run that was asked to stop ... */
    uint64_t grace_at;      /* ... by when; UINT64_MAX: none */

    pid_t pid;
    bool exited;            /* its first process has */
    int status;             /* as waitpid(2) */
    bool mute;              /* it has closed its end of the pipe */
    bool willed;            /* we ended it: no death to count */
    bool unbegun;           /* there was no room for it: see words */
    bool failed;            /* it could not be started: see words */
    bool closing;           /* told to run closing functions, it has not said
                               that it did */
    char words[SLOT_WORDS]; /* what it did wrong, or why it failed */

    struct idmap met;  /* clients whose runs it was given: live_slot_meet() */
    unsigned closes;   /* CLOSE for clients that are gone, not yet answered */
    uint64_t request;  /* SETTING, CLOSING: id of what is out */
    uint64_t due;      /* when patience ends; UINT64_MAX: never */
    uint64_t check_at; /* when to look at what runs; UINT64_MAX: never */
};

/* With its page and one end of its pipe; *fd and *page_fd get what its process
 * is started with (the caller closes them).  NULL on failure. */
struct live_slot *live_slot_create(int *fd,
                                   int *page_fd,
                                   struct par_error *err);
/* Also takes it out of the poller.  NULL is allowed. */
void live_slot_destroy(struct live_slot *s, int poller);

/* A PAR message of ours to it.  Fails when its pipe takes no more. */
int live_slot_send(struct live_slot *s,
                   const struct wire_header *head,
                   const struct meta_writer *meta,
                   struct par_error *err);

/* It is about to get a run of this client.  Fails when out of memory. */
int live_slot_meet(struct live_slot *s, uint32_t client);

/* The client is gone (NULL: all are).  Returns whether it had met it. */
bool live_slot_part(struct live_slot *s, const uint32_t *client);

#endif
