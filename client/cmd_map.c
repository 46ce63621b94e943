/* parctl map: one command line or function for many inputs. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "clock.h"
#include "cmd.h"
#include "handle.h"
#include "progress.h"
#include "wait.h"
#include "work.h"

enum {
    COMMANDS = 1024,  /* items known at once, where -k makes them wait */
    FUNCTIONS = 8192, /* ... */
    TOGETHER = 256,   /* results that are printed together */
    LOOK = 100,       /* ms between two looks at what the feeder did */
    ORDERLY = 3000,   /* ms that jobs have to end after Ctrl-C */
    MOST_TOLD = 100   /* failures that the exit code can count */
};

/* What GNU parallel has and this has not yet: said, not misread. */
#define LATER(letter, name, value)                                             \
    {                                                                          \
        letter, name, value, NULL                                              \
    }

static const struct option_spec map_options[] = {
    {'k', "keep-order", NULL,
     "print in the order of the inputs;\nvalues of functions are, but with -u"},
    {'j', "jobs", "N", "so many at once (as many as there are slots)"},
    {0, "line-buffer", NULL, "print whole lines as they come"},
    {'u', "ungroup", NULL, "print octets as they come"},
    WISHES_OPTIONS,
    CLI_PRIVATE_OPTION,
    CLI_JSON_OPTION,
    LATER('a', "arg-file", "FILE"),
    LATER(0, "bar", NULL),
    LATER(0, "block", "SIZE"),
    LATER(0, "colsep", "EXPRESSION"),
    LATER(0, "delay", "TIME"),
    LATER('d', "delimiter", "TEXT"),
    LATER(0, "dry-run", NULL),
    LATER(0, "eta", NULL),
    LATER(0, "halt", "WHEN"),
    LATER(0, "joblog", "FILE"),
    LATER(0, "link", NULL),
    LATER('L', "max-lines", "N"),
    LATER('n', "max-args", "N"),
    LATER('N', "max-replace-args", "N"),
    LATER('P', "max-procs", "N"),
    LATER('0', "null", NULL),
    LATER(0, "pipe", NULL),
    LATER(0, "progress", NULL),
    LATER('q', "quote", NULL),
    LATER('I', "replace", "TEXT"),
    LATER(0, "results", "DIR"),
    LATER(0, "resume", NULL),
    LATER(0, "shuf", NULL),
    LATER('S', "sshlogin", "HOST"),
    LATER(0, "tag", NULL),
    LATER(0, "tagstring", "TEXT"),
    LATER('t', "verbose", NULL),
    LATER('m', "xargs", NULL),
    CLI_BROKER_OPTIONS};

/* The option of that name, if it is one of those. */
static const struct option_spec *find_later(const char *name)
{
    for (const struct option_spec *s = map_options; s->name; s++)
        if (strcmp(s->name, name) == 0)
            return s->help ? NULL : s;
    return NULL;
}

static int refuse_later(struct cli *cli, const struct option_spec *s)
{
    char letter[8] = "";

    if (s->letter == 'P')
        return cli_usage(cli, "-P, --max-procs: say -j, --jobs");
    if (s->letter)
        snprintf(letter, sizeof letter, "-%c, ", s->letter);
    return cli_usage(cli, "%s--%s of GNU parallel is not built yet", letter,
                     s->name);
}

/* Nothing is under way: wait for the feeder to start something. */
static bool wait_for_start(struct work *w)
{
    struct timespec until;
    bool more;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += LOOK * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    pthread_mutex_lock(&w->lock);
    if (w->in_flight == 0 && list_is_empty(&w->ended) && !w->source_ended)
        pthread_cond_timedwait(&w->changed, &w->lock, &until);
    more = w->in_flight > 0 || !list_is_empty(&w->ended) || !w->source_ended;
    pthread_mutex_unlock(&w->lock);
    return more;
}

static bool is_idle(struct work *w)
{
    bool idle;

    pthread_mutex_lock(&w->lock);
    idle = w->in_flight == 0;
    pthread_mutex_unlock(&w->lock);
    return idle;
}

/* Wait for one result and note it.  Returns 1, 0 if there is none, -1 if the
 * handle is of no use. */
static int take_one(struct work *w, int64_t timeout)
{
    struct par_error err;
    struct par_result r;
    struct item *item;

    if (par_wait_any(w->cli->client, NULL, 0, timeout, &r, &err)) {
        if (err.code == ETIMEDOUT || err.code == ENOENT || err.code == EINTR)
            return 0;
        cli_fail(w->cli, &err);
        return -1;
    }
    item = work_find(w, r.job);
    if (!item) {
        par_result_clear(&r);
        return 0;
    }
    item->result = r;
    work_ended(w, item);
    return 1;
}

/* Is there a result that has come already?  To ask par_wait_any() for one that
 * has not would cost a look at the sockets. */
static bool has_more(struct par_client *c)
{
    bool any;

    pthread_mutex_lock(&c->lock);
    any = client_first_over(&c->group) != NULL;
    pthread_mutex_unlock(&c->lock);
    return any;
}

/* Wait for one, and take what else has come with it. */
static int take_some(struct work *w)
{
    int rc = take_one(w, LOOK);

    for (int i = 1; rc > 0 && i < TOGETHER && has_more(w->cli->client); i++)
        rc = take_one(w, 0);
    return rc < 0 ? -1 : 0;
}

/* Ctrl-C: nothing new, ask for the end of what runs, wait a little. */
static int stop(struct work *w)
{
    uint64_t deadline = clock_ms() + ORDERLY;

    work_end(w);
    cli_carry_on(w->cli);
    for (uint32_t i = 0; i < w->size; i++)
        if (w->items[i].job && !w->items[i].has_ended)
            par_cancel(w->cli->client, w->items[i].job, PAR_AS_THE_JOB_SAYS,
                       NULL);
    while (!is_idle(w) && clock_ms() < deadline && take_one(w, LOOK) >= 0)
        ;
    progress_end();
    return CLI_SIGNAL + cli_stopped();
}

static int exit_code(const struct work *w)
{
    if (w->trouble.code != 0) {
        cli_say("%s", w->trouble.text);
        return CLI_PAR;
    }
    return w->failed > MOST_TOLD ? CLI_MANY : (int)w->failed;
}

static int work_off(struct work *w)
{
    uint64_t count = inputs_count(&w->inputs);

    if (work_feed(w)) {
        cli_say("no thread could be started");
        return CLI_PAR;
    }
    if (w->inputs.file != stdin || !isatty(STDIN_FILENO))
        progress_begin(count); /* else it would be in the way of typing */
    while (wait_for_start(w)) {
        int rc = 0;

        if (cli_stopped())
            return stop(w);
        if (work_print(w))
            break;
        if (w->source_ended)
            progress_total(w->begun);
        if (!is_idle(w))
            rc = take_some(w);
        if (rc || (w->trouble.code != 0 && is_idle(w)))
            break;
    }
    if (cli_stopped())
        return stop(w);
    work_end(w);
    work_print(w);
    progress_end();
    return exit_code(w);
}

static int prepare(struct work *w, const struct target *t, const char *name)
{
    struct par_error err;
    int rc;

    w->is_command = t->is_command;
    rc = t->is_command ? target_command(w->cli->client, name, &w->wishes.files,
                                        (const char *const *)w->wishes.env,
                                        &w->function, &err)
                       : target_function(w->cli->client, t, &w->wishes.files,
                                         &w->function, &err);
    if (rc)
        return cli_fail(w->cli, &err);
    if (work_init(w, t->is_command ? COMMANDS : FUNCTIONS)) {
        cli_say("out of memory");
        return CLI_PAR;
    }
    if (w->at_once == 0)
        w->at_once = w->size;
    par_on_stream(w->cli->client, work_output, w);
    return 0;
}

static int start(struct work *w,
                 const char *const *words,
                 size_t templates,
                 bool is_command)
{
    struct target t = {.is_command = true};
    char name[64] = "";
    int code = 0;
    int rc;

    if (!is_command && target_parse(&t, words[0]))
        return CLI_PAR;
    rc = t.is_command
             ? template_command(&w->template, words, templates)
             : template_arguments(&w->template, words + 1, templates - 1);
    if (w->wishes.content && t.is_command)
        code = cli_usage(w->cli, "--content is for functions; a command has "
                                 "< {}");
    if (rc || code)
        return code ? code : CLI_PAR;
    /* Nothing but its place tells what a value belongs to. */
    if (!t.is_command && !w->by_line && !w->ungrouped && !w->cli->json)
        w->in_order = true;
    snprintf(name, sizeof name, "%.*s", (int)strcspn(words[0], " \t;|&<>"),
             words[0]);
    /* Its own worker has as many slots as are asked for. */
    if (w->at_once > 0)
        w->cli->connect.slots = (int)w->at_once;
    code = cli_open(w->cli);
    if (code == 0)
        code = prepare(w, &t, name);
    if (code == 0)
        code = work_off(w);
    cli_close(w->cli);
    target_drop(&t);
    return code;
}

static int take_option(struct work *w, const char *name, const char *value)
{
    const struct option_spec *later = find_later(name);
    int64_t n;
    int code;

    if (later)
        return refuse_later(w->cli, later);
    if (strcmp(name, "keep-order") == 0) {
        w->in_order = true;
    } else if (strcmp(name, "line-buffer") == 0) {
        w->by_line = true;
    } else if (strcmp(name, "ungroup") == 0) {
        w->ungrouped = true;
    } else if (strcmp(name, "jobs") == 0) {
        if (*value == '+' || *value == '-' || strchr(value, '%'))
            return cli_usage(w->cli,
                             "--jobs `%s': GNU parallel's shares of the CPUs "
                             "are not built yet; a plain number is",
                             value);
        code = cli_int(w->cli, name, value, 1, 1000000, &n);
        if (code)
            return code;
        w->at_once = (uint32_t)n;
    } else {
        return wishes_take(&w->wishes, w->cli, name, value);
    }
    return 0;
}

static int map_main(struct cli *cli, int argc, char **argv)
{
    /* Not on the stack: a feeder that waits for input may outlive us. */
    static struct work w;
    struct options opts = {.table = map_options, .argc = argc, .argv = argv};
    const char *const *words;
    const char *name, *value;
    struct par_error err;
    size_t templates, len;
    int code = 0;

    w.cli = cli;
    while ((name = cli_next(cli, &opts, &value, &code)))
        code = take_option(&w, name, value);
    if (code)
        return code;
    words = (const char *const *)argv + opts.at;
    if (inputs_open(&w.inputs, words, (size_t)(argc - opts.at), &templates,
                    &err))
        return cli_usage(cli, "%s", err.text);
    if (templates == 0)
        return cli_usage(cli, "what is to be run for each input?");
    for (size_t i = 0; i < templates; i++)
        if ((name = template_later(words[i], &len)))
            return cli_usage(cli, "%.*s of GNU parallel is not built yet",
                             (int)len, name);
    if (w.in_order && (w.by_line || w.ungrouped))
        return cli_usage(cli, "-k prints in order, %s as it comes: one of them",
                         w.by_line ? "--line-buffer" : "-u");
    if (!w.inputs.words && isatty(STDIN_FILENO))
        cli_say("reading inputs from the terminal, one a line; end with "
                "Ctrl-D");
    return start(&w, words, templates, strcmp(argv[opts.at - 1], "--") == 0);
}

const struct verb verb_map = {
    .name = "map",
    .words = "TEMPLATE... [::: INPUT... | :::: FILE...]",
    .summary = "Run a command, or a function, once for each input.",
    .teaches =
        "  seq 8 | parctl map -k 'sleep 0.1; echo {}'\n"
        "  parctl map gzip -9 ::: *.log\n"
        "  parctl map --content wordcount.c:count ::: *.txt\n"
        "\n"
        "Inputs come from :::, from the lines of files (::::) or of standard "
        "input.\nPlaces: {} the input, {.} without extension, {/} its last "
        "component, {//} its\nfolder, {/.} last component without extension, "
        "{#} its number; without one the\ninput comes last.  A single word "
        "with shell syntax is run by sh, each value\nquoted for its place; "
        "other templates need no shell.\n"
        "\n"
        "Output is printed job by job.  Failures are told on standard error:\n"
        "par: #17 (input): why.  Exit code: how many failed (101: more than "
        "100),\n125 Par's fault, 130 Ctrl-C.",
    .options = map_options,
    .bad_usage = CLI_PAR,
    .may_be_private = true,
    .options_first = true,
    .main = map_main};
