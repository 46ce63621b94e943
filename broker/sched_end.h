/* sched_end.h - how jobs end: one answer, then nothing is left of them */
#ifndef PAR_BROKER_SCHED_END_H
#define PAR_BROKER_SCHED_END_H

#include "sched_state.h"

struct answer {
    int status;
    unsigned executed; /* enum wire_executed, of the last attempt */
    uint32_t wall_us;
    uint32_t reason;
    uint32_t worker;            /* that held it last; 0: none did */
    uint32_t target;            /* whose set-ups failed; 0: not so */
    struct payload_ref payload; /* forgotten once it is told */
};

/* Answer, and let go of the job, which no lane and no worker holds. */
void end_job(struct sched *s,
             uint32_t job,
             enum job_event event,
             const struct answer *answer);

/* The same for a waiting job, which leaves the queue first. */
void end_waiting(struct sched *s,
                 uint32_t job,
                 enum job_event event,
                 const struct answer *answer);

/* Answer (NULL: nobody is there) while its worker goes on. */
void end_abandon(struct sched *s, uint32_t job, const struct answer *answer);

/* The worker is rid of an abandoned one. */
void end_abandoned(struct sched *s, uint32_t job);

/* Nobody is left who would want an answer: a waiting job vanishes, a held one
 * is aborted by its rule and abandoned. */
void end_orphan(struct sched *s, uint32_t job);

/* mode: 0 as the job says, 1 soft, 2 kill.  `force`: even if it says never.
 * Returns PAR_OK, PAR_NOT_KILLABLE. */
int end_cancel(
    struct sched *s, uint32_t job, unsigned mode, bool force, uint32_t reason);

/* The client that left, with nothing of its own any more. */
void end_ghost(struct sched *s, uint32_t client);

#endif
