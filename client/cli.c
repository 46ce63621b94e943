/* cli.c - options that all verbs have, Ctrl-C, opening and closing */
#include "config.h"

#include "cli.h"
#include "handle.h"
#include "ignored.h"
#include "open.h"
#include "watch.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_TIME INT64_C(3600000000000) /* ms: a million hours */

static volatile sig_atomic_t stopped; /* by this signal */
static struct par_client *volatile in_use;

/* ---- words ---- */

/* Without its first line, if that is what was said last. */
static const char *not_twice(const char *output, const char *said)
{
    size_t line = strcspn(output, "\n"), len = strlen(said);

    if (len < line || memcmp(said + len - line, output, line))
        return output;
    return output + line + (output[line] == '\n');
}

int cli_fail(struct cli *cli, const struct par_error *err)
{
    const char *output = cli->client ? par_setup_output(cli->client) : "";
    size_t len;

    if (stopped)
        return CLI_SIGNAL + stopped;
    output = not_twice(output, err->text);
    len = strlen(output);
    cli_say("%s", err->text);
    if (len > 0)
        fprintf(stderr, "%s%s", output, output[len - 1] == '\n' ? "" : "\n");
    return CLI_PAR;
}

/* The first line of what the verb teaches, without the explanation that
 * follows at a distance: how long it is. */
static int example(const struct verb *v, const char **begin)
{
    const char *line = v->teaches + strspn(v->teaches, " ");
    size_t len = strcspn(line, "\n");
    const char *gap = memmem(line, len, "  ", 2);

    *begin = line;
    return (int)(gap ? (size_t)(gap - line) : len);
}

int cli_usage(const struct cli *cli, const char *format, ...)
{
    char text[PAR_ERROR_TEXT];
    const char *begin;
    int len = example(cli->verb, &begin);
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    cli_say("%s", text);
    cli_say("for example: %.*s; all of it: parctl %s --help", len, begin,
            cli->verb->name);
    return cli->verb->bad_usage;
}

static void help(const struct verb *v)
{
    printf("usage: parctl %s [OPTION...]%s%s\n%s\n\n%s\n\n", v->name,
           *v->words ? " " : "", v->words, v->summary, v->teaches);
    options_help(stdout, v->options);
}

/* ---- options ---- */

/* A bad value of an option, said as the user knows that: `-j, --jobs: ...`. */
static int bad_value(const struct cli *cli,
                     const char *option,
                     const struct par_error *err)
{
    const struct option_spec *o = cli->verb->options;
    char letter[8] = "";

    while (o->name && strcmp(o->name, option) != 0)
        o++;
    if (o->name && o->letter)
        snprintf(letter, sizeof letter, "-%c, ", o->letter);
    return cli_usage(cli, "%s--%s", letter, err->text);
}

int cli_time(const struct cli *cli,
             const char *option,
             const char *text,
             int64_t *ms)
{
    struct par_error err;

    if (options_time(option, text, 1, MOST_TIME, ms, &err) == 0)
        return 0;
    return bad_value(cli, option, &err);
}

int cli_int(const struct cli *cli,
            const char *option,
            const char *text,
            int64_t low,
            int64_t high,
            int64_t *out)
{
    struct par_error err;

    if (options_int(option, text, low, high, out, &err) == 0)
        return 0;
    return bad_value(cli, option, &err);
}

/* An option that every verb has.  Returns false for one of the verb's own. */
static bool take_common(struct cli *cli,
                        const char *name,
                        const char *value,
                        int *code)
{
    if (strcmp(name, "broker") == 0) {
        cli->broker = value;
    } else if (strcmp(name, "key") == 0) {
        cli->connect.key = value;
    } else if (strcmp(name, "ticket") == 0) {
        cli->connect.ticket = value;
    } else if (strcmp(name, "connect-timeout") == 0) {
        *code = cli_time(cli, name, value, &cli->connect.connect_timeout);
    } else if (strcmp(name, "private") == 0) {
        cli->connect.private_broker = true;
    } else if (strcmp(name, "json") == 0) {
        cli->json = true;
    } else if (strcmp(name, "help") == 0) {
        help(cli->verb);
        *code = -1;
    } else {
        return false;
    }
    return true;
}

/* A word before an option: put it at the end and go on, so that
 * `trust ENDPOINT KEY --replace` reads as it is meant. */
static bool set_word_aside(struct cli *cli, struct options *o)
{
    int end = o->argc + cli->aside;
    char *word = o->argv[o->at];

    if (cli->verb->options_first || o->at >= o->argc ||
        strcmp(o->argv[o->at - 1], "--") == 0)
        return false;
    memmove(&o->argv[o->at], &o->argv[o->at + 1],
            (size_t)(end - o->at - 1) * sizeof *o->argv);
    o->argv[end - 1] = word;
    o->argc--;
    cli->aside++;
    return true;
}

const char *cli_next(struct cli *cli,
                     struct options *o,
                     const char **value,
                     int *code)
{
    struct par_error err;

    while (*code == 0) {
        int i = options_next(o, value, &err);

        if (i == OPTIONS_END) {
            if (!set_word_aside(cli, o))
                break;
        } else if (i == OPTIONS_BAD)
            *code = cli_usage(cli, "%s", err.text);
        else if (!take_common(cli, o->table[i].name, *value, code))
            return o->table[i].name;
    }
    return NULL;
}

/* ---- Ctrl-C ---- */

/* The first one ends things in order, the second at once: what a private
 * worker runs then dies with us. */
static void on_signal(int number)
{
    if (stopped)
        _exit(CLI_SIGNAL + number);
    stopped = number;
    if (in_use)
        par_interrupt(in_use, true);
}

static void catch_signals(void)
{
    struct sigaction a = {.sa_handler = on_signal};

    if (!signal_is_ignored(SIGINT))
        sigaction(SIGINT, &a, NULL);
    if (!signal_is_ignored(SIGTERM))
        sigaction(SIGTERM, &a, NULL);
}

int cli_stopped(void)
{
    return stopped;
}

void cli_carry_on(struct cli *cli)
{
    par_interrupt(cli->client, false);
}

/* ---- the broker ---- */

static void notice(void *context, const char *text)
{
    (void)context;
    cli_say("%s; waiting", text);
}

int cli_open(struct cli *cli)
{
    struct par_error err;

    cli->connect.no_private_broker =
        !cli->verb->may_be_private && !cli->connect.private_broker;
    cli->client = client_open(cli->broker, &cli->connect, notice, NULL, &err);
    if (!cli->client)
        return cli_fail(cli, &err);
    in_use = cli->client;
    catch_signals();
    if (!par_is_private(cli->client))
        cli->watch = watch_start(cli->client);
    return 0;
}

void cli_close(struct cli *cli)
{
    watch_stop(cli->watch);
    cli->watch = NULL;
    in_use = NULL;
    par_close(cli->client);
    cli->client = NULL;
}
