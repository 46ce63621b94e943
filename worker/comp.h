/* comp.h - a computation on this worker, from SETUP to CLOSE
 *
 *   FETCHING   files that the cache lacks are on their way
 *   PLACING    the disk thread copies them into the computation's folder
 *   BUILDING   the compiler runs
 *   STORING    the disk thread puts what it made into the cache
 *   STARTING   the first slot runs host_setup, the call and slot_setup
 *   READY      it runs jobs
 *   BROKEN     it was READY, and its slots died too often
 *   CLOSING    what runs ends, closing functions run, slots end
 *   REMOVING   the disk thread removes its files
 *
 * A failure before READY answers whoever asked and leads to REMOVING.  If its
 * files are removed underfoot, one that is READY begins anew (nanny_mend.h).
 * The functions that the embedding program registered are a computation too,
 * one that is READY from the start.
 */
#ifndef PAR_WORKER_COMP_H
#define PAR_WORKER_COMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <par/error.h>

#include "bundle.h"
#include "list.h"
#include "meta.h"
#include "slots.h"
#include "window.h"
#include "wire.h"

enum comp_state {
    COMP_FETCHING,
    COMP_PLACING,
    COMP_BUILDING,
    COMP_STORING,
    COMP_STARTING,
    COMP_READY,
    COMP_BROKEN,
    COMP_CLOSING,
    COMP_REMOVING
};

enum {
    COMP_NO_SEAT = -1,
    COMP_FUNCTIONS = 4096,
    COMP_FOLDER = 1100,
    COMP_PATH = 6000
};

/* One SETUP or CLOSE that waits for its answer. */
struct comp_request {
    struct list node;
    uint64_t id;
    bool close;
    bool terminate;
    uint8_t *call; /* [function, args] in msgpack, or NULL */
    size_t call_len;
};

struct comp {
    struct list node;
    uint32_t number; /* ours: names it in seats and towards slots */
    uint32_t handle; /* the broker's, in this session; 0: none now */
    bool registered; /* the program's own functions: has no manifest */
    enum comp_state state;
    bool host_is_set_up;
    bool cancelled;      /* not wanted any more, before it was READY */
    bool gone;           /* nothing of it is left: to be freed */
    int failure;         /* a status: its set-up has failed; 0: it has not */
    char *failure_text;  /* why, NULL: no memory for it */
    bool terminate;      /* CLOSING: what runs is to be killed */
    bool host_is_closed; /* CLOSING: a slot has been told to run host_close */
    bool closer;         /* CLOSING: a slot is begun only to close the host */
    char *close_failure; /* CLOSING: how a closing function failed, or NULL */
    bool disk_is_busy;   /* the disk thread is at its files */

    bool has_owner;
    struct digest owner; /* the account, as the broker words it */
    uint8_t *manifest;
    size_t manifest_len;
    struct bundle bundle;          /* a view of the manifest */
    char folder[COMP_FOLDER];      /* of its files; "" : none yet */
    char object[COMP_PATH];        /* what a slot loads or is started from */
    struct meta_reader files_left; /* FETCHING: not looked at yet */
    unsigned fetching;             /* files that are on their way */
    unsigned fetch_rounds;         /* how often it was begun anew */

    struct list requests; /* the first one is being served */
    int setup_seat;       /* of the slot that serves it, or COMP_NO_SEAT */
    uint64_t seat_due;    /* a seat is being emptied for it; 0: none */

    struct list queue[SLOTS_CLASSES]; /* runs */
    unsigned queued[SLOTS_CLASSES];
    unsigned held;  /* runs in slots' hands or running */
    unsigned slots; /* that are not over */

    struct meta_writer functions; /* [[name, signature]] as READY tells */
    struct window *windows;       /* one for each */
    size_t function_count;
    struct window unknown; /* of a command, or before it is known */
    struct deaths deaths;
    uint64_t orphan_since;      /* without a handle; 0: it has one */
    char words[PAR_ERROR_TEXT]; /* BROKEN: why */
};

struct comp *comp_create(uint32_t number);
void comp_destroy(struct comp *c);

/* The computation of that handle in a ring of them, or NULL. */
struct comp *comp_find(const struct list *comps, uint32_t handle);

/* Its set-up has failed: the turn answers who asked, and removes it.  The first
 * reason counts. */
void comp_fail(struct comp *c, int status, const char *text);

/* A closing function has failed; whoever waits for CLOSE is told so.  The first
 * reason counts. */
void comp_close_failed(struct comp *c, const char *text);

/* Keep a copy of the manifest and look at it. */
int comp_take_manifest(struct comp *c,
                       const void *data,
                       size_t len,
                       struct par_error *err);

/* The functions as a slot told them: a msgpack array, found by meta_find(),
 * checked here. */
int comp_take_functions(struct comp *c,
                        const struct meta_value *head,
                        struct meta_reader inside,
                        struct par_error *err);

struct window *comp_window(struct comp *c, uint32_t function);

/* Does it run commands rather than functions? */
static inline bool comp_is_exec(const struct comp *c)
{
    return !c->registered && c->bundle.kind == BUNDLE_EXEC;
}

/* SETUP or CLOSE has come.  NULL if out of memory. */
struct comp_request *comp_ask(struct comp *c, const struct wire_msg *m);
struct comp_request *comp_first_request(struct comp *c); /* or NULL */
void comp_request_done(struct comp_request *r);          /* frees */

#endif
