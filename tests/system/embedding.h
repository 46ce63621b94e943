/* embedding.h - what the programs share that embed Par as their users would
 *
 * Each prints `ok - WHAT` or `not ok - WHAT` for its cases.  They begin with
 * par_main(), for they are their own slots.
 */
#ifndef PAR_TESTS_SYSTEM_EMBEDDING_H
#define PAR_TESTS_SYSTEM_EMBEDDING_H

#include <par/client.h>
#include <par/task.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int failed;
static struct par_error err; /* what the library said last */

static inline void claim(bool met, const char *what)
{
    printf("%s - %s\n", met ? "ok" : "not ok", what);
    if (!met) {
        failed = 1;
        printf("    %s\n", err.text);
    }
    fflush(stdout);
    err = (struct par_error){0};
}

static int twice(struct par_task *t)
{
    return par_put_int(t, 2 * par_int(t, 0));
}
PAR_FUNCTION(twice, "x:i->i")

/* ---- handles ---- */

static inline struct par_client *open_private(bool threads)
{
    struct par_options o = {.private_broker = true,
                            .slots = 2,
                            .thread_slots = threads,
                            .libexec = getenv("top_builddir")};

    return par_open(NULL, &o, &err);
}

static inline bool calls(struct par_client *c)
{
    struct par_function f;
    struct par_result r;
    bool right;

    if (!c || par_self(c, "twice", &f, &err) ||
        par_call(c, &f, PAR_ARGS(21), &r, &err))
        return false;
    right = par_result_int(&r) == 42;
    par_result_clear(&r);
    return right;
}

/* ---- commands ---- */

/* Start `sh -c script` in our folder.  Returns its job; 0 if it cannot be. */
static inline uint64_t start_shell(struct par_client *c, const char *script)
{
    struct par_setup s = {.kind = "exec", .local = true};
    struct par_function sh;
    uint32_t handle;
    uint64_t job;

    if (par_setup(c, &s, &handle, &err) ||
        par_function(c, handle, "", &sh, &err) ||
        par_run(c, &sh, PAR_ARGS("sh", "-c", script), NULL, &job, &err) ||
        par_flush(c, &err))
        return 0;
    return job;
}

/* How it ended: enum par_status; -1 if it cannot be waited for. */
static inline int end_of(struct par_client *c, uint64_t job)
{
    struct par_result r;
    int status;

    if (!job || par_wait(c, job, -1, &r, &err))
        return -1;
    status = r.status;
    par_result_error(&r, err.text, sizeof err.text);
    par_result_clear(&r);
    return status;
}

/* Files are how commands and we tell each other where they are. */
static inline void make(const char *path)
{
    close(open(path, O_CREAT | O_CLOEXEC, 0600));
}

static inline void wait_for(const char *path)
{
    for (int i = 0; i < 3000 && access(path, F_OK) != 0; i++)
        usleep(10000);
    unlink(path);
}

/* ---- does it rest? ---- */

/* How often this process has read anything: each turn of a loop of ours does.
 * 0 if the kernel does not tell. */
static inline long reads(void)
{
    FILE *f = fopen("/proc/self/io", "re");
    char line[80];
    long n = 0;

    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "syscr: %ld", &n) == 1)
            break;
    if (f)
        fclose(f);
    return n;
}

enum { READS_AT_REST = 500 };

/* While a command sleeps nobody here has anything to do. */
static inline bool rests(struct par_client *c)
{
    long before = reads();

    return end_of(c, start_shell(c, "sleep 0.5")) == PAR_OK &&
           reads() - before < READS_AT_REST;
}

#endif
