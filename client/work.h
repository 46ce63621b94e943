/* work.h - the jobs of one `map`, from their input to their printed output
 *
 * Two threads share it: the feeder reads inputs and starts jobs, the main
 * thread waits for them and prints.  The lock guards all that changes; it is
 * never held while the handle is used.
 */
#ifndef PAR_WORK_H
#define PAR_WORK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "args.h"
#include "cli.h"
#include "idmap.h"
#include "inputs.h"
#include "list.h"
#include "spool.h"
#include "template.h"
#include "wishes.h"

struct item {
    struct list node; /* in free, or in ended */
    uint32_t place;
    uint64_t index; /* from 1; 0: free */
    uint64_t job;
    char *input;
    size_t bytes; /* of its payload */
    struct spool out;
    struct spool err;
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
    uint32_t at_once; /* -j */

    bool is_command;
    struct par_function function;
    struct template template;
    struct inputs inputs;

    pthread_mutex_t lock;
    pthread_cond_t room;    /* an item is free, or a job has ended */
    pthread_cond_t changed; /* a job was started, or the source has ended */
    struct item *items;
    uint32_t size;
    struct list free;
    struct list ended; /* to be printed, in the order in which they ended */
    struct idmap by_job;
    struct idmap by_index;
    uint64_t begun;
    uint64_t printed;
    uint64_t failed;
    uint32_t in_flight;
    uint64_t bytes_in_flight;
    bool source_ended;
    bool is_over;             /* the handle is not to be used any more */
    bool feeder_busy;         /* it is using the handle */
    struct par_error trouble; /* the feeder's, or our output's; code 0: none */
};

/* Room for so many items at once. */
int work_init(struct work *w, uint32_t size);
void work_clear(struct work *w);

/* Start the feeder's thread. */
int work_feed(struct work *w);

/* From now on the feeder keeps off the handle.  It may stay behind in read(2)
 * until the process ends. */
void work_end(struct work *w);

/* The item of a job, which the feeder may be about to note.  NULL: there is
 * none. */
struct item *work_find(struct work *w, uint64_t job);

/* It has ended: to be printed. */
void work_ended(struct work *w, struct item *item);

/* Print what may be printed now.  Returns -1 if our output fails. */
int work_print(struct work *w);

/* par_stream_f: output of a job, for its item. */
int work_output(
    void *context, uint64_t job, int stream, const void *data, size_t len);

#endif
