/* pump.h - one step of input and output */
#ifndef PAR_CLIENT_PUMP_H
#define PAR_CLIENT_PUMP_H

#include <stdbool.h>
#include <stdint.h>

#include <par/client.h>

/* Do one step of input and output, or wait for who does it.  Returns when
 * something may have changed, or at `deadline`.  Releases the lock while it
 * sleeps and while it calls the stream function. */
void client_turn(struct par_client *c, uint64_t deadline);

/* Hear that the pump was woken.  Only when nobody polls. */
void client_unpoke(struct par_client *c);

/* Take in what has arrived, without sleeping.  False if that was nothing.
 * Only when nobody polls. */
bool client_receive(struct par_client *c);

#endif
