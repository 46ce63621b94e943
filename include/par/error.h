/* error.h - what went wrong: a code for programs, a sentence for people
 *
 * Every call of libpar that can fail takes a `struct par_error *` last; NULL
 * is allowed.  It is written only on failure.
 */
#ifndef PAR_ERROR_H
#define PAR_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

#define PAR_ERROR_TEXT 400

/* `code` is an errno value, or PAR_CODE(status) when the answer came over
 * the wire; `text` is one line without a newline. */
struct par_error {
    int code;
    char text[PAR_ERROR_TEXT];
};

#define PAR_CODE(status) (10000 + (int)(status))

/* How a job or a request ended (doc/protocol.md, "Status codes").  Numbers
 * below 200 are the job's own doing, from 200 on Par's, from 300 on the
 * conversation's, from 400 on a matter of rights. */
enum par_status {
    PAR_OK = 0,
    PAR_EXCEPTION = 100,    /* the function reported an error */
    PAR_EXIT = 101,         /* the command ended with another code than 0 */
    PAR_SIGNAL = 102,       /* a signal ended it */
    PAR_TIMEOUT = 103,      /* it ran longer than timeout_ms */
    PAR_OOM = 104,          /* the kernel killed it for memory */
    PAR_CANCELLED = 105,    /* somebody asked for that */
    PAR_BAD_ARGS = 106,     /* the arguments do not fit the signature */
    PAR_LIMIT = 107,        /* it met a resource limit */
    PAR_QUARANTINED = 108,  /* it killed its slot too often */
    PAR_NOT_KILLABLE = 109, /* a thread slot: it runs on */
    PAR_WORKER_LOST = 200,  /* its worker or slot died */
    PAR_NO_CAPACITY = 201,  /* no registered worker could ever run it */
    PAR_OVERLOADED = 202,
    PAR_STORAGE_FULL = 203,
    PAR_EXPIRED = 204, /* queue_ms or deadline_ms passed */
    PAR_INTERNAL = 205,
    PAR_DRAINING = 206,
    PAR_LOST = 207, /* the session ended; the outcome is unknown */
    PAR_SETUP_FAILED = 208,
    PAR_VALUE_LOST = 209,
    PAR_CLOSING = 210,
    PAR_MALFORMED = 300,
    PAR_VERSION = 301,
    PAR_UNSUPPORTED = 302,
    PAR_TOO_LARGE = 303,
    PAR_NO_CREDIT = 304,
    PAR_UNKNOWN_SESSION = 305,
    PAR_UNKNOWN_HANDLE = 306,
    PAR_UNKNOWN_ID = 307,
    PAR_DUPLICATE_ID = 308,
    PAR_UNKNOWN_FUNCTION = 309,
    PAR_UNKNOWN_WORKER = 310,
    PAR_FORBIDDEN = 400,
    PAR_UNAUTHENTICATED = 401,
    PAR_QUOTA = 402,
    PAR_BAD_SIGNATURE = 403
};

/* The name of a status as the documents write it ("WORKER_LOST"); "?" for a
 * number that is none.  Constant; thread-safe, never fails. */
const char *par_status_name(int status);

/* Fill *err (if not NULL) and return -1, so that
 *     return par_fail(err, EINVAL, "slots: %d is below 1", n);
 * is the whole failing path.  Cuts the text at PAR_ERROR_TEXT. */
int par_fail(struct par_error *err, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Put "what: " in front of a message already in *err, and return -1: each
 * layer adds the one fact that it alone knows. */
int par_fail_in(struct par_error *err, const char *what);

#ifdef __cplusplus
}
#endif
#endif
