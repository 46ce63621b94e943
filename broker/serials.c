#include "config.h"

#include "serials.h"

enum { PAGE = 64 };

/* A place is stored plus 1, so a page out of the pool is empty. */
struct page {
    uint32_t live;
    uint32_t cells[PAGE];
};

void serials_init(struct serials *t)
{
    *t = (struct serials){0};
    pool_init(&t->pages, sizeof(struct page));
}

void serials_clear(struct serials *t)
{
    pool_clear(&t->pages);
    idmap_clear(&t->by_number);
    serials_init(t);
}

static uint32_t find_page(const struct serials *t, uint64_t number)
{
    uint64_t page = number / PAGE + 1;

    return page == t->last ? t->last_place : idmap_get(&t->by_number, page);
}

static uint32_t make_page(struct serials *t, uint64_t number)
{
    uint32_t place = pool_take(&t->pages);

    if (place == POOL_NONE)
        return POOL_NONE;
    if (idmap_put(&t->by_number, number / PAGE + 1, place) < 0) {
        pool_give(&t->pages, place);
        return POOL_NONE;
    }
    return place;
}

int serials_put(struct serials *t, uint64_t number, uint32_t place)
{
    uint32_t at = find_page(t, number);
    struct page *page;

    if (at == POOL_NONE)
        at = make_page(t, number);
    if (at == POOL_NONE)
        return -1;
    t->last = number / PAGE + 1;
    t->last_place = at;
    page = pool_at(&t->pages, at);
    if (page->cells[number % PAGE] == 0)
        page->live++;
    page->cells[number % PAGE] = place + 1;
    return 0;
}

uint32_t serials_get(const struct serials *t, uint64_t number)
{
    uint32_t at = find_page(t, number);
    const struct page *page;

    if (at == POOL_NONE)
        return POOL_NONE;
    page = pool_at(&t->pages, at);
    return page->cells[number % PAGE] - 1; /* 0, empty, gives POOL_NONE */
}

uint32_t serials_take(struct serials *t, uint64_t number)
{
    uint32_t at = find_page(t, number);
    struct page *page;
    uint32_t cell;

    if (at == POOL_NONE)
        return POOL_NONE;
    t->last = number / PAGE + 1;
    t->last_place = at;
    page = pool_at(&t->pages, at);
    cell = page->cells[number % PAGE];
    if (cell == 0)
        return POOL_NONE;
    page->cells[number % PAGE] = 0;
    if (--page->live == 0) {
        idmap_take(&t->by_number, t->last);
        pool_give(&t->pages, at);
        t->last = 0;
    }
    return cell - 1;
}
