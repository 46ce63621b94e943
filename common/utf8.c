/* utf8.c - one character at a time, by the table of well-formed sequences */
#include "config.h"

#include "utf8.h"

#include <stdint.h>

/* What may follow a first octet (Unicode, table 3-7): how many octets, and
 * the range of the second; a third and a fourth are always 80 to BF. */
struct form {
    uint8_t first;
    uint8_t last;
    uint8_t octets;
    uint8_t low;
    uint8_t high;
};

static const struct form forms[] = {
    {0xC2, 0xDF, 2, 0x80, 0xBF}, {0xE0, 0xE0, 3, 0xA0, 0xBF},
    {0xE1, 0xEC, 3, 0x80, 0xBF}, {0xED, 0xED, 3, 0x80, 0x9F},
    {0xEE, 0xEF, 3, 0x80, 0xBF}, {0xF0, 0xF0, 4, 0x90, 0xBF},
    {0xF1, 0xF3, 4, 0x80, 0xBF}, {0xF4, 0xF4, 4, 0x80, 0x8F},
};

static const struct form *form_of(uint8_t first)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (first >= forms[i].first && first <= forms[i].last)
            return &forms[i];
    return NULL;
}

size_t utf8_step(const void *data, size_t len)
{
    const uint8_t *p = data;
    const struct form *form;

    if (len == 0)
        return 0;
    if (p[0] < 0x80)
        return 1;
    form = form_of(p[0]);
    if (!form || form->octets > len)
        return 0;
    if (p[1] < form->low || p[1] > form->high)
        return 0;
    for (size_t i = 2; i < form->octets; i++)
        if (p[i] < 0x80 || p[i] > 0xBF)
            return 0;
    return form->octets;
}
