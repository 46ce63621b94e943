/* test_protocol_doc.c - doc/protocol.md and the code say the same
 *
 * Its tables are read here, and compared both ways with what common/ compiles
 * to.
 */
#include "config.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <par/error.h>

#include "broker/run_options.h"
#include "wire.h"

TestSuite(protocol_doc, .timeout = 10);

enum { CELLS = 8, ROWS = 80 };

struct table {
    char *text; /* the section; the cells point into it */
    size_t rows;
    char *cell[ROWS][CELLS];
};

static char *read_source(const char *name)
{
    const char *top = getenv("top_srcdir");
    char path[4096];
    char *text = NULL;
    size_t size = 0;
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", top ? top : ".", name);
    f = fopen(path, "r");
    cr_assert(f != NULL, "cannot open %s", path);
    cr_assert(getdelim(&text, &size, '\0', f) > 0, "%s is empty", path);
    fclose(f);
    return text;
}

/* The text under the line that begins with `heading`, to the next heading;
 * malloc'd. */
static char *section(const char *heading)
{
    char *text = read_source("doc/protocol.md");
    char *at = text;
    char *end;
    char *copy;

    while ((at = strstr(at, heading)) && at[-1] != '\n')
        at++;
    cr_assert(at != NULL, "no line begins with `%s'", heading);
    at = strchr(at, '\n') + 1;
    end = strstr(at, "\n#");
    copy = strndup(at, end ? (size_t)(end - at) : strlen(at));
    free(text);
    return copy;
}

static char *trim(char *s)
{
    char *end = s + strlen(s);

    while (isspace((unsigned char)*s))
        s++;
    while (end > s && isspace((unsigned char)end[-1]))
        *--end = '\0';
    return s;
}

static void add_row(struct table *t, char *line)
{
    char *cell;
    size_t i = 0;

    cr_assert(t->rows < ROWS);
    strsep(&line, "|");
    while (i < CELLS && (cell = strsep(&line, "|")) && line)
        t->cell[t->rows][i++] = trim(cell);
    while (i < CELLS)
        t->cell[t->rows][i++] = "";
    t->rows++;
}

/* The rows of the section's first table, without its head. */
static struct table *read_table(const char *heading)
{
    struct table *t = calloc(1, sizeof *t);
    char *rest;
    char *line;
    int seen = 0;

    t->text = rest = section(heading);
    while ((line = strsep(&rest, "\n"))) {
        if (line[0] != '|' && seen)
            break;
        if (line[0] == '|' && seen++ >= 2)
            add_row(t, line);
    }
    cr_assert(t->rows > 0, "no table under `%s'", heading);
    return t;
}

static void free_table(struct table *t)
{
    free(t->text);
    free(t);
}

static const char *find_row(const struct table *t, const char *name, int at)
{
    for (size_t i = 0; i < t->rows; i++)
        if (strcmp(t->cell[i][0], name) == 0)
            return t->cell[i][at];
    return NULL;
}

Test(protocol_doc, types_are_those_of_the_code)
{
    struct table *t = read_table("## P4.");
    size_t named = 0;

    for (size_t i = 0; i < t->rows; i++) {
        unsigned code = (unsigned)strtoul(t->cell[i][0], NULL, 16);
        const char *name = wire_type_name(code);

        cr_assert(eq(str, (char *)(name ? name : "?"), t->cell[i][1]),
                  "type 0x%s", t->cell[i][0]);
    }
    for (unsigned code = 0; code < 256; code++)
        named += wire_type_name(code) != NULL;
    cr_assert(eq(sz, t->rows, named));
    free_table(t);
}

Test(protocol_doc, every_type_says_who_may_send_it)
{
    struct table *types = read_table("## P4.");
    struct table *roles = read_table("## P17.");

    cr_assert(eq(sz, roles->rows, types->rows));
    for (size_t i = 0; i < types->rows; i++) {
        const char *name = types->cell[i][1];
        const char *direction = types->cell[i][2];
        const char *client = find_row(roles, name, 1);
        const char *worker = find_row(roles, name, 3);

        cr_assert(client != NULL, "%s is not in P17", name);
        if (strcmp(direction, "C>B>W") == 0)
            cr_assert(client[0] != '\0' && worker[0] == '\0', "%s", name);
        if (strcmp(direction, "W>B>C") == 0)
            cr_assert(worker[0] != '\0' && client[0] == '\0', "%s", name);
    }
    free_table(types);
    free_table(roles);
}

Test(protocol_doc, what_is_not_built_is_listed)
{
    struct table *types = read_table("## P4.");
    struct table *options = read_table("## P7.");
    char *list = section("## P19.");
    char text[100];

    for (size_t i = 0; i < types->rows; i++)
        if (strcmp(types->cell[i][5], "UNSUPPORTED") == 0)
            cr_assert(strstr(list, types->cell[i][1]) != NULL, "P19 lacks %s",
                      types->cell[i][1]);
    for (size_t i = 0; i < options->rows; i++) {
        snprintf(text, sizeof text, " %s %s", options->cell[i][0],
                 options->cell[i][1]);
        if (strcmp(options->cell[i][5], "UNSUPPORTED") == 0)
            cr_assert(strstr(list, text) != NULL, "P19 lacks%s", text);
    }
    free(list);
    free_table(options);
    free_table(types);
}

/* No option takes nil: what the broker looks at is refused. */
Test(protocol_doc, options_are_refused_by_the_name_that_is_documented)
{
    struct table *t = read_table("## P7.");

    for (size_t i = 0; i < t->rows; i++) {
        unsigned key = (unsigned)strtoul(t->cell[i][0], NULL, 10);
        uint8_t meta[] = {0x81, 0xCC, (uint8_t)key, 0xC0}; /* {key: nil} */
        struct run_options options;
        struct par_error err;
        char text[100];

        snprintf(text, sizeof text, "option %s (%u)", t->cell[i][1], key);
        if (run_options_parse(&options, meta, sizeof meta, &err) != PAR_OK)
            cr_assert(strstr(err.text, text) != NULL, "%s", err.text);
    }
    free_table(t);
}

Test(protocol_doc, statuses_are_those_of_the_code)
{
    struct table *t = read_table("## P10.");
    size_t named = 0;

    for (size_t i = 0; i < t->rows; i++)
        cr_assert(
            eq(str,
               (char *)par_status_name((int)strtol(t->cell[i][0], NULL, 10)),
               t->cell[i][1]),
            "status %s", t->cell[i][0]);
    for (int status = 0; status < 1000; status++)
        named += strcmp(par_status_name(status), "?") != 0;
    cr_assert(eq(sz, t->rows, named));
    free_table(t);
}

Test(protocol_doc, reasons_are_those_of_the_code)
{
    struct table *t = read_table("### GOODBYE");

    cr_assert(eq(sz, t->rows, WIRE_REASONS));
    for (size_t i = 0; i < t->rows; i++) {
        cr_assert(eq(ulong, strtoul(t->cell[i][0], NULL, 10), i));
        cr_assert(eq(str, (char *)wire_reason_name(i), t->cell[i][1]));
    }
    free_table(t);
}

struct constant {
    const char *name;
    unsigned long value;
};

Test(protocol_doc, flags_are_those_of_the_code)
{
    static const struct constant flags[] = {
        {"FINAL", WIRE_FINAL},     {"RETRY", WIRE_RETRY},
        {"DURABLE", WIRE_DURABLE}, {"DETACH", WIRE_DETACH},
        {"BLOBREF", WIRE_BLOBREF},
    };
    const size_t count = sizeof flags / sizeof flags[0];
    struct table *t = read_table("## P3.");
    char *text = section("## P3.");

    cr_assert(eq(sz, t->rows, count));
    for (size_t i = 0; i < count; i++) {
        cr_assert(eq(str, t->cell[i][1], (char *)flags[i].name));
        cr_assert(eq(ulong, strtoul(t->cell[i][0], NULL, 16), flags[i].value));
    }
    cr_assert(eq(int, WIRE_CRITICAL, 0xF000));
    cr_assert(strstr(text, "unknown bit of `0xF000` is critical") != NULL);
    free(text);
    free_table(t);
}

#define LIMIT(name)                                                            \
    {                                                                          \
#name, name                                                            \
    }
static const struct constant limits[] = {
    LIMIT(WIRE_HEADER),    LIMIT(WIRE_RUN_ITEM),    LIMIT(WIRE_RESULT_ITEM),
    LIMIT(WIRE_META_MAX),  LIMIT(WIRE_ITEM_MAX),    LIMIT(WIRE_FRAME_MAX),
    LIMIT(WIRE_ITEMS_MAX), LIMIT(WIRE_PACKED_MAX),  LIMIT(WIRE_BATCH_BYTES),
    LIMIT(WIRE_CHUNK_MAX), LIMIT(WIRE_MESSAGE_MAX), LIMIT(WIRE_PORT),
};
enum { LIMITS = sizeof limits / sizeof limits[0] };

static const struct constant *find_limit(const char *name)
{
    for (size_t i = 0; i < LIMITS; i++)
        if (strcmp(limits[i].name, name) == 0)
            return &limits[i];
    return NULL;
}

Test(protocol_doc, limits_are_those_of_the_code)
{
    struct table *t = read_table("## P15.");
    size_t named = 0;

    for (size_t i = 0; i < t->rows; i++) {
        const struct constant *limit = find_limit(t->cell[i][2]);

        if (!*t->cell[i][2])
            continue;
        named++;
        cr_assert(limit != NULL, "%s is no limit of wire.h", t->cell[i][2]);
        cr_assert(eq(ulong, strtoul(t->cell[i][1], NULL, 10), limit->value),
                  "%s", limit->name);
    }
    cr_assert(eq(sz, named, LIMITS));
    free_table(t);
}

/* Else a new one could be forgotten above, and then in the document. */
Test(protocol_doc, limits_of_the_header_are_all_compared)
{
    char *text = read_source("common/wire.h");
    char *at = strstr(text, "enum {");
    char *end = strstr(at, "};");
    size_t found = 0;

    *end = '\0';
    while ((at = strstr(at, "WIRE_"))) {
        char *name = strsep(&at, " =");

        cr_assert(find_limit(name) != NULL, "%s is not in the table here",
                  name);
        found++;
    }
    cr_assert(eq(sz, found, LIMITS));
    free(text);
}

/* The tables of metadata keys, and what the names of their keys begin with in
 * common/meta_keys.h. */
static const struct group {
    const char *heading;
    const char *prefix;
} groups[] = {
    {"## P6.", "KEY_ANY_"},
    {"### HELLO", "KEY_HELLO_"},
    {"#### The map of HELLO's key 25", "KEY_HOST_"},
    {"### WELCOME", "KEY_WELCOME_"},
    {"#### The map of WELCOME's key 12", "KEY_LIMIT_"},
    {"### PING", "KEY_PING_"},
    {"### ERROR", "KEY_ERROR_"},
    {"### CREDIT", "KEY_CREDIT_"},
    {"### STREAM", "KEY_STREAM_"},
    {"### CANCEL", "KEY_CANCEL_"},
    {"### REGISTER", "KEY_REGISTER_"},
    {"### RECALL", "KEY_RECALL_"},
    {"### RESOLVE", "KEY_RESOLVE_"},
    {"### BLOB-NEED", "KEY_BLOB_"},
    {"### STATUS", "KEY_STATUS_"},
    {"## P7.", "KEY_RUN_"},
    {"### The manifest", "KEY_MANIFEST_"},
    {"#### The map of the manifest's key 20", "KEY_LOCAL_"},
    {"### SETUP\n", "KEY_SETUP_"},
    {"### READY", "KEY_READY_"},
    {"### CLOSE", "KEY_CLOSE_"},
    {"### SETUP and CLOSE on", "KEY_PIPE_"},
};

/* How often `text` has the word, not counting longer ones. */
static size_t count_word(const char *text, const char *word)
{
    const char *at = text;
    size_t n = 0;

    while ((at = strstr(at, word))) {
        at += strlen(word);
        n += !isalnum((unsigned char)*at) && *at != '_';
    }
    return n;
}

/* Check one table against the header; returns how many keys are its own, and
 * not of those that mean the same everywhere. */
static size_t check_keys(const struct group *group, const char *header)
{
    struct table *t = read_table(group->heading);
    size_t own = 0;

    for (size_t i = 0; i < t->rows; i++) {
        unsigned long key = strtoul(t->cell[i][0], NULL, 10);
        bool is_common = key >= 64 && strcmp(group->prefix, "KEY_ANY_") != 0;
        char word[100];

        if (t->cell[i][0][0] == '`') /* x-: no number */
            continue;
        for (char *c = t->cell[i][1]; *c; c++)
            *c = (char)toupper((unsigned char)*c);
        snprintf(word, sizeof word, "%s%s = %lu",
                 is_common ? "KEY_ANY_" : group->prefix, t->cell[i][1], key);
        cr_assert(eq(sz, count_word(header, word), 1),
                  "meta_keys.h lacks `%s', of `%s'", word, group->heading);
        own += !is_common;
    }
    free_table(t);
    return own;
}

Test(protocol_doc, metadata_keys_are_those_of_the_code)
{
    char *header = read_source("common/meta_keys.h");
    char *at = strstr(header, "enum {");
    size_t documented = 0;
    size_t named = 0;

    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        documented += check_keys(&groups[i], header);
    while ((at = strstr(at, " = "))) {
        named++;
        at++;
    }
    cr_assert(eq(sz, named, documented), "a key is in the header only");
    free(header);
}

/* One fenced block of hex; returns what follows it, or NULL if there is none.
 */
static char *read_hex(char *text, uint8_t *to, size_t *len)
{
    char *at = strstr(text, "```hex\n");
    char *end;

    *len = 0;
    if (!at)
        return NULL;
    at += strlen("```hex\n");
    end = strstr(at, "```");
    while (at < end) {
        to[(*len)++] = (uint8_t)strtoul(at, &at, 16);
        at += strspn(at, " \n");
    }
    return end + 3;
}

Test(protocol_doc, examples_are_messages)
{
    static const int types[] = {WIRE_RUN, WIRE_RESULT, WIRE_ERROR, WIRE_PING};
    char *text = section("### Examples");
    char *at = text;
    uint8_t frame[512];
    struct wire_msg msg;
    struct wire_item item;
    size_t cursor = 0;
    size_t len;

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        at = read_hex(at, frame, &len);
        cr_assert(eq(int, wire_decode(&msg, frame, len, NULL, 0), PAR_OK));
        cr_assert(eq(int, msg.head.type, types[i]));
        if (types[i] != WIRE_RESULT)
            continue;
        cr_assert(wire_next(&msg, &cursor, &item));
        cr_assert(wire_next(&msg, &cursor, &item));
        cr_assert(eq(int, item.status, PAR_TIMEOUT));
        cr_assert(eq(uint, item.wall_us, 1000321));
    }
    cr_assert(eq(ptr, read_hex(at, frame, &len), NULL));
    free(text);
}
