/* cmd_map.c - parctl map: one command line or function for many inputs */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "cmd.h"
#include "places.h"
#include "work.h"

enum {
    COMMANDS = 1024,  /* items known at once, where -k makes them wait */
    FUNCTIONS = 8192, /* ... */
    PRIVATE_SLOTS = 4096
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
    {0, "line-buffer", NULL,
     "print whole lines as they come (not with --json)"},
    {'u', "ungroup", NULL, "print octets as they come (not with --json)"},
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

/* Connect, and set up what is to be run. */
static int prepare(struct work *w)
{
    struct par_error err;
    int code;

    /* Its own worker has as many slots as are asked for. */
    if (w->at_once > 0)
        w->cli->connect.slots =
            w->at_once > PRIVATE_SLOTS ? 1 : (int)w->at_once;
    code = cli_open(w->cli);
    if (code)
        return code;
    if (w->at_once > PRIVATE_SLOTS && par_is_private(w->cli->client))
        return cli_usage(w->cli,
                         "-j, --jobs: %u is out of range; without a broker, "
                         "from 1 to %d is allowed",
                         w->at_once, PRIVATE_SLOTS);
    if (w->at_once == 0)
        w->at_once = w->size;
    return work_set_up(w, &err) ? cli_fail(w->cli, &err) : 0;
}

static int start(struct work *w,
                 const char *const *words,
                 size_t templates,
                 bool is_command)
{
    struct target *t = &w->target;
    uint32_t window;
    int code;

    t->is_command = true;
    if (!is_command && target_parse(t, words[0]))
        return CLI_PAR;
    if (w->wishes.content && t->is_command)
        return cli_usage(w->cli, "--content is for functions; a command has "
                                 "< {}");
    if (t->is_command
            ? template_command(&w->template, words, templates)
            : template_arguments(&w->template, words + 1, templates - 1)) {
        if (errno == EINVAL)
            return cli_usage(w->cli,
                             "an input cannot stand in a here-document whose "
                             "end is quoted: the shell fills in nothing there");
        cli_say("out of memory");
        return CLI_PAR;
    }
    /* Nothing but its place tells what a value belongs to. */
    if (!t->is_command && !w->by_line && !w->ungrouped && !w->cli->json)
        w->in_order = true;
    snprintf(w->name, sizeof w->name, "%.*s",
             (int)strcspn(words[0], " \t;|&<>"), words[0]);
    window = t->is_command ? COMMANDS : FUNCTIONS;
    if (work_init(w, w->at_once > window ? w->at_once : window)) {
        cli_say("out of memory");
        return CLI_PAR;
    }
    code = prepare(w);
    if (code == 0)
        code = work_off(w);
    cli_close(w->cli);
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

/* What is printed as it comes has no order, and is in no value of JSON. */
static int check_output(const struct work *w)
{
    const char *as_it_comes = w->by_line     ? "--line-buffer"
                              : w->ungrouped ? "-u"
                                             : NULL;

    if (as_it_comes && w->in_order)
        return cli_usage(w->cli,
                         "-k prints in order, %s as it comes: one of them",
                         as_it_comes);
    if (as_it_comes && w->cli->json)
        return cli_usage(w->cli,
                         "--json prints a line for each job, %s what it writes "
                         "as it comes: one of them",
                         as_it_comes);
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
        return cli_usage(cli, "what is to be run for each input?  (If they are "
                              "command lines: sh -c)");
    for (size_t i = 0; i < templates; i++)
        if ((name = place_later(words[i], &len)))
            return cli_usage(cli, "%.*s of GNU parallel is not built yet",
                             (int)len, name);
    code = check_output(&w);
    if (code)
        return code;
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
        "with shell syntax is run by sh, which gets\neach value as a variable; "
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
