/* error.c - status names, and struct par_error filled in
 *
 * The text may quote an error that it replaces, and what a peer wrote: it is
 * made one line before it is stored.
 */
#include "config.h"

#include <par/error.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "utf8.h"

static const struct {
    int status;
    const char *name;
} names[] = {
    {PAR_OK, "OK"},
    {PAR_EXCEPTION, "EXCEPTION"},
    {PAR_EXIT, "EXIT"},
    {PAR_SIGNAL, "SIGNAL"},
    {PAR_TIMEOUT, "TIMEOUT"},
    {PAR_OOM, "OOM"},
    {PAR_CANCELLED, "CANCELLED"},
    {PAR_BAD_ARGS, "BAD_ARGS"},
    {PAR_LIMIT, "LIMIT"},
    {PAR_QUARANTINED, "QUARANTINED"},
    {PAR_NOT_KILLABLE, "NOT_KILLABLE"},
    {PAR_WORKER_LOST, "WORKER_LOST"},
    {PAR_NO_CAPACITY, "NO_CAPACITY"},
    {PAR_OVERLOADED, "OVERLOADED"},
    {PAR_STORAGE_FULL, "STORAGE_FULL"},
    {PAR_EXPIRED, "EXPIRED"},
    {PAR_INTERNAL, "INTERNAL"},
    {PAR_DRAINING, "DRAINING"},
    {PAR_LOST, "LOST"},
    {PAR_SETUP_FAILED, "SETUP_FAILED"},
    {PAR_VALUE_LOST, "VALUE_LOST"},
    {PAR_CLOSING, "CLOSING"},
    {PAR_MALFORMED, "MALFORMED"},
    {PAR_VERSION, "VERSION"},
    {PAR_UNSUPPORTED, "UNSUPPORTED"},
    {PAR_TOO_LARGE, "TOO_LARGE"},
    {PAR_NO_CREDIT, "NO_CREDIT"},
    {PAR_UNKNOWN_SESSION, "UNKNOWN_SESSION"},
    {PAR_UNKNOWN_HANDLE, "UNKNOWN_HANDLE"},
    {PAR_UNKNOWN_ID, "UNKNOWN_ID"},
    {PAR_DUPLICATE_ID, "DUPLICATE_ID"},
    {PAR_UNKNOWN_FUNCTION, "UNKNOWN_FUNCTION"},
    {PAR_UNKNOWN_WORKER, "UNKNOWN_WORKER"},
    {PAR_FORBIDDEN, "FORBIDDEN"},
    {PAR_UNAUTHENTICATED, "UNAUTHENTICATED"},
    {PAR_QUOTA, "QUOTA"},
    {PAR_BAD_SIGNATURE, "BAD_SIGNATURE"},
};

const char *par_status_name(int status)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].status == status)
            return names[i].name;
    return "?";
}

/* Make it one line: texts quote what peers and users wrote, and a cut may
 * fall inside a character. */
static void tidy(char *text)
{
    size_t len = strlen(text);
    size_t step;

    for (size_t at = 0; at < len; at += step) {
        unsigned char c = (unsigned char)text[at];

        step = utf8_step(text + at, len - at);
        if (step == 0) {
            step = 1;
            text[at] = '?';
        } else if (c == '\n' || c == '\t') {
            text[at] = ' ';
        } else if (c < ' ' || c == 0x7F) {
            text[at] = '?';
        }
    }
}

/* Cut at PAR_ERROR_TEXT, but not inside a character. */
static void store(struct par_error *err, const char *text)
{
    size_t len = strnlen(text, PAR_ERROR_TEXT - 1);

    while (text[len] != '\0' && len > 0 && (text[len] & 0xC0) == 0x80)
        len--;
    memmove(err->text, text, len);
    err->text[len] = '\0';
    tidy(err->text);
}

int par_fail(struct par_error *err, int code, const char *format, ...)
{
    char text[PAR_ERROR_TEXT + 1]; /* one more, to see whether it is cut */
    va_list args;

    if (!err)
        return -1;
    /* Not into err->text at once: an argument may be that very text. */
    va_start(args, format);
    if (vsnprintf(text, sizeof text, format, args) < 0)
        text[0] = '\0';
    va_end(args);
    err->code = code;
    store(err, text);
    return -1;
}

int par_fail_in(struct par_error *err, const char *what)
{
    if (!err)
        return -1;
    return par_fail(err, err->code, "%s: %s", what, err->text);
}
