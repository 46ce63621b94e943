/* cmd_run.c - parctl run: one command, or one call of a function */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "args.h"
#include "cli.h"
#include "cmd.h"
#include "feed.h"
#include "meta.h"
#include "print.h"
#include "spool.h"
#include "wishes.h"

enum {
    ORDERLY = 3000, /* ms that a cancelled job has to end after Ctrl-C */
    UNMET = -2      /* no exit code */
};

struct run_order {
    struct cli *cli;
    struct wishes wishes;
    bool input;
    bool is_command;
    char **words; /* all of them */
    size_t count;
    struct spool output;      /* --json: what a command wrote */
    bool has_written[2];      /* to our stdout, stderr; in this attempt */
    struct par_error trouble; /* with our stdout; code 0: none */
};

static const struct option_spec run_options[] = {
    {'i', "stdin", NULL, "our standard input is the command's"},
    WISHES_OPTIONS,
    {'o', "output", "FILE", NULL}, /* not built yet: said, not misread */
    CLI_PRIVATE_OPTION,
    CLI_JSON_OPTION,
    CLI_BROKER_OPTIONS};

/* A piece of a command's output goes straight to ours. */
static int pass_on(
    void *context, uint64_t job, int stream, const void *data, size_t len)
{
    struct run_order *o = context;

    (void)job;
    if (o->cli->json && stream == STDOUT_FILENO)
        return spool_add(&o->output, data, len, &o->trouble);
    if (len > 0)
        o->has_written[stream - 1] = true;
    return spool_write(stream == 1 ? STDOUT_FILENO : STDERR_FILENO, data, len,
                       &o->trouble);
}

/* It is run again.  What is written cannot be taken back: say so, once. */
static void begin_again(void *context, uint64_t job, int stream)
{
    struct run_order *o = context;

    (void)job;
    if (stream == STDOUT_FILENO)
        spool_clear(&o->output);
    if (!o->has_written[stream - 1])
        return;
    o->has_written[0] = o->has_written[1] = false;
    cli_say("it is run again: the output above is of an attempt that failed");
}

/* Ctrl-C: ask for the end, and wait a little for it. */
static int stop(struct run_order *o, uint64_t job)
{
    struct par_result r;

    cli_carry_on(o->cli);
    if (par_cancel(o->cli->client, job, PAR_AS_THE_JOB_SAYS, NULL) == 0 &&
        par_wait(o->cli->client, job, ORDERLY, &r, NULL) == 0)
        par_result_clear(&r);
    return CLI_SIGNAL + cli_stopped();
}

static int report_json(struct run_order *o, const struct par_result *r)
{
    const char *text = o->output.data;
    bool too_long = o->output.file > 0;
    bool no_value = too_long && r->status == PAR_OK;
    struct par_error err;
    int rc;

    if (too_long)
        cli_say("--json: an output of %llu bytes is too long for one value",
                (unsigned long long)o->output.total);
    if (no_value)
        rc = print_json_ours(1, PRINT_TOO_LONG, r->executed, &err);
    else
        rc = print_json(r, 1, too_long ? NULL : text,
                        too_long ? 0 : o->output.len, &err);
    if (rc == 0)
        rc = spool_flush(&err);
    if (rc)
        cli_say("%s", err.text);
    return rc || no_value ? CLI_PAR : 0;
}

static int report(struct run_order *o, const struct par_result *r)
{
    char why[PAR_ERROR_TEXT];
    struct par_error err;
    bool sentence;
    int code = print_exit_code(r, &sentence);

    if (o->trouble.code != 0) {
        cli_say("%s", o->trouble.text);
        return CLI_PAR;
    }
    if (o->cli->json)
        return report_json(o, r) ? CLI_PAR : code;
    if (sentence)
        cli_say("%s", par_result_error(r, why, sizeof why));
    if (o->is_command)
        print_hint(r, "run", o->words, o->count);
    else
        print_last_words(r);
    if (r->status == PAR_OK &&
        (print_value(r, o->wishes.raw, &err) || spool_flush(&err))) {
        cli_say("%s", err.text);
        return CLI_PAR;
    }
    return code;
}

/* Returns UNMET, all is said, if a probe found no worker that could ever run
 * it. */
static int run_once(struct run_order *o,
                    const struct par_function *function,
                    const struct meta_writer *payload,
                    bool probe)
{
    struct par_client *c = o->cli->client;
    struct par_error err;
    struct par_result r;
    struct feed *feed = NULL;
    uint64_t job;
    int code, trouble;

    if (par_run_raw(c, function, payload->data, payload->len,
                    wishes_options(&o->wishes, c, probe), &job, &err))
        return cli_fail(o->cli, &err);
    if (o->input)
        feed = feed_start(c, job);
    if (par_wait(c, job, PAR_FOREVER, &r, &err) == 0) {
        code = probe && wishes_are_unmet(&r) ? UNMET : report(o, &r);
        if (code == UNMET)
            wishes_tell(&r);
        par_result_clear(&r);
    } else if (err.code == EINTR) {
        code = stop(o, job);
    } else {
        code = cli_fail(o->cli, &err);
    }
    trouble = feed_stop(feed);
    if (trouble == 0)
        return code;
    cli_say("standard input: %s", strerror(trouble));
    return CLI_PAR;
}

static int run(struct run_order *o,
               const struct par_function *function,
               const struct meta_writer *payload)
{
    struct par_client *c = o->cli->client;
    int code;

    o->wishes.options.input = o->input;
    par_on_stream(c, pass_on, o);
    par_on_restart(c, begin_again, o);
    code = run_once(o, function, payload, wishes_probe(&o->wishes, c));
    if (code != UNMET)
        return code;
    cli_carry_on(o->cli); /* the feed's end has stopped what waits */
    if (cli_stopped())
        return CLI_SIGNAL + cli_stopped();
    return run_once(o, function, payload, false);
}

static int run_command(struct run_order *o, char **words, size_t count)
{
    struct meta_writer payload = {0};
    struct par_function function;
    struct par_error err;
    int code;

    if (target_command(o->cli->client, words[0], &o->wishes.files,
                       (const char *const *)o->wishes.env, &function, &err))
        return cli_fail(o->cli, &err);
    meta_put_array(&payload, (uint32_t)count);
    for (size_t i = 0; i < count; i++)
        meta_put_str(&payload, words[i]);
    code = run(o, &function, &payload);
    meta_writer_clear(&payload);
    return code;
}

static int run_function(struct run_order *o,
                        const struct target *t,
                        char **words,
                        size_t count)
{
    struct par_function function;
    struct par_error err;
    struct args args = {0};
    int rc;
    int code = CLI_PAR;

    if (target_function(o->cli->client, t, &o->wishes.files, &function, &err))
        return cli_fail(o->cli, &err);
    args_begin(&args, &function, count);
    rc = 0;
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = args_put(&args, i, words[i],
                      o->wishes.content ? ARGS_FILE : ARGS_WORD, &err);
    if (rc == 0)
        rc = args_check(&args, &err);
    if (rc)
        cli_fail(o->cli, &err);
    else
        code = run(o, &function, &args.payload);
    args_clear(&args);
    return code;
}

static int start(struct run_order *o,
                 char **words,
                 size_t count,
                 bool is_command)
{
    struct target t = {.is_command = true};
    int code;

    if (!is_command && target_parse(&t, words[0]))
        return CLI_PAR;
    if (o->input && !t.is_command)
        code =
            cli_usage(o->cli, "-i is for commands; %s is a function", words[0]);
    else if (o->input && o->wishes.options.attempts > 1)
        code = cli_usage(o->cli, "-i excludes --retries: input that has been "
                                 "read is gone");
    else if (o->wishes.content && t.is_command)
        code = cli_usage(o->cli, "--content is for functions; a command has "
                                 "-i");
    else
        code = cli_open(o->cli);
    o->is_command = t.is_command;
    o->words = words;
    o->count = count;
    if (code == 0)
        code = t.is_command ? run_command(o, words, count)
                            : run_function(o, &t, words + 1, count - 1);
    cli_close(o->cli);
    target_drop(&t);
    return code;
}

static int run_main(struct cli *cli, int argc, char **argv)
{
    struct run_order o = {.cli = cli};
    struct options opts = {.table = run_options, .argc = argc, .argv = argv};
    const char *name, *value;
    int code = 0;

    while ((name = cli_next(cli, &opts, &value, &code))) {
        if (strcmp(name, "stdin") == 0)
            o.input = true;
        else if (strcmp(name, "output") == 0)
            code = cli_usage(cli, "-o: bringing files back is not built yet; "
                                  "let the command print its result");
        else
            code = wishes_take(&o.wishes, cli, name, value);
    }
    if (code == 0 && opts.at == argc)
        code = cli_usage(cli, "what is to be run?");
    if (code == 0)
        code = start(&o, argv + opts.at, (size_t)(argc - opts.at),
                     strcmp(argv[opts.at - 1], "--") == 0);
    spool_clear(&o.output);
    wishes_clear(&o.wishes);
    return code;
}

const struct verb verb_run = {
    .name = "run",
    .words = "FILE:FUNCTION [ARGUMENT...] | [--] COMMAND...",
    .summary = "Run one command, or call one function, and wait for it.",
    .teaches =
        "  parctl run -- make -C src\n"
        "  parctl run primes.c:count 1 1000000     compiled on the worker\n"
        "  parctl run lib.so:resize @photo.jpg     @FILE: what is in the file\n"
        "  parctl run -f ./prog -- ./prog x        elsewhere it needs its "
        "file\n"
        "\n"
        "A first word that is no FILE:FUNCTION or NAME:FUNCTION (parctl setup) "
        "is a\ncommand.  On this host it runs in this directory with this "
        "environment; its\noutput and its exit code are ours.  Without a "
        "broker, a private one is started\nand is gone at the end.\n"
        "\n"
        "Exit code: the command's; 124 too late, 125 Par's fault, 126 not "
        "executable,\n127 not found, 128+N signal N, 130 Ctrl-C; a function: "
        "0, or 1 if it fails.",
    .options = run_options,
    .bad_usage = CLI_PAR,
    .may_be_private = true,
    .options_first = true,
    .main = run_main};
