/* own_keys.h - the broker's own key, and its owner's way in without set-up
 *
 * On its first start a broker makes its key, authorizes the key of the user
 * who starts it, and notes itself in that user's known_brokers under every
 * name and address it answers to: the same user on the same host needs no
 * set-up, everybody else is a stranger.  Later starts leave the list alone: who
 * was revoked stays out.  (A first start is one that finds no broker.key or no
 * list.)
 */
#ifndef PAR_BROKER_OWN_KEYS_H
#define PAR_BROKER_OWN_KEYS_H

#include "keys.h"

enum { OWN_PATH = 4096 };

struct own_keys {
    struct key_pair pair;
    char authorized[OWN_PATH]; /* the file */
    char known[OWN_PATH];      /* the file */
};

/* Make or load everything in `config_dir` (NULL: the user's).  `account` is
 * whose jobs the owner's are on ipc, so that they are the same over tcp. */
int own_keys_open(struct own_keys *own,
                  const char *config_dir,
                  const char *account,
                  struct par_error *err);

/* Note a tcp endpoint, as bound; for a wildcard address every name and
 * address of this host. */
int own_keys_note(struct own_keys *own,
                  const char *endpoint,
                  struct par_error *err);

#endif
