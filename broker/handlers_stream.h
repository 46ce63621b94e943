/* handlers_stream.h - streams of runs, and CREDIT */
#ifndef PAR_BROKER_HANDLERS_STREAM_H
#define PAR_BROKER_HANDLERS_STREAM_H

#include "engine.h"

handle_f on_client_stream, on_worker_stream, on_credit;

/* A client has read some: what it has granted is told. */
void streams_go_on(struct broker *b, struct peer *client);

#endif
