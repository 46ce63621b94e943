/* serials.c - pages of 64 neighbours, found through an idmap
 *
 * The page used last is remembered: what comes in order is found without a
 * look-up.
 */
#include "config.h"

#include "serials.h"

enum { PAGE = 64 };

/* A place is stored plus 1, so a page out of the pool is empty. */
struct serials_page {
    uint32_t live;
    uint32_t cells[PAGE];
    uint32_t place; /* its own */
};

void serials_init(struct serials *t)
{
    *t = (struct serials){0};
    pool_init(&t->pages, sizeof(struct serials_page));
}

void serials_clear(struct serials *t)
{
    pool_clear(&t->pages);
    idmap_clear(&t->by_number);
    serials_init(t);
}

/* The page of a number, or NULL. */
static struct serials_page *find(const struct serials *t, uint64_t number)
{
    uint64_t page = number / PAGE + 1;
    uint32_t place;

    if (page == t->last_number)
        return t->last;
    place = idmap_get(&t->by_number, page);
    return place == IDMAP_NONE ? NULL
                               : POOL_AT(&t->pages, struct serials_page, place);
}

static void remember(struct serials *t,
                     uint64_t number,
                     struct serials_page *page)
{
    t->last_number = number / PAGE + 1;
    t->last = page;
}

static struct serials_page *make(struct serials *t, uint64_t number)
{
    uint32_t place = pool_take(&t->pages);
    struct serials_page *page;

    if (place == POOL_NONE)
        return NULL;
    if (idmap_put(&t->by_number, number / PAGE + 1, place) < 0) {
        pool_give(&t->pages, place);
        return NULL;
    }
    page = POOL_AT(&t->pages, struct serials_page, place);
    page->place = place;
    return page;
}

int serials_put(struct serials *t, uint64_t number, uint32_t place)
{
    struct serials_page *page = find(t, number);

    if (!page)
        page = make(t, number);
    if (!page)
        return -1;
    remember(t, number, page);
    page->live += page->cells[number % PAGE] == 0;
    page->cells[number % PAGE] = place + 1;
    return 0;
}

uint32_t serials_get(const struct serials *t, uint64_t number)
{
    const struct serials_page *page = find(t, number);

    /* 0, empty, gives POOL_NONE */
    return page ? page->cells[number % PAGE] - 1 : POOL_NONE;
}

uint32_t serials_take(struct serials *t, uint64_t number)
{
    struct serials_page *page = find(t, number);
    uint32_t cell;

    if (!page || page->cells[number % PAGE] == 0)
        return POOL_NONE;
    cell = page->cells[number % PAGE];
    page->cells[number % PAGE] = 0;
    remember(t, number, page);
    if (--page->live == 0) {
        idmap_take(&t->by_number, t->last_number);
        pool_give(&t->pages, page->place);
        t->last_number = 0;
    }
    return cell - 1;
}
