/* test_nanny_files.c - files of one job, on a disk that takes its time
 *
 * They hold nobody else up.  The linker puts the functions here between our
 * code and the disk.
 */
#include "config.h"

#include <stdatomic.h>

#include "nursing.h"

/* Where a disk thread waits until open_gate(); first it says so. */
static int gate[2], reached[2];
static atomic_bool holds_removals, holds_copies;

static struct bundle_draft draft;
static struct bundle_file file;

static void wait_at_gate(void)
{
    char octet;

    cr_assert(eq(int, (int)write(reached[1], "", 1), 1));
    cr_assert(eq(int, (int)read(gate[0], &octet, 1), 0));
}

int __real_unlinkat(int at, const char *name, int flags);
int __wrap_unlinkat(int at, const char *name, int flags);
ssize_t __real_copy_file_range(
    int in, off_t *in_at, int out, off_t *out_at, size_t len, unsigned flags);
ssize_t __wrap_copy_file_range(
    int in, off_t *in_at, int out, off_t *out_at, size_t len, unsigned flags);

int __wrap_unlinkat(int at, const char *name, int flags)
{
    if (holds_removals && strcmp(name, "held") == 0)
        wait_at_gate();
    return __real_unlinkat(at, name, flags);
}

ssize_t __wrap_copy_file_range(
    int in, off_t *in_at, int out, off_t *out_at, size_t len, unsigned flags)
{
    if (holds_copies)
        wait_at_gate();
    return __real_copy_file_range(in, in_at, out, out_at, len, flags);
}

static void wait_until_held(void)
{
    char octet;

    cr_assert(eq(int, (int)read(reached[0], &octet, 1), 1));
}

static void open_gate(void)
{
    if (gate[1] >= 0)
        close(gate[1]);
    gate[1] = -1;
}

static void init(void)
{
    cr_assert(eq(int, pipe(gate), 0));
    cr_assert(eq(int, pipe(reached), 0));
    nursing_open();
    nurse();
    file = serve("f", "content", 7);
    draft = (struct bundle_draft){
        .name = "it", .kind = BUNDLE_EXEC, .files = &file, .file_count = 1};
    say_setup(SETUP_ID, HANDLE, &draft);
    cr_assert(eq(int, (int)wait_answer(SETUP_ID)->type, WIRE_READY));
}

static void fini(void)
{
    open_gate();
    nursing_close();
    close(gate[0]);
    close(reached[0]);
    close(reached[1]);
}

TestSuite(nanny_files, .init = init, .fini = fini, .timeout = 60);

/* A job that leaves what cannot be removed before the gate is open, and where
 * it lies. */
static void leave_rubbish(uint64_t id, char folder[500])
{
    holds_removals = true;
    COMMAND(id, "sh", "-c", "touch held; pwd");
    cr_assert(eq(uint, wait_answer(id)->status, PAR_OK));
    wait_until_held();
    output[1][strcspn(output[1], "\n")] = 0;
    snprintf(folder, 500, "%.499s", output[1]);
    output_len[1] = 0;
}

Test(nanny_files, next_job_does_not_wait_until_files_of_the_last_are_removed)
{
    char folder[500];

    leave_rubbish(100, folder);
    COMMAND(101, "cat", "f");
    cr_assert(eq(uint, wait_answer(101)->status, PAR_OK));
    cr_assert(eq(str, output[1], "content"));
    cr_assert(eq(int, access(folder, F_OK), 0));
    open_gate();
    WAIT_FOR(access(folder, F_OK) != 0);
}

static void is_ended_before_it_began(uint64_t id, unsigned status)
{
    struct answer *a = wait_answer(id);

    cr_assert(eq(uint, a->status, status), "%s", words(a));
    cr_assert(eq(uint, a->executed, WIRE_NOT_EXECUTED));
}

Test(nanny_files, cancel_and_timeout_do_not_wait_until_files_are_copied)
{
    holds_copies = true;
    COMMAND(100, "pwd");
    say(WIRE_PING, 12, 0);
    wait_answer(12); /* the nanny has begun it */
    wait_until_held();
    say(WIRE_CANCEL, 100, 0);
    is_ended_before_it_began(100, PAR_CANCELLED);
    term(17, 1);
    COMMAND(101, "pwd");
    is_ended_before_it_began(101, PAR_TIMEOUT);
    open_gate();
    holds_copies = false;
    COMMAND(102, "cat", "f");
    cr_assert(eq(uint, wait_answer(102)->status, PAR_OK));
    cr_assert(eq(str, output[1], "content"), "the others did not run");
    cr_assert(eq(uint, count_answers(100), 1));
    cr_assert(eq(uint, count_answers(101), 1));
}

Test(nanny_files, close_does_not_wait_until_files_of_others_are_removed)
{
    char folder[500];

    leave_rubbish(100, folder);
    say(WIRE_CLOSE, 11, HANDLE);
    cr_assert(eq(int, (int)wait_answer(11)->type, WIRE_READY));
    cr_assert(eq(int, access(folder, F_OK), 0));
}
