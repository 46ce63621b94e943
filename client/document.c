/* document.c - a here-document of a shell script */
#include "config.h"

#include "document.h"

#include <string.h>

size_t document_read(struct document *d, const char *p)
{
    const char *from = p;

    *d = (struct document){.indented = p[2] == '-'};
    if (p[2] == '<') /* of some shells: a text, no document */
        return 3;
    p += d->indented ? 3 : 2;
    d->end = p += strspn(p, " \t");
    for (; *p && !strchr(" \t\n;|&()<>", *p); p++)
        d->quoted |= strchr("'\"\\", *p) != NULL;
    d->len = (size_t)(p - d->end);
    return (size_t)(p - from);
}

const char *document_end(const struct document *d, const char *line)
{
    line += d->indented ? strspn(line, "\t") : 0;
    for (size_t i = 0; i < d->len; i++)
        if (!strchr("'\"\\", d->end[i]) && *line++ != d->end[i])
            return NULL;
    return *line == '\n' || *line == '\0' ? line : NULL;
}
