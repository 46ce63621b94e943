/* forks.c - a program that embeds Par, and forks */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "embedding.h"

static _Noreturn void stay(void)
{
    for (;;)
        pause();
}

static _Noreturn void leave(void)
{
    exit(3);
}

static struct par_client *handle;

static _Noreturn void close_ours(void)
{
    par_close(handle);
    exit(3);
}

static _Noreturn void use_ours(void)
{
    struct par_function f;

    exit(par_self(handle, "twice", &f, &err) && err.code == EINVAL ? 3 : 4);
}

static _Noreturn void open_another(void)
{
    struct par_client *c = open_private(false);
    bool right = calls(c);

    par_close(c);
    exit(right ? 3 : 4);
}

static pid_t fork_to(void (*what)(void))
{
    pid_t pid = fork();

    if (pid == 0)
        what();
    return pid;
}

/* A child that does this, and what its parent can do then. */
static void child(void (*what)(void), const char *name)
{
    char text[100];
    int status = 0;
    pid_t pid = fork_to(what);

    claim(waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
              WEXITSTATUS(status) == 3,
          name);
    snprintf(text, sizeof text, "... and its parent's handle works on");
    claim(calls(handle), text);
}

/* What ends while a child has copies of all that is open. */
static void copies(bool threads)
{
    uint64_t job;
    pid_t pid;

    handle = open_private(threads);
    claim(calls(handle), threads ? "a function on a thread slot runs"
                                 : "a function on a process slot runs");
    job = start_shell(handle, ": >begun; until [ -e go ]; do sleep 0.01; done");
    wait_for("begun");
    pid = fork_to(stay);
    make("go");
    claim(end_of(handle, job) == PAR_OK, "a command that ran at a fork() ends");
    unlink("go");
    claim(rests(handle), "... and nothing spins then");
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    par_close(handle);
}

int main(int argc, char **argv)
{
    par_main(&argc, &argv);
    copies(false);
    copies(true);
    handle = open_private(false);
    claim(calls(handle), "before all: a function runs");
    child(leave, "a child ends by exit()");
    child(close_ours, "a child closes the handle that it inherits");
    child(use_ours, "a child is told that it may not use it");
    child(open_another, "a child opens one of its own");
    par_close(handle);
    return failed;
}
