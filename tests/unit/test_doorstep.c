/* test_doorstep.c - connections that nobody has let in */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "doorstep.h"

static struct doorstep door;

static void clear(void)
{
    doorstep_clear(&door);
}

TestSuite(doorstep, .fini = clear, .timeout = 10);

Test(doorstep, the_oldest_are_overdue_first_and_once)
{
    int fd = -1;

    cr_assert(eq(u64, doorstep_oldest(&door), UINT64_MAX));
    doorstep_come(&door, 7, 100);
    doorstep_come(&door, 3, 200);
    cr_assert(eq(u64, doorstep_oldest(&door), 100));
    cr_assert(eq(int, doorstep_overdue(&door, 100, &fd), false));
    cr_assert(eq(int, doorstep_overdue(&door, 201, &fd), true));
    cr_assert(eq(int, fd, 7));
    cr_assert(eq(int, doorstep_overdue(&door, 201, &fd), true));
    cr_assert(eq(int, fd, 3));
    cr_assert(eq(int, doorstep_overdue(&door, 201, &fd), false));
}

Test(doorstep, who_is_let_in_is_never_overdue)
{
    int fd = -1;

    doorstep_come(&door, 5, 1);
    doorstep_come(&door, 6, 2);
    doorstep_leave(&door, 5);
    doorstep_leave(&door, 5000);
    doorstep_leave(&door, -1);
    cr_assert(eq(int, doorstep_overdue(&door, 10, &fd), true));
    cr_assert(eq(int, fd, 6));
    cr_assert(eq(u64, doorstep_oldest(&door), UINT64_MAX));
}

Test(doorstep, descriptor_that_is_used_again_counts_from_then)
{
    int fd = -1;

    doorstep_come(&door, 5, 1);
    doorstep_leave(&door, 5);
    doorstep_come(&door, 5, 50);
    cr_assert(eq(int, doorstep_overdue(&door, 10, &fd), false));
    cr_assert(eq(u64, doorstep_oldest(&door), 50));
}

Test(doorstep, who_comes_again_without_leaving_stays_in_its_place)
{
    doorstep_come(&door, 5, 1);
    doorstep_come(&door, 5, 50);
    cr_assert(eq(u64, doorstep_oldest(&door), 1));
}

Test(doorstep, those_who_leave_take_their_place_along)
{
    doorstep_come(&door, 1, 1);
    for (int i = 0; i < 100000; i++) {
        doorstep_come(&door, 2, 2);
        doorstep_leave(&door, 1);
        doorstep_leave(&door, 2);
    }
    cr_assert(le(sz, door.size, 16));
}

Test(doorstep, many_come_and_stay_in_order)
{
    int fd;

    for (int i = 0; i < 5000; i++)
        cr_assert(eq(int, doorstep_come(&door, i, (uint64_t)i), 0));
    for (int i = 0; i < 5000; i += 3)
        doorstep_leave(&door, i);
    for (int i = 0; i < 5000; i++) {
        if (i % 3 == 0)
            continue;
        cr_assert(eq(int, doorstep_overdue(&door, 5000, &fd), true));
        cr_assert(eq(int, fd, i));
    }
}
