/* sched.h - the broker's mind: jobs, workers, targets; facts in, decisions out
 *
 * Pure: no I/O, no clock, no callbacks, no allocation sized by a peer.  The
 * caller tells what happened and when (`now`, monotonic ms), then drains the
 * decisions and carries them out.  Everything is named by numbers, so a late
 * word about something that is gone finds nothing.
 *
 *   client   a client session; the caller numbers it, from 1, unlike all there
 *            are (one that has left in this very turn included)
 *   worker   a worker session; likewise
 *   account  whose jobs: every lookup on a client's behalf is made under it
 *   target   what jobs run: a computation that was set up, or a path that
 *            workers registered; the wire calls its number a handle
 *   job      one run; its public id is `serial`, counted from 1
 *   dispatch one attempt of a job at a worker: the fence.  Has WIRE_BROKER_ID
 *   request  one SETUP or CLOSE towards a worker; has WIRE_BROKER_ID
 */
#ifndef PAR_BROKER_SCHED_H
#define PAR_BROKER_SCHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <par/error.h>

struct sched;
struct decision;

/* Bytes that the caller keeps (broker/payload): moved through, never read. */
struct payload_ref {
    uint32_t block; /* 0: none */
    uint32_t offset;
    uint32_t len;
};

struct sched_limits {
    uint32_t max_queued;       /* jobs waiting, per account */
    uint64_t max_queued_bytes; /* of their payloads and options, likewise */
    uint64_t setup_ms; /* for a worker to answer SETUP or CLOSE; 0: for ever */
    uint64_t seed;     /* for jitter and hashing: anything hard to guess */
};

/* NULL if out of memory. */
struct sched *sched_create(const struct sched_limits *limits);
void sched_destroy(struct sched *s);

/* True once memory ran out in a place where nobody could be refused: words
 * are lost and tables not whole; end the broker. */
bool sched_is_out_of_memory(const struct sched *s);

/* ---- clients ---- */

int sched_client_join(struct sched *s, uint32_t client, uint32_t account);

/* Its queued foreground jobs vanish, its running ones are aborted by their
 * cancel rule, the targets that only it has set up are closed.  Nobody is
 * told.  What it has detached goes on; its RESULT then has client 0. */
void sched_client_leave(struct sched *s, uint64_t now, uint32_t client);

/* None of its jobs is begun, until it has read what it has; or again. */
void sched_client_pause(struct sched *s,
                        uint64_t now,
                        uint32_t client,
                        bool pause);

/* ---- workers ---- */

struct sched_label {
    const char *key;
    const char *value;
};

/* A counted resource has `count`; an indexed one has `count` indexes too. */
struct sched_resource {
    const char *name;
    double count;
    const uint32_t *indexes; /* NULL if counted */
};

struct worker_desc {
    const char *name; /* unique among live workers */
    const char *host;
    uint32_t pid;
    uint32_t slots;
    uint32_t io_slots;
    bool thread_slots;
    uint32_t account; /* 0: serves every account */
    const struct sched_label *labels;
    size_t label_count;
    const struct sched_resource *resources;
    size_t resource_count;
};

/* Strings are copied.  EEXIST if the name is taken. */
int sched_worker_join(struct sched *s,
                      uint64_t now,
                      uint32_t worker,
                      const struct worker_desc *desc,
                      struct par_error *err);

/* It is gone: said goodbye, or lost.  What it had not started (as far as it
 * told) is queued again when `orderly`, else all it held may have run. */
void sched_worker_leave(struct sched *s,
                        uint64_t now,
                        uint32_t worker,
                        bool orderly);

/* No new work (suspect, paused, draining), or again. */
void sched_worker_pause(struct sched *s,
                        uint64_t now,
                        uint32_t worker,
                        bool pause);

/* ---- targets ---- */

/* A computation of `account`; the caller has checked its manifest and knows
 * it by identity.  Returns the target, 0 if out of memory.  `name` is copied.
 * If no sched_setup() has been taken for it by the next sched_tick(), it is
 * retired. */
uint32_t sched_target_add(struct sched *s, uint32_t account, const char *name);
/* So long do its files take to move: on top of setup_ms. */
void sched_target_extra(struct sched *s, uint32_t target, uint64_t extra_ms);

/* The target of a path, made if it is new; 0 if out of memory. */
uint32_t sched_path(struct sched *s, const char *path);

/* May this account use it?  False for a number that is none. */
bool sched_target_allows(const struct sched *s,
                         uint32_t target,
                         uint32_t account);

/* A worker offers a path / does not any more. */
int sched_register(struct sched *s,
                   uint64_t now,
                   uint32_t worker,
                   uint32_t target);
void sched_unregister(struct sched *s,
                      uint64_t now,
                      uint32_t worker,
                      uint32_t target);
bool sched_offers(const struct sched *s, uint32_t worker, uint32_t target);

struct setup_order {
    uint32_t client;
    uint64_t id; /* the client's request id */
    uint32_t target;
    uint32_t wait;           /* ready workers wanted; 0 counts as 1 */
    int64_t unplaceable_ms;  /* -1: for ever */
    bool keep;               /* lifetime account: outlives the session */
    const char *where;       /* a worker or a host; NULL or "": all */
    struct payload_ref call; /* block 0: none; else `where` is waited for */
    bool terminate;          /* CLOSE */
    int64_t timeout_ms;      /* CLOSE: then terminate; -1: none */
};

/* Both answer with a decision (READY, CLOSED, REFUSED) in their time, after a
 * sched_tick().  Return PAR_OK, and the call is sched's to release, or the
 * status that refuses them at once.
 *
 * A session that sets a target up holds it, and a target that nobody holds is
 * closed, unless one of its SETUPs said `keep`.  A CLOSE by one of several
 * holders only ends its hold (`terminate`: and its jobs); any other, of the
 * last holder or of somebody who holds nothing, is for all.  `where` closes
 * the target at some workers only: they get no more of it until a SETUP. */
int sched_setup(struct sched *s, uint64_t now, const struct setup_order *order);
int sched_close(struct sched *s, uint64_t now, const struct setup_order *order);

/* Does a session hold this target?  And how many does it hold? */
bool sched_holds(const struct sched *s, uint32_t client, uint32_t target);
uint32_t sched_hold_count(const struct sched *s, uint32_t client);

/* What a worker was asked to set up by this request; 0 if it was not. */
uint32_t sched_setup_target(const struct sched *s,
                            uint32_t worker,
                            uint64_t request);

/* A worker has answered a SETUP or a CLOSE.  `text` is the failure's, and
 * sched's to release. */
void sched_request_done(struct sched *s,
                        uint64_t now,
                        uint32_t worker,
                        uint64_t request,
                        int status,
                        struct payload_ref text);

/* A DECIDE_SETUP or _CLOSE that is not answered in grace_ms: report it done. */
bool sched_overdue(struct sched *s, uint64_t now, struct decision *late);

/* A worker has given a target up that was ready there (its slots die one after
 * the other): no more of it goes there until a SETUP asks again.  `text` is
 * sched's to release. */
void sched_target_failed(struct sched *s,
                         uint64_t now,
                         uint32_t worker,
                         uint32_t target,
                         struct payload_ref text);

/* ---- jobs ---- */

struct job_batch {
    uint32_t client;
    uint32_t target;
    uint32_t function;
    uint64_t first_run; /* the client's ids: first_run .. + count - 1 */
    uint32_t count;
    bool detach;
    const void *meta; /* the RUN's metadata, checked: its options (P7) */
    size_t meta_len;
    const struct payload_ref *payloads; /* count of them */
};

/* Take jobs in: all of them or none.  Returns PAR_OK and the first public id,
 * or the status that refuses them, with the reason in err: UNSUPPORTED names
 * the option, OVERLOADED the bound, DUPLICATE_ID the id.  The payloads are
 * sched's to release (DECIDE_FORGET, RESULT) only when taken. */
int sched_submit(struct sched *s,
                 uint64_t now,
                 const struct job_batch *batch,
                 uint64_t *first_serial,
                 struct par_error *err);

/* mode: 0 as the job says, 1 soft, 2 kill.  Returns PAR_OK, UNKNOWN_ID, or
 * NOT_KILLABLE: it runs on, because it says so. */
int sched_cancel(struct sched *s,
                 uint64_t now,
                 uint32_t client,
                 uint64_t run,
                 unsigned mode);
int sched_cancel_job(struct sched *s,
                     uint64_t now,
                     uint32_t account,
                     uint64_t serial,
                     unsigned mode);

/* The broker ends soon: jobs that wait are answered DRAINING, so that their
 * clients can take them elsewhere. */
void sched_dismiss(struct sched *s, uint64_t now);

struct job_outcome {
    int status;
    unsigned executed; /* enum wire_executed */
    uint32_t wall_us;
    struct payload_ref payload;
};

/* What a worker says of a dispatch.  Return false (late or unknown: dropped
 * and counted, the payload stays the caller's) or true (it is sched's to
 * release).  A job that was answered before its worker is done with it, by
 * its deadline or because its client left, keeps the worker busy until then;
 * that word is late too. */
bool sched_started(struct sched *s,
                   uint64_t now,
                   uint32_t worker,
                   uint64_t dispatch);
bool sched_result(struct sched *s,
                  uint64_t now,
                  uint32_t worker,
                  uint64_t dispatch,
                  const struct job_outcome *outcome);
bool sched_returned(struct sched *s, /* recalled, surely not started */
                    uint64_t now,
                    uint32_t worker,
                    uint64_t dispatch);

/* Workers with a job that waits behind a long one while another worker could
 * begin it: ask them for what they have not begun (RECALL).  Each is named
 * once, until something changes there; 0 after the last.  Now and then. */
uint32_t sched_crowded(struct sched *s, uint64_t now, size_t *cursor);
bool sched_may_crowd(const struct sched *s);

/* For relaying streams and messages: whose run is this dispatch, and which
 * dispatch is this run now?  Return false if there is none. */
bool sched_run_of(const struct sched *s,
                  uint32_t worker,
                  uint64_t dispatch,
                  uint32_t *client,
                  uint64_t *run);
bool sched_dispatch_of(const struct sched *s,
                       uint32_t client,
                       uint64_t run,
                       uint32_t *worker,
                       uint64_t *dispatch);

/* ---- time ---- */

/* Expiries, retries that are due, reservations; then assigns what can be. */
void sched_tick(struct sched *s, uint64_t now);

/* When sched_tick() next has work; UINT64_MAX if never. */
uint64_t sched_deadline(const struct sched *s);

/* ---- decisions ---- */

enum decision_kind {
    DECIDE_ASSIGN,  /* worker, dispatch, target, function, spec, client (as
                       origin), attempt, payload, grant */
    DECIDE_ABORT,   /* worker, dispatch, mode, grace_ms */
    DECIDE_RESULT,  /* client, run, serial, status, executed, wall_us, worker,
                       attempt (0: none), payload (the worker's words) or reason
                       (ours); it and `spent`, the job's, are then not needed;
                       target: whose set-ups failed, which is why (0: not so) */
    DECIDE_STARTED, /* client, run, attempt */
    DECIDE_SETUP,   /* worker, request, target, payload (the call) */
    DECIDE_CLOSE,   /* worker, request, target, mode, payload (the call) */
    DECIDE_READY,   /* client, run (its request id), target */
    DECIDE_CLOSED,  /* client, run (its request id), target */
    DECIDE_REFUSED, /* client, run (its request id), target, status, payload
                       (the worker's words) or reason */
    DECIDE_FORGET,  /* payload: nobody needs it any more */
    DECIDE_RETIRE   /* target (no path): closed everywhere; forget it */
};

struct decision {
    enum decision_kind kind;
    unsigned mode;
    uint32_t worker;
    uint32_t client;
    uint32_t target;
    uint32_t function;
    uint32_t spec;
    uint32_t attempt;
    uint32_t wall_us;
    uint32_t grace_ms;
    int status;
    unsigned executed;
    uint64_t dispatch;
    uint64_t request;
    uint64_t run;
    uint64_t serial;
    struct payload_ref payload;
    struct payload_ref spent;
    uint32_t grant;  /* indexed resources handed out; see sched_grant() */
    uint32_t reason; /* see sched_reason(); 0: none */
};

/* The next decision, in the order they were made; false when there is none.
 * One can name a client or a worker that has left meanwhile.  All names stay
 * readable until sched_settle(). */
bool sched_next(struct sched *s, struct decision *d);

/* All decisions are carried out: let go of what they quoted. */
void sched_settle(struct sched *s);

/* The metadata that came with a job's RUN, to hand on. */
const void *sched_spec_meta(const struct sched *s, uint32_t spec, size_t *len);

/* Why, for people ("no worker has the label gpu=yes").  Returns `text`. */
const char *sched_reason(const struct sched *s,
                         const struct decision *d,
                         char *text,
                         size_t size);

/* The i-th indexed resource granted; false past the end. */
bool sched_grant(const struct sched *s,
                 uint32_t grant,
                 size_t i,
                 const char **name,
                 uint32_t *index);

/* How the workers answered a setup so far: the i-th, for READY's list.  The
 * text stays sched's. */
bool sched_target_worker(const struct sched *s,
                         uint32_t target,
                         size_t i,
                         uint32_t *worker,
                         int *status,
                         struct payload_ref *text);

/* One that failed, and what it said of that; false: none said a word. */
bool sched_target_failure(const struct sched *s,
                          uint32_t target,
                          uint32_t *worker,
                          struct payload_ref *text);

/* ---- questions; more are in sched_view.h ---- */

struct sched_stats {
    uint64_t submitted, done, failed, cancelled, expired, retried, late;
    uint32_t queued, assigned, running, delayed;
    uint32_t clients, workers, targets, closing; /* CLOSEs not answered */
    uint64_t queued_bytes;
};

void sched_stats(const struct sched *s, struct sched_stats *out);

uint32_t sched_worker_find(const struct sched *s, const char *name); /* 0 */
const char *sched_worker_name(const struct sched *s, uint32_t worker);
const char *sched_target_name(const struct sched *s, uint32_t target);

/* Check every invariant of the tables; aborts on a broken one.  For tests. */
void sched_check(const struct sched *s);

#endif
