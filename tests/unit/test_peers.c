/* test_peers.c - the broker's table of sessions */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "broker/peers.h"

static struct peers p;

static void open_peers(void)
{
    peers_open(&p);
}

static void close_peers(void)
{
    peers_clear(&p);
}

TestSuite(peers, .init = open_peers, .fini = close_peers, .timeout = 10);

Test(peers, are_found_by_number_and_by_connection)
{
    struct peer *a = peers_add(&p, 1001), *b = peers_add(&p, 1002);

    cr_assert(eq(ptr, peers_by_conn(&p, 1001), a));
    cr_assert(eq(ptr, peers_by_number(&p, b->number), b));
    cr_assert(eq(ptr, peers_by_conn(&p, 7), NULL));
    cr_assert(eq(ptr, peers_by_number(&p, 0), NULL));
}

Test(peers, numbers_are_not_used_again_soon)
{
    struct peer *a = peers_add(&p, 1);
    uint32_t number = a->number;

    peers_remove(&p, a);
    cr_assert(eq(ptr, peers_by_number(&p, number), NULL));
    cr_assert(eq(ptr, peers_by_conn(&p, 1), NULL));
    a = peers_add(&p, 1);
    cr_assert(ne(u32, a->number, number));
}

Test(peers, numbers_begin_anew_and_pass_over_those_in_use)
{
    struct peer *first = peers_add(&p, 1), *peer;

    p.last_number = UINT32_MAX - 1;
    cr_assert(eq(u32, peers_add(&p, 2)->number, UINT32_MAX));
    peer = peers_add(&p, 3);
    cr_assert(eq(u32, peer->number, first->number + 1));
    cr_assert(eq(ptr, peers_by_number(&p, first->number), first));
    cr_assert(eq(ptr, peers_by_number(&p, peer->number), peer));
}

Test(peers, removal_in_the_middle_keeps_the_others)
{
    enum { MANY = 100 };
    struct peer *all[MANY];
    size_t cursor = 0, left = 0;

    for (uint64_t i = 0; i < MANY; i++)
        all[i] = peers_add(&p, 500 + i);
    for (int i = 0; i < MANY; i += 3)
        peers_remove(&p, all[i]);
    for (uint64_t i = 0; i < MANY; i++)
        cr_assert(eq(ptr, peers_by_conn(&p, 500 + i), i % 3 ? all[i] : NULL));
    while (peers_next(&p, &cursor))
        left++;
    cr_assert(eq(u32, left, MANY - 34));
}

Test(peers, accounts_have_one_number_each)
{
    uint32_t a = peers_account(&p, "uid:1000");

    cr_assert(ne(u32, a, 0));
    cr_assert(ne(u32, peers_account(&p, "uid:1001"), a));
    cr_assert(eq(u32, peers_account(&p, "uid:1000"), a));
    cr_assert(eq(str, (char *)peers_account_name(&p, a), "uid:1000"));
    cr_assert(eq(str, (char *)peers_account_name(&p, 99), ""));
}

Test(peers, client_is_granted_runs_as_it_gets_answers)
{
    struct peer *a = peers_add(&p, 1);

    cr_assert(eq(int, peer_grant_runs(a), true));
    cr_assert(eq(u64, a->runs.granted_items, PEER_RUN_ITEMS));
    credit_use(&a->runs, PEER_RUN_ITEMS, 0);
    cr_assert(eq(int, peer_grant_runs(a), false), "nothing is answered");
    a->answered = PEER_RUN_ITEMS / 2 - 1;
    cr_assert(eq(int, peer_grant_runs(a), false), "not worth a word");
    a->answered++;
    cr_assert(eq(int, peer_grant_runs(a), true));
    cr_assert(eq(u64, a->runs.granted_items, PEER_RUN_ITEMS * 3 / 2));
}

Test(peers, client_is_granted_octets_as_it_sends_them)
{
    struct peer *a = peers_add(&p, 1);

    peer_grant_runs(a);
    credit_use(&a->runs, 1, PEER_RUN_BYTES / 2);
    cr_assert(eq(int, peer_grant_runs(a), true));
    cr_assert(eq(u64, a->runs.granted_bytes, PEER_RUN_BYTES * 3 / 2));
    cr_assert(eq(u64, a->runs.granted_items, PEER_RUN_ITEMS));
}
