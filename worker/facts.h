/* facts.h - what a failed run's answer says: the map of P6 */
#ifndef PAR_WORKER_FACTS_H
#define PAR_WORKER_FACTS_H

#include <stdint.h>
#include <sys/types.h>

#include "meta.h"

/* What is known; NULL and 0 are left out. */
struct facts {
    const char *text;
    uint32_t attempt;
    int exit_status; /* as waitpid(2) tells; with has_exit */
    bool has_exit;
    const char *tail; /* the last lines of standard error */
    uint64_t cpu_us;
    uint64_t max_rss_kb;
    const char *worker;
    const char *host;
    pid_t pid;
    const char *phase; /* "started", "not started" */
};

/* Append the map to `out`. */
void facts_write(struct meta_writer *out, const struct facts *f);

/* "exit 2", "signal 11 (Segmentation fault)": how a process ended, in words.
 * Returns `text`. */
const char *facts_of_status(int status, char *text, size_t size);

#endif
