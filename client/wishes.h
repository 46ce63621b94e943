/* wishes.h - the options that run and map share: how and where a job runs */
#ifndef PAR_CLIENT_WISHES_H
#define PAR_CLIENT_WISHES_H

#include "cli.h"
#include "target.h"

enum { WISHES_LABELS = 16, WISHES_ENV = 64 };

struct wishes {
    struct par_run_options options;
    struct par_label labels[WISHES_LABELS + 1];
    struct par_label resources[WISHES_LABELS + 1];
    char *env[WISHES_ENV + 1]; /* "NAME=value", owned */
    size_t env_count;
    struct target_files files;
    bool content; /* inputs name files whose octets they are */
    bool raw;     /* no newline after a value */
    bool told;    /* that no worker is as they want it */
};

#define WISHES_OPTIONS                                                         \
    {0, "content", NULL, "an input names a file: send what is in it"},         \
        {0, "env", "NAME[=VALUE]", "this variable for commands elsewhere"},    \
        {'f', "file", "FILE", "this file goes along (repeatable)"},            \
        {0, "host", "GLOB", "only on hosts of this name"},                     \
        {0, "label", "NAME=VALUE", "only on workers with this label"},         \
        {0, "priority", "N", "higher goes first (0)"},                         \
        {0, "raw", NULL, "no newline after a value"},                          \
        {0, "resource", "NAME=N", "needs so much of it, for itself"},          \
        {0, "retries", "N",                                                    \
         "may be run again so often if its worker dies (0)"},                  \
        {0, "timeout", "TIME", "kill a job that runs longer (never)"},         \
    {                                                                          \
        0, "worker", "NAME", "only on this worker"                             \
    }

/* Take one option.  Returns 0, an exit code (all is said), or -1 if it is none
 * of these. */
int wishes_take(struct wishes *w,
                const struct cli *cli,
                const char *name,
                const char *value);

/* Is this a job that is to fail at once if no worker could ever run it?  So it
 * is until that is told; afterwards jobs wait for such a worker. */
bool wishes_probe(const struct wishes *w, const struct par_client *c);

/* All of them together, for jobs of this client. */
const struct par_run_options *wishes_options(struct wishes *w,
                                             const struct par_client *c,
                                             bool probe);

/* Did a job end because no worker could ever run it? */
bool wishes_are_unmet(const struct par_result *r);

/* Say so, and that we wait. */
void wishes_tell(const struct par_result *r);

void wishes_clear(struct wishes *w);

#endif
