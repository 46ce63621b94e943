/* table.h - rows of STATUS as an aligned table, or as JSON */
#ifndef PAR_CLIENT_TABLE_H
#define PAR_CLIENT_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "meta.h"

enum column_kind { COLUMN_TEXT, COLUMN_NUMBER, COLUMN_MS };

struct column {
    const char *key;   /* of the row's map; NULL ends the list */
    const char *title; /* NULL: shown only with --json */
    enum column_kind kind;
};

/* Print the rows that client_rows() brought.  A column that no row has is left
 * out.  Control characters, which peers may have sent, are not printed. */
void table_print(const struct meta_writer *rows, const struct column *columns);

/* One JSON object a line.  Returns -1 for rows that are none. */
int table_print_json(const struct meta_writer *rows);

/* One msgpack value as a line of JSON; gives its memory back. */
int table_print_line(struct meta_writer *value);

/* Each pair of each row on a line of its own: "key  value". */
void table_print_pairs(const struct meta_writer *rows);

#endif
