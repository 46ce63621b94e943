/* pattern.c - is a bracket one behind a pattern of `case'? */
#include "config.h"

#include "pattern.h"

#include <stddef.h>
#include <string.h>

#define OPERATORS "\n;&|()"

static bool is_word(const char *word, const char *p, size_t len)
{
    return strlen(word) == len && strncmp(word, p, len) == 0;
}

/* A reserved word with a command behind it. */
static bool leads(const char *p, size_t len)
{
    static const char *const words[] = {
        "if", "then", "elif", "else", "while", "until", "do", "{", "!"};
    size_t i = 0, n = sizeof words / sizeof *words;

    while (i < n && !is_word(words[i], p, len))
        i++;
    return i < n;
}

bool pattern_ends(const char *p, const char *end)
{
    bool command = true; /* the next word may be one, and reserved */
    int cases = 0;

    for (;;) {
        size_t len = strspn(p, " \t" OPERATORS);

        command |= strcspn(p, OPERATORS) < len;
        p += len;
        if (p >= end)
            return cases > 0;
        len = strcspn(p, " \t" OPERATORS);
        if (command)
            cases += is_word("case", p, len) - is_word("esac", p, len);
        command = leads(p, len);
        p += len;
    }
}
