/* words.h - what a command is made of: its words, its folder */
#ifndef PAR_WORKER_WORDS_H
#define PAR_WORKER_WORDS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <par/error.h>

#include "bundle.h"

enum { WORDS_COUNT = 65536 };

/* The manifest's words and then the payload's (a msgpack array of strings): a
 * NULL-ended array, words_free() it.  NULL: EINVAL, with what is wrong. */
char **words_of(const struct bundle *b,
                const void *payload,
                size_t len,
                struct par_error *err);
void words_free(char **words);

/* Make the folder `to` with copies of a bundle's files, which lie in `from`.
 * May wait for the disk; fails with ECANCELED soon after *given_up is set. */
int words_folder(const char *to,
                 const char *from,
                 const struct bundle *b,
                 const atomic_bool *given_up,
                 struct par_error *err);

#endif
