/* page.c - atomics on a page that two processes map
 *
 * Every step is one store or one compare-and-swap, because a slot may die
 * between any two of them.
 */
#include "config.h"

#include "page.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && ATOMIC_INT_LOCK_FREE == 2,
              "two processes share these words");

static struct page *map(int fd, struct par_error *err)
{
    void *at = mmap(NULL, sizeof(struct page), PROT_READ | PROT_WRITE,
                    MAP_SHARED, fd, 0);

    if (at == MAP_FAILED) {
        par_fail(err, errno, "page: mmap: %s", strerror(errno));
        return NULL;
    }
    return at;
}

struct page *page_create(int *fd, struct par_error *err)
{
    struct page *p = NULL;

    *fd = memfd_create("par-page", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (*fd < 0 || ftruncate(*fd, sizeof *p) != 0 ||
        fcntl(*fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
        par_fail(err, errno, "page: memfd: %s", strerror(errno));
    else
        p = map(*fd, err);
    if (p) {
        p->version = PAGE_VERSION;
    } else if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
    return p;
}

struct page *page_map(int fd, struct par_error *err)
{
    struct stat st;
    struct page *p;

    if (fstat(fd, &st) != 0) {
        par_fail(err, errno, "page: fd %d: %s", fd, strerror(errno));
        return NULL;
    }
    if (st.st_size != sizeof *p) {
        par_fail(err, EPROTO, "page: %lld octets, not %zu",
                 (long long)st.st_size, sizeof *p);
        return NULL;
    }
    p = map(fd, err);
    if (p)
        madvise(p, sizeof *p, MADV_DONTFORK);
    if (p && p->version != PAGE_VERSION) {
        par_fail(err, EPROTO, "page: version %u, not 1", p->version);
        page_unmap(p);
        return NULL;
    }
    return p;
}

void page_unmap(struct page *p)
{
    if (p)
        munmap(p, sizeof *p);
}

/* ---- the slot ---- */

bool page_begin(struct page *p, uint64_t dispatch, uint64_t now_us)
{
    uint64_t next = atomic_load(&p->next);

    do {
        if (next & PAGE_CLOSED)
            return false;
    } while (!atomic_compare_exchange_weak(&p->next, &next, next + 1));
    atomic_store_explicit(&p->since_us, now_us, memory_order_relaxed);
    atomic_store_explicit(&p->running, dispatch, memory_order_release);
    return true;
}

void page_end(struct page *p)
{
    uint64_t finished =
        atomic_load_explicit(&p->finished, memory_order_relaxed);

    atomic_store_explicit(&p->running, 0, memory_order_release);
    atomic_store_explicit(&p->finished, finished + 1, memory_order_release);
}

bool page_is_cancelled(const struct page *p, uint64_t dispatch)
{
    return atomic_load_explicit(&p->cancel, memory_order_relaxed) == dispatch;
}

enum { COUNT_AT = 6, ID_AT = 12 }; /* in the header */

static void begin_frame(struct page *p, uint64_t dispatch)
{
    struct wire_header head = {.type = WIRE_RESULT, .id = dispatch};

    wire_put_header(p->outbox, &head);
}

bool page_add_result(struct page *p,
                     uint64_t dispatch,
                     const struct wire_item *result)
{
    uint32_t len = atomic_load_explicit(&p->outbox_len, memory_order_relaxed);
    size_t size = WIRE_RESULT_ITEM + result->len;
    uint64_t index;
    uint8_t *to;

    if (result->len > PAGE_RESULT)
        return false;
    if (len == 0) {
        begin_frame(p, dispatch);
        len = WIRE_HEADER;
    }
    index = dispatch - wire_get_u64(p->outbox + ID_AT);
    if (size > PAGE_OUTBOX - len || index > UINT32_MAX ||
        wire_get_u16(p->outbox + COUNT_AT) == WIRE_ITEMS_MAX)
        return false;
    to = p->outbox + len;
    wire_put_u32(to, (uint32_t)index);
    wire_put_u16(to + 4, result->status);
    to[6] = result->executed;
    to[7] = 0;
    wire_put_u32(to + 8, result->wall_us);
    wire_put_u32(to + 12, (uint32_t)result->len);
    if (result->len)
        memcpy(to + WIRE_RESULT_ITEM, result->data, result->len);
    wire_put_u16(p->outbox + COUNT_AT,
                 (uint16_t)(wire_get_u16(p->outbox + COUNT_AT) + 1));
    atomic_store_explicit(&p->outbox_len, len + (uint32_t)size,
                          memory_order_release);
    return true;
}

const uint8_t *page_frame(const struct page *p, size_t *len)
{
    *len = atomic_load_explicit(&p->outbox_len, memory_order_relaxed);
    return *len ? p->outbox : NULL;
}

void page_sent(struct page *p)
{
    uint32_t turn = atomic_load_explicit(&p->outbox_turn, memory_order_relaxed);

    atomic_store(&p->outbox_len, 0);
    atomic_store(&p->outbox_turn, turn + 1);
}

/* ---- the nanny ---- */

uint64_t page_close(struct page *p)
{
    return atomic_fetch_or(&p->next, PAGE_CLOSED) & ~PAGE_CLOSED;
}

void page_reopen(struct page *p)
{
    atomic_fetch_and(&p->next, ~PAGE_CLOSED);
}

uint64_t page_begun(const struct page *p)
{
    return atomic_load(&p->next) & ~PAGE_CLOSED;
}

/* The two words are read together: if the item changes meanwhile, again. */
bool page_running(const struct page *p, uint64_t *dispatch, uint64_t *since_us)
{
    for (int tries = 0; tries < 8; tries++) {
        *dispatch = atomic_load_explicit(&p->running, memory_order_acquire);
        *since_us = atomic_load(&p->since_us);
        if (atomic_load(&p->running) == *dispatch)
            break;
    }
    return *dispatch != 0;
}

/* The slot died between two stores, so the count in the header is a guess.
 * Returns SIZE_MAX if the items do not end where the frame does. */
static size_t count_items(const uint8_t *frame, size_t len)
{
    size_t at = WIRE_HEADER;
    size_t count = 0;

    while (at < len) {
        if (len - at < WIRE_RESULT_ITEM)
            return SIZE_MAX;
        at += WIRE_RESULT_ITEM;
        if (wire_get_u32(frame + at - 4) > len - at)
            return SIZE_MAX;
        at += wire_get_u32(frame + at - 4);
        count++;
    }
    return count;
}

bool page_collect(const struct page *p, uint8_t *copy, struct wire_msg *msg)
{
    uint32_t turn = atomic_load(&p->outbox_turn);
    size_t len = atomic_load(&p->outbox_len);
    size_t count;

    if (len <= WIRE_HEADER || len > PAGE_OUTBOX)
        return false;
    memcpy(copy, p->outbox, len);
    /* Items are only added to what is there, unless all have left meanwhile. */
    if (atomic_load(&p->outbox_len) < len ||
        atomic_load(&p->outbox_turn) != turn)
        return false;
    count = count_items(copy, len);
    if (count > WIRE_ITEMS_MAX)
        return false;
    wire_put_u16(copy + COUNT_AT, (uint16_t)count);
    return wire_decode(msg, copy, len, NULL, 0) == PAR_OK &&
           msg->head.type == WIRE_RESULT && msg->head.meta_len == 0;
}
