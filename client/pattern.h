/* pattern.h - `case x in a) ...': the bracket that ends no other one */
#ifndef PAR_CLIENT_PATTERN_H
#define PAR_CLIENT_PATTERN_H

#include <stdbool.h>

/* In a shell script, is the bracket at `end' one behind a pattern?  Looked at
 * is the text from p on, which begins behind the bracket that is open: it is if
 * there is a `case' in it without its `esac'. */
bool pattern_ends(const char *p, const char *end);

#endif
