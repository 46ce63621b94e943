/* utf8.h - is this text?
 *
 * For whatever shows a peer's bytes to people: errors, the log, JSON.
 */
#ifndef PAR_COMMON_UTF8_H
#define PAR_COMMON_UTF8_H

#include <stddef.h>

/* How many octets the character at `data` takes, 1 to 4; 0 if what stands
 * there is not well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates,
 * nothing above U+10FFFF) or if len is 0. */
size_t utf8_step(const void *data, size_t len);

#endif
