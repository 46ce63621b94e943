/* handlers_client.h - RUN and CANCEL */
#ifndef PAR_BROKER_HANDLERS_CLIENT_H
#define PAR_BROKER_HANDLERS_CLIENT_H

#include "engine.h"

handle_f on_run, on_cancel;

/* A RUN could not be read; the client has counted it as sent. */
void runs_undecoded(struct peer *client, struct link_msg *m);

#endif
