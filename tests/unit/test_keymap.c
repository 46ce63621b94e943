/* test_keymap.c - keys that collide, and a table beside a plain one */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "broker/keymap.h"
#include "random.h"

enum { NAMES = 1000 };

static char names[NAMES][20];
static struct keymap map;

static bool same(const void *owner, uint32_t place, const void *key)
{
    (void)owner;
    return strcmp(names[place], key) == 0;
}

static void open_map(void)
{
    map = (struct keymap){.same = same};
    for (int i = 0; i < NAMES; i++)
        snprintf(names[i], sizeof names[i], "name %d", i);
}

static void close_map(void)
{
    keymap_clear(&map);
}

TestSuite(keymap, .init = open_map, .fini = close_map, .timeout = 10);

static uint64_t hash(const char *name)
{
    return keymap_hash(5, name, strlen(name));
}

Test(keymap, finds_what_is_there_and_nothing_else)
{
    cr_assert(
        eq(u32, keymap_find(&map, hash("name 1"), "name 1"), KEYMAP_NONE));
    for (uint32_t i = 0; i < NAMES; i++)
        cr_assert(eq(int, keymap_put(&map, hash(names[i]), i), 0));
    for (uint32_t i = 0; i < NAMES; i++)
        cr_assert(eq(u32, keymap_find(&map, hash(names[i]), names[i]), i));
    cr_assert(eq(u32, keymap_find(&map, hash("?"), "?"), KEYMAP_NONE));
    for (uint32_t i = 0; i < NAMES; i += 2)
        keymap_drop(&map, hash(names[i]), i);
    keymap_drop(&map, hash(names[0]), 0);
    cr_assert(eq(sz, map.used, NAMES / 2));
    for (uint32_t i = 0; i < NAMES; i++)
        cr_assert(eq(u32, keymap_find(&map, hash(names[i]), names[i]),
                     i % 2 ? i : KEYMAP_NONE));
}

Test(keymap, keys_with_one_hash_are_told_apart)
{
    for (uint32_t i = 0; i < 20; i++)
        keymap_put(&map, 1, i);
    for (uint32_t i = 0; i < 20; i += 3)
        keymap_drop(&map, 1, i);
    for (uint32_t i = 0; i < 20; i++)
        cr_assert(
            eq(u32, keymap_find(&map, 1, names[i]), i % 3 ? i : KEYMAP_NONE));
}

Test(keymap, agrees_with_an_array_whatever_happens)
{
    static bool model[NAMES];
    struct random random = {4711};

    for (int i = 0; i < 100000; i++) {
        uint32_t place = (uint32_t)random_below(&random, NAMES);
        uint64_t h = hash(names[place]);

        cr_assert(eq(u32, keymap_find(&map, h, names[place]),
                     model[place] ? place : KEYMAP_NONE));
        if (model[place])
            keymap_drop(&map, h, place);
        else
            keymap_put(&map, h, place);
        model[place] = !model[place];
    }
}

Test(keymap, hashes_depend_on_every_octet_and_on_the_seed)
{
    char text[20] = "0123456789012345678";
    uint64_t base = keymap_hash(1, text, 19);

    cr_assert(ne(u64, keymap_hash(2, text, 19), base));
    cr_assert(ne(u64, keymap_hash(1, text, 18), base));
    for (int i = 0; i < 19; i++) {
        text[i]++;
        cr_assert(ne(u64, keymap_hash(1, text, 19), base));
        text[i]--;
    }
    cr_assert(eq(u64, keymap_hash(1, text, 19), base));
}
