/* wire.c - the table of message types, and frames taken apart
 *
 * wire_decode() checks the header and every item before anybody sees one; what
 * it lets pass is walked without further looks.
 */
#include "config.h"

#include "wire.h"

#include <string.h>

#include <par/error.h>

#include "meta.h"

enum { MAGIC_0 = 0xC1, MAGIC_1 = 0x50, MAJOR = 1 };

/* What stands behind the metadata. */
enum shape {
    UNKNOWN, /* a type of a later version: not looked into */
    COUNTED, /* no item: count says how many ids it is about */
    BARE,    /* at most one item, without a head */
    RUNS,
    RESULTS
};

/* The types of PAR/1, and the longest item that each may carry. */
static const struct type {
    const char *name;
    enum shape shape;
    uint32_t item_max;
} types[WIRE_TYPES] = {
    [WIRE_HELLO] = {"HELLO", BARE, WIRE_ITEM_MAX},
    [WIRE_WELCOME] = {"WELCOME", BARE, WIRE_ITEM_MAX},
    [WIRE_GOODBYE] = {"GOODBYE", BARE, WIRE_ITEM_MAX},
    [WIRE_PING] = {"PING", BARE, WIRE_ITEM_MAX},
    [WIRE_PONG] = {"PONG", BARE, WIRE_ITEM_MAX},
    [WIRE_ERROR] = {"ERROR", COUNTED, 0},
    [WIRE_CREDIT] = {"CREDIT", BARE, WIRE_ITEM_MAX},
    [WIRE_SETUP] = {"SETUP", BARE, WIRE_ITEM_MAX},
    [WIRE_READY] = {"READY", BARE, WIRE_ITEM_MAX},
    [WIRE_RUN] = {"RUN", RUNS, WIRE_ITEM_MAX},
    [WIRE_RESULT] = {"RESULT", RESULTS, WIRE_ITEM_MAX},
    [WIRE_STREAM] = {"STREAM", BARE, WIRE_CHUNK_MAX},
    [WIRE_MESSAGE] = {"MESSAGE", BARE, WIRE_MESSAGE_MAX},
    [WIRE_CANCEL] = {"CANCEL", BARE, WIRE_ITEM_MAX},
    [WIRE_CLOSE] = {"CLOSE", BARE, WIRE_ITEM_MAX},
    [WIRE_STARTED] = {"STARTED", BARE, WIRE_ITEM_MAX},
    [WIRE_PROGRESS] = {"PROGRESS", BARE, WIRE_ITEM_MAX},
    [WIRE_REGISTER] = {"REGISTER", BARE, WIRE_ITEM_MAX},
    [WIRE_UNREGISTER] = {"UNREGISTER", BARE, WIRE_ITEM_MAX},
    [WIRE_RECALL] = {"RECALL", BARE, WIRE_ITEM_MAX},
    [WIRE_RECALLED] = {"RECALLED", BARE, WIRE_ITEM_MAX},
    [WIRE_RESOLVE] = {"RESOLVE", BARE, WIRE_ITEM_MAX},
    [WIRE_BLOB_HAVE] = {"BLOB-HAVE", BARE, WIRE_ITEM_MAX},
    [WIRE_BLOB_NEED] = {"BLOB-NEED", BARE, WIRE_ITEM_MAX},
    [WIRE_BLOB_DATA] = {"BLOB-DATA", BARE, WIRE_CHUNK_MAX},
    [WIRE_STATUS] = {"STATUS", BARE, WIRE_ITEM_MAX},
    [WIRE_SUBSCRIBE] = {"SUBSCRIBE", BARE, WIRE_ITEM_MAX},
    [WIRE_EVENT] = {"EVENT", BARE, WIRE_ITEM_MAX},
    [WIRE_ACCEPTED] = {"ACCEPTED", BARE, WIRE_ITEM_MAX},
    [WIRE_FETCH] = {"FETCH", BARE, WIRE_ITEM_MAX},
    [WIRE_FORGET] = {"FORGET", BARE, WIRE_ITEM_MAX},
    [WIRE_ADMIN] = {"ADMIN", BARE, WIRE_ITEM_MAX},
};

static const char *const reasons[WIRE_REASONS] = {
    [WIRE_DONE] = "DONE",         [WIRE_REPLACED] = "REPLACED",
    [WIRE_DRAINING] = "DRAINING", [WIRE_MALFORMED] = "MALFORMED",
    [WIRE_REVOKED] = "REVOKED",   [WIRE_NO_CREDIT] = "NO_CREDIT",
    [WIRE_TOO_MANY] = "TOO_MANY", [WIRE_IDLE] = "IDLE",
};

const char *wire_type_name(unsigned type)
{
    return type < WIRE_TYPES ? types[type].name : NULL;
}

const char *wire_reason_name(uint64_t reason)
{
    return reason < WIRE_REASONS ? reasons[reason] : NULL;
}

void wire_put_u16(uint8_t *to, uint16_t v)
{
    to[0] = (uint8_t)(v >> 8);
    to[1] = (uint8_t)v;
}

void wire_put_u32(uint8_t *to, uint32_t v)
{
    wire_put_u16(to, (uint16_t)(v >> 16));
    wire_put_u16(to + 2, (uint16_t)v);
}

void wire_put_u64(uint8_t *to, uint64_t v)
{
    wire_put_u32(to, (uint32_t)(v >> 32));
    wire_put_u32(to + 4, (uint32_t)v);
}

uint16_t wire_get_u16(const uint8_t *from)
{
    return (uint16_t)(from[0] << 8 | from[1]);
}

uint32_t wire_get_u32(const uint8_t *from)
{
    return (uint32_t)wire_get_u16(from) << 16 | wire_get_u16(from + 2);
}

uint64_t wire_get_u64(const uint8_t *from)
{
    return (uint64_t)wire_get_u32(from) << 32 | wire_get_u32(from + 4);
}

void wire_put_header(uint8_t *to, const struct wire_header *head)
{
    to[0] = MAGIC_0;
    to[1] = MAGIC_1;
    to[2] = MAJOR;
    to[3] = head->type;
    wire_put_u16(to + 4, head->flags);
    wire_put_u16(to + 6, head->count);
    wire_put_u32(to + 8, head->meta_len);
    wire_put_u64(to + 12, head->id);
    wire_put_u64(to + 20, head->ref);
}

static void get_header(struct wire_header *head, const uint8_t *from)
{
    head->type = from[3];
    head->flags = wire_get_u16(from + 4);
    head->count = wire_get_u16(from + 6);
    head->meta_len = wire_get_u32(from + 8);
    head->id = wire_get_u64(from + 12);
    head->ref = wire_get_u64(from + 20);
}

static const struct type *type_of(const struct wire_msg *msg)
{
    static const struct type unknown = {NULL, UNKNOWN, WIRE_ITEM_MAX};

    return wire_type_name(msg->head.type) ? &types[msg->head.type] : &unknown;
}

static size_t item_head(enum shape shape)
{
    if (shape == RUNS)
        return WIRE_RUN_ITEM;
    return shape == RESULTS ? WIRE_RESULT_ITEM : 0;
}

/* len32 ends the head of both kinds of item. */
static uint32_t item_len(const uint8_t *item, size_t head)
{
    return wire_get_u32(item + head - 4);
}

static bool result_is_sound(const uint8_t *item)
{
    return item[6] <= WIRE_EXECUTED;
}

/* RUN and RESULT: is there an item, and do they fill the frame exactly? */
static int check_items(const struct wire_msg *msg, const struct type *type)
{
    size_t head = item_head(type->shape);
    size_t at = 0;

    for (unsigned i = 0; i < msg->head.count; i++) {
        const uint8_t *item = msg->items + at;
        uint32_t len;

        if (msg->items_len - at < head)
            return PAR_MALFORMED;
        if (type->shape == RESULTS && !result_is_sound(item))
            return PAR_MALFORMED;
        at += head;
        len = item_len(item, head);
        if (len == WIRE_SECOND_FRAME) {
            if (msg->head.count != 1 || !msg->second)
                return PAR_MALFORMED;
            return at == msg->items_len ? PAR_OK : PAR_MALFORMED;
        }
        if (len > type->item_max)
            return PAR_TOO_LARGE;
        if (msg->items_len - at < len)
            return PAR_MALFORMED;
        at += len;
    }
    if (msg->head.count == 0 || msg->second)
        return PAR_MALFORMED;
    return at == msg->items_len ? PAR_OK : PAR_MALFORMED;
}

static int check_body(const struct wire_msg *msg)
{
    const struct type *type = type_of(msg);

    switch (type->shape) {
    case RUNS:
    case RESULTS:
        return check_items(msg, type);
    case COUNTED:
        return msg->items_len || msg->second ? PAR_MALFORMED : PAR_OK;
    case BARE:
        if (msg->items_len > type->item_max)
            return PAR_TOO_LARGE;
        if (msg->second || msg->head.count > 1)
            return PAR_MALFORMED;
        return msg->items_len && !msg->head.count ? PAR_MALFORMED : PAR_OK;
    case UNKNOWN:
        break;
    }
    return PAR_OK;
}

/* The limits first: a message over them is not worth a look inside. */
static int check_head(const struct wire_header *head,
                      size_t first_len,
                      size_t second_len)
{
    if (head->flags & WIRE_CRITICAL)
        return PAR_UNSUPPORTED;
    if (first_len > WIRE_FRAME_MAX || second_len > WIRE_ITEM_MAX ||
        head->meta_len > WIRE_META_MAX || head->count > WIRE_ITEMS_MAX)
        return PAR_TOO_LARGE;
    return head->meta_len > first_len - WIRE_HEADER ? PAR_MALFORMED : PAR_OK;
}

int wire_decode(struct wire_msg *out,
                const void *first,
                size_t first_len,
                const void *second,
                size_t second_len)
{
    const uint8_t *frame = first;
    int status;

    *out = (struct wire_msg){0};
    if (first_len < WIRE_HEADER)
        return PAR_MALFORMED;
    get_header(&out->head, frame);
    if (frame[0] != MAGIC_0 || frame[1] != MAGIC_1)
        return PAR_MALFORMED;
    if (frame[2] != MAJOR)
        return PAR_VERSION;
    status = check_head(&out->head, first_len, second ? second_len : 0);
    if (status != PAR_OK)
        return status;

    out->meta = frame + WIRE_HEADER;
    out->items = out->meta + out->head.meta_len;
    out->items_len = first_len - WIRE_HEADER - out->head.meta_len;
    out->second = second;
    out->second_len = second ? second_len : 0;
    if (!meta_check_map(out->meta, out->head.meta_len))
        return PAR_MALFORMED;
    return check_body(out);
}

static void get_item(struct wire_item *item,
                     enum shape shape,
                     const uint8_t *from)
{
    if (shape == RUNS) {
        item->origin = wire_get_u32(from);
        return;
    }
    item->index = wire_get_u32(from);
    item->status = wire_get_u16(from + 4);
    item->executed = from[6];
    item->wall_us = wire_get_u32(from + 8);
}

static void set_data(struct wire_item *item,
                     const struct wire_msg *msg,
                     size_t offset,
                     size_t len)
{
    item->data = msg->items + offset;
    item->len = len;
    item->offset = offset;
}

/* A cursor is the offset of the next item; after a bare one, which may be
 * empty, it is SIZE_MAX. */
static bool next_bare(const struct wire_msg *msg,
                      size_t *cursor,
                      struct wire_item *item)
{
    if (*cursor != 0 || msg->head.count != 1)
        return false;
    set_data(item, msg, 0, msg->items_len);
    *cursor = SIZE_MAX;
    return true;
}

bool wire_next(const struct wire_msg *msg,
               size_t *cursor,
               struct wire_item *item)
{
    enum shape shape = type_of(msg)->shape;
    size_t head = item_head(shape);
    const uint8_t *from;
    uint32_t len;

    *item = (struct wire_item){0};
    if (shape == BARE)
        return next_bare(msg, cursor, item);
    if (head == 0 || *cursor >= msg->items_len)
        return false;
    from = msg->items + *cursor;
    get_item(item, shape, from);
    len = item_len(from, head);
    *cursor += head;
    if (len == WIRE_SECOND_FRAME) {
        item->data = msg->second;
        item->len = msg->second_len;
        item->offset = SIZE_MAX;
        return true;
    }
    set_data(item, msg, *cursor, len);
    *cursor += len;
    return true;
}
