/* test_sched_view.c - what people see of jobs, however many there are */
#include "config.h"

#include <stdio.h>

#include "broker/sched_view.h"
#include "meta_keys.h"
#include "sched_special.h"

TestSuite(sched_view, .init = open_world, .fini = close_world, .timeout = 30);

Test(sched_view, jobs_say_what_they_wait_for)
{
    struct job_view view;
    struct job_walk walk = {0};

    meta_put_map(&w->meta, 1);
    put_label("gpu", "yes");
    world_submit(w, 1, path, 1, 1);
    world_worker(w, 1, 1, path);
    w->now += 50;
    cr_assert(eq(int, sched_job_next(w->s, w->now, 7, &walk, &view), true));
    cr_assert(eq(str, (char *)view.state, "queued"));
    cr_assert(
        eq(str, (char *)view.waits_for, "no worker has the label gpu=yes"));
    cr_assert(eq(u64, view.age_ms, 50));
    cr_assert(eq(int, sched_job_next(w->s, w->now, 7, &walk, &view), false));
    walk = (struct job_walk){0};
    cr_assert(eq(int, sched_job_next(w->s, w->now, 8, &walk, &view), false),
              "other accounts' are nobody's business");
}

Test(sched_view, what_there_is_instead_is_named_up_to_a_few)
{
    struct job_view view;
    struct job_walk walk = {0};

    meta_put_map(&w->meta, 1);
    meta_pair_str(&w->meta, KEY_RUN_HOST, "moon");
    world_submit(w, 1, path, 1, 1);
    for (uint32_t i = 1; i <= 5; i++)
        world_worker(w, i, 1, path);
    sched_job_next(w->s, w->now, 0, &walk, &view);
    cr_assert(eq(str, (char *)view.waits_for,
                 "no worker has a host like moon; there are host1, host2, "
                 "host3, host4, host5"));
    world_worker(w, 6, 1, path);
    walk = (struct job_walk){0};
    sched_job_next(w->s, w->now, 0, &walk, &view);
    cr_assert(eq(str, (char *)view.waits_for,
                 "no worker has a host like moon; there are host1, host2, "
                 "host3, host4, host5 and others"));
}

Test(sched_view, several_missing_terms_are_told_as_such)
{
    struct job_view view;
    struct job_walk walk = {0};

    world_worker(w, 1, 1, path);
    special_worker(2, 1, "gpu", NULL);
    meta_put_map(&w->meta, 2);
    put_label("gpu", "yes");
    meta_pair_str(&w->meta, KEY_RUN_HOST, "host1");
    world_submit(w, 1, path, 1, 1);
    sched_job_next(w->s, w->now, 0, &walk, &view);
    cr_assert(eq(str, (char *)view.waits_for,
                 "no worker has all that it asks for; one lacks the label "
                 "gpu=yes"));
}

/* So many jobs whose words are not the ones that cost nothing. */
static unsigned explained(unsigned *rows)
{
    struct job_walk walk = {0};
    struct job_view view;
    unsigned n = 0;

    for (*rows = 0; sched_job_next(w->s, w->now, 0, &walk, &view); ++*rows)
        n += strcmp(view.waits_for, "a worker that could run it") != 0;
    return n;
}

/* Jobs that no worker could run; `labels` different ones. */
static void submit_stuck(unsigned jobs, unsigned labels)
{
    for (unsigned i = 0; i < jobs; i++) {
        char label[16];

        snprintf(label, sizeof label, "x%u", i % labels);
        meta_put_map(&w->meta, 1);
        put_label(label, "yes");
        cr_assert(eq(int, world_submit(w, 1, path, 1 + i, 1), PAR_OK));
    }
}

Test(sched_view, jobs_that_ask_the_same_are_explained_once)
{
    unsigned rows;

    for (uint32_t i = 1; i <= 9; i++)
        world_worker(w, i, 1, path);
    submit_stuck(8000, 1);
    cr_assert(eq(uint, explained(&rows), 8000));
    cr_assert(eq(uint, rows, 8000));
}

Test(sched_view, what_explaining_takes_is_bounded_and_all_are_told)
{
    unsigned rows;
    unsigned n;

    for (uint32_t i = 1; i <= 9; i++)
        world_worker(w, i, 1, path);
    submit_stuck(8000, 8000);
    n = explained(&rows);
    cr_assert(eq(uint, rows, 8000));
    cr_assert(gt(uint, n, 1000));
    cr_assert(lt(uint, n, 8000));
}

Test(sched_view, what_lacks_a_worker_is_given_up_over_several_ticks)
{
    size_t ended = 0;
    unsigned ticks = 0;

    world_worker(w, 1, 1, path);
    submit_stuck(1000, 1000);
    world_turn(w);
    w->now = sched_deadline(w->s);
    for (; ended < 1000 && ticks < 1000; ticks++) {
        cr_assert(le(u64, sched_deadline(w->s), w->now), "go on at once");
        world_turn(w);
        cr_assert(gt(sz, world_count(w, DECIDE_RESULT), 0));
        cr_assert(lt(sz, world_count(w, DECIDE_RESULT), 500));
        ended += world_count(w, DECIDE_RESULT);
    }
    cr_assert(eq(sz, ended, 1000));
    cr_assert(eq(u64, sched_deadline(w->s), UINT64_MAX));
}
