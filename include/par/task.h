/* task.h - what a computation implements; needs no library
 *
 *     #include <par/task.h>
 *
 *     static int area(struct par_task *t)
 *     {
 *         return par_put_int(t, par_int(t, 0) * par_int(t, 1));
 *     }
 *     PAR_FUNCTION(area, "w:i,h:i->i")
 *
 * The same file works as C source sent to a worker (kind `source`), compiled
 * as a shared object (`cc -shared -fPIC`, kind `object`), and inside a program
 * that begins with par_main() (kind `self`).  Everything goes through a table
 * of functions that the slot brings, so there is nothing to link with.
 *
 * `struct par_task *t` is good for the call, in the thread that was called; the
 * functions below do not block, allocate at most a copy of what is asked for,
 * and report want of memory as the failure of the job.
 *
 * What a function prints goes to no caller: give it back as the value, or as
 * the text of par_throw().  In a slot process standard input is /dev/null, and
 * standard output (by line) and error end as the last words, 64 lines and
 * 8 KiB at most, that the caller is shown if the process dies in its job; else
 * they are dropped.  On a thread slot all three are the program's own.
 *
 * A function runs in one thread and may keep state between calls: what
 * par_set_state() stores in PAR_SLOT_SETUP is there for every later call on
 * that slot.  Data that par_str(), par_bytes() and par_arg() point to lives
 * until the function returns.  Arguments have been checked against the
 * signature before the function is called; asking for another type than the
 * argument has makes the job fail with BAD_ARGS, whatever the function
 * returns, and yields 0 or "".
 */
#ifndef PAR_TASK_H
#define PAR_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PAR_TASK_ABI 1

struct par_task;

/* One argument, or one value inside an array or a map.  Opaque: pass it to
 * par_item() and friends. */
struct par_arg {
    const uint8_t *at; /* NULL: there is none */
    const uint8_t *end;
};

enum par_kind {
    PAR_NONE, /* no such argument */
    PAR_NIL,
    PAR_BOOL,
    PAR_INT,
    PAR_FLOAT,
    PAR_STR,
    PAR_BYTES,
    PAR_ARRAY,
    PAR_MAP,
    PAR_OTHER
};

/* What the slot brings.  Use the functions below instead. */
struct par_task_ops {
    uint32_t abi;
    uint32_t size;
    size_t (*count)(struct par_task *t);
    struct par_arg (*arg)(struct par_task *t, size_t i);
    enum par_kind (*kind)(struct par_task *t, struct par_arg a);
    int64_t (*as_int)(struct par_task *t, struct par_arg a);
    double (*as_float)(struct par_task *t, struct par_arg a);
    bool (*as_bool)(struct par_task *t, struct par_arg a);
    const char *(*as_bytes)(struct par_task *t, struct par_arg a, size_t *len);
    size_t (*length)(struct par_task *t, struct par_arg a);
    struct par_arg (*item)(struct par_task *t, struct par_arg a, size_t i);
    struct par_arg (*next)(struct par_task *t, struct par_arg a);
    struct par_arg (*field)(struct par_task *t, struct par_arg a, const char *);
    const void *(*raw)(struct par_task *t, size_t *len);
    int (*put)(struct par_task *t,
               enum par_kind kind,
               int64_t i,
               double f,
               const void *data,
               size_t len);
    int (*put_raw)(struct par_task *t, const void *data, size_t len);
    int (*fail)(struct par_task *t, int code, const char *text);
    bool (*cancelled)(struct par_task *t);
    void *(*state)(struct par_task *t, int level);
    void (*set_state)(struct par_task *t, int level, void *state);
    const char *(*info)(struct par_task *t, const char *what);
};

struct par_task {
    const struct par_task_ops *ops;
};

/* A function returns what its last par_put_* or par_throw() returned, or 0:
 * negative means failed.  What has failed once stays so, whatever is put or
 * returned afterwards; a function that puts nothing gives no value. */
typedef int par_function_f(struct par_task *t);

/* ---- arguments ---- */

static inline size_t par_count(struct par_task *t)
{
    return t->ops->count(t);
}

static inline struct par_arg par_arg(struct par_task *t, size_t i)
{
    return t->ops->arg(t, i);
}

static inline enum par_kind par_kind(struct par_task *t, struct par_arg a)
{
    return t->ops->kind(t, a);
}

static inline int64_t par_int(struct par_task *t, size_t i)
{
    return t->ops->as_int(t, t->ops->arg(t, i));
}

/* An integer argument is converted. */
static inline double par_float(struct par_task *t, size_t i)
{
    return t->ops->as_float(t, t->ops->arg(t, i));
}

static inline bool par_bool(struct par_task *t, size_t i)
{
    return t->ops->as_bool(t, t->ops->arg(t, i));
}

/* A string or bytes; `len` may be NULL.  A zero octet follows the last one,
 * so that it can be used as a C string. */
static inline const char *par_bytes(struct par_task *t, size_t i, size_t *len)
{
    return t->ops->as_bytes(t, t->ops->arg(t, i), len);
}

static inline const char *par_str(struct par_task *t, size_t i)
{
    return t->ops->as_bytes(t, t->ops->arg(t, i), NULL);
}

/* Inside arrays and maps: how many values (or pairs) there are, the i-th one
 * (of a map: key 0, value 0, key 1, ...; O(i)), the one after `a`, the value
 * under a text key; and any of them as a C value. */
static inline size_t par_length(struct par_task *t, struct par_arg a)
{
    return t->ops->length(t, a);
}

static inline struct par_arg par_item(struct par_task *t,
                                      struct par_arg a,
                                      size_t i)
{
    return t->ops->item(t, a, i);
}

static inline struct par_arg par_next(struct par_task *t, struct par_arg a)
{
    return t->ops->next(t, a);
}

static inline struct par_arg par_field(struct par_task *t,
                                       struct par_arg a,
                                       const char *key)
{
    return t->ops->field(t, a, key);
}

static inline int64_t par_as_int(struct par_task *t, struct par_arg a)
{
    return t->ops->as_int(t, a);
}

static inline double par_as_float(struct par_task *t, struct par_arg a)
{
    return t->ops->as_float(t, a);
}

static inline bool par_as_bool(struct par_task *t, struct par_arg a)
{
    return t->ops->as_bool(t, a);
}

/* Inside compounds no zero octet follows: use `len`. */
static inline const char *par_as_bytes(struct par_task *t,
                                       struct par_arg a,
                                       size_t *len)
{
    return t->ops->as_bytes(t, a, len);
}

/* The whole payload as it came, for functions that have their own format. */
static inline const void *par_raw(struct par_task *t, size_t *len)
{
    return t->ops->raw(t, len);
}

/* ---- the result: one value, or an array or a map of them in order ---- */

static inline int par_put_nil(struct par_task *t)
{
    return t->ops->put(t, PAR_NIL, 0, 0, NULL, 0);
}

static inline int par_put_bool(struct par_task *t, bool v)
{
    return t->ops->put(t, PAR_BOOL, v, 0, NULL, 0);
}

static inline int par_put_int(struct par_task *t, int64_t v)
{
    return t->ops->put(t, PAR_INT, v, 0, NULL, 0);
}

static inline int par_put_float(struct par_task *t, double v)
{
    return t->ops->put(t, PAR_FLOAT, 0, v, NULL, 0);
}

static inline int par_put_str(struct par_task *t, const char *text, size_t len)
{
    return t->ops->put(t, PAR_STR, 0, 0, text, len);
}

static inline int par_put_bytes(struct par_task *t,
                                const void *data,
                                size_t len)
{
    return t->ops->put(t, PAR_BYTES, 0, 0, data, len);
}

/* The next `values` puts are its elements. */
static inline int par_put_array(struct par_task *t, size_t values)
{
    return t->ops->put(t, PAR_ARRAY, 0, 0, NULL, values);
}

/* The next 2 * `pairs` puts are key, value, key, value ... */
static inline int par_put_map(struct par_task *t, size_t pairs)
{
    return t->ops->put(t, PAR_MAP, 0, 0, NULL, pairs);
}

/* Bytes in the caller's own format, instead of a value. */
static inline int par_put_raw(struct par_task *t, const void *data, size_t len)
{
    return t->ops->put_raw(t, data, len);
}

/* ---- failing, and being asked to stop ---- */

/* The job fails with EXCEPTION, this code and this text (UTF-8, copied, cut at
 * 10 000 octets; the caller of the job reads it).  Returns -1:
 * `return par_throw(...)`. */
static inline int par_throw(struct par_task *t, int code, const char *text)
{
    return t->ops->fail(t, code, text);
}

/* Has somebody asked for this job to stop?  A function that runs long looks
 * now and then; one that never looks is killed after the grace. */
static inline bool par_cancelled(struct par_task *t)
{
    return t->ops->cancelled(t);
}

/* ---- state, and where we are ---- */

enum { PAR_LEVEL_SLOT, PAR_LEVEL_CLIENT, PAR_LEVEL_FUNCTION };

static inline void *par_state(struct par_task *t)
{
    return t->ops->state(t, PAR_LEVEL_SLOT);
}

static inline void par_set_state(struct par_task *t, void *state)
{
    t->ops->set_state(t, PAR_LEVEL_SLOT, state);
}

/* This client's own state on this slot (set it in PAR_CLIENT_SETUP). */
static inline void *par_client_state(struct par_task *t)
{
    return t->ops->state(t, PAR_LEVEL_CLIENT);
}

static inline void par_set_client_state(struct par_task *t, void *state)
{
    t->ops->set_state(t, PAR_LEVEL_CLIENT, state);
}

/* "dir" (the folder that holds the computation's files), "worker", "host",
 * "slot", "attempt", "job" (the broker's number of this attempt, what a command
 * finds in PAR_JOB: no other that this broker starts has it), "gpu" or another
 * indexed resource ("0,2"): always text, numbers in decimal.  NULL for a word
 * that says nothing here.  Valid until return. */
static inline const char *par_info(struct par_task *t, const char *what)
{
    return t->ops->info(t, what);
}

/* ---- the table of a program or object: made by the macros below ---- */

enum par_hook {
    PAR_IS_FUNCTION,
    PAR_IS_HOST_SETUP,   /* once per host, before anything else */
    PAR_IS_SLOT_SETUP,   /* once per slot */
    PAR_IS_CLIENT_SETUP, /* a client's first call on a slot */
    PAR_IS_CLIENT_CLOSE,
    PAR_IS_SLOT_CLOSE,
    PAR_IS_HOST_CLOSE
};

struct par_function_entry {
    uint32_t abi;
    uint32_t hook;
    const char *name;
    const char *signature; /* doc/signatures.md; "" takes anything */
    par_function_f *function;
};

#define PAR_ENTRY_(kind, fn, sig)                                              \
    static const struct par_function_entry par_entry_##fn = {                  \
        PAR_TASK_ABI, kind, #fn, sig, fn};                                     \
    __attribute__((                                                            \
        used, section("par_table"))) static const struct par_function_entry    \
        *const par_place_##fn = &par_entry_##fn;

#define PAR_FUNCTION(fn, signature) PAR_ENTRY_(PAR_IS_FUNCTION, fn, signature)
#define PAR_HOST_SETUP(fn)          PAR_ENTRY_(PAR_IS_HOST_SETUP, fn, "")
#define PAR_SLOT_SETUP(fn)          PAR_ENTRY_(PAR_IS_SLOT_SETUP, fn, "")
#define PAR_CLIENT_SETUP(fn)        PAR_ENTRY_(PAR_IS_CLIENT_SETUP, fn, "")
#define PAR_CLIENT_CLOSE(fn)        PAR_ENTRY_(PAR_IS_CLIENT_CLOSE, fn, "")
#define PAR_SLOT_CLOSE(fn)          PAR_ENTRY_(PAR_IS_SLOT_CLOSE, fn, "")
#define PAR_HOST_CLOSE(fn)          PAR_ENTRY_(PAR_IS_HOST_CLOSE, fn, "")

#ifndef PAR_TASK_NO_TABLE /* the slot's own code has no table */

/* The linker gathers the section; this function, the same in every file that
 * includes task.h, is how a slot finds it. */
extern const struct par_function_entry *const __start_par_table[]
    __attribute__((weak, visibility("hidden")));
extern const struct par_function_entry *const __stop_par_table[]
    __attribute__((weak, visibility("hidden")));

const struct par_function_entry *const *par_functions(size_t *count)
    __attribute__((weak, used, visibility("default")));

const struct par_function_entry *const *par_functions(size_t *count)
{
    *count = ((uintptr_t)__stop_par_table - (uintptr_t)__start_par_table) /
             sizeof *__start_par_table;
    return __start_par_table;
}

#endif

#ifdef __cplusplus
}
#endif
#endif
