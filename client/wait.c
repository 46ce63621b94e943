/* wait.c - waiting for jobs, and taking their results */
#include "config.h"

#include <errno.h>
#include <unistd.h>

#include "call.h"
#include "flow.h"
#include "handle.h"
#include "pump.h"
#include "wait.h"

bool client_is_over(const struct run *run)
{
    return run->done && !(run->flow && run->flow->pending > 0);
}

void client_give(struct par_client *c,
                 struct run *run,
                 struct par_result *result)
{
    *result = (struct par_result){.job = run->id,
                                  .status = run->status,
                                  .executed = run->executed,
                                  .wall_us = run->wall_us,
                                  .data = run->data,
                                  .len = run->len,
                                  .owner = run->frame};
    run->frame = NULL; /* it goes with the result */
    runs_remove(&c->runs, run);
}

static int runs_on(struct run *run, struct par_error *err)
{
    run->runs_on = false; /* say it once */
    return par_fail(err, PAR_CODE(PAR_NOT_KILLABLE),
                    "job %llu is in a thread slot and cannot be killed: it "
                    "runs on",
                    (unsigned long long)run->id);
}

void client_idle(struct par_client *c)
{
    if (client_enter(c, NULL))
        return;
    if (!c->interrupted && c->state != CLIENT_LOST)
        client_turn(c, UINT64_MAX / 2);
    client_leave(c);
}

void client_wake(struct par_client *c)
{
    uint64_t one = 1;

    if (write(c->wake, &one, sizeof one) < 0)
        return; /* it is full: it is readable already */
}

/* Wait for the end of one job, which may meanwhile be taken by others. */
static struct run *wait_for(struct par_client *c,
                            uint64_t job,
                            uint64_t deadline,
                            struct par_error *err)
{
    /* The first turn is taken even if the time is up: what has arrived
     * counts. */
    for (bool first = true;; first = false) {
        struct run *run = runs_find(&c->runs, job);

        if (!run) {
            par_fail(err, ENOENT,
                     "job %llu is not known here, or its result "
                     "was taken",
                     (unsigned long long)job);
            return NULL;
        }
        if (client_is_over(run))
            return run;
        if (run->runs_on) {
            runs_on(run, err);
            return NULL;
        }
        if (!first &&
            client_patience(c, deadline, err, "job %llu has not ended in time",
                            (unsigned long long)job))
            return NULL;
        client_turn(c, deadline);
    }
}

int par_wait(struct par_client *c,
             uint64_t job,
             int64_t timeout,
             struct par_result *result,
             struct par_error *err)
{
    struct run *run;

    if (client_enter(c, err))
        return -1;
    run = wait_for(c, job, client_deadline(timeout), err);
    if (run)
        client_give(c, run, result);
    client_leave(c);
    return run ? 0 : -1;
}

struct run *client_first_over(const struct group *g)
{
    for (const struct list *n = g->done.next; n != &g->done; n = n->next) {
        struct run *run = LIST_ENTRY(n, struct run, node);

        if (client_is_over(run))
            return run;
    }
    return NULL;
}

size_t client_count_over(const struct par_client *c)
{
    const struct list *done = &c->group.done;
    size_t count = 0;

    if (list_is_empty(&c->pieces)) /* as nearly always */
        return c->group.done_count;
    for (const struct list *n = done->next; n != done; n = n->next)
        count += client_is_over(LIST_ENTRY(n, struct run, node));
    return count;
}

/* The first of these to have ended; NULL if none has.  *known says how many of
 * them there are at all. */
static struct run *first_of(struct par_client *c,
                            const uint64_t *jobs,
                            size_t count,
                            size_t *known)
{
    struct run *first = NULL;

    *known = 0;
    if (count == 0) {
        *known = c->group.open_count + !list_is_empty(&c->group.done);
        return client_first_over(&c->group);
    }
    for (size_t i = 0; i < count; i++) {
        struct run *run = runs_find(&c->runs, jobs[i]);

        if (!run)
            continue;
        (*known)++;
        if (client_is_over(run) && (!first || run->ended < first->ended))
            first = run;
    }
    return first;
}

int par_wait_any(struct par_client *c,
                 const uint64_t *jobs,
                 size_t count,
                 int64_t timeout,
                 struct par_result *result,
                 struct par_error *err)
{
    uint64_t deadline = client_deadline(timeout);
    bool first = true;
    struct run *run;
    size_t known;
    int rc = 0;

    if (client_enter(c, err))
        return -1;
    while (!(run = first_of(c, jobs, count, &known))) {
        if (known == 0)
            rc = par_fail(err, ENOENT, "there is no job to wait for");
        else if (!first)
            rc = client_patience(c, deadline, err, "no job has ended in time");
        if (rc)
            break;
        client_turn(c, deadline);
        first = false;
    }
    if (run)
        client_give(c, run, result);
    client_leave(c);
    return rc;
}

static int wait_all_of_handle(struct par_client *c,
                              uint64_t deadline,
                              struct par_error *err)
{
    bool first = true;

    while (c->group.open_count > 0 || !list_is_empty(&c->pieces)) {
        if (!first &&
            client_patience(c, deadline, err, "%zu jobs have not ended in time",
                            c->group.open_count))
            return -1;
        client_turn(c, deadline);
        first = false;
    }
    return 0;
}

int par_wait_all(struct par_client *c,
                 const uint64_t *jobs,
                 size_t count,
                 int64_t timeout,
                 struct par_error *err)
{
    uint64_t deadline = client_deadline(timeout);
    int rc = 0;

    if (client_enter(c, err))
        return -1;
    if (count == 0)
        rc = wait_all_of_handle(c, deadline, err);
    /* One whose result another thread has taken has ended. */
    for (size_t i = 0; rc == 0 && i < count; i++)
        if (runs_find(&c->runs, jobs[i]) &&
            !wait_for(c, jobs[i], deadline, err))
            rc = -1;
    client_leave(c);
    return rc;
}

/* Turn a failed job into a failed call. */
static int fail_with(struct par_result *r, struct par_error *err)
{
    char text[PAR_ERROR_TEXT];

    par_fail(err, PAR_CODE(r->status), "%s",
             par_result_error(r, text, sizeof text));
    par_result_clear(r);
    return -1;
}

int par_call(struct par_client *c,
             const struct par_function *function,
             const struct par_value *args,
             size_t count,
             struct par_result *result,
             struct par_error *err)
{
    uint64_t job;

    if (par_run(c, function, args, count, NULL, &job, err) ||
        par_wait(c, job, PAR_FOREVER, result, err))
        return -1;
    return result->status == PAR_OK ? 0 : fail_with(result, err);
}
