/* main.c - parworker: one worker of this host */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <par/worker.h>

#include "daemon.h"
#include "ignored.h"
#include "log.h"
#include "settings.h"
#include "stdfds.h"
#include "ticket.h"
#include "worker.h"

enum { MANY = 64, MOST_TIME = 500 * 3600 * 1000 /* ms */ };

struct choices {
    struct par_worker_options o;
    const char *brokers[MANY + 1];
    struct par_pair labels[MANY + 1];
    struct par_pair resources[MANY + 1];
    unsigned broker_count, label_count, resource_count;
    int64_t grace;
    bool dump;
};

enum {
    SLOTS,
    NAME,
    BROKER,
    IP_ADDR,
    LABEL,
    RESOURCE,
    IO_SLOTS,
    DEST_PATH,
    MAX_FILE_SIZE,
    KEY,
    TICKET,
    GIVE_UP,
    GRACE,
    DUMP,
    DEBUG,
    VERSION_,
    HELP
};

static const struct option_spec table[] = {
    [SLOTS] = {'c', "slots", "N",
               "jobs at once; 0: a slot per CPU (the default);\n"
               "-N: leave N CPUs free"},
    [NAME] = {'n', "name", "NAME", "default: HOST.1, HOST.2, ..."},
    [BROKER] = {'b', "broker", "ENDPOINT",
                "where the broker is; repeatable: tried in turn\n"
                "(default: $PAR_BROKER, else the local one)"},
    [IP_ADDR] = {'i', "ip-addr", "ADDRESS",
                 "the address of this host to connect from"},
    [LABEL] = {0, "label", "KEY=VALUE", "what jobs may ask for; repeatable"},
    [RESOURCE] = {0, "resource", "NAME=N",
                  "how much there is to share out, or which:\n"
                  "mem=16, gpu=[0,1]; repeatable"},
    [IO_SLOTS] = {0, "io-slots", "N", "jobs of class io at once (256)"},
    [DEST_PATH] = {0, "dest-path", "DIR", "where files of computations go"},
    [MAX_FILE_SIZE] = {0, "max-file-size", "SIZE", "refuse larger files (10m)"},
    [KEY] = {'k', "key", "KEY",
             "a key file, or a name in the configuration folder"},
    [TICKET] = {0, "ticket", "FILE",
                "broker, its key and ours in one file (parctl ticket)"},
    [GIVE_UP] = {0, "give-up", "TIME",
                 "without a broker for so long: clean up, start afresh\n"
                 "(1m; -1: never); a TIME is 1.5s, 200ms, 2m or 1h"},
    [GRACE] = {0, "grace", "TIME",
               "on SIGTERM, wait so long for running jobs (-1: for ever,\n"
               "the default)"},
    [DUMP] = {0, "dump-config", NULL, "print the options in force, and end"},
    [DEBUG] = {'d', "debug", NULL, "say on stderr what happens"},
    [VERSION_] = {0, "version", NULL, "print the version"},
    [HELP] = {'h', "help", NULL, "print this"},
    {0}};

static void help(void)
{
    printf("usage: parworker [OPTION]...\n"
           "\n"
           "Run jobs for a broker, each in a process of its own.  On the "
           "broker's host, for\nthe same user, it needs no option:\n"
           "\n"
           "    parworker                              a slot per CPU\n"
           "    parworker -c 4 --label disk=fast       four, with a label\n"
           "    parworker --ticket b.par               on another host\n"
           "\n");
    options_help(stdout, table);
    printf("\nSIGTERM, SIGINT: finish what runs, give back the rest, end; "
           "twice: kill it.\nSee parworker(8).\n");
}

/* KEY=VALUE, cut in place: argv is ours. */
static int take_pair(int which,
                     const char *value,
                     struct par_pair *pairs,
                     unsigned *count,
                     struct par_error *err)
{
    const struct option_spec *o = &table[which];
    char *equals = strchr(value, '=');

    if (!equals || equals == value)
        return par_fail(err, EINVAL, "--%s: `%s' is not of the form %s",
                        o->name, value, o->value);
    if (*count == MANY)
        return par_fail(err, EINVAL, "--%s: %d are enough", o->name, MANY);
    *equals = '\0';
    pairs[(*count)++] = (struct par_pair){value, equals + 1};
    return 0;
}

static int take_number(const char *option,
                       const char *value,
                       int64_t low,
                       int64_t high,
                       int *out,
                       struct par_error *err)
{
    int64_t v = 0;
    int rc = options_int(option, value, low, high, &v, err);

    if (!rc)
        *out = (int)v;
    return rc;
}

static int take_give_up(const char *value, int *ms, struct par_error *err)
{
    int64_t v = 0;

    if (options_time("--give-up", value, -1, MOST_TIME, &v, err))
        return -1;
    if (v == 0) /* the library's word for the default */
        return par_fail(err, EINVAL,
                        "--give-up: some time is needed, or -1: never");
    *ms = (int)v;
    return 0;
}

static int take_option(void *choices,
                       int which,
                       const char *value,
                       struct par_error *err)
{
    struct choices *c = choices;

    switch (which) {
    case SLOTS:
        return take_number("--slots", value, -4096, 4096, &c->o.slots, err);
    case NAME:
        c->o.name = value;
        return 0;
    case BROKER:
        if (c->broker_count == MANY)
            return par_fail(err, EINVAL, "--broker: %d are enough", MANY);
        c->brokers[c->broker_count++] = value;
        c->o.brokers = c->brokers;
        return 0;
    case IP_ADDR:
        c->o.source_ip = value;
        return 0;
    case LABEL:
        c->o.labels = c->labels;
        return take_pair(which, value, c->labels, &c->label_count, err);
    case RESOURCE:
        c->o.resources = c->resources;
        return take_pair(which, value, c->resources, &c->resource_count, err);
    case IO_SLOTS:
        return take_number("--io-slots", value, 1, 4096, &c->o.io_slots, err);
    case DEST_PATH:
        c->o.dest_path = value;
        return 0;
    case MAX_FILE_SIZE:
        return options_size("--max-file-size", value, &c->o.max_file_size, err);
    case KEY:
        c->o.key = value;
        return 0;
    case TICKET:
        c->o.ticket = value;
        return 0;
    case GIVE_UP:
        return take_give_up(value, &c->o.give_up_ms, err);
    case GRACE:
        return options_time("--grace", value, -1, MOST_TIME, &c->grace, err);
    case DUMP:
        c->dump = true;
        return 0;
    default:
        c->o.debug = true;
        return 0;
    }
}

static const struct daemon parworker = {"parworker", table, help, take_option};

/* What is wrong with the options is told before anything is begun. */
static int check_options(const struct choices *c, struct par_error *err)
{
    struct settings *s = settings_create(&c->o, err);
    struct ticket ticket = {0};
    int result = s ? 0 : -1;

    settings_destroy(s);
    if (result == 0 && c->o.ticket) {
        result = ticket_load(c->o.ticket, &ticket, err);
        ticket_clear(&ticket);
    }
    return result;
}

/* What would be in force, as a command line would say it. */
static int dump(const struct choices *c)
{
    char give_up[OPTIONS_TIME_TEXT], patience[OPTIONS_TIME_TEXT];

    options_time_text(give_up, c->o.give_up_ms ? c->o.give_up_ms : 60000);
    options_time_text(patience, c->grace);
    printf("--slots %d\n--io-slots %d\n--max-file-size %llu\n--give-up %s\n"
           "--grace %s\n",
           c->o.slots, c->o.io_slots ? c->o.io_slots : 256,
           (unsigned long long)(c->o.max_file_size ? c->o.max_file_size
                                                   : 10 << 20),
           give_up, patience);
    for (unsigned i = 0; i < c->broker_count; i++)
        printf("--broker %s\n", c->brokers[i]);
    for (unsigned i = 0; i < c->label_count; i++)
        printf("--label %s=%s\n", c->labels[i].name, c->labels[i].value);
    for (unsigned i = 0; i < c->resource_count; i++)
        printf("--resource %s=%s\n", c->resources[i].name,
               c->resources[i].value);
    if (c->o.name)
        printf("--name %s\n", c->o.name);
    if (c->o.source_ip)
        printf("--ip-addr %s\n", c->o.source_ip);
    if (c->o.dest_path)
        printf("--dest-path %s\n", c->o.dest_path);
    if (c->o.key)
        printf("--key %s\n", c->o.key);
    if (c->o.ticket)
        printf("--ticket %s\n", c->o.ticket);
    if (c->o.debug)
        printf("--debug\n");
    return 0;
}

/* ---- the process ---- */

static struct par_worker *worker; /* for the handler alone */
static int64_t grace;             /* ms */
static timer_t grace_timer;       /* a handler may set it, but not make it */

static int make_grace_timer(struct par_error *err)
{
    if (grace > 0 && timer_create(CLOCK_MONOTONIC, NULL, &grace_timer))
        return par_fail(err, errno, "timer: %s", strerror(errno));
    return 0;
}

static void begin_grace(void)
{
    struct itimerspec once = {.it_value = {.tv_sec = grace / 1000,
                                           .tv_nsec = grace % 1000 * 1000000}};

    timer_settime(grace_timer, 0, &once, NULL);
}

/* The first one drains, and begins the grace; its end, or a second one,
 * kills. */
static void on_signal(int sig)
{
    if (sig != SIGALRM && grace > 0)
        begin_grace();
    if (sig == SIGALRM || grace == 0)
        par_worker_stop(worker);
    par_worker_stop(worker);
}

static void announce(const char *name, unsigned slots)
{
    printf("%u slot%s ready as %s\n", slots, slots == 1 ? "" : "s", name);
    fflush(stdout);
}

static void catch_signals(void)
{
    struct sigaction act = {.sa_handler = on_signal};

    sigaction(SIGTERM, &act, NULL);
    if (!signal_is_ignored(SIGINT))
        sigaction(SIGINT, &act, NULL);
    sigaction(SIGALRM, &act, NULL);
}

/* There is no worker any more that they could stop. */
static void ignore_signals(void)
{
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGALRM, SIG_IGN);
}

int main(int argc, char **argv)
{
    struct choices c = {.o.name = getenv("PAR_NAME"), .grace = -1};
    struct par_error err = {0};
    int code;

    stdfds_fill();
    code = daemon_options(&parworker, &c, argc, argv);
    if (code >= 0)
        return code;
    if (check_options(&c, &err))
        return daemon_fail(&parworker, DAEMON_USAGE, &err);
    if (c.dump)
        return dump(&c);
    grace = c.grace;
    log_open("parworker", LOG_WARN);
    daemon_harden();
    daemon_seed();
    signal(SIGHUP, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file too large is an error, not our end */
    if (make_grace_timer(&err) == 0)
        worker = par_worker_open(&c.o, &err);
    if (!worker)
        return daemon_fail(&parworker, DAEMON_TROUBLE, &err);
    daemon_raise_files(); /* what parspawn starts keeps the limit we had */
    worker_on_ready(worker, announce);
    catch_signals();
    code = par_worker_run(worker, &err);
    ignore_signals();
    par_worker_close(worker);
    return code ? daemon_fail(&parworker, DAEMON_TROUBLE, &err) : 0;
}
