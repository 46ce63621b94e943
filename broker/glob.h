/* glob.h - shell patterns: * ? [abc] [a-z] [!abc] and \ before any of them
 *
 * Takes time in the product of both lengths at worst, whatever the pattern.
 */
#ifndef PAR_BROKER_GLOB_H
#define PAR_BROKER_GLOB_H

#include <stdbool.h>
#include <stddef.h>

/* Does the whole name match?  A `[` without its `]` stands for itself. */
bool glob_match(const char *pattern, size_t len, const char *name);

#endif
