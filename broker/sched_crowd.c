/* sched_crowd.c - who sits behind a long job while a slot elsewhere is free?
 *
 * A worker is sent one job more than it has slots, so that it never waits for
 * us.  Behind jobs that are short that one begins at once; behind a long one
 * it would wait for nothing, so it is wanted back as soon as another worker
 * is free that could run it.
 */
#include "config.h"

#include "sched_assign.h"
#include "sched_state.h"

enum { CROWD_PATIENCE = 100 }; /* ms without a job that came or went */

static bool is_crowded(struct sched *s, uint32_t place)
{
    const struct worker *w = worker_at(s, place);
    const struct side *side = &w->sides[RUN_CPU];
    const struct job *job;

    if (w->number == 0 || w->gone || w->paused || w->wanted_back ||
        side->held <= side->slots || s->now - w->moved < CROWD_PATIENCE)
        return false;
    job = job_at(s, w->held.last);
    return job->state == JOB_ASSIGNED &&
           assign_elsewhere(s, demand_at(s, spec_at(s, job->spec)->demand));
}

bool sched_may_crowd(const struct sched *s)
{
    return s->states[JOB_ASSIGNED] > 0 && s->workers.used > 1;
}

uint32_t sched_crowded(struct sched *s, uint64_t now, size_t *cursor)
{
    sched_hear(s, now);
    while (*cursor < pool_end(&s->worker_pool)) {
        uint32_t place = (uint32_t)(*cursor)++;

        if (!is_crowded(s, place))
            continue;
        worker_at(s, place)->wanted_back = true;
        return worker_at(s, place)->number;
    }
    return 0;
}
