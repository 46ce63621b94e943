/* plain.h - what may reach a terminal, or a log, as it is
 *
 * A name or a text that comes from a peer could hold control sequences, forge
 * a second line, or turn the direction of what is read.
 */
#ifndef PAR_COMMON_PLAIN_H
#define PAR_COMMON_PLAIN_H

#include <stdbool.h>
#include <stddef.h>

/* A name that can stand in a command line and in a table: printable ASCII,
 * without blanks and `=` `,` `:` `/`, and shorter than `size`. */
bool plain_is_name(const char *text, size_t size);

/* No control characters, no invisible ones, well-formed UTF-8. */
bool plain_is_text(const char *text);

/* Append text to `to`, which holds len octets, with whatever is not plain as
 * \xNN (newlines and tabs too, unless `lines`).  What needs over size - 3
 * octets ends in "...".  Returns the new length; writes no NUL. */
size_t plain_put(
    char *to, size_t len, size_t size, const char *text, bool lines);

#endif
