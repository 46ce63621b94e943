/* cmd_setup.c - parctl setup and close: computations that stay */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "cli.h"
#include "cmd.h"
#include "computation.h"
#include "table.h"
#include "target.h"

enum { CALL_ARGS = 32 };

/* A function to be called at set-up or closing, with the words that are its
 * arguments. */
struct call {
    const char *function;
    char **words;
    size_t count;
    struct args args;
    struct par_value values[CALL_ARGS];
};

/* The words as the function's signature wants them. */
static int prepare_call(struct call *call,
                        struct par_client *c,
                        uint32_t handle,
                        struct par_error *err)
{
    struct par_function function;
    struct meta_reader r;
    struct meta_value v;

    if (par_function(c, handle, call->function, &function, err))
        return -1;
    if (call->count > CALL_ARGS)
        return par_fail(err, E2BIG, "%s: more than %d arguments",
                        call->function, CALL_ARGS);
    args_begin(&call->args, &function, call->count);
    for (size_t i = 0; i < call->count; i++)
        if (args_put(&call->args, i, call->words[i], ARGS_WORD, err))
            return -1;
    if (args_check(&call->args, err))
        return -1;
    r = meta_read(call->args.payload.data, call->args.payload.len);
    meta_next(&r, &v);
    for (size_t i = 0; i < call->count; i++) {
        const uint8_t *raw;
        size_t len;

        meta_skip(&r, &raw, &len);
        call->values[i] = par_value_raw(raw, len);
    }
    return 0;
}

/* ---- setup ---- */

static const struct option_spec setup_options[] = {
    {'n', "name", "NAME", "call it so (its file's name)"},
    {'f', "file", "FILE", "this file goes along (repeatable)"},
    {0, "call", "FUNCTION",
     "then call this on each host; words after FILE\n"
     "are its arguments"},
    {0, "where", "NAME", "only on this worker or host"},
    {0, "wait", "N", "until so many workers are ready (1)"},
    {0, "timeout", "TIME", "give up after this long (when the broker does)"},
    {0, "keep-files", NULL, "leave its files when it is closed"},
    CLI_JSON_OPTION,
    CLI_BROKER_OPTIONS};

struct setup_order {
    struct par_setup setup;
    struct target_files files;
    struct call call;
};

static int take_setup_option(struct cli *cli,
                             struct setup_order *o,
                             const char *name,
                             const char *value)
{
    struct par_error err;
    int64_t n;
    int code = 0;

    if (strcmp(name, "name") == 0)
        o->setup.name = value;
    else if (strcmp(name, "call") == 0)
        o->call.function = value;
    else if (strcmp(name, "where") == 0)
        o->setup.where = value;
    else if (strcmp(name, "keep-files") == 0)
        o->setup.keep_files = true;
    else if (strcmp(name, "timeout") == 0)
        code = cli_time(cli, name, value, &o->setup.timeout);
    else if (strcmp(name, "wait") == 0) {
        code = cli_int(cli, name, value, 1, 100000, &n);
        if (code == 0)
            o->setup.wait = (unsigned)n;
    } else if (target_add_file(&o->files, value, &err)) {
        code = cli_usage(cli, "%s", err.text);
    }
    return code;
}

/* What may now be run, a line each. */
static void print_functions(struct cli *cli, uint32_t handle)
{
    const struct computation *k = client_computation(cli->client, handle);

    for (size_t i = 0; i < k->function_count; i++) {
        const struct function_entry *f = &k->functions[i];

        if (cli->json) {
            struct meta_writer w = {0};

            meta_put_map(&w, 3);
            meta_put_str(&w, "name");
            meta_put_str(&w, k->name);
            meta_put_str(&w, "function");
            meta_put_str(&w, f->name);
            meta_put_str(&w, "signature");
            meta_put_str(&w, f->signature.text);
            table_print_line(&w);
        } else {
            printf("%s:%s %s\n", k->name, f->name, f->signature.text);
        }
    }
}

static int set_up(struct cli *cli, struct setup_order *o, struct par_error *err)
{
    uint32_t handle;

    if (par_setup(cli->client, &o->setup, &handle, err))
        return -1;
    if (o->call.function) {
        /* Its signature is known only now; setting up again moves nothing. */
        if (prepare_call(&o->call, cli->client, handle, err))
            return -1;
        o->setup.function = o->call.function;
        o->setup.args = o->call.values;
        o->setup.arg_count = o->call.count;
        if (par_setup(cli->client, &o->setup, &handle, err))
            return -1;
    }
    print_functions(cli, handle);
    return 0;
}

/* FILE becomes the first of the files. */
static int take_file(struct cli *cli,
                     struct setup_order *o,
                     const char *file,
                     struct par_error *err)
{
    const char *slash = strrchr(file, '/');

    if (o->files.count == TARGET_FILES)
        return par_fail(err, E2BIG, "more than %d files", TARGET_FILES);
    o->setup.kind = target_kind(file, err);
    if (!o->setup.kind)
        return -1;
    memmove(o->files.all + 1, o->files.all,
            o->files.count * sizeof *o->files.all);
    o->files.all[0] = (struct par_file){slash ? slash + 1 : file, file};
    o->files.count++;
    o->setup.files = o->files.all;
    o->setup.account = true;
    (void)cli;
    return 0;
}

static int setup_main(struct cli *cli, int argc, char **argv)
{
    static struct setup_order o; /* large */
    struct options opts = {.table = setup_options, .argc = argc, .argv = argv};
    const char *name, *value;
    struct par_error err;
    int code = 0;

    while ((name = cli_next(cli, &opts, &value, &code)))
        code = take_setup_option(cli, &o, name, value);
    if (code == 0 && opts.at == argc)
        code = cli_usage(cli, "which file is to be set up?");
    if (code == 0 && opts.at + 1 < argc && !o.call.function)
        code = cli_usage(cli,
                         "`%s' is one word too many (other files go "
                         "along with -f)",
                         argv[opts.at + 1]);
    if (code)
        return code;
    o.call.words = argv + opts.at + 1;
    o.call.count = (size_t)(argc - opts.at - 1);
    if (take_file(cli, &o, argv[opts.at], &err))
        return cli_fail(cli, &err);
    code = cli_open(cli);
    if (code == 0 && set_up(cli, &o, &err)) {
        if (err.code == ETIMEDOUT && o.setup.wait > 1)
            par_fail(&err, ETIMEDOUT,
                     "%s is not ready on %u workers in time; parctl status "
                     "computations tells on how many it is",
                     argv[opts.at], o.setup.wait);
        code = cli_fail(cli, &err);
    }
    cli_close(cli);
    args_clear(&o.call.args);
    return code;
}

const struct verb verb_setup = {
    .name = "setup",
    .words = "FILE [ARGUMENT...]",
    .summary = "Send C source or a shared object, once, to be run many times.",
    .teaches = "  parctl setup primes.c\n"
               "  parctl run primes.c:count 1 1000000\n"
               "  parctl close primes.c\n"
               "\n"
               "It stays until it is closed, for every session of this "
               "account; the functions\nthat may be run are printed, a line "
               "each.",
    .options = setup_options,
    .bad_usage = CLI_USAGE,
    .main = setup_main};

/* ---- close ---- */

static const struct option_spec close_options[] = {
    {0, "call", "FUNCTION",
     "call this on each host before; words after NAME\n"
     "are its arguments"},
    {0, "where", "NAME", "call it only on this worker or host"},
    {0, "terminate", NULL, "kill what runs, cancel what waits"},
    {0, "timeout", "TIME", "terminate after this long (never)"},
    CLI_BROKER_OPTIONS};

static int close_it(struct cli *cli,
                    const char *name,
                    struct par_teardown *how,
                    struct call *call)
{
    struct par_error err;
    uint32_t handle;

    if (par_resolve(cli->client, name, &handle, &err)) {
        cli_fail(cli, &err);
        return err.code == PAR_CODE(PAR_UNKNOWN_HANDLE) ? CLI_NO : CLI_PAR;
    }
    if (call->function) {
        if (prepare_call(call, cli->client, handle, &err))
            return cli_fail(cli, &err);
        how->function = call->function;
        how->args = call->values;
        how->arg_count = call->count;
    }
    return par_teardown(cli->client, handle, how, &err) ? cli_fail(cli, &err)
                                                        : 0;
}

static int close_main(struct cli *cli, int argc, char **argv)
{
    struct options opts = {.table = close_options, .argc = argc, .argv = argv};
    struct par_teardown how = {0};
    struct call call = {0};
    const char *name, *value;
    int code = 0;

    while ((name = cli_next(cli, &opts, &value, &code))) {
        if (strcmp(name, "call") == 0)
            call.function = value;
        else if (strcmp(name, "where") == 0)
            how.where = value;
        else if (strcmp(name, "terminate") == 0)
            how.terminate = true;
        else
            code = cli_time(cli, name, value, &how.timeout);
    }
    if (code == 0 && opts.at == argc)
        code = cli_usage(cli, "which computation? parctl status computations "
                              "lists them");
    if (code == 0 && opts.at + 1 < argc && !call.function)
        code = cli_usage(cli, "`%s' is one word too many", argv[opts.at + 1]);
    if (code)
        return code;
    call.words = argv + opts.at + 1;
    call.count = (size_t)(argc - opts.at - 1);
    code = cli_open(cli);
    if (code == 0)
        code = close_it(cli, argv[opts.at], &how, &call);
    cli_close(cli);
    args_clear(&call.args);
    return code;
}

const struct verb verb_close = {
    .name = "close",
    .words = "NAME [ARGUMENT...]",
    .summary = "Take down what parctl setup has set up.",
    .teaches = "  parctl close primes.c\n"
               "  parctl close --terminate --timeout 5 primes.c\n"
               "\n"
               "Running jobs finish first; then its closing functions run and "
               "its files go.\nExit code: 0, or 1 if there was none of that "
               "name.",
    .options = close_options,
    .bad_usage = CLI_USAGE,
    .main = close_main};
