/* options.c - getopt_long with our words */
#include "config.h"

#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "decimal.h"

enum { LONG_ONLY = 256, WORD_MAX = 64 };

/* Levenshtein distance; SIZE_MAX for words too long to be typing slips. */
static size_t distance(const char *a, const char *b)
{
    size_t row[WORD_MAX + 1];
    size_t n = strlen(a), m = strlen(b);

    if (n > WORD_MAX || m > WORD_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= m; j++)
        row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t corner = row[0];

        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t best = corner + (a[i - 1] != b[j - 1]);

            corner = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[m];
}

const char *options_nearest(const char *word, const char *const *words)
{
    const char *best = NULL;
    size_t least = strlen(word) / 3 + 2;

    for (; *words; words++) {
        size_t d = distance(word, *words);

        if (d < least) {
            least = d;
            best = *words;
        }
    }
    return best;
}

/* What getopt_long wants, made from the table. */
static size_t translate(const struct option_spec *table,
                        struct option longs[OPTIONS_MAX + 1],
                        char shorts[3 * OPTIONS_MAX + 3])
{
    size_t n = 0;
    char *s = shorts;

    *s++ = '+'; /* stop at the first word */
    *s++ = ':'; /* a missing value is told apart */
    for (; n < OPTIONS_MAX && table[n].name; n++) {
        longs[n] = (struct option){
            table[n].name, table[n].value ? required_argument : no_argument,
            NULL, LONG_ONLY + (int)n};
        if (!table[n].letter)
            continue;
        *s++ = table[n].letter;
        if (table[n].value)
            *s++ = ':';
    }
    *s = '\0';
    memset(&longs[n], 0, sizeof longs[n]);
    return n;
}

static int unknown(const struct options *o, struct par_error *err)
{
    const char *names[OPTIONS_MAX + 1];
    const char *word = o->argv[optind - 1];
    const char *near = NULL;
    char letter[3] = {'-', (char)optopt, '\0'};
    size_t n = 0;

    for (; n < OPTIONS_MAX && o->table[n].name; n++)
        names[n] = o->table[n].name;
    names[n] = NULL;
    if (optopt && optopt < LONG_ONLY)
        word = letter;
    else
        near = options_nearest(word + strspn(word, "-"), names);
    par_fail(err, EINVAL, "there is no option %s%s%s%s", word,
             near ? "; did you mean --" : "", near ? near : "",
             near ? "?" : "");
    return OPTIONS_BAD;
}

int options_next(struct options *o, const char **value, struct par_error *err)
{
    struct option longs[OPTIONS_MAX + 1];
    char shorts[3 * OPTIONS_MAX + 3];
    int got;

    translate(o->table, longs, shorts);
    if (!o->started)
        optind = 0; /* glibc: begin anew */
    o->started = true;
    opterr = 0;
    got = getopt_long(o->argc, o->argv, shorts, longs, NULL);
    o->at = optind;
    *value = optarg;
    if (got == -1)
        return OPTIONS_END;
    if (got == ':') {
        par_fail(err, EINVAL, "option %s wants a value", o->argv[optind - 1]);
        return OPTIONS_BAD;
    }
    if (got == '?' && optopt >= LONG_ONLY) {
        par_fail(err, EINVAL, "option --%s takes no value",
                 o->table[optopt - LONG_ONLY].name);
        return OPTIONS_BAD;
    }
    if (got == '?')
        return unknown(o, err);
    if (got >= LONG_ONLY)
        return got - LONG_ONLY;
    for (int i = 0; o->table[i].name; i++)
        if (o->table[i].letter == got)
            return i;
    return unknown(o, err);
}

void options_help(FILE *out, const struct option_spec *table)
{
    for (; table->name; table++) {
        char left[64];
        const char *line = table->help;
        int width;

        if (!line)
            continue;
        if (table->letter)
            snprintf(left, sizeof left, "-%c, --%s%s%s", table->letter,
                     table->name, table->value ? " " : "",
                     table->value ? table->value : "");
        else
            snprintf(left, sizeof left, "    --%s%s%s", table->name,
                     table->value ? " " : "", table->value ? table->value : "");
        width = (int)strcspn(line, "\n");
        fprintf(out, "  %-26s %.*s\n", left, width, line);
        while (line[width] == '\n') {
            line += width + 1;
            width = (int)strcspn(line, "\n");
            fprintf(out, "  %-26s %.*s\n", "", width, line);
        }
    }
}

int options_int(const char *option,
                const char *value,
                int64_t low,
                int64_t high,
                int64_t *out,
                struct par_error *err)
{
    char *end;
    long long v;

    errno = 0;
    v = strtoll(value, &end, 10);
    if (end == value || *end || isspace((unsigned char)*value))
        return par_fail(err, EINVAL, "%s: `%s' is not a whole number", option,
                        value);
    if (errno || v < low || v > high)
        return par_fail(err, EINVAL,
                        "%s: %s is out of range; from %" PRId64 " to %" PRId64
                        " is allowed",
                        option, value, low, high);
    *out = v;
    return 0;
}

static const struct time_unit {
    const char *name;
    int64_t ms;
} time_units[] = {
    {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}, {"", 1000}};

/* In ms; -1 if it is no time, or too long to be counted. */
static int64_t read_time(const char *value)
{
    const char *unit = value + strspn(value, "0123456789.");
    char *end;
    double v = decimal_read(value, &end);

    if (end == value || end != unit)
        return -1;
    for (size_t i = 0; i < sizeof time_units / sizeof *time_units; i++) {
        double ms = v * (double)time_units[i].ms;

        if (strcmp(unit, time_units[i].name) == 0 && ms < 1e15)
            return (int64_t)(ms + 0.999); /* never less than asked */
    }
    return -1;
}

int options_time(const char *option,
                 const char *value,
                 int64_t low,
                 int64_t high,
                 int64_t *ms,
                 struct par_error *err)
{
    char least[OPTIONS_TIME_TEXT], most[OPTIONS_TIME_TEXT];
    bool for_ever = low < 0 && strcmp(value, "-1") == 0;
    int64_t v = for_ever ? -1 : read_time(value);

    if (v < 0 && !for_ever)
        return par_fail(err, EINVAL,
                        "%s: `%s' is no time; 10, 1.5s, 200ms, 2m or 1h is%s",
                        option, value, low < 0 ? ", or -1" : "");
    options_time_text(least, low < 0 ? 0 : low);
    options_time_text(most, high);
    if (v < low || v > high)
        return par_fail(err, EINVAL,
                        "%s: %s is out of range; from %s to %s is allowed",
                        option, value, least, most);
    *ms = v;
    return 0;
}

void options_time_text(char text[OPTIONS_TIME_TEXT], int64_t ms)
{
    const struct time_unit *unit = time_units;

    while (ms == 0 ? unit->ms > 1000 : ms % unit->ms != 0)
        unit++;
    if (ms < 0)
        snprintf(text, OPTIONS_TIME_TEXT, "-1");
    else
        snprintf(text, OPTIONS_TIME_TEXT, "%" PRId64 "%s", ms / unit->ms,
                 unit->name);
}

int options_size(const char *option,
                 const char *value,
                 uint64_t *out,
                 struct par_error *err)
{
    static const char units[] = "kmgt";
    char *end;
    unsigned long long v;
    const char *unit;
    unsigned shift = 0;

    errno = 0;
    v = strtoull(value, &end, 10);
    if (isdigit((unsigned char)*value) && !errno && *end) {
        unit = strchr(units, tolower((unsigned char)*end));
        shift = unit && !end[1] ? 10 * (unsigned)(unit - units + 1) : 0;
    }
    if (!isdigit((unsigned char)*value) || errno || (*end && !shift) ||
        v > UINT64_MAX >> shift)
        return par_fail(err, EINVAL,
                        "%s: `%s' is not a size; 4096, 64k, 10m and 2g are",
                        option, value);
    *out = (uint64_t)v << shift;
    return 0;
}
