/* template.c - places found in words, and filled for each input */
#include "config.h"

#include "template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum quote { PLAIN, SINGLE, DOUBLE };

/* ---- places ---- */

static const char *const places[] = {"{}", "{.}", "{/}", "{//}", "{/.}", "{#}"};
enum { PLACES = sizeof places / sizeof *places };

/* The place that begins here, or PLACES. */
static size_t place_at(const char *p)
{
    size_t i = 0;

    if (*p != '{')
        return PLACES;
    while (i < PLACES && strncmp(p, places[i], strlen(places[i])) != 0)
        i++;
    return i;
}

static bool has_place(const char *word)
{
    for (; *word; word++)
        if (place_at(word) < PLACES)
            return true;
    return false;
}

/* How long a place of GNU parallel's is that begins here: {, perhaps the number
 * of an input or a sign, what is wanted of it, }. */
static size_t later_len(const char *p)
{
    static const char *const wanted[] = {"%}",  "##}",  "..}", "...}",
                                         "+/}", "+..}", "+.}", "+...}"};
    const char *end = p + 1 + (p[1] == '-' || p[1] == '+');
    size_t digits = strspn(end, "0123456789");

    if (p[0] != '{')
        return 0;
    if (p[1] == '=') {
        end = strstr(p + 2, "=}");
        if (!end) /* "{=", as a word of its own, has the rest in others */
            return p[2] == '\0' ? 2 : 0;
        return (size_t)(end - p) + 2;
    }
    if (digits > 0) {
        end += digits;
        end += strspn(end, "/.");
        return *end == '}' ? (size_t)(end - p) + 1 : 0;
    }
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (strncmp(p + 1, wanted[i], strlen(wanted[i])) == 0)
            return strlen(wanted[i]) + 1;
    return 0;
}

const char *template_later(const char *word, size_t *len)
{
    char before = '\0'; /* ${1} is the shell's */

    for (; *word; before = *word++)
        if (before != '$' && (*len = later_len(word)) > 0)
            return word;
    return NULL;
}

static const char *base_of(const char *value)
{
    const char *slash = strrchr(value, '/');

    return slash ? slash + 1 : value;
}

/* Without ".ext"; a name that begins with its only dot has none. */
static size_t stem_len(const char *value)
{
    const char *base = base_of(value);
    const char *dot = strrchr(base, '.');

    return dot && dot != base ? (size_t)(dot - value) : strlen(value);
}

/* What goes to a place. */
static const char *part_of(size_t place,
                           const char *value,
                           uint64_t number,
                           char digits[24],
                           size_t *len)
{
    const char *base = base_of(value);

    switch (place) {
    case 1:
        *len = stem_len(value);
        return value;
    case 2:
        *len = strlen(base);
        return base;
    case 3:
        if (base == value) {
            *len = 1;
            return ".";
        }
        *len = base - value > 1 ? (size_t)(base - value) - 1 : 1;
        return value;
    case 4:
        *len = stem_len(base);
        return base;
    case 5:
        *len = (size_t)snprintf(digits, 24, "%llu", (unsigned long long)number);
        return digits;
    default:
        *len = strlen(value);
        return value;
    }
}

/* ---- the shell ---- */

bool template_needs_shell(const char *line)
{
    /* Built into every shell, and no program that could be found. */
    static const char *const builtins[] = {
        ".",     ":",     "alias", "break",  "cd",    "case",   "command",
        "eval",  "exec",  "exit",  "export", "for",   "if",     "read",
        "set",   "shift", "times", "trap",   "type",  "ulimit", "umask",
        "unset", "until", "wait",  "while",  "source"};
    size_t first = strcspn(line, " \t");

    for (size_t i = 0; i < sizeof builtins / sizeof *builtins; i++)
        if (strlen(builtins[i]) == first &&
            strncmp(line, builtins[i], first) == 0)
            return true;
    for (const char *p = line; *p; p++) {
        size_t place = place_at(p);

        if (place < PLACES)
            p += strlen(places[place]) - 1;
        else if (strchr("|&;<>()$`\\\"'*?[]#~{}!\n", *p))
            return true;
        else if (*p == '=' && (size_t)(p - line) < first)
            return true;
    }
    return false;
}

static void put_char(struct meta_writer *out, char ch)
{
    meta_put_raw(out, &ch, 1);
}

/* A value as one word, inside whatever quotes surround its place. */
static void put_quoted(struct meta_writer *out,
                       enum quote quote,
                       const char *data,
                       size_t len)
{
    if (quote == DOUBLE) {
        for (size_t i = 0; i < len; i++) {
            if (strchr("\\\"$`", data[i]))
                put_char(out, '\\');
            put_char(out, data[i]);
        }
        return;
    }
    if (quote == PLAIN)
        put_char(out, '\'');
    for (size_t i = 0; i < len; i++) {
        if (data[i] == '\'')
            meta_put_raw(out, "'\\''", 4);
        else
            put_char(out, data[i]);
    }
    if (quote == PLAIN)
        put_char(out, '\'');
}

static enum quote after(enum quote quote, char ch)
{
    if (ch == '\'' && quote != DOUBLE)
        return quote == SINGLE ? PLAIN : SINGLE;
    if (ch == '"' && quote != SINGLE)
        return quote == DOUBLE ? PLAIN : DOUBLE;
    return quote;
}

void template_fill(const struct template *t,
                   size_t i,
                   const char *value,
                   uint64_t number,
                   struct meta_writer *out)
{
    enum quote quote = PLAIN;
    char digits[24];

    for (const char *p = t->words[i]; *p;) {
        size_t place = place_at(p);
        const char *part;
        size_t len;

        if (place == PLACES) {
            bool escaped = t->by_shell && *p == '\\' && quote != SINGLE && p[1];

            put_char(out, *p);
            if (escaped)
                put_char(out, *++p);
            else
                quote = after(quote, *p);
            p++;
            continue;
        }
        part = part_of(place, value, number, digits, &len);
        if (t->by_shell)
            put_quoted(out, quote, part, len);
        else
            meta_put_raw(out, part, len);
        p += strlen(places[place]);
    }
}

void template_pack(const struct template *t,
                   const char *value,
                   uint64_t number,
                   struct meta_writer *scratch,
                   struct meta_writer *out)
{
    if (t->by_shell) {
        meta_put_array(out, 3);
        meta_put_str(out, "sh");
        meta_put_str(out, "-c");
    } else {
        meta_put_array(out, (uint32_t)t->count);
    }
    for (size_t i = 0; i < t->count; i++) {
        meta_writer_reset(scratch);
        template_fill(t, i, value, number, scratch);
        meta_put_strn(out, scratch->len > 0 ? scratch->data : (void *)"",
                      scratch->len);
    }
    if (scratch->failed)
        out->failed = true;
}

/* ---- making one ---- */

void template_clear(struct template *t)
{
    for (size_t i = 0; i < t->count; i++)
        free(t->words[i]);
    free(t->words);
    *t = (struct template){0};
}

static int add(struct template *t, const char *word, size_t len)
{
    char **words = realloc(t->words, (t->count + 1) * sizeof *words);

    if (!words)
        return -1;
    t->words = words;
    words[t->count] = strndup(word, len);
    if (!words[t->count])
        return -1;
    t->is_used |= has_place(words[t->count]);
    t->count++;
    return 0;
}

int template_arguments(struct template *t, const char *const *words, size_t n)
{
    *t = (struct template){0};
    for (size_t i = 0; i < n; i++)
        if (add(t, words[i], strlen(words[i])))
            return -1;
    return t->is_used ? 0 : add(t, "{}", 2);
}

static int split(struct template *t, const char *line)
{
    while (*(line += strspn(line, " \t"))) {
        size_t len = strcspn(line, " \t");

        if (add(t, line, len))
            return -1;
        line += len;
    }
    return t->is_used ? 0 : add(t, "{}", 2);
}

/* A script; the input goes to its end if it has no place of its own. */
static int take_script(struct template *t, const char *script)
{
    char *with_place = NULL;
    int rc;

    t->by_shell = true;
    if (has_place(script))
        return add(t, script, strlen(script));
    if (asprintf(&with_place, "%s {}", script) < 0)
        return -1;
    rc = add(t, with_place, strlen(with_place));
    free(with_place);
    return rc;
}

int template_command(struct template *t, const char *const *words, size_t n)
{
    if (n != 1)
        return template_arguments(t, words, n);
    *t = (struct template){0};
    return template_needs_shell(words[0]) ? take_script(t, words[0])
                                          : split(t, words[0]);
}
