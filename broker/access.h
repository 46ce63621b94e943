/* access.h - what a peer may be: from its key or its uid, never from its word
 *
 * The list of authorized keys is read from its file and again when the file
 * changes (within a second, wherever it is changed); a bad file keeps the old
 * list, one that is gone for half a second
 * is an empty list.
 */
#ifndef PAR_BROKER_ACCESS_H
#define PAR_BROKER_ACCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "keys.h"
#include "link.h"

struct access_rule {
    unsigned roles;
    char account[KEY_NAME];
    char line[KEY_TEXT + KEY_NAME]; /* "KEY NAME", as parctl allow takes it; ""
                                       where keys are not asked for */
};

struct access;

/* `file` NULL: no keys at all.  `owner`: the uid that may be everything on
 * ipc.  Starts watching the file. */
struct access *access_open(const char *file, uid_t owner, struct par_error *);
void access_close(struct access *a); /* NULL allowed */

/* Readable when the file may have changed; -1 if there is no file. */
int access_fd(const struct access *a);

/* Read the file again if it has changed; true if there is a new list.  At
 * every turn; `now` in milliseconds. */
bool access_reload(struct access *a, uint64_t now);

/* When it has something to do although nothing happens; UINT64_MAX: never. */
uint64_t access_deadline(const struct access *a);

/* The same now, whatever the watch says (SIGHUP). */
bool access_read(struct access *a);

/* A list of its own for the ZAP handler; NULL if it cannot be read now. */
struct authorized *access_list(const struct access *a);

/* What this peer may be.  False: nothing, cut it off. */
bool access_rule(const struct access *a,
                 const struct link_peer *peer,
                 struct access_rule *rule);

#endif
