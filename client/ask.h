/* ask.h - STATUS as rows of msgpack, for tables */
#ifndef PAR_CLIENT_ASK_H
#define PAR_CLIENT_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <par/client.h>

#include "meta.h"

/* par_status(), as the answers' bytes: one array of rows after another.  The
 * lock is not held.  *cut (may be NULL): the broker has more rows than it was
 * asked for. */
int client_rows(struct par_client *c,
                const char *what,
                struct meta_writer *rows,
                bool *cut,
                struct par_error *err);

struct rows {
    struct meta_reader arrays;
    struct meta_reader row;
    size_t left;
};

/* Of what client_rows() brought. */
struct rows rows_read(const struct meta_writer *bytes);

/* The next row, a checked msgpack value; false after the last. */
bool rows_next(struct rows *r, const uint8_t **row, size_t *len);

#endif
