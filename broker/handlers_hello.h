/* handlers_hello.h - HELLO: who may come in */
#ifndef PAR_BROKER_HANDLERS_HELLO_H
#define PAR_BROKER_HANDLERS_HELLO_H

#include "engine.h"

/* What has no session says HELLO.  -1: it was refused, and told so. */
int handle_hello(struct broker *b, uint64_t conn, struct link_msg *m);

#endif
