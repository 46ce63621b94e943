/* grants.c - credit for runs and results: HELLO, WELCOME and CREDIT */
#include "config.h"

#include "grants.h"
#include "handle.h"

void client_put_grant(const struct par_client *c, struct meta_writer *meta)
{
    const struct credit *r = &c->result_credit;

    meta_put_array(meta, 1);
    meta_put_array(meta, 5);
    meta_put_uint(meta, CREDIT_RESULT);
    meta_put_uint(meta, r->granted_items);
    meta_put_uint(meta, r->granted_bytes);
    meta_put_uint(meta, r->used_items);
    meta_put_uint(meta, r->used_bytes);
}

void client_hear_credit(struct par_client *c,
                        const struct wire_msg *msg,
                        uint64_t key)
{
    struct meta_reader r;
    struct meta_value list;

    if (!meta_find(msg->meta, msg->head.meta_len, key, &list, &r) ||
        list.kind != META_ARRAY)
        return;
    for (size_t i = 0; i < list.len; i++) {
        struct meta_value entry, v;
        uint64_t n[3] = {UINT64_MAX};

        if (!meta_next(&r, &entry) || entry.kind != META_ARRAY)
            return;
        for (size_t j = 0; j < entry.len; j++)
            if (meta_next(&r, &v) && j < 3 && v.kind == META_INT && v.i >= 0)
                n[j] = v.u;
        if (n[0] == CREDIT_RUN && entry.len >= 3)
            credit_hear(&c->run_credit, n[1], n[2]);
    }
}
