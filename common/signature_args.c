/* signature_args.c - arguments against a signature: checked, named, made of
 * words
 *
 * Each refusal names the argument, what it is and what is wanted.
 */
#include "config.h"

#include "signature.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "decimal.h"

/* The text for "argument 2 (y) of add". */
enum { PLACE = 160 };

static const char *place_of(const struct signature *s,
                            const char *function,
                            size_t i,
                            char text[PLACE])
{
    const struct signature_arg *arg = &s->args[i < s->count ? i : s->count - 1];

    if (s->is_named)
        snprintf(text, PLACE, "argument %zu (%.*s) of %.60s", i + 1,
                 arg->name_len, s->text + arg->name_at, function);
    else
        snprintf(text, PLACE, "argument %zu of %.60s", i + 1, function);
    return text;
}

/* The letter for the i-th argument of those given. */
static char letter_of(const struct signature *s, size_t i)
{
    return s->args[i < s->count ? i : s->count - 1].letter;
}

static int check_count(const struct signature *s,
                       const char *function,
                       size_t given,
                       struct par_error *err)
{
    size_t least = s->repeats ? s->count - 1 : s->count;

    if (given == s->count || (s->repeats && given >= least))
        return 0;
    return par_fail(err, EINVAL,
                    "%.60s takes %s%zu argument%s (signature %s), given: %zu",
                    function, s->repeats ? "at least " : "", least,
                    least == 1 ? "" : "s", s->text, given);
}

/* What each letter wants, and the kinds that do. */
static const struct want {
    char letter;
    const char *name;
    unsigned kinds; /* bits 1 << kind */
} wants[] = {
    {'i', "an integer", 1u << META_INT | 1u << META_UINT},
    {'d', "a number", 1u << META_FLOAT | 1u << META_INT | 1u << META_UINT},
    {'s', "a string", 1u << META_STR},
    {'b', "bytes", 1u << META_BIN | 1u << META_STR},
    {'o', "a boolean", 1u << META_BOOL},
    {'a', "an array", 1u << META_ARRAY},
    {'m', "a map", 1u << META_MAP},
    {'v', "anything", ~0u},
};

static const struct want *want_of(char letter)
{
    const struct want *want = wants;

    while (want->letter != letter)
        want++;
    return want;
}

static int fail_args(const char *function, struct par_error *err)
{
    return par_fail(err, EINVAL,
                    "the arguments of %.60s are not one msgpack array",
                    function);
}

int signature_check(const struct signature *s,
                    const char *function,
                    const void *args,
                    size_t len,
                    struct par_error *err)
{
    struct meta_reader r = meta_read(args, len);
    struct meta_value array;
    char place[PLACE];

    if (s->text[0] == '\0')
        return 0;
    if (len == 0)
        return check_count(s, function, 0, err);
    if (!meta_next(&r, &array) || array.kind != META_ARRAY)
        return fail_args(function, err);
    if (check_count(s, function, array.len, err) < 0)
        return -1;
    for (size_t i = 0; i < array.len; i++) {
        const struct want *want = want_of(letter_of(s, i));
        struct meta_reader whole = r;
        struct meta_value v;

        if (!meta_skip(&r, NULL, NULL) || !meta_next(&whole, &v))
            return fail_args(function, err);
        if (!(want->kinds & 1u << v.kind))
            return par_fail(err, EINVAL, "%s is %s, the signature %s wants %s",
                            place_of(s, function, i, place),
                            meta_kind_name(v.kind), s->text, want->name);
    }
    return r.p == r.end ? 0 : fail_args(function, err);
}

/* ---- arguments by name ---- */

struct piece {
    const uint8_t *data;
    size_t len;
};

/* A list of names for an error, cut where the room ends. */
struct names {
    char text[128];
    size_t len;
};

static void add_name(struct names *names, const void *name, size_t len)
{
    const char *comma = names->len ? ", " : "";
    int more = snprintf(names->text + names->len,
                        sizeof names->text - names->len, "%s%.*s", comma,
                        len < SIGNATURE_NAME ? (int)len : SIGNATURE_NAME,
                        (const char *)name);

    if (more > 0)
        names->len += (size_t)more;
    if (names->len >= sizeof names->text)
        names->len = sizeof names->text - 1;
}

static int fail_names(const struct signature *s,
                      const char *function,
                      struct meta_reader pairs,
                      struct par_error *err)
{
    struct names wanted = {.text = "no arguments"};
    struct names given = {.text = "none"};
    struct meta_value key;

    for (size_t i = 0; i < s->count; i++)
        add_name(&wanted, s->text + s->args[i].name_at, s->args[i].name_len);
    while (meta_next(&pairs, &key) && key.kind == META_STR &&
           meta_skip(&pairs, NULL, NULL))
        add_name(&given, key.data, key.len);
    return par_fail(err, EINVAL, "%.60s wants %s; given: %s", function,
                    wanted.text, given.text);
}

/* Put each value of the map where its name stands. */
static int gather(const struct signature *s,
                  const char *function,
                  struct meta_reader r,
                  size_t pairs,
                  struct piece pieces[SIGNATURE_ARGS],
                  struct par_error *err)
{
    struct meta_reader start = r;
    size_t least = s->repeats ? s->count - 1 : s->count;

    for (size_t n = 0; n < pairs; n++) {
        struct meta_value key;
        size_t i;

        if (!meta_next(&r, &key) || key.kind != META_STR)
            return fail_names(s, function, start, err);
        i = signature_find(s, key.data, key.len);
        if (i == s->count || pieces[i].data)
            return fail_names(s, function, start, err);
        if (!meta_skip(&r, &pieces[i].data, &pieces[i].len))
            return fail_names(s, function, start, err);
    }
    for (size_t i = 0; i < least; i++)
        if (!pieces[i].data)
            return fail_names(s, function, start, err);
    return 0;
}

/* The values of a repeating argument stand in an array; one that is missing
 * is an empty one. */
static int open_piece(struct piece *piece, struct meta_value *array)
{
    struct meta_reader r;

    *array = (struct meta_value){0};
    if (!piece->data)
        return 0;
    r = meta_read(piece->data, piece->len);
    if (!meta_next(&r, array) || array->kind != META_ARRAY)
        return -1;
    *piece = (struct piece){r.p, (size_t)(r.end - r.p)};
    return 0;
}

int signature_match_names(const struct signature *s,
                          const char *function,
                          const void *map,
                          size_t len,
                          struct meta_writer *out,
                          struct par_error *err)
{
    struct piece pieces[SIGNATURE_ARGS] = {{0}};
    struct meta_reader r = meta_read(map, len);
    struct meta_value head;
    size_t count = s->count;
    char place[PLACE];

    if (!s->is_named)
        return par_fail(err, EINVAL,
                        "the arguments of %.60s have no names; give them in "
                        "order (signature %s)",
                        function, s->text);
    if (!meta_next(&r, &head) || head.kind != META_MAP)
        return fail_args(function, err);
    if (gather(s, function, r, head.len, pieces, err) < 0)
        return -1;
    if (s->repeats) {
        struct meta_value last;

        if (open_piece(&pieces[s->count - 1], &last) < 0)
            return par_fail(err, EINVAL,
                            "%s repeats: by name it is given as an array",
                            place_of(s, function, s->count - 1, place));
        count = s->count - 1 + last.len;
    }
    meta_put_array(out, (uint32_t)count);
    for (size_t i = 0; i < s->count; i++)
        meta_put_raw(out, pieces[i].data, pieces[i].len);
    return out->failed ? par_fail(err, ENOMEM, "out of memory") : 0;
}

/* ---- arguments as words ---- */

/* Decimal digits and nothing else, with a sign or without. */
static bool put_integer(struct meta_writer *out, const char *word)
{
    bool is_negative = word[0] == '-';
    uint64_t most = is_negative ? UINT64_C(1) << 63 : UINT64_MAX;
    uint64_t n = 0;
    const char *p = word + (word[0] == '-' || word[0] == '+');

    if (*p == '\0')
        return false;
    for (; *p; p++) {
        uint64_t digit = (uint64_t)(*p - '0');

        if (*p < '0' || *p > '9' || n > (most - digit) / 10)
            return false;
        n = 10 * n + digit;
    }
    if (is_negative)
        meta_put_int(out, (int64_t)(0 - n));
    else
        meta_put_uint(out, n);
    return true;
}

static bool put_float(struct meta_writer *out, const char *word)
{
    char *end;
    double f = decimal_read(word, &end);

    /* That passes over white space in front. */
    if (end == word || *end != '\0' || strchr(" \t\n\v\f\r", word[0]))
        return false;
    meta_put_float(out, f);
    return true;
}

static bool put_boolean(struct meta_writer *out, const char *word)
{
    bool is_true = strcmp(word, "true") == 0;

    if (!is_true && strcmp(word, "false") != 0)
        return false;
    meta_put_bool(out, is_true);
    return true;
}

/* Returns NULL, or what the letter would have allowed. */
static const char *put_word(struct meta_writer *out, char letter, const char *w)
{
    switch (letter) {
    case 'i':
        return put_integer(out, w) ? NULL
                                   : "an integer from -9223372036854775808 to "
                                     "18446744073709551615";
    case 'd':
        return put_float(out, w) ? NULL : "a number such as 12, -1.5 or 2e9";
    case 'o':
        return put_boolean(out, w) ? NULL : "true or false";
    case 'a':
    case 'm':
        return "an array or a map, which no word can be";
    case 'b':
        meta_put_bin(out, w, strlen(w));
        return NULL;
    default:
        meta_put_str(out, w);
        return NULL;
    }
}

int signature_put_word(const struct signature *s,
                       const char *function,
                       size_t i,
                       const char *word,
                       struct meta_writer *out,
                       struct par_error *err)
{
    size_t before = out->len;
    char place[PLACE];
    const char *wanted;

    if (i >= s->count && !s->repeats)
        return check_count(s, function, i + 1, err);
    wanted = put_word(out, letter_of(s, i), word);
    if (!wanted)
        return 0;
    out->len = before;
    return par_fail(err, EINVAL, "%s: `%.80s' is not %s",
                    place_of(s, function, i, place), word, wanted);
}

void signature_put_bytes(const struct signature *s,
                         size_t i,
                         const void *data,
                         size_t len,
                         struct meta_writer *out)
{
    if ((i < s->count || s->repeats) && letter_of(s, i) == 's')
        meta_put_strn(out, data, len);
    else
        meta_put_bin(out, data, len);
}
