/* test_kill.c - whole trees of processes end, whoever dies first */
#include "config.h"

#include <criterion/criterion.h>

#include "spawning.h"

TestSuite(kill, .init = open_spawner, .fini = close_spawner, .timeout = 60);

/* ---- killing ---- */

/* T9: grandchildren that ignore SIGTERM, left their group and session, and
 * whose parents are gone. */
static const char nasty[] =
    "trap '' TERM HUP INT\n"
    "for i in 1 2 3; do\n"
    "    (setsid sh -c 'trap \"\" TERM; (sleep 1000; sleep 1000) & "
    "sleep 1000' &)\n"
    "done\n"
    "(setsid setsid sleep 1000 &)\n"
    "echo ready\n"
    "sleep 1000 & sleep 1000; sleep 1000\n";

Test(kill, sigkill_reaches_the_whole_tree)
{
    start_shell(nasty);
    expect(KEEPER_STARTED);
    expect_line("ready\n");
    cr_assert(eq(int, keeper_kill(keeper, SIGTERM), 0));
    cr_assert(eq(int, keeper_kill(keeper, SIGKILL), 0));
    expect(KEEPER_EXITED);
    expect(KEEPER_EMPTY);
    expect_output("");
    start_shell("exit 3");
    cr_assert(eq(int, WEXITSTATUS(expect_exit()), 3));
}

Test(kill, sigterm_is_heard_by_one_that_is_stopped)
{
    struct keeper_event e;

    start_shell("setsid sh -c 'trap \"echo heard; exit\" TERM\n"
                "kill -STOP $$; while :; do sleep 0.01; done' &\n"
                "until grep -q '^State:.T' /proc/$!/status; do sleep 0.01; "
                "done\necho ready; wait");
    expect(KEEPER_STARTED);
    expect_line("ready\n");
    cr_assert(eq(int, keeper_kill(keeper, SIGTERM), 0));
    e = next_event(keeper);
    cr_assert(eq(int, e.kind, KEEPER_EXITED));
    cr_assert(eq(int, WTERMSIG(e.status), SIGTERM));
    expect(KEEPER_EMPTY);
    expect_output("heard\n");
}

Test(kill, the_end_of_the_first_is_told_before_the_end_of_all)
{
    start_shell("(setsid sleep 1000 &); exit 5");
    expect(KEEPER_STARTED);
    expect(KEEPER_EXITED);
    cr_assert(eq(int, keeper_kill(keeper, SIGKILL), 0));
    expect(KEEPER_EMPTY);
    expect_output("");
}

Test(kill, a_tree_that_ends_by_itself_is_told)
{
    start_shell("(setsid sh -c 'read x; echo late' <&3 &) 3<&0; exit 5");
    expect(KEEPER_STARTED);
    expect(KEEPER_EXITED);
    expect(KEEPER_EMPTY);
    expect_output("late\n");
}

Test(kill, a_bomb_of_sessions_is_killed)
{
    const char *const argv[] = {"./bomb", NULL};
    struct keeper_limit limit = {RLIMIT_NPROC, 120, 120};
    struct keeper_order order = order_of(argv);

    if (geteuid() == 0)
        cr_skip_test("RLIMIT_NPROC does not hold for root");
    write_file("bomb",
               "#!/bin/sh\n"
               "trap '' TERM\n"
               "echo x\n"
               "while :; do setsid ./bomb & done 2>/dev/null\n",
               0755);
    order.cwd = run_dir;
    order.limits = &limit;
    order.limit_count = 1;
    start_order(&order);
    expect(KEEPER_STARTED);
    for (int i = 0; i < 40; i++)
        expect_line("x\n");
    cr_assert(eq(int, keeper_kill(keeper, SIGKILL), 0));
    expect(KEEPER_EXITED);
    expect(KEEPER_EMPTY);
    read_all();
}

/* ---- deaths of our own processes ---- */

Test(kill, closing_a_keeper_kills_what_it_holds)
{
    start_shell(nasty);
    expect_line("ready\n");
    keeper_close(keeper);
    keeper = NULL;
    expect_output("");
}

Test(kill, closing_the_spawner_kills_what_all_hold)
{
    start_shell(nasty);
    expect_line("ready\n");
    spawner_close(spawner, PATIENCE_MS);
    spawner = NULL;
    expect(KEEPER_STARTED);
    expect(KEEPER_GONE); /* its end was not its own: it is not told */
    expect_output("");
}

/* A nanny in a process of its own, with a job that writes to our pipe. */
static pid_t fork_nanny(bool forks_again)
{
    pid_t pid;

    spawner_close(spawner, PATIENCE_MS);
    spawner = NULL;
    keeper_close(keeper);
    keeper = NULL;
    cr_assert(eq(int, mkdir(run_dir, 0700), 0));
    pid = fork();
    if (pid == 0) {
        spawner = spawner_open(program, run_dir, NULL);
        keeper = keeper_open(spawner, NULL);
        start_shell("mkdir -p $RUN/locked/in && chmod 0 $RUN/locked");
        expect_exit();
        start_shell(nasty);
        close(job_end);
        if (forks_again && fork() == 0)
            alarm(PATIENCE_MS / 1000);
        for (;;)
            pause();
    }
    expect_line("ready\n");
    return pid;
}

static void expect_no_run_dir(void)
{
    struct stat st;
    int tries = 0;

    while (stat(run_dir, &st) == 0 && tries++ < PATIENCE_MS)
        poll(NULL, 0, 1);
    cr_assert(lt(int, tries, PATIENCE_MS));
}

Test(kill, nothing_survives_the_nanny)
{
    pid_t nanny = fork_nanny(false);

    kill(nanny, SIGKILL);
    waitpid(nanny, NULL, 0);
    expect_output("");
    expect_no_run_dir();
}

/* A program that forked has its own copies of all of the nanny's sockets. */
Test(kill, nothing_survives_the_nanny_even_if_its_program_forked)
{
    pid_t nanny;

    setpgid(0, 0);
    nanny = fork_nanny(true);
    kill(nanny, SIGKILL);
    waitpid(nanny, NULL, 0);
    expect_output("");
    expect_no_run_dir();
    signal(SIGTERM, SIG_IGN);
    kill(0, SIGTERM);
}

static void expect_word(const char *pattern)
{
    char line[256];
    int said;

    while ((said = spawner_next(spawner, line, sizeof line)) == 0)
        cr_assert(wait_readable(spawner_fd(spawner)));
    cr_assert(gt(int, said, 0));
    cr_assert(ne(ptr, strstr(line, pattern), NULL), "%s", line);
}

/* A job may be quicker than its keeper, which has yet to say that it started
 * it. */
static void expect_keeper_gone(void)
{
    struct keeper_event e = next_event(keeper);

    if (e.kind == KEEPER_STARTED)
        e = next_event(keeper);
    cr_assert(eq(int, e.kind, KEEPER_GONE));
}

/* T10 */
Test(kill, a_job_that_kills_its_keeper_is_killed_to_the_last)
{
    start_shell("(setsid sh -c 'trap \"\" TERM; sleep 1000; sleep 1000' &)\n"
                "setsid sleep 1000 & kill -9 $PPID; sleep 1000");
    expect_keeper_gone();
    expect_output("");
    expect_word("was killed by signal 9");
    keeper_close(keeper);
    keeper = keeper_open(spawner, NULL);
    job_end = open("/dev/null", O_WRONLY | O_CLOEXEC);
    start_shell("exit 7");
    cr_assert(eq(int, WEXITSTATUS(expect_exit()), 7));
}

Test(kill, a_job_that_stops_its_keeper_is_killed_to_the_last)
{
    start_shell("(setsid sleep 1000 &); kill -STOP $PPID; sleep 1000");
    expect_keeper_gone();
    expect_output("");
    expect_word("was stopped");
}

Test(kill, a_job_that_kills_parspawn_is_killed_to_the_last)
{
    char line[256];
    int said;

    start_shell("(setsid sh -c 'trap \"\" TERM; sleep 1000; sleep 1000' &)\n"
                "read pid comm state parent rest </proc/$PPID/stat\n"
                "kill -9 $parent; sleep 1000");
    expect(KEEPER_STARTED);
    expect(KEEPER_GONE); /* its end was not its own: it is not told */
    expect_output("");
    while ((said = spawner_next(spawner, line, sizeof line)) >= 0)
        cr_assert(wait_readable(spawner_fd(spawner)));
    cr_assert(eq(int, said, -1));
}

/* ---- what stays ---- */

Test(kill, the_run_folder_goes_whatever_is_in_it)
{
    char outside[300];
    struct stat st;

    snprintf(outside, sizeof outside, "%s.outside", run_dir);
    cr_assert(eq(int, mkdir(outside, 0700), 0));
    start_shell("cd $RUN || exit 1; mkdir -p a/b/c locked/in .hidden\n"
                "echo x >a/b/c/file; ln -s $RUN.outside a/link\n"
                "ln -s $RUN.outside link; ln -s . loop; mkfifo a/fifo\n"
                "d=$RUN; i=0; while test $i -lt 300; do\n"
                "  mkdir deep && cd deep || exit 1; i=$((i+1)); done\n"
                "cd $RUN; chmod 0 locked/in locked a/b");
    expect_exit();
    keeper_close(keeper);
    keeper = NULL;
    spawner_close(spawner, PATIENCE_MS);
    spawner = NULL;
    cr_assert(eq(int, stat(run_dir, &st), -1));
    cr_assert(eq(int, rmdir(outside), 0), "nothing outside is touched");
}

Test(kill, five_hundred_keepers_leave_nothing)
{
    struct rlimit few = {64, 64};

    keeper_close(keeper);
    spawner_close(spawner, PATIENCE_MS);
    cr_assert(eq(int, mkdir(run_dir, 0700), 0));
    cr_assert(eq(int, setrlimit(RLIMIT_NOFILE, &few), 0));
    spawner = spawner_open(program, run_dir, NULL);
    for (int i = 0; i < 500; i++) {
        keeper = keeper_open(spawner, NULL);
        cr_assert(ne(ptr, keeper, NULL));
        start_shell("exit 0");
        cr_assert(eq(int, expect_exit(), 0));
        keeper_close(keeper);
    }
    keeper = keeper_open(spawner, NULL);
    start_shell(
        "read pid comm state parent rest </proc/$PPID/stat\n"
        "while read -r first second </proc/$parent/task/$parent/children"
        " && test \"$second\"; do sleep 0.01; done; echo alone");
    expect_exit();
    expect_output("alone\n");
}
