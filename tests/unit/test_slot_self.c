/* test_slot_self.c - programs and threads as slots */
#include "config.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdarg.h>

#include "slotting.h"
#include "worker/slot.h"

#include <par/worker.h>

/* ---- a program that begins with par_main() ---- */

static void start_self(void)
{
    setenv("PAR_SLOT_FD", "3", 1);
    start_program("tests/unit/self_slot");
    *object = 0;
    set_up(2);
    expect_ready();
}

TestSuite(slot_self, .init = start_self, .fini = stop_slot, .timeout = 60);

Test(slot_self, offers_the_functions_of_the_program)
{
    cr_assert(eq(u32, name_count, 2));
    begin_runs("triple");
    add_args("i", 14);
    send_runs();
    expect_int(42);
}

/* What a job starts is not a slot. */
Test(slot_self, takes_its_mark_out_of_the_environment)
{
    run("mark");
    next_result();
    cr_assert(eq(int, value().kind, META_BOOL));
    cr_assert(eq(int, value().boolean, false));
}

TestSuite(slot_not, .timeout = 60);

Test(slot_not, a_program_that_is_started_by_hand_goes_on)
{
    char command[600];

    unsetenv("PAR_SLOT_FD");
    snprintf(command, sizeof command, "%s/tests/unit/self_slot >/dev/null",
             getenv("top_builddir") ? getenv("top_builddir") : ".");
    cr_assert(eq(int, WEXITSTATUS(system(command)), 7));
}

/* A command has its slot's number in that variable, and no pipe. */
Test(slot_not, a_program_that_is_run_as_a_command_goes_on)
{
    char command[600];

    snprintf(command, sizeof command,
             "PAR_SLOT=2 %s/tests/unit/self_slot >/dev/null 2>&1 3>&-",
             getenv("top_builddir") ? getenv("top_builddir") : ".");
    cr_assert(eq(int, WEXITSTATUS(system(command)), 7));
}

Test(slot_not, parslot_started_by_hand_says_what_it_is)
{
    char command[600];

    snprintf(command, sizeof command,
             "%s/parslot 2>&1 3>&- | grep -q 'started by parworker'",
             getenv("top_builddir") ? getenv("top_builddir") : ".");
    cr_assert(eq(int, WEXITSTATUS(system(command)), 0));
}

/* ---- a thread of the nanny's own process ---- */

static int add_context(struct par_task *t)
{
    int *context = par_worker_context(t);

    return par_put_int(t, *context + par_int(t, 0));
}

static int five = 5, six = 6;
static const struct slot_entry entries[] = {
    {PAR_IS_FUNCTION, "/add/five", "i:i", add_context, &five},
    {PAR_IS_FUNCTION, "/add/six", "i:i", add_context, &six},
};
static pthread_t thread;
static struct slot_config config = {.entries = entries, .entry_count = 2};

static void *serve(void *failed)
{
    *(bool *)failed = slot_run(&config, NULL) != 0;
    return NULL;
}

static bool failed = true;

static void start_thread(bool with_page)
{
    int ends[2];

    scratch_make();
    cr_assert(eq(int, pipe_pair(ends, NULL), 0));
    nanny = pipe_open(ends[0], NULL);
    page = page_create(&page_fd, NULL);
    config.pipe = ends[1];
    config.page = with_page ? page : NULL;
    cr_assert(eq(int, pthread_create(&thread, NULL, serve, &failed), 0));
    *object = 0;
    set_up(2);
    expect_ready();
}

static void stop_thread(void)
{
    pipe_close(nanny);
    pthread_join(thread, NULL);
    cr_assert(eq(int, failed, false));
    page_unmap(page);
    close(page_fd);
    batch_clear(&batch);
    scratch_remove();
}

TestSuite(slot_thread, .fini = stop_thread, .timeout = 60);

static void expect_both_contexts(void)
{
    begin_runs("/add/five");
    add_args("i", 1);
    send_runs();
    expect_int(6);
    begin_runs("/add/six");
    add_args("i", 1);
    send_runs();
    expect_int(7);
}

Test(slot_thread, runs_what_was_registered_with_its_context)
{
    start_thread(true);
    expect_both_contexts();
    cr_assert(eq(u64, page_close(page), 2));
}

Test(slot_thread, works_without_a_page)
{
    start_thread(false);
    expect_both_contexts();
    cr_assert(eq(u64, page_close(page), 0));
}

Test(slot_thread, leaves_the_folder_of_the_program_alone)
{
    char before[512], after[512];

    cr_assert(ne(ptr, getcwd(before, sizeof before), NULL));
    start_thread(true);
    cr_assert(ne(ptr, getcwd(after, sizeof after), NULL));
    cr_assert(eq(str, before, after));
}
