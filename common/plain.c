/* plain.c - what is shown as it is, and what as octets */
#include "config.h"

#include "plain.h"

#include <stdint.h>
#include <string.h>

#include "utf8.h"

enum { ESCAPE = 4, CUT = 3 /* the "..." of a text that was too long */ };

bool plain_is_name(const char *text, size_t size)
{
    size_t len = strlen(text);

    for (size_t i = 0; i < len; i++)
        if (text[i] <= ' ' || text[i] >= 0x7F || strchr("=,:/", text[i]))
            return false;
    return len > 0 && len < size;
}

static uint32_t code_point(const uint8_t *p, size_t step)
{
    uint32_t c = step == 1 ? p[0] : p[0] & (0xFFu >> (step + 1));

    for (size_t i = 1; i < step; i++)
        c = c << 6 | (p[i] & 0x3F);
    return c;
}

/* The control characters are those of ISO 6429; the others turn the direction
 * of text, end its line, or cannot be seen. */
static bool is_plain(const char *text, size_t step)
{
    static const struct {
        uint32_t first;
        uint32_t last;
    } barred[] = {
        {0, 0x1F},        {0x7F, 0x9F},     {0xAD, 0xAD},
        {0x061C, 0x061C}, {0x200B, 0x200F}, {0x2028, 0x202E},
        {0x2060, 0x206F}, {0xFEFF, 0xFEFF}, {0xE0000, 0xE0FFF},
    };
    uint32_t c;

    if (step == 0)
        return false;
    c = code_point((const uint8_t *)text, step);
    for (size_t i = 0; i < sizeof barred / sizeof *barred; i++)
        if (c >= barred[i].first && c <= barred[i].last)
            return false;
    return true;
}

bool plain_is_text(const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        size_t step = utf8_step(text, left);

        if (!is_plain(text, step))
            return false;
        text += step;
        left -= step;
    }
    return true;
}

size_t plain_put(
    char *to, size_t len, size_t size, const char *text, bool lines)
{
    static const char digits[] = "0123456789abcdef";
    size_t end = size > CUT ? size - CUT : 0;
    size_t left = strlen(text);
    size_t step;

    for (; left > 0; text += step, left -= step) {
        unsigned char c = (unsigned char)*text;

        step = utf8_step(text, left);
        if (is_plain(text, step) || (lines && (c == '\n' || c == '\t'))) {
            if (len + step > end)
                break;
            memcpy(to + len, text, step);
            len += step;
        } else {
            if (len + ESCAPE > end)
                break;
            step = 1;
            to[len++] = '\\';
            to[len++] = 'x';
            to[len++] = digits[c >> 4];
            to[len++] = digits[c & 15];
        }
    }
    if (left > 0 && len + CUT <= size) {
        memcpy(to + len, "...", CUT);
        len += CUT;
    }
    return len;
}
