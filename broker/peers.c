/* peers.c - a table of pointers and two indexes into it */
#include "config.h"

#include "peers.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void peers_open(struct peers *p)
{
    memset(p, 0, sizeof *p);
    list_init(&p->dirty);
    list_init(&p->behind);
}

static void destroy(struct peer *peer)
{
    assert(list_is_empty(&peer->held) && list_is_empty(&peer->needs));
    list_remove(&peer->dirty);
    list_remove(&peer->behind);
    batch_clear(&peer->out);
    feeds_clear(&peer->feeds);
    free(peer);
}

void peers_clear(struct peers *p)
{
    while (p->used)
        peers_remove(p, p->all[p->used - 1]);
    free(p->all);
    free(p->accounts);
    idmap_clear(&p->by_number);
    idmap_clear(&p->by_conn);
    memset(p, 0, sizeof *p);
}

static int make_room(struct peers *p)
{
    uint32_t size = p->size ? p->size * 2 : 16;
    struct peer **all;

    if (p->used < p->size)
        return 0;
    all = realloc(p->all, size * sizeof *all);
    if (!all)
        return -1;
    p->all = all;
    p->size = size;
    return 0;
}

/* After 2^32 sessions the numbers begin anew; those in use are passed over. */
static uint32_t next_number(struct peers *p)
{
    do
        p->last_number++;
    while (p->last_number == 0 || peers_by_number(p, p->last_number));
    return p->last_number;
}

struct peer *peers_add(struct peers *p, uint64_t conn)
{
    struct peer *peer;

    if (make_room(p))
        return NULL;
    peer = calloc(1, sizeof *peer);
    if (!peer)
        return NULL;
    peer->number = next_number(p);
    peer->conn = conn;
    list_init(&peer->held);
    list_init(&peer->dirty);
    list_init(&peer->behind);
    list_init(&peer->needs);
    if (idmap_put(&p->by_conn, conn, p->used) ||
        idmap_put(&p->by_number, peer->number, p->used)) {
        idmap_take(&p->by_conn, conn);
        free(peer);
        return NULL;
    }
    p->all[p->used++] = peer;
    return peer;
}

void peers_remove(struct peers *p, struct peer *peer)
{
    uint32_t place = idmap_take(&p->by_number, peer->number);
    struct peer *last = p->all[p->used - 1];

    idmap_take(&p->by_conn, peer->conn);
    if (peer->account)
        p->accounts[peer->account - 1].sessions--;
    p->used--;
    if (last != peer) {
        p->all[place] = last;
        /* replacing a value allocates nothing: this cannot fail */
        idmap_put(&p->by_number, last->number, place);
        idmap_put(&p->by_conn, last->conn, place);
    }
    destroy(peer);
}

/* Items are granted from what is answered, so that a client which does not take
 * its results cannot pile them up; octets from what has come, because what the
 * account may keep waiting is bounded elsewhere. */
bool peer_grant_runs(struct peer *client)
{
    struct credit *c = &client->runs;
    uint64_t items = client->answered + PEER_RUN_ITEMS;
    uint64_t bytes = c->used_bytes + PEER_RUN_BYTES;

    if (items < c->granted_items + PEER_RUN_ITEMS / 2 &&
        bytes < c->granted_bytes + PEER_RUN_BYTES / 2)
        return false;
    credit_hear(c, items, bytes);
    return true;
}

struct peer *peers_by_conn(const struct peers *p, uint64_t conn)
{
    uint32_t place = idmap_get(&p->by_conn, conn);

    return place == IDMAP_NONE ? NULL : p->all[place];
}

struct peer *peers_by_number(const struct peers *p, uint32_t number)
{
    uint32_t place = number ? idmap_get(&p->by_number, number) : IDMAP_NONE;

    return place == IDMAP_NONE ? NULL : p->all[place];
}

struct peer *peers_next(const struct peers *p, size_t *cursor)
{
    return *cursor < p->used ? p->all[(*cursor)++] : NULL;
}

uint32_t peers_account(struct peers *p, const char *name)
{
    struct peers_account *accounts;

    for (uint32_t i = 0; i < p->account_count; i++)
        if (!strcmp(p->accounts[i].name, name))
            return i + 1;
    accounts =
        realloc(p->accounts, (p->account_count + 1) * sizeof *p->accounts);
    if (!accounts)
        return 0;
    p->accounts = accounts;
    accounts[p->account_count] = (struct peers_account){.sessions = 0};
    snprintf(accounts[p->account_count].name, KEY_NAME, "%s", name);
    return ++p->account_count;
}

uint32_t peers_join(struct peers *p, struct peer *peer, uint32_t account)
{
    assert(account > 0 && account <= p->account_count && !peer->account);
    peer->account = account;
    return ++p->accounts[account - 1].sessions;
}

const char *peers_account_name(const struct peers *p, uint32_t account)
{
    return account && account <= p->account_count
               ? p->accounts[account - 1].name
               : "";
}
