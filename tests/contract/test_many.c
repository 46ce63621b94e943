/* test_many.c - many jobs: map, and one transcript everywhere
 *
 * Ids in comments are the cases that users rely on.
 */
#include "config.h"

#include "lanes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"

/* ---- many ---- */

struct many {
    uint64_t seen;
    uint64_t sum;
    uint64_t stop_at;
};

static int next_number(void *context, uint64_t index, struct par_value *args)
{
    (void)context;
    if (index == 1000)
        return -1;
    args[0] = par_value_int((int64_t)index);
    args[1] = par_value_int(1000);
    return 2;
}

static int in_order(void *context, uint64_t index, const struct par_result *r)
{
    struct many *m = context;

    cr_assert(eq(u64, index, m->seen));
    cr_assert(eq(int, r->status, PAR_OK));
    cr_assert(eq(i64, par_result_int(r), (int64_t)index + 1000));
    m->seen++;
    return 0;
}

static int in_any_order(void *context,
                        uint64_t index,
                        const struct par_result *r)
{
    struct many *m = context;

    cr_assert(eq(i64, par_result_int(r), (int64_t)index + 1000));
    m->seen++;
    m->sum += index;
    return m->stop_at && m->seen == m->stop_at;
}

/* RP-39, RP-40, RP-43, RP-46 */
ON_EVERY_LANE(map_gives_every_value_once_in_order_or_not)
{
    START(2);
    struct par_function add = rig_function(&r, "add");
    struct many m = {0};
    struct par_map map = {
        .function = &add, .context = &m, .next = next_number, .each = in_order};

    cr_assert(eq(int, par_map(r.client, &map, &err), 0), "%s", err.text);
    cr_assert(eq(u64, m.seen, 1000));
    m = (struct many){0};
    map.each = in_any_order;
    map.unordered = true;
    cr_assert(eq(int, par_map(r.client, &map, &err), 0), "%s", err.text);
    cr_assert(eq(u64, m.seen, 1000));
    cr_assert(eq(u64, m.sum, 999 * 1000 / 2));
    m = (struct many){.stop_at = 10};
    map.window = 20;
    cr_assert(eq(int, par_map(r.client, &map, &err), 0), "%s", err.text);
    cr_assert(eq(u64, m.seen, 10), "nothing more is told after the stop");
    cr_assert(eq(i64, rig_int(&r, "add", PAR_ARGS(1, 2)), 3));
    rig_close(&r);
}

/* The script: 1000 jobs of every sort, one transcript everywhere. */
static size_t script_size(unsigned i)
{
    static const size_t sizes[] = {0, 1, 40, 65536, 1000, 1 << 20};

    return i % 100 == 5 ? sizes[5] : i % 20 == 3 ? sizes[3] : sizes[i % 3];
}

ON_EVERY_LANE(thousand_jobs_give_the_same_transcript)
{
    static uint64_t jobs[1000];
    struct digest digest, want;
    struct digest_state *s = digest_start(), *w = digest_start();
    char *data = malloc((1 << 20) + 64), text[64], word[64];
    START(2);
    struct par_function raw = rig_function(&r, "raw");
    struct par_function fail = rig_function(&r, "fail");
    struct par_result got;

    for (size_t i = 0; i < (1 << 20) + 64; i++)
        data[i] = (char)(i * 31 + i / 977);
    for (unsigned i = 0; i < 1000; i++) {
        int rc;

        snprintf(text, sizeof text, "failure %u", i);
        if (i % 7 == 6)
            rc = par_run(r.client, &fail, PAR_ARGS(text), NULL, &jobs[i], &err);
        else
            rc = par_run_raw(r.client, &raw, data + i % 64, script_size(i),
                             NULL, &jobs[i], &err);
        cr_assert(eq(int, rc, 0), "%u: %s", i, err.text);
    }
    for (unsigned i = 0; i < 1000; i++) {
        char sentence[PAR_ERROR_TEXT] = "";

        cr_assert(eq(int, par_wait(r.client, jobs[i], 60000, &got, &err), 0),
                  "%u: %s", i, err.text);
        par_result_error(&got, sentence, sizeof sentence);
        cr_assert(eq(int, got.status, i % 7 == 6 ? PAR_EXCEPTION : PAR_OK),
                  "%u: %s", i, sentence);
        snprintf(word, sizeof word, "%u %d %zu:", i, got.status,
                 got.status ? (size_t)0 : got.len);
        digest_add(s, word, strlen(word));
        if (got.status == PAR_OK)
            digest_add(s, got.data, got.len);
        else
            digest_add(s, strstr(sentence, "failure"), 7);
        par_result_clear(&got);
        snprintf(word, sizeof word, "%u %d %zu:", i,
                 i % 7 == 6 ? PAR_EXCEPTION : PAR_OK,
                 i % 7 == 6 ? (size_t)0 : script_size(i));
        digest_add(w, word, strlen(word));
        if (i % 7 == 6)
            digest_add(w, "failure", 7);
        else
            digest_add(w, data + i % 64, script_size(i));
    }
    digest_finish(s, &digest);
    digest_finish(w, &want);
    cr_assert(digest_equal(&digest, &want));
    free(data);
    rig_close(&r);
}
