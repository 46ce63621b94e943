/* keys.h - CURVE keys in files, as ssh has them
 *
 * id.key is who I am; `authorized` beside the broker's key lists who may come
 * in as what; `known_brokers` maps an endpoint to the broker's public key.
 * A key file has the format of CZMQ's zcert (ZPL, RFC 4 of zeromq.org):
 * ZeroMQ users know it.  A public key is written as 40 characters of Z85
 * (RFC 32 of zeromq.org).
 */
#ifndef PAR_COMMON_KEYS_H
#define PAR_COMMON_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <par/error.h>

enum { KEY_SIZE = 32, KEY_TEXT = 41, KEY_NAME = 64, KEY_HEX = 65 };

struct key_pair {
    uint8_t public_key[KEY_SIZE];
    uint8_t secret_key[KEY_SIZE];
    char name[KEY_NAME]; /* "user@host": a label for people */
};

void key_text(const uint8_t *key, char text[KEY_TEXT]);
bool key_parse(const char *text, uint8_t *key);
void key_hex(const uint8_t *key, char hex[KEY_HEX]); /* as in link_peer.user */

/* A label: at most 63 of the letters, digits and `._@+:-`, the first a letter,
 * a digit or `_`. */
bool key_name_ok(const char *name);

/* A path (it has a `/`), or a bare name in the config folder: "hostb" and
 * "hostb.key" are both .../hostb.key. */
int keys_resolve(const char *key,
                 char *path,
                 size_t size,
                 struct par_error *err);

/* Load a secret key.  Refuses a symlink, a file of another owner, and one
 * that others can read (and says: chmod 600 PATH).  ENOENT if there is none.
 * What is no label in the file's name is made one. */
int keys_load(const char *path, struct key_pair *pair, struct par_error *err);

/* Make a new pair, in memory alone.  The text of its public key does not begin
 * with a `-'. */
int keys_make(struct key_pair *pair, const char *name, struct par_error *err);

/* Make a new pair and its file, 0600, in a folder made 0700 if missing;
 * refuses one that others can write.  `name` NULL: user@host.  Never
 * overwrites: EEXIST. */
int keys_create(const char *path,
                const char *name,
                struct key_pair *pair,
                struct par_error *err);

/* Load, or make on first need; two processes that need it at once get the
 * same.  `name` NULL: "user@host". */
int keys_need(const char *path,
              const char *name,
              struct key_pair *pair,
              struct par_error *err);

void keys_wipe(struct key_pair *pair);

/* ---- known_brokers ---- */

/* A line is `ENDPOINT KEY`, with `#` comments; what follows is a comment too.
 * Endpoints are compared without regard to case. */

/* The key noted for `endpoint` ("tcp://host:7270").  Returns 1, 0 if there is
 * none (or no file), -1 if the file is bad or others can write it. */
int known_find(const char *file,
               const char *endpoint,
               uint8_t *key,
               struct par_error *err);

/* Note it.  EEXIST if another key is noted and `replace` is false (the text
 * shows both).  The file is replaced atomically, under a lock. */
int known_add(const char *file,
              const char *endpoint,
              const uint8_t *key,
              bool replace,
              struct par_error *err);

/* ---- authorized ---- */

enum role { ROLE_CLIENT = 1, ROLE_WORKER = 2, ROLE_ADMIN = 4, ROLE_ALL = 7 };

struct authorized_entry {
    uint8_t key[KEY_SIZE];
    char name[KEY_NAME];
    char account[KEY_NAME]; /* whose jobs; the name where the line says none */
    unsigned roles;
};

/* The list, immutable once loaded.  A line is
 *     KEY NAME role[,role] [account=NAME] [# comment]
 * and a bad one spoils the file: who may come in is never guessed at.  A file
 * that others can write is refused.  A missing file is an empty list. */
struct authorized;
struct authorized *authorized_load(const char *file, struct par_error *err);
void authorized_destroy(struct authorized *a);
const struct authorized_entry *authorized_find(const struct authorized *a,
                                               const uint8_t *key);
const struct authorized_entry *authorized_find_hex(const struct authorized *a,
                                                   const char *hex);
const struct authorized_entry *authorized_at(const struct authorized *a,
                                             size_t i); /* NULL past the end */

/* One line of that form, for those who are handed one (parctl allow 'LINE').
 * Roles may be missing: they are then 0.  The text of a failure begins with
 * the field's name. */
int authorized_parse(const char *line,
                     struct authorized_entry *entry,
                     struct par_error *err);

/* Add or replace the line of entry->key (EEXIST if its name, which is its
 * account then, is another key's name or account); remove the line of a key, or
 * every line of a name (ENOENT if there is none).  Atomic, under a lock; other
 * lines stay as they are, but a bad one among them fails the call: with it a
 * broker would keep its old list. */
int authorized_add(const char *file,
                   const struct authorized_entry *entry,
                   struct par_error *err);
int authorized_remove(const char *file,
                      const char *key_or_name,
                      struct par_error *err);

/* "client,worker" <-> mask; 0 for a word that is no role. */
unsigned roles_parse(const char *text);
void roles_text(unsigned roles, char *text, size_t size);

#endif
