/* zap.h - who may come in: the ZAP handler (RFC 27 of zeromq.org)
 *
 * ipc peers are admitted by the uid that the kernel attests, tcp peers by
 * their CURVE key.  The handler answers from an immutable table that the
 * broker swaps when the file changes, so no handshake waits for a disk.
 */
#ifndef PAR_COMMON_ZAP_H
#define PAR_COMMON_ZAP_H

#include <stdint.h>
#include <sys/types.h>

#include "keys.h"

/* The domains that endpoints name in their requests: each has its mechanism,
 * and a request that mixes them is refused. */
#define ZAP_DOMAIN_IPC "par.ipc" /* NULL, by uid */
#define ZAP_DOMAIN_TCP "par.tcp" /* CURVE, by key */

struct zap;

/* Bind the handler in `context` (one per context) before any other endpoint.
 * `owner` is the uid admitted on ipc; root is too, for it could become owner
 * anyway.  Until zap_use() no key is known. */
struct zap *zap_open(void *context, uid_t owner, struct par_error *err);

/* After zap_run() has returned.  NULL is allowed. */
void zap_close(struct zap *z);

/* Take over a new table; the old one is destroyed.  From any thread.  It
 * decides about new connections only: who is in must be cut off by the
 * broker (link_server_cut()). */
void zap_use(struct zap *z, struct authorized *a);

/* Serve until anything arrives on `control`, a raw socket (a zactor's pipe, or
 * the other end of an inproc PAIR).  Runs in a thread of its own. */
void zap_run(struct zap *z, void *control);

/* Handshakes refused so far: for STATUS and for tests. */
uint64_t zap_refused(const struct zap *z);

#endif
