/* handlers_ask.h - PING, STATUS, and the errors that workers report */
#ifndef PAR_BROKER_HANDLERS_ASK_H
#define PAR_BROKER_HANDLERS_ASK_H

#include "engine.h"

handle_f on_ping, on_pong, on_status, on_worker_error;

/* A nonce for a worker, that no other message of ours has. */
uint64_t next_nonce(struct broker *b, unsigned relay);

#endif
