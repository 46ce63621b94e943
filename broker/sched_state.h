/* sched_state.h - the tables behind sched.h, and how to look things up
 *
 * Only sched_*.c see them.  Everything lives in a pool and is named by its
 * place there; pointers are for the length of a function.  The arrows:
 *
 *   job --> spec --> demand --> target          (what, how, where)
 *   job --> client --> account                  (whose)
 *   job --> lane --> demand                     while it is queued
 *   job --> worker                              while it is held
 *   site: one target at one worker              (set up, registered, ...)
 *
 * A demand is what jobs of one target ask of a worker: it is matched with
 * every worker once.  A lane is the queue of one client's jobs of one demand
 * and priority.
 */
#ifndef PAR_BROKER_SCHED_STATE_H
#define PAR_BROKER_SCHED_STATE_H

#include "decision.h"
#include "heap.h"
#include "idmap.h"
#include "job.h"
#include "keymap.h"
#include "list.h"
#include "placement.h"
#include "policy.h"
#include "pool.h"
#include "ranks.h"
#include "roster.h"
#include "run_options.h"
#include "sched.h"
#include "serials.h"
#include "spans.h"

#define SCHED_NEVER UINT64_MAX

/* The first 4 octets of each of these are the pool's while the place is free:
 * no pointer that is freed, and nothing that tells the live from the free. */

struct account {
    uint32_t number;  /* the caller's */
    uint32_t clients; /* that are of it; gone with the last */
    uint32_t queued;  /* jobs that wait, and their payloads' octets */
    uint64_t queued_bytes;
};

struct client {
    uint64_t last_run;
    struct share shares[RUN_CLASSES];
    /* What the lane that was served last had then: for a new lane, which has
     * no claim to what others had before it. */
    uint64_t lane_clock[RUN_CLASSES];
    struct spans spans;
    uint32_t number;
    uint32_t account; /* place */
    uint32_t jobs;    /* that are not gone */
    bool gone;        /* kept for the jobs it has detached */
    bool paused;      /* its lanes come last in their demands, and do not go */
    struct list lanes;
    uint32_t *holds; /* places of the targets it has set up */
    uint32_t hold_count;
    uint32_t hold_size;
    struct ranks ready[RUN_CLASSES]; /* demands that can go, whose best lane is
                                        its own */
    uint32_t ready_at[RUN_CLASSES];  /* position among those that have any */
};

/* What a demand sees in a worker: bits. */
enum fit {
    FIT_MATCH = 1,  /* the terms are met */
    FIT_PREFER = 2, /* the wishes too */
    FIT_READY = 4,  /* and the target is ready there */
    FIT_BARRED = 8  /* it failed there, or was closed: wait for a SETUP */
};

struct demand {
    struct placement where;
    char *texts; /* where `where` points to */
    uint64_t hash;
    uint32_t place;  /* its own */
    uint32_t target; /* place */
    uint32_t specs;  /* that use it */
    struct ranks lanes;
    uint32_t queued;
    uint8_t *fits; /* bits for each worker's place */
    uint32_t fit_count;
    uint32_t placeable;         /* workers that could ever run it */
    uint32_t ready;             /* of those, where its target is ready */
    uint64_t looked;            /* nobody had room when so many openings were
                                   known; SCHED_NEVER: look at all */
    uint64_t unplaceable_since; /* if there are none */
    uint64_t passed_since;      /* no resources free for its first job; 0: no */
    uint32_t reserved;          /* a worker is kept free for it; POOL_NONE */
    uint32_t ready_of;          /* whose best lane is its best one, and ... */
    uint32_t ready_at;          /* ... position among those of that client */
    struct list stuck;          /* with the others that found no worker */
    struct list all;
    struct list of_target;
    bool live;
};

struct lane {
    struct job_row row; /* in the order they came */
    struct heap again;  /* those that came back, by serial */
    uint32_t client;
    uint32_t demand;
    int32_t priority;
    uint32_t boost;   /* by ageing */
    uint64_t served;  /* us of slots that it was charged */
    uint64_t clock;   /* ms: its last serving, or its beginning */
    uint32_t rank_at; /* position in the demand's ranks */
    uint32_t age_at;
    uint32_t due_at; /* in the heap of those that cannot be placed */
    bool live;
    struct list of_client;
};

struct lane_key {
    uint32_t client;
    uint32_t demand;
    int32_t priority;
};

struct demand_key {
    const struct placement *where;
    uint32_t target;
};

struct spec_key {
    const void *meta;
    size_t len;
    uint32_t account;
    uint32_t target;
    uint32_t function;
};

/* Everything about jobs that is the same for a whole batch. */
struct spec {
    uint64_t hash;
    uint8_t *meta;
    size_t meta_len;
    uint32_t place; /* its own */
    struct rules rules;
    uint32_t account; /* the caller's number */
    uint32_t target;  /* place */
    uint32_t function;
    uint32_t demand;
    uint32_t jobs;    /* that use it */
    struct list idle; /* with the others that no job uses */
    bool live;
};

enum site_state {
    SITE_NONE, /* not set up, not registered */
    SITE_SETTING,
    SITE_READY,
    SITE_FAILED,
    SITE_LEAVING, /* to be closed once its jobs are through */
    SITE_CLOSING, /* CLOSE was sent */
    SITE_CLOSED   /* and answered: only a SETUP opens it again */
};

/* One target at one worker. */
struct site {
    uint32_t held;   /* dispatches */
    uint32_t setups; /* requests that are not answered */
    int status;      /* of the last setup */
    enum site_state state;
    struct payload_ref text;
    bool owes; /* a setup in time: it may yet be there, and is to be closed */
    struct pace *paces; /* POLICY_PACES; NULL: nothing known */
};

struct target {
    uint32_t setting; /* sites that are being set up */
    uint32_t number;
    uint32_t account; /* the caller's; 0 for a path: everybody's */
    char *name;
    uint64_t extra_ms;   /* for its files */
    struct site **sites; /* by the worker's place; NULL: none */
    uint32_t site_size;
    uint32_t site_count;
    uint32_t queued; /* jobs that wait */
    uint32_t held;   /* dispatches */
    uint32_t specs;
    uint32_t holds; /* sessions that set it up */
    bool is_path;
    bool keep; /* outlives the sessions */
    bool closing;
    bool terminate;
    bool retired;
    struct list demands;
    struct list orders;  /* SETUPs and CLOSEs not answered yet */
    struct list touched; /* with the others to look at in the next tick */
    struct list loose;   /* with the others that may be unused */
};

/* A SETUP or CLOSE of a client's. */
struct order {
    struct list of_target;
    uint32_t place; /* its own */
    uint64_t id;
    uint64_t due;
    uint64_t short_since; /* too few workers since then; 0: enough */
    uint32_t client;      /* the caller's number; 0: nobody to answer */
    uint32_t target;
    uint32_t wait;
    uint32_t pending; /* calls that are not answered */
    uint32_t called;  /* calls that were sent */
    uint32_t due_at;
    int64_t unplaceable_ms;
    int64_t timeout_ms;
    char *where;
    struct payload_ref call;
    struct payload_ref text; /* of a call that failed */
    int status;
    bool close;
    bool keep;
    bool took_hold; /* its client holds the target because of it */
    bool terminate;
    bool live;
};

/* A SETUP or CLOSE towards a worker. */
struct request {
    struct list of_worker;
    uint64_t id;
    uint32_t place; /* its own */
    uint32_t worker;
    uint32_t target;
    uint32_t order; /* whose call it carries; POOL_NONE */
    uint32_t due_at;
    bool close;
};

struct grant {
    uint32_t next; /* of those to let go */
    uint32_t worker;
    size_t count;
    struct placement_index *indexes;
};

enum { OPENINGS = 32 };

struct sched {
    struct sched_limits limits;
    uint64_t now;
    uint64_t patience_due; /* when a worker is to be reserved for somebody */
    uint64_t random;
    struct share fleet[RUN_CLASSES]; /* see share_charge() */
    int32_t top[RUN_CLASSES]; /* the priority of whoever was served last */
    uint64_t serials;         /* the last one given */
    uint64_t dispatches;      /* likewise */
    uint64_t requests;        /* likewise */
    uint32_t targets_made;
    bool no_memory;
    struct decisions decisions;

    struct pool account_pool;
    struct pool client_pool;
    struct pool worker_pool;
    struct pool target_pool;
    struct pool demand_pool;
    struct pool spec_pool;
    struct pool lane_pool;
    struct pool job_pool;
    struct pool order_pool;
    struct pool request_pool;
    struct pool grant_pool; /* place 0 is never used */

    struct idmap accounts; /* numbers to places */
    struct idmap clients;
    struct idmap workers;
    struct idmap targets;
    struct serials jobs;       /* serials to places */
    struct serials dispatched; /* dispatch ids to places */
    struct keymap paths;       /* keys to places */
    struct keymap names;       /* of workers */
    struct keymap demands;
    struct keymap specs;
    struct keymap lanes;

    struct heap job_timers;
    struct heap lane_timers; /* of lanes that cannot be placed */
    struct heap lane_ages;
    struct heap order_timers;
    struct heap request_timers;

    /* Workers with room, by class and relative load, and a bit for each list
     * that is not empty. */
    struct list roomy[RUN_CLASSES][ROSTER_LOADS];
    uint64_t roomy_bits[RUN_CLASSES];
    struct ranks ready[RUN_CLASSES]; /* clients whose work may find one */
    struct list stuck;               /* demands with work that did not */
    struct list all_demands;

    /* Workers that may have room that they had not: a ring of the last. */
    uint32_t openings[OPENINGS];
    uint64_t opened;   /* ever */
    uint64_t stuck_at; /* `opened` when a demand got stuck last */

    struct list touched_workers;
    struct list touched_targets;
    struct list loose_targets;
    struct list doomed_workers; /* gone, freed when settled */
    struct list doomed_targets;
    struct list idle_specs; /* the one that idles longest first */
    uint32_t idle_count;
    uint32_t doomed_grants;

    uint32_t states[JOB_STATES]; /* jobs in each */
    uint32_t client_count;       /* those that are not gone */
    uint32_t worker_count;
    uint32_t target_count;
    struct sched_stats totals; /* what only goes up, and `closing` */
    char *scratch;             /* SCRATCH octets, for sentences */
};

enum { SCHED_SCRATCH = 400 };

/* ---- by place ---- */

static inline struct job *job_at(const struct sched *s, uint32_t place)
{
    return POOL_AT(&s->job_pool, struct job, place);
}

static inline struct lane *lane_at(const struct sched *s, uint32_t place)
{
    return POOL_AT(&s->lane_pool, struct lane, place);
}

static inline struct spec *spec_at(const struct sched *s, uint32_t place)
{
    return POOL_AT(&s->spec_pool, struct spec, place);
}

static inline struct demand *demand_at(const struct sched *s, uint32_t place)
{
    return POOL_AT(&s->demand_pool, struct demand, place);
}

static inline struct client *client_at(const struct sched *s, uint32_t place)
{
    return POOL_AT(&s->client_pool, struct client, place);
}

static inline struct account *account_at(const struct sched *s, uint32_t place)
{
    return POOL_AT(&s->account_pool, struct account, place);
}

static inline struct worker *worker_at(const struct sched *s, uint32_t place)
{
    return POOL_AT(&s->worker_pool, struct worker, place);
}

static inline struct target *target_at(const struct sched *s, uint32_t place)
{
    return POOL_AT(&s->target_pool, struct target, place);
}

static inline struct order *order_at(const struct sched *s, uint32_t place)
{
    return POOL_AT(&s->order_pool, struct order, place);
}

static inline struct request *request_at(const struct sched *s, uint32_t place)
{
    return POOL_AT(&s->request_pool, struct request, place);
}

static inline struct grant *grant_at(const struct sched *s, uint32_t place)
{
    return POOL_AT(&s->grant_pool, struct grant, place);
}

static inline struct site *site_at(const struct target *t, uint32_t worker)
{
    return worker < t->site_size ? t->sites[worker] : NULL;
}

static inline unsigned fit_at(const struct demand *d, uint32_t worker)
{
    return worker < d->fit_count ? d->fits[worker] : 0;
}

/* ---- by the caller's number: POOL_NONE if there is none (any more) ---- */

uint32_t client_find(const struct sched *s, uint32_t number);
uint32_t worker_find(const struct sched *s, uint32_t number);
uint32_t target_find(const struct sched *s, uint32_t number);

/* A worker's word counts only for what it holds. */
uint32_t dispatch_find(const struct sched *s,
                       uint32_t worker,
                       uint64_t dispatch);

/* A client's job that it has had no answer to. */
uint32_t run_find(const struct sched *s, uint32_t client, uint64_t run);

/* ---- small things that all need ---- */

/* Empty tables; and free all that they hold, whatever state they are in. */
int state_init(struct sched *s, const struct sched_limits *limits);
void state_clear(struct sched *s);
void client_clear(struct client *c);
void target_clear(struct target *t);

/* Time does not go back. */
void sched_hear(struct sched *s, uint64_t now);

/* Have a target looked at in the next tick: something changed there. */
void target_touch(struct sched *s, struct target *t);

/* It may be a path that nobody offers, asks for or runs any more: look when
 * all is settled. */
void target_loosen(struct sched *s, struct target *t);

/* n jobs come into the queue, with so many octets of payload. */
void job_count_in(struct sched *s,
                  uint32_t client,
                  uint32_t spec,
                  uint32_t n,
                  uint64_t bytes);

/* job_step(), with the counts by state, account and target kept right. */
enum job_state job_move(struct sched *s, struct job *job, enum job_event event);

/* (Re)set the one timer of a job; SCHED_NEVER: none. */
void job_set_timer(struct sched *s, uint32_t place, uint64_t due);

/* A sentence for a decision, printf-like. */
uint32_t sched_say(struct sched *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
