/* template.c - words with places, filled for each input */
#include "config.h"

#include "template.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "places.h"
#include "script.h"

static bool has_place(const char *word)
{
    for (; *word; word++)
        if (place_at(word) < PLACES)
            return true;
    return false;
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
            p += place_len(place) - 1;
        else if (strchr("|&;<>()$`\\\"'*?[]#~{}!\n", *p))
            return true;
        else if (*p == '=' && (size_t)(p - line) < first)
            return true;
    }
    return false;
}

/* ---- filling ---- */

void template_fill(const struct template *t,
                   size_t i,
                   const char *value,
                   uint64_t number,
                   struct meta_writer *out)
{
    const char *p = t->words[i];
    const char *from = p; /* not copied yet */
    char digits[24];

    while (*p) {
        size_t place = place_at(p);
        const char *part;
        size_t len;

        if (place == PLACES) {
            p++;
            continue;
        }
        meta_put_raw(out, from, (size_t)(p - from));
        part = place_part(place, value, number, digits, &len);
        meta_put_raw(out, part, len);
        from = p += place_len(place);
    }
    meta_put_raw(out, from, (size_t)(p - from));
}

/* -1.5, 0x1F: what no shell takes for more than it is, as it does a name. */
static bool is_plain_number(const char *part, size_t len)
{
    char text[64];
    const char *p = text;
    size_t digits;

    if (len >= sizeof text)
        return false;
    memcpy(text, part, len);
    text[len] = '\0';
    p += *p == '-' || *p == '+';
    if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X'))
        return p[2] && p[2 + strspn(p + 2, "0123456789abcdefABCDEF")] == '\0';
    digits = strspn(p, "0123456789");
    p += digits;
    if (*p == '.') {
        p++;
        digits += strspn(p, "0123456789");
        p += strspn(p, "0123456789");
    }
    return digits > 0 && *p == '\0';
}

static int pack_script(const struct template *t,
                       const char *value,
                       uint64_t number,
                       struct meta_writer *out,
                       struct par_error *err)
{
    char digits[24];
    size_t len;

    for (size_t place = 0; place < PLACES; place++)
        if (t->numbers & 1u << place) {
            const char *part = place_part(place, value, number, digits, &len);

            if (!is_plain_number(part, len))
                return par_fail(err, EINVAL,
                                "%s stands in the shell's arithmetic, and "
                                "takes a plain number only",
                                place_text(place));
        }
    meta_put_array(out, 4 + (uint32_t)__builtin_popcount(t->passed));
    meta_put_str(out, "sh");
    meta_put_str(out, "-c");
    meta_put_str(out, t->words[0]);
    meta_put_str(out, "sh");
    for (size_t place = 0; place < PLACES; place++)
        if (t->passed & 1u << place) {
            const char *part = place_part(place, value, number, digits, &len);

            meta_put_strn(out, part, len);
        }
    return 0;
}

int template_pack(const struct template *t,
                  const char *value,
                  uint64_t number,
                  struct meta_writer *scratch,
                  struct meta_writer *out,
                  struct par_error *err)
{
    if (t->by_shell)
        return pack_script(t, value, number, out, err);
    meta_put_array(out, (uint32_t)t->count);
    for (size_t i = 0; i < t->count; i++) {
        meta_writer_reset(scratch);
        template_fill(t, i, value, number, scratch);
        meta_put_strn(out, scratch->len > 0 ? scratch->data : (void *)"",
                      scratch->len);
    }
    if (scratch->failed)
        out->failed = true;
    return 0;
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

/* The input goes to the end of a script that has no place for it. */
static int take_script(struct template *t, const char *line)
{
    char *with_place = NULL;
    char *script = script_make(line, &t->passed, &t->numbers);

    if (script && !t->passed) {
        free(script);
        script = NULL;
        if (asprintf(&with_place, "%s {}", line) < 0)
            return -1;
        script = script_make(with_place, &t->passed, &t->numbers);
        free(with_place);
    }
    if (!script)
        return -1;
    t->by_shell = true;
    t->words = malloc(sizeof *t->words);
    if (!t->words) {
        free(script);
        return -1;
    }
    t->words[0] = script;
    t->count = 1;
    return 0;
}

int template_command(struct template *t, const char *const *words, size_t n)
{
    if (n != 1)
        return template_arguments(t, words, n);
    *t = (struct template){0};
    return template_needs_shell(words[0]) ? take_script(t, words[0])
                                          : split(t, words[0]);
}
