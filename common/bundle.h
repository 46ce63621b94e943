/* bundle.h - the manifest of a computation: what it is, octet for octet
 *
 * doc/protocol.md P8 says what each key means.  The identity of a computation
 * is the digest of the manifest's octets, so they are written in one way
 * only: keys ascending, shortest forms, no key that says nothing.
 *
 *     struct bundle_draft   what a client knows        bundle_encode()
 *     struct bundle         a view into foreign octets bundle_decode()
 *
 * A view owns nothing: lists are walked where they stand.
 */
#ifndef PAR_COMMON_BUNDLE_H
#define PAR_COMMON_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <par/error.h>

#include "digest.h"
#include "meta.h"

enum {
    BUNDLE_NAME = 128,    /* octets of a computation's name */
    BUNDLE_FUNCTION = 63, /* of a function's */
    BUNDLE_FILES = 1000,
    BUNDLE_FUNCTIONS = 1000,
    BUNDLE_ENTRIES = 4096, /* of each other list */
    BUNDLE_PATH = 4096,    /* octets */
    BUNDLE_COMPONENT = 255
};

#define BUNDLE_FILE_MAX (UINT64_C(2) << 30) /* octets of one file */

enum bundle_kind {
    BUNDLE_SELF,
    BUNDLE_OBJECT,
    BUNDLE_SOURCE,
    BUNDLE_EXEC,
    BUNDLE_PYTHON,
    BUNDLE_KINDS
};

/* In the order of enum par_hook, which begins at 1 with these. */
enum bundle_hook {
    BUNDLE_HOST_SETUP,
    BUNDLE_SLOT_SETUP,
    BUNDLE_CLIENT_SETUP,
    BUNDLE_CLIENT_CLOSE,
    BUNDLE_SLOT_CLOSE,
    BUNDLE_HOST_CLOSE,
    BUNDLE_HOOKS
};

enum bundle_limit {
    BUNDLE_CPU,    /* s */
    BUNDLE_FSIZE,  /* octets */
    BUNDLE_MEM,    /* octets */
    BUNDLE_NOFILE, /* file descriptors */
    BUNDLE_NPROC,  /* processes */
    BUNDLE_WALL,   /* ms */
    BUNDLE_LIMITS
};

/* Octets that belong to somebody else; no NUL ends them.  data is NULL where
 * nothing was said. */
struct bundle_text {
    const char *data;
    size_t len;
};

struct bundle_function {
    struct bundle_text name;
    struct bundle_text signature;
};

struct bundle_file {
    struct bundle_text path;
    struct digest hash;
    uint64_t size;
    unsigned mode; /* permission bits; never 022 after decoding */
};

struct bundle_pair {
    struct bundle_text key;
    struct bundle_text value;
};

/* The caller's own place: for a worker on the same host and uid. */
struct bundle_local {
    struct bundle_text host_id;
    uint32_t uid;
    struct bundle_text cwd;
    unsigned umask;
};

static inline struct bundle_text bundle_text(const char *text)
{
    return (struct bundle_text){text, text ? strlen(text) : 0};
}

static inline bool bundle_text_is(struct bundle_text text, const char *other)
{
    return text.data && text.len == strlen(other) &&
           memcmp(text.data, other, text.len) == 0;
}

/* "object"; and back: BUNDLE_KINDS for a word that is none. */
const char *bundle_kind_name(enum bundle_kind kind);
enum bundle_kind bundle_kind_parse(const char *text, size_t len);

/* ---- names and paths ---- */

/* A name of a computation or a function: printable ASCII without white space,
 * `:' and `/', of 1 to `max` octets. */
bool bundle_name_is_good(const char *name, size_t len, size_t max);

/* What makes a path unfit to be created below a worker's directory, in words;
 * NULL if nothing does.  Safe is: relative, 1 to 4096 octets, components of 1
 * to 255 octets, none of them `.' or `..', no zero octet.  Links that may lie
 * on the way are the business of who opens it (openat2). */
const char *bundle_path_fault(const char *path, size_t len);
bool bundle_path_is_safe(const char *path, size_t len);

/* ---- writing ---- */

/* What goes into a manifest; borrowed.  All zero says nothing but the kind. */
struct bundle_draft {
    const char *name;
    enum bundle_kind kind;
    const struct bundle_function *functions;
    size_t function_count;
    const struct bundle_file *files; /* the first is what gets started */
    size_t file_count;
    const char *hooks[BUNDLE_HOOKS]; /* a function's name, or NULL */
    struct bundle_pair *env;         /* gets sorted by key, in place */
    size_t env_count;
    uint64_t limits[BUNDLE_LIMITS]; /* 0: none */
    bool keep_files;                /* not removed when it is closed */
    uint64_t max_file_size;         /* 0: what the worker says */
    const struct bundle_text *argv; /* exec: before each run's own words */
    size_t argv_count;
    const struct bundle_local *local; /* or NULL */
    struct bundle_pair *local_env;    /* gets sorted by key, in place */
    size_t local_env_count;
};

/* Append the manifest to `out`.  Fails as bundle_decode() does where the
 * result would be refused, and with ENOMEM. */
int bundle_encode(struct meta_writer *out,
                  const struct bundle_draft *draft,
                  struct par_error *err);

/* ---- reading ---- */

/* A view; points into the octets given to bundle_decode().  Copy a reader and
 * step through it with the functions below. */
struct bundle {
    struct bundle_text name;
    enum bundle_kind kind;
    size_t function_count;
    struct meta_reader functions;
    size_t file_count;
    struct meta_reader files;
    struct bundle_text hooks[BUNDLE_HOOKS];
    size_t env_count;
    struct meta_reader env;
    uint64_t limits[BUNDLE_LIMITS]; /* 0: none */
    bool cleanup;
    uint64_t max_file_size; /* 0: not said */
    size_t argv_count;
    struct meta_reader argv;
    bool has_local;
    struct bundle_local local;
    size_t local_env_count;
    struct meta_reader local_env;
};

/* Read foreign octets.  Fails with EINVAL for what breaks a rule (MALFORMED),
 * ENOTSUP for what is not built (UNSUPPORTED), E2BIG beyond a limit
 * (TOO_LARGE); the text quotes what.  What was decoded is checked all through:
 * stepping through the lists cannot fail. */
int bundle_decode(struct bundle *b,
                  const void *data,
                  size_t len,
                  struct par_error *err);

/* Step through a copy of a list's reader; false after the last one.  The
 * texts of argv, env and local hold no zero octet. */
bool bundle_next_function(struct meta_reader *r, struct bundle_function *f);
bool bundle_next_file(struct meta_reader *r, struct bundle_file *file);
bool bundle_next_pair(struct meta_reader *r, struct bundle_pair *pair);
bool bundle_next_text(struct meta_reader *r, struct bundle_text *text);

#endif
