/* credit.c - the arithmetic of grants: they only grow */
#include "config.h"

#include "credit.h"

static uint64_t left(uint64_t granted, uint64_t used)
{
    return granted > used ? granted - used : 0;
}

bool credit_allows(const struct credit *c,
                   uint64_t items,
                   uint64_t bytes,
                   bool outstanding)
{
    if (!outstanding)
        return true;
    return items <= left(c->granted_items, c->used_items) &&
           bytes <= left(c->granted_bytes, c->used_bytes);
}

void credit_use(struct credit *c, uint64_t items, uint64_t bytes)
{
    c->used_items += items;
    c->used_bytes += bytes;
}

static bool raise_to(uint64_t *granted, uint64_t to)
{
    if (to <= *granted)
        return false;
    *granted = to;
    return true;
}

void credit_hear(struct credit *c, uint64_t items, uint64_t bytes)
{
    raise_to(&c->granted_items, items);
    raise_to(&c->granted_bytes, bytes);
}

bool credit_renew(struct credit *c, uint64_t items, uint64_t bytes)
{
    bool more_items;
    bool more_bytes;

    if (left(c->granted_items, c->used_items) > items / 2 &&
        left(c->granted_bytes, c->used_bytes) > bytes / 2)
        return false;
    more_items = raise_to(&c->granted_items, c->used_items + items);
    more_bytes = raise_to(&c->granted_bytes, c->used_bytes + bytes);
    return more_items || more_bytes;
}
