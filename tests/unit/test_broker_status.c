/* test_broker_status.c - who asks for many rows gets them all, page by page,
 * each one that a careful reader takes */
#include "config.h"

#include "brokering.h"

TestSuite(broker_status,
          .init = open_set_up,
          .fini = close_peers,
          .timeout = 20);

struct heard {
    unsigned rows, pages;
    bool cut;
};

/* Ask, and count what comes until FINAL. */
static struct heard ask_for_jobs(int64_t limit)
{
    struct heard heard = {0};
    struct meta_writer meta = {0};
    const struct wire_msg *m;
    struct wire_item item;

    meta_put_map(&meta, 2);
    meta_pair_str(&meta, 1, "jobs");
    meta_pair_int(&meta, 2, limit);
    tell(&client, WIRE_STATUS, 0, 900, 0, &meta, NULL, 0);
    meta_writer_clear(&meta);
    do {
        struct meta_reader r;
        struct meta_value v;
        size_t cursor = 0;

        m = hear(&client, WIRE_STATUS);
        cr_assert(wire_next(m, &cursor, &item));
        cr_assert(meta_check(item.data, item.len), "page %u", heard.pages);
        r = meta_read(item.data, item.len);
        cr_assert(meta_next(&r, &v) && v.kind == META_ARRAY);
        heard.rows += v.len;
        heard.pages++;
        heard.cut = meta_int(m->meta, m->head.meta_len, 3, 0) == 1;
    } while (!(m->head.flags & WIRE_FINAL));
    return heard;
}

Test(broker_status, four_thousand_jobs_are_all_told)
{
    struct heard heard;

    for (unsigned i = 0; i < 4; i++)
        start_runs(10 + i * 1000, 1000, NULL);
    heard = ask_for_jobs(100000);
    cr_assert(eq(uint, heard.rows, 4000));
    cr_assert(gt(uint, heard.pages, 1));
    cr_assert(not(heard.cut));
}

Test(broker_status, a_list_that_was_cut_says_so)
{
    struct heard heard;

    start_runs(10, 20, NULL);
    heard = ask_for_jobs(19);
    cr_assert(eq(uint, heard.rows, 19));
    cr_assert(heard.cut);
    heard = ask_for_jobs(20);
    cr_assert(eq(uint, heard.rows, 20));
    cr_assert(not(heard.cut));
}

Test(broker_status, an_empty_list_is_one_empty_page)
{
    struct heard heard = ask_for_jobs(1000);

    cr_assert(eq(uint, heard.rows, 0));
    cr_assert(eq(uint, heard.pages, 1));
}
