/* spool.h - what a job has written, until it is its turn to be printed
 *
 * Up to SPOOL_MEMORY octets stay in memory; beyond that they go to a file
 * without a name, which is gone with the process however that ends.
 */
#ifndef PAR_CLIENT_SPOOL_H
#define PAR_CLIENT_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <par/error.h>

enum { SPOOL_MEMORY = 1024 * 1024 };

/* All zero is an empty one. */
struct spool {
    char *data;
    size_t len;
    size_t size;
    int file;       /* 0: none (standard input has that number) */
    uint64_t total; /* octets in all */
};

void spool_clear(struct spool *s);

int spool_add(struct spool *s,
              const void *data,
              size_t len,
              struct par_error *err);

/* Write all of it to `fd`, and forget it. */
int spool_print(struct spool *s, int fd, struct par_error *err);

/* write(2) until all is written. */
int spool_write(int fd, const void *data, size_t len, struct par_error *err);

/* To standard output, but gathered: a small value is not worth a write(2) of
 * its own.  It leaves with spool_flush(), and before anything else that
 * spool_write() writes to 1 or 2.  A failure is told by that call and by all
 * that follow. */
int spool_put(const void *data, size_t len, struct par_error *err);
int spool_flush(struct par_error *err);

/* Did what was written to standard output or error (1, 2) last end without a
 * newline? */
bool spool_line_is_open(int fd);

#endif
