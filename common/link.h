/* link.h - the one module that knows sockets
 *
 * A server is a ROUTER with any number of endpoints (inproc, ipc, tcp with
 * CURVE); a client is a DEALER with one.  A connection is named by a number
 * that is never used twice; routing ids stay inside.  Nothing here blocks:
 * the caller polls what link_*_poll() names and then receives until there is
 * nothing.  One thread at a time, like the sockets within.
 */
#ifndef PAR_COMMON_LINK_H
#define PAR_COMMON_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zmq.h>

#include <par/error.h>

#include "wire.h"

enum {
    LINK_POLL = 3, /* items that link_*_poll() may fill */
    LINK_KEY = 32,
    LINK_USER = 80,
    LINK_ADDRESS = 64,
    LINK_ENDPOINT = 320, /* the longest endpoint, its NUL included */
    LINK_IPC_MAX = 107   /* octets of an ipc path: the kernel's limit */
};

/* A received message; owns its frames.  Not to be copied or moved: `wire`
 * points into the frames, and a small frame lies inside its zmq_msg_t.  A
 * frame may lie in a larger buffer that it keeps alive: copy what is kept for
 * long. */
struct link_msg {
    uint64_t conn; /* server side: from whom */
    int status;    /* PAR_OK, or why wire_decode() refused it */
    struct wire_msg wire;
    zmq_msg_t first;
    zmq_msg_t second; /* empty if there was one frame */
};

/* Give the frames back.  wire's pointers are dead afterwards. */
void link_msg_close(struct link_msg *m);

/* A context of our own, its threads begun.  NULL on failure. */
void *link_context(struct par_error *err);

/* ---- the listening side ---- */

enum link_transport { LINK_INPROC, LINK_IPC, LINK_TCP };

/* Who is at the other end, as the transport attests it, never as it says. */
struct link_peer {
    enum link_transport transport;
    char user[LINK_USER]; /* "uid:1000", a key's 64 hex digits, "" on inproc */
    char address[LINK_ADDRESS];
};

struct link_server;

/* `router` is a fresh ROUTER of `context`, raw; the caller keeps it and closes
 * it after link_server_close().  Sets every option of it.  NULL on failure. */
struct link_server *link_server_open(void *context,
                                     void *router,
                                     struct par_error *err);

/* Gives the addresses back first.  NULL is allowed. */
void link_server_close(struct link_server *s);

/* Listen on inproc://NAME, ipc://PATH or tcp://ADDRESS:PORT (port `*` or 0:
 * any).  tcp needs the broker's key pair and is CURVE always; ipc and tcp are
 * admitted by the ZAP handler (zap.h), which must be running, and are refused
 * by libzmq itself when it is not.  An ipc path whose socket is already there
 * is taken over only if nobody answers on it; PATH.lock keeps two servers
 * from doing so at once.  `actual` (LINK_ENDPOINT octets; may be NULL) gets
 * the endpoint as bound. */
int link_server_listen(struct link_server *s,
                       const char *endpoint,
                       const uint8_t *secret_key,
                       char *actual,
                       size_t size,
                       struct par_error *err);

/* Give the addresses back, as far as connections allow: ipc and inproc are
 * free for another server, and what ipc left in the file system is gone.  A tcp
 * port stays open, because libzmq closes its connections with it: who still
 * comes in there must be told to go.  Connections stay. */
void link_server_deafen(struct link_server *s);

/* What to poll, LINK_POLL items at most.  Returns how many. */
int link_server_poll(struct link_server *s, zmq_pollitem_t *items);

/* Receive one message.  Returns false if there is none now (or after a row of
 * dropped ones; the poll then wakes at once).  A message that is no PAR message
 * arrives with its status; one of more than two frames is drained and arrives
 * as PAR_MALFORMED.  Dropped are empty messages, which some libraries send on
 * their own, and everything from a peer that chose its own routing id: that
 * one is cut off.  When it returns true, link_msg_close() is due. */
bool link_server_recv(struct link_server *s, struct link_msg *m);

/* NULL for a connection that is gone. */
const struct link_peer *link_server_peer(const struct link_server *s,
                                         uint64_t conn);

/* Send one message.  link_server_send() takes `frame` (malloc'd; NULL is a
 * failed batch_take()) whatever happens; `second` is moved from if not NULL and
 * the message is sent.  link_server_post() copies; for small ones.  Return
 * ENOMEM if there is no memory for it, so that the peer misses it; -1 if the
 * connection is gone, or cut off because its peer reads nothing, be it 32768
 * messages or 512 MiB (it will be told by link_server_gone()). */
int link_server_send(struct link_server *s,
                     uint64_t conn,
                     uint8_t *frame,
                     size_t len,
                     zmq_msg_t *second);
int link_server_post(struct link_server *s,
                     uint64_t conn,
                     const void *frame,
                     size_t len);

/* Octets that were sent to a peer and that it has not taken: not counted what
 * lies in the kernel, messages up to LINK_COUNTED octets, and all on inproc. */
enum { LINK_COUNTED = 1024 };
size_t link_server_unread(const struct link_server *s, uint64_t conn);

/* A connection that has died since: call in a loop at every turn, after what
 * link_server_recv() had.  Each is told once, when what it had sent is served
 * (in a flood: four seconds later at most); its number is dead afterwards.  (On
 * inproc only if sending to it failed: there peers say GOODBYE, and
 * link_server_drop() forgets them.) */
bool link_server_gone(struct link_server *s, uint64_t *conn);

/* From now on shut connections down that link_server_welcome() does not name
 * within so many ms of their being accepted, or dropped.  (There are none such
 * on inproc.)  Seen to by link_server_gone(), which has to be called when
 * link_server_deadline() has come, in ms of clock_ms(). */
void link_server_hurry(struct link_server *s, uint32_t patience_ms);
void link_server_welcome(struct link_server *s, uint64_t conn);
uint64_t link_server_deadline(struct link_server *s);

/* Forget a connection: its end is not told.  Later messages of its peer come
 * as a new one, unless it was cut off. */
void link_server_drop(struct link_server *s, uint64_t conn);

/* Cut a connection off: nothing that it sends arrives any more, and as soon as
 * what was said to it last has had a little time to leave (32 ms), its TCP or
 * UNIX socket is shut down, so that the peer must come again and be admitted
 * again.  link_server_gone() tells when that is done (not on inproc). */
void link_server_cut(struct link_server *s, uint64_t conn);

/* ---- the connecting side ---- */

/* Until it is connected, a client tries again and again by itself.  The last
 * three end it: close it, and open another one to try again. */
enum link_event {
    LINK_NOTHING,
    LINK_CONNECTED, /* handshake done: say HELLO */
    LINK_LOST,      /* was connected, is not; what came is still to be read */
    LINK_REFUSED,   /* the broker does not know our key or uid; or, on ipc, is
                       another user's */
    LINK_SHUT       /* it ends the handshake and does not say why: not the
                       broker key we trust, no room, or no broker at all */
};

struct link_client;

/* Connect to `endpoint`.  `context` is lent (inproc needs the one the server
 * lives in).  For tcp: our key pair and the broker's public key, 32 octets
 * each; NULL otherwise.  Returns at once; link_client_event() says how it
 * went.  On inproc the connection counts as made when it is opened: ask
 * link_client_event() once before polling. */
struct link_client *link_client_open(void *context,
                                     const char *endpoint,
                                     const uint8_t *public_key,
                                     const uint8_t *secret_key,
                                     const uint8_t *broker_key,
                                     struct par_error *err);

/* The same, over tcp from this IP address of this host (NULL: any). */
struct link_client *link_client_open_from(void *context,
                                          const char *source,
                                          const char *endpoint,
                                          const uint8_t *public_key,
                                          const uint8_t *secret_key,
                                          const uint8_t *broker_key,
                                          struct par_error *err);

/* Unsent messages get `linger_ms` to leave (at least 300 is used where any
 * may exist); it is the end of the context that waits for them, not this.
 * NULL is allowed. */
void link_client_close(struct link_client *c, int linger_ms);

int link_client_poll(struct link_client *c, zmq_pollitem_t *items);

/* What has happened to the connection; LINK_NOTHING when all is told. */
enum link_event link_client_event(struct link_client *c);

/* What people read of LINK_SHUT.  The key is that of a tcp broker. */
void link_shut_text(char *text,
                    size_t size,
                    const char *endpoint,
                    const uint8_t *broker_key);

bool link_client_recv(struct link_client *c, struct link_msg *m);

/* As link_server_send().  Return -1 with errno EAGAIN while there is no
 * connection: the message is then dropped. */
int link_client_send(struct link_client *c,
                     uint8_t *frame,
                     size_t len,
                     zmq_msg_t *second);
int link_client_post(struct link_client *c, const void *frame, size_t len);

/* ---- endpoints ---- */

/* True if text is inproc://NAME, ipc://PATH (absolute) or tcp://HOST:PORT in
 * our narrow grammar (never any other transport that libzmq knows); says what
 * is wrong and what is allowed.  HOST is a name, an IPv4 address or an IPv6
 * address in brackets; a name means its IPv4 address.  With `listening` HOST
 * may be `*` and PORT `*` or 0. */
bool link_endpoint_ok(const char *text, bool listening, struct par_error *err);

/* Of an endpoint that is ok. */
enum link_transport link_endpoint_transport(const char *text);

#endif
