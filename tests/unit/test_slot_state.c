/* test_slot_state.c - state of a slot and of its clients, until it is closed */
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

TestSuite(slot_state, .init = start_ready, .fini = stop_slot, .timeout = 60);

/* DI-22, RP-04 */
Test(slot_state, state_is_kept_between_calls)
{
    for (int i = 11; i < 20; i++) {
        run("count");
        expect_int(i);
    }
}

static void run_as(uint32_t origin, const char *name)
{
    begin_runs(name);
    batch_add_run(&batch, origin, "\x90", 1);
    send_runs();
}

static void close_with(int hooks, uint32_t origin)
{
    struct meta_writer w = {0};

    meta_put_map(&w, 2);
    meta_pair_int(&w, 3, hooks);
    meta_pair_int(&w, 6, origin);
    say(WIRE_CLOSE, 77, HANDLE, &w);
    meta_writer_clear(&w);
}

Test(slot_state, each_client_has_a_state_of_its_own)
{
    run_as(1, "count_client");
    expect_int(1);
    run_as(0, "count_client");
    expect_int(1);
    run_as(1, "count_client");
    expect_int(2);
    close_with(4, 1);
    expect_type(WIRE_READY);
    run_as(1, "count_client");
    expect_int(1);
    run_as(0, "count_client");
    expect_int(2);
    run_as(0, "history");
    expect_str("slot_setup client_setup client_setup client_close "
               "client_setup ");
}

Test(slot_state, a_client_whose_set_up_fails_gets_its_words)
{
    scratch_write("refuse-clients", 0600, "");
    run_as(5, "count_client");
    expect_failed(PAR_EXCEPTION, WIRE_NOT_EXECUTED,
                  "client_setup prepare_client: no room for you");
    cr_assert(eq(i64, meta_int(result.data, result.len, KEY_ANY_CODE, 0), 3));
    unlink(scratch_path("refuse-clients"));
    run_as(5, "count_client");
    expect_int(1);
}

Test(slot_state, closing_closes_clients_first)
{
    run_as(1, "count");
    expect_int(11);
    close_with(8, 0);
    expect_type(WIRE_READY);
    cr_assert(eq(u64, msg.head.id, 77));
    cr_assert(eq(u64, msg.head.ref, HANDLE));
    run("history");
    next_result();
    cr_assert(eq(int, result.status, PAR_UNKNOWN_HANDLE));
    set_up(0);
    expect_ready();
    run("history");
    expect_str("slot_setup client_setup client_close slot_close "
               "client_setup ");
}

Test(slot_state, a_close_that_fails_says_so)
{
    char text[200];

    run("overflow");
    next_result();
    close_with(8, 0);
    expect_type(WIRE_ERROR);
    cr_assert(eq(u64, msg.head.id, 77));
    cr_assert(eq(u64, msg.head.ref, PAR_EXCEPTION));
    text_of(text, sizeof text);
    cr_assert(eq(str, text, "slot_close close_slot: that was too much"));
}
