/* test_spans.c - run ids of a client, and the jobs behind them */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "broker/spans.h"
#include "random.h"

static struct spans spans;

static void open_spans(void)
{
    spans = (struct spans){0};
}

static void close_spans(void)
{
    spans_clear(&spans);
}

TestSuite(spans, .init = open_spans, .fini = close_spans, .timeout = 10);

Test(spans, a_run_is_found_by_its_span)
{
    spans_add(&spans, 10, 1, 5);
    spans_add(&spans, 20, 100, 2);
    cr_assert(eq(u64, spans_find(&spans, 10), 1));
    cr_assert(eq(u64, spans_find(&spans, 14), 5));
    cr_assert(eq(u64, spans_find(&spans, 15), 0));
    cr_assert(eq(u64, spans_find(&spans, 21), 101));
    cr_assert(eq(u64, spans_find(&spans, 9), 0));
    cr_assert(eq(u64, spans_find(&spans, 22), 0));
}

Test(spans, what_goes_on_without_a_gap_is_a_span_for_64)
{
    for (uint64_t i = 0; i < 1000; i++)
        spans_add(&spans, 1 + i, 50 + i, 1);
    cr_assert(eq(sz, spans.end - spans.first, 16));
    cr_assert(eq(u64, spans_find(&spans, 1000), 1049));
    spans_add(&spans, 1001, 2000, 1);
    cr_assert(eq(sz, spans.end - spans.first, 17), "the serials jumped");
}

Test(spans, one_that_stays_keeps_no_more_than_its_neighbours)
{
    spans_add(&spans, 1, 1, 1);
    for (uint64_t i = 2; i < 10000; i++) {
        spans_add(&spans, i, i, 1);
        if (i > 2)
            spans_drop(&spans, i - 1);
    }
    cr_assert(eq(u64, spans_live(&spans), 2));
    for (size_t i = spans.first; i < spans.end; i++)
        cr_assert(le(u32, spans.items[i].count, 64));
    cr_assert(le(sz, spans.size, 512));
}

Test(spans, a_large_batch_is_as_many_as_it_takes)
{
    spans_add(&spans, 7, 100, 60);
    spans_add(&spans, 67, 160, 65000);
    for (uint64_t i = 0; i < 65060; i++)
        cr_assert(eq(u64, spans_find(&spans, 7 + i), 100 + i));
    cr_assert(eq(u64, spans_find(&spans, 7 + 65060), 0));
    cr_assert(eq(u64, spans_live(&spans), 65060));
}

Test(spans, memory_stays_with_those_that_live)
{
    /* One long job, and a hundred thousand short ones after it. */
    spans_add(&spans, 1, 1, 1);
    for (uint64_t i = 2; i < 100000; i++) {
        spans_add(&spans, 2 * i, i, 1);
        spans_drop(&spans, 2 * i);
    }
    cr_assert(le(sz, spans.size, 16));
    cr_assert(eq(u64, spans_find(&spans, 1), 1));
    spans_drop(&spans, 1);
    cr_assert(eq(sz, spans.end, 0));
}

Test(spans, agrees_with_an_array_whatever_happens)
{
    enum { RUNS = 60000 };
    static uint64_t model[RUNS];
    static uint64_t live[RUNS];
    size_t live_count = 0;
    uint64_t run = 1;
    uint64_t serial = 1;
    struct random random = {4711};

    while (run < RUNS - 100) {
        uint32_t n = 1 + (uint32_t)random_below(&random, 5);

        run += random_below(&random, 2);
        serial += random_below(&random, 2);
        cr_assert(eq(int, spans_add(&spans, run, serial, n), 0));
        for (uint32_t i = 0; i < n; i++) {
            live[live_count++] = run;
            model[run++] = serial++;
        }
        while (live_count > 100) {
            size_t i = random_below(&random, live_count);

            cr_assert(eq(u64, spans_find(&spans, live[i]), model[live[i]]));
            spans_drop(&spans, live[i]);
            live[i] = live[--live_count];
        }
    }
    cr_assert(le(sz, spans.size, 1024));
}
