/* log.c - one write(2) a line
 *
 * So lines of several threads and processes do not mix.  What a peer said is
 * made harmless first.
 */
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
#include "plain.h"

enum { LINE = 2048 };

/* Set once, before any thread starts; read by all. */
static const char *name = "par";
static _Atomic enum log_level threshold = LOG_NOTHING;

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

void log_raise(enum log_level level)
{
    if (level > threshold)
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
    len = plain_put(line, len, sizeof line - 1, text, false);
    line[len++] = '\n';
    /* One write, so that lines of several processes do not mix.  If it fails
     * there is nobody left to tell. */
    while (write(STDERR_FILENO, line, len) < 0 && errno == EINTR)
        ;
    errno = saved;
}
