/* blob.c - the files of our computations, served to the workers that ask */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "blob.h"
#include "computation.h"
#include "handle.h"
#include "meta_keys.h"
#include "request.h"
#include "send.h"

enum {
    NEED_MAX = 1024 * 1024 /* octets of one BLOB-NEED */
};

static struct source *find_source(const struct par_client *c,
                                  const struct digest *hash)
{
    for (uint32_t i = 0; i < c->computation_count; i++) {
        struct source *s = sources_find(&c->computations[i]->sources, hash);

        if (s)
            return s;
    }
    return NULL;
}

static void refuse_blob(struct par_client *c,
                        uint64_t transfer,
                        int status,
                        const char *why)
{
    struct wire_header head = {.type = WIRE_ERROR,
                               .flags = WIRE_FINAL,
                               .id = transfer,
                               .ref = (uint64_t)status};
    struct meta_writer meta = {0};

    meta_put_map(&meta, 1);
    meta_pair_str(&meta, KEY_ANY_TEXT, why);
    client_say(c, &head, &meta, NULL, 0, NULL);
    meta_writer_clear(&meta);
}

/* One BLOB-DATA, read straight into the frame. */
static int send_piece(struct par_client *c,
                      const struct source *s,
                      uint64_t transfer,
                      uint64_t offset,
                      size_t len,
                      struct par_error *err)
{
    struct wire_header head = {.type = WIRE_BLOB_DATA,
                               .flags =
                                   offset + len == s->size ? WIRE_FINAL : 0,
                               .count = 1,
                               .id = transfer,
                               .ref = offset};
    uint8_t *frame = malloc(WIRE_HEADER + len);

    if (!frame)
        return par_fail(err, ENOMEM, "out of memory");
    wire_put_header(frame, &head);
    if (source_read(s, offset, frame + WIRE_HEADER, len, err)) {
        free(frame);
        return -1;
    }
    return client_send(c, frame, WIRE_HEADER + len, NULL, err);
}

void client_blob_need(struct par_client *c, const struct wire_msg *msg)
{
    const struct wire_header *h = &msg->head;
    int64_t length = meta_int(msg->meta, h->meta_len, KEY_BLOB_LENGTH, 0);
    uint64_t offset = h->ref;
    struct par_error err;
    struct meta_value v;
    struct digest hash;
    struct source *s = NULL;
    uint64_t end;

    if (meta_find(msg->meta, h->meta_len, KEY_BLOB_HASH, &v, NULL) &&
        v.len == DIGEST_SIZE && (v.kind == META_BIN || v.kind == META_STR)) {
        memcpy(hash.bytes, v.data, DIGEST_SIZE);
        s = find_source(c, &hash);
    }
    if (!s || length < 1 || length > NEED_MAX || offset >= s->size) {
        refuse_blob(c, h->id, s ? PAR_MALFORMED : PAR_UNKNOWN_ID,
                    s ? "no such piece of the file" : "no such file here");
        return;
    }
    end = s->size - offset < (uint64_t)length ? s->size
                                              : offset + (uint64_t)length;
    while (offset < end) {
        size_t n = end - offset < WIRE_CHUNK_MAX ? (size_t)(end - offset)
                                                 : WIRE_CHUNK_MAX;

        if (send_piece(c, s, h->id, offset, n, &err)) {
            refuse_blob(c, h->id, PAR_VALUE_LOST, err.text);
            return;
        }
        offset += n;
    }
}
