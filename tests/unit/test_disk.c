/* test_disk.c - a lane works in order, waits for no other, ends when told */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include "worker/disk.h"

enum { WORKS = 50 };

struct counted {
    struct disk_work work; /* first */
    int number;
    pthread_t thread;
    int gate; /* a descriptor to read from before it ends; -1: none */
};

static struct disk *disk;
static struct counted works[WORKS];
static int order[WORKS];
static int finished, failures, last_code;

static int run(struct disk_work *w, struct par_error *err)
{
    struct counted *c = (struct counted *)(void *)w;
    char octet;

    c->thread = pthread_self();
    if (c->gate >= 0 && read(c->gate, &octet, 1) != 1)
        return par_fail(err, EIO, "gate");
    return c->number == 7 ? par_fail(err, EDOM, "seven") : 0;
}

static void done(struct disk_work *w, int result, const struct par_error *err)
{
    struct counted *c = (struct counted *)(void *)w;

    order[finished++] = c->number;
    if (result) {
        failures++;
        last_code = err->code;
    }
}

static void init(void)
{
    struct par_error err = {0};

    disk = disk_open(&err);
    cr_assert(ne(ptr, disk, NULL), "%s", err.text);
    for (int i = 0; i < WORKS; i++)
        works[i] = (struct counted){{.run = run, .done = done}, i, 0, -1};
}

static void fini(void)
{
    disk_close(disk);
}

TestSuite(disk, .init = init, .fini = fini, .timeout = 10);

static void wait_for(int count)
{
    while (finished < count) {
        struct pollfd p = {disk_fd(disk), POLLIN, 0};

        cr_assert(eq(int, poll(&p, 1, -1), 1));
        disk_turn(disk);
    }
}

Test(disk, work_is_done_elsewhere_and_in_order)
{
    for (int i = 0; i < WORKS; i++)
        disk_post(disk, DISK_WANTED, &works[i].work);
    wait_for(WORKS);
    for (int i = 0; i < WORKS; i++)
        cr_assert(eq(int, order[i], i));
    cr_assert(eq(int, pthread_equal(works[0].thread, pthread_self()), 0));
}

Test(disk, failure_comes_with_its_reason)
{
    disk_post(disk, DISK_WANTED, &works[7].work);
    disk_post(disk, DISK_WANTED, &works[8].work);
    wait_for(2);
    cr_assert(eq(int, failures, 1));
    cr_assert(eq(int, last_code, EDOM));
}

Test(disk, nothing_is_done_before_the_owner_asks)
{
    struct pollfd p = {disk_fd(disk), POLLIN, 0};

    disk_post(disk, DISK_WANTED, &works[0].work);
    cr_assert(eq(int, poll(&p, 1, -1), 1));
    cr_assert(eq(int, finished, 0));
    disk_turn(disk);
    cr_assert(eq(int, finished, 1));
}

Test(disk, what_is_wanted_does_not_wait_for_a_removal)
{
    int gate[2];

    cr_assert(eq(int, pipe(gate), 0));
    works[0].gate = gate[0];
    disk_post(disk, DISK_REMOVAL, &works[0].work);
    disk_post(disk, DISK_REMOVAL, &works[1].work);
    disk_post(disk, DISK_WANTED, &works[2].work);
    wait_for(1);
    cr_assert(eq(int, order[0], 2));
    cr_assert(eq(sz, (size_t)write(gate[1], "", 1), 1));
    wait_for(3);
    cr_assert(eq(int, order[1], 0));
    cr_assert(eq(int, order[2], 1));
    close(gate[0]);
    close(gate[1]);
}

Test(disk, closing_ends_what_runs_and_cancels_the_rest)
{
    int gate[2];

    cr_assert(eq(int, pipe(gate), 0));
    works[0].gate = gate[0];
    disk_post(disk, DISK_WANTED, &works[0].work);
    disk_post(disk, DISK_WANTED, &works[1].work);
    cr_assert(eq(sz, (size_t)write(gate[1], "", 1), 1));
    disk_close(disk);
    disk = NULL;
    cr_assert(eq(int, finished, 2));
    if (failures) /* the second may have been begun, too */
        cr_assert(eq(int, last_code, ECANCELED));
    close(gate[0]);
    close(gate[1]);
}
