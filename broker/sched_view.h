/* sched_view.h - looking at the scheduler from outside, for STATUS
 *
 * Walks: nothing may change between the first row and the last.
 */
#ifndef PAR_BROKER_SCHED_VIEW_H
#define PAR_BROKER_SCHED_VIEW_H

#include "sched.h"

struct job_view {
    uint64_t serial;
    uint32_t client;
    uint32_t account;
    uint32_t target;
    uint32_t function;
    const char *state;     /* "queued", "assigned", "running", ... */
    const char *waits_for; /* "" or why it is not assigned */
    uint32_t worker;       /* 0: none */
    uint32_t attempt;
    int32_t priority;
    uint64_t age_ms;
    uint64_t running_ms;
};

/* All zero at its start. */
struct job_walk {
    size_t at;          /* so many were looked at */
    uint32_t explained; /* whose words `text` is */
    uint32_t looks;     /* that such words have taken */
    char text[400];     /* what a view may point to until the next */
};

/* `account` 0: everybody's. */
bool sched_job_next(const struct sched *s,
                    uint64_t now,
                    uint32_t account,
                    struct job_walk *walk,
                    struct job_view *view);

struct worker_view {
    uint32_t worker;
    const char *name;
    const char *host;
    uint32_t pid;
    uint32_t slots;
    bool thread_slots;
    bool paused;
    uint32_t running;  /* dispatches it holds */
    uint64_t finished; /* since it joined */
    uint64_t failed;
};

/* Here and below *cursor starts at 0. */
bool sched_worker_next(const struct sched *s,
                       size_t *cursor,
                       struct worker_view *view);
/* Its i-th label, or resource; false after the last. */
bool sched_worker_label(const struct sched *s,
                        uint32_t worker,
                        size_t i,
                        struct sched_label *label);
bool sched_worker_resource(const struct sched *s,
                           uint32_t worker,
                           size_t i,
                           const char **name,
                           double *free,
                           double *total);

struct target_view {
    uint32_t target;
    uint32_t account;
    const char *name;
    bool is_path;
    bool closing;
    uint32_t ready;   /* workers */
    uint32_t failed;  /* workers */
    uint32_t queued;  /* jobs */
    uint32_t running; /* jobs */
};

bool sched_target_next(const struct sched *s,
                       size_t *cursor,
                       struct target_view *view);

#endif
