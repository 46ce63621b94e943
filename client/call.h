/* call.h - the way in and out of every public function */
#ifndef PAR_CLIENT_CALL_H
#define PAR_CLIENT_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include <par/client.h>

/* Are we a fork()ed child?  Then the sockets, threads and locks are the
 * parent's. */
bool client_is_elsewhere(const struct par_client *c);

/* Lock.  Fails in a forked child (unlocked then). */
int client_enter(struct par_client *c, struct par_error *err);

void client_leave(struct par_client *c);

/* End the pump's sleep: there is something to do. */
void client_poke(struct par_client *c);

/* When a call with this timeout ends, by clock_ms(). */
uint64_t client_deadline(int64_t timeout);

/* Has a call waited long enough?  Fails with ETIMEDOUT and `what` when the
 * deadline has passed, with EINTR after par_interrupt(). */
int client_patience(const struct par_client *c,
                    uint64_t deadline,
                    struct par_error *err,
                    const char *what,
                    ...) __attribute__((format(printf, 4, 5)));

#endif
