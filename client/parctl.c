/* parctl - run things in parallel, and look after those who do */
#include "config.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "cmd.h"
#include "log.h"
#include "options.h"
#include "stdfds.h"

static const struct verb *const verbs[] = {
    &verb_run,   &verb_map,     &verb_setup,  &verb_close,  &verb_ping,
    &verb_jobs,  &verb_workers, &verb_status, &verb_cancel, &verb_keygen,
    &verb_allow, &verb_revoke,  &verb_trust,  &verb_ticket};
enum { VERBS = sizeof verbs / sizeof *verbs };

static void help(void)
{
    puts("parctl - run anything in parallel: on your cores, your hosts, your "
         "cluster\n"
         "\n"
         "  parctl run -- make -C src                    one command\n"
         "  seq 8 | parctl map -k 'sleep 1; echo {}'     one for each input\n"
         "  parctl map --content wordcount.c:count ::: *.txt    C, compiled "
         "once\n"
         "\n"
         "None of them needs a broker; with one (parbroker & parworker &) they "
         "use it.\n"
         "\n"
         "usage: parctl VERB [OPTION...] ...        parctl VERB --help tells "
         "more\n");
    for (size_t i = 0; i < VERBS; i++)
        printf("  %-9s %s\n", verbs[i]->name, verbs[i]->summary);
}

static int unknown(const char *word)
{
    const char *names[VERBS + 1] = {NULL};
    const char *near;

    for (size_t i = 0; i < VERBS; i++)
        names[i] = verbs[i]->name;
    near = options_nearest(word, names);
    if (*word == '-')
        cli_say("%s: the verb comes first, as in: parctl run %s ...", word,
                word);
    else if (near)
        cli_say("`%s' is no verb of parctl; did you mean %s?", word, near);
    else
        cli_say("`%s' is no verb of parctl; parctl --help lists them", word);
    return CLI_USAGE;
}

/* What was printed has to have arrived: a full disk is a failure. */
static int finish(int code)
{
    if ((fflush(stdout) || ferror(stdout)) && code == 0) {
        cli_say("standard output cannot be written");
        return CLI_PAR;
    }
    return code;
}

static int run_verb(const struct verb *verb, int argc, char **argv)
{
    struct cli cli = {.verb = verb};
    int code = verb->main(&cli, argc, argv);

    /* -1: --help was asked for, and printed. */
    return finish(code < 0 ? 0 : code);
}

int main(int argc, char **argv)
{
    stdfds_fill();
    log_open("par", LOG_WARN); /* of a private worker */
    setlocale(LC_CTYPE, "");
    if (argc < 2) {
        help();
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        help();
        return finish(0);
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("parctl " PACKAGE_VERSION);
        return finish(0);
    }
    for (size_t i = 0; i < VERBS; i++)
        if (strcmp(verbs[i]->name, argv[1]) == 0)
            return run_verb(verbs[i], argc - 1, argv + 1);
    return unknown(argv[1]);
}
