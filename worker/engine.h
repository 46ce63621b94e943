/* engine.h - the inside of a nanny: what its parts share
 *
 * Bottom to top; calls go down, and each has the header that says what it
 * gives:
 *
 *   nanny_say.c            what is said to the broker
 *   nanny_answer.c         runs wait in queues, and are answered
 *   nanny_registered.c     functions that the program registers
 *   nanny_build.c          a computation's C source: compiled
 *   nanny_files.c          its files: fetched, verified, placed
 *   nanny_mend.c           and again, if somebody removes them
 *   nanny_starts.c         starts wait while there is no room
 *   nanny_retire.c         a slot is told to end, or made to
 *   nanny_slot_begin.c     and begun
 *   nanny_slot_runs.c      what it has in its hands: answered, or taken back
 *   nanny_stream.c         a command's input and output
 *   nanny_command.c        what else happens to it, and its end
 *   nanny_command_begin.c  its start
 *
 *   nanny_run.c            RUN, CANCEL, RECALL
 *   nanny_setup.c          SETUP: from a manifest to a slot that is ready
 *   nanny_close.c          CLOSE, and clients that are gone
 *   nanny_status.c         STATUS
 *
 *   nanny_session.c        HELLO, WELCOME, who may say what, loss of the broker
 *   nanny_slot.c           what a slot says, and what its process does
 *   nanny_watch.c          what it runs, and for how long
 *   nanny_death.c          its end: who is to blame
 *   nanny_dispatch.c       which slot gets what (slots.h), and giving it
 *   nanny_drain.c          the orderly end
 *   nanny_turn.c           the turn, which does all of these
 *   nanny_open.c           made, and taken apart
 *
 * What is noticed below and done above is marked (comp_fail(), SLOT_OVER,
 * a command's `stirred`), and the turn does it.  Included by these alone.
 */
#ifndef PAR_WORKER_ENGINE_H
#define PAR_WORKER_ENGINE_H

#include "cache.h"
#include "comp.h"
#include "disk.h"
#include "facts.h"
#include "live_slot.h"
#include "nanny.h"
#include "results.h"
#include "rundir.h"
#include "runs.h"
#include "settings.h"
#include "slot.h"
#include "slots.h"
#include "spawner.h"
#include "uplink.h"

enum {
    SETUP_SEATS = 2,       /* for set-ups while all others are busy */
    STARTED_MS = 5,        /* a run of so long is told as STARTED */
    LOST_MS = 5000,        /* a result may be on its way for so long */
    LEAVE_MS = 1000,       /* a slot that was told to end has so long */
    MUTE_MS = 200,         /* and so long one that has closed its pipe */
    THREAD_MS = 1000,      /* and so long a thread, which is then left */
    HOOK_MS = 10000,       /* and so long for its closing functions */
    SETUP_MS = 600 * 1000, /* a set-up function may take so long */
    WORDS_MAX = 60 * 1024  /* octets of text in an ERROR */
};

/* In the place of a computation's number, for commands: any command may use
 * any seat that another command has used. */
#define COMMAND_WORK UINT32_MAX

struct command;

/* A place for a slot or a command, with its keeper, which outlives both. */
struct seat {
    unsigned number;
    struct keeper *keeper; /* NULL: not needed yet */
    struct live_slot *slot;
    struct comp *comp; /* the slot's */
    struct command *command;
};

/* What a descriptor in the poller is: a tag is seat * WATCHES + watch. */
enum watch {
    WATCH_KEEPER,
    WATCH_PIPE,
    WATCH_OUTPUT, /* of a slot; a command's standard output */
    WATCH_ERROR,
    WATCH_INPUT,
    WATCH_THREAD, /* of a thread slot: its end */
    WATCH_DISK,   /* of the nanny as a whole: seat 0 */
    WATCH_SPAWNER,
    WATCH_BUILD,
    WATCHES
};

/* A function that the embedding program offers by path. */
struct offer {
    char *path;
    char *signature;
    char *name; /* of the PAR_FUNCTION that it is, on process slots */
    par_function_f *function;
    void *context;
    uint32_t handle; /* in this session; 0: none yet */
    uint32_t index;  /* in the table that its slots have */
};

struct fetch;
struct build;

/* Those for which there was no room (nanny_starts.h). */
struct starts {
    uint64_t at;    /* the next may be tried then */
    uint64_t since; /* none has succeeded; 0: one has */
    uint64_t told;  /* when the log was; 0: never */
    bool hopeless;  /* none has for long */
    bool in_vain;   /* nor for so long that who waits must know */
    bool give_back; /* so that what waits is now given back */
    char why[PAR_ERROR_TEXT];
};

struct nanny {
    struct settings *settings;
    void *context;
    bool own_context;
    enum nanny_state state;
    struct par_error error;
    uint64_t now;
    char name[SETTINGS_NAME];
    char host[256];
    char host_id[64];

    struct uplink *uplink;
    bool welcomed;        /* ever */
    uint64_t taken_since; /* its name, before that; 0: it was not */
    bool keeps_name;      /* HELLO asks for the name of the last session */
    struct results results;
    uint64_t last_id; /* of our requests and transfers */
    uint64_t register_id;

    int poller;
    struct spawner *spawner;
    struct disk *disk;
    struct cache *cache;
    char run_dir[RUNDIR_PATH];
    int run_fd; /* holds it */
    bool swept; /* what dead workers left */
    char parslot[COMP_PATH];
    char **environment; /* of slots: a few names of the worker's own */

    struct slots *slots;
    struct seat *seats; /* slots_count(), then SETUP_SEATS */
    unsigned seat_count;
    struct starts starts;

    struct list batches;
    struct list comps;
    uint32_t last_number;
    struct offer *offers;
    size_t offer_count;
    bool all_found;       /* their places in the slots' table */
    struct comp *offered; /* NULL: nothing is offered */

    struct list fetches;
    struct list builds;
    uint64_t finished, failed; /* runs, for STATUS */
    bool kill;                 /* drain no longer: end now */
    bool winds_up;             /* drained: what is set up here is closed */
    uint64_t drain_at; /* when to look at that again; UINT64_MAX: never */
    bool more;         /* there is more to do at once */
    bool closing;      /* in nanny_destroy() */
};

static inline uint64_t nanny_tag(unsigned seat, enum watch watch)
{
    return (uint64_t)seat * WATCHES + watch;
}

/* Its slot is over, or could not be made: the turn settles that. */
static inline bool seat_is_over(const struct seat *seat)
{
    return seat->comp && (!seat->slot || seat->slot->phase == SLOT_OVER);
}

#endif
