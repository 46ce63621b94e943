/* nanny_say.h - what is said to the broker */
#ifndef PAR_WORKER_NANNY_SAY_H
#define PAR_WORKER_NANNY_SAY_H

#include "engine.h"

/* Send a message of ours after all answers that came before it; `data` is its
 * bare item, NULL: none (the count is the header's). */
void nanny_say(struct nanny *n,
               const struct wire_header *head,
               const struct meta_writer *meta,
               const void *data,
               size_t len);

/* ERROR; `ref` is the status. */
void nanny_say_error(
    struct nanny *n, uint64_t id, int status, bool final, const char *text);
void nanny_send_frame(void *nanny,
                      uint8_t *frame,
                      size_t len,
                      zmq_msg_t *second);

/* To a broker that has welcomed us. */
void nanny_say_goodbye(struct nanny *n, enum wire_reason reason);

/* Answer READY. */
void nanny_say_ready(struct nanny *n, struct comp *c, uint64_t id);

#endif
