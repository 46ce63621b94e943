/* sched_app.h - a core with one client and one path, for tests
 *
 * What most tests of the core begin with; workers are the test's own.
 */
#ifndef PAR_TESTS_UNIT_SCHED_APP_H
#define PAR_TESTS_UNIT_SCHED_APP_H

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "sched_world.h"

static struct world *w;
static uint32_t path;

static inline void open_world(void)
{
    w = world_open();
    path = sched_path(w->s, "app/add");
    cr_assert(eq(int, sched_client_join(w->s, 1, 7), 0));
}

static inline void close_world(void)
{
    world_close(w);
}

#endif
