/* test_client_map.c - par_map() and par_reduce() against a broker that answers
 * at will
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "calling.h"

static struct par_function function;

/* What the callbacks see. */
static struct {
    uint64_t limit;
    uint64_t asked;
    uint64_t seen;
    uint64_t wrong; /* not in order, or another value */
    uint64_t sum;   /* of the indexes */
    uint64_t stop_at;
} it;

static void open_map(void)
{
    open_client();
    it.stop_at = UINT64_MAX;
}

TestSuite(map, .init = open_map, .fini = close_client, .timeout = 30);

static int next(void *context, uint64_t index, struct par_value *args)
{
    (void)context;
    if (index == it.limit)
        return -1;
    it.asked++;
    args[0] = par_value_int((int64_t)index);
    args[1] = par_value_int(1000);
    return 2;
}

static int each(void *context, uint64_t index, const struct par_result *r)
{
    (void)context;
    it.wrong += index != it.seen;
    it.wrong += par_result_int(r) != (int64_t)index + 1000;
    it.sum += index;
    it.seen++;
    return index == it.stop_at;
}

static int map(uint32_t window, bool unordered)
{
    struct par_map m = {.function = &function,
                        .next = next,
                        .each = each,
                        .window = window,
                        .unordered = unordered};

    function = fake_function(client, "add");
    return par_map(client, &m, &err);
}

Test(map, gives_every_value_in_order) /* RP-39 */
{
    it.limit = 20000;
    cr_assert(eq(int, map(0, false), 0));
    cr_assert(eq(u64, it.seen, it.limit));
    cr_assert(eq(u64, it.wrong, 0));
    cr_assert(lt(uint, fake.seen[WIRE_RUN], 2000), "in batches");
}

/* Each batch is answered from its end. */
static bool last_first(struct fake *f, struct link_msg *m)
{
    if (m->wire.head.type != WIRE_RUN)
        return false;
    for (uint64_t i = m->wire.head.count; i-- > 0;) {
        uint64_t id = m->wire.head.id + i;
        struct meta_writer w = {0};
        struct wire_item item;
        struct meta_value v;
        struct meta_reader r;
        size_t cursor = 0;
        int64_t sum = 0;

        for (uint64_t j = 0; j <= i; j++)
            wire_next(&m->wire, &cursor, &item);
        r = meta_read(item.data, item.len);
        for (meta_next(&r, &v); meta_next(&r, &v);)
            sum += v.i;
        meta_put_int(&w, sum);
        fake_answer(f, id, 0, 2, w.data, w.len);
        meta_writer_clear(&w);
    }
    return true;
}

Test(map, gives_them_in_order_though_they_end_in_another)
{
    it.limit = 50;
    fake.on = last_first;
    cr_assert(eq(int, map(10, false), 0));
    cr_assert(eq(u64, it.seen, 50));
    cr_assert(eq(u64, it.wrong, 0));
}

Test(map, unordered_gives_each_once_as_they_end) /* RP-40 */
{
    it.limit = 50;
    fake.on = last_first;
    cr_assert(eq(int, map(10, true), 0));
    cr_assert(eq(u64, it.seen, 50));
    cr_assert(eq(u64, it.sum, 49 * 50 / 2));
    cr_assert(ge(u64, it.wrong, 1), "some came out of order");
}

Test(map, of_nothing_is_nothing) /* RP-43 */
{
    it.limit = 0;
    cr_assert(eq(int, map(0, false), 0));
    cr_assert(eq(u64, it.seen, 0));
    cr_assert(eq(uint, fake.seen[WIRE_RUN], 0));
}

Test(map, an_endless_source_is_asked_within_the_window) /* RP-45 */
{
    it.limit = UINT64_MAX;
    it.stop_at = 100;
    cr_assert(eq(int, map(7, false), 0));
    cr_assert(eq(u64, it.seen, 101));
    cr_assert(le(u64, it.asked, 101 + 7));
    cr_assert(le(uint, fake.most_open, 7));
}

static bool count_cancels(struct fake *f, struct link_msg *m)
{
    struct wire_item item;
    size_t cursor = 0;

    if (m->wire.head.type != WIRE_RUN)
        return false;
    /* Only the first of all is answered. */
    if (f->step++ == 0 && wire_next(&m->wire, &cursor, &item))
        fake_answer(f, m->wire.head.id, PAR_EXCEPTION, 2, NULL, 0);
    return true;
}

static int stop(void *context, uint64_t index, const struct par_result *r)
{
    (void)context;
    (void)index;
    it.seen++;
    return r->status;
}

Test(map, stopping_cancels_what_is_under_way)
{
    struct par_map m = {
        .function = &function, .next = next, .each = stop, .window = 20};

    it.limit = UINT64_MAX;
    fake.on = count_cancels;
    function = fake_function(client, "add");
    cr_assert(eq(int, par_map(client, &m, &err), 0));
    cr_assert(eq(u64, it.seen, 1));
    cr_assert(eq(int, par_ping(client, NULL, 0, -1, NULL, &err), 0));
    cr_assert(eq(uint, fake.seen[WIRE_CANCEL], 19));
}

Test(map, has_a_time_of_its_own)
{
    struct par_map m = {
        .function = &function, .next = next, .each = each, .timeout = 10};

    it.limit = 3;
    function = fake_function(client, "never");
    cr_assert(eq(int, par_map(client, &m, &err), -1));
    cr_assert(eq(int, err.code, ETIMEDOUT));
    cr_assert(eq(int, par_ping(client, NULL, 0, -1, NULL, &err), 0));
    cr_assert(eq(uint, fake.seen[WIRE_CANCEL], 3));
}

static int too_many(void *context, uint64_t index, struct par_value *args)
{
    (void)context;
    (void)index;
    args[0] = par_value_str("x");
    return 1;
}

Test(map, an_item_that_does_not_fit_ends_it)
{
    struct par_map m = {.function = &function, .next = too_many, .each = each};

    function = fake_function(client, "add");
    cr_assert(eq(int, par_map(client, &m, &err), -1));
    cr_assert(eq(int, err.code, EINVAL));
}

static bool vanish(struct fake *f, struct link_msg *m)
{
    if (m->wire.head.type != WIRE_RUN || f->step++ < 3)
        return false;
    fake_say(f, WIRE_GOODBYE, 0, 0, WIRE_REVOKED, NULL, NULL, 0);
    return true;
}

static int count(void *context, uint64_t index, const struct par_result *r)
{
    (void)context;
    it.wrong += index != it.seen;
    it.seen++;
    it.sum += r->status == PAR_LOST;
    return 0;
}

Test(map, a_lost_broker_is_told_once_all_are_answered)
{
    struct par_map m = {
        .function = &function, .next = next, .each = count, .window = 10};

    it.limit = UINT64_MAX;
    fake.on = vanish;
    function = fake_function(client, "add");
    cr_assert(eq(int, par_map(client, &m, &err), -1));
    cr_assert(eq(int, err.code, ECONNRESET));
    /* The one that could not be sent was never a job. */
    cr_assert(eq(u64, it.seen + 1, it.asked));
    cr_assert(eq(u64, it.wrong, 0));
    cr_assert(ge(u64, it.sum, 1));
}

/* ---- reduce ---- */

/* Joins strings: not commutative, so the order shows. */
static bool join(struct fake *f, struct link_msg *m)
{
    struct wire_item item;
    size_t cursor = 0;

    if (m->wire.head.type != WIRE_RUN)
        return false;
    for (uint64_t id = m->wire.head.id; wire_next(&m->wire, &cursor, &item);
         id++) {
        struct meta_reader r = meta_read(item.data, item.len);
        struct meta_writer text = {0};
        struct meta_writer out = {0};
        struct meta_value v;

        for (meta_next(&r, &v); meta_next(&r, &v);)
            meta_put_raw(&text, v.data, v.len);
        meta_put_strn(&out, (const char *)text.data, text.len);
        fake_answer(f, id, 0, 2, out.data, out.len);
        meta_writer_clear(&text);
        meta_writer_clear(&out);
    }
    return true;
}

static int letters(void *context, uint64_t index, struct par_value *args)
{
    static const char *const abc = "abcdefghijklmnopqrstuvwxyz";

    (void)context;
    if (index == it.limit)
        return -1;
    args[0] = par_value_strn(abc + index % 26, 1);
    return 1;
}

static int reduce(struct par_result *r, uint32_t window)
{
    struct par_reduce how = {
        .map = {.function = &function, .next = letters, .window = window},
        .combine = &function};

    fake.on = join;
    function = fake_function(client, "echo");
    return par_map_reduce(client, &how, r, &err);
}

Test(map, reduce_keeps_the_order)
{
    struct par_result r;
    const char *text;
    size_t len;

    it.limit = 1000;
    cr_assert(eq(int, reduce(&r, 16), 0));
    text = par_result_bytes(&r, &len);
    cr_assert(eq(sz, len, 1000));
    for (size_t i = 0; i < len; i++)
        cr_assert(eq(chr, text[i], (char)('a' + i % 26)));
    par_result_clear(&r);
}

Test(map, reduce_of_one_is_its_value_and_of_none_is_none) /* RP-43 */
{
    struct par_result r;
    size_t len;

    it.limit = 1;
    cr_assert(eq(int, reduce(&r, 0), 0));
    cr_assert(eq(int, memcmp(par_result_bytes(&r, &len), "a", 1), 0));
    par_result_clear(&r);
    it.limit = 0;
    cr_assert(eq(int, reduce(&r, 0), 0));
    cr_assert(eq(int, r.status, PAR_OK));
    cr_assert(eq(sz, r.len, 0));
}

Test(map, reduce_sums_in_any_order) /* RP-03 */
{
    struct par_reduce how = {.map = {.function = &function, .next = next},
                             .combine = &function,
                             .commutative = true};
    struct par_result r;

    it.limit = 42;
    function = fake_function(client, "add");
    cr_assert(eq(int, par_map_reduce(client, &how, &r, &err), 0));
    cr_assert(eq(i64, par_result_int(&r), 861 + 42 * 1000));
    par_result_clear(&r);
}

Test(map, reduce_ends_with_the_first_failure)
{
    struct par_function fail = fake_function(client, "fail");
    struct par_reduce how = {.map = {.function = &fail, .next = letters},
                             .combine = &function};
    struct par_result r;

    it.limit = 5;
    function = fake_function(client, "echo");
    cr_assert(eq(int, par_map_reduce(client, &how, &r, &err), -1));
    cr_assert(eq(int, err.code, PAR_CODE(PAR_EXCEPTION)));
    cr_assert(eq(str, err.text, "item 0: a"));
}
