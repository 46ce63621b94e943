/* wire.h - the frame of PAR/1: header, message types, items
 *
 * doc/protocol.md is the norm; a test compares the tables here with its
 * tables.  Nothing here allocates, and every reader takes foreign bytes: it
 * checks before it looks.
 */
#ifndef PAR_COMMON_WIRE_H
#define PAR_COMMON_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WIRE_HEADER = 28,      /* octets of the fixed header */
    WIRE_RUN_ITEM = 8,     /* octets before each run item's payload */
    WIRE_RESULT_ITEM = 16, /* and before each result item's */
    WIRE_META_MAX = 64 * 1024,
    WIRE_ITEM_MAX = 1024 * 1024,
    WIRE_FRAME_MAX = 1024 * 1024 + 64 * 1024,
    WIRE_ITEMS_MAX = 4096,  /* items in one message */
    WIRE_PACKED_MAX = 1024, /* a larger payload goes in the second frame */
    WIRE_BATCH_BYTES = 64 * 1024, /* flush a batch that holds this much */
    WIRE_CHUNK_MAX = 256 * 1024,  /* bytes of one BLOB-DATA or STREAM */
    WIRE_MESSAGE_MAX = 64 * 1024, /* bytes of one MESSAGE */
    WIRE_PORT = 7270
};

/* len32 of the one item whose payload is the second frame */
#define WIRE_SECOND_FRAME UINT32_C(0xFFFFFFFF)

/* ids that the broker opens towards workers have this bit */
#define WIRE_BROKER_ID (UINT64_C(1) << 52)
/* so that an ERROR which answers one kind cannot be taken for another: */
#define WIRE_REQUEST_ID (WIRE_BROKER_ID | UINT64_C(1) << 51)
#define WIRE_NONCE_ID   (WIRE_BROKER_ID | UINT64_C(1) << 50)

/* Is it a dispatch, one attempt of a job?  Else a request, a ping, a peer's. */
static inline bool wire_is_dispatch(uint64_t id)
{
    return (id & (WIRE_REQUEST_ID | WIRE_NONCE_ID)) == WIRE_BROKER_ID;
}

/* The number that a job is told of its dispatch: the id, but for that bit. */
static inline uint64_t wire_job_number(uint64_t dispatch)
{
    return dispatch & ~WIRE_BROKER_ID;
}

enum wire_type {
    WIRE_HELLO = 0x01,
    WIRE_WELCOME = 0x02,
    WIRE_GOODBYE = 0x03,
    WIRE_PING = 0x04,
    WIRE_PONG = 0x05,
    WIRE_ERROR = 0x06,
    WIRE_CREDIT = 0x07,
    WIRE_SETUP = 0x10,
    WIRE_READY = 0x11,
    WIRE_RUN = 0x12,
    WIRE_RESULT = 0x13,
    WIRE_STREAM = 0x14,
    WIRE_MESSAGE = 0x15,
    WIRE_CANCEL = 0x16,
    WIRE_CLOSE = 0x17,
    WIRE_STARTED = 0x18,
    WIRE_PROGRESS = 0x19,
    WIRE_REGISTER = 0x1A,
    WIRE_UNREGISTER = 0x1B,
    WIRE_RECALL = 0x1C,
    WIRE_RECALLED = 0x1D,
    WIRE_RESOLVE = 0x1E,
    WIRE_BLOB_HAVE = 0x20,
    WIRE_BLOB_NEED = 0x21,
    WIRE_BLOB_DATA = 0x22,
    WIRE_STATUS = 0x30,
    WIRE_SUBSCRIBE = 0x31,
    WIRE_EVENT = 0x32,
    WIRE_ACCEPTED = 0x41,
    WIRE_FETCH = 0x42,
    WIRE_FORGET = 0x43,
    WIRE_ADMIN = 0x50,
    WIRE_TYPES = 0x80 /* from here on advisory: ignored when unknown */
};

enum wire_flag {
    WIRE_FINAL = 0x0004,
    WIRE_RETRY = 0x0008,
    WIRE_DURABLE = 0x0020,
    WIRE_DETACH = 0x0040,
    WIRE_BLOBREF = 0x0080,
    WIRE_CRITICAL = 0xF000 /* unknown bits here are refused */
};

/* reasons of GOODBYE, in ref */
enum wire_reason {
    WIRE_DONE,
    WIRE_REPLACED,
    WIRE_DRAINING,
    WIRE_MALFORMED,
    WIRE_REVOKED,
    WIRE_NO_CREDIT,
    WIRE_TOO_MANY,
    WIRE_IDLE,
    WIRE_REASONS
};

/* what `executed` says: may the job's code have run? */
enum wire_executed { WIRE_NOT_EXECUTED, WIRE_MAYBE_EXECUTED, WIRE_EXECUTED };

struct wire_header {
    uint8_t type;
    uint16_t flags;
    uint16_t count;
    uint32_t meta_len;
    uint64_t id;
    uint64_t ref;
};

/* A received message, as pointers into the frames it came in: valid as long
 * as those are. */
struct wire_msg {
    struct wire_header head;
    const uint8_t *meta;  /* head.meta_len octets, checked by meta_check() */
    const uint8_t *items; /* the rest of the first frame */
    size_t items_len;
    const uint8_t *second; /* payload of the second frame, or NULL */
    size_t second_len;
};

/* One item of a message.  origin is for RUN; index, status, executed and
 * wall_us for RESULT; zero in others. */
struct wire_item {
    uint32_t origin;
    uint32_t index;
    uint16_t status;
    uint8_t executed;
    uint32_t wall_us;
    const uint8_t *data;
    size_t len;
    size_t offset; /* of data in msg->items; SIZE_MAX in the second frame */
};

/* "RUN"; NULL for a number that PAR/1 gives no name. */
const char *wire_type_name(unsigned type);
const char *wire_reason_name(uint64_t reason);

/* Write the header, big endian, to 28 octets. */
void wire_put_header(uint8_t *to, const struct wire_header *head);

/* Take apart what was received.  `second` is NULL if there was one frame.
 * Checks magic, major, lengths, the metadata (meta_check_map) and that the
 * items fill the frame exactly, according to the type; of a type that PAR/1
 * does not name it leaves the items alone.  Returns PAR_OK, or PAR_MALFORMED,
 * PAR_VERSION, PAR_UNSUPPORTED (a critical flag), PAR_TOO_LARGE; out->head is
 * valid whenever 28 octets were there, and all zero otherwise. */
int wire_decode(struct wire_msg *out,
                const void *first,
                size_t first_len,
                const void *second,
                size_t second_len);

/* Step through the items of a message that wire_decode() has passed: *cursor
 * starts at 0.  Returns false after the last one.  RUN and RESULT have items
 * with a head; any other type has at most one item, bare; ERROR has none, its
 * count is how many ids it refuses. */
bool wire_next(const struct wire_msg *msg,
               size_t *cursor,
               struct wire_item *item);

/* Big-endian words, for those who write items in place. */
void wire_put_u16(uint8_t *to, uint16_t v);
void wire_put_u32(uint8_t *to, uint32_t v);
void wire_put_u64(uint8_t *to, uint64_t v);
uint16_t wire_get_u16(const uint8_t *from);
uint32_t wire_get_u32(const uint8_t *from);
uint64_t wire_get_u64(const uint8_t *from);

#endif
