/* handlers.h - what peers said: who may say what */
#ifndef PAR_BROKER_HANDLERS_H
#define PAR_BROKER_HANDLERS_H

#include "engine.h"

void handle_message(struct broker *b, struct link_msg *m);

/* A connection has ended. */
void handle_gone(struct broker *b, uint64_t conn);

#endif
