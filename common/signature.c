/* signature.c - the grammar: from text to a list of letters and names */
#include "config.h"

#include "signature.h"

#include <errno.h>
#include <string.h>

#define LETTERS "idsboamv"

/* ---- reading the text ---- */

struct parser {
    struct signature *s;
    size_t len;
    size_t at;
    struct par_error *err;
};

static char peek(const struct parser *p)
{
    return p->at < p->len ? p->s->text[p->at] : '\0';
}

/* Step over `word` if it is what comes next. */
static bool take_word(struct parser *p, const char *word)
{
    size_t len = strlen(word);

    if (p->len - p->at < len || memcmp(p->s->text + p->at, word, len) != 0)
        return false;
    p->at += len;
    return true;
}

static int fail_at(const struct parser *p, size_t at, const char *what)
{
    return par_fail(p->err, EINVAL, "signature `%s', column %zu: %s",
                    p->s->text, at + 1, what);
}

static int fail_letter(const struct parser *p, const char *hint)
{
    if (p->at == p->len)
        return fail_at(p, p->at, "a type is missing");
    return par_fail(p->err, EINVAL,
                    "signature `%s', column %zu: `%c' is no type (%s)",
                    p->s->text, p->at + 1, peek(p), hint);
}

static bool is_letter(char c, const char *letters)
{
    return c != '\0' && strchr(letters, c) != NULL;
}

/* A letter, with the * of a repeating argument.  In front it would be taken
 * for the end of the argument before, so only the first may have it there. */
static int parse_type(struct parser *p, struct signature_arg *arg)
{
    struct signature *s = p->s;

    if (s->repeats)
        return fail_at(p, p->at, "nothing may follow the one that repeats");
    s->repeats = s->count == 1 && take_word(p, "*");
    if (!is_letter(peek(p), LETTERS))
        return fail_letter(p, "i d s b o a m v; with names: x:i,y:i->i");
    arg->letter = s->text[p->at++];
    if (!s->repeats)
        s->repeats = take_word(p, "*");
    return 0;
}

/* Room for one more argument; NULL, with the error, if there is none. */
static struct signature_arg *add_arg(struct parser *p)
{
    struct signature *s = p->s;

    if (s->count == SIGNATURE_ARGS) {
        fail_at(p, p->at, "more than 32 arguments");
        return NULL;
    }
    return &s->args[s->count++];
}

static int parse_result(struct parser *p)
{
    if (!is_letter(peek(p), LETTERS "n"))
        return fail_letter(p, "of a result: i d s b o a m v n");
    p->s->result = p->s->text[p->at++];
    if (p->at < p->len)
        return fail_at(p, p->at, "nothing may follow the result's type");
    return 0;
}

static int parse_plain(struct parser *p)
{
    while (!take_word(p, ":")) {
        struct signature_arg *arg;

        if (p->at == p->len)
            return fail_at(p, p->at, "a `:' and the result's type are missing");
        arg = add_arg(p);
        if (!arg || parse_type(p, arg) < 0)
            return -1;
    }
    return parse_result(p);
}

static bool is_name_octet(char c, bool is_first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (c >= '0' && c <= '9' && !is_first);
}

size_t signature_find(const struct signature *s, const void *name, size_t len)
{
    size_t i;

    for (i = 0; i < s->count; i++)
        if (s->args[i].name_len == len &&
            memcmp(s->text + s->args[i].name_at, name, len) == 0)
            break;
    return i;
}

static int parse_name(struct parser *p, struct signature_arg *arg)
{
    const struct signature *s = p->s;
    size_t start = p->at;
    size_t len;

    while (is_name_octet(peek(p), p->at == start))
        p->at++;
    len = p->at - start;
    if (len == 0)
        return fail_at(p, start, "an argument's name is missing");
    if (len > SIGNATURE_NAME)
        return fail_at(p, start, "a name of more than 32 octets");
    if (signature_find(s, s->text + start, len) < s->count)
        return fail_at(p, start, "a second argument of this name");
    arg->name_at = (uint8_t)start;
    arg->name_len = (uint8_t)len;
    return 0;
}

static int parse_named(struct parser *p)
{
    p->s->is_named = true;
    if (take_word(p, "->"))
        return parse_result(p);
    do {
        struct signature_arg *arg = add_arg(p);

        if (!arg || parse_name(p, arg) < 0)
            return -1;
        if (!take_word(p, ":"))
            return fail_at(p, p->at, "a `:' and a type must follow the name");
        if (parse_type(p, arg) < 0)
            return -1;
        if (take_word(p, "->"))
            return parse_result(p);
    } while (take_word(p, ","));
    return fail_at(p, p->at, "neither `,' nor `->'");
}

int signature_parse(struct signature *s,
                    const char *text,
                    size_t len,
                    struct par_error *err)
{
    struct parser p = {.s = s, .len = len, .err = err};

    memset(s, 0, sizeof *s);
    if (len > SIGNATURE_TEXT)
        return par_fail(err, EINVAL,
                        "signature `%.20s...': %zu octets, at most %d", text,
                        len, SIGNATURE_TEXT);
    if (len == 0) {
        p.s->args[0].letter = p.s->result = 'v';
        p.s->count = 1;
        p.s->repeats = true;
        return 0;
    }
    memcpy(s->text, text, len);
    if (strlen(s->text) < len)
        return fail_at(&p, strlen(s->text), "a zero octet");
    return strstr(s->text, "->") ? parse_named(&p) : parse_plain(&p);
}
