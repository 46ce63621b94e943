/* test_spawner.c - processes are started, and their ends told exactly */
#include "config.h"

#include <criterion/criterion.h>

#include "spawning.h"

TestSuite(spawner, .init = open_spawner, .fini = close_spawner, .timeout = 60);

Test(spawner, tells_the_exit_code_and_can_start_again)
{
    start_shell("exit 42");
    cr_assert(eq(int, WEXITSTATUS(expect_exit()), 42));
    start_shell("exit 0");
    cr_assert(eq(int, expect_exit(), 0));
}

Test(spawner, tells_the_signal)
{
    start_shell("kill -SEGV $$");
    cr_assert(eq(int, WTERMSIG(expect_exit()), SIGSEGV));
}

Test(spawner, one_order_at_a_time)
{
    struct keeper_event e;

    start_shell("read wait");
    start_shell("exit 0");
    expect(KEEPER_STARTED);
    do
        e = next_event(keeper);
    while (e.kind != KEEPER_FAILED && e.kind != KEEPER_EMPTY);
    cr_assert(eq(int, e.kind == KEEPER_EMPTY || e.error == EBUSY, true));
}

Test(spawner, a_missing_program_is_named)
{
    const char *const argv[] = {"./no-such-program", NULL};
    struct keeper_order order = order_of(argv);

    expect_failure(&order, ENOENT,
                   "exec ./no-such-program: No such file or directory");
}

Test(spawner, a_program_that_is_not_in_the_path_is_named)
{
    const char *const argv[] = {"no-such-program", NULL};
    struct keeper_order order = order_of(argv);

    expect_failure(&order, ENOENT,
                   "exec no-such-program: No such file or directory");
}

Test(spawner, a_program_that_may_not_run_is_named)
{
    const char *const argv[] = {"./plain", NULL};
    struct keeper_order order = order_of(argv);

    write_file("plain", "text\n", 0644);
    order.cwd = run_dir;
    expect_failure(&order, EACCES, "exec ./plain: Permission denied");
}

Test(spawner, a_missing_interpreter_is_told_from_a_missing_program)
{
    const char *const argv[] = {"./script", NULL};
    struct keeper_order order = order_of(argv);

    write_file("script", "#!/no/such/interpreter\n", 0755);
    order.cwd = run_dir;
    expect_failure(&order, ENOENT,
                   "exec ./script: No such file or directory "
                   "(it is there; its interpreter is not)");
}

Test(spawner, a_missing_folder_is_named)
{
    const char *const argv[] = {"true", NULL};
    struct keeper_order order = order_of(argv);

    order.cwd = "/no/such/folder";
    expect_failure(&order, ENOENT,
                   "chdir /no/such/folder: No such file or directory");
    start_shell("exit 0");
    cr_assert(eq(int, expect_exit(), 0), "a failure leaves the keeper usable");
}

/* Of parspawn, or of a keeper: what it starts is beside it. */
static void allow_processes(pid_t of, bool allow)
{
    struct rlimit limit;

    cr_assert(eq(int, prlimit(of, RLIMIT_NPROC, NULL, &limit), 0));
    limit.rlim_cur = allow ? limit.rlim_max : 0;
    cr_assert(eq(int, prlimit(of, RLIMIT_NPROC, &limit, NULL), 0));
}

static void expect_full(void)
{
    struct keeper_event e = next_event(keeper);

    cr_assert(eq(int, e.kind, KEEPER_FULL));
    cr_assert(eq(int, e.error, EAGAIN));
    cr_assert(eq(str, e.text, "fork: Resource temporarily unavailable"));
}

Test(spawner, a_process_that_cannot_be_had_is_told_from_a_failure)
{
    const char *const argv[] = {"true", NULL};
    struct keeper_order order = order_of(argv);
    struct par_error err = {0};
    pid_t parspawn, its_keeper;

    start_shell("read pid comm state parent rest </proc/$PPID/stat\n"
                "echo $PPID $parent");
    expect_exit();
    cr_assert(eq(int, sscanf(read_all(), "%d %d", &its_keeper, &parspawn), 2));
    allow_processes(its_keeper, false);
    start_shell("exit 0");
    expect_full();
    keeper_close(keeper);
    allow_processes(parspawn, false);
    keeper = keeper_open(spawner, NULL);
    /* parspawn may have said so and be done with it before we ask. */
    if (keeper_start(keeper, &order, &err)) {
        cr_assert(eq(int, err.code, EAGAIN));
        cr_assert(eq(str, err.text, "fork: Resource temporarily unavailable"));
    } else {
        expect_full();
    }
    expect(KEEPER_GONE);
}

Test(spawner, a_limit_that_may_not_be_set_is_named)
{
    const char *const argv[] = {"true", NULL};
    struct keeper_limit limit = {RLIMIT_CPU, 100, 50};
    struct keeper_order order = order_of(argv);

    order.limits = &limit;
    order.limit_count = 1;
    expect_failure(&order, EINVAL, "limit CPU: Invalid argument");
}

Test(spawner, looks_programs_up_in_the_path_of_the_order)
{
    const char *const argv[] = {"hello", "you", NULL};
    const char *env[] = {"X=1", "PATH=/nowhere:.:/bin", NULL};
    struct keeper_order order = order_of(argv);

    write_file("hello", "#!/bin/sh\necho hello $1 $X\n", 0755);
    order.envp = env;
    order.cwd = run_dir;
    start_order(&order);
    cr_assert(eq(int, expect_exit(), 0));
    expect_output("hello you 1\n");
}

Test(spawner, a_script_without_interpreter_line_is_the_shells)
{
    const char *const argv[] = {"./hello", "you", NULL};
    struct keeper_order order = order_of(argv);

    write_file("hello", "echo hello $1\n", 0755);
    order.cwd = run_dir;
    start_order(&order);
    cr_assert(eq(int, expect_exit(), 0));
    expect_output("hello you\n");
}

Test(spawner, the_environment_is_the_orders_and_nothing_else)
{
    const char *const argv[] = {"/usr/bin/env", NULL};
    const char *env[] = {"B=two words", "A=1", NULL};
    struct keeper_order order = order_of(argv);

    order.envp = env;
    start_order(&order);
    expect_exit();
    expect_output("B=two words\nA=1\n");
}

Test(spawner, folder_umask_and_limits_are_the_orders)
{
    const char *const argv[] = {
        "sh",
        "-c",
        "test $(pwd -P) = $(cd \"$1\"; pwd -P); echo $?; umask; "
        "ulimit -Sn; ulimit -Hn",
        "sh",
        run_dir,
        NULL};
    struct keeper_limit limit = {RLIMIT_NOFILE, 60, 61};
    struct keeper_order order = order_of(argv);

    order.cwd = run_dir;
    order.umask = 0123;
    order.limits = &limit;
    order.limit_count = 1;
    start_order(&order);
    expect_exit();
    expect_output("0\n0123\n60\n61\n");
}

/* The one above those given is the folder that ls itself has open. */
Test(spawner, a_command_has_three_descriptors)
{
    const char *const argv[] = {"ls", "/proc/self/fd", NULL};
    struct keeper_order order = order_of(argv);

    start_order(&order);
    expect_exit();
    expect_output("0\n1\n2\n3\n");
}

Test(spawner, a_slot_has_five_descriptors)
{
    const char *const argv[] = {"ls", "/proc/self/fd", NULL};
    struct keeper_order order = order_of(argv);

    order.fds[3] = order.fds[4] = output;
    start_order(&order);
    expect_exit();
    expect_output("0\n1\n2\n3\n4\n5\n");
}

Test(spawner, what_is_not_given_is_the_null_device)
{
    start_shell("readlink /proc/self/fd/0 /proc/self/fd/2");
    expect_exit();
    expect_output("/dev/null\n/dev/null\n");
}

static void expect_signals(bool usual, const char *ignored)
{
    const char *const argv[] = {"grep", "-E", "SigBlk|SigIgn|NoNew",
                                "/proc/self/status", NULL};
    struct keeper_order order = order_of(argv);
    char want[128];

    order.default_signals = usual;
    signal(SIGPIPE, SIG_IGN);
    start_order(&order);
    expect_exit();
    snprintf(want, sizeof want,
             "SigBlk:\t0000000000000000\nSigIgn:\t%s\nNoNewPrivs:\t1\n",
             ignored);
    expect_output(want);
}

Test(spawner, a_command_has_the_usual_signals_and_no_new_privileges)
{
    expect_signals(true, "0000000000000000");
}

/* TP-09, TP-10 */
Test(spawner, a_slot_ignores_the_interrupt_key)
{
    expect_signals(false, "0000000000000002");
}

/* TP-10 */
Test(spawner, is_out_of_reach_of_our_terminal)
{
    start_shell("read pid c s ppid group session tty rest </proc/$$/stat\n"
                "test $group = $$ && echo own group\n"
                "echo $tty\n"
                "test $session = $OURS; echo $?");
    expect_exit();
    expect_output("own group\n0\n1\n");
}

Test(spawner, takes_arguments_of_half_a_megabyte)
{
    static const char word[1001] = {[0 ... 999] = 'x'};
    static const char *argv[505] = {"sh", "-c", "echo $#", "sh"};
    struct keeper_order order;

    for (int i = 4; i < 504; i++)
        argv[i] = word;
    order = order_of(argv);
    start_order(&order);
    expect_exit();
    expect_output("500\n");
}

Test(spawner, refuses_arguments_beyond_a_megabyte)
{
    static const char word[100001] = {[0 ... 99999] = 'x'};
    static const char *argv[13] = {"true"};
    struct keeper_order order;
    struct par_error err = {0};

    for (int i = 1; i < 12; i++)
        argv[i] = word;
    order = order_of(argv);
    cr_assert(eq(int, keeper_start(keeper, &order, &err), -1));
    cr_assert(eq(int, err.code, E2BIG));
}

Test(spawner, says_why_it_cannot_start)
{
    struct par_error err = {0};

    cr_assert(eq(ptr, spawner_open("/no/such", NULL, &err), NULL));
    cr_assert(eq(str, err.text, "/no/such: No such file or directory"));
    cr_assert(eq(ptr, spawner_open("/bin/false", NULL, &err), NULL));
    cr_assert(eq(str, err.text, "/bin/false: it does not start"));
    cr_assert(eq(ptr, spawner_open(program, "/no/such", &err), NULL));
    cr_assert(eq(int, err.code, ENOENT));
}
