/* cli.h - what the verbs of parctl share: options, words to the user, codes */
#ifndef PAR_CLIENT_CLI_H
#define PAR_CLIENT_CLI_H

#include <stdbool.h>
#include <stdint.h>

#include <par/client.h>

#include "options.h"
#include "say.h"

enum {
    CLI_YES = 0,
    CLI_NO = 1,
    CLI_USAGE = 2,
    CLI_LATE = 124, /* run: it took longer than it may */
    CLI_PAR = 125,  /* our fault, not the job's */
    CLI_NOT_EXECUTABLE = 126,
    CLI_NOT_FOUND = 127,
    CLI_SIGNAL = 128,    /* plus its number */
    CLI_INTERRUPT = 130, /* Ctrl-C */
    CLI_MANY = 101       /* map: more than 100 jobs failed */
};

struct cli {
    const struct verb *verb;
    struct par_options connect;
    const char *broker;
    bool json;
    int aside; /* words that stood before an option, now at argv's end */
    struct par_client *client; /* cli_open() */
    struct watch *watch;
};

struct verb {
    const char *name;
    const char *words;   /* what follows the options, for --help */
    const char *summary; /* one line */
    const char *teaches; /* the rest of --help: examples first */
    const struct option_spec *options;
    int bad_usage; /* its exit code for a wrong command line */
    bool may_be_private;
    bool options_first; /* what follows the first word is not ours to read */
    int (*main)(struct cli *cli, int argc, char **argv);
};

/* The end of each verb's table: options that cli_next() sees to itself. */
#define CLI_BROKER_OPTIONS                                                     \
    {'b', "broker", "ENDPOINT",                                                \
     "the broker: ipc://PATH or tcp://HOST:PORT\n"                             \
     "(else $PAR_BROKER, else the local one)"},                                \
        {0, "key", "FILE", "our key, or its name (else $PAR_KEY, else id)"},   \
        {0, "ticket", "FILE", "broker and key from a ticket"},                 \
        {0, "connect-timeout", "TIME",                                         \
         "give up after this long (10s); a TIME is\n"                          \
         "1.5s, 200ms, 2m or 1h"},                                             \
        CLI_HELP_OPTION
#define CLI_PRIVATE_OPTION                                                     \
    {                                                                          \
        0, "private", NULL, "a broker and worker of our own, gone at the end"  \
    }
#define CLI_JSON_OPTION                                                        \
    {                                                                          \
        0, "json", NULL, "machine-readable: one JSON value a line"             \
    }
#define CLI_HELP_OPTION                                                        \
    {'h', "help", NULL, "this text"},                                          \
    {                                                                          \
        0                                                                      \
    }

/* The name of the next option that is the verb's own, with *value; NULL at the
 * end of options (o->at is the first word), or when *code is set: the verb
 * then returns *code, all is said. */
const char *cli_next(struct cli *cli,
                     struct options *o,
                     const char **value,
                     int *code);

/* Connect, and catch Ctrl-C.  Returns 0, or the exit code: all is said. */
int cli_open(struct cli *cli);
void cli_close(struct cli *cli);

/* Say the error, with all the words of a failed set-up; returns CLI_PAR. */
int cli_fail(struct cli *cli, const struct par_error *err);

/* Say what is wrong with the command line; returns the verb's code for it. */
int cli_usage(const struct cli *cli, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The signal that asked us to stop; 0: none has. */
int cli_stopped(void);

/* What was stopped by Ctrl-C may go on to end in order: calls wait again. */
void cli_carry_on(struct cli *cli);

/* As options_time(), more than 0; says what is wrong. */
int cli_time(const struct cli *cli,
             const char *option,
             const char *text,
             int64_t *ms);

/* A whole number between the bounds; says what is wrong. */
int cli_int(const struct cli *cli,
            const char *option,
            const char *text,
            int64_t low,
            int64_t high,
            int64_t *out);

#endif
