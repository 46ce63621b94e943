/* frame.h - a received message that several results share
 *
 * A RESULT message carries many results.  They are not copied out: each holds
 * the frame that it lies in, and the last to go frees it.
 */
#ifndef PAR_CLIENT_FRAME_H
#define PAR_CLIENT_FRAME_H

#include "link.h"

struct frame;

/* Take the message's frames over; its wire pointers then point into what the
 * frame keeps.  The caller holds it once.  NULL if out of memory: the message
 * is then untouched. */
struct frame *frame_take(struct link_msg *m);

/* One of our own words, copied; its octets are at *copy. */
struct frame *frame_make(const void *data, size_t len, const uint8_t **copy);

/* From any thread. */
void frame_hold(struct frame *f);
void frame_drop(struct frame *f); /* NULL is allowed */

#endif
