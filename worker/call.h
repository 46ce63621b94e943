/* call.h - one run of one function: arguments in, a value or a reason out
 *
 * What a function sees of it is `task` (par/task.h).  call.c runs the function;
 * below it call_args.c reads arguments, call_put.c writes the value, and
 * call_fail.c notes why there is none.
 */
#ifndef PAR_WORKER_CALL_H
#define PAR_WORKER_CALL_H

#include <stdint.h>

#include "load.h"
#include "meta.h"
#include "page.h"
#include "slot_state.h"

enum { CALL_TEXT = 10000 }; /* octets of a function's words about a failure */

/* A copy that lives until the function returns. */
struct call_copy {
    struct call_copy *next;
    char text[];
};

/* An array or a map that was begun and is not complete. */
struct call_open {
    uint64_t left; /* values still to come; of a map, keys count as well */
    bool is_map;
};

struct call {
    struct par_task task; /* first: a task is a call */
    struct slot_state *state;
    const struct page *page;

    /* set for each call */
    struct load_function *function;
    uint64_t dispatch; /* 0 for a hook */
    uint32_t origin;
    const void *meta; /* of the RUN it came with */
    size_t meta_len;
    const uint8_t *data; /* the payload */
    size_t len;
    bool ends_with_zero; /* a zero octet follows it */

    /* arguments: where each begins, if the payload is an array */
    const uint8_t **args;
    size_t arg_count, arg_size;
    size_t asked; /* the last one that was looked for, for errors */
    struct call_copy *copies;

    /* the value */
    struct meta_writer out;
    struct call_open open[META_DEPTH];
    unsigned depth;
    enum par_kind kind; /* of the value; PAR_NONE: none yet, PAR_OTHER: raw */

    /* the reason */
    enum par_status status;
    int code;
    struct meta_writer text;
};

static inline struct call *call_of(struct par_task *t)
{
    return (struct call *)(void *)t;
}

void call_init(struct call *c, struct slot_state *state, const struct page *p);
void call_clear(struct call *c);

/* Run the function on the payload.  What comes out stands in status, and in
 * out (PAR_OK) or code and text, until the next call.  Returns whether the
 * function was entered. */
bool call_run(struct call *c);

/* ---- call_fail.c ---- */

/* A copy with a zero octet behind it; "" if out of memory. */
const char *call_copy(struct call *c, const void *data, size_t len);
void call_free_copies(struct call *c);

/* Note a failure; the first one counts.  Returns -1. */
int call_fail(struct call *c, enum par_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same in the function's own words: PAR_EXCEPTION. */
int call_raise(struct par_task *t, int code, const char *text);

/* Put "what name: " in front of the words of a failure. */
void call_fail_in(struct call *c, const char *what, const char *name);

/* What a failed item says: a map with 71 code (of an exception) and 72 text.
 * Replaces `out`. */
void call_explain(struct call *c);

/* ---- call_args.c ---- */

/* Find the arguments of the payload.  Returns -1 if they do not fit the
 * signature. */
int call_take_args(struct call *c);

size_t call_count(struct par_task *t);
struct par_arg call_arg(struct par_task *t, size_t i);
enum par_kind call_kind(struct par_task *t, struct par_arg a);
int64_t call_as_int(struct par_task *t, struct par_arg a);
double call_as_float(struct par_task *t, struct par_arg a);
bool call_as_bool(struct par_task *t, struct par_arg a);
const char *call_as_bytes(struct par_task *t, struct par_arg a, size_t *len);
size_t call_length(struct par_task *t, struct par_arg a);
struct par_arg call_item(struct par_task *t, struct par_arg a, size_t i);
struct par_arg call_next(struct par_task *t, struct par_arg a);
struct par_arg call_field(struct par_task *t,
                          struct par_arg a,
                          const char *key);
const void *call_raw(struct par_task *t, size_t *len);

/* ---- call_put.c ---- */

int call_put(struct par_task *t,
             enum par_kind kind,
             int64_t i,
             double f,
             const void *data,
             size_t len);
int call_put_raw(struct par_task *t, const void *data, size_t len);

/* The function has returned: is what it put one whole value of the type that
 * its signature says? */
void call_check_value(struct call *c);

#endif
