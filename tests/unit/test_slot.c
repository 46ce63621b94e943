/* test_slot.c - a parslot: values, failures, and the conversation */
#include "config.h"

#include <criterion/criterion.h>
#include <stdarg.h>

#include "meta_keys.h"
#include "slotting.h"

static void start_ready(void)
{
    start_slot();
    set_up(2);
    expect_ready();
}

TestSuite(slot, .init = start_ready, .fini = stop_slot, .timeout = 60);

/* ---- values ---- */

Test(slot, returns_the_values_of_a_batch_in_order)
{
    begin_runs("add");
    for (int i = 0; i < 50; i++)
        add_args("ii", i, 1);
    send_runs();
    for (uint64_t i = 0; i < 50; i++) {
        expect_int((int64_t)i + 1);
        cr_assert(eq(u64, msg.head.id + result.index, 100 + i));
    }
    cr_assert(eq(u64, page_close(page), 50));
}

Test(slot, takes_arguments_by_name)
{
    struct meta_writer w = {0};

    meta_put_map(&w, 2);
    meta_put_str(&w, "y");
    meta_put_int(&w, 5);
    meta_put_str(&w, "x");
    meta_put_int(&w, 4);
    begin_runs("add");
    batch_add_run(&batch, 0, w.data, (uint32_t)w.len);
    send_runs();
    expect_int(9);
    meta_writer_clear(&w);
}

Test(slot, strings_end_with_a_zero_octet)
{
    begin_runs("join");
    add_args("ss", "left", "right");
    add_args("ss", "", "");
    send_runs();
    expect_str("left+right");
    expect_str("+");
}

Test(slot, reads_inside_of_arrays_and_maps)
{
    struct meta_writer w = {0};

    meta_put_array(&w, 1);
    meta_put_array(&w, 2);
    meta_put_array(&w, 2);
    meta_put_int(&w, 1);
    meta_put_int(&w, 2);
    meta_put_map(&w, 2);
    meta_put_str(&w, "m");
    meta_put_array(&w, 0);
    meta_put_str(&w, "n");
    meta_put_int(&w, 3);
    begin_runs("deep");
    batch_add_run(&batch, 0, w.data, (uint32_t)w.len);
    send_runs();
    expect_int(6);
    meta_writer_clear(&w);
}

static void expect_json(const char *want)
{
    struct meta_writer json = {0};

    next_result();
    cr_assert(eq(int, meta_json(&json, result.data, result.len), 0));
    meta_put_raw(&json, "", 1);
    cr_assert(eq(str, (char *)json.data, (char *)(uintptr_t)want));
    meta_writer_clear(&json);
}

Test(slot, returns_compound_values)
{
    run("shapes");
    expect_json("[null,{\"k\":[],\"7\":true},0.5,\"eHl6\"]");
}

Test(slot, leaves_octets_of_another_format_alone)
{
    begin_runs("echo");
    batch_add_run(&batch, 0, "\xc1 no msgpack", 12);
    batch_add_run(&batch, 0, "", 0);
    send_runs();
    next_result();
    cr_assert(eq(sz, result.len, 12));
    cr_assert(eq(int, memcmp(result.data, "\xc1 no msgpack", 12), 0));
    next_result();
    cr_assert(eq(int, result.status, PAR_OK));
    cr_assert(eq(sz, result.len, 0));
}

static void expect_large(int size)
{
    begin_runs("large");
    add_args("i", size);
    send_runs();
    next_result();
    cr_assert(eq(int, result.status, PAR_OK));
    cr_assert(eq(sz, value().len, (size_t)size));
    for (int i = 0; i < size; i++)
        if (value().data[i] != 'x')
            cr_fatal("octet %d", i);
}

/* TP-13, in one item */
Test(slot, returns_values_up_to_the_limit)
{
    static const int sizes[] = {0, 32767, 32768, 65530, 65536, 1048571};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        expect_large(sizes[i]);
}

/* TP-12 */
Test(slot, a_value_over_the_limit_fails_and_names_it)
{
    begin_runs("large");
    add_args("i", 1048576 - 4);
    add_args("i", 3);
    send_runs();
    expect_failed(PAR_TOO_LARGE, WIRE_EXECUTED,
                  "the value has 1048577 octets or more; the limit is 1048576");
    next_result();
    cr_assert(eq(int, result.status, PAR_OK), "the slot lives");
}

Test(slot, takes_an_argument_of_a_megabyte)
{
    static char text[1048576 - 5];
    struct meta_writer w = {0};
    struct wire_header head = {.type = WIRE_RUN, .id = next_id};
    const uint8_t *frame;
    size_t len;

    memset(text, 'y', sizeof text);
    meta_put_strn(&w, text, sizeof text);
    head.ref = number("echo");
    batch_begin(&batch, &head, NULL, 0);
    batch_add_run(&batch, 0, NULL, WIRE_SECOND_FRAME);
    frame = batch_frame(&batch, &len);
    cr_assert(eq(int, pipe_write(nanny, frame, len, w.data, w.len, NULL), 0));
    cr_assert(eq(int, pipe_flush(nanny, PIPE_NOW), 0));
    next_result();
    cr_assert(eq(sz, result.len, w.len));
    cr_assert(eq(int, memcmp(result.data, w.data, w.len), 0));
    meta_writer_clear(&w);
}

/* ---- failures ---- */

Test(slot, a_thrown_error_has_its_code_and_its_words)
{
    begin_runs("fails");
    add_args("is", 42, "no ✓ today");
    send_runs();
    expect_failed(PAR_EXCEPTION, WIRE_EXECUTED, "no ✓ today");
    cr_assert(eq(i64, meta_int(result.data, result.len, KEY_ANY_CODE, 0), 42));
}

Test(slot, words_are_cut_at_ten_thousand_octets)
{
    static char text[20002];
    char want[10001];

    memset(text, 'a', 9999);
    for (int i = 9999; i < 20000; i += 2)
        memcpy(text + i, "é", 2);
    memset(want, 'a', 9999);
    want[9999] = 0;
    begin_runs("fails");
    add_args("is", 1, text);
    send_runs();
    expect_failed(PAR_EXCEPTION, WIRE_EXECUTED, want);
}

Test(slot, words_that_are_no_text_become_text)
{
    begin_runs("fails");
    add_args("is", 1, "a\xff\xc3z");
    send_runs();
    expect_failed(PAR_EXCEPTION, WIRE_EXECUTED, "a??z");
}

static void expect_exception(const char *function, const char *text)
{
    run(function);
    expect_failed(PAR_EXCEPTION, WIRE_EXECUTED, text);
    begin_runs("add");
    add_args("ii", 1, 1);
    send_runs();
    expect_int(2);
}

Test(slot, a_failure_without_words_gets_some)
{
    expect_exception("silent", "silent returned -7 and did not say why");
}

Test(slot, an_incomplete_array_is_an_exception)
{
    expect_exception("incomplete",
                     "returned an incomplete array: 1 more to come");
}

Test(slot, two_values_are_an_exception)
{
    expect_exception("twice", "returned more than one value");
}

Test(slot, a_value_of_another_type_is_an_exception)
{
    expect_exception("other_type",
                     "returned a string, which the signature :i does not say");
}

Test(slot, a_key_that_others_cannot_read_is_an_exception)
{
    expect_exception("bad_key",
                     "returned a map with a key that is no string, integer, "
                     "boolean or bytes");
}

/* TP-11 */
Test(slot, arguments_that_do_not_fit_are_refused_unexecuted)
{
    begin_runs("add");
    add_args("is", 1, "2");
    add_args("i", 1);
    batch_add_run(&batch, 0, "\xc1", 1);
    send_runs();
    next_result();
    cr_assert(eq(int, result.status, PAR_BAD_ARGS));
    cr_assert(eq(int, result.executed, WIRE_NOT_EXECUTED));
    next_result();
    cr_assert(eq(int, result.status, PAR_BAD_ARGS));
    next_result();
    cr_assert(eq(int, result.status, PAR_BAD_ARGS));
    cr_assert(eq(u64, page_close(page), 3));
}

Test(slot, reading_an_argument_as_what_it_is_not_fails_the_job)
{
    begin_runs("wrong_type");
    add_args("s", "four");
    add_args("d", 4.0);
    add_args("d", 4.5);
    send_runs();
    expect_failed(
        PAR_BAD_ARGS, WIRE_EXECUTED,
        "argument 1 of wrong_type is a string, but was read as an integer");
    expect_int(4);
    expect_failed(
        PAR_BAD_ARGS, WIRE_EXECUTED,
        "argument 1 of wrong_type is a float, but was read as an integer");
}

Test(slot, reading_an_argument_that_is_not_there_fails_the_job)
{
    run("no_such_arg");
    expect_failed(PAR_BAD_ARGS, WIRE_EXECUTED,
                  "argument 4 of no_such_arg, or a value in it, is missing; a "
                  "number was looked for");
}

Test(slot, a_function_that_is_not_there_is_told)
{
    struct wire_header head = {.type = WIRE_RUN, .id = next_id};

    head.ref = (uint64_t)HANDLE << 32 | 999;
    batch_begin(&batch, &head, NULL, 0);
    batch_add_run(&batch, 0, NULL, 0);
    send_runs();
    next_result();
    cr_assert(eq(int, result.status, PAR_UNKNOWN_FUNCTION));
    cr_assert(eq(int, result.executed, WIRE_NOT_EXECUTED));
    head.ref = (uint64_t)(HANDLE + 1) << 32;
    batch_begin(&batch, &head, NULL, 0);
    batch_add_run(&batch, 0, NULL, 0);
    send_runs();
    expect_failed(PAR_UNKNOWN_HANDLE, WIRE_NOT_EXECUTED,
                  "computation 4 is not set up on this slot");
}

/* ---- surroundings ---- */

Test(slot, a_job_has_only_the_standard_descriptors_and_the_pipe)
{
    run("fds");
    expect_int(4);
}

Test(slot, what_a_job_prints_is_out_before_its_result)
{
    char text[8] = "";

    run("fds");
    expect_int(4);
    fcntl(slot_stdout, F_SETFL, O_NONBLOCK);
    cr_assert(eq(int, (int)read(slot_stdout, text, sizeof text), 2));
}

Test(slot, a_fork_that_comes_back_is_no_second_slot)
{
    run("forks");
    expect_int(1);
    say(WIRE_PING, 5, 1, NULL);
    expect_type(WIRE_PONG);
    cr_assert(eq(u64, atomic_load(&page->finished), 1));
}

Test(slot, a_closed_pipe_is_an_error_for_it_and_a_signal_for_its_commands)
{
    run("closed_pipe");
    expect_json("[true,13]");
}

/* TP-09 */
Test(slot, an_interrupt_does_not_end_it)
{
    run("interrupt");
    expect_int(slot);
    run("interrupt");
    expect_int(slot);
}

Test(slot, tells_a_job_where_it_is)
{
    static const char *const what[] = {"worker", "host", "slot", "job"};
    static const char *const want[] = {"w.1", "here", "4", "103"};

    next_id |= WIRE_BROKER_ID;

    begin_runs("info");
    for (int i = 0; i < 4; i++)
        add_args("s", what[i]);
    send_runs();
    for (int i = 0; i < 4; i++)
        expect_str(want[i]);
}

Test(slot, tells_a_job_its_attempt_and_what_it_was_granted)
{
    struct wire_header head = {.type = WIRE_RUN, .id = next_id};
    struct meta_writer w = {0};

    meta_put_map(&w, 2);
    meta_pair_int(&w, KEY_ANY_ATTEMPT, 2);
    meta_put_int(&w, 31);
    meta_put_map(&w, 2);
    meta_put_str(&w, "cpu");
    meta_put_str(&w, "1");
    meta_put_str(&w, "gpu");
    meta_put_str(&w, "0,2");
    head.ref = number("info");
    batch_begin(&batch, &head, w.data, w.len);
    add_args("s", "attempt");
    add_args("s", "gpu");
    add_args("s", "tpu");
    send_runs();
    expect_str("2");
    expect_str("0,2");
    next_result();
    cr_assert(eq(int, value().kind, META_NIL));
    meta_writer_clear(&w);
}

Test(slot, works_in_the_folder_of_its_files)
{
    char *dir = realpath(scratch, NULL);

    run("cwd");
    expect_str(dir);
    free(dir);
}

/* ---- the conversation ---- */

Test(slot, answers_a_ping_behind_what_it_was_given)
{
    begin_runs("add");
    add_args("ii", 1, 2);
    send_runs();
    say(WIRE_PING, 5, 1, NULL);
    expect_int(3);
    expect_type(WIRE_PONG);
    cr_assert(eq(u64, msg.head.id, 5));
    cr_assert(eq(u64, msg.head.ref, 1));
}

Test(slot, ends_without_a_word_when_its_nanny_is_gone)
{
    char text[8];

    pipe_close(nanny);
    nanny = NULL;
    cr_assert(eq(int, slot_status(), 0));
    cr_assert(eq(int, (int)read(slot_stdout, text, sizeof text), 0));
}
