/* cmd_ticket.c - parctl ticket: one file that lets a second host in */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "cli.h"
#include "cmd.h"
#include "keys.h"
#include "link.h"
#include "place.h"
#include "spool.h"
#include "textfile.h"
#include "ticket.h"

static const struct option_spec ticket_options[] = {
    {'r', "role", "ROLES",
     "client, worker (default), admin, or several:\n"
     "client,worker"},
    {'e', "endpoint", "ENDPOINT",
     "where the broker is (repeatable; else the\n"
     "running broker is asked)"},
    {0, "account", "NAME", "whose jobs it runs (NAME)"},
    CLI_BROKER_OPTIONS};

struct order {
    struct cli *cli;
    struct ticket ticket;
    struct authorized_entry entry;
};

/* ---- where the broker is ---- */

static int add_endpoints(struct order *o,
                         const char *field,
                         const uint8_t *row,
                         size_t len,
                         struct par_error *err)
{
    struct meta_value list, v;
    struct meta_reader r;
    char endpoint[LINK_ENDPOINT];

    if (!meta_find_text(row, len, field, &list, &r) || list.kind != META_ARRAY)
        return 0;
    for (size_t i = 0; i < list.len && meta_next(&r, &v); i++) {
        if (v.kind != META_STR || v.len >= sizeof endpoint)
            continue;
        memcpy(endpoint, v.data, v.len);
        endpoint[v.len] = '\0';
        if (link_endpoint_ok(endpoint, false, NULL) &&
            link_endpoint_transport(endpoint) == LINK_TCP &&
            ticket_add_broker(&o->ticket, endpoint, err))
            return -1;
    }
    return 0;
}

/* Where it says that others reach it; else it listens for this host alone. */
static int add_reachable(struct order *o,
                         const uint8_t *row,
                         size_t len,
                         struct par_error *err)
{
    if (add_endpoints(o, "advertise", row, len, err))
        return -1;
    return o->ticket.brokers[0] ? 0
                                : add_endpoints(o, "endpoints", row, len, err);
}

static int ask_broker(struct order *o, struct par_error *err)
{
    struct meta_writer bytes = {0};
    struct rows rows;
    const uint8_t *row;
    size_t len;
    int rc = client_rows(o->cli->client, "self", &bytes, NULL, err);

    rows = rows_read(&bytes);
    if (rc == 0 && rows_next(&rows, &row, &len))
        rc = add_reachable(o, row, len, err);
    meta_writer_clear(&bytes);
    if (rc == 0 && !o->ticket.brokers[0])
        return par_fail(err, ENOENT,
                        "the broker listens on no other host's behalf; start "
                        "it with --listen tcp://0.0.0.0:%d, or say --endpoint "
                        "tcp://HOST:PORT",
                        WIRE_PORT);
    return rc;
}

/* A ticket that leads nowhere from the host that it is for. */
static void warn_if_local(const struct ticket *t)
{
    static const char *const local[] = {"tcp://127.",
                                        "tcp://localhost:", "tcp://[::1]:"};

    for (size_t i = 0; t->brokers[i]; i++) {
        bool is_local = false;

        for (size_t j = 0; j < sizeof local / sizeof *local; j++)
            is_local = is_local ||
                       strncmp(t->brokers[i], local[j], strlen(local[j])) == 0;
        if (!is_local)
            return;
    }
    cli_say("%s is reached from this host only; for another: parbroker "
            "--listen tcp://0.0.0.0:%d, or --endpoint tcp://HOST:PORT here",
            t->brokers[0], WIRE_PORT);
}

static int read_broker_key(struct order *o, struct par_error *err)
{
    char dir[PLACE_PATH];
    char path[PLACE_PATH + sizeof "/broker.key"];
    struct key_pair pair;

    if (place_config_dir(dir, sizeof dir, err))
        return -1;
    snprintf(path, sizeof path, "%s/broker.key", dir);
    if (keys_load(path, &pair, err)) {
        if (err->code == ENOENT)
            par_fail(err, ENOENT,
                     "%s: not there; a ticket is made where the broker runs, "
                     "after its first start (parbroker --listen "
                     "tcp://0.0.0.0:%d)",
                     path, WIRE_PORT);
        return -1;
    }
    memcpy(o->ticket.broker_key, pair.public_key, KEY_SIZE);
    keys_wipe(&pair);
    return 0;
}

/* ---- who may come in ---- */

static int authorize(struct order *o, const char *path, struct par_error *err)
{
    const struct authorized_entry *e;
    struct authorized *list = authorized_load(path, err);

    if (!list)
        return -1;
    for (size_t i = 0; (e = authorized_at(list, i)); i++)
        if (strcmp(e->name, o->entry.name) == 0)
            break;
    authorized_destroy(list);
    if (e)
        return par_fail(err, EEXIST,
                        "%s may come in already; for another ticket first: "
                        "parctl revoke %s",
                        o->entry.name, o->entry.name);
    memcpy(o->entry.key, o->ticket.pair.public_key, KEY_SIZE);
    return authorized_add(path, &o->entry, err);
}

static int print_ticket(const struct ticket *t, struct par_error *err)
{
    char *text = ticket_text(t);
    int rc;

    if (!text)
        return par_fail(err, ENOMEM, "out of memory");
    rc = spool_write(STDOUT_FILENO, text, strlen(text), err);
    explicit_bzero(text, strlen(text));
    free(text);
    return rc;
}

/* A key that nobody has got is not let in. */
static int issue(struct order *o, struct par_error *err)
{
    char dir[PLACE_PATH];
    char path[PLACE_PATH + sizeof "/authorized"];
    char key[KEY_TEXT];

    if (place_config_dir(dir, sizeof dir, err))
        return -1;
    snprintf(path, sizeof path, "%s/authorized", dir);
    if (keys_make(&o->ticket.pair, o->entry.name, err) ||
        authorize(o, path, err))
        return -1;
    signal(SIGPIPE, SIG_IGN);
    if (print_ticket(&o->ticket, err) == 0)
        return 0;
    key_text(o->entry.key, key);
    authorized_remove(path, key, NULL);
    return -1;
}

/* A shell's `>b.par` has made the file, for others to read by its umask. */
static int check_output(void)
{
    struct par_error err;

    if (textfile_make_private(STDOUT_FILENO, &err) == 0)
        return 0;
    cli_say("a ticket is secret, and the file that it is to go to is not: %s; "
            "name a new file of your own",
            err.text);
    return CLI_PAR;
}

static int make(struct order *o)
{
    struct par_error err;
    int code = check_output();

    if (code == 0 && !o->ticket.brokers[0]) {
        code = cli_open(o->cli);
        if (code == 0 && ask_broker(o, &err))
            code = cli_fail(o->cli, &err);
        cli_close(o->cli);
    }
    if (code)
        return code;
    roles_text(o->entry.roles, o->ticket.role, sizeof o->ticket.role);
    if (read_broker_key(o, &err) || issue(o, &err)) {
        cli_say("%s", err.text);
        return err.code == EEXIST ? CLI_NO : CLI_PAR;
    }
    warn_if_local(&o->ticket);
    return 0;
}

static int take_option(struct order *o, const char *name, const char *value)
{
    struct par_error err;

    if (strcmp(name, "role") == 0) {
        o->entry.roles = roles_parse(value);
        if (!o->entry.roles)
            return cli_usage(o->cli,
                             "--role `%s': client, worker, admin, or "
                             "several with commas",
                             value);
    } else if (strcmp(name, "account") == 0) {
        if (!key_name_ok(value))
            return cli_usage(o->cli, "--account `%s' is no name", value);
        snprintf(o->entry.account, sizeof o->entry.account, "%s", value);
    } else if (ticket_add_broker(&o->ticket, value, &err)) {
        return cli_usage(o->cli, "--endpoint %s", err.text);
    }
    return 0;
}

static int ticket_main(struct cli *cli, int argc, char **argv)
{
    struct options opts = {.table = ticket_options, .argc = argc, .argv = argv};
    struct order o = {.cli = cli, .entry = {.roles = ROLE_WORKER}};
    const char *name, *value;
    int code = 0;

    while ((name = cli_next(cli, &opts, &value, &code)))
        code = take_option(&o, name, value);
    if (code == 0 && argc - opts.at != 1)
        code = cli_usage(cli, "one name is wanted: whom is it for?");
    if (code == 0 && !key_name_ok(argv[opts.at]))
        code = cli_usage(cli,
                         "`%s' is no name: letters, digits and . _ @ + - "
                         "are",
                         argv[opts.at]);
    if (code == 0) {
        snprintf(o.entry.name, sizeof o.entry.name, "%s", argv[opts.at]);
        if (!o.entry.account[0])
            snprintf(o.entry.account, sizeof o.entry.account, "%s",
                     o.entry.name);
        code = make(&o);
    }
    ticket_clear(&o.ticket);
    return code;
}

const struct verb verb_ticket = {
    .name = "ticket",
    .words = "[--role ROLES] NAME",
    .summary = "Make one file with which a second host comes in.",
    .teaches = "  parctl ticket hostb --role worker >b.par\n"
               "\n"
               "and there, once the file has been copied in secret:\n"
               "\n"
               "  parworker --ticket b.par\n"
               "\n"
               "It holds a new key, which is let in from now on (parctl revoke "
               "hostb ends that),\nthe broker's key and where it listens.",
    .options = ticket_options,
    .bad_usage = CLI_USAGE,
    .main = ticket_main};
