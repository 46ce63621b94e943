/* tail.c - a ring of octets, read backwards for whole lines */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "tail.h"

int tail_init(struct tail *t, size_t size)
{
    *t = (struct tail){.data = malloc(size), .size = size};
    return t->data ? 0 : -1;
}

void tail_clear(struct tail *t)
{
    free(t->data);
    *t = (struct tail){0};
}

void tail_add(struct tail *t, const void *data, size_t len)
{
    const char *from = data;

    if (!t->size)
        return;
    if (len > t->size) {
        from += len - t->size;
        len = t->size;
        t->used = t->size;
    }
    while (len) {
        size_t n = t->size - t->at < len ? t->size - t->at : len;

        memcpy(t->data + t->at, from, n);
        t->at = (t->at + n) % t->size;
        t->used = t->used + n < t->size ? t->used + n : t->size;
        from += n;
        len -= n;
    }
}

/* The octet `back` places before the end; 1 is the last one. */
static char octet(const struct tail *t, size_t back)
{
    return t->data[(t->at + t->size - back) % t->size];
}

static char printable(char c)
{
    unsigned char u = (unsigned char)c;

    return u >= 0x20 ? (u == 0x7f ? '?' : c)
                     : (c == '\t' || c == '\n' ? c : '?');
}

size_t tail_text(const struct tail *t, unsigned lines, char *to, size_t size)
{
    size_t end = 0, back, start, n = 0;
    unsigned newlines = 0;

    while (end < t->used && octet(t, end + 1) == '\n')
        end++;
    start = end; /* octets from the end where the text begins */
    for (back = end + 1; back <= t->used && back - end < size; back++) {
        if (octet(t, back) == '\n' && ++newlines == lines)
            break;
        start = back;
    }
    /* Where something before it is lost, begin with a whole line. */
    if (newlines != lines && (back <= t->used || t->used == t->size))
        for (size_t b = start; b > end; b--)
            if (octet(t, b) == '\n') {
                start = b - 1;
                break;
            }
    while (start > end && n + 1 < size)
        to[n++] = printable(octet(t, start--));
    if (size)
        to[n] = 0;
    return n;
}
