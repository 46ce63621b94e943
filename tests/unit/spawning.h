/* spawning.h - a spawner, a keeper and a pipe from what they start
 *
 * For test_spawner.c and test_kill.c.
 */
#ifndef PAR_TESTS_UNIT_SPAWNING_H
#define PAR_TESTS_UNIT_SPAWNING_H

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "worker/spawner.h"

enum { PATIENCE_MS = 20000 };

static char program[512];
static char run_dir[256];
static struct spawner *spawner;
static struct keeper *keeper;

/* What a job writes.  Everything it starts has the writing end as well, so end
 * of file says that nothing of it is left. */
static int output;
static int job_end;

static inline void open_spawner(void)
{
    struct par_error err = {0};
    const char *top = getenv("top_builddir");
    const char *tmp = getenv("TMPDIR");
    int fds[2];

    snprintf(program, sizeof program, "%s/parspawn", top ? top : ".");
    snprintf(run_dir, sizeof run_dir, "%s/run-XXXXXX", tmp ? tmp : "/tmp");
    cr_assert(ne(ptr, mkdtemp(run_dir), NULL));
    spawner = spawner_open(program, run_dir, &err);
    cr_assert(ne(ptr, spawner, NULL), "%s", err.text);
    keeper = keeper_open(spawner, NULL);
    cr_assert(ne(ptr, keeper, NULL));
    cr_assert(eq(int, pipe2(fds, O_CLOEXEC), 0));
    output = fds[0];
    job_end = fds[1];
}

static inline void close_spawner(void)
{
    struct stat st;

    keeper_close(keeper);
    spawner_close(spawner, PATIENCE_MS);
    cr_assert(eq(int, stat(run_dir, &st), -1), "the run folder is gone");
    close(output);
    if (job_end >= 0)
        close(job_end);
}

static char run_env[264], session_env[32];
static const char *const usual_env[] = {"PATH=/usr/bin:/bin", run_env,
                                        session_env, NULL};

static inline struct keeper_order order_of(const char *const *argv)
{
    snprintf(run_env, sizeof run_env, "RUN=%s", run_dir);
    snprintf(session_env, sizeof session_env, "OURS=%d", (int)getsid(0));
    return (struct keeper_order){
        .program = argv[0],
        .argv = argv,
        .envp = usual_env,
        .umask = -1,
        .default_signals = true,
        .fds = {-1, job_end, -1, -1, -1},
    };
}

static inline void start_order(const struct keeper_order *order)
{
    struct par_error err = {0};

    cr_assert(eq(int, keeper_start(keeper, order, &err), 0), "%s", err.text);
}

static inline void start_shell(const char *script)
{
    const char *const argv[] = {"sh", "-c", script, NULL};
    struct keeper_order order = order_of(argv);

    start_order(&order);
}

static inline bool wait_readable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, PATIENCE_MS) == 1;
}

static inline struct keeper_event next_event(struct keeper *k)
{
    struct keeper_event e = {0};

    while (!keeper_next(k, &e))
        cr_assert(wait_readable(keeper_fd(k)), "the keeper says nothing");
    return e;
}

static inline void expect(enum keeper_event_kind kind)
{
    struct keeper_event e = next_event(keeper);

    cr_assert(eq(int, e.kind, kind), "%s", e.text);
}

static inline int expect_exit(void)
{
    struct keeper_event e;

    expect(KEEPER_STARTED);
    e = next_event(keeper);
    cr_assert(eq(int, e.kind, KEEPER_EXITED));
    cr_assert(gt(u64, e.max_rss_kb, 0));
    expect(KEEPER_EMPTY);
    return e.status;
}

/* All that comes until nobody can write any more. */
static inline const char *read_all(void)
{
    static char text[65536];
    size_t len = 0;
    ssize_t n;

    if (job_end >= 0)
        close(job_end);
    job_end = -1;
    do {
        cr_assert(wait_readable(output), "somebody still has the pipe");
        n = read(output, text + len, sizeof text - 1 - len);
        if (n > 0)
            len += (size_t)n;
    } while (n > 0);
    text[len] = 0;
    return text;
}

static inline void expect_line(const char *line)
{
    char text[64] = "";

    for (size_t i = 0; i < sizeof text - 1; i++) {
        cr_assert(wait_readable(output));
        cr_assert(eq(int, (int)read(output, text + i, 1), 1));
        if (text[i] == '\n')
            break;
    }
    cr_assert(eq(str, text, (char *)(uintptr_t)line));
}

static inline void expect_output(const char *want)
{
    cr_assert(eq(str, (char *)(uintptr_t)read_all(), (char *)(uintptr_t)want));
}

static inline void expect_failure(const struct keeper_order *order,
                                  int error,
                                  const char *text)
{
    struct keeper_event e;

    start_order(order);
    e = next_event(keeper);
    cr_assert(eq(int, e.kind, KEEPER_FAILED));
    cr_assert(eq(int, e.error, error));
    cr_assert(eq(str, e.text, (char *)(uintptr_t)text));
}

static inline void write_file(const char *name, const char *text, mode_t mode)
{
    char path[300];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", run_dir, name);
    file = fopen(path, "w");
    cr_assert(ne(ptr, file, NULL));
    fputs(text, file);
    fclose(file);
    cr_assert(eq(int, chmod(path, mode), 0));
}

#endif
