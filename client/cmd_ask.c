/* cmd_ask.c - parctl status, workers, jobs, ping and cancel */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "cli.h"
#include "cmd.h"
#include "table.h"

static const struct column worker_columns[] = {
    {"name", "NAME", COLUMN_TEXT},
    {"state", "STATE", COLUMN_TEXT},
    {"slots", "SLOTS", COLUMN_NUMBER},
    {"type", "TYPE", COLUMN_TEXT},
    {"running", "RUNNING", COLUMN_NUMBER},
    {"finished", "DONE", COLUMN_NUMBER},
    {"failed", "FAILED", COLUMN_NUMBER},
    {"host", "HOST", COLUMN_TEXT},
    {"pid", "PID", COLUMN_NUMBER},
    {"labels", "LABELS", COLUMN_TEXT},
    {"resources", "RESOURCES", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT}};

static const struct column job_columns[] = {
    {"job", "JOB", COLUMN_NUMBER},
    {"state", "STATE", COLUMN_TEXT},
    {"target", "TARGET", COLUMN_TEXT},
    {"function", "FUNCTION", COLUMN_TEXT},
    {"worker", "WORKER", COLUMN_TEXT},
    {"attempt", "TRY", COLUMN_NUMBER},
    {"priority", "PRIORITY", COLUMN_NUMBER},
    {"age_ms", "AGE", COLUMN_MS},
    {"running_ms", "HELD", COLUMN_MS},
    {"waits_for", "WAITS FOR", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT}};

static const struct column computation_columns[] = {
    {"name", "NAME", COLUMN_TEXT},         {"kind", "KIND", COLUMN_TEXT},
    {"handle", "HANDLE", COLUMN_NUMBER},   {"ready", "WORKERS", COLUMN_NUMBER},
    {"failed", "FAILED", COLUMN_NUMBER},   {"queued", "QUEUED", COLUMN_NUMBER},
    {"running", "RUNNING", COLUMN_NUMBER}, {NULL, NULL, COLUMN_TEXT}};

static const struct column session_columns[] = {
    {"role", "ROLE", COLUMN_TEXT},
    {"name", "NAME", COLUMN_TEXT},
    {"account", "ACCOUNT", COLUMN_TEXT},
    {"agent", "AGENT", COLUMN_TEXT},
    {"address", "ADDRESS", COLUMN_TEXT},
    {"age_ms", "SINCE", COLUMN_MS},
    {NULL, NULL, COLUMN_TEXT}};

static const struct listing {
    const char *what;
    const struct column *columns; /* NULL: pairs */
    const char *empty;
} listings[] = {{"self", NULL, ""},
                {"workers", worker_columns,
                 "no worker is registered (start one with: parworker)"},
                {"jobs", job_columns, "no job waits or runs"},
                {"computations", computation_columns, "nothing is set up"},
                {"sessions", session_columns, "nobody is connected"},
                {NULL, NULL, NULL}};

static const struct option_spec list_options[] = {CLI_JSON_OPTION,
                                                  CLI_BROKER_OPTIONS};

static int print(struct cli *cli,
                 const struct listing *l,
                 const struct meta_writer *bytes)
{
    struct rows rows = rows_read(bytes);
    const uint8_t *row;
    size_t len;

    if (cli->json) {
        if (table_print_json(bytes) == 0)
            return 0;
        cli_say("the broker's answer is no table");
        return CLI_PAR;
    }
    if (!l->columns)
        table_print_pairs(bytes);
    else if (!rows_next(&rows, &row, &len))
        fprintf(stderr, "%s\n", l->empty);
    else
        table_print(bytes, l->columns);
    return 0;
}

static int list(struct cli *cli, const char *what)
{
    const struct listing *l = listings;
    struct meta_writer bytes = {0};
    struct par_error err;
    bool cut = false;
    int code;

    while (strcmp(l->what, what) != 0)
        l++;
    code = cli_open(cli);
    if (code == 0)
        code = client_rows(cli->client, what, &bytes, &cut, &err)
                   ? cli_fail(cli, &err)
                   : print(cli, l, &bytes);
    if (cut)
        cli_say("there are more %s than the broker lists at once", what);
    cli_close(cli);
    meta_writer_clear(&bytes);
    return code;
}

/* Parse the options of a verb that takes no word. */
static int no_words(struct cli *cli, int argc, char **argv)
{
    struct options o = {
        .table = cli->verb->options, .argc = argc, .argv = argv};
    const char *value;
    int code = 0;

    while (cli_next(cli, &o, &value, &code))
        ;
    if (code == 0 && o.at < argc)
        code = cli_usage(cli, "`%s' is one word too many", argv[o.at]);
    return code;
}

static int workers_main(struct cli *cli, int argc, char **argv)
{
    int code = no_words(cli, argc, argv);

    return code ? code : list(cli, "workers");
}

static int jobs_main(struct cli *cli, int argc, char **argv)
{
    int code = no_words(cli, argc, argv);

    return code ? code : list(cli, "jobs");
}

static int status_main(struct cli *cli, int argc, char **argv)
{
    struct options o = {.table = list_options, .argc = argc, .argv = argv};
    const char *what = "self";
    const char *value;
    int code = 0;

    while (cli_next(cli, &o, &value, &code))
        ;
    if (code)
        return code;
    if (o.at < argc)
        what = argv[o.at];
    if (o.at + 1 < argc)
        return cli_usage(cli, "`%s' is one word too many", argv[o.at + 1]);
    for (const struct listing *l = listings; l->what; l++)
        if (strcmp(l->what, what) == 0)
            return list(cli, what);
    return cli_usage(cli,
                     "`%s' is none of self, workers, jobs, computations, "
                     "sessions",
                     what);
}

const struct verb verb_status = {
    .name = "status",
    .words = "[self|workers|jobs|computations|sessions]",
    .summary = "Show what the broker is and does.",
    .teaches = "  parctl status\n  parctl status computations --json",
    .options = list_options,
    .bad_usage = CLI_USAGE,
    .main = status_main};

const struct verb verb_workers = {.name = "workers",
                                  .words = "",
                                  .summary = "List the registered workers.",
                                  .teaches =
                                      "  parctl workers --json | jq .name",
                                  .options = list_options,
                                  .bad_usage = CLI_USAGE,
                                  .main = workers_main};

const struct verb verb_jobs = {
    .name = "jobs",
    .words = "",
    .summary = "List the jobs that wait or run, and what they wait for.",
    .teaches = "  parctl jobs\n  parctl cancel 17        by its number in the "
               "list",
    .options = list_options,
    .bad_usage = CLI_USAGE,
    .main = jobs_main};

/* ---- ping ---- */

static const struct option_spec ping_options[] = {
    {'c', "computation", "NAME", "ask whether this is set up there"},
    {0, "timeout", "TIME", "wait this long for each answer (5s)"},
    CLI_JSON_OPTION,
    CLI_BROKER_OPTIONS};

struct ping {
    struct cli *cli;
    uint32_t handle;
    int64_t timeout;
    bool no; /* somebody did not answer, or has it not */
};

static void ping_one(struct ping *p, const char *worker)
{
    const char *name = worker ? worker : "broker";
    struct par_error err;
    uint64_t us;
    int rc = par_ping(p->cli->client, worker, p->handle, p->timeout, &us, &err);

    if (rc)
        p->no = true;
    if (p->cli->json) {
        struct meta_writer w = {0};

        meta_put_map(&w, 2);
        meta_put_str(&w, "name");
        meta_put_str(&w, name);
        meta_put_str(&w, "ms");
        if (rc == 0)
            meta_put_float(&w, (double)us / 1000);
        else
            meta_put_nil(&w);
        table_print_line(&w);
    } else if (rc == 0) {
        printf("%s: %.3f ms\n", name, (double)us / 1000);
    }
    if (rc)
        cli_say("%s: %s", name, err.text);
}

/* Every worker there is. */
static int ping_workers(struct ping *p)
{
    struct meta_writer bytes = {0};
    struct meta_value name;
    struct par_error err;
    const uint8_t *row;
    struct rows rows;
    char text[128];
    size_t len;

    if (client_rows(p->cli->client, "workers", &bytes, NULL, &err))
        return cli_fail(p->cli, &err);
    rows = rows_read(&bytes);
    while (rows_next(&rows, &row, &len)) {
        if (!meta_find_text(row, len, "name", &name, NULL) ||
            name.kind != META_STR)
            continue;
        snprintf(text, sizeof text, "%.*s", (int)name.len,
                 (const char *)name.data);
        ping_one(p, text);
    }
    meta_writer_clear(&bytes);
    return 0;
}

static int ping_all(struct ping *p, const char *name, char **words)
{
    struct par_error err;
    int code = cli_open(p->cli);

    if (code)
        return code;
    if (name && par_resolve(p->cli->client, name, &p->handle, &err)) {
        cli_fail(p->cli, &err);
        return err.code == PAR_CODE(PAR_UNKNOWN_HANDLE) ? CLI_NO : CLI_PAR;
    }
    if (!*words) {
        ping_one(p, NULL);
        code = ping_workers(p);
    }
    for (; *words; words++)
        ping_one(p, strcmp(*words, "broker") == 0 ? NULL : *words);
    return code ? code : p->no ? CLI_NO : CLI_YES;
}

static int ping_main(struct cli *cli, int argc, char **argv)
{
    struct options o = {.table = ping_options, .argc = argc, .argv = argv};
    struct ping p = {.cli = cli, .timeout = 5000};
    const char *computation = NULL;
    const char *name, *value;
    int code = 0;

    while ((name = cli_next(cli, &o, &value, &code))) {
        if (strcmp(name, "computation") == 0)
            computation = value;
        else
            code = cli_time(cli, name, value, &p.timeout);
    }
    if (code == 0)
        code = ping_all(&p, computation, argv + o.at);
    cli_close(cli);
    return code;
}

const struct verb verb_ping = {
    .name = "ping",
    .words = "[broker | WORKER]...",
    .summary = "Ask the broker and the workers whether they are there.",
    .teaches = "  parctl ping                  all of them, with their times\n"
               "  parctl ping host.1\n"
               "  parctl ping -c primes.c      who has this set up?\n"
               "\n"
               "Exit code: 0, or 1 if one does not answer.",
    .options = ping_options,
    .bad_usage = CLI_USAGE,
    .main = ping_main};

/* ---- cancel ---- */

static const struct option_spec cancel_options[] = {
    {0, "kill", NULL, "at once, whatever the job says"}, CLI_BROKER_OPTIONS};

static int cancel_all(struct cli *cli, char **words, enum par_cancel mode)
{
    struct par_error err;
    int worst = cli_open(cli);

    if (worst)
        return worst;
    for (; *words; words++) {
        int64_t number;

        if (options_int("job", *words, 1, INT64_MAX, &number, &err))
            return cli_usage(cli, "%s", err.text);
        if (par_cancel_job(cli->client, (uint64_t)number, mode, &err) == 0)
            continue;
        cli_say("job %s: %s", *words, err.text);
        if (err.code < PAR_CODE(0))
            return CLI_PAR;
        worst = CLI_NO;
    }
    return worst;
}

static int cancel_main(struct cli *cli, int argc, char **argv)
{
    struct options o = {.table = cancel_options, .argc = argc, .argv = argv};
    enum par_cancel mode = PAR_AS_THE_JOB_SAYS;
    const char *value;
    int code = 0;

    while (cli_next(cli, &o, &value, &code))
        mode = PAR_KILL;
    if (code == 0 && o.at == argc)
        code = cli_usage(cli, "which job? parctl jobs lists them");
    if (code == 0)
        code = cancel_all(cli, argv + o.at, mode);
    cli_close(cli);
    return code;
}

const struct verb verb_cancel = {
    .name = "cancel",
    .words = "JOB...",
    .summary = "End jobs, by their numbers in parctl jobs.",
    .teaches = "  parctl cancel 17 18\n"
               "  parctl cancel --kill 17\n"
               "\n"
               "Exit code: 0, or 1 if there was no such job (any more).",
    .options = cancel_options,
    .bad_usage = CLI_USAGE,
    .main = cancel_main};
