/* engine.h - the inside of a nanny: what its parts share
 *
 *   engine.c           the turn
 *   nanny_open.c       made, and taken apart
 *   nanny_drain.c      the orderly end
 *   nanny_offer.c      functions that the program registers
 *   nanny_session.c    HELLO, WELCOME, who may say what, loss of the broker
 *   nanny_status.c     STATUS
 *   nanny_setup.c      SETUP: from a manifest to a slot that is ready
 *   nanny_files.c      its files: fetched, verified, placed
 *   nanny_build.c      its C source: compiled
 *   nanny_close.c      CLOSE, and clients that are gone
 *   nanny_run.c        RUN, CANCEL, RECALL; answers
 *   nanny_dispatch.c   which slot gets what (slots.h), and giving it
 *   nanny_start.c      a slot's start
 *   nanny_slot.c       its messages
 *   nanny_hands.c      answers to what it has in its hands
 *   nanny_watch.c      what it runs, and for how long
 *   nanny_death.c      a slot's end: who is to blame
 *   nanny_exec.c       a command's start
 *   nanny_command.c    what happens to it
 *   nanny_stream.c     their standard input and output
 *
 * Included by these alone.
 */
#ifndef PAR_ENGINE_H
#define PAR_ENGINE_H

#include "cache.h"
#include "comp.h"
#include "disk.h"
#include "facts.h"
#include "nanny.h"
#include "results.h"
#include "rundir.h"
#include "runs.h"
#include "settings.h"
#include "slot.h"
#include "slots.h"
#include "spawner.h"
#include "uplink.h"
#include "ward.h"

enum {
    SETUP_SEATS = 2,       /* for set-ups while all others are busy */
    STARTED_MS = 5,        /* a run of so long is told as STARTED */
    LEAVE_MS = 1000,       /* a slot that was told to end has so long */
    MUTE_MS = 200,         /* and so long one that has closed its pipe */
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
    struct ward *ward;
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
    WATCH_DISK, /* of the nanny as a whole: seat 0 */
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
    bool welcomed; /* ever */
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

/* Its slot is over, or could not be made: the turn settles that. */
static inline bool seat_is_over(const struct seat *seat)
{
    return seat->comp && (!seat->ward || seat->ward->phase == WARD_OVER);
}

/* ---- engine.c ---- */

void nanny_fail(struct nanny *n, const struct par_error *err);
static inline uint64_t nanny_tag(unsigned seat, enum watch watch)
{
    return (uint64_t)seat * WATCHES + watch;
}

/* ---- nanny_drain.c ---- */

void nanny_say_goodbye(struct nanny *n, enum wire_reason reason);
void nanny_drain_step(struct nanny *n);

/* ---- nanny_offer.c ---- */

/* What SETUP without an object offers on a thread slot: what was registered,
 * or (`own`) the program's own functions.  Freed by the caller. */
struct slot_entry *nanny_entries(struct nanny *n,
                                 bool own,
                                 size_t *count,
                                 struct par_error *err);
/* Where in its slots' table is what the program registered? */
void nanny_find_offers(struct nanny *n, const struct comp *c);
void nanny_free_offers(struct nanny *n);

/* ---- nanny_status.c ---- */

void nanny_on_status(struct nanny *n, struct link_msg *m);

/* ---- nanny_session.c ---- */

/* Send a message of ours after all answers that came before it; `data` is its
 * bare item, NULL: none. */
void nanny_say(struct nanny *n,
               const struct wire_header *head,
               const struct meta_writer *meta,
               const void *data,
               size_t len);
/* ERROR; `ref` is the status. */
void nanny_say_error(
    struct nanny *n, uint64_t id, int status, bool final, const char *text);
void nanny_session_turn(struct nanny *n);
void nanny_send_frame(void *nanny,
                      uint8_t *frame,
                      size_t len,
                      zmq_msg_t *second);

/* ---- nanny_setup.c ---- */

void nanny_on_setup(struct nanny *n, const struct wire_msg *m);
/* Note down a SETUP or CLOSE with its call.  NULL (out of memory) is answered
 * already. */
struct comp_request *nanny_ask(struct nanny *n,
                               struct comp *c,
                               const struct wire_msg *m);
/* Go on with a computation that is not being closed, once a turn. */
void nanny_setup_step(struct nanny *n, struct comp *c);
/* The slot that served the first request is ready, or is not (text). */
void nanny_setup_done(struct nanny *n, struct comp *c, const char *text);
/* Its slots died too often: its runs go back. */
void nanny_comp_break(struct nanny *n, struct comp *c, const char *text);
/* The broker is gone: nobody knows it now. */
void nanny_comp_adrift(struct nanny *n, struct comp *c);
/* Find a seat for a slot that serves a request, and begin it. */
void nanny_setup_begin(struct nanny *n, struct comp *c);
/* Answer READY. */
void nanny_say_ready(struct nanny *n, struct comp *c, uint64_t id);

/* ---- nanny_files.c ---- */

void nanny_fetch(struct nanny *n, struct comp *c);
void nanny_fetch_cancel(struct nanny *n, struct comp *c);
void nanny_on_blob(struct nanny *n, const struct wire_msg *m);
/* ERROR for a transfer: true if it was one of ours. */
bool nanny_fetch_failed(struct nanny *n, uint64_t id, const char *text);
void nanny_place(struct nanny *n, struct comp *c);
void nanny_remove_files(struct nanny *n, struct comp *c);

/* ---- nanny_build.c ---- */

void nanny_build(struct nanny *n, struct comp *c);
void nanny_build_cancel(struct nanny *n, struct comp *c);
void nanny_build_event(struct nanny *n);
void nanny_build_tick(struct nanny *n);
uint64_t nanny_build_deadline(const struct nanny *n);

/* ---- nanny_close.c ---- */

void nanny_on_close(struct nanny *n, const struct wire_msg *m);
void nanny_close_step(struct nanny *n, struct comp *c);
void nanny_close_comp(struct comp *c); /* on our own */
void nanny_client_gone(struct nanny *n, uint32_t origin);

/* ---- nanny_run.c ---- */

void nanny_on_run(struct nanny *n, struct link_msg *m);
void nanny_on_cancel(struct nanny *n, const struct wire_msg *m);
void nanny_on_recall(struct nanny *n, const struct wire_msg *m);
/* Answer a run that is in no list any more. */
void nanny_answer(struct nanny *n, struct run *r, const struct wire_item *item);
void nanny_answer_facts(struct nanny *n,
                        struct run *r,
                        int status,
                        enum wire_executed executed,
                        uint64_t wall_us,
                        struct facts *facts);
/* The same with a sentence alone. */
void nanny_answer_text(struct nanny *n,
                       struct run *r,
                       int status,
                       enum wire_executed executed,
                       const char *text);
/* It is answered and in no list: let go of it. */
void nanny_release(struct nanny *n, struct run *r);
void nanny_queue(struct nanny *n, struct comp *c, struct run *r, bool front);
/* End a run, wherever it is. */
void nanny_end_run(struct nanny *n,
                   struct run *r,
                   enum run_doom doom,
                   enum run_cancel how,
                   uint64_t grace_ms);
/* Answer all that waits in a computation's queues. */
void nanny_empty_queue(struct nanny *n,
                       struct comp *c,
                       int status,
                       const char *text);
/* Kill all that runs for a computation (NULL: for any); what it had not begun
 * is in the queue then. */
void nanny_end_running(struct nanny *n, struct comp *c, enum run_doom doom);
/* Tell the broker what has not begun: RECALLED with id 0. */
void nanny_return_queued(struct nanny *n);
/* What a doomed run is answered with. */
int nanny_doom_status(const struct nanny *n,
                      const struct run *r,
                      char *text,
                      size_t size);

/* ---- nanny_dispatch.c ---- */

void nanny_dispatch(struct nanny *n);

/* ---- nanny_retire.c ---- */

/* It broke the protocol: kill it, with what it did as the reason. */
void nanny_slot_mistrust(struct nanny *n, struct seat *seat, const char *what);
/* Let it end: `hooks` to run first (slot_close ...), with the call of `r`. */
void nanny_slot_retire(struct nanny *n,
                       struct seat *seat,
                       unsigned hooks,
                       const struct comp_request *r);
void nanny_slot_kill(struct nanny *n, struct seat *seat);
/* It has been told to: close its pipe. */
void nanny_slot_leave(struct nanny *n, struct seat *seat);
/* It has closed its pipe, and is given a moment to end. */
void nanny_slot_await(struct nanny *n, struct seat *seat);

/* ---- nanny_slot.c ---- */

/* Start a slot in a seat that is empty; it serves the first request if
 * `for_request`.  Failing is settled as its death is. */
void nanny_slot_begin(struct nanny *n,
                      struct comp *c,
                      unsigned seat,
                      bool for_request);
void nanny_slot_event(struct nanny *n, struct seat *seat, enum watch watch);
void nanny_slot_flush(struct nanny *n, struct seat *seat);
void nanny_slot_check(struct nanny *n, struct seat *seat);

/* ---- nanny_hands.c ---- */

/* The run of that id in its hands, or NULL. */
struct run *nanny_slot_run(const struct ward *w, uint64_t id);
/* Deliver a RESULT of its; false: it makes no sense. */
bool nanny_slot_results(struct nanny *n,
                        struct seat *seat,
                        const struct wire_msg *m);
/* The same with what lies in its outbox, if nothing that left before it is
 * still in the pipe: then later. */
enum slot_outbox { OUTBOX_TAKEN, OUTBOX_EARLY, OUTBOX_GARBAGE };
enum slot_outbox nanny_slot_collect(struct nanny *n, struct seat *seat);
/* Take back what has not begun: to the front of the queue. */
void nanny_slot_take_back(struct nanny *n, struct seat *seat);

/* ---- nanny_start.c ---- */

/* The keeper of a seat, opened when it is first needed. */
int nanny_keeper(struct nanny *n, struct seat *seat, struct par_error *err);
/* A manifest's limits (NULL: none) for an order: up to BUNDLE_LIMITS + 1. */
size_t nanny_limits(const struct bundle *b, struct keeper_limit *limits);

/* A keeper that nobody uses has something to say. */
void nanny_keeper_idle(struct nanny *n, struct seat *seat);
/* Let go of a slot in nanny_destroy(). */
void nanny_ward_drop(struct nanny *n, struct seat *seat);

/* ---- nanny_death.c ---- */

/* Nothing of it is left: settle its runs, empty its seat. */
void nanny_slot_over(struct nanny *n, struct seat *seat);

/* ---- nanny_command.c ---- */

void nanny_command_begin(struct nanny *n,
                         struct comp *c,
                         struct run *r,
                         struct seat *seat);
void nanny_command_event(struct nanny *n, struct seat *seat, enum watch watch);
void nanny_command_check(struct nanny *n, struct seat *seat);
uint64_t nanny_command_deadline(const struct seat *seat);
struct comp *nanny_command_comp(const struct seat *seat);
void nanny_command_end(struct nanny *n,
                       struct seat *seat,
                       enum run_doom doom,
                       enum run_cancel how,
                       uint64_t grace_ms);
void nanny_on_stream(struct nanny *n, const struct wire_msg *m);
void nanny_on_credit(struct nanny *n, const struct wire_msg *m);
void nanny_command_destroy(struct nanny *n, struct seat *seat);

#endif
