/* job.c - the table of moves, and rows of jobs
 *
 * A row links jobs through their places, in the order in which they came: what
 * a lane's queue is made of.
 */
#include "config.h"

#include "job.h"

#include <assert.h>

#define HELD_MOVES                                                             \
    [JOB_RETURN] = JOB_QUEUED, [JOB_RETRY] = JOB_DELAYED,                      \
    [JOB_STOP] = JOB_STOPPING, [JOB_ABANDON] = JOB_ABANDONED,                  \
    [JOB_FINISH] = JOB_DONE, [JOB_FAIL] = JOB_FAILED,                          \
    [JOB_CANCEL] = JOB_CANCELLED, [JOB_QUARANTINE] = JOB_QUARANTINED

/* Read a row as: in this state, these events lead there.  A hole is
 * JOB_NONE. */
static const unsigned char next_state[JOB_STATES][JOB_EVENTS] = {
    [JOB_QUEUED] = {[JOB_ASSIGN] = JOB_ASSIGNED,
                    [JOB_FAIL] = JOB_FAILED,
                    [JOB_CANCEL] = JOB_CANCELLED,
                    [JOB_EXPIRE] = JOB_EXPIRED},
    [JOB_DELAYED] = {[JOB_WAKE] = JOB_QUEUED,
                     [JOB_FAIL] = JOB_FAILED,
                     [JOB_CANCEL] = JOB_CANCELLED,
                     [JOB_EXPIRE] = JOB_EXPIRED},
    [JOB_ASSIGNED] = {HELD_MOVES, [JOB_START] = JOB_RUNNING},
    [JOB_RUNNING] = {HELD_MOVES},
    [JOB_STOPPING] = {[JOB_ABANDON] = JOB_ABANDONED,
                      [JOB_FINISH] = JOB_DONE,
                      [JOB_FAIL] = JOB_FAILED,
                      [JOB_CANCEL] = JOB_CANCELLED},
    [JOB_ABANDONED] = {[JOB_RELEASE] = JOB_RELEASED},
};

enum job_state job_step(struct job *job, enum job_event ev)
{
    enum job_state to;

    assert(job->state > JOB_NONE && job->state < JOB_STATES);
    assert(ev < JOB_EVENTS);

    to = next_state[job->state][ev];
    if (to != JOB_NONE)
        job->state = (uint8_t)to;
    return to;
}

const char *job_state_name(enum job_state state)
{
    static const char *const names[JOB_STATES] = {
        [JOB_NONE] = "none",           [JOB_QUEUED] = "queued",
        [JOB_DELAYED] = "delayed",     [JOB_ASSIGNED] = "assigned",
        [JOB_RUNNING] = "running",     [JOB_STOPPING] = "stopping",
        [JOB_ABANDONED] = "abandoned", [JOB_DONE] = "done",
        [JOB_FAILED] = "failed",       [JOB_CANCELLED] = "cancelled",
        [JOB_EXPIRED] = "expired",     [JOB_QUARANTINED] = "quarantined",
        [JOB_RELEASED] = "released",
    };

    return names[state];
}

void job_row_init(struct job_row *row)
{
    *row = (struct job_row){POOL_NONE, POOL_NONE, 0};
}

static struct job *at_place(const struct pool *jobs, uint32_t place)
{
    return POOL_AT(jobs, struct job, place);
}

void job_row_append(struct job_row *row, const struct pool *jobs, uint32_t at)
{
    struct job *job = at_place(jobs, at);

    job->prev = row->last;
    job->next = POOL_NONE;
    if (row->last != POOL_NONE)
        at_place(jobs, row->last)->next = at;
    else
        row->first = at;
    row->last = at;
    row->count++;
}

void job_row_join(struct job_row *row,
                  const struct pool *jobs,
                  struct job_row *more)
{
    if (row->count == 0) {
        *row = *more;
    } else if (more->count > 0) {
        at_place(jobs, row->last)->next = more->first;
        at_place(jobs, more->first)->prev = row->last;
        row->last = more->last;
        row->count += more->count;
    }
    job_row_init(more);
}

void job_row_remove(struct job_row *row, const struct pool *jobs, uint32_t at)
{
    struct job *job = at_place(jobs, at);

    if (job->prev != POOL_NONE)
        at_place(jobs, job->prev)->next = job->next;
    else
        row->first = job->next;
    if (job->next != POOL_NONE)
        at_place(jobs, job->next)->prev = job->prev;
    else
        row->last = job->prev;
    row->count--;
}
