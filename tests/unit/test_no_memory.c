/* test_no_memory.c - when memory ends: told, and what was there is unharmed
 *
 * The linker puts the functions here between our code and the allocator.
 */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdlib.h>

#include "batch.h"
#include "bundle.h"
#include "digest.h"
#include "heap.h"
#include "idmap.h"
#include "meta.h"
#include "signature.h"

void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);

static bool is_used_up;

void *__wrap_realloc(void *old, size_t size)
{
    return is_used_up ? NULL : __real_realloc(old, size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return is_used_up ? NULL : __real_calloc(count, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return is_used_up ? NULL : __real_aligned_alloc(alignment, size);
}

static void restore(void)
{
    is_used_up = false;
}

TestSuite(no_memory, .init = restore, .fini = restore, .timeout = 10);

static void note(void *owner, uint32_t place, uint32_t at)
{
    (void)owner;
    (void)place;
    (void)at;
}

Test(no_memory, heap_keeps_what_it_has)
{
    struct heap h = {.at = note};
    uint32_t count = 0;

    is_used_up = true;
    cr_assert(eq(int, heap_push(&h, 1, 1), -1));
    is_used_up = false;
    cr_assert(eq(int, heap_push(&h, 5, 1), 0));
    is_used_up = true;
    while (heap_push(&h, 7, 2) == 0)
        count++;
    cr_assert(eq(u64, heap_due(&h), 5));
    cr_assert(eq(sz, h.used, count + 1));
    heap_clear(&h);
}

Test(no_memory, idmap_keeps_what_it_has)
{
    struct idmap m = {0};
    uint64_t id = 1;

    is_used_up = true;
    cr_assert(eq(int, idmap_put(&m, 1, 1), -1));
    is_used_up = false;
    cr_assert(eq(int, idmap_put(&m, 1, 1), 0));
    is_used_up = true;
    while (idmap_put(&m, id + 1, 1) == 0)
        id++;
    for (uint64_t i = 1; i <= id; i++)
        cr_assert(eq(u32, idmap_get(&m, i), 1));
    cr_assert(eq(u32, idmap_get(&m, id + 1), IDMAP_NONE));
    cr_assert(eq(sz, m.used, id));
    idmap_clear(&m);
}

Test(no_memory, a_writer_says_so_once_at_the_end)
{
    struct meta_writer w = {0};

    is_used_up = true;
    meta_put_map(&w, 1);
    meta_pair_str(&w, 1, "x");
    cr_assert(w.failed);
    is_used_up = false;
    meta_put_int(&w, 1);
    cr_assert(w.failed, "what is missing in the middle stays missing");
    meta_writer_reset(&w);
    meta_put_int(&w, 1);
    cr_assert(eq(int, w.failed, false));
    meta_writer_clear(&w);
}

Test(no_memory, a_batch_gives_no_frame)
{
    struct wire_header head = {.type = WIRE_RUN};
    struct batch b = {0};
    size_t len = 0;

    is_used_up = true;
    batch_begin(&b, &head, "\x80", 1);
    batch_add_run(&b, 0, "x", 1);
    cr_assert(eq(ptr, (void *)batch_frame(&b, &len), NULL));
    is_used_up = false;
    batch_begin(&b, &head, "\x80", 1);
    batch_add_run(&b, 0, "x", 1);
    cr_assert(batch_frame(&b, &len) != NULL);
    batch_clear(&b);
}

Test(no_memory, json_manifests_and_arguments_are_told_from_bad_ones)
{
    struct bundle_draft draft = {.name = "x", .kind = BUNDLE_EXEC};
    struct meta_writer out = {0};
    struct par_error err = {0};
    struct signature s;

    signature_parse(&s, "x:i->i", 6, &err);
    is_used_up = true;
    cr_assert(eq(int, meta_json(&out, "\x01", 1), -1));
    cr_assert(out.failed);
    meta_writer_reset(&out);
    cr_assert(eq(int, bundle_encode(&out, &draft, &err), -1));
    cr_assert(eq(int, err.code, ENOMEM));
    meta_writer_reset(&out);
    cr_assert(eq(int,
                 signature_match_names(&s, "f", "\x81\xA1x\x01", 4, &out, &err),
                 -1));
    cr_assert(eq(int, err.code, ENOMEM));
    cr_assert(eq(ptr, digest_start(), NULL));
}
