/* test_sched_no_memory.c - when memory ends a refusal changes nothing
 *
 * The linker puts the functions here between our code and the allocator.
 */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#include "sched_world.h"

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);

static long left = -1; /* allocations until they fail; -1: they do not */

static bool fails(void)
{
    if (left > 0)
        left--;
    return left == 0;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

static struct world *w;
static uint32_t path;

static void open_world(void)
{
    left = -1;
    w = world_open();
    path = sched_path(w->s, "app/add");
    sched_client_join(w->s, 1, 7);
    world_worker(w, 1, 1, path);
    world_submit(w, 1, path, 1, 3);
}

static void close_world(void)
{
    left = -1;
    world_close(w);
}

TestSuite(sched_no_memory,
          .init = open_world,
          .fini = close_world,
          .timeout = 10);

/* Call `attempt` with one allocation more each time until it succeeds.
 * Returns how often it was refused. */
static int try_until(bool (*attempt)(void))
{
    for (long n = 1; n < 1000; n++) {
        bool done;

        left = n;
        done = attempt();
        left = -1;
        sched_check(w->s);
        if (done)
            return (int)n - 1;
    }
    return -1;
}

static bool join_client(void)
{
    return sched_client_join(w->s, 2, 8) == 0;
}

Test(sched_no_memory, a_client_is_refused_and_leaves_no_trace)
{
    struct sched_stats stats;

    for (uint32_t i = 100; i < 112; i++) /* the next grows the tables */
        sched_client_join(w->s, i, i);
    cr_assert(gt(int, try_until(join_client), 0));
    sched_stats(w->s, &stats);
    cr_assert(eq(u32, stats.clients, 14));
}

static bool join_worker(void)
{
    static const uint32_t indexes[] = {1};
    struct sched_label labels[] = {{"gpu", "yes"}};
    struct sched_resource resources[] = {{"gpu", 1, indexes}};
    struct worker_desc desc = {
        .name = "special",
        .host = "h",
        .slots = 1,
        .labels = labels,
        .label_count = 1,
        .resources = resources,
        .resource_count = 1,
    };

    return sched_worker_join(w->s, w->now, 2, &desc, &w->err) == 0;
}

Test(sched_no_memory, a_worker_is_refused_and_leaves_no_trace)
{
    struct sched_stats stats;

    cr_assert(gt(int, try_until(join_worker), 5));
    cr_assert(eq(str, w->err.text, "worker special: out of memory"));
    sched_stats(w->s, &stats);
    cr_assert(eq(u32, stats.workers, 2));
    cr_assert(eq(u32, sched_worker_find(w->s, "special"), 2));
}

static bool submit(void)
{
    static const uint8_t meta[] = {0x82, 18, 100, 65, 7};
    static struct payload_ref payloads[1000];
    struct job_batch batch = {
        .client = 1,
        .target = path,
        .first_run = 10,
        .count = 1000,
        .meta = meta,
        .meta_len = sizeof meta,
        .payloads = payloads,
    };
    int status = sched_submit(w->s, w->now, &batch, &w->serial, &w->err);

    cr_assert(status == PAR_OK || status == PAR_OVERLOADED);
    return status == PAR_OK;
}

Test(sched_no_memory, a_batch_is_taken_whole_or_not_at_all)
{
    struct sched_stats stats;

    cr_assert(gt(int, try_until(submit), 6));
    cr_assert(eq(str, w->err.text, "the broker is out of memory"));
    sched_stats(w->s, &stats);
    cr_assert(eq(u32, stats.queued, 1003));
    cr_assert(eq(u64, stats.submitted, 1003));
    cr_assert(eq(u64, w->serial, 4), "serials have no hole");
    cr_assert(eq(int, sched_is_out_of_memory(w->s), false));
}

static bool name_path(void)
{
    return sched_path(w->s, "app/other") != 0;
}

static bool register_path(void)
{
    return sched_register(w->s, w->now, 1, sched_path(w->s, "app/new")) == 0;
}

static bool add_target(void)
{
    return sched_target_add(w->s, 7, "primes") != 0;
}

Test(sched_no_memory, targets_are_refused_and_leave_no_trace)
{
    struct sched_stats stats;

    cr_assert(gt(int, try_until(name_path), 0));
    cr_assert(gt(int, try_until(add_target), 0));
    cr_assert(gt(int, try_until(register_path), 0));
    sched_stats(w->s, &stats);
    cr_assert(eq(u32, stats.targets, 4));
}

static uint32_t target;

static bool set_up(void)
{
    struct setup_order order = {
        .client = 1, .id = 2000, .target = target, .where = "host1"};

    return sched_setup(w->s, w->now, &order) == PAR_OK;
}

Test(sched_no_memory, a_set_up_is_refused_and_leaves_no_trace)
{
    target = sched_target_add(w->s, 7, "primes");
    cr_assert(gt(int, try_until(set_up), 0));
}

Test(sched_no_memory, where_nobody_can_be_refused_it_is_noted)
{
    left = 1;
    sched_tick(w->s, w->now);
    left = -1;
    cr_assert(eq(int, sched_is_out_of_memory(w->s), true));
    sched_destroy(w->s); /* all that is left to do with it */
    w->s = world_open_core();
}
