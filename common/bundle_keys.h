/* bundle_keys.h - the words of a manifest, for who writes and who reads it */
#ifndef PAR_COMMON_BUNDLE_KEYS_H
#define PAR_COMMON_BUNDLE_KEYS_H

#include "bundle.h"
#include "meta_keys.h"

/* From here on unknown keys are ignored. */
enum { BUNDLE_KEYS = 64 };

extern const char *const bundle_hook_names[BUNDLE_HOOKS];
extern const char *const bundle_limit_names[BUNDLE_LIMITS];

/* What stands under a key of the manifest, and who reads it: the kind of *v
 * has been checked, and r spans what is inside it. */
struct bundle_field {
    const char *name;
    int (*read)(struct bundle *b,
                const struct meta_value *v,
                struct meta_reader r,
                struct par_error *err);
    enum meta_kind kind;
};

/* By key; read is NULL where there is none. */
extern const struct bundle_field bundle_fields[BUNDLE_KEYS];

enum { BUNDLE_QUOTE = 100 /* octets of a quoted value in an error */ };

/* "`VALUE' WHAT"; returns -1. */
int bundle_fail(struct par_error *err,
                int code,
                struct bundle_text text,
                const char *what);

/* The place of a word in one of these tables; `count` if it is not there. */
size_t bundle_find_word(const char *const *names,
                        size_t count,
                        const char *text,
                        size_t len);

/* Is it a number from 0 on?  A float with an integral value is (P2). */
bool bundle_is_uint(const struct meta_value *v, uint64_t *n);

#endif
