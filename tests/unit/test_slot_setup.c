/* test_slot_setup.c - SETUP at a slot: objects, hooks, the numbers of
 * functions
 */
#include "config.h"

#include <criterion/criterion.h>
#include <stdarg.h>

#include "meta_keys.h"
#include "slotting.h"

TestSuite(slot_setup, .init = start_slot, .fini = stop_slot, .timeout = 60);

static void expect_refused(const char *want)
{
    char text[500];

    expect_type(WIRE_ERROR);
    cr_assert(eq(u64, msg.head.id, 1));
    cr_assert(eq(u64, msg.head.ref, PAR_SETUP_FAILED));
    text_of(text, sizeof text);
    cr_assert(ne(ptr, strstr(text, want), NULL), "%s", text);
}

Test(slot_setup, numbers_functions_in_the_order_of_their_names)
{
    set_up(0);
    expect_ready();
    cr_assert(eq(u32, name_count, 31), "hooks are no functions");
    for (uint32_t i = 1; i < name_count; i++)
        cr_assert(lt(int, strcmp(names[i - 1], names[i]), 0));
}

Test(slot_setup, runs_only_the_hooks_that_it_is_told)
{
    set_up(0);
    expect_ready();
    run("count");
    expect_int(-1);
}

Test(slot_setup, runs_the_hook_of_the_host_first)
{
    set_up(3);
    expect_ready();
    run("history");
    expect_str("host_setup slot_setup client_setup ");
}

Test(slot_setup, an_object_that_is_not_there_is_told_in_the_loaders_words)
{
    strcpy(object, "/no/such/object.so");
    set_up(2);
    expect_refused("/no/such/object.so: cannot open shared object file");
}

Test(slot_setup, an_object_without_functions_is_told)
{
    strcpy(object, "libm.so.6");
    set_up(2);
    expect_refused("it offers nothing: it does not use par/task.h");
}

Test(slot_setup, a_program_without_functions_is_told)
{
    *object = 0;
    set_up(2);
    expect_refused("it offers nothing: no PAR_FUNCTION is in it");
}

Test(slot_setup, can_be_tried_again_after_a_failure)
{
    char good[sizeof object];

    strcpy(good, object);
    strcpy(object, "/no/such/object.so");
    set_up(2);
    expect_refused("/no/such");
    strcpy(object, good);
    set_up(2);
    expect_ready();
    set_up(2);
    expect_refused("the slot is set up already");
}

static void set_up_with(const char *hook,
                        const char *function,
                        const char *call,
                        const char *word)
{
    struct meta_writer w = {0}, args = {0};

    meta_put_map(&w, SETUP_PAIRS + 2);
    setup_pairs(&w, 2);
    meta_put_int(&w, 5);
    meta_put_map(&w, hook ? 1 : 0);
    if (hook) {
        meta_put_str(&w, hook);
        meta_put_str(&w, function);
    }
    meta_put_int(&w, 16);
    if (call) {
        meta_put_array(&args, 1);
        meta_put_str(&args, word);
        meta_put_array(&w, 2);
        meta_put_str(&w, call);
        meta_put_bin(&w, args.data, args.len);
    } else {
        meta_put_nil(&w);
    }
    say(WIRE_SETUP, 1, HANDLE, &w);
    meta_writer_clear(&args);
    meta_writer_clear(&w);
}

Test(slot_setup, the_manifest_may_name_another_hook)
{
    set_up_with("slot_setup", "greet", "greet", "hello");
    expect_ready();
    run("history");
    expect_str("greet hello client_setup ");
}

Test(slot_setup, a_call_that_fails_is_the_answer)
{
    set_up_with(NULL, NULL, "greet", "");
    expect_refused("call of greet: say something");
    cr_assert(
        eq(i64, meta_int(msg.meta, msg.head.meta_len, KEY_ANY_CODE, 0), 4));
}

Test(slot_setup, names_that_are_none_are_told)
{
    set_up_with(NULL, NULL, "no_such", "x");
    expect_refused("it has no function no_such");
    set_up_with("slot_setup", "no_such", "greet", "x");
    expect_refused("it has no function no_such");
    set_up_with("no_hook", "greet", "greet", "x");
    expect_refused("there is no hook no_hook");
}

Test(slot_setup, garbage_from_the_nanny_ends_it)
{
    cr_assert(gt(int, (int)write(pipe_fd(nanny), "\377\377\377\377", 4), 0));
    cr_assert(eq(int, next(), PIPE_END));
    cr_assert(eq(int, WEXITSTATUS(slot_status()), 1));
}
