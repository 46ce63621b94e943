/* reader.c - par_read(): a result's value, piece by piece */
#include "config.h"

#include <par/client.h>

#include "meta.h"

void par_read_result(struct par_reader *in, const struct par_result *r)
{
    in->at = in->end = NULL;
    if (r->status != PAR_OK || !r->len || !meta_check(r->data, r->len))
        return;
    in->at = r->data;
    in->end = in->at + r->len;
}

/* What each kind of the wire is called here. */
static const enum par_type types[] = {
    [META_END] = PAR_T_END,     [META_NIL] = PAR_T_NIL,
    [META_BOOL] = PAR_T_BOOL,   [META_INT] = PAR_T_INT,
    [META_UINT] = PAR_T_INT,    [META_FLOAT] = PAR_T_FLOAT,
    [META_STR] = PAR_T_STR,     [META_BIN] = PAR_T_BYTES,
    [META_ARRAY] = PAR_T_ARRAY, [META_MAP] = PAR_T_MAP,
    [META_EXT] = PAR_T_RAW};

enum par_type par_read(struct par_reader *in, struct par_value *v)
{
    struct meta_reader r = {in->at, in->end};
    struct meta_value m;

    *v = (struct par_value){.type = PAR_T_END};
    if (!in->at || !meta_next(&r, &m))
        return PAR_T_END;
    in->at = r.p;
    v->type = types[m.kind];
    v->data = m.data;
    v->len = m.len;
    if (m.kind == META_BOOL)
        v->boolean = m.boolean;
    else if (m.kind == META_FLOAT)
        v->f = m.f;
    else
        v->i = m.i;
    return v->type;
}
