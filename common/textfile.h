/* textfile.h - small files that people edit and programs rewrite
 *
 * Keys and lists of keys.  A file is read only if none but its owner (and
 * root) can have written it, and it is written whole or not at all.
 */
#ifndef PAR_COMMON_TEXTFILE_H
#define PAR_COMMON_TEXTFILE_H

#include <stdbool.h>
#include <stddef.h>

#include <par/error.h>

enum { TEXTFILE_MAX = 8 * 1024 * 1024, TEXTFILE_WORD = 320 };

enum textfile_kind {
    TEXTFILE_SECRET, /* ours, and nobody else may read it */
    TEXTFILE_TRUSTED /* ours or root's, and nobody else may write it, nor its
                        folder */
};

/* Read the whole file into *text (malloc'd, NUL-ended; wipe a secret before
 * freeing it).  Refuses a symlink and anything but a regular file.  ENOENT if
 * there is none. */
int textfile_read(const char *path,
                  enum textfile_kind kind,
                  char **text,
                  struct par_error *err);

/* Before a secret is written to `fd`, which somebody else has opened (a shell's
 * `>FILE`): make the file ours alone.  Fails if it is another's (EPERM; root's
 * will do, if it is private), or if somebody has it open who may have opened it
 * when others could (EBUSY; a file system without leases, as NFS, cannot tell).
 * What is no file is no matter.
 */
int textfile_make_private(int fd, struct par_error *err);

/* Write a new file, 0600, in a folder made if missing.  EEXIST if there is a
 * file already: nothing is ever overwritten.  EPERM if the folder is another's
 * (root's will do), or others can write it. */
int textfile_create(const char *path, const char *text, struct par_error *err);

/* Wait for the lock that whoever rewrites `path` must hold.  It lies beside
 * the file, because the file itself is replaced, in a folder made and refused
 * as by textfile_create().  Returns what textfile_unlock() takes, or -1. */
int textfile_lock(const char *path, struct par_error *err);
void textfile_unlock(int lock);

/* The first two words of a line.  Returns how many there are: 0 for an empty
 * line or a comment; a word too long for its room makes the line a comment
 * too, for no key or name is that long. */
int textfile_words(const char *line,
                   size_t len,
                   char first[TEXTFILE_WORD],
                   char second[TEXTFILE_WORD]);

typedef bool (*textfile_match_f)(const char *first,
                                 const char *second,
                                 const void *what);

/* Take out the lines whose first two words match, and put `line` (NULL: none)
 * where the first of them was, or at the end; all else stays as it is.
 * Returns how many matched, or -1.  A file that is not there counts as empty;
 * it is not written if nothing changes.  The lock must be held. */
int textfile_edit(const char *path,
                  textfile_match_f match,
                  const void *what,
                  const char *line,
                  struct par_error *err);

#endif
