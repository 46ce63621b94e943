/* placement.h - where a job may run: its terms, and does a worker meet them */
#ifndef PAR_BROKER_PLACEMENT_H
#define PAR_BROKER_PLACEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "roster.h"

enum {
    PLACEMENT_LABELS = 16,
    PLACEMENT_NEEDS = 8,
    PLACEMENT_TERMS = 5 + PLACEMENT_LABELS + PLACEMENT_NEEDS /* 0: none */
};

/* Bytes of somebody else's, not NUL-ended; data NULL: not given. */
struct text {
    const char *data;
    size_t len;
};

struct placement {
    struct text worker; /* its name */
    struct text host;   /* a glob */
    struct placement_label {
        struct text key;
        struct text value;
    } labels[PLACEMENT_LABELS];
    struct placement_need {
        struct text name;
        double amount;
    } needs[PLACEMENT_NEEDS];
    uint32_t label_count;
    uint32_t need_count;
    uint32_t account; /* whose: a worker may serve one account only */
    enum run_class run_class;
    bool strict;            /* false: worker, host and labels are wishes */
    int64_t unplaceable_ms; /* how long to wait for a worker that would do;
                               -1: for ever */
};

/* Copy the terms with their texts, which go to one block of memory: free()
 * what *texts gets.  Returns -1 if out of memory. */
int placement_copy(struct placement *to,
                   const struct placement *from,
                   char **texts);
bool placement_is_same(const struct placement *a, const struct placement *b);
uint64_t placement_hash(uint64_t seed, const struct placement *p);

enum placement_match {
    PLACEMENT_NEVER,  /* this worker can never run it */
    PLACEMENT_FITS,   /* it can */
    PLACEMENT_PREFERS /* it can, and meets the wishes */
};

enum placement_match placement_match(const struct placement *p,
                                     const struct worker *w);

/* A term that a worker does not meet ("the label gpu=yes"), and what it has of
 * that sort ("gpu=no"; "" if nothing). */
struct placement_lack {
    char term[200];
    char instead[100];
};

/* The number of the first such term, 0 if the worker meets all.  It is told in
 * `lack`, unless that is NULL: to write it is what takes time. */
unsigned placement_missing(const struct placement *p,
                           const struct worker *w,
                           struct placement_lack *lack);

/* Are the resources that it needs free now? */
bool placement_is_free(const struct placement *p, const struct worker *w);

/* Indexes of a resource that a job was given: PAR_GPU=1. */
struct placement_index {
    uint32_t resource; /* which of the worker's */
    uint32_t index;
};

/* How many indexes placement_take() hands out at this worker. */
size_t placement_index_count(const struct placement *p, const struct worker *w);

/* Take the resources, which are free; or give them back with the indexes that
 * came with them. */
void placement_take(const struct placement *p,
                    struct worker *w,
                    struct placement_index *indexes);
void placement_give(const struct placement *p,
                    struct worker *w,
                    const struct placement_index *indexes,
                    size_t count);

/* Do both need some resource? */
bool placement_compete(const struct placement *a, const struct placement *b);

#endif
