/* test_broker_setup.c - set-ups that are refused leave nothing, and nobody has
 * more of them than his due */
#include "config.h"

#include "brokering.h"

#include <stdio.h>

static struct speaker client, worker;

static void open_all(void)
{
    broker_open();
    join(&client, "client", "");
    join(&worker, "worker", "w");
}

static void close_all(void)
{
    leave(&client);
    leave(&worker);
    broker_close();
}

TestSuite(broker_setup, .init = open_all, .fini = close_all, .timeout = 30);

static const struct test_file lib = {"lib.so", "hello, world", 0};

static int computations_left(void)
{
    struct sched_stats stats;
    int n = 0;

    turn();
    turn();
    for (struct list *i = broker->computations.all.next;
         i != &broker->computations.all; i = i->next)
        n++;
    sched_stats(broker->sched, &stats);
    cr_assert(eq(u32, stats.targets, (uint32_t)n));
    cr_assert(eq(int, n > 0 || blobs_are_idle(broker->blobs), 1));
    return n;
}

static void set_up_at(uint64_t id, const char *name, const char *where)
{
    struct meta_writer meta = {0};

    meta_put_map(&meta, 2);
    meta_pair_int(&meta, 10, 1);
    meta_pair_str(&meta, 17, where);
    set_up_with(&client, id, name, &lib, 1, &meta);
    meta_writer_clear(&meta);
}

Test(broker_setup, for_an_unknown_worker_leaves_nothing)
{
    const struct wire_msg *m;

    set_up_at(1, "a", "nobody");
    m = hear(&client, WIRE_BLOB_NEED);
    send_piece(&client, m->head.id, 0, "hello, world", true);
    m = hear(&client, WIRE_ERROR);
    cr_assert(eq(u64, m->head.ref, PAR_UNKNOWN_WORKER));
    cr_assert(eq(str, words_of(m), "no worker and no host is called nobody"));
    cr_assert(eq(int, computations_left(), 0));
}

Test(broker_setup, refused_beside_one_that_holds_it_takes_nothing_away)
{
    set_up_at(1, "a", "w");
    send_piece(&client, hear(&client, WIRE_BLOB_NEED)->head.id, 0,
               "hello, world", true);
    be_ready(&worker);
    hear(&client, WIRE_READY);
    set_up_at(2, "a", "nobody");
    cr_assert(eq(u64, hear(&client, WIRE_ERROR)->head.id, 2));
    cr_assert(eq(int, computations_left(), 1));
}

Test(broker_setup, that_fails_everywhere_leaves_nothing)
{
    struct meta_writer words = {0};
    const struct wire_msg *m;
    struct wire_header head;

    set_up_at(1, "a", "w");
    send_piece(&client, hear(&client, WIRE_BLOB_NEED)->head.id, 0,
               "hello, world", true);
    head = hear(&worker, WIRE_SETUP)->head;
    meta_put_map(&words, 1);
    meta_pair_str(&words, 72, "does not compile");
    tell(&worker, WIRE_ERROR, WIRE_FINAL, head.id, PAR_SETUP_FAILED, &words,
         NULL, 0);
    meta_writer_clear(&words);
    m = hear(&client, WIRE_ERROR);
    cr_assert(eq(str, words_of(m), "does not compile"));
    cr_assert(eq(int, computations_left(), 0));
}

Test(broker_setup, with_a_call_that_is_none_leaves_nothing)
{
    struct meta_writer meta = {0};

    meta_put_map(&meta, 1);
    meta_put_uint(&meta, 16);
    meta_put_array(&meta, 2);
    meta_put_uint(&meta, 1);
    meta_put_nil(&meta);
    set_up_with(&client, 1, "a", &lib, 1, &meta);
    meta_writer_clear(&meta);
    cr_assert(eq(u64, hear(&client, WIRE_ERROR)->head.ref, PAR_MALFORMED));
    cr_assert(eq(int, computations_left(), 0));
}

Test(broker_setup, that_does_not_fit_leaves_nothing)
{
    const struct test_file files[] = {lib, {"big", "big", UINT64_C(2) << 30}};

    set_up(&client, 1, "a", files, 2);
    cr_assert(eq(u64, hear(&client, WIRE_ERROR)->head.ref, PAR_TOO_LARGE));
    cr_assert(eq(int, computations_left(), 0));
    cr_assert(eq(u64, blobs_bytes(broker->blobs), 0));
}

Test(broker_setup, more_than_256_of_a_session_are_refused)
{
    char name[16];
    const struct wire_msg *m;
    uint64_t handle = 0;

    for (unsigned i = 1; i <= 256; i++) {
        snprintf(name, sizeof name, "n%u", i);
        set_up(&client, i, name, NULL, 0);
        if (i % 2) { /* answered or not, each counts */
            handle = be_ready(&worker);
            cr_assert(eq(u64, hear(&client, WIRE_READY)->head.id, i));
        } else {
            hear(&worker, WIRE_SETUP);
        }
    }
    set_up(&client, 257, "another", NULL, 0);
    m = hear(&client, WIRE_ERROR);
    cr_assert(eq(u64, m->head.id, 257));
    cr_assert(eq(u64, m->head.ref, PAR_QUOTA));
    cr_assert(eq(int, computations_left(), 256));
    set_up(&client, 258, "n1", NULL, 0);
    cr_assert(eq(u64, hear(&client, WIRE_READY)->head.id, 258),
              "what it has set up already is no more");
    tell(&client, WIRE_CLOSE, 0, 259, handle, NULL, NULL, 0);
    m = hear(&worker, WIRE_CLOSE);
    tell(&worker, WIRE_READY, 0, m->head.id, 0, NULL, NULL, 0);
    cr_assert(eq(u64, hear(&client, WIRE_READY)->head.id, 259));
    set_up(&client, 260, "another", NULL, 0);
    be_ready(&worker);
    cr_assert(eq(u64, hear(&client, WIRE_READY)->head.id, 260));
}

Test(broker_setup, more_than_256_unanswered_requests_are_refused)
{
    struct meta_writer meta = {0};

    meta_put_map(&meta, 2);
    meta_pair_int(&meta, 9, 1000000);
    meta_pair_int(&meta, 19, -1);
    for (uint64_t i = 1; i <= 257; i++)
        set_up_with(&client, i, "a", NULL, 0, &meta);
    meta_writer_clear(&meta);
    cr_assert(eq(u64, hear(&client, WIRE_ERROR)->head.id, 257));
}

Test(broker_setup, manifests_of_an_account_have_a_bound)
{
    enum { SIZE = 1000000, FIT = 67 };
    struct meta_writer manifest = {0};
    char *text = malloc(SIZE);
    const struct wire_msg *m;

    memset(text, 'x', SIZE);
    for (uint64_t i = 1; i <= FIT + 1; i++) {
        meta_writer_reset(&manifest);
        meta_put_map(&manifest, 3);
        meta_pair_str(&manifest, 1, "n");
        meta_pair_str(&manifest, 2, "exec");
        meta_put_uint(&manifest, 6);
        meta_put_map(&manifest, 1);
        meta_put_str(&manifest, "X");
        text[0] = (char)('0' + i);
        meta_put_strn(&manifest, text, SIZE);
        tell(&client, WIRE_SETUP, 0, i, 0, NULL, manifest.data, manifest.len);
        if (i <= FIT)
            be_ready(&worker);
    }
    m = hear(&client, WIRE_ERROR);
    cr_assert(eq(u64, m->head.id, FIT + 1));
    cr_assert(eq(u64, m->head.ref, PAR_QUOTA));
    meta_writer_clear(&manifest);
    free(text);
}
