/* Starts for which there is no room: no descriptors, no processes. */
#include "config.h"

#include <criterion/criterion.h>

#include <sys/resource.h>

#include "few_files.h"
#include "nursing.h"
#include "worker/engine.h"

enum { SLOTS = 8 };

static void init(void)
{
    nursing_open();
    options.slots = SLOTS;
    nurse();
}

TestSuite(nanny_starts, .init = init, .fini = nursing_close, .timeout = 60);

static struct bundle_draft draft = {.name = "sh", .kind = BUNDLE_EXEC};

static struct answer *expect(uint64_t id, unsigned status)
{
    struct answer *a = wait_answer(id);

    cr_assert(eq(uint, a->status, status), "%llu: %s", (unsigned long long)id,
              words(a));
    return a;
}

/* What was said before has been heard, and dealt with. */
static void catch_up(void)
{
    for (uint64_t nonce = 9001; nonce < 9003; nonce++) {
        say(WIRE_PING, nonce, 0);
        WAIT_FOR(find_answer(nonce));
    }
    forget_answers();
}

/* parspawn, as a command sees it. */
static pid_t parspawn(void)
{
    COMMAND(50, "sh", "-c",
            "read pid comm state parent rest </proc/$PPID/stat; echo $parent");
    expect(50, PAR_OK);
    output_len[1] = output_len[2] = 0;
    return (pid_t)atoi(output[1]);
}

static void allow_processes(pid_t of, bool allow)
{
    struct rlimit limit = {0, 0};

    cr_assert(eq(int, prlimit(of, RLIMIT_NPROC, NULL, &limit), 0));
    limit.rlim_cur = allow ? limit.rlim_max : 0;
    cr_assert(eq(int, prlimit(of, RLIMIT_NPROC, &limit, NULL), 0));
}

Test(nanny_starts, commands_wait_for_descriptors)
{
    set_up_draft(&draft);
    catch_up();
    allow_files(false);
    for (uint64_t id = 100; id < 120; id++)
        COMMAND(id, "true");
    catch_up();
    cr_assert(eq(uint, answer_count, 0));
    allow_files(true);
    for (uint64_t id = 100; id < 120; id++)
        expect(id, PAR_OK);
}

Test(nanny_starts, slots_that_do_not_start_are_no_deaths)
{
    set_up();
    catch_up();
    allow_files(false);
    for (uint64_t id = 100; id < 120; id++)
        RUN(id, "nap", 10);
    for (uint64_t id = 100; id < 120; id++)
        expect(id, PAR_OK); /* by the slot that there is */
    allow_files(true);
    RUN(200, "nap", 10);
    expect(200, PAR_OK);
}

static void expect_not_begun(uint64_t id, const char *why)
{
    struct answer *a = expect(id, PAR_WORKER_LOST);

    cr_assert(eq(uint, a->executed, WIRE_NOT_EXECUTED));
    cr_assert(strstr(words(a), why) != NULL, "%s", words(a));
}

static const char no_process[] =
    "nothing can be started there: fork: Resource temporarily unavailable";
static const char no_file[] = ": Too many open files";

Test(nanny_starts, command_without_a_keeper_goes_back_as_not_begun)
{
    pid_t pid;

    set_up_draft(&draft);
    pid = parspawn();
    allow_processes(pid, false);
    COMMAND(100, "sleep", "1000"); /* in the seat that has a keeper */
    WAIT_FOR(started == 1);
    COMMAND(101, "true");
    expect_not_begun(101, no_process);
    for (uint64_t id = 102; id < 107; id++) { /* as long as that may end */
        ahead += 5000;
        COMMAND(id, "true");
        expect_not_begun(id, no_process);
    }
    allow_processes(pid, true);
    COMMAND(107, "true");
    expect(107, PAR_OK);
    say(WIRE_CANCEL, 100, 2);
    expect(100, PAR_CANCELLED);
}

/* The broker learns that this worker is none for these commands. */
Test(nanny_starts, where_nothing_runs_and_nothing_starts_for_long_it_is_stopped)
{
    struct answer *a;

    set_up_draft(&draft);
    catch_up();
    allow_files(false);
    COMMAND(100, "true");
    expect_not_begun(100, no_file);
    cr_assert(eq(ptr, find_answer(0), NULL));
    ahead += 10000; /* it has come back all the time */
    COMMAND(101, "true");
    expect_not_begun(101, no_file);
    a = wait_answer(0);
    cr_assert(eq(int, (int)a->type, WIRE_ERROR));
    cr_assert(eq(u64, a->ref, PAR_SETUP_FAILED));
    cr_assert(strstr(words(a), no_file) != NULL, "%s", words(a));
    allow_files(true);
    forget_answers();
    set_up_draft(&draft); /* who sets it up again may try again */
    COMMAND(102, "true");
    expect(102, PAR_OK);
}

Test(nanny_starts, old_failure_does_not_count)
{
    static struct bundle_draft commands = {.name = "sh", .kind = BUNDLE_EXEC};
    static const char *const nothing[] = {"true", NULL};

    set_up();
    say_setup(2, HANDLE + 1, &commands);
    wait_answer(2);
    catch_up();
    allow_files(false);
    for (uint64_t id = 100; id < 120; id++)
        RUN(id, "nap", 10);
    for (uint64_t id = 100; id < 120; id++)
        expect(id, PAR_OK); /* by the slot that there is */
    cr_assert(ne(u64, nanny->starts.since, 0));
    allow_files(true);
    ahead += 20000; /* nothing has to be started */
    RUN(200, "nap", 1);
    expect(200, PAR_OK);
    forget_answers();
    allow_files(false);
    run_words(300, HANDLE + 1, nothing);
    say(WIRE_PING, 9001, 0);
    WAIT_FOR(find_answer(9001));
    allow_files(true); /* a moment later there is room */
    expect(300, PAR_OK);
}

Test(nanny_starts, command_for_which_room_is_made_begins)
{
    pid_t pid;

    set_up_draft(&draft);
    pid = parspawn();
    allow_processes(pid, false);
    for (uint64_t id = 100; id < 120; id++)
        COMMAND(id, "true"); /* one after the other, with the keeper we have */
    for (uint64_t id = 100; id < 120; id++)
        expect(id, PAR_OK);
}

Test(nanny_starts, slots_without_a_keeper_are_no_deaths)
{
    pid_t pid;

    set_up_draft(&draft);
    pid = parspawn();
    forget_answers();
    say(WIRE_CLOSE, 60, HANDLE);
    WAIT_FOR(find_answer(60));
    forget_answers();
    set_up();
    allow_processes(pid, false);
    for (uint64_t id = 100; id < 120; id++)
        RUN(id, "nap", 10);
    for (uint64_t id = 100; id < 120; id++)
        expect(id, PAR_OK);
}

Test(nanny_starts, set_up_for_which_there_is_no_process_says_so)
{
    struct answer *a;
    struct bundle_file file;
    struct bundle_draft object = object_draft(&file);
    pid_t pid;

    set_up_draft(&draft);
    pid = parspawn();
    allow_processes(pid, false);
    COMMAND(100, "sleep", "1000"); /* in the seat that has a keeper */
    WAIT_FOR(started == 1);
    say_setup(61, HANDLE + 1, &object);
    a = wait_answer(61);
    cr_assert(eq(int, (int)a->type, WIRE_ERROR));
    cr_assert(eq(str, words(a),
                 "slot 2 of w.1: fork: Resource temporarily unavailable"));
    allow_processes(pid, true);
    say_setup(62, HANDLE + 1, &object);
    a = wait_answer(62);
    cr_assert(eq(int, (int)a->type, WIRE_READY), "%s", words(a));
}

static const char source[] =
    "#include <par/task.h>\n"
    "static int one(struct par_task *t) { return par_put_int(t, 1); }\n"
    "PAR_FUNCTION(one, \":i\")\n";

static struct answer *compile(bool wait_for_room)
{
    struct bundle_file file = serve("n.c", source, sizeof source - 1);
    struct bundle_draft compiled = {
        .name = "it", .kind = BUNDLE_SOURCE, .files = &file, .file_count = 1};
    pid_t pid;

    set_up_draft(&draft);
    pid = parspawn();
    COMMAND(100, "sleep", "1000"); /* in the seat that has a keeper */
    WAIT_FOR(started == 1);
    forget_answers();
    allow_processes(pid, false);
    say_setup(70, HANDLE + 1, &compiled);
    WAIT_FOR(nanny->starts.since);
    if (wait_for_room)
        allow_processes(pid, true);
    return wait_answer(70);
}

Test(nanny_starts, compiler_waits_for_room)
{
    struct answer *a = compile(true);

    cr_assert(eq(int, (int)a->type, WIRE_READY), "%s", words(a));
}

Test(nanny_starts, compiler_does_not_wait_for_ever)
{
    struct answer *a = compile(false);

    cr_assert(eq(int, (int)a->type, WIRE_ERROR));
    cr_assert(eq(str, words(a),
                 "the compiler: fork: Resource temporarily unavailable"));
}
