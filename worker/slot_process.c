/* slot_process.c - what a process must do before it can be a slot */
#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "slot.h"

bool slot_has_pipe(void)
{
    int type;
    socklen_t len = sizeof type;

    return getsockopt(SLOT_PIPE, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
           type == SOCK_STREAM;
}

static void carry_on(int sig)
{
    (void)sig;
}

/* What jobs start must not hold the pipe: its end is how the nanny learns of
 * ours.  Ctrl-C is for the client to decide about.  A job that writes to a
 * closed pipe gets an error, not our death; a handler does that without being
 * inherited by the commands that the job starts. */
static void settle(void)
{
    struct sigaction error_instead = {.sa_handler = carry_on,
                                      .sa_flags = SA_RESTART};

    fcntl(SLOT_PIPE, F_SETFD, FD_CLOEXEC);
    signal(SIGINT, SIG_IGN);
    sigaction(SIGPIPE, &error_instead, NULL);
    setvbuf(stdout, NULL, _IOLBF, 0);
    unsetenv(SLOT_ENV);
}

int slot_process(const struct slot_entry *entries, size_t count)
{
    struct par_error err = {0};
    struct slot_config config = {
        .pipe = SLOT_PIPE,
        .own_process = true,
        .entries = entries,
        .entry_count = count,
    };
    int result;

    if (!slot_has_pipe()) {
        fprintf(stderr, "parslot: started by parworker, not by hand\n");
        return 125;
    }
    settle();
    if (fcntl(SLOT_PAGE, F_GETFD) >= 0) {
        config.page = page_map(SLOT_PAGE, &err);
        close(SLOT_PAGE);
    }
    result = err.code ? -1 : slot_run(&config, &err);
    if (result != 0)
        fprintf(stderr, "parslot: %s\n", err.text);
    page_unmap(config.page);
    return result == 0 ? 0 : 1;
}
