#include "config.h"

#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "utf8.h"

enum { LINE = 2048, CUT = 3 /* the "..." of a line that was too long */ };

/* Set once, before any thread starts; read by all. */
static const char *name = "par";
static enum log_level threshold = LOG_WARN;

static const char *const level_names[] = {
    [LOG_ERROR] = "error",
    [LOG_WARN] = "warning",
    [LOG_INFO] = "info",
    [LOG_DEBUG] = "debug",
};

void log_open(const char *program, enum log_level level)
{
    name = program;
    threshold = level;
}

enum log_level log_level(void)
{
    return threshold;
}

static size_t put_head(char *to, size_t size, enum log_level level)
{
    uint64_t now = clock_wall_ms();
    time_t seconds = (time_t)(now / 1000);
    struct tm t;
    size_t len;
    int more;

    gmtime_r(&seconds, &t);
    len = strftime(to, size, "%Y-%m-%dT%H:%M:%S", &t);
    more =
        snprintf(to + len, size - len, ".%03uZ %s %s: ", (unsigned)(now % 1000),
                 level_names[level], name);
    if (more < 0)
        return len;
    return len + (size_t)more < size ? len + (size_t)more : size - 1;
}

/* May it reach a terminal as it is?  Not the control characters, those of
 * ISO 6429 at U+0080 to U+009F included. */
static bool is_plain(const char *text, size_t step)
{
    unsigned char c = (unsigned char)text[0];

    if (step == 1)
        return c >= ' ' && c != 0x7F;
    return step > 1 && !(c == 0xC2 && (unsigned char)text[1] < 0xA0);
}

/* Append text, its control characters and broken UTF-8 as \xNN; stops where
 * there is no more room.  Returns the new length. */
static size_t put_escaped(char *to, size_t len, size_t size, const char *text)
{
    static const char digits[] = "0123456789abcdef";
    size_t left = strlen(text);
    size_t step;

    for (; left > 0; text += step, left -= step) {
        step = utf8_step(text, left);
        if (is_plain(text, step)) {
            if (len + step > size)
                break;
            memcpy(to + len, text, step);
            len += step;
        } else {
            unsigned char c = (unsigned char)*text;

            if (len + 4 > size)
                break;
            step = 1;
            memcpy(to + len, "\\x", 2);
            to[len + 2] = digits[c >> 4];
            to[len + 3] = digits[c & 15];
            len += 4;
        }
    }
    if (left > 0) {
        memcpy(to + len, "...", CUT);
        len += CUT;
    }
    return len;
}

void log_line(enum log_level level, const char *format, ...)
{
    int saved = errno;
    char text[LINE];
    char line[LINE];
    size_t len;
    va_list args;

    if (level > threshold)
        return;
    va_start(args, format);
    if (vsnprintf(text, sizeof text, format, args) < 0)
        text[0] = '\0';
    va_end(args);

    len = put_head(line, sizeof line / 2, level);
    len = put_escaped(line, len, sizeof line - CUT - 1, text);
    line[len++] = '\n';
    /* One write, so that lines of several processes do not mix.  If it fails
     * there is nobody left to tell. */
    while (write(STDERR_FILENO, line, len) < 0 && errno == EINTR)
        ;
    errno = saved;
}
