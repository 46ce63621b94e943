/* client.h - run functions and commands on workers, and get the values back
 *
 * (length: the whole face of libpar, to be read from top to bottom)
 *
 * A whole program (doc/examples/hello.c):
 *
 *     #include <par/client.h>
 *     #include <par/task.h>
 *     #include <stdio.h>
 *
 *     static int area(struct par_task *t)
 *     {
 *         return par_put_int(t, par_int(t, 0) * par_int(t, 1));
 *     }
 *     PAR_FUNCTION(area, "w:i,h:i->i")
 *
 *     int main(int argc, char **argv)
 *     {
 *         struct par_error err = {0};
 *         struct par_function there;
 *         struct par_client *c;
 *         struct par_result r;
 *
 *         par_main(&argc, &argv);
 *         c = par_open(NULL, NULL, &err);
 *         if (!c || par_self(c, "area", &there, &err) ||
 *             par_call(c, &there, PAR_ARGS(6, 7), &r, &err)) {
 *             fprintf(stderr, "hello: %s\n", err.text);
 *             par_close(c);
 *             return 1;
 *         }
 *         printf("%lld\n", (long long)par_result_int(&r));
 *         par_result_clear(&r);
 *         par_close(c);
 *         return 0;
 *     }
 *
 * doc/examples/jobs.c shows maps, limits, cancelling and a poll loop.
 *
 * Conventions.  A function that returns int returns 0, or -1 and fills *err
 * (which may be NULL); it then has changed nothing and stored nothing, unless
 * it says so.  Strings and arguments that are passed in are copied, or no
 * longer looked at, when it returns; pointers that come out belong to the
 * handle, unless it says so.  Times are milliseconds; as a timeout, 0 does not
 * wait, -1 is PAR_TIMEOUT_DEFAULT (60 s), and no function waits for ever unless
 * it says so.
 *
 * Threads.  Every function but par_close() may be called on one handle by any
 * number of threads at once; one of those that wait does the input and output
 * for all.  A child of fork() must open a handle of its own: the parent's
 * fails there with EINVAL.  (As long as such a child neither ends nor execs, it
 * holds open the standard input of commands that ran on a private worker when
 * it was made: they do not see its end.)  No function here installs a signal
 * handler, calls srand(), changes the locale or writes to stdout or stderr.
 *
 * Errors of any function that asks a peer, besides its own: EINVAL, an
 * argument is wrong, and is named; ENOMEM; ETIMEDOUT; EINTR, see
 * par_interrupt(); ECONNRESET, the broker has gone meanwhile.  The next call
 * then connects again, as par_open() does and with its errors; jobs that were
 * open have ended as PAR_LOST, and what was set up has to be set up again
 * (PAR_CODE(PAR_UNKNOWN_HANDLE) says so).
 *
 * In C++ there is neither par_value() nor PAR_ARGS():
 *
 *     struct par_value args[] = {par_value_int(6), par_value_int(7)};
 *     par_call(c, &there, args, 2, &r, &err);
 */
#ifndef PAR_CLIENT_H
#define PAR_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <par/error.h>

#ifdef __cplusplus
extern "C" {
#endif

struct par_client;

#define PAR_TIMEOUT_DEFAULT 60000
#define PAR_FOREVER         INT64_MAX

/* ---- begin and end ---- */

/* First in main() of a program that sends its own functions (kind `self`) or
 * embeds a worker with process slots: when the process was started as a slot,
 * this serves as one and does not return.  Else it does nothing.  The
 * arguments are left as they are. */
void par_main(int *argc, char ***argv);

/* All zero is a good default. */
struct par_options {
    const char *key;         /* a key file, or a name in the configuration
                                folder; NULL: PAR_KEY, else id.key */
    const char *ticket;      /* a ticket file instead of broker and key */
    int64_t connect_timeout; /* 0: 10 s */
    bool private_broker;     /* never look for a broker: start one inside */
    bool no_private_broker;  /* never start one inside */
    int slots;               /* of the private worker; 0: a slot per CPU, -n:
                                leave n free */
    bool thread_slots;       /* of the private worker */
    const char *libexec;     /* where parspawn and parslot are; NULL: found */
    void *zmq_context;       /* lent, for a named inproc broker; NULL: own */
};

/* Connect.  `broker` is an endpoint (inproc://NAME, ipc://PATH,
 * tcp://HOST:PORT); NULL: PAR_BROKER, else the local broker if one answers,
 * else a private broker and worker inside this process, in threads of their
 * own that take no signals.  Blocks until the broker has welcomed us,
 * connect_timeout at most.  Errors: EINVAL a bad option; ECONNREFUSED,
 * ETIMEDOUT nobody answers; EACCES a key is missing, refused, unknown or
 * readable by others (the text says which command mends it); EMFILE. */
struct par_client *par_open(const char *broker,
                            const struct par_options *options,
                            struct par_error *err);

/* Say goodbye: waits up to 1 s for what was sent to leave, cancels what still
 * runs, ends a private broker and its slots (their closing functions have 10 s
 * to run), frees.  No other thread may be in
 * a call on the handle, nor begin one.  NULL allowed.  Every par_result given
 * out stays valid until it is cleared. */
void par_close(struct par_client *c);

/* True if par_open() started a broker inside this process. */
bool par_is_private(const struct par_client *c);

/* The endpoint in use.  Valid until par_close(). */
const char *par_endpoint(const struct par_client *c);

/* ---- values ---- */

enum par_type {
    PAR_T_NIL,
    PAR_T_BOOL,
    PAR_T_INT,
    PAR_T_FLOAT,
    PAR_T_STR,
    PAR_T_BYTES,
    PAR_T_RAW,   /* one msgpack value, already encoded */
    PAR_T_ARRAY, /* from here on only from par_read() */
    PAR_T_MAP,
    PAR_T_END
};

struct par_value {
    enum par_type type;
    union {
        bool boolean;
        int64_t i;
        double f;
    };
    const void *data; /* borrowed */
    size_t len;
};

static inline struct par_value par_value_nil(void)
{
    struct par_value v = {PAR_T_NIL, {0}, NULL, 0};
    return v;
}

static inline struct par_value par_value_int(int64_t i)
{
    struct par_value v = {PAR_T_INT, {0}, NULL, 0};
    v.i = i;
    return v;
}

static inline struct par_value par_value_float(double f)
{
    struct par_value v = {PAR_T_FLOAT, {0}, NULL, 0};
    v.f = f;
    return v;
}

static inline struct par_value par_value_bool(bool b)
{
    struct par_value v = {PAR_T_BOOL, {0}, NULL, 0};
    v.boolean = b;
    return v;
}

/* They point to what they are given; it has to stay until the call that they
 * are passed to returns.  A NUL-ended text, NULL is nil; text (UTF-8); octets;
 * one msgpack value as it is. */
struct par_value par_value_str(const char *text);
struct par_value par_value_strn(const char *text, size_t len);
struct par_value par_value_bytes(const void *data, size_t len);
struct par_value par_value_raw(const void *msgpack, size_t len);

static inline struct par_value par_value_same(struct par_value v)
{
    return v;
}

#ifndef __cplusplus
/* Any C value: par_value(12), par_value(1.5), par_value("text").  Integers
 * become int64_t. */
#define par_value(x)                                                           \
    _Generic((x),                                                              \
        struct par_value: par_value_same,                                      \
        bool: par_value_bool,                                                  \
        float: par_value_float,                                                \
        double: par_value_float,                                               \
        long double: par_value_float,                                          \
        char *: par_value_str,                                                 \
        const char *: par_value_str,                                           \
        default: par_value_int)(x)

/* The arguments of a call: PAR_ARGS(2, 3.5, "x"), up to eight; PAR_NO_ARGS
 * for none. */
#define PAR_ARGS(...)                                                          \
    ((const struct par_value[]){                                               \
        PAR_EACH_(__VA_ARGS__, 8, 7, 6, 5, 4, 3, 2, 1, 0)(__VA_ARGS__)}),      \
        sizeof((const struct par_value[]){                                     \
            PAR_EACH_(__VA_ARGS__, 8, 7, 6, 5, 4, 3, 2, 1, 0)(__VA_ARGS__)}) / \
            sizeof(struct par_value)
#define PAR_NO_ARGS NULL, 0

#define PAR_EACH_(a, b, c, d, e, f, g, h, n, ...) PAR_EACH_##n

#define PAR_EACH_1(a)      par_value(a)
#define PAR_EACH_2(a, ...) par_value(a), PAR_EACH_1(__VA_ARGS__)
#define PAR_EACH_3(a, ...) par_value(a), PAR_EACH_2(__VA_ARGS__)
#define PAR_EACH_4(a, ...) par_value(a), PAR_EACH_3(__VA_ARGS__)
#define PAR_EACH_5(a, ...) par_value(a), PAR_EACH_4(__VA_ARGS__)
#define PAR_EACH_6(a, ...) par_value(a), PAR_EACH_5(__VA_ARGS__)
#define PAR_EACH_7(a, ...) par_value(a), PAR_EACH_6(__VA_ARGS__)
#define PAR_EACH_8(a, ...) par_value(a), PAR_EACH_7(__VA_ARGS__)
#endif

/* ---- computations: set up once, run many times ---- */

struct par_file {
    const char *path;   /* relative, as the worker will see it */
    const char *source; /* the file here; NULL: same as path */
};

struct par_setup {
    const char *name; /* a label, "app@1" by convention; NULL: by the kind */
    const char *kind; /* "object" "source" "exec" "self" */
    const struct par_file *files; /* ended by a NULL path; object and source:
                                     the first one is the object, every .c is
                                     compiled */
    const char *const *argv;      /* exec: words before each job's own */
    const char *const *env;       /* "NAME=value"; NULL-ended */
    bool local; /* exec: on this host and uid, run in our cwd, with our umask
                   and environment */
    bool keep_files;      /* leave the files when it is closed */
    unsigned wait;        /* ready workers wanted; 0: one */
    bool account;         /* stays until par_teardown(), found by name from
                             other sessions; else it goes with ours */
    const char *where;    /* a worker or a host; NULL: all */
    const char *function; /* run this one, once per host, after the set-up
                             functions of the computation itself ... */
    const struct par_value *args; /* ... with these */
    size_t arg_count;
    int64_t timeout;        /* 0: none; the broker gives up a worker that does
                               not answer in its --setup-timeout */
    int64_t unplaceable_ms; /* 0: 10 s; -1: for ever */
};

/* What jobs run.  Plain data: copy it freely.  It is of use with the
 * par_client it came from, until the computation is closed or the session ends.
 */
struct par_function {
    uint32_t handle;
    uint32_t function;
    char name[256]; /* or path; a NUL follows */
    char signature[128];
};

/* Ship a computation and set it up.  Blocks until `wait` workers are ready,
 * however long that takes.
 * *handle gets its number.  Errors: ENOENT, EACCES: a file here, before
 * anything is sent; PAR_CODE(PAR_SETUP_FAILED) with the compiler's, loader's
 * or function's words; PAR_CODE(PAR_NO_CAPACITY), PAR_CODE(PAR_TOO_LARGE). */
int par_setup(struct par_client *c,
              const struct par_setup *setup,
              uint32_t *handle,
              struct par_error *err);

/* The words of a failed set-up in full (compiler output), of the last
 * par_setup() of this thread, valid until its next; "" if there is no more than
 * err->text. */
const char *par_setup_output(const struct par_client *c);

/* All zero is a good default. */
struct par_teardown {
    bool terminate;       /* kill what runs, cancel what waits; else drain:
                             both finish, and nothing new is taken */
    int64_t timeout;      /* when it ends, a drain becomes a termination; 0:
                             none, as long as what runs takes */
    const char *function; /* run this one, once per host, before the closing
                             functions of the computation itself ... */
    const struct par_value *args; /* ... with these ... */
    size_t arg_count;
    const char *where; /* ... on this worker or host; NULL: all */
};

/* Close a computation; `how` NULL: drain, however long that takes.  Returns
 * when its closing functions have run everywhere and its files are gone; at
 * once, without `function`, if other sessions of this account have set it up
 * too: theirs it stays. PAR_CODE(PAR_SETUP_FAILED) has the words of one that
 * failed; it is closed all the same.  PAR_CODE(PAR_UNKNOWN_HANDLE): there is
 * none; PAR_CODE(PAR_CLOSING): somebody else is at it. */
int par_teardown(struct par_client *c,
                 uint32_t handle,
                 const struct par_teardown *how,
                 struct par_error *err);

/* One function of a computation, with its signature as the worker told it.
 * PAR_CODE(PAR_UNKNOWN_FUNCTION) names those that there are.  Does not wait. */
int par_function(struct par_client *c,
                 uint32_t handle,
                 const char *name,
                 struct par_function *function,
                 struct par_error *err);

/* A function of this very program, declared by PAR_FUNCTION.  The first call
 * sets the program up, as par_setup() does and with its errors; others do not
 * wait. */
int par_self(struct par_client *c,
             const char *name,
             struct par_function *function,
             struct par_error *err);

/* A function that workers registered by path ("app@2/add"), of 1 to 255 octets
 * (else EINVAL).  Does not ask anybody: a job for a path nobody offers waits
 * (unplaceable_ms), and arguments that do not fit end the job with PAR_BAD_ARGS
 * instead of EINVAL. */
int par_path(struct par_client *c,
             const char *path,
             struct par_function *function,
             struct par_error *err);

/* A computation that this account set up (`account`), by name; of several the
 * one that was set up last.  PAR_CODE(PAR_UNKNOWN_HANDLE): there is none. */
int par_resolve(struct par_client *c,
                const char *name,
                uint32_t *handle,
                struct par_error *err);

/* ---- jobs ---- */

/* Soft asks (a flag for functions, SIGTERM for commands) and kills after the
 * job's grace_ms; kill kills at once. */
enum par_cancel { PAR_AS_THE_JOB_SAYS, PAR_SOFT, PAR_KILL };

struct par_label {
    const char *name;
    const char *value; /* a number, for resources */
};

/* All zero is the default of each; protocol.md P7 has the whole story. */
struct par_run_options {
    const char *worker;                /* only this one */
    const char *host;                  /* only hosts that match this glob */
    const struct par_label *labels;    /* ended by a NULL name */
    const struct par_label *resources; /* likewise */
    bool prefer; /* the four above are wishes, not conditions */
    bool io;     /* waits rather than computes: does not count as a slot */
    int32_t priority;
    unsigned attempts;      /* 0: 1; more says it is safe to run again, if its
                               slot or worker dies */
    unsigned crash_limit;   /* slots that it may take with it; 0: 3 */
    int64_t timeout_ms;     /* of running; 0: none */
    int64_t queue_ms;       /* of waiting; 0: none */
    int64_t deadline_ms;    /* of both; 0: none */
    int64_t unplaceable_ms; /* 0: 10 s; -1: for ever; 10 s at least for one that
                               has been begun and may be again */
    const char *cancel;     /* what PAR_AS_THE_JOB_SAYS and the end of our
                               session do: "soft" "kill" "never"; NULL: soft */
    int64_t grace_ms;       /* between asking and killing; 0: 500 */
    bool input;             /* exec: standard input comes by par_write(); not
                               with attempts: what was read is gone */
};

/* A finished job.  `data` is its value (msgpack) or, if it failed, the map of
 * facts (P6); it stays until par_result_clear(), which may outlive the handle.
 * One thread at a time. */
struct par_result {
    uint64_t job;
    int status;       /* enum par_status */
    int executed;     /* 0 no; 1 it was begun, or nobody can know; 2 it ended by
                         itself */
    uint64_t wall_us; /* of running, where it ran */
    const void *data;
    size_t len;
    void *owner;
};

/* Free it; what came from it is then gone.  A result of zeros is allowed. */
void par_result_clear(struct par_result *r);

/* The value as a C value: 0 (or "") if it is of another kind.  The octets lie
 * in the result, *len of them; no NUL follows. */
int64_t par_result_int(const struct par_result *r);
double par_result_float(const struct par_result *r);
const char *par_result_bytes(const struct par_result *r, size_t *len);

/* The value as one line of text, as parctl prints it: text and bytes raw,
 * numbers shortest, the rest JSON.  *text is malloc'd: free() it; a NUL follows
 * its *len octets.  What is no msgpack value is given as it is.  -1: out of
 * memory, or a value that JSON cannot hold. */
int par_result_text(const struct par_result *r, char **text, size_t *len);

/* Walk a value: heads of arrays and maps (`len` counts values or pairs; what is
 * inside follows, key and value in turn), and scalars, in order. */
struct par_reader {
    const unsigned char *at;
    const unsigned char *end;
};

/* Begin at a result's value; at nothing if it failed or is not msgpack. */
void par_read_result(struct par_reader *in, const struct par_result *r);

/* The next one; what it points to lives as long as the result.  PAR_T_END at
 * the end. */
enum par_type par_read(struct par_reader *in, struct par_value *v);

/* Why it failed, in one sentence ("exit 2 on host.1"); "" if it did not.
 * Returns `text`. */
const char *par_result_error(const struct par_result *r, char *text, size_t n);

/* A failed command's facts: 'e' with its exit code, 's' with its signal in
 * *value, or 0 if it is neither. */
int par_result_exit(const struct par_result *r, int *value);

/* Start one job; its end has to be waited for, and its result taken, by one of
 * the functions below.  Does not wait: it is sent with others when somebody
 * waits, or when there is a full batch, or by par_flush().  Blocks only while
 * the broker grants no credit, for as long as the broker is there.  *job is its
 * id in this handle.  EINVAL: the arguments do not fit the signature (both are
 * named); nothing is sent.  PAR_CODE(PAR_TOO_LARGE): over 1 MiB of them. */
int par_run(struct par_client *c,
            const struct par_function *function,
            const struct par_value *args,
            size_t count,
            const struct par_run_options *options,
            uint64_t *job,
            struct par_error *err);

/* The same with the payload as it is to travel, unchecked: a msgpack array of
 * the arguments; any octets, if the signature is empty; of a command an array
 * of its words. */
int par_run_raw(struct par_client *c,
                const struct par_function *function,
                const void *payload,
                size_t len,
                const struct par_run_options *options,
                uint64_t *job,
                struct par_error *err);

/* Start `count` jobs with the same options: jobs[i] gets the id of payload i,
 * which is the one argument, or as par_run_raw() has it.  If one cannot be
 * started -1 is returned; its id and those behind it are 0, those before it
 * run. */
int par_run_many(struct par_client *c,
                 const struct par_function *function,
                 const struct par_value *payloads, /* PAR_T_RAW: as they are */
                 size_t count,
                 const struct par_run_options *options,
                 uint64_t *jobs,
                 struct par_error *err);

/* Send what has been started and not sent yet.  Does not wait. */
int par_flush(struct par_client *c, struct par_error *err);

/* Wait for one job.  0: *result is it, whatever its status, and is the caller's
 * to clear; -1: ETIMEDOUT (it goes on, wait again), ENOENT (no such job, or its
 * result was taken), PAR_CODE(PAR_NOT_KILLABLE) (once: see par_cancel()). */
int par_wait(struct par_client *c,
             uint64_t job,
             int64_t timeout,
             struct par_result *result,
             struct par_error *err);

/* Wait for whichever of `jobs` ends first (count 0: of all of this handle);
 * result and errors as of par_wait(), ENOENT if none of them is there. */
int par_wait_any(struct par_client *c,
                 const uint64_t *jobs,
                 size_t count,
                 int64_t timeout,
                 struct par_result *result,
                 struct par_error *err);

/* Wait until all of `jobs` have ended (count 0: all); takes no result. Those
 * whose results were taken have ended. */
int par_wait_all(struct par_client *c,
                 const uint64_t *jobs,
                 size_t count,
                 int64_t timeout,
                 struct par_error *err);

/* Run and wait, as long as it takes: a worker or a broker that dies ends it.
 * Unlike par_wait(), a failed job is a failed call: -1 with
 * PAR_CODE(status) and its sentence, and nothing to clear. */
int par_call(struct par_client *c,
             const struct par_function *function,
             const struct par_value *args,
             size_t count,
             struct par_result *result,
             struct par_error *err);

/* Ask for the end of a job of this account by its public number, the one that
 * par_status() shows; whoever waits for it hears.  PAR_CODE(PAR_UNKNOWN_ID):
 * there is none (any more). */
int par_cancel_job(struct par_client *c,
                   uint64_t number,
                   enum par_cancel mode,
                   struct par_error *err);

/* Ask for the end of a job, and do not wait for it.  It still has to be waited
 * for; its result says how it ended (a function that returns a value meanwhile
 * has ended well), and comes when nothing of the job is left.  ENOENT: it has
 * ended.  That a job in a thread slot, or one that says "never", runs on is
 * seen while waiting for it: PAR_CODE(PAR_NOT_KILLABLE). */
int par_cancel(struct par_client *c,
               uint64_t job,
               enum par_cancel mode,
               struct par_error *err);

/* While on, every call that waits on this handle returns -1 with EINTR; what
 * was started goes on (of par_call(), without a way to wait for it again).
 * From any thread, and from a signal handler. */
void par_interrupt(struct par_client *c, bool on);

/* ---- streams of commands ---- */

/* Called from a thread that waits (not always the one that waits for this job),
 * in order and one at a time, for each piece of stdout (stream 1) or stderr (2)
 * of a job; `len` 0: the stream has ended.  While it works no output is taken
 * from any job, which stops those that write much.  It may start and cancel
 * jobs, not wait.  Return less than 0 to cancel the job.  Set before the job is
 * started; without it output is dropped. */
typedef int par_stream_f(
    void *context, uint64_t job, int stream, const void *data, size_t len);
void par_on_stream(struct par_client *c, par_stream_f *on, void *context);

/* Called likewise when a job with `attempts` is run again, before the first
 * piece of each stream: what came of this stream before, its end too, counts no
 * more. */
typedef void par_restart_f(void *context, uint64_t job, int stream);
void par_on_restart(struct par_client *c, par_restart_f *on, void *context);

/* Feed a job's standard input (options.input); `end`: no more follows.  Blocks
 * until the job has begun (also with nothing to write) and while it does not
 * read, `timeout` at most; on ETIMEDOUT part of it may have gone.  EPIPE: the
 * job has ended. */
int par_write(struct par_client *c,
              uint64_t job,
              const void *data,
              size_t len,
              bool end,
              int64_t timeout,
              struct par_error *err);

/* ---- many jobs ---- */

struct par_map {
    const struct par_function *function;
    const struct par_run_options *options; /* may be NULL */
    void *context;
    /* Fill up to 8 values of item `index`; return how many, -1 at the end.
     * What they point to must live until the next call.  Nothing is asked for
     * before there is room: an endless source is fine. */
    int (*next)(void *context, uint64_t index, struct par_value *args);
    /* One result, from the calling thread; it is cleared afterwards.  Return
     * non-zero to stop: what has not ended is cancelled. */
    int (*each)(void *context, uint64_t index, const struct par_result *r);
    bool unordered;  /* as they come, else by index */
    uint32_t window; /* jobs in flight; 0: enough */
    int64_t timeout; /* of the whole; 0 or -1: none */
};

/* Returns 0 when the source has ended or each() stopped it: failed jobs are
 * each()'s affair.  -1: an item could not be started (its arguments do not
 * fit), the time is up, the broker has gone; what had not ended is cancelled.
 * Memory is bounded by the window and by 64 MiB of arguments and values.  The
 * two callbacks run in the calling thread and may use the handle. */
int par_map(struct par_client *c,
            const struct par_map *map,
            struct par_error *err);

struct par_reduce {
    struct par_map map;                 /* each is not used */
    const struct par_function *combine; /* two values to one, on workers; must
                                           be associative */
    bool commutative;                   /* may combine in any order: faster */
};

/* Map, and combine the values.  *result is the one that is left, the caller's
 * to clear; a status of PAR_OK and len 0 if there was no item.  The first job
 * that fails ends it: -1 with PAR_CODE(status), naming the item. */
int par_map_reduce(struct par_client *c,
                   const struct par_reduce *reduce,
                   struct par_result *result,
                   struct par_error *err);

/* ---- asking ---- */

/* Is it there?  worker NULL: the broker; else that worker; handle not 0: is
 * that computation set up there?  *rtt_us, the round trip in microseconds, may
 * be NULL.  PAR_CODE(PAR_UNKNOWN_WORKER), PAR_CODE(PAR_UNKNOWN_HANDLE): no. */
int par_ping(struct par_client *c,
             const char *worker,
             uint32_t handle,
             int64_t timeout,
             uint64_t *rtt_us,
             struct par_error *err);

/* "self" "workers" "jobs" "computations" "sessions": a JSON array of the first
 * 100 000 rows (protocol.md P21), NUL-ended, malloc'd: free() it.  Waits for
 * 60 s at most.  EPROTO: the answer cannot be read. */
int par_status(struct par_client *c,
               const char *what,
               char **json,
               struct par_error *err);

/* Wait until `count` workers are registered at once; ETIMEDOUT says how many
 * there were. */
int par_wait_workers(struct par_client *c,
                     unsigned count,
                     int64_t timeout,
                     struct par_error *err);

/* ---- inside another event loop ---- */

/* Poll this for input (POLLIN), and call par_process() when it is readable; do
 * so also before the first poll, and after any other call on the handle: that
 * may have taken in what made it readable.  It belongs to the handle and stays
 * the same; neither read nor close it.  -1: none could be made. */
int par_fd(struct par_client *c);

/* Do what can be done without blocking.  Returns how many results are waiting
 * to be taken (par_wait_any() with timeout 0), or -1; if the broker has gone it
 * waits for it to come back, as par_open() does.  Once a second thread has
 * called it, par_fd() stays readable while results wait to be taken. */
int par_process(struct par_client *c, struct par_error *err);

#ifdef __cplusplus
}
#endif
#endif
