/* test_nanny_stream.c - output and input of commands, under credit */
#include "config.h"

#include <criterion/criterion.h>

#include "nursing.h"

static void init(void)
{
    struct bundle_draft draft = {.name = "sh", .kind = BUNDLE_EXEC};
    struct answer *a;

    nursing_open();
    nurse();
    say_setup(SETUP_ID, HANDLE, &draft);
    a = wait_answer(SETUP_ID);
    cr_assert(eq(int, (int)a->type, WIRE_READY), "%s", words(a));
}

TestSuite(nanny_stream, .init = init, .fini = nursing_close, .timeout = 60);

static struct answer *expect(uint64_t id, unsigned status)
{
    struct answer *a = wait_answer(id);

    cr_assert(eq(uint, a->status, status), "%s", words(a));
    cr_assert(output_ended[1] && output_ended[2], "streams end first");
    return a;
}

static void forget_output(void)
{
    memset(output_len, 0, sizeof output_len);
    memset(output_ended, 0, sizeof output_ended);
}

Test(nanny_stream, a_megabyte_comes_whole_and_in_order)
{
    COMMAND(100, "sh", "-c", "seq 200000");
    expect(100, PAR_OK);
    cr_assert(gt(sz, output_len[1], 1000000));
    cr_assert(strncmp(output[1], "1\n2\n3\n", 6) == 0);
    cr_assert(strcmp(output[1] + output_len[1] - 14, "199999\n200000\n") == 0);
}

Test(nanny_stream, slow_reader_pauses_the_command)
{
    grants = false;
    COMMAND(100, "sh", "-c", "seq 200000; echo done >&2");
    WAIT_FOR(output_len[1] == 65536);
    say(WIRE_PING, 7, 0);
    wait_answer(7);
    cr_assert(eq(sz, output_len[1], 65536), "not an octet more");
    cr_assert(eq(sz, output_len[2], 0));
    grants = true;
    grant(100, 1, 100000);
    expect(100, PAR_OK);
    cr_assert(eq(str, output[2], "done\n"));
    cr_assert(gt(sz, output_len[1], 1000000));
}

Test(nanny_stream, output_after_the_end_waits_for_credit)
{
    grants = false;
    COMMAND(100, "sh", "-c", "seq 18000"); /* all but 65 536 in the pipe */
    WAIT_FOR(output_len[1] == 65536);
    cr_assert(eq(ptr, find_answer(100), NULL));
    grant(100, 1, 1000000);
    expect(100, PAR_OK);
    cr_assert(strcmp(output[1] + output_len[1] - 6, "18000\n") == 0);
}

Test(nanny_stream, an_end_needs_no_credit)
{
    grants = false;
    COMMAND(100, "sh", "-c", "sleep 1000 & head -c 65536 /dev/zero");
    expect(100, PAR_OK);
    cr_assert(eq(sz, output_len[1], 65536));
    forget_output();
    COMMAND(101, "sh", "-c", "head -c 65536 /dev/zero | tee /dev/stderr");
    expect(101, PAR_OK);
    cr_assert(eq(sz, output_len[1], 65536));
    cr_assert(eq(sz, output_len[2], 65536));
    forget_output();
    COMMAND(102, "head", "-c", "131072", "/dev/zero");
    WAIT_FOR(output_len[1] == 65536);
    cr_assert(eq(ptr, find_answer(102), NULL));
    grant(102, 1, 131072);
    expect(102, PAR_OK);
    cr_assert(eq(sz, output_len[1], 131072));
}

Test(nanny_stream, cancel_ends_one_that_waits_for_credit)
{
    grants = false;
    COMMAND(100, "sh", "-c", "seq 200000");
    WAIT_FOR(output_len[1] == 65536);
    say(WIRE_CANCEL, 100, 2);
    expect(100, PAR_CANCELLED);
}

Test(nanny_stream, input_comes_as_a_stream)
{
    meta_put_uint(&terms, 28);
    meta_put_bool(&terms, true);
    term_count++;
    COMMAND(100, "sh", "-c", "wc -c");
    WAIT_FOR(input_granted == 65536);
    static char piece[32768];
    for (uint64_t at = 0; at < 8 * sizeof piece; at += sizeof piece) {
        struct meta_writer w = {0};

        WAIT_FOR(input_granted >= at + sizeof piece);
        meta_put_map(&w, 1);
        meta_pair_int(&w, 1, 0);
        say_item(WIRE_STREAM, 100, at,
                 at + sizeof piece == 8 * sizeof piece ? WIRE_FINAL : 0, &w,
                 piece, sizeof piece);
        meta_writer_clear(&w);
    }
    expect(100, PAR_OK);
    cr_assert(eq(str, output[1], "262144\n"));
}

Test(nanny_stream, input_beyond_the_credit_is_refused)
{
    struct answer *a;
    static char piece[65537];
    struct meta_writer w = {0};

    meta_put_uint(&terms, 28);
    meta_put_bool(&terms, true);
    term_count++;
    COMMAND(100, "sh", "-c", "sleep 60");
    WAIT_FOR(input_granted == 65536);
    meta_put_map(&w, 1);
    meta_pair_int(&w, 1, 0);
    say_item(WIRE_STREAM, 100, 0, 0, &w, piece, sizeof piece);
    meta_writer_clear(&w);
    a = wait_answer(100);
    cr_assert(eq(int, (int)a->type, WIRE_ERROR));
    cr_assert(eq(u64, a->ref, PAR_NO_CREDIT));
}

Test(nanny_stream, without_input_it_reads_the_end_at_once)
{
    COMMAND(100, "sh", "-c", "cat; echo end");
    expect(100, PAR_OK);
    cr_assert(eq(str, output[1], "end\n"));
}
