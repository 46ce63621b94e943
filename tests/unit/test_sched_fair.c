/* test_sched_fair.c - who gets how much of the slots
 *
 * A fleet in its own time, whose workers take as long for a job as its
 * function's number says, in us.
 */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#include "meta_keys.h"
#include "sched_world.h"

enum { BUSY = 4096, CLIENTS = 5, TARGETS = 2 };

static struct world *w;
static uint32_t path[TARGETS];
static uint64_t now_us;
static uint64_t next_run[CLIENTS];
static uint64_t had[CLIENTS][TARGETS]; /* us of slots */
static uint64_t jobs[CLIENTS][TARGETS];

struct busy {
    struct decision d;
    uint64_t end;
};
static struct busy busy[BUSY];
static size_t busy_count;
static uint64_t free_at[10][64]; /* by worker and slot */
static uint32_t slots_of[10];

static void add_worker(uint32_t id, uint32_t slots)
{
    world_worker(w, id, slots, path[0]);
    sched_register(w->s, w->now, id, path[1]);
    slots_of[id] = slots;
}

static void open_world(void)
{
    w = world_open();
    now_us = w->now * 1000;
    path[0] = sched_path(w->s, "app/a");
    path[1] = sched_path(w->s, "app/b");
    for (uint32_t i = 1; i < CLIENTS; i++) {
        sched_client_join(w->s, i, i);
        next_run[i] = 1;
    }
}

static void close_world(void)
{
    world_close(w);
}

TestSuite(sched_fair, .init = open_world, .fini = close_world, .timeout = 60);

static void submit(
    uint32_t client, size_t target, uint32_t us, uint32_t count, int priority)
{
    struct payload_ref payloads[64] = {{0}};
    struct job_batch batch = {
        .client = client,
        .target = path[target],
        .function = us,
        .first_run = next_run[client],
        .count = count,
        .payloads = payloads,
    };
    uint64_t serial;

    if (priority != 0) {
        meta_put_map(&w->meta, 1);
        meta_pair_int(&w->meta, KEY_ANY_PRIORITY, priority);
    }
    batch.meta = w->meta.data;
    batch.meta_len = w->meta.len;
    next_run[client] += count;
    cr_assert(eq(int, sched_submit(w->s, w->now, &batch, &serial, NULL), 0));
    meta_writer_reset(&w->meta);
}

/* A slot of the worker takes it when it is free. */
static void begin(const struct decision *d)
{
    uint64_t *slot = free_at[d->worker];

    for (uint32_t i = 1; i < slots_of[d->worker]; i++)
        if (free_at[d->worker][i] < *slot)
            slot = &free_at[d->worker][i];
    *slot = (*slot > now_us ? *slot : now_us) + d->function;
    cr_assert(lt(sz, busy_count, BUSY));
    busy[busy_count++] = (struct busy){*d, *slot};
}

static void turn(void)
{
    struct decision d;

    w->now = now_us / 1000;
    sched_tick(w->s, w->now);
    while (sched_next(w->s, &d))
        if (d.kind == DECIDE_ASSIGN)
            begin(&d);
    sched_settle(w->s);
}

/* Everybody who is named keeps so many jobs waiting. */
struct load {
    uint32_t client;
    size_t target;
    uint32_t us;
    int priority;
    uint32_t window;
    uint32_t open;
};

/* Until `until` ms from now; count what is done meanwhile. */
static void go_on(struct load *loads, size_t count, uint64_t ms)
{
    uint64_t until = now_us + ms * 1000;

    memset(had, 0, sizeof had);
    memset(jobs, 0, sizeof jobs);
    for (;;) {
        struct job_outcome outcome = {.executed = WIRE_EXECUTED};
        size_t first = 0;
        struct busy done;

        for (size_t i = 0; i < count; i++)
            for (; loads[i].open < loads[i].window; loads[i].open++)
                submit(loads[i].client, loads[i].target, loads[i].us, 1,
                       loads[i].priority);
        turn();
        for (size_t i = 1; i < busy_count; i++)
            if (busy[i].end < busy[first].end)
                first = i;
        if (busy[first].end > until)
            break;
        done = busy[first];
        busy[first] = busy[--busy_count];
        now_us = done.end;
        outcome.wall_us = done.d.function;
        sched_result(w->s, now_us / 1000, done.d.worker, done.d.dispatch,
                     &outcome);
        for (size_t i = 0; i < count; i++)
            if (loads[i].client == done.d.client &&
                path[loads[i].target] == done.d.target &&
                loads[i].us == done.d.function) {
                loads[i].open--;
                had[loads[i].client][loads[i].target] += loads[i].us;
                jobs[loads[i].client][loads[i].target]++;
            }
    }
    now_us = until;
    sched_check(w->s);
}

static void is_about(uint64_t a, uint64_t b, unsigned percent)
{
    cr_assert(ge(u64, a * 100, b * (100 - percent)));
    cr_assert(ge(u64, b * 100, a * (100 - percent)));
}

Test(sched_fair, many_short_jobs_and_few_long_ones_get_the_same_time)
{
    struct load loads[] = {{1, 0, 200, 0, 1000, 0}, {2, 0, 50000, 0, 100, 0}};

    add_worker(1, 2);
    go_on(loads, 2, 5000);
    go_on(loads, 2, 20000);
    is_about(had[1][0], had[2][0], 10);
    cr_assert(gt(u64, had[1][0] + had[2][0], 39000 * 1000));
}

Test(sched_fair, also_over_several_workers_and_targets)
{
    struct load loads[] = {{1, 0, 1500, 0, 500, 0},
                           {2, 1, 80000, 0, 100, 0},
                           {3, 0, 10000, 0, 100, 0}};

    add_worker(1, 2);
    add_worker(2, 1);
    go_on(loads, 3, 5000);
    go_on(loads, 3, 20000);
    is_about(had[1][0], had[2][1], 10);
    is_about(had[3][0], had[2][1], 10);
}

Test(sched_fair, a_client_cannot_hide_long_jobs_among_short_ones)
{
    struct load loads[] = {{1, 0, 2000, 0, 200, 0},
                           {2, 0, 100, 0, 200, 0},
                           {2, 1, 30000, 0, 50, 0}};

    add_worker(1, 2);
    go_on(loads, 3, 5000);
    go_on(loads, 3, 20000);
    is_about(had[1][0], had[2][0] + had[2][1], 10);
}

Test(sched_fair, targets_of_one_client_take_turns)
{
    struct load loads[] = {{1, 0, 5000, 0, 500, 0}, {1, 1, 5000, 0, 10, 0}};

    add_worker(1, 1);
    go_on(loads, 1, 100);
    go_on(loads, 2, 1000);
    is_about(jobs[1][0], jobs[1][1], 10);
    cr_assert(gt(u64, jobs[1][1], 80));
}

Test(sched_fair, a_target_that_nobody_offered_gets_no_more_than_half_afterwards)
{
    struct load loads[] = {{1, 0, 1500, 0, 100, 0}, {1, 1, 1500, 0, 100, 0}};

    add_worker(1, 2);
    sched_unregister(w->s, w->now, 1, path[1]);
    go_on(loads, 2, 5000);
    cr_assert(eq(u64, jobs[1][1], 0));
    sched_register(w->s, w->now, 1, path[1]);
    go_on(loads, 2, 1000);
    is_about(had[1][0], had[1][1], 20);
}

Test(sched_fair, ageing_does_not_undo_shares)
{
    struct load loads[] = {{1, 0, 1000, 0, 200, 0},
                           {2, 0, 60 * 1000 * 1000, 0, 10, 0}};

    add_worker(1, 4);
    go_on(loads, 2, 600 * 1000);
    go_on(loads, 2, 1200 * 1000);
    is_about(had[1][0], had[2][0], 20);
}

Test(sched_fair, a_low_priority_starves_neither_behind_long_jobs)
{
    struct load loads[] = {{1, 0, 700 * 1000, 5, 100, 0},
                           {2, 0, 700 * 1000, 0, 100, 0}};

    add_worker(1, 1);
    go_on(loads, 2, 300 * 1000);
    cr_assert(ge(u64, jobs[2][0], 3));
    cr_assert(gt(u64, jobs[1][0], 10 * jobs[2][0]), "slow it is");
}

Test(sched_fair, who_was_idle_gets_no_more_than_half_afterwards)
{
    struct load loads[] = {{1, 0, 1500, 0, 100, 0}, {2, 0, 1500, 0, 100, 0}};

    add_worker(1, 2);
    go_on(loads, 2, 100);
    loads[1].window = 0;
    go_on(loads, 2, 20000);
    loads[1].window = 100;
    go_on(loads, 2, 200);
    is_about(had[1][0], had[2][0], 20);
}

Test(sched_fair, a_newcomer_is_next_however_much_others_queue)
{
    struct load loads[] = {{1, 0, 20000, 0, 3000, 0}, {2, 0, 1000, 0, 1, 0}};

    add_worker(1, 2);
    go_on(loads, 1, 1000);
    go_on(loads, 2, 1000);
    /* Each of its jobs waits for about two of the other's. */
    cr_assert(ge(u64, jobs[2][0], 1000 / 45));
}
