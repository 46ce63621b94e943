/* test_serials.c - numbers that count up, beside a plain array */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#include "broker/serials.h"
#include "random.h"

static struct serials table;

static void open_table(void)
{
    serials_init(&table);
}

static void close_table(void)
{
    serials_clear(&table);
}

TestSuite(serials, .init = open_table, .fini = close_table, .timeout = 10);

Test(serials, what_was_put_is_found_until_it_is_taken)
{
    const uint64_t far = UINT64_C(1) << 52;

    cr_assert(eq(int, serials_put(&table, 0, 5), 0));
    cr_assert(eq(int, serials_put(&table, 63, 0), 0));
    cr_assert(eq(int, serials_put(&table, 64, 7), 0));
    cr_assert(eq(int, serials_put(&table, far, 8), 0));
    cr_assert(eq(u32, serials_get(&table, 0), 5));
    cr_assert(eq(u32, serials_get(&table, 63), 0));
    cr_assert(eq(u32, serials_get(&table, 64), 7));
    cr_assert(eq(u32, serials_get(&table, far), 8));
    cr_assert(eq(u32, serials_get(&table, 1), POOL_NONE));
    cr_assert(eq(u32, serials_get(&table, 128), POOL_NONE));
    cr_assert(eq(u32, serials_take(&table, 63), 0));
    cr_assert(eq(u32, serials_take(&table, 63), POOL_NONE));
    cr_assert(eq(u32, serials_get(&table, 0), 5));
}

Test(serials, pages_go_with_their_last_number)
{
    for (uint64_t i = 0; i < 6400; i++)
        serials_put(&table, i, 1);
    for (uint64_t i = 0; i < 6400; i++)
        if (i != 1000)
            serials_take(&table, i);
    cr_assert(eq(u32, table.pages.live, 1));
    cr_assert(eq(sz, table.by_number.used, 1));
    cr_assert(eq(u32, serials_take(&table, 1000), 1));
    cr_assert(eq(u32, table.pages.live, 0));
}

Test(serials, agrees_with_an_array_whatever_happens)
{
    enum { SIZE = 4096 };
    static uint32_t model[SIZE]; /* place + 1 */
    struct random random = {4711};

    for (int i = 0; i < 200000; i++) {
        uint64_t number = random_below(&random, SIZE);
        uint32_t place = (uint32_t)random_below(&random, 1000);

        switch (random_below(&random, 3)) {
        case 0:
            serials_put(&table, number, place);
            model[number] = place + 1;
            break;
        case 1:
            cr_assert(eq(u32, serials_take(&table, number), model[number] - 1));
            model[number] = 0;
            break;
        default:
            cr_assert(eq(u32, serials_get(&table, number), model[number] - 1));
        }
    }
}
