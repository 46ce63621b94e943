/* spawner.h - the nanny's side of parspawn: processes that cannot outlive us
 *
 * The nanny never forks.  It starts parspawn once, and asks it for a keeper
 * per slot: a tiny process that is the subreaper of whatever it is told to
 * start, so that a whole tree (children that left their group, grandchildren
 * that daemonised) can be killed to the last, and its end be known exactly.
 * If the nanny dies, however it dies, every socket here reaches end of file:
 * keepers kill what they hold and parspawn removes the run directory.
 *
 * Requests do not wait for answers; poll keeper_fd() and read keeper_next().
 */
#ifndef PAR_WORKER_SPAWNER_H
#define PAR_WORKER_SPAWNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <par/error.h>

#include "order.h"

struct spawner;

/* Start `program` (parspawn); takes about a millisecond.  It removes `run_dir`
 * (an absolute path to a folder that is there, or NULL) when all is over.
 *
 * parspawn is never a child of ours: the program around us may wait for all of
 * its children, ignore SIGCHLD or count what it reaps, and neither waits for
 * parspawn nor hears of its end. */
struct spawner *spawner_open(const char *program,
                             const char *run_dir,
                             struct par_error *err);

/* Ends everything that was started and waits for that, `grace_ms` at most
 * before it kills parspawn itself (keepers go on killing what they hold).
 * Also removes the run folder, if parspawn was killed before it could.  NULL
 * is allowed. */
void spawner_close(struct spawner *s, int grace_ms);

/* Readable when parspawn has something to say: strays of a keeper that was
 * killed, or its own end.  spawner_next() takes one line for the log; -1 when
 * parspawn is gone (then every keeper is, too). */
int spawner_fd(const struct spawner *s);
int spawner_next(struct spawner *s, char *text, size_t size);

struct keeper;

struct keeper *keeper_open(struct spawner *s, struct par_error *err);

/* Kills what it holds, and does not wait for that.  NULL is allowed. */
void keeper_close(struct keeper *k);

int keeper_fd(const struct keeper *k);

/* Start a process: one at a time per keeper.  Fails with E2BIG if the order
 * is over 1 MiB. */
int keeper_start(struct keeper *k,
                 const struct keeper_order *order,
                 struct par_error *err);

/* Send `sig` to the whole tree (SIGTERM, SIGINT and SIGHUP wake up what is
 * stopped).  SIGKILL means: kill until nothing is left.  KEEPER_EMPTY follows
 * in the end, but of course not if it had been told already. */
int keeper_kill(struct keeper *k, int sig);

enum keeper_event_kind {
    KEEPER_STARTED, /* pid */
    KEEPER_FAILED,  /* error (errno), text: not started */
    KEEPER_FULL,    /* the same for want of a process: try again later, with
                       another keeper */
    KEEPER_EXITED,  /* the first process: status, rusage; its tree may live */
    KEEPER_EMPTY,   /* and now nothing of it is left: ready for another */
    KEEPER_GONE     /* the keeper itself died, its strays are being killed; or
                       parspawn did, and what it held is dead */
};

struct keeper_event {
    enum keeper_event_kind kind;
    pid_t pid;
    int error;
    int status; /* as waitpid(2) */
    uint64_t user_us, system_us, max_rss_kb;
    char text[160];
};

/* False when there is nothing now. */
bool keeper_next(struct keeper *k, struct keeper_event *e);

#endif
