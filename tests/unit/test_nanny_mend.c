/* test_nanny_mend.c - somebody clears the caches away while a worker runs
 *
 * What was set up before begins new slots all the same, or says why it cannot.
 */
#include "config.h"

#include "nursing.h"
#include "worker/rmtree.h"

TestSuite(nanny_mend,
          .init = nursing_open,
          .fini = nursing_close,
          .timeout = 60);

static void clear_away(void)
{
    cr_assert(eq(int, rmtree(scratch_path("dest")), 0));
}

static void set_up_file(enum bundle_kind kind,
                        const char *name,
                        const char *text)
{
    struct bundle_file file = serve(name, text, strlen(text));
    struct bundle_draft d = {
        .name = "it", .kind = kind, .files = &file, .file_count = 1};

    say_setup(SETUP_ID, HANDLE, &d);
    cr_assert(eq(int, (int)wait_answer(SETUP_ID)->type, WIRE_READY));
}

/* The first slot serves on, the second needs the files. */
static void use_two_slots(void)
{
    run0(100, "until_cancelled");
    WAIT_FOR(started == 1);
    RUN(101, "nap", 0);
    cr_assert(eq(uint, wait_answer(101)->status, PAR_OK), "%s",
              words(find_answer(101)));
    say(WIRE_CANCEL, 100, 1);
    cr_assert(eq(uint, wait_answer(100)->status, PAR_CANCELLED));
}

Test(nanny_mend, object_is_fetched_again_for_the_next_slot)
{
    unsigned before;

    nurse();
    set_up();
    before = needs;
    clear_away();
    use_two_slots();
    cr_assert(gt(uint, needs, before));
}

Test(nanny_mend, source_is_compiled_again)
{
    static const char source[] =
        "#include <par/task.h>\n#include <unistd.h>\n"
        "static int nap(struct par_task *t)\n"
        "{ return par_put_int(t, 1); }\n"
        "PAR_FUNCTION(nap, \"i:i\")\n"
        "static int until_cancelled(struct par_task *t)\n"
        "{ while (!par_cancelled(t)) usleep(100); return par_throw(t, 1, 0); "
        "}\n"
        "PAR_FUNCTION(until_cancelled, \":n\")\n";

    nurse();
    set_up_file(BUNDLE_SOURCE, "n.c", source);
    learn_functions(find_answer(SETUP_ID));
    clear_away();
    use_two_slots();
}

Test(nanny_mend, command_finds_its_files)
{
    nurse();
    set_up_file(BUNDLE_EXEC, "f", "content");
    COMMAND(100, "cat", "f");
    cr_assert(eq(uint, wait_answer(100)->status, PAR_OK));
    clear_away();
    memset(output_len, 0, sizeof output_len);
    memset(output_ended, 0, sizeof output_ended);
    COMMAND(101, "cat", "f");
    cr_assert(eq(uint, wait_answer(101)->status, PAR_OK), "%s",
              words(find_answer(101)));
    cr_assert(eq(str, output[1], "content"));
}

/* What is there still is what was copied into a slot's folder: no fetch. */
Test(nanny_mend, files_of_the_cache_are_not_fetched_again)
{
    char folder[600];
    unsigned before;

    nurse();
    set_up();
    before = needs;
    snprintf(folder, sizeof folder, "rm -rf %s/run-*/c1", scratch_path("dest"));
    cr_assert(eq(int, system(folder), 0));
    use_two_slots();
    cr_assert(eq(uint, needs, before));
}

Test(nanny_mend, what_nobody_has_any_more_is_told_until_it_is_set_up_again)
{
    struct answer *a;

    nurse();
    set_up();
    clear_away();
    file_count = 0;
    run0(100, "until_cancelled");
    WAIT_FOR(started == 1);
    RUN(101, "nap", 0);
    a = wait_answer(101);
    cr_assert(eq(uint, a->status, PAR_WORKER_LOST));
    cr_assert(eq(uint, a->executed, WIRE_NOT_EXECUTED));
    cr_assert(ne(ptr,
                 strstr(words(a), "its files were removed on w.1, and cannot "
                                  "be had again: file functions.so: nobody "
                                  "has it; set it up again"),
                 NULL),
              "%s", words(a));
    say(WIRE_CANCEL, 100, 1);
    cr_assert(eq(uint, wait_answer(100)->status, PAR_CANCELLED), "it ran on");
    file_count = 1;
    forget_answers();
    set_up();
    RUN(102, "nap", 0);
    cr_assert(eq(uint, wait_answer(102)->status, PAR_OK));
}

Test(nanny_mend, close_while_files_are_on_their_way_lets_jobs_end)
{
    nurse();
    set_up();
    clear_away();
    run0(100, "until_cancelled");
    WAIT_FOR(started == 1);
    RUN(101, "nap", 0);
    say(WIRE_CLOSE, 11, HANDLE);
    wait_answer(101); /* either end is an answer */
    say(WIRE_CANCEL, 100, 1);
    cr_assert(eq(uint, wait_answer(100)->status, PAR_CANCELLED));
    wait_answer(11);
}
