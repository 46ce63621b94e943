/* slot_state.c - par_state() and its like: one for the slot, one for each
 * client
 */
#include "config.h"

#include "slot_state.h"

#include <stdlib.h>

void slot_state_clear(struct slot_state *s)
{
    idmap_clear(&s->places);
    free(s->clients);
    meta_writer_clear(&s->info);
    *s = (struct slot_state){0};
}

static uint64_t key(uint32_t origin)
{
    return (uint64_t)origin + 1;
}

struct slot_client *slot_client(struct slot_state *s, uint32_t origin)
{
    uint32_t place = idmap_get(&s->places, key(origin));

    return place == IDMAP_NONE ? NULL : &s->clients[place];
}

static bool make_room(struct slot_state *s)
{
    uint32_t size = s->client_size ? s->client_size * 2 : 8;
    struct slot_client *more;

    if (s->client_count < s->client_size)
        return true;
    more = realloc(s->clients, size * sizeof *more);
    if (!more)
        return false;
    s->clients = more;
    s->client_size = size;
    return true;
}

struct slot_client *slot_client_add(struct slot_state *s, uint32_t origin)
{
    struct slot_client *client = slot_client(s, origin);

    if (client)
        return client;
    if (!make_room(s) ||
        idmap_put(&s->places, key(origin), s->client_count) != 0)
        return NULL;
    client = &s->clients[s->client_count++];
    *client = (struct slot_client){.origin = origin};
    return client;
}

/* The last one moves into the hole. */
void slot_client_remove(struct slot_state *s, uint32_t origin)
{
    uint32_t place = idmap_take(&s->places, key(origin));

    if (place == IDMAP_NONE)
        return;
    s->client_count--;
    if (place == s->client_count)
        return;
    s->clients[place] = s->clients[s->client_count];
    (void)idmap_put(&s->places, key(s->clients[place].origin), place);
}
