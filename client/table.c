/* table.c - cells measured, then printed; what peers wrote made harmless */
#include "config.h"

#include "table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "plain.h"

enum { COLUMNS = 16, CELL = 256 };

static void put_ms(char *cell, int64_t ms)
{
    if (ms < 1000)
        snprintf(cell, CELL, "%" PRId64 "ms", ms);
    else if (ms < 100 * 1000)
        snprintf(cell, CELL, "%.1fs", (double)ms / 1000);
    else
        snprintf(cell, CELL, "%" PRId64 "s", ms / 1000);
}

/* What a peer sent, fit for a terminal. */
static void put_plain(char *cell, const void *data, size_t len)
{
    char text[CELL];

    snprintf(text, sizeof text, "%.*s", (int)len, (const char *)data);
    cell[plain_put(cell, 0, CELL - 1, text, false)] = '\0';
}

/* A value as one cell; compounds as JSON. */
static void put_value(char *cell,
                      const struct meta_value *v,
                      const uint8_t *raw,
                      size_t len,
                      enum column_kind kind)
{
    struct meta_writer json = {0};

    if (v->kind == META_STR) {
        put_plain(cell, v->data, v->len);
    } else if (v->kind == META_INT && kind == COLUMN_MS) {
        put_ms(cell, v->i);
    } else if ((v->kind == META_MAP || v->kind == META_ARRAY) && v->len == 0) {
        cell[0] = '\0';
    } else if (meta_json(&json, raw, len) == 0) {
        put_plain(cell, json.data, json.len);
    }
    meta_writer_clear(&json);
}

/* The value of a text key in a row, with its octets; false if it has none. */
static bool find(const uint8_t *row,
                 size_t row_len,
                 const char *key,
                 struct meta_value *v,
                 const uint8_t **raw,
                 size_t *len)
{
    struct meta_reader r = meta_read(row, row_len);
    struct meta_value map, name;

    if (!meta_next(&r, &map) || map.kind != META_MAP)
        return false;
    for (size_t i = 0; i < map.len; i++) {
        struct meta_reader peek;

        if (!meta_next(&r, &name))
            return false;
        peek = r;
        if (!meta_next(&peek, v) || !meta_skip(&r, raw, len))
            return false;
        if (meta_is(&name, key))
            return true;
    }
    return false;
}

static void put_cell(char *cell,
                     const uint8_t *row,
                     size_t row_len,
                     const struct column *column)
{
    struct meta_value v;
    const uint8_t *raw;
    size_t len;

    cell[0] = '\0';
    if (find(row, row_len, column->key, &v, &raw, &len) && v.kind != META_NIL)
        put_value(cell, &v, raw, len, column->kind);
}

/* Characters, as far as UTF-8 tells. */
static int width_of(const char *text)
{
    int n = 0;

    for (; *text; text++)
        n += (*text & 0xC0) != 0x80;
    return n;
}

static void print_cell(const char *cell,
                       int width,
                       bool to_the_right,
                       bool last)
{
    int pad = width - width_of(cell);

    if (to_the_right)
        printf("%*s", pad, "");
    fputs(cell, stdout);
    if (!last)
        printf("%*s", (to_the_right ? 0 : pad) + 2, "");
}

/* How wide each column is; 0 for one that no row has. */
static void measure(const struct meta_writer *bytes,
                    const struct column *columns,
                    int *widths)
{
    struct rows rows = rows_read(bytes);
    const uint8_t *row;
    char cell[CELL];
    size_t len;

    while (rows_next(&rows, &row, &len)) {
        for (size_t i = 0; columns[i].key; i++) {
            put_cell(cell, row, len, &columns[i]);
            if (width_of(cell) > widths[i])
                widths[i] = width_of(cell);
        }
    }
    for (size_t i = 0; columns[i].key; i++)
        if (widths[i] > 0 && width_of(columns[i].title) > widths[i])
            widths[i] = width_of(columns[i].title);
}

static void print_row(const struct column *columns,
                      const int *widths,
                      const uint8_t *row,
                      size_t len)
{
    size_t last = 0;
    char cell[CELL];

    for (size_t i = 0; columns[i].key; i++)
        if (widths[i] > 0)
            last = i;
    for (size_t i = 0; columns[i].key; i++) {
        if (widths[i] == 0)
            continue;
        if (row)
            put_cell(cell, row, len, &columns[i]);
        else
            snprintf(cell, sizeof cell, "%s", columns[i].title);
        print_cell(cell, widths[i], columns[i].kind != COLUMN_TEXT, i == last);
    }
    putchar('\n');
}

void table_print(const struct meta_writer *bytes, const struct column *columns)
{
    struct rows rows = rows_read(bytes);
    int widths[COLUMNS] = {0};
    const uint8_t *row;
    size_t len;
    bool any = false;

    measure(bytes, columns, widths);
    while (rows_next(&rows, &row, &len)) {
        if (!any)
            print_row(columns, widths, NULL, 0);
        any = true;
        print_row(columns, widths, row, len);
    }
}

int table_print_json(const struct meta_writer *bytes)
{
    struct rows rows = rows_read(bytes);
    struct meta_writer line = {0};
    const uint8_t *row;
    size_t len;
    int rc = 0;

    while (rc == 0 && rows_next(&rows, &row, &len)) {
        meta_writer_reset(&line);
        rc = meta_json(&line, row, len);
        if (rc == 0)
            printf("%.*s\n", (int)line.len, (const char *)line.data);
    }
    meta_writer_clear(&line);
    return rc;
}

int table_print_line(struct meta_writer *value)
{
    struct meta_writer line = {0};
    int rc = value->failed ? -1 : meta_json(&line, value->data, value->len);

    if (rc == 0)
        printf("%.*s\n", (int)line.len, (const char *)line.data);
    meta_writer_clear(&line);
    meta_writer_clear(value);
    return rc;
}

void table_print_pairs(const struct meta_writer *bytes)
{
    struct rows rows = rows_read(bytes);
    const uint8_t *row, *raw;
    size_t row_len, len;
    char title[CELL];
    char cell[CELL];

    while (rows_next(&rows, &row, &row_len)) {
        struct meta_reader r = meta_read(row, row_len);
        struct meta_value map, key, v;

        if (!meta_next(&r, &map) || map.kind != META_MAP)
            continue;
        for (size_t i = 0; i < map.len && meta_next(&r, &key); i++) {
            struct meta_reader peek = r;

            if (!meta_next(&peek, &v) || !meta_skip(&r, &raw, &len))
                break;
            put_plain(title, key.data, key.kind == META_STR ? key.len : 0);
            cell[0] = '\0';
            put_value(cell, &v, raw, len, COLUMN_TEXT);
            printf("%-20s %s\n", title, cell);
        }
    }
}
