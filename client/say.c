#include "config.h"

#include "say.h"

#include <stdarg.h>
#include <stdio.h>

#include "progress.h"

void cli_say(const char *format, ...)
{
    va_list args;

    progress_erase();
    fputs("par: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}
