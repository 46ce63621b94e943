/* script.c - follow a shell's quotes and brackets, and put variables at places
 *
 * What is open is a stack.  Much that the shell knows is not looked at (`case'
 * patterns in $( ), say): then a value may be split into words, as any variable
 * without quotes is.
 */
#include "config.h"

#include "script.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "meta.h"
#include "places.h"

enum state {
    PLAIN,
    PAREN,        /* ( or $(: plain, until ) */
    BACKTICK,     /* plain, until ` */
    BRACE,        /* ${ outside of quotes, until } */
    BRACE_QUOTED, /* ${ inside of quotes, until } */
    DOUBLE,
    SINGLE,
    SUM,       /* $((, until )) */
    SUM_PAREN, /* ( in it */
    DOCUMENT,
    COMMENT
};

struct document {
    const char *end; /* in the script, with its quotes */
    size_t len;
    bool indented; /* <<-: tabs before its lines mean nothing */
    bool quoted;
};

struct open {
    enum state state;
    const char *word;         /* it is a part of: that goes on behind it */
    size_t others;            /* documents, announced outside: not for it */
    struct document document; /* that it is */
};

struct walk {
    const char *p;
    const char *word; /* where that began which goes on here, or NULL */
    struct meta_writer out;
    struct open *open; /* room for one more than the script has octets */
    size_t depth;
    struct document *documents; /* announced; as much room */
    size_t announced;
    unsigned places;
    bool refused;
};

static const char *const variables[PLACES] = {"par_input",    "par_stem",
                                              "par_name",     "par_folder",
                                              "par_namestem", "par_number"};

/* ---- what is open ---- */

static enum state top(const struct walk *w)
{
    return w->open[w->depth].state;
}

/* A part of a word; its first octets are copied. */
static void push(struct walk *w, enum state state)
{
    w->open[++w->depth] =
        (struct open){state, .word = w->word, .others = w->announced};
    w->word = NULL;
}

/* What is no part of a word, but ends the one before.  The end of a line in it
 * is one of what it stands in. */
static void push_apart(struct walk *w, enum state state)
{
    size_t others = w->open[w->depth].others;

    w->word = NULL;
    push(w, state);
    w->open[w->depth].others = others;
}

/* Its last octets are copied. */
static void pop(struct walk *w)
{
    w->word = w->open[w->depth--].word;
}

/* Where commands may stand. */
static bool takes_commands(enum state s)
{
    return s == PLAIN || s == PAREN || s == BACKTICK;
}

/* Where quotes are quotes. */
static bool takes_quotes(enum state s)
{
    return takes_commands(s) || s == BRACE;
}

static void copy(struct walk *w, size_t n)
{
    meta_put_raw(&w->out, w->p, n);
    if (!w->word)
        w->word = w->p;
    w->p += n;
}

static void put(struct walk *w, const char *text)
{
    meta_put_raw(&w->out, text, strlen(text));
}

/* ---- here-documents ---- */

/* `<<' or `<<-', and the word that will end it. */
static void announce(struct walk *w)
{
    struct document d = {.indented = w->p[2] == '-'};
    const char *p = w->p + 2 + d.indented;

    if (*p == '<') { /* of some shells: a text, no document */
        copy(w, 3);
        return;
    }
    d.end = p += strspn(p, " \t");
    for (; *p && !strchr(" \t\n;|&()<>", *p); p++)
        d.quoted |= strchr("'\"\\", *p) != NULL;
    d.len = (size_t)(p - d.end);
    if (d.len > 0)
        w->documents[w->announced++] = d;
    copy(w, (size_t)(p - w->p));
}

static void begin_document(struct walk *w)
{
    size_t first = w->open[w->depth].others;
    struct document d;

    if (w->announced <= first)
        return;
    d = w->documents[first];
    w->announced--;
    memmove(&w->documents[first], &w->documents[first + 1],
            (w->announced - first) * sizeof d);
    push(w, DOCUMENT);
    w->open[w->depth].document = d;
}

/* At the beginning of a line of a document: end it if the line does. */
static void end_document(struct walk *w)
{
    const struct document *d = &w->open[w->depth].document;
    const char *line = w->p + (d->indented ? strspn(w->p, "\t") : 0);

    for (size_t i = 0; i < d->len; i++)
        if (!strchr("'\"\\", d->end[i]) && *line++ != d->end[i])
            return;
    if (*line == '\n' || *line == '\0') {
        copy(w, (size_t)(line - w->p));
        pop(w);
    }
}

static bool is_literal(const struct walk *w)
{
    return top(w) == DOCUMENT && w->open[w->depth].document.quoted;
}

/* ---- places ---- */

static void put_variable(struct walk *w, size_t place)
{
    enum state s = top(w);

    w->refused |= is_literal(w);
    if (s == SINGLE)
        put(w, "'");
    if (s == SINGLE || takes_quotes(s))
        put(w, "\"");
    put(w, "${");
    put(w, variables[place]);
    put(w, "}");
    if (s == SINGLE || takes_quotes(s))
        put(w, "\"");
    if (s == SINGLE)
        put(w, "'");
    if (!w->word)
        w->word = w->p;
    w->places |= 1u << place;
    w->p += place_len(place);
}

/* ---- the walk ---- */

/* What begins with a dollar sign. */
static void dollar(struct walk *w)
{
    size_t place = place_at(w->p + 1);

    if (strncmp(w->p, "$((", 3) == 0) {
        copy(w, 3);
        push(w, SUM);
    } else if (w->p[1] == '(') {
        copy(w, 2);
        push(w, PAREN);
    } else if (place < PLACES && place != PLACE_NUMBER) {
        put(w, "\\$"); /* not the shell's: ${} is nothing there */
        w->p++;
    } else if (w->p[1] == '{') {
        copy(w, w->p[2] == '#' ? 3 : 2); /* no place */
        push(w, takes_quotes(top(w)) ? BRACE : BRACE_QUOTED);
    } else {
        copy(w, w->p[1] && strchr("$!?@*#-", w->p[1]) ? 2 : 1);
    }
}

/* Inside of quotes it takes its meaning from few octets only. */
static void backslash(struct walk *w)
{
    enum state s = top(w);
    const char *takes = s == BRACE_QUOTED ? "$`\"\\\n}" : "$`\"\\\n";
    const char *word = w->word;
    bool escapes = w->p[1] && (takes_quotes(s) || strchr(takes, w->p[1]));

    if (!escapes && place_at(w->p + 1) < PLACES)
        put(w, "\\"); /* what comes there begins with a dollar sign */
    copy(w, escapes ? 2 : 1);
    if (w->p[-1] == '\n') /* the line goes on, and is as it was */
        w->word = word;
}

static void quote(struct walk *w)
{
    enum state s = top(w), closes = *w->p == '"' ? DOUBLE : SINGLE;

    copy(w, 1);
    if (s == closes)
        pop(w);
    else if (takes_quotes(s) || (s == BRACE_QUOTED && closes == DOUBLE))
        push(w, closes);
}

/* The second one ends the commands, and what is open in them: a comment. */
static void backtick(struct walk *w)
{
    size_t first = w->depth;

    while (first > 0 && w->open[first].state != BACKTICK)
        first--;
    copy(w, 1);
    if (first > 0) {
        w->depth = first;
        pop(w);
    } else if (top(w) != COMMENT) {
        push(w, BACKTICK);
    }
}

static void bracket(struct walk *w)
{
    enum state s = top(w);
    char c = *w->p;

    copy(w, c == ')' && s == SUM && w->p[1] == ')' ? 2 : 1);
    if (c == '(' && takes_commands(s))
        push_apart(w, PAREN);
    else if (c == '(' && (s == SUM || s == SUM_PAREN))
        push(w, SUM_PAREN);
    else if (c == ')' && (s == PAREN || s == SUM || s == SUM_PAREN))
        pop(w);
    else if (c == ')' && takes_commands(s)) /* behind a pattern of `case' */
        w->word = NULL;
    else if (c == '}' && (s == BRACE || s == BRACE_QUOTED))
        pop(w);
}

static void newline(struct walk *w)
{
    copy(w, 1);
    if (top(w) == COMMENT)
        pop(w);
    w->word = NULL;
    if (takes_commands(top(w)))
        begin_document(w);
    if (top(w) == DOCUMENT)
        end_document(w);
}

/* What stands between words, begins a comment, or has no meaning. */
static void plain(struct walk *w)
{
    bool begins = !w->word && takes_commands(top(w));
    char c = *w->p;

    copy(w, 1);
    if (c == '#' && begins)
        push_apart(w, COMMENT);
    else if (strchr(" \t;|&<>", c))
        w->word = NULL;
}

/* One thing that is no place. */
static void step(struct walk *w)
{
    enum state s = top(w);

    if (s == SINGLE    ? *w->p != '\''
        : s == COMMENT ? *w->p != '\n' && *w->p != '`'
                       : is_literal(w) && *w->p != '\n')
        copy(w, 1);
    else if (*w->p == '\n')
        newline(w);
    else if (*w->p == '\\')
        backslash(w);
    else if (*w->p == '$')
        dollar(w);
    else if (*w->p == '`')
        backtick(w);
    else if (*w->p == '"' || *w->p == '\'')
        quote(w);
    else if (strchr("()}", *w->p))
        bracket(w);
    else if (takes_commands(s) && strncmp(w->p, "<<", 2) == 0)
        announce(w);
    else
        plain(w);
}

static void walk(struct walk *w)
{
    while (*w->p) {
        size_t place = place_at(w->p);

        if (place < PLACES)
            put_variable(w, place);
        else
            step(w);
    }
}

/* `par_input=$1 par_number=$2; shift 2; ' */
static char *with_values(struct walk *w)
{
    char head[200];
    size_t n = 0;
    int count = 0;
    char *script;

    for (size_t i = 0; i < PLACES; i++)
        if (w->places & 1u << i)
            n += (size_t)snprintf(head + n, sizeof head - n, "%s=$%d ",
                                  variables[i], ++count);
    if (count)
        snprintf(head + n - 1, sizeof head - n + 1, "; shift %d; ", count);
    else
        head[0] = '\0';
    if (w->out.failed || asprintf(&script, "%s%.*s", head, (int)w->out.len,
                                  (const char *)w->out.data) < 0) {
        errno = ENOMEM;
        return NULL;
    }
    return script;
}

char *script_make(const char *line, unsigned *places)
{
    struct walk w = {.p = line};
    size_t room = strlen(line) + 1;
    char *script = NULL;

    w.open = calloc(room, sizeof *w.open);
    w.documents = calloc(room, sizeof *w.documents);
    if (w.open && w.documents) {
        walk(&w);
        *places = w.places;
        if (w.refused)
            errno = EINVAL;
        else
            script = with_values(&w);
    }
    meta_writer_clear(&w.out);
    free(w.documents);
    free(w.open);
    return script;
}
