/* test_pool.c - places are taken, given back and stay put */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "broker/pool.h"

struct thing {
    uint32_t first;
    uint32_t number;
};

static struct pool pool;

static void open_pool(void)
{
    pool_init(&pool, sizeof(struct thing));
}

static void close_pool(void)
{
    pool_clear(&pool);
}

TestSuite(pool, .init = open_pool, .fini = close_pool, .timeout = 10);

static struct thing *at(uint32_t place)
{
    return POOL_AT(&pool, struct thing, place);
}

Test(pool, things_are_zero_and_do_not_move)
{
    uint32_t first = pool_take(&pool);
    struct thing *thing = at(first);

    thing->number = 7;
    for (int i = 0; i < 1000; i++) {
        uint32_t place = pool_take(&pool);

        cr_assert(eq(u32, at(place)->first, 0));
        cr_assert(eq(u32, at(place)->number, 0));
        at(place)->first = at(place)->number = 1;
    }
    cr_assert(eq(ptr, at(first), thing));
    cr_assert(eq(u32, thing->number, 7));
    cr_assert(eq(u32, pool.live, 1001));
}

Test(pool, a_place_given_back_is_taken_again_and_zero)
{
    uint32_t a = pool_take(&pool);
    uint32_t b = pool_take(&pool);

    at(a)->first = at(a)->number = 9;
    pool_give(&pool, a);
    cr_assert(eq(u32, at(a)->number, 0), "so that walkers pass it over");
    cr_assert(eq(u32, pool_take(&pool), a));
    cr_assert(eq(u32, at(a)->first, 0));
    cr_assert(ne(u32, a, b));
}

Test(pool, a_burst_does_not_cost_its_memory_for_ever)
{
    static uint32_t places[10000];

    for (int i = 0; i < 10000; i++)
        places[i] = pool_take(&pool);
    for (int i = 0; i < 10000; i++)
        pool_give(&pool, places[i]);
    cr_assert(le(u32, pool_end(&pool), 2000));
    for (int i = 0; i < 10000; i++) {
        places[i] = pool_take(&pool);
        cr_assert(eq(u32, at(places[i])->number, 0));
        at(places[i])->number = 1;
    }
    cr_assert(eq(u32, pool.live, 10000));
}
