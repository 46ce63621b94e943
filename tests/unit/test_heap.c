/* test_heap.c - deadlines come out in order, and owners know where theirs are
 */
#include "config.h"

#include "heap.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "random.h"

enum { PLACES = 200 };

static uint32_t position[PLACES];

static void note(void *owner, uint32_t place, uint32_t at)
{
    (void)owner;
    position[place] = at;
}

static struct heap heap;

static void open_heap(void)
{
    heap = (struct heap){.at = note};
    for (size_t i = 0; i < PLACES; i++)
        position[i] = HEAP_NOWHERE;
}

static void close_heap(void)
{
    heap_clear(&heap);
}

TestSuite(heap, .init = open_heap, .fini = close_heap, .timeout = 10);

Test(heap, is_never_due_when_empty)
{
    cr_assert(eq(u64, heap_due(&heap), UINT64_MAX));
    cr_assert(eq(u32, heap_first(&heap), HEAP_NOWHERE));
}

Test(heap, gives_the_earliest_first)
{
    static const uint64_t due[] = {50, 10, 40, 20, 30};
    uint64_t last = 0;

    for (uint32_t i = 0; i < 5; i++)
        cr_assert(eq(int, heap_push(&heap, due[i], i), 0));
    cr_assert(eq(u32, heap_first(&heap), 1));
    for (int i = 0; i < 5; i++) {
        cr_assert(heap_due(&heap) > last);
        last = heap_due(&heap);
        heap_remove(&heap, position[heap_first(&heap)]);
    }
    cr_assert(eq(u64, last, 50));
    cr_assert(eq(u64, heap_due(&heap), UINT64_MAX));
}

Test(heap, tells_the_owner_who_has_left)
{
    heap_push(&heap, 1, 7);
    cr_assert(eq(u32, position[7], 0));
    heap_remove(&heap, 0);
    cr_assert(eq(u32, position[7], HEAP_NOWHERE));
}

/* The last item moves into the hole from another branch, where it may be due
 * before its new parent. */
Test(heap, an_item_that_fills_a_hole_may_rise)
{
    static const uint64_t due[] = {1, 100, 2, 110, 120, 3, 4};

    for (uint32_t i = 0; i < 7; i++)
        heap_push(&heap, due[i], i);
    heap_remove(&heap, position[3]);
    heap_remove(&heap, position[0]);
    cr_assert(eq(u64, heap_due(&heap), 2));
    heap_remove(&heap, position[2]);
    cr_assert(eq(u64, heap_due(&heap), 3));
    heap_remove(&heap, position[5]);
    cr_assert(eq(u64, heap_due(&heap), 4));
}

static uint64_t earliest(const uint64_t *due)
{
    uint64_t least = UINT64_MAX;

    for (size_t i = 0; i < PLACES; i++)
        if (position[i] != HEAP_NOWHERE && due[i] < least)
            least = due[i];
    return least;
}

Test(heap, agrees_with_a_search_after_any_pushes_and_removals)
{
    struct random random = {20240607};
    uint64_t due[PLACES] = {0};

    for (int step = 0; step < 20000; step++) {
        uint32_t place = (uint32_t)random_below(&random, PLACES);

        if (position[place] == HEAP_NOWHERE) {
            due[place] = random_below(&random, 1000);
            cr_assert(eq(int, heap_push(&heap, due[place], place), 0));
        } else {
            heap_remove(&heap, position[place]);
        }
        cr_assert(eq(u64, heap_due(&heap), earliest(due)),
                  "seed 20240607, step %d", step);
    }
}
