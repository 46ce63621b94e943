/* test_broker_setup.c - set-ups that are refused leave nothing, and nobody has
 * more of them than his due */
#include "config.h"

#include "brokering.h"

#include <stdio.h>

TestSuite(broker_setup, .init = open_peers, .fini = close_peers, .timeout = 30);

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
    meta_pair_str(&words, KEY_ANY_TEXT, "does not compile");
    tell(&worker, WIRE_ERROR, WIRE_FINAL, head.id, PAR_SETUP_FAILED, &words,
         NULL, 0);
    meta_writer_clear(&words);
    m = hear(&client, WIRE_ERROR);
    cr_assert(eq(str, words_of(m), "does not compile"));
    cr_assert(eq(int, computations_left(), 0));
}

Test(broker_setup, by_a_broker_without_a_key_names_no_owner)
{
    const struct wire_msg *m;
    struct meta_value v;

    set_up(&client, 1, "a", NULL, 0);
    m = hear(&worker, WIRE_SETUP);
    cr_assert(
        not(meta_find(m->meta, m->head.meta_len, KEY_SETUP_OWNER, &v, NULL)));
}

Test(broker_setup, that_a_worker_gives_up_ends_its_jobs_with_the_reason)
{
    struct meta_writer words = {0};
    const struct wire_msg *m;
    struct wire_item item;
    char text[600] = "";
    size_t cursor = 0;

    set_up(&client, 1, "a", NULL, 0);
    handle = be_ready(&worker);
    hear(&client, WIRE_READY);
    meta_put_map(&words, 2);
    meta_pair_str(&words, KEY_ANY_TEXT, "slot 1 of w died");
    meta_pair_int(&words, KEY_ANY_HANDLE, (int64_t)handle);
    tell(&worker, WIRE_ERROR, 0, 0, PAR_SETUP_FAILED, &words, NULL, 0);
    meta_writer_clear(&words);
    turn();
    start_runs(2, 1, NULL);
    turn();
    now += 10001;
    m = hear(&client, WIRE_RESULT);
    cr_assert(wire_next(m, &cursor, &item));
    cr_assert(eq(int, item.status, PAR_NO_CAPACITY));
    meta_text(item.data, item.len, KEY_ANY_TEXT, text, sizeof text);
    cr_assert(eq(str, text,
                 "no worker has a working set-up of a; w: slot 1 of w died"));
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

/* ---- what workers say ---- */

static void be_ready_with(struct speaker *who,
                          uint64_t id,
                          uint64_t computation,
                          unsigned count,
                          unsigned signature_len,
                          char first)
{
    struct meta_writer meta = {0};
    char name[64], signature[64];

    memset(signature, 'i', sizeof signature);
    meta_put_map(&meta, 1);
    meta_put_uint(&meta, 2);
    meta_put_array(&meta, count);
    for (unsigned i = 0; i < count; i++) {
        snprintf(name, sizeof name, "%c_function_%u", first, i);
        meta_put_array(&meta, 2);
        meta_put_str(&meta, name);
        meta_put_strn(&meta, signature, signature_len);
    }
    tell(who, WIRE_READY, 0, id, computation, &meta, NULL, 0);
    meta_writer_clear(&meta);
}

/* The name of the first function of a READY; "" if there is none. */
static char *first_function(const struct wire_msg *m)
{
    static char name[64];
    struct meta_value v;
    struct meta_reader in;

    name[0] = '\0';
    if (meta_find(m->meta, m->head.meta_len, 2, &v, &in) && v.len > 0 &&
        meta_next(&in, &v) && meta_next(&in, &v))
        snprintf(name, sizeof name, "%.*s", (int)v.len, (const char *)v.data);
    return name;
}

Test(broker_setup, a_table_from_a_worker_that_was_not_asked_does_not_count)
{
    struct speaker intruder;
    struct wire_header head;

    join(&intruder, "worker", "intruder");
    set_up_at(1, "a", "w");
    send_piece(&client, hear(&client, WIRE_BLOB_NEED)->head.id, 0,
               "hello, world", true);
    head = hear(&worker, WIRE_SETUP)->head;
    be_ready_with(&intruder, head.id, head.ref, 1, 0, 'b');
    be_ready_with(&worker, head.id + 1, head.ref, 1, 0, 'b');
    turn();
    be_ready_with(&worker, head.id, head.ref, 1, 0, 'a');
    cr_assert(
        eq(str, first_function(hear(&client, WIRE_READY)), "a_function_0"));
    leave(&intruder);
}

Test(broker_setup, a_worker_with_other_functions_has_failed)
{
    struct meta_writer meta = {0};
    struct speaker second;
    struct wire_header head;
    const struct wire_msg *m;

    join(&second, "worker", "second");
    meta_put_map(&meta, 1);
    meta_pair_int(&meta, 9, 2);
    set_up_with(&client, 1, "a", NULL, 0, &meta);
    meta_writer_clear(&meta);
    head = hear(&worker, WIRE_SETUP)->head;
    be_ready_with(&worker, head.id, head.ref, 2, 3, 'a');
    turn();
    head = hear(&second, WIRE_SETUP)->head;
    be_ready_with(&second, head.id, head.ref, 2, 3, 'b');
    turn();
    now += 10001;
    m = hear(&client, WIRE_ERROR);
    cr_assert(eq(u64, m->head.ref, PAR_NO_CAPACITY));
    cr_assert(
        eq(str, words_of(m), "2 workers were wanted, 1 are ready, 1 failed"));
    leave(&second);
}

Test(broker_setup, a_table_that_is_none_fails_the_worker)
{
    struct meta_writer meta = {0};
    struct wire_header head;

    set_up(&client, 1, "a", NULL, 0);
    head = hear(&worker, WIRE_SETUP)->head;
    meta_put_map(&meta, 1);
    meta_put_uint(&meta, 2);
    meta_put_array(&meta, 1);
    meta_put_uint(&meta, 7);
    tell(&worker, WIRE_READY, 0, head.id, head.ref, &meta, NULL, 0);
    meta_writer_clear(&meta);
    cr_assert(eq(str, words_of(hear(&client, WIRE_ERROR)),
                 "its function 0 is no [name, signature]"));
}

Test(broker_setup, a_table_that_no_client_could_be_told_fails_the_worker)
{
    struct wire_header head;

    set_up(&client, 1, "a", NULL, 0);
    head = hear(&worker, WIRE_SETUP)->head;
    be_ready_with(&worker, head.id, head.ref, 1000, 46, 'a');
    cr_assert(eq(str, words_of(hear(&client, WIRE_ERROR)),
                 "its table of functions has 63893 octets; 61440 can be told"));
}

Test(broker_setup, ready_holds_the_whole_table_and_as_many_workers_as_fit)
{
    enum { WORKERS = 80 };
    static struct speaker many[WORKERS];
    struct meta_writer meta = {0};
    struct wire_header head;
    const struct wire_msg *m;
    struct meta_value v;
    char name[64];
    size_t told;

    for (int i = 0; i < WORKERS; i++) {
        snprintf(name, sizeof name, "worker-%055d", i);
        join(&many[i], "worker", name);
    }
    meta_put_map(&meta, 1);
    meta_pair_int(&meta, 9, WORKERS + 1);
    set_up_with(&client, 1, "a", NULL, 0, &meta);
    meta_writer_clear(&meta);
    for (int i = 0; i <= WORKERS; i++) {
        struct speaker *p = i < WORKERS ? &many[i] : &worker;

        head = hear(p, WIRE_SETUP)->head;
        be_ready_with(p, head.id, head.ref, 1000, 43, 'a');
    }
    m = hear(&client, WIRE_READY);
    cr_assert(le(u32, m->head.meta_len, WIRE_META_MAX));
    cr_assert(eq(int, meta_find(m->meta, m->head.meta_len, 2, &v, NULL), 1));
    cr_assert(eq(sz, v.len, 1000));
    cr_assert(eq(int, meta_find(m->meta, m->head.meta_len, 1, &v, NULL), 1));
    told = v.len;
    cr_assert(lt(sz, told, WORKERS + 1));
    cr_assert(gt(sz, told, 0));
    cr_assert(eq(i64, meta_int(m->meta, m->head.meta_len, 4, 0),
                 (int64_t)(WORKERS + 1 - told)));
    for (int i = 0; i < WORKERS; i++)
        leave(&many[i]);
}

/* ---- paths ---- */

/* REGISTER paths PREFIX0 to PREFIXn. */
static void offer(uint64_t id, const char *prefix, unsigned count)
{
    struct meta_writer meta = {0};
    char path[300];

    meta_put_map(&meta, 1);
    meta_put_uint(&meta, 1);
    meta_put_array(&meta, count);
    for (unsigned i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s%u", prefix, i);
        meta_put_array(&meta, 2);
        meta_put_str(&meta, path);
        meta_put_str(&meta, "");
    }
    tell(&worker, WIRE_REGISTER, 0, id, 0, &meta, NULL, 0);
    meta_writer_clear(&meta);
}

static uint32_t targets(void)
{
    struct sched_stats stats;

    turn();
    sched_stats(broker->sched, &stats);
    return stats.targets;
}

Test(broker_setup, a_worker_offers_so_many_paths_and_no_more)
{
    char prefix[8];

    for (unsigned i = 0; i < 4; i++) {
        snprintf(prefix, sizeof prefix, "%c/", 'a' + i);
        offer(i + 1, prefix, 1000);
        cr_assert(eq(u64, hear(&worker, WIRE_READY)->head.id, i + 1));
    }
    offer(5, "e/", 97);
    cr_assert(eq(u64, hear(&worker, WIRE_ERROR)->head.ref, PAR_QUOTA));
    cr_assert(eq(u32, targets(), 4000), "all or nothing");
    offer(6, "e/", 96);
    hear(&worker, WIRE_READY);
}

Test(broker_setup, a_registration_whose_answer_would_not_fit_is_refused)
{
    const struct wire_msg *m;

    offer(1, "", 4096);
    m = hear_if(&worker, WIRE_READY);
    cr_assert(eq(int, !m || m->head.meta_len <= WIRE_META_MAX, 1));
    offer(2, "aaaaaaaa", 3900);
    cr_assert(eq(u64, hear(&worker, WIRE_ERROR)->head.id, 2));
}

Test(broker_setup, a_registration_with_one_wrong_path_registers_none)
{
    struct meta_writer meta = {0};

    meta_put_map(&meta, 1);
    meta_put_uint(&meta, 1);
    meta_put_array(&meta, 2);
    meta_put_array(&meta, 2);
    meta_put_str(&meta, "good/path");
    meta_put_str(&meta, "");
    meta_put_array(&meta, 2);
    meta_put_str(&meta, "bad\npath");
    meta_put_str(&meta, "");
    tell(&worker, WIRE_REGISTER, 0, 1, 0, &meta, NULL, 0);
    meta_writer_clear(&meta);
    cr_assert(eq(u64, hear(&worker, WIRE_ERROR)->head.ref, PAR_MALFORMED));
    cr_assert(eq(u32, targets(), 0));
}
