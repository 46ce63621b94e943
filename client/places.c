/* places.c - what stands in a template for an input, or a part of it */
#include "config.h"

#include "places.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char *const places[PLACES] = {"{}",   "{.}",  "{/}",
                                           "{//}", "{/.}", "{#}"};

size_t place_at(const char *p)
{
    size_t i = 0;

    if (*p != '{')
        return PLACES;
    while (i < PLACES && strncmp(p, places[i], strlen(places[i])) != 0)
        i++;
    return i;
}

const char *place_text(size_t place)
{
    return places[place];
}

size_t place_len(size_t place)
{
    return strlen(places[place]);
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

const char *place_later(const char *word, size_t *len)
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

const char *place_part(size_t place,
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
    case PLACE_NUMBER:
        *len = (size_t)snprintf(digits, 24, "%llu", (unsigned long long)number);
        return digits;
    default:
        *len = strlen(value);
        return value;
    }
}
