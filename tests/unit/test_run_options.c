/* test_run_options.c - the metadata of a RUN, key by key */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "broker/run_options.h"
#include "meta.h"

static struct meta_writer meta;
static struct run_options options;
static struct par_error err;

static void open_meta(void)
{
    err.text[0] = 0;
}

static void close_meta(void)
{
    meta_writer_clear(&meta);
}

TestSuite(run_options, .init = open_meta, .fini = close_meta, .timeout = 10);

static int parse(void)
{
    int status;

    cr_assert(eq(int, meta_check_map(meta.data, meta.len), true));
    status = run_options_parse(&options, meta.data, meta.len, &err);
    return status;
}

/* Parse one option with an integer, a text, or nothing but an empty array. */
static int parse_int(uint64_t key, int64_t value)
{
    meta_writer_reset(&meta);
    meta_put_map(&meta, 1);
    meta_pair_int(&meta, key, value);
    return parse();
}

static int parse_text(uint64_t key, const char *value)
{
    meta_writer_reset(&meta);
    meta_put_map(&meta, 1);
    meta_pair_str(&meta, key, value);
    return parse();
}

static int parse_array(uint64_t key, uint32_t n, const char *word)
{
    meta_writer_reset(&meta);
    meta_put_map(&meta, 1);
    meta_put_uint(&meta, key);
    meta_put_array(&meta, n);
    for (uint32_t i = 0; i < n; i++)
        meta_put_str(&meta, word);
    return parse();
}

Test(run_options, nothing_asked_gives_the_defaults)
{
    cr_assert(eq(int, parse(), PAR_OK));
    cr_assert(eq(int, options.where.strict, true));
    cr_assert(eq(i64, options.where.unplaceable_ms, 10000));
    cr_assert(eq(i64, options.rules.queue_ms, -1));
    cr_assert(eq(i64, options.rules.deadline_ms, -1));
    cr_assert(eq(u32, options.rules.attempts, 1));
    cr_assert(eq(u32, options.rules.crash_limit, 3));
    cr_assert(eq(u32, options.rules.retry_on, RETRY_CRASH));
    cr_assert(eq(u32, options.rules.cancel, CANCEL_SOFT));
    cr_assert(eq(u32, options.rules.grace_ms, 500));
    cr_assert(eq(i64, options.rules.backoff_first, 100));
}

Test(run_options, every_one_is_read)
{
    meta_put_map(&meta, 18);
    meta_pair_str(&meta, 1, "app/add");
    meta_pair_str(&meta, 2, "w.1");
    meta_pair_str(&meta, 3, "node*");
    meta_put_uint(&meta, 4);
    meta_put_map(&meta, 1);
    meta_put_str(&meta, "zone");
    meta_put_str(&meta, "a");
    meta_put_uint(&meta, 5);
    meta_put_map(&meta, 2);
    meta_put_str(&meta, "mem");
    meta_put_float(&meta, 1.5);
    meta_put_str(&meta, "nothing");
    meta_put_int(&meta, 0);
    meta_put_uint(&meta, 6);
    meta_put_bool(&meta, false);
    meta_pair_str(&meta, 7, "io");
    meta_pair_int(&meta, 13, 4);
    meta_pair_int(&meta, 14, 2);
    meta_put_uint(&meta, 15);
    meta_put_array(&meta, 2);
    meta_put_str(&meta, "error");
    meta_put_str(&meta, "timeout");
    meta_put_uint(&meta, 16);
    meta_put_array(&meta, 3);
    meta_put_int(&meta, 10);
    meta_put_float(&meta, 1.5);
    meta_put_float(&meta, 1000.0); /* as JavaScript says it */
    meta_pair_int(&meta, 17, 1000);
    meta_pair_int(&meta, 18, 2000);
    meta_pair_int(&meta, 19, -1);
    meta_pair_str(&meta, 20, "kill");
    meta_pair_int(&meta, 21, 0);
    meta_pair_int(&meta, 64, 3000);
    meta_pair_int(&meta, 65, -7);
    cr_assert(eq(int, parse(), PAR_OK), "%s", err.text);
    cr_assert(eq(sz, options.where.worker.len, 3));
    cr_assert(eq(sz, options.where.host.len, 5));
    cr_assert(eq(u32, options.where.label_count, 1));
    cr_assert(eq(u32, options.where.need_count, 1), "0 of it is no need");
    cr_assert(eq(int, options.where.strict, false));
    cr_assert(eq(int, (int)options.where.run_class, RUN_IO));
    cr_assert(eq(i64, options.where.unplaceable_ms, -1));
    cr_assert(eq(u32, options.rules.attempts, 4));
    cr_assert(eq(u32, options.rules.crash_limit, 2));
    cr_assert(eq(u32, options.rules.retry_on, RETRY_ERROR | RETRY_TIMEOUT));
    cr_assert(eq(i64, options.rules.backoff_max, 1000));
    cr_assert(eq(i64, options.rules.queue_ms, 2000));
    cr_assert(eq(i64, options.rules.deadline_ms, 3000));
    cr_assert(eq(u32, options.rules.cancel, CANCEL_KILL));
    cr_assert(eq(u32, options.rules.grace_ms, 0));
    cr_assert(eq(i32, options.rules.priority, -7));
}

Test(run_options, what_the_broker_tells_workers_is_not_a_clients_to_say)
{
    cr_assert(eq(int, parse_array(31, 0, ""), PAR_MALFORMED));
    cr_assert(eq(str, err.text,
                 "option grants (31): this array of 0 is not for a client to "
                 "say"));
    cr_assert(eq(int, parse_int(69, 2), PAR_MALFORMED));
}

Test(run_options, what_reads_input_has_one_attempt)
{
    meta_put_map(&meta, 2);
    meta_put_uint(&meta, 28);
    meta_put_bool(&meta, true);
    meta_pair_int(&meta, 13, 1);
    cr_assert(eq(int, parse(), PAR_OK));
    meta_writer_reset(&meta);
    meta_put_map(&meta, 2);
    meta_put_uint(&meta, 28);
    meta_put_bool(&meta, true);
    meta_pair_int(&meta, 13, 2);
    cr_assert(eq(int, parse(), PAR_UNSUPPORTED));
    cr_assert(eq(str, err.text,
                 "option attempts (13): 2, but what a job has read of its "
                 "input (28) cannot be read again"));
    cr_assert(eq(int, parse_int(28, 1), PAR_MALFORMED));
}

Test(run_options, no_job_may_run_for_no_time)
{
    cr_assert(eq(int, parse_int(17, 0), PAR_MALFORMED));
    cr_assert(eq(int, parse_int(64, 0), PAR_MALFORMED));
    cr_assert(eq(int, parse_int(18, 0), PAR_OK), "but may not wait");
    cr_assert(eq(int, parse_int(17, 1), PAR_OK));
}

Test(run_options, bad_values_are_named_with_what_is_allowed)
{
    cr_assert(eq(int, parse_text(17, "soon"), PAR_MALFORMED));
    cr_assert(eq(str, err.text,
                 "option timeout_ms (17): \"soon\" is not a whole number of "
                 "ms, 1 or more"));
    cr_assert(eq(int, parse_int(18, -1), PAR_MALFORMED));
    cr_assert(eq(str, err.text,
                 "option queue_ms (18): -1 is not a whole number of ms, 0 or "
                 "more"));
    cr_assert(eq(int, parse_text(20, "softly"), PAR_MALFORMED));
    cr_assert(eq(str, err.text,
                 "option cancel (20): \"softly\" is not \"soft\", \"kill\" or "
                 "\"never\""));
    cr_assert(eq(int, parse_array(15, 2, "often"), PAR_MALFORMED));
    cr_assert(eq(str, err.text,
                 "option retry_on (15): this array of 2 is not an array of "
                 "\"error\", \"crash\", \"timeout\""));
}

Test(run_options, bounds_are_kept)
{
    char name[300];

    memset(name, 'x', sizeof name);
    name[256] = 0;
    cr_assert(eq(int, parse_text(2, name), PAR_MALFORMED));
    name[255] = 0;
    cr_assert(eq(int, parse_text(2, name), PAR_OK));
    cr_assert(eq(int, parse_int(13, 0), PAR_MALFORMED));
    cr_assert(eq(int, parse_int(13, 10000), PAR_OK));
    cr_assert(eq(int, parse_int(13, 10001), PAR_MALFORMED));
    cr_assert(eq(int, parse_int(19, -2), PAR_MALFORMED));
    cr_assert(eq(int, parse_int(65, INT64_C(1) << 31), PAR_MALFORMED));
    cr_assert(eq(int, parse_int(65, INT32_MIN), PAR_OK));
    cr_assert(eq(int, parse_int(64, INT64_MAX), PAR_MALFORMED));
    cr_assert(eq(int, parse_int(6, 1), PAR_MALFORMED));
    cr_assert(eq(int, parse_array(16, 3, "1"), PAR_MALFORMED));
    cr_assert(eq(int, parse_array(16, 0, ""), PAR_MALFORMED));
}

Test(run_options, labels_and_resources_are_bounded_and_resources_named_once)
{
    char name[16];

    for (uint32_t n = 16; n <= 17; n++) {
        meta_writer_reset(&meta);
        meta_put_map(&meta, 1);
        meta_put_uint(&meta, 4);
        meta_put_map(&meta, n);
        for (uint32_t i = 0; i < n; i++) {
            snprintf(name, sizeof name, "l%u", i);
            meta_put_str(&meta, name);
            meta_put_str(&meta, "");
        }
        cr_assert(eq(int, parse(), n == 16 ? PAR_OK : PAR_MALFORMED));
    }
    meta_writer_reset(&meta);
    meta_put_map(&meta, 1);
    meta_put_uint(&meta, 5);
    meta_put_map(&meta, 2);
    for (int i = 0; i < 2; i++) {
        meta_put_str(&meta, "mem");
        meta_put_int(&meta, 1);
    }
    cr_assert(eq(int, parse(), PAR_MALFORMED));
}

Test(run_options, what_is_not_built_is_refused_by_name)
{
    static const uint64_t keys[] = {8, 9, 10, 11, 12, 22, 23, 24, 25, 30};

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        cr_assert(eq(int, parse_int(keys[i], 1), PAR_UNSUPPORTED));
    cr_assert(eq(str, err.text, "option key (30) is not built yet"));
}

Test(run_options, what_is_unknown_is_ignored_unless_it_is_critical)
{
    cr_assert(eq(int, parse_int(200, 1), PAR_OK));
    cr_assert(eq(int, parse_int(67, 1), PAR_OK));
    meta_writer_reset(&meta);
    meta_put_map(&meta, 2);
    meta_put_str(&meta, "x-mine");
    meta_put_nil(&meta);
    meta_put_uint(&meta, 75);
    meta_put_array(&meta, 2);
    meta_put_int(&meta, 13);
    meta_put_int(&meta, 200);
    cr_assert(eq(int, parse(), PAR_UNSUPPORTED));
    cr_assert(eq(str, err.text, "option 200 is critical, and unknown here"));
}

/* The reason why nobody could run it would read "no worker has the name ". */
Test(run_options, a_name_that_nobody_could_read_is_refused)
{
    cr_assert(eq(int, parse_text(2, "a\tb"), PAR_MALFORMED));
    cr_assert(eq(int, parse_text(3, "\x7f"), PAR_MALFORMED));
    meta_writer_reset(&meta);
    meta_put_map(&meta, 1);
    meta_put_uint(&meta, 2);
    meta_put_strn(&meta, "\0x", 2);
    cr_assert(eq(int, parse(), PAR_MALFORMED));
    cr_assert(eq(int, parse_text(2, "a b"), PAR_OK));
}
