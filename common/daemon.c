/* daemon.c - options, the process, and its last words */
#include "config.h"

#include "daemon.h"

#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "plain.h"

int daemon_fail(const struct daemon *d, int code, const struct par_error *err)
{
    char text[2 * sizeof err->text];
    size_t n = plain_put(text, 0, sizeof text, err->text, true);

    fprintf(stderr, "%s: %.*s\n", d->name, (int)n, text);
    return code;
}

int daemon_options(const struct daemon *d, void *choices, int argc, char **argv)
{
    struct options o = {.table = d->table, .argc = argc, .argv = argv};
    struct par_error err = {0};
    const char *value;
    int which;

    while ((which = options_next(&o, &value, &err)) >= 0) {
        if (!strcmp(d->table[which].name, "help")) {
            d->help();
            return 0;
        }
        if (!strcmp(d->table[which].name, "version")) {
            printf("%s %s\n", d->name, PACKAGE_VERSION);
            return 0;
        }
        if (d->take(choices, which, value, &err))
            return daemon_fail(d, DAEMON_USAGE, &err);
    }
    if (which == OPTIONS_END && o.at < argc)
        par_fail(&err, EINVAL, "`%s' is not understood; see %s --help",
                 argv[o.at], d->name);
    return err.code ? daemon_fail(d, DAEMON_USAGE, &err) : -1;
}

void daemon_harden(void)
{
    prctl(PR_SET_DUMPABLE, 0);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    signal(SIGPIPE, SIG_IGN);
    if (sodium_init() < 0)
        abort();
}

void daemon_raise_files(void)
{
    struct rlimit limit;

    if (!getrlimit(RLIMIT_NOFILE, &limit)) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

void daemon_seed(void)
{
    unsigned int n;

    randombytes_buf(&n, sizeof n);
    srand(n);
}
