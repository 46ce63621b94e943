/* status.h - answers to STATUS: rows of maps with text keys, page by page */
#ifndef PAR_BROKER_STATUS_H
#define PAR_BROKER_STATUS_H

#include "engine.h"
#include "sched_view.h"

struct status_walk;

/* Append the next row; false if there is none. */
typedef bool status_row_f(struct broker *b,
                          struct status_walk *walk,
                          struct meta_writer *w);

/* A walk through what one peer asked for.  Nothing else may happen to the
 * broker between its first and its last page. */
struct status_walk {
    const struct peer *asker;
    status_row_f *row;
    uint64_t left; /* rows that may still be told */
    size_t cursor; /* at the end: how many were looked at */
    struct job_walk jobs;
    bool over; /* there is no further page */
    bool cut;  /* there were more rows than the limit */
};

/* PAR_OK, or the status of the ERROR to answer. */
int status_begin(struct status_walk *walk,
                 const struct peer *asker,
                 const char *what,
                 uint64_t limit,
                 struct par_error *err);

/* Append the next page, an array of rows (maybe none), to `rows`. */
void status_page(struct broker *b,
                 struct status_walk *walk,
                 struct meta_writer *rows);

#endif
