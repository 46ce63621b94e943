/* test_placement.c - terms that are met, and the one that is named if not */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "broker/placement.h"

static struct worker worker;

static void open_worker(void)
{
    static const uint32_t indexes[] = {4, 5, 6};
    struct sched_label labels[] = {{"gpu", "yes"}, {"zone", "a"}};
    struct sched_resource resources[] = {{"mem", 8, NULL}, {"gpu", 3, indexes}};
    struct worker_desc desc = {
        .name = "n17.1",
        .host = "n17",
        .slots = 2,
        .labels = labels,
        .label_count = 2,
        .resources = resources,
        .resource_count = 2,
    };

    memset(&worker, 0, sizeof worker);
    cr_assert(eq(int, worker_init(&worker, 1, &desc, NULL), 0));
}

static void close_worker(void)
{
    worker_clear(&worker);
}

TestSuite(placement, .init = open_worker, .fini = close_worker, .timeout = 10);

static struct text text(const char *s)
{
    return (struct text){s, strlen(s)};
}

static void need(struct placement *p, const char *name, double amount)
{
    p->needs[p->need_count].name = text(name);
    p->needs[p->need_count++].amount = amount;
}

static void label(struct placement *p, const char *key, const char *value)
{
    p->labels[p->label_count].key = text(key);
    p->labels[p->label_count++].value = text(value);
}

/* What is missing, "" if nothing. */
static char *missing(const struct placement *p)
{
    static struct placement_lack lack;

    lack = (struct placement_lack){0};
    placement_missing(p, &worker, &lack);
    return lack.term;
}

Test(placement, no_terms_fit_everywhere)
{
    struct placement p = {.strict = true};

    cr_assert(eq(int, placement_match(&p, &worker), PLACEMENT_PREFERS));
    cr_assert(eq(str, missing(&p), ""));
}

Test(placement, each_term_is_named_when_it_is_missing)
{
    struct placement name = {.strict = true, .worker = text("n18.1")};
    struct placement host = {.strict = true, .host = text("m*")};
    struct placement tag = {.strict = true};
    struct placement value = {.strict = true};
    struct placement io = {.strict = true, .run_class = RUN_IO};
    struct placement mem = {.strict = true};
    struct placement disk = {.strict = true};

    label(&tag, "ssd", "yes");
    label(&value, "gpu", "no");
    need(&mem, "mem", 8.5);
    need(&disk, "disk", 1);
    cr_assert(eq(str, missing(&name), "the name n18.1"));
    cr_assert(eq(str, missing(&host), "a host like m*"));
    cr_assert(eq(str, missing(&tag), "the label ssd=yes"));
    cr_assert(eq(str, missing(&value), "the label gpu=no"));
    cr_assert(eq(str, missing(&io), "slots of class io"));
    cr_assert(eq(str, missing(&mem), "the resource mem=8.5"));
    cr_assert(eq(str, missing(&disk), "the resource disk=1"));
    cr_assert(eq(int, placement_match(&disk, &worker), PLACEMENT_NEVER));
}

Test(placement, what_it_has_instead_of_a_term)
{
    struct {
        struct placement p;
        const char *has;
    } cases[] = {
        {{.strict = true, .worker = text("n18.1")}, "n17.1"},
        {{.strict = true, .host = text("m*")}, "n17"},
        {{.strict = true}, ""},
        {{.strict = true}, "gpu=yes"},
        {{.strict = true}, "mem=8"},
        {{.strict = true, .run_class = RUN_IO}, ""},
    };

    label(&cases[2].p, "ssd", "yes");
    label(&cases[3].p, "gpu", "no");
    need(&cases[4].p, "mem", 8.5);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct placement_lack lack = {.instead = "of another one"};

        cr_assert(ne(uint, placement_missing(&cases[i].p, &worker, &lack), 0));
        cr_assert(eq(str, lack.instead, (char *)cases[i].has));
    }
}

Test(placement, terms_that_are_met)
{
    struct placement p = {
        .strict = true, .worker = text("n17.1"), .host = text("n[0-9]?")};

    label(&p, "zone", "a");
    need(&p, "mem", 8);
    need(&p, "gpu", 2.5);
    cr_assert(eq(int, placement_match(&p, &worker), PLACEMENT_PREFERS));
}

Test(placement, wishes_are_not_needed_but_resources_are)
{
    struct placement p = {.host = text("m*")};

    cr_assert(eq(int, placement_match(&p, &worker), PLACEMENT_FITS));
    cr_assert(eq(str, missing(&p), ""));
    need(&p, "mem", 9);
    cr_assert(eq(int, placement_match(&p, &worker), PLACEMENT_NEVER));
}

Test(placement, a_worker_of_an_account_serves_it_alone)
{
    struct placement p = {.strict = true, .account = 3};

    worker.account = 4;
    cr_assert(eq(int, placement_match(&p, &worker), PLACEMENT_NEVER));
    worker.account = 3;
    cr_assert(eq(int, placement_match(&p, &worker), PLACEMENT_PREFERS));
}

Test(placement, resources_are_taken_and_given_back)
{
    struct placement p = {.strict = true};
    struct placement_index a[2];
    struct placement_index b[2];

    need(&p, "mem", 3);
    need(&p, "gpu", 1.5); /* of something indexed: 2 */
    cr_assert(eq(sz, placement_index_count(&p, &worker), 2));
    cr_assert(eq(int, placement_is_free(&p, &worker), true));
    placement_take(&p, &worker, a);
    cr_assert(eq(int, placement_is_free(&p, &worker), false),
              "one gpu is left");
    cr_assert(ne(u32, a[0].index, a[1].index));
    placement_give(&p, &worker, a, 2);
    cr_assert(eq(int, placement_is_free(&p, &worker), true));
    placement_take(&p, &worker, b);
    placement_give(&p, &worker, b, 2);
    cr_assert(ge(dbl, worker.resources[0].free, 8));
    cr_assert(ge(dbl, worker.resources[1].free, 3));
}

Test(placement, indexes_are_never_handed_out_twice)
{
    struct placement p = {.strict = true};
    struct placement_index held[3];
    unsigned seen = 0;

    need(&p, "gpu", 1);
    for (int i = 0; i < 3; i++)
        placement_take(&p, &worker, &held[i]);
    placement_give(&p, &worker, &held[1], 1);
    placement_take(&p, &worker, &held[1]);
    for (int i = 0; i < 3; i++)
        seen |= 1u << held[i].index;
    cr_assert(eq(u32, seen, 1u << 4 | 1u << 5 | 1u << 6));
}

Test(placement, copies_are_the_same_until_a_term_differs)
{
    struct placement p = {.strict = true, .host = text("n*")};
    struct placement copy;
    char *texts = NULL;

    label(&p, "gpu", "yes");
    need(&p, "mem", 1);
    cr_assert(eq(int, placement_copy(&copy, &p, &texts), 0));
    cr_assert(eq(int, placement_is_same(&p, &copy), true));
    cr_assert(eq(u64, placement_hash(1, &p), placement_hash(1, &copy)));
    copy.needs[0].amount = 2;
    cr_assert(eq(int, placement_is_same(&p, &copy), false));
    copy.needs[0].amount = 1;
    copy.labels[0].value = text("no");
    cr_assert(eq(int, placement_is_same(&p, &copy), false));
    cr_assert(ne(u64, placement_hash(1, &p), placement_hash(1, &copy)));
    copy.labels[0] = p.labels[0];
    copy.worker = text("");
    cr_assert(eq(int, placement_is_same(&p, &copy), false),
              "no name is not the empty name");
    free(texts);
}

Test(placement, each_term_counts_in_the_hash)
{
    struct placement p = {.strict = true, .account = 1, .unplaceable_ms = 5};
    struct placement others[9];
    size_t n = 0;

    need(&p, "mem", 1);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        others[i] = p;
    cr_assert(eq(u64, placement_hash(1, &p), placement_hash(1, &others[0])));
    others[n++].needs[0].amount = 2;
    others[n++].needs[0].amount = 1 + 1e-12;
    others[n++].needs[0].name = text("disk");
    need(&others[n++], "disk", 1);
    others[n++].strict = false;
    others[n++].run_class = RUN_IO;
    others[n++].account = 2;
    others[n++].unplaceable_ms = -1;
    label(&others[n++], "gpu", "yes");
    for (size_t i = 0; i < n; i++)
        cr_assert(ne(u64, placement_hash(1, &p), placement_hash(1, &others[i])),
                  "the %zu. change", i + 1);
}

static void hold(struct side *side, uint32_t heavy)
{
    side->held = heavy;
    side->ahead = (uint64_t)heavy << ROSTER_WINDOW_BITS;
}

Test(placement, load_is_relative_to_slots_and_ends_at_the_last_step)
{
    struct side small = {.slots = 1};
    struct side large = {.slots = 4};

    cr_assert(eq(u32, side_load(&small), 0));
    hold(&small, 1);
    hold(&large, 2);
    cr_assert(lt(u32, side_load(&large), side_load(&small)));
    hold(&large, 4);
    cr_assert(eq(u32, side_load(&large), side_load(&small)));
    hold(&small, 128);
    cr_assert(eq(u32, side_load(&small), ROSTER_LOADS - 1));
}
