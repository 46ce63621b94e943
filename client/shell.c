/* shell.c - follow a shell's quotes, brackets and here-documents
 *
 * What is open is a stack.  Much that the shell knows is not looked at
 * (aliases, say): then a value may be split into words, as any variable without
 * quotes is.
 */
#include "config.h"

#include "shell.h"

#include <stdlib.h>
#include <string.h>

#include "document.h"
#include "pattern.h"
#include "places.h"

#define NAME "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"

enum state {
    PLAIN,
    PAREN, /* ( or $( */
    BACKTICK,
    BRACE,        /* ${ outside of quotes */
    BRACE_QUOTED, /* ${ inside of quotes */
    SLICE,        /* ${x: of ${x:1:2} */
    SUBSCRIPT,    /* a[ of a[1]=, ${a[1]}, and $[ */
    SUM,          /* (( or $(( */
    SUM_PAREN,    /* ( in it */
    DOUBLE,
    SINGLE,
    DOCUMENT,
    COMMENT
};

static const struct kind {
    bool takes_commands; /* they may stand there */
    bool takes_quotes;   /* quotes are quotes there */
    bool computes;       /* the shell may run more of a value than a number */
    char end;            /* the bracket that ends it */
} kinds[] = {
    [PLAIN] = {true, true},
    [PAREN] = {true, true, .end = ')'},
    [BACKTICK] = {true, true},
    [BRACE] = {false, true, .end = '}'},
    [BRACE_QUOTED] = {.end = '}'},
    [SLICE] = {false, true, true, '}'},
    [SUBSCRIPT] = {false, true, true, ']'},
    [SUM] = {false, true, true, ')'},
    [SUM_PAREN] = {false, true, true, ')'},
    [COMMENT] = {false}, /* nor have the others any of these */
};

struct shell_open {
    enum state state;
    const char *inside;       /* where that begins */
    const char *word;         /* it is a part of: that goes on behind it */
    size_t others;            /* documents, announced outside: not for it */
    struct document document; /* that it is */
};

/* ---- what is open ---- */

static enum state top(const struct shell *sh)
{
    return sh->open[sh->depth].state;
}

/* A part of a word, the first octets of which are passed. */
static void push(struct shell *sh, enum state state)
{
    sh->open[++sh->depth] = (struct shell_open){
        state, .inside = sh->p, .word = sh->word, .others = sh->announced};
    sh->word = NULL;
}

/* What is no part of a word, but ends the one before.  The end of a line in it
 * is one of what it stands in. */
static void push_apart(struct shell *sh, enum state state)
{
    size_t others = sh->open[sh->depth].others;

    sh->word = NULL;
    push(sh, state);
    sh->open[sh->depth].others = others;
}

/* Its last octets are passed. */
static void pop(struct shell *sh)
{
    sh->word = sh->open[sh->depth--].word;
}

static bool takes_commands(const struct shell *sh)
{
    return kinds[top(sh)].takes_commands;
}

static bool takes_quotes(const struct shell *sh)
{
    return kinds[top(sh)].takes_quotes;
}

static void pass(struct shell *sh, size_t n)
{
    if (!sh->word)
        sh->word = sh->p;
    sh->p += n;
}

/* ---- here-documents ---- */

static void announce(struct shell *sh)
{
    struct document d;

    pass(sh, document_read(&d, sh->p));
    if (d.len > 0)
        sh->documents[sh->announced++] = d;
}

static void begin_document(struct shell *sh)
{
    size_t first = sh->open[sh->depth].others;
    struct document d;

    if (sh->announced <= first)
        return;
    d = sh->documents[first];
    sh->announced--;
    memmove(&sh->documents[first], &sh->documents[first + 1],
            (sh->announced - first) * sizeof d);
    push(sh, DOCUMENT);
    sh->open[sh->depth].document = d;
}

/* At the beginning of a line of a document. */
static void end_document(struct shell *sh)
{
    const char *end = document_end(&sh->open[sh->depth].document, sh->p);

    if (end) {
        pass(sh, (size_t)(end - sh->p));
        pop(sh);
    }
}

static bool is_literal(const struct shell *sh)
{
    return top(sh) == DOCUMENT && sh->open[sh->depth].document.quoted;
}

/* ---- the walk ---- */

/* Is it arithmetic that `((' begins, n octets on?  Where it ends shows that:
 * not at a single bracket. */
static bool is_sum(const struct shell *sh, size_t n)
{
    return !sh->groups[sh->p + n - sh->script];
}

/* What is behind the name in ${x. */
static void behind_name(struct shell *sh)
{
    if (*sh->p == '[') {
        pass(sh, 1);
        push(sh, SUBSCRIPT);
    } else if (*sh->p == ':' && !strchr("-=?+", sh->p[1])) {
        pass(sh, 1);
        sh->open[sh->depth].state = SLICE;
    }
}

/* `${', `${#' or `${!', and a name. */
static void parameter(struct shell *sh)
{
    size_t n = sh->p[2] == '#' || sh->p[2] == '!' ? 3 : 2;
    size_t name = strspn(sh->p + n, NAME);

    if (name == 0 && sh->p[n] && strchr("$!?@*#-", sh->p[n]))
        name = 1;
    pass(sh, n + name);
    push(sh, takes_quotes(sh) ? BRACE : BRACE_QUOTED);
    behind_name(sh);
}

/* What begins with a dollar sign. */
static void dollar(struct shell *sh)
{
    if (strncmp(sh->p, "$((", 3) == 0 && is_sum(sh, 3)) {
        pass(sh, 3);
        push(sh, SUM);
    } else if (sh->p[1] == '(') {
        pass(sh, 2);
        push(sh, PAREN);
    } else if (sh->p[1] == '[' && strchr(sh->p, ']')) {
        pass(sh, 2);
        push(sh, SUBSCRIPT);
    } else if (sh->p[1] == '{' && place_at(sh->p + 1) >= PLACE_NUMBER) {
        parameter(sh);
    } else {
        pass(sh, sh->p[1] && strchr("$!?@*#-", sh->p[1]) ? 2 : 1);
    }
}

/* Inside of quotes it takes its meaning from few octets only. */
static void backslash(struct shell *sh)
{
    enum state s = top(sh);
    const char *takes = s == BRACE_QUOTED ? "$`\"\\\n}" : "$`\"\\\n";
    const char *word = sh->word;
    bool escapes = sh->p[1] && (takes_quotes(sh) || strchr(takes, sh->p[1]));

    pass(sh, escapes ? 2 : 1);
    if (sh->p[-1] == '\n') /* the line goes on, and is as it was */
        sh->word = word;
}

static void quote(struct shell *sh)
{
    enum state s = top(sh), closes = *sh->p == '"' ? DOUBLE : SINGLE;

    pass(sh, 1);
    if (s == closes)
        pop(sh);
    else if (takes_quotes(sh) || (s == BRACE_QUOTED && closes == DOUBLE))
        push(sh, closes);
}

/* The second one ends the commands, and what is open in them: a comment. */
static void backtick(struct shell *sh)
{
    size_t first = sh->depth;

    while (first > 0 && sh->open[first].state != BACKTICK)
        first--;
    pass(sh, 1);
    if (first > 0) {
        sh->depth = first;
        pop(sh);
    } else if (top(sh) != COMMENT) {
        push(sh, BACKTICK);
    }
}

/* `a[1]=', or `[1]=' in brackets; if in doubt, as `]=' comes somewhere. */
static bool is_subscript(const struct shell *sh)
{
    const char *name = sh->word ? sh->word : sh->p;

    return name + strspn(name, NAME) == sh->p &&
           (name < sh->p ||
            (top(sh) == PAREN && !strchr(" \t\n[", sh->p[1]))) &&
           (strstr(sh->p, "]=") || strstr(sh->p, "]+="));
}

static void open_bracket(struct shell *sh)
{
    enum state s = top(sh);

    if (*sh->p == '[') {
        bool opens = s == SUBSCRIPT || (takes_commands(sh) && is_subscript(sh));

        pass(sh, 1);
        if (opens)
            push(sh, SUBSCRIPT);
    } else if (takes_commands(sh)) {
        bool sum = sh->p[1] == '(' && is_sum(sh, 2);

        pass(sh, sum ? 2 : 1);
        push_apart(sh, sum ? SUM : PAREN);
    } else {
        pass(sh, 1);
        if (s == SUM || s == SUM_PAREN)
            push(sh, SUM_PAREN);
    }
}

static void close_bracket(struct shell *sh)
{
    enum state s = top(sh);
    char c = *sh->p;
    bool pattern;

    if (s == SUM && c == ')' && sh->p[1] != ')') {
        sh->groups[sh->open[sh->depth].inside - sh->script] = true;
        sh->is_wrong = true;
        return;
    }
    pattern = c == ')' && takes_commands(sh) &&
              (s != PAREN || pattern_ends(sh->open[sh->depth].inside, sh->p));
    pass(sh, s == SUM && c == ')' ? 2 : 1);
    if (pattern) {
        sh->word = NULL;
    } else if (c == kinds[s].end) {
        pop(sh);
        if (s == SUBSCRIPT && kinds[top(sh)].end == '}')
            behind_name(sh);
    }
}

static void newline(struct shell *sh)
{
    pass(sh, 1);
    if (top(sh) == COMMENT)
        pop(sh);
    sh->word = NULL;
    if (takes_commands(sh))
        begin_document(sh);
    if (top(sh) == DOCUMENT)
        end_document(sh);
}

/* What stands between words, begins a comment, or has no meaning. */
static void plain(struct shell *sh)
{
    bool begins = !sh->word && takes_commands(sh);
    char c = *sh->p;

    pass(sh, 1);
    if (c == '#' && begins)
        push_apart(sh, COMMENT);
    else if (strchr(" \t;|&<>", c))
        sh->word = NULL;
}

/* One thing that is no place. */
static void read_on(struct shell *sh)
{
    enum state s = top(sh);
    char c = *sh->p;

    if (s == SINGLE    ? c != '\''
        : s == COMMENT ? c != '\n' && c != '`'
                       : is_literal(sh) && c != '\n')
        pass(sh, 1);
    else if (c == '\n')
        newline(sh);
    else if (c == '\\')
        backslash(sh);
    else if (c == '$')
        dollar(sh);
    else if (c == '`')
        backtick(sh);
    else if (c == '"' || c == '\'')
        quote(sh);
    else if (c == '(' || c == '[')
        open_bracket(sh);
    else if (c == ')' || c == ']' || c == '}')
        close_bracket(sh);
    else if (takes_commands(sh) && strncmp(sh->p, "<<", 2) == 0)
        announce(sh);
    else
        plain(sh);
}

void shell_step(struct shell *sh)
{
    size_t place = place_at(sh->p);

    if (place < PLACES)
        pass(sh, place_len(place));
    else
        read_on(sh);
}

/* ---- where it stands ---- */

enum shell_site shell_site(const struct shell *sh)
{
    if (top(sh) == SINGLE)
        return SHELL_SINGLE;
    if (is_literal(sh))
        return SHELL_LITERAL;
    return takes_quotes(sh) ? SHELL_SPLIT : SHELL_WHOLE;
}

bool shell_computes(const struct shell *sh)
{
    size_t i = sh->depth;

    while (!kinds[sh->open[i].state].takes_commands &&
           !kinds[sh->open[i].state].computes)
        i--;
    return kinds[sh->open[i].state].computes;
}

/* ---- beginning ---- */

static void rewind_to_start(struct shell *sh)
{
    sh->p = sh->script;
    sh->word = NULL;
    sh->depth = sh->announced = 0;
    sh->is_wrong = false;
}

int shell_begin(struct shell *sh, const char *script)
{
    size_t room = strlen(script) + 1;

    *sh = (struct shell){.script = script, .p = script};
    sh->open = calloc(room, sizeof *sh->open);
    sh->documents = calloc(room, sizeof *sh->documents);
    sh->groups = calloc(room, sizeof *sh->groups);
    if (!sh->open || !sh->documents || !sh->groups) {
        shell_clear(sh);
        return -1;
    }
    do { /* again, with one more of groups[] known */
        rewind_to_start(sh);
        while (*sh->p && !sh->is_wrong)
            shell_step(sh);
    } while (sh->is_wrong);
    rewind_to_start(sh);
    return 0;
}

void shell_clear(struct shell *sh)
{
    free(sh->groups);
    free(sh->documents);
    free(sh->open);
    *sh = (struct shell){0};
}
