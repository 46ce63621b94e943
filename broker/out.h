/* out.h - what leaves for peers, and the batch in the making for each
 *
 * Items for one peer that follow each other share a message; it leaves when it
 * is full, when something else must be said to that peer, or at the end of the
 * turn.  Never on a timer.
 *
 * For a batch that cannot be sent, for want of memory, its runs end as
 * INTERNAL; a peer that misses anything else is marked as broken.  That makes
 * decisions after all were carried out: `has_lost` tells the turn.
 */
#ifndef PAR_BROKER_OUT_H
#define PAR_BROKER_OUT_H

#include "engine.h"

/* Begin a batch; what was in the making for that peer is sent. */
void out_open(struct broker *b,
              struct peer *peer,
              const struct wire_header *head,
              const void *meta,
              size_t meta_len);

/* The one item that has just been put in is the second frame: send both. */
void out_send_with(struct broker *b,
                   struct peer *peer,
                   struct payload_ref payload);

/* Send a whole message, behind what was in the making.  Takes the frame; the
 * second one (NULL: none) is moved. */
void out_send(struct broker *b,
              struct peer *peer,
              uint8_t *frame,
              size_t len,
              zmq_msg_t *second);

/* There is no memory for what it has to hear: rather than wait for that it is
 * cut off, at the end of the turn. */
void out_break(struct broker *b, struct peer *peer);

/* Has it so much unread that what can wait had better?  Then out_waits() has it
 * looked at again, at every turn, until it has caught up with half of that. */
bool out_is_behind(const struct broker *b, const struct peer *peer);
bool out_has_caught_up(const struct broker *b, const struct peer *peer);
void out_waits(struct broker *b, struct peer *peer);

/* Send the batch in the making, if there is one; all batches. */
void out_flush(struct broker *b, struct peer *peer);
void out_flush_all(struct broker *b);

#endif
