/* places.h - what stands in a template for an input, or a part of it
 *
 *   {} the input   {.} without its extension   {/} its last component
 *   {//} the folder   {/.} last component without extension   {#} the number
 */
#ifndef PAR_CLIENT_PLACES_H
#define PAR_CLIENT_PLACES_H

#include <stddef.h>
#include <stdint.h>

enum { PLACES = 6, PLACE_NUMBER = 5 };

/* The place that begins here, or PLACES if none does. */
size_t place_at(const char *p);

/* What the place is in the template. */
const char *place_text(size_t place);
size_t place_len(size_t place);

/* What goes there: octets of the value, or of `digits`. */
const char *place_part(size_t place,
                       const char *value,
                       uint64_t number,
                       char digits[24],
                       size_t *len);

/* The first place in `word` that GNU parallel would fill, and this does not
 * yet ({1} {%} {+/} {= ... =}), with its length; NULL if there is none. */
const char *place_later(const char *word, size_t *len);

#endif
