/* test_ranks.c - who is next, beside a search through all */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "broker/ranks.h"
#include "random.h"

enum { PLACES = 100 };

static uint32_t positions[PLACES];
static struct ranks heap;

static void at(void *owner, uint32_t place, uint32_t position)
{
    (void)owner;
    positions[place] = position;
}

static void open_heap(void)
{
    heap = (struct ranks){.at = at};
    for (int i = 0; i < PLACES; i++)
        positions[i] = RANKS_NOWHERE;
}

static void close_heap(void)
{
    ranks_clear(&heap);
}

TestSuite(ranks, .init = open_heap, .fini = close_heap, .timeout = 10);

static uint32_t take_first(void)
{
    uint32_t place = heap.items[0].place;

    ranks_remove(&heap, 0);
    return place;
}

Test(ranks, priority_then_the_least_served_then_first_come)
{
    ranks_push(&heap, (struct rank){.priority = 0, .served = 5, .serial = 1},
               0);
    ranks_push(&heap, (struct rank){.priority = -1, .served = 0, .serial = 0},
               1);
    ranks_push(&heap, (struct rank){.priority = 0, .served = 4, .serial = 9},
               2);
    ranks_push(&heap, (struct rank){.priority = 0, .served = 4, .serial = 8},
               3);
    ranks_push(&heap, (struct rank){.priority = 9, .served = 9, .serial = 9},
               4);
    cr_assert(eq(u32, take_first(), 4));
    cr_assert(eq(u32, take_first(), 3));
    cr_assert(eq(u32, take_first(), 2));
    cr_assert(eq(u32, take_first(), 0));
    cr_assert(eq(u32, take_first(), 1));
    cr_assert(eq(u32, heap.used, 0));
}

static struct rank any_rank(struct random *random)
{
    return (struct rank){
        .priority = (int32_t)random_below(random, 3),
        .served = random_below(random, 5),
        .serial = random_below(random, 1000),
    };
}

static void check(const struct rank *model)
{
    for (uint32_t i = 0; i < heap.used; i++) {
        cr_assert(eq(u32, positions[heap.items[i].place], i));
        cr_assert(eq(
            int, rank_is_same(&heap.items[i].rank, &model[heap.items[i].place]),
            true));
        if (i > 0)
            cr_assert(eq(int,
                         rank_is_before(&heap.items[i].rank,
                                        &heap.items[(i - 1) / 2].rank),
                         false));
    }
}

Test(ranks, stays_in_order_whatever_happens)
{
    static struct rank model[PLACES];
    struct random random = {4711};

    for (int i = 0; i < 20000; i++) {
        uint32_t place = (uint32_t)random_below(&random, PLACES);
        struct rank rank = any_rank(&random);

        if (positions[place] == RANKS_NOWHERE) {
            cr_assert(eq(int, ranks_push(&heap, rank, place), 0));
            model[place] = rank;
        } else if (random_below(&random, 2)) {
            ranks_move(&heap, positions[place], rank);
            model[place] = rank;
        } else {
            ranks_remove(&heap, positions[place]);
            cr_assert(eq(u32, positions[place], RANKS_NOWHERE));
        }
        if (i % 16 == 0)
            check(model);
    }
}
