/* test_list.c - a ring of members */
#include "config.h"

#include "list.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

struct card {
    int number;
    struct list node;
};

/* The numbers in the ring as decimal digits of one number. */
static int read_list(const struct list *head)
{
    int digits = 0;

    for (struct list *at = head->next; at != head; at = at->next)
        digits = 10 * digits + LIST_ENTRY(at, struct card, node)->number;
    return digits;
}

static int read_backwards(const struct list *head)
{
    int digits = 0;

    for (struct list *at = head->prev; at != head; at = at->prev)
        digits = 10 * digits + LIST_ENTRY(at, struct card, node)->number;
    return digits;
}

TestSuite(list, .timeout = 10);

Test(list, is_empty_at_first)
{
    struct list head;

    list_init(&head);
    cr_assert(list_is_empty(&head));
    cr_assert(eq(int, read_list(&head), 0));
}

Test(list, keeps_the_order_from_both_ends)
{
    struct card cards[] = {{.number = 1}, {.number = 2}, {.number = 3}};
    struct list head;

    list_init(&head);
    list_append(&head, &cards[1].node);
    list_append(&head, &cards[2].node);
    list_prepend(&head, &cards[0].node);
    cr_assert(eq(int, list_is_empty(&head), false));
    cr_assert(eq(int, read_list(&head), 123));
    cr_assert(eq(int, read_backwards(&head), 321));
}

Test(list, gives_up_any_member_and_removing_twice_is_harmless)
{
    struct card cards[] = {{.number = 1}, {.number = 2}, {.number = 3}};
    struct list head;

    list_init(&head);
    for (int i = 0; i < 3; i++)
        list_append(&head, &cards[i].node);
    list_remove(&cards[1].node);
    list_remove(&cards[1].node);
    cr_assert(eq(int, read_list(&head), 13));
    cr_assert(eq(int, read_backwards(&head), 31));
    cr_assert(list_is_empty(&cards[1].node));
    list_remove(&cards[0].node);
    list_remove(&cards[2].node);
    cr_assert(list_is_empty(&head));
}
