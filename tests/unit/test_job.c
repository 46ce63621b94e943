/* test_job.c - the picture in job.h, move by move */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "broker/job.h"

TestSuite(job, .timeout = 10);

/* Where a job in `state` gets by `event`. */
static int step(enum job_state state, enum job_event event)
{
    struct job job = {.state = (uint8_t)state};
    int to = job_step(&job, event);

    if (to == JOB_NONE)
        cr_assert(eq(int, job.state, (int)state), "a refused move is none");
    else
        cr_assert(eq(int, job.state, to));
    return to;
}

Test(job, the_usual_life)
{
    cr_assert(eq(int, step(JOB_QUEUED, JOB_ASSIGN), JOB_ASSIGNED));
    cr_assert(eq(int, step(JOB_ASSIGNED, JOB_START), JOB_RUNNING));
    cr_assert(eq(int, step(JOB_RUNNING, JOB_FINISH), JOB_DONE));
    cr_assert(eq(int, step(JOB_ASSIGNED, JOB_FINISH), JOB_DONE),
              "a result implies the start");
}

Test(job, final_states_are_final)
{
    for (int state = JOB_DONE; state < JOB_STATES; state++)
        for (int event = 0; event < JOB_EVENTS; event++)
            cr_assert(eq(int, step(state, event), JOB_NONE));
}

Test(job, one_that_waits_can_neither_start_nor_finish)
{
    static const enum job_event events[] = {JOB_START, JOB_FINISH, JOB_RETURN,
                                            JOB_STOP, JOB_ABANDON};

    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        cr_assert(eq(int, step(JOB_QUEUED, events[i]), JOB_NONE));
        cr_assert(eq(int, step(JOB_DELAYED, events[i]), JOB_NONE));
    }
}

Test(job, one_that_is_being_stopped_is_not_tried_again)
{
    cr_assert(eq(int, step(JOB_STOPPING, JOB_RETRY), JOB_NONE));
    cr_assert(eq(int, step(JOB_STOPPING, JOB_RETURN), JOB_NONE));
    cr_assert(eq(int, step(JOB_STOPPING, JOB_FINISH), JOB_DONE));
}

Test(job, one_that_was_abandoned_can_only_be_let_go)
{
    for (int event = 0; event < JOB_EVENTS; event++)
        cr_assert(eq(int, step(JOB_ABANDONED, event),
                     event == JOB_RELEASE ? JOB_RELEASED : JOB_NONE));
}

Test(job, every_state_has_a_name)
{
    for (int state = 0; state < JOB_STATES; state++)
        cr_assert(ne(ptr, (void *)job_state_name(state), NULL));
    cr_assert(eq(str, (char *)job_state_name(JOB_STOPPING), "stopping"));
}

Test(job, is_not_larger_than_a_million_of_them_allow)
{
    cr_assert(le(sz, sizeof(struct job), 96));
}

/* ---- rows ---- */

static struct pool jobs;

static void open_pool(void)
{
    pool_init(&jobs, sizeof(struct job));
}

static void close_pool(void)
{
    pool_clear(&jobs);
}

TestSuite(job_row, .init = open_pool, .fini = close_pool, .timeout = 10);

static uint32_t make(uint64_t serial)
{
    uint32_t place = pool_take(&jobs);

    POOL_AT(&jobs, struct job, place)->serial = serial;
    return place;
}

/* The row's serials as one number, checked both ways. */
static uint64_t serials(const struct job_row *row)
{
    uint64_t forth = 0;
    uint64_t back = 0;
    uint64_t unit = 1;

    for (uint32_t at = row->first; at != POOL_NONE;
         at = POOL_AT(&jobs, struct job, at)->next)
        forth = forth * 10 + POOL_AT(&jobs, struct job, at)->serial;
    for (uint32_t at = row->last; at != POOL_NONE;
         at = POOL_AT(&jobs, struct job, at)->prev, unit *= 10)
        back += POOL_AT(&jobs, struct job, at)->serial * unit;
    cr_assert(eq(u64, forth, back));
    return forth;
}

Test(job_row, remove_takes_the_first_the_last_and_the_middle)
{
    struct job_row row;
    uint32_t place[4];

    job_row_init(&row);
    for (uint32_t i = 0; i < 4; i++)
        job_row_append(&row, &jobs, place[i] = make(i + 1));
    cr_assert(eq(u64, serials(&row), 1234));
    job_row_remove(&row, &jobs, place[1]);
    cr_assert(eq(u64, serials(&row), 134));
    job_row_remove(&row, &jobs, place[0]);
    cr_assert(eq(u64, serials(&row), 34));
    job_row_remove(&row, &jobs, place[3]);
    cr_assert(eq(u64, serials(&row), 3));
    job_row_remove(&row, &jobs, place[2]);
    cr_assert(eq(u32, row.count, 0));
    cr_assert(eq(u32, row.first, POOL_NONE));
    cr_assert(eq(u32, row.last, POOL_NONE));
}

Test(job_row, join_hangs_one_behind_the_other)
{
    struct job_row row;
    struct job_row more;

    job_row_init(&row);
    job_row_init(&more);
    job_row_join(&row, &jobs, &more);
    cr_assert(eq(u32, row.count, 0));
    for (uint32_t i = 1; i <= 4; i++)
        job_row_append(i < 3 ? &row : &more, &jobs, make(i));
    job_row_join(&row, &jobs, &more);
    cr_assert(eq(u64, serials(&row), 1234));
    cr_assert(eq(u32, row.count, 4));
    cr_assert(eq(u32, more.count, 0));
    job_row_join(&more, &jobs, &row);
    cr_assert(eq(u64, serials(&more), 1234));
}
