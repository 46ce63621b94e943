/* job.h - the life of one job, and nothing else
 *
 *              assign              start
 *   QUEUED -------------> ASSIGNED -------> RUNNING ------ finish --> DONE
 *    ^  ^ ^                 |  |              |   |------- fail ----> FAILED
 *    |  | '---- return -----'  '--------------+   '---- quarantine ->
 * QUARANTINED |  |                      finish, fail,  | |  '- wake -- DELAYED
 * quarantine     | |               ^          as RUNNING    | | '-------- retry
 * ---------+ |                                        |-- stop ----> STOPPING
 *    '-- cancel --> CANCELLED                 |    (finish, fail, cancel)
 *        expire --> EXPIRED                   '-- abandon -> ABANDONED
 *        fail ----> FAILED                         (release)
 *
 * Somebody asked to end a STOPPING job, and its worker's answer ends it.  An
 * ABANDONED one has been answered already, or nobody is left to be answered:
 * it only keeps its worker busy.
 */
#ifndef PAR_BROKER_JOB_H
#define PAR_BROKER_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "pool.h"
#include "sched.h"

enum job_state {
    JOB_NONE, /* not a state: marks a move that is not allowed */
    JOB_QUEUED,
    JOB_DELAYED, /* will be tried again later */
    JOB_ASSIGNED,
    JOB_RUNNING, /* its worker said so, which it need not */
    JOB_STOPPING,
    JOB_ABANDONED,
    JOB_DONE,
    JOB_FAILED,
    JOB_CANCELLED,
    JOB_EXPIRED,
    JOB_QUARANTINED,
    JOB_RELEASED, /* the worker is rid of an abandoned job */
    JOB_STATES
};

enum job_event {
    JOB_ASSIGN,
    JOB_START,
    JOB_RETURN, /* surely not started: back into the queue */
    JOB_RETRY,
    JOB_WAKE,
    JOB_STOP,
    JOB_ABANDON,
    JOB_FINISH,
    JOB_FAIL,
    JOB_CANCEL,
    JOB_EXPIRE,
    JOB_QUARANTINE,
    JOB_RELEASE,
    JOB_EVENTS
};

/* 88 octets, because there may be a million. */
struct job {
    uint64_t serial;
    uint64_t run;       /* the client's id */
    uint64_t dispatch;  /* 0: no worker holds it */
    uint64_t submitted; /* ms */
    uint64_t since;     /* ms: queued, assigned; DELAYED: when to wake */
    struct payload_ref payload;
    uint32_t prev; /* in its lane while queued, at its worker while held */
    uint32_t next;
    uint32_t client;
    uint32_t spec;
    uint32_t where;   /* the lane, or the worker */
    uint32_t timer;   /* position in the heap of timers */
    uint32_t grant;   /* indexed resources; 0: none */
    uint16_t starts;  /* attempts that may have run, but for a current one */
    uint16_t crashes; /* of those, the ones that took their slot along */
    uint8_t state;    /* enum job_state */
    uint8_t executed; /* enum wire_executed: what earlier attempts did */
    bool detach : 1;
    bool again : 1;       /* is in its lane's heap, at position `next` */
    unsigned returns : 4; /* times that it came back not started */
    unsigned weight : 4;  /* what it takes of its worker's window, and */
    unsigned charge : 6;  /* of its client's share: as powers of two, in us */
};

_Static_assert(sizeof(struct job) == 88, "memory is counted in jobs");

/* Returns the new state, or JOB_NONE with the job unchanged if ev makes no
 * sense now (a late word, say): not an error. */
enum job_state job_step(struct job *job, enum job_event ev);

/* "queued", ... for people */
const char *job_state_name(enum job_state state);

/* Has it been answered for good? */
static inline bool job_is_final(const struct job *job)
{
    return job->state >= JOB_DONE;
}

/* Does a worker hold it? */
static inline bool job_is_held(const struct job *job)
{
    return job->state >= JOB_ASSIGNED && job->state <= JOB_ABANDONED;
}

/* Does it wait, in the queue or for its next attempt? */
static inline bool job_is_waiting(const struct job *job)
{
    return job->state == JOB_QUEUED || job->state == JOB_DELAYED;
}

/* ---- rows of jobs, linked by their places in the pool ---- */

struct job_row {
    uint32_t first; /* POOL_NONE if empty */
    uint32_t last;
    uint32_t count;
};

void job_row_init(struct job_row *row);
void job_row_append(struct job_row *row, const struct pool *jobs, uint32_t at);
void job_row_remove(struct job_row *row, const struct pool *jobs, uint32_t at);

/* Hang a whole row behind another; it is empty then. */
void job_row_join(struct job_row *row,
                  const struct pool *jobs,
                  struct job_row *more);

#endif
