/* test_link_lost.c - a client whose server is gone, or not there yet */
#include "config.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

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

/* As a tunnel without a broker behind it does, and a broker that has no
 * descriptor left. */
static void *hang_up(void *listener)
{
    for (int i = 0; i < 2; i++)
        close(accept(*(int *)listener, NULL, NULL));
    return NULL;
}

static void expect_shut(int listener, const char *endpoint)
{
    struct link_client *c = client_open_as(endpoint, &client_key);
    pthread_t thread;

    cr_assert(eq(int, pthread_create(&thread, NULL, hang_up, &listener), 0));
    cr_assert(eq(int, (int)wait_event(c), LINK_SHUT), "%s", endpoint);
    pthread_join(thread, NULL);
    link_client_close(c, 0);
    close(listener);
}

Test(link_lost, who_hangs_up_twice_has_not_said_why)
{
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    struct sockaddr_in port = {.sin_family = AF_INET};
    socklen_t len = sizeof port;
    char endpoint[LINK_ENDPOINT];
    int s = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(path.sun_path, sizeof path.sun_path, "%s/hasty", scratch);
    cr_assert(eq(int, bind(s, (struct sockaddr *)&path, sizeof path), 0));
    cr_assert(eq(int, listen(s, 2), 0));
    snprintf(endpoint, sizeof endpoint, "ipc://%s", path.sun_path);
    expect_shut(s, endpoint);
    s = socket(AF_INET, SOCK_STREAM, 0);
    port.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    cr_assert(eq(int, bind(s, (struct sockaddr *)&port, sizeof port), 0));
    cr_assert(eq(int, listen(s, 2), 0));
    cr_assert(eq(int, getsockname(s, (struct sockaddr *)&port, &len), 0));
    snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%d",
             ntohs(port.sin_port));
    expect_shut(s, endpoint);
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
