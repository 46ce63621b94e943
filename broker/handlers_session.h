/* handlers_session.h - GOODBYE, and the end of a session */
#ifndef PAR_BROKER_HANDLERS_SESSION_H
#define PAR_BROKER_HANDLERS_SESSION_H

#include "engine.h"

handle_f on_goodbye;

/* Everybody forgets the session, but its connection stays. */
void forget_session(struct broker *b, struct peer *peer, bool orderly);

/* The same, and the connection is forgotten with it. */
void end_session(struct broker *b, struct peer *peer, bool orderly);

/* The same after a GOODBYE that says why; the connection is cut. */
void cut_session(struct broker *b, struct peer *peer, enum wire_reason why);

#endif
