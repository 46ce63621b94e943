/* test_nanny_clients.c - clients that leave: which slots hear of it */
#include "config.h"

#include "nursing.h"

TestSuite(nanny_clients,
          .init = nursing_open,
          .fini = nursing_close,
          .timeout = 60);

static char *history(uint64_t id)
{
    static char text[500];
    struct answer *a;
    struct meta_reader r;
    struct meta_value v;

    run0(id, "history");
    a = wait_answer(id);
    r = meta_read(a->data, a->len);
    cr_assert(meta_next(&r, &v));
    snprintf(text, sizeof text, "%.*s", (int)v.len, v.data);
    return text;
}

Test(nanny_clients, client_that_leaves_is_told_to_its_slots)
{
    options.slots = 1;
    nurse();
    set_up();
    run0(100, "count_client");
    wait_answer(100);
    cr_assert(strstr(history(101), "client_close") == NULL);
    say(WIRE_GOODBYE, 6, WIRE_DONE); /* somebody who was never here */
    cr_assert(strstr(history(102), "client_close") == NULL);
    say(WIRE_GOODBYE, 5, WIRE_DONE); /* the origin of our runs */
    cr_assert(strstr(history(103), "client_close") != NULL);
}

/* Sessions are counted anew: the next client of that number is another one. */
Test(nanny_clients, state_of_clients_ends_with_the_brokers_session)
{
    options.slots = 1;
    nurse();
    set_up();
    run0(100, "count_client");
    cr_assert(eq(i64, value(wait_answer(100)), 1));
    say(WIRE_GOODBYE, 0, WIRE_REPLACED);
    link_server_drop(server, conn);
    WAIT_FOR(hellos == 2);
    forget_answers();
    file_count = 0; /* its files need not be fetched again */
    set_up();
    run0(100, "count_client");
    cr_assert(eq(i64, value(wait_answer(100)), 1));
    cr_assert(strstr(history(101), "client_close client_setup") != NULL);
    cr_assert(eq(ptr, strstr(history(102), "slot_close"), NULL));
}

/* A file in the folder of what is set up. */
static void touch_there(const char *name)
{
    char path[600];
    struct meta_reader r;
    struct meta_value v;
    struct answer *a;
    FILE *f;

    run0(50, "cwd");
    a = wait_answer(50);
    r = meta_read(a->data, a->len);
    cr_assert(meta_next(&r, &v));
    snprintf(path, sizeof path, "%.*s/%s", (int)v.len, v.data, name);
    f = fopen(path, "w");
    cr_assert(f != NULL, "%s", path);
    fclose(f);
}

/* What is written into the pipe of a slot that is busy for hours stays there:
 * that of all clients who come and go meanwhile is too much for it. */
Test(nanny_clients, slot_is_not_told_of_who_never_came_to_it)
{
    nurse();
    set_up();
    run0(100, "unread");
    WAIT_FOR(started == 1);
    for (uint64_t i = 0; i < 100; i++)
        say(WIRE_GOODBYE, 1000 + i, WIRE_DONE);
    say(WIRE_PING, 7, 0);
    wait_answer(7);
    touch_there("look"); /* by the other slot */
    cr_assert(eq(i64, value(wait_answer(100)), 0));
}
