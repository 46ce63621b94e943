/* work.h - the jobs of one `map`, from their input to their printed output
 *
 *                 work_start        work_ended         release
 *     feeder: item ---------> a job -----------> ended --------> printed
 *                  ^            |
 *      work_again  |            | the broker went, or refused it, before
 *                  '-- again <--' it had begun: it runs another time
 *
 * Two threads share it: the feeder reads inputs and starts jobs, the main
 * thread waits for them, prints, and sets everything up again when the broker
 * was lost.  The lock guards all that changes; it is never held while the
 * handle is used.
 */
#ifndef PAR_CLIENT_WORK_H
#define PAR_CLIENT_WORK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "args.h"
#include "cli.h"
#include "idmap.h"
#include "inputs.h"
#include "list.h"
#include "spool.h"
#include "target.h"
#include "template.h"
#include "wishes.h"

struct item {
    struct list node; /* in free, again or ended */
    uint32_t place;
    uint64_t index; /* from 1; 0: free */
    uint64_t job;
    char *input;
    size_t bytes; /* of its payload */
    struct spool out;
    struct spool err;
    bool is_probe;    /* fails at once if no worker could ever run it */
    unsigned repeats; /* after its broker was lost, when it may have run */
    bool has_ended;
    char *failure; /* why it could not be started; NULL: see result */
    struct par_result result;
};

struct work {
    struct cli *cli;
    struct wishes wishes;
    bool in_order;    /* -k, and the values of functions */
    bool by_line;     /* --line-buffer */
    bool ungrouped;   /* -u */
    bool hinted;      /* what may have been meant is said once */
    uint32_t at_once; /* -j */

    struct target target;
    char name[64]; /* of a command, for those who look at the jobs */
    struct par_function function;
    struct template template;
    struct inputs inputs;

    pthread_mutex_t lock;
    pthread_cond_t room;    /* an item is free, or a job has ended */
    pthread_cond_t changed; /* nobody is starting a job any more */
    struct item *items;
    uint32_t size;
    struct list free;
    struct list again; /* to be started before all others, by the main thread */
    struct list ended; /* to be printed, in the order in which they ended */
    struct idmap by_job;
    struct idmap by_index;
    uint64_t begun;
    uint64_t printed;
    uint64_t failed;
    uint64_t lost;    /* of those: with the broker, so they may have run */
    uint64_t unbegun; /* of those: they never could be started */
    uint32_t in_flight;
    uint64_t bytes_in_flight;
    bool source_ended;
    bool is_lost;             /* nothing starts before work_set_up() */
    bool is_draining;         /* ... and the broker is about to go */
    bool is_over;             /* the handle is not to be used any more */
    bool is_starting;         /* a thread starts a job, its id is not noted */
    struct par_error trouble; /* the feeder's, or our output's; code 0: none */
};

/* Room for so many items at once.  Like its inputs it lasts as long as the
 * process. */
int work_init(struct work *w, uint32_t size);

/* What turns inputs into payloads; one for each thread that does. */
struct packer {
    struct par_function function;
    struct args args;
    struct meta_writer scratch;
    struct meta_writer words;
    struct meta_writer payload;
};

void packer_clear(struct packer *p);

/* Set up what is to be run, on a new connection if need be; then jobs may be
 * started (again). */
int work_set_up(struct work *w, struct par_error *err);

/* Is it set up, and its broker there?  If not, nothing starts from now on. */
bool work_is_set_up(struct work *w);

/* Start the item's job.  0: it is under way (*is_under_way), or has ended by a
 * fault of its own, or waits in `again`.  -1: none can be started. */
int work_start(struct work *w,
               struct packer *p,
               struct item *item,
               bool *is_under_way,
               struct par_error *err);

/* Start what waits in `again`, as far as there is room. */
int work_again(struct work *w, struct packer *p, struct par_error *err);

/* It has its result: is it to be run again, since it never began, or may run
 * twice?  It then waits in `again`. */
bool work_repeats(struct work *w, struct item *item);

/* What waits in `again` never will: it ends so. */
void work_give_up(struct work *w, const char *why);

/* Is there room for one more job?  Expects the lock. */
bool work_has_room(const struct work *w);

/* Start the feeder's thread. */
int work_feed(struct work *w);

/* From now on the feeder keeps off the handle.  It may stay behind in read(2)
 * until the process ends. */
void work_end(struct work *w);

/* The item of a job, which the feeder may be about to note.  NULL: there is
 * none. */
struct item *work_find(struct work *w, uint64_t job);

/* Its job, if it has one, is none any more.  Expects the lock. */
void work_take_off(struct work *w, struct item *item);

/* It has ended: to be printed. */
void work_ended(struct work *w, struct item *item);

/* Print what may be printed now.  Returns -1 if our output fails. */
int work_print(struct work *w);

/* Run them all, and print what comes of them.  Returns the exit code. */
int work_off(struct work *w);

/* par_stream_f: output of a job, for its item. */
int work_output(
    void *context, uint64_t job, int stream, const void *data, size_t len);

/* par_restart_f: what it has written before is not to be printed. */
void work_restart(void *context, uint64_t job, int stream);

#endif
