/* value.h - the caller's values, as msgpack */
#ifndef PAR_CLIENT_VALUE_H
#define PAR_CLIENT_VALUE_H

#include <par/client.h>

#include "meta.h"

/* Append one array of all of them. */
int value_put_array(struct meta_writer *w,
                    const struct par_value *values,
                    size_t count,
                    struct par_error *err);

/* Add the pair of a map that names a function to be called at set-up or
 * closing: VALUE_CALL: [function, arguments]. */
enum { VALUE_CALL = 16 };
int value_put_call(struct meta_writer *map,
                   const char *function,
                   const struct par_value *args,
                   size_t count,
                   struct par_error *err);

#endif
