/* Starts for which there is no room: no descriptors, no processes. */
#include "config.h"

#include <criterion/criterion.h>

#include <sys/resource.h>

#include "nursing.h"

enum { SLOTS = 8, FILES_MAX = 1024 };

static void init(void)
{
    nursing_open();
    options.slots = SLOTS;
    nurse();
}

TestSuite(nanny_starts, .init = init, .fini = nursing_close, .timeout = 60);

static struct bundle_draft draft = {.name = "sh", .kind = BUNDLE_EXEC};

static void set_up_commands(void)
{
    struct answer *a;

    say_setup(SETUP_ID, HANDLE, &draft);
    a = wait_answer(SETUP_ID);
    cr_assert(eq(int, (int)a->type, WIRE_READY), "%s", words(a));
}

static struct answer *expect(uint64_t id, unsigned status)
{
    struct answer *a = wait_answer(id);

    cr_assert(eq(uint, a->status, status), "%llu: %s", (unsigned long long)id,
              words(a));
    return a;
}

/* No descriptor can be opened; what is open stays. */
static void allow_files(bool allow)
{
    static int taken[FILES_MAX];
    static unsigned count;
    struct rlimit limit;

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = FILES_MAX;
    cr_assert(eq(int, setrlimit(RLIMIT_NOFILE, &limit), 0));
    while (!allow && (taken[count] = dup(0)) >= 0)
        count++;
    while (allow && count > 0)
        close(taken[--count]);
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
    set_up_commands();
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

static char no_process[] =
    "no process can be started there: fork: Resource temporarily unavailable";

Test(nanny_starts, command_without_a_keeper_goes_back_as_not_begun)
{
    struct answer *a;
    pid_t pid;

    set_up_commands();
    pid = parspawn();
    allow_processes(pid, false);
    COMMAND(100, "sleep", "1000"); /* in the seat that has a keeper */
    WAIT_FOR(started == 1);
    COMMAND(101, "true");
    a = expect(101, PAR_WORKER_LOST);
    cr_assert(eq(uint, a->executed, WIRE_NOT_EXECUTED));
    cr_assert(eq(str, words(a), no_process));
    ahead += 10000; /* it has come back all the time */
    COMMAND(103, "true");
    a = expect(103, PAR_INTERNAL);
    cr_assert(eq(uint, a->executed, WIRE_NOT_EXECUTED));
    cr_assert(eq(str, words(a), no_process));
    allow_processes(pid, true);
    COMMAND(102, "true");
    expect(102, PAR_OK);
    say(WIRE_CANCEL, 100, 2);
    expect(100, PAR_CANCELLED);
}

Test(nanny_starts, command_for_which_room_is_made_begins)
{
    pid_t pid;

    set_up_commands();
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

    set_up_commands();
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

    set_up_commands();
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
