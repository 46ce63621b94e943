/* test_link_lost.c - a client whose server is gone, or not there yet */
#include "config.h"

#include <criterion/criterion.h>
#include <errno.h>

#include "linked.h"

TestSuite(link_lost, .init = linked_open, .fini = linked_close, .timeout = 60);

Test(link_lost, client_learns_that_its_server_is_gone)
{
    const enum link_transport remote[] = {LINK_IPC, LINK_TCP};

    for (int t = 0; t < 2; t++) {
        struct link_client *c = client_connected(listen_by(remote[t]));

        greet(c, 1);
        server_close();
        cr_assert(eq(int, (int)wait_event(c), LINK_LOST));
        cr_assert(eq(int, link_client_post(c, "x", 1), -1));
        link_client_close(c, 0);
        server_open();
    }
}

/* libzmq connects again below us. */
Test(link_lost, lost_client_stays_lost_when_another_server_comes)
{
    struct link_client *c = client_connected(listen_by(LINK_IPC));
    zmq_pollitem_t items[LINK_POLL];

    greet(c, 1);
    server_close();
    cr_assert(eq(int, (int)wait_event(c), LINK_LOST));
    server_open();
    listen_by(LINK_IPC);
    cr_assert(eq(int, link_client_poll(c, items), 2));
    wait_for(items + 1, 1, clock_ms() + WAIT_MS); /* connected again */
    cr_assert(eq(int, (int)link_client_event(c), LINK_NOTHING));
    cr_assert(eq(int, link_client_post(c, "x", 1), -1));
    link_client_close(c, 0);
}

Test(link_lost, client_that_is_not_connected_sends_nothing)
{
    char endpoint[LINK_ENDPOINT];
    struct link_client *c;

    snprintf(endpoint, sizeof endpoint, "ipc://%s/nobody", scratch);
    c = client_open_as(endpoint, &client_key);
    cr_assert(eq(int, link_client_post(c, "x", 1), -1));
    cr_assert(eq(int, errno, EAGAIN));
    cr_assert(eq(int, (int)link_client_event(c), LINK_NOTHING));
    link_client_close(c, 0);
}

Test(link_lost, client_connects_when_its_server_comes)
{
    char endpoint[LINK_ENDPOINT];
    struct link_client *c;

    snprintf(endpoint, sizeof endpoint, "ipc://%s/s", scratch);
    c = client_open_as(endpoint, &client_key);
    cr_assert(eq(int, (int)link_client_event(c), LINK_NOTHING));
    listen_by(LINK_IPC);
    cr_assert(eq(int, (int)wait_event(c), LINK_CONNECTED));
    greet(c, 1);
    link_client_close(c, 0);
}
