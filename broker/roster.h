/* roster.h - one worker: what it offers, what it holds, what is free */
#ifndef PAR_BROKER_ROSTER_H
#define PAR_BROKER_ROSTER_H

#include <stdbool.h>
#include <stdint.h>

#include "job.h"
#include "list.h"
#include "sched.h"

/* What a job does: compute (it takes a slot) or wait (an io slot). */
enum run_class { RUN_CPU, RUN_IO, RUN_CLASSES };

enum {
    ROSTER_SLOTS = 1 << 16,  /* more slots than this are refused */
    ROSTER_WINDOW_BITS = 11, /* us of work sent ahead for a slot: 2^11 */
    ROSTER_LOADS = 64        /* steps of relative load, see worker_load() */
};

struct resource {
    char *name;
    double total;
    double free;
    uint32_t *indexes; /* the free ones first; NULL: counted */
};

/* The slots of one class. */
struct side {
    uint32_t slots;
    uint32_t held;     /* dispatches */
    uint64_t ahead;    /* us of work in those, see side_window() */
    uint32_t load;     /* which of the lists of loads it is in */
    uint32_t worker;   /* the place of the worker whose side it is */
    struct list roomy; /* with the others that have room; else alone */
};

struct worker {
    struct side sides[RUN_CLASSES];
    struct job_row held; /* in the order of assignment */
    uint32_t fresh;      /* the first of them without a dispatch id yet */
    uint32_t number;     /* the caller's; 0: the place is free */
    uint32_t account;    /* 0: serves all */
    uint32_t pid;
    uint32_t reserved; /* for this demand; POOL_NONE */
    bool thread_slots;
    bool paused;
    bool gone;
    bool wanted_back;     /* RECALL was decided since a job last came or went */
    uint64_t moved;       /* ms: when that was */
    struct list touched;  /* with the others that were assigned something */
    struct list requests; /* SETUPs and CLOSEs that it has not answered */
    struct list doomed;   /* once gone */
    uint64_t finished;
    uint64_t failed;
    char *name;
    char *host;
    struct worker_pair {
        char *key;
        char *value;
    } * labels;
    uint32_t label_count;
    uint32_t resource_count;
    struct resource *resources;
};

/* Copy the description into a zeroed worker.  Returns -1 with errno-like code
 * in err: EINVAL, ENOMEM; worker_clear() cleans up in any case. */
int worker_init(struct worker *w,
                uint32_t number,
                const struct worker_desc *desc,
                struct par_error *err);
void worker_clear(struct worker *w);

/* NULL if it has none of that name; `len` octets of `name` count. */
struct resource *worker_resource(const struct worker *w,
                                 const char *name,
                                 size_t len);

/* NULL if it has no such label. */
const char *worker_label(const struct worker *w, const char *key, size_t len);

/* How much is sent there ahead of time, in us. */
static inline uint64_t side_window(const struct side *side)
{
    return (uint64_t)side->slots << ROSTER_WINDOW_BITS;
}

/* How full is a side: 0 idle, up to ROSTER_LOADS - 1. */
uint32_t side_load(const struct side *side);

#endif
