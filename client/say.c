/* say.c - the progress line is erased first */
#include "config.h"

#include "say.h"

#include <stdarg.h>
#include <stdio.h>

#include "plain.h"
#include "progress.h"
#include "spool.h"

enum { TEXT = 4096, LINE = 8192 };

void cli_say(const char *format, ...)
{
    char text[TEXT] = "";
    char line[LINE];
    size_t len;
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);

    spool_flush(NULL); /* whoever printed it is told of a failure */
    progress_erase();
    len = plain_put(line, 0, sizeof line - 1, text, true);
    line[len++] = '\n';
    fputs("par: ", stderr);
    fwrite(line, 1, len, stderr);
}
