/* test_idmap.c - a table of ids beside a plain one */
#include "config.h"

#include "idmap.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "random.h"

static struct idmap map;

static void open_map(void)
{
    map = (struct idmap){0};
}

static void close_map(void)
{
    idmap_clear(&map);
}

TestSuite(idmap, .init = open_map, .fini = close_map, .timeout = 10);

Test(idmap, knows_nothing_at_first)
{
    cr_assert(eq(u32, idmap_get(&map, 1), IDMAP_NONE));
    cr_assert(eq(u32, idmap_take(&map, 1), IDMAP_NONE));
}

Test(idmap, finds_what_was_put_and_the_last_put_counts)
{
    cr_assert(eq(int, idmap_put(&map, 42, 7), 0));
    cr_assert(eq(u32, idmap_get(&map, 42), 7));
    cr_assert(eq(int, idmap_put(&map, 42, 8), 0));
    cr_assert(eq(u32, idmap_get(&map, 42), 8));
    cr_assert(eq(sz, map.used, 1));
    cr_assert(eq(u32, idmap_get(&map, 43), IDMAP_NONE));
}

Test(idmap, takes_once)
{
    idmap_put(&map, 42, 7);
    cr_assert(eq(u32, idmap_take(&map, 42), 7));
    cr_assert(eq(u32, idmap_take(&map, 42), IDMAP_NONE));
    cr_assert(eq(u32, idmap_get(&map, 42), IDMAP_NONE));
}

Test(idmap, zero_is_no_id)
{
    idmap_put(&map, 1, 1);
    cr_assert(eq(int, idmap_put(&map, 0, 7), -1));
    cr_assert(eq(u32, idmap_get(&map, 0), IDMAP_NONE));
    cr_assert(eq(u32, idmap_take(&map, 0), IDMAP_NONE));
    cr_assert(eq(sz, map.used, 1));
}

enum { IDS = 500 };

/* Few ids, half of them alike but for their top bits, so that runs of
 * neighbours form, wrap around and close again. */
Test(idmap, agrees_with_a_plain_table_after_any_puts_and_takes)
{
    struct random random = {20240608};
    uint32_t expected[IDS];

    for (size_t i = 0; i < IDS; i++)
        expected[i] = IDMAP_NONE;
    for (int step = 0; step < 100000; step++) {
        size_t i = random_below(&random, IDS);
        uint64_t id = i % 2 ? i : (uint64_t)(i + 1) << 48;

        if (random_next(&random) >> 63) {
            cr_assert(eq(int, idmap_put(&map, id, (uint32_t)step), 0));
            expected[i] = (uint32_t)step;
        } else {
            cr_assert(eq(u32, idmap_take(&map, id), expected[i]),
                      "seed 20240608, step %d", step);
            expected[i] = IDMAP_NONE;
        }
        i = random_below(&random, IDS);
        id = i % 2 ? i : (uint64_t)(i + 1) << 48;
        cr_assert(eq(u32, idmap_get(&map, id), expected[i]),
                  "seed 20240608, step %d", step);
    }
}

Test(idmap, a_table_that_lives_long_stays_small)
{
    for (uint64_t id = 1; id < 1000000; id++) {
        idmap_put(&map, id, 1);
        if (id > 10)
            cr_assert(eq(u32, idmap_take(&map, id - 10), 1));
    }
    cr_assert(eq(sz, map.used, 10));
    cr_assert(map.size <= 16);
}
