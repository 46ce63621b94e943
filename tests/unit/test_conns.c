/* test_conns.c - connections by routing id, number and descriptor */
#include "config.h"

#include "conns.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#include "random.h"

static struct conns table;
static const struct link_peer nobody;

static void set_up(void)
{
    conns_init(&table);
}

static void tear_down(void)
{
    conns_clear(&table);
}

TestSuite(conns, .init = set_up, .fini = tear_down, .timeout = 30);

static struct conn *add(uint32_t routing, int fd)
{
    struct conn *c = conns_add(&table, routing, fd, &nobody);

    cr_assert(c != NULL);
    return c;
}

Test(conns, connection_is_found_by_routing_id_and_number)
{
    struct conn *zero = add(0, -1);
    struct conn *top = add(UINT32_MAX, 5);

    cr_assert(eq(ptr, conns_by_routing(&table, 0), zero));
    cr_assert(eq(ptr, conns_by_routing(&table, UINT32_MAX), top));
    cr_assert(eq(ptr, conns_by_routing(&table, 1), NULL));
    cr_assert(eq(ptr, conns_by_number(&table, zero->number), zero));
    cr_assert(eq(ptr, conns_by_number(&table, 0), NULL));
    cr_assert(eq(ptr, conns_by_number(&table, UINT64_MAX), NULL));
}

Test(conns, number_is_never_used_twice)
{
    uint64_t last = 0;

    for (uint32_t i = 0; i < 10000; i++) {
        struct conn *c = add(7, -1);

        cr_assert(c->number > last);
        last = c->number;
        conns_remove(&table, c);
        cr_assert(eq(ptr, conns_by_number(&table, last), NULL));
        cr_assert(eq(ptr, conns_by_routing(&table, 7), NULL));
    }
}

Test(conns, closed_fd_makes_suspects_of_all_that_were_heard_on_it)
{
    struct conn *a = add(1, 9);
    struct conn *b = add(2, 9);
    struct conn *other = add(3, 10);
    struct conn *inproc = add(4, -1);

    conns_fd_closed(&table, 9);
    cr_assert(eq(int, (int)a->state, CONN_SUSPECT));
    cr_assert(eq(int, (int)b->state, CONN_SUSPECT));
    cr_assert(eq(int, (int)other->state, CONN_LIVE));
    cr_assert(eq(int, (int)inproc->state, CONN_LIVE));
    conns_acquit(b);
    conns_bury(&table, a);
    cr_assert(list_is_empty(&table.suspects));
    cr_assert(eq(ptr, LIST_ENTRY(table.dead.next, struct conn, link), a));
    conns_fd_closed(&table, 9);
    cr_assert(eq(int, (int)a->state, CONN_DEAD), "the dead stay dead");
    cr_assert(eq(int, (int)b->state, CONN_SUSPECT));
}

Test(conns, first_message_after_the_news_of_the_death_makes_a_suspect)
{
    conns_fd_opened(&table, 9);
    conns_fd_closed(&table, 9);
    cr_assert(eq(int, (int)add(1, 9)->state, CONN_SUSPECT));
    conns_fd_opened(&table, 9);
    cr_assert(eq(int, (int)add(2, 9)->state, CONN_LIVE));
}

Test(conns, fd_that_was_never_heard_of_is_open)
{
    cr_assert(eq(int, conns_fd_is_closed(&table, 5000), false));
    cr_assert(eq(int, conns_fd_is_closed(&table, -1), false));
    conns_fd_closed(&table, 5000);
    cr_assert(eq(int, conns_fd_is_closed(&table, 5000), true));
    conns_fd_closed(&table, -1);
    conns_fd_opened(&table, -1);
}

/* Against a model that is nothing but an array. */
Test(conns, tables_agree_after_a_hundred_thousand_steps)
{
    enum { ROUTINGS = 300, FDS = 20 };
    struct random random = {.state = 20260101};
    uint64_t numbers[ROUTINGS] = {0};
    int fds[ROUTINGS];

    for (int step = 0; step < 100000; step++) {
        uint32_t r = (uint32_t)random_below(&random, ROUTINGS);
        struct conn *c = conns_by_routing(&table, r);

        cr_assert(eq(u64, c ? c->number : 0, numbers[r]));
        if (!c) {
            fds[r] = (int)random_below(&random, FDS + 1) - 1;
            numbers[r] = add(r, fds[r])->number;
        } else if (random_below(&random, 3) == 0) {
            conns_fd_closed(&table, fds[r]);
        } else if (random_below(&random, 2) == 0) {
            conns_bury(&table, c);
        } else {
            conns_remove(&table, c);
            numbers[r] = 0;
        }
    }
    for (uint32_t r = 0; r < ROUTINGS; r++) {
        struct conn *c = conns_by_number(&table, numbers[r]);

        cr_assert(eq(ptr, c, conns_by_routing(&table, r)));
        if (c)
            conns_remove(&table, c);
    }
    cr_assert(list_is_empty(&table.suspects));
    cr_assert(list_is_empty(&table.dead));
    for (size_t fd = 0; fd < table.fds_size; fd++)
        cr_assert(eq(ptr, table.fds[fd].first, NULL));
}

/* Whoever hangs up first: the fd may be another's when the time to shut it
 * down has come. */
Test(conns, closed_fd_is_not_shut_down_once_more)
{
    struct conn *c = add(1, 9);

    conns_fd_opened(&table, 9);
    c->mute = c->to_shut = true;
    conns_suspect(&table, c);
    conns_fd_closed(&table, 9);
    conns_fd_opened(&table, 9);
    cr_assert(eq(int, c->to_shut, false));
}
