/* glob.c - one pattern against one text, without recursion
 *
 * At a mismatch it goes back to the last star only, which bounds the work; a
 * pattern is a peer's, so its depth must not be ours.
 */
#include "config.h"

#include "glob.h"

/* Match one character against the set that starts behind `[` at p.  Returns
 * the end of the set behind its `]`, or NULL if it has none. */
static const char *match_set(const char *p,
                             const char *end,
                             char c,
                             bool *matched)
{
    bool negated = p < end && (*p == '!' || *p == '^');
    bool found = false;
    const char *first = negated ? ++p : p;

    for (; p < end; p++) {
        char low = *p;

        if (low == ']' && p > first) {
            *matched = found != negated;
            return p + 1;
        }
        if (end - p > 2 && p[1] == '-' && p[2] != ']') {
            found = found || (low <= c && c <= p[2]);
            p += 2;
        } else {
            found = found || low == c;
        }
    }
    return NULL;
}

/* Match one character of the name; returns the rest of the pattern, or NULL
 * if it does not match. */
static const char *match_one(const char *p, const char *end, char c)
{
    bool matched = false;
    const char *rest;

    if (*p == '?')
        return p + 1;
    if (*p == '[') {
        rest = match_set(p + 1, end, c, &matched);
        if (rest)
            return matched ? rest : NULL;
    }
    if (*p == '\\' && end - p > 1)
        p++;
    return *p == c ? p + 1 : NULL;
}

bool glob_match(const char *pattern, size_t len, const char *name)
{
    const char *p = pattern;
    const char *end = pattern + len;
    const char *star = NULL;  /* behind the last * */
    const char *retry = NULL; /* where in the name it ends */

    while (*name) {
        const char *rest = NULL;

        if (p < end && *p == '*') {
            star = ++p;
            retry = name;
            continue;
        }
        if (p < end)
            rest = match_one(p, end, *name);
        if (rest) {
            p = rest;
            name++;
        } else if (star) {
            p = star;
            name = ++retry;
        } else {
            return false;
        }
    }
    while (p < end && *p == '*')
        p++;
    return p == end;
}
