/* test_link_flood.c - peers that send or take too much harm nobody else */
#include "config.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "linked.h"

TestSuite(link_flood, .init = linked_open, .fini = linked_close, .timeout = 60);

Test(link_flood, peer_that_reads_nothing_is_cut_off_and_no_other)
{
    const char *endpoint = listen_by(LINK_IPC);
    struct link_client *c = client_connected(endpoint);
    uint64_t other = greet(c, 1);
    void *deaf = zmq_socket(context, ZMQ_DEALER);
    int one = 1, none = 0;
    uint64_t conn;
    struct link_msg m;

    zmq_setsockopt(deaf, ZMQ_RCVHWM, &one, sizeof one);
    zmq_setsockopt(deaf, ZMQ_LINGER, &none, sizeof none);
    cr_assert(eq(int, zmq_connect(deaf, endpoint), 0));
    zmq_send(deaf, ping_bytes(2), WIRE_HEADER, 0);
    wait_server_msg(&m);
    conn = m.conn;
    link_msg_close(&m);

    /* The kernel's buffers and its own queue take some, but not all. */
    for (int i = 0; i < 1000 * 1000; i++)
        if (link_server_post(server, conn, ping_bytes(3), WIRE_HEADER) != 0)
            break;
    cr_assert(eq(
        int, link_server_post(server, conn, ping_bytes(3), WIRE_HEADER), -1));
    cr_assert(eq(u64, wait_gone(), conn));
    cr_assert(eq(u64, greet(c, 4), other));
    zmq_close(deaf);
    link_client_close(c, 0);
}

/* A TCP connection that never says anything; false if it is shut down. */
static bool lingers(int fd)
{
    char octets[64]; /* libzmq's greeting */
    ssize_t n;

    do
        n = recv(fd, octets, sizeof octets, MSG_DONTWAIT);
    while (n > 0);
    return n < 0;
}

static int mute_connection(const char *endpoint)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    to.sin_port = htons((uint16_t)atoi(strrchr(endpoint, ':') + 1));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    cr_assert(eq(int, connect(fd, (struct sockaddr *)&to, sizeof to), 0));
    return fd;
}

static unsigned count_lingering(const int *fds, unsigned n)
{
    unsigned left = 0;

    for (unsigned i = 0; i < n; i++)
        left += lingers(fds[i]);
    return left;
}

Test(link_flood, connections_beyond_the_room_end_and_who_is_in_is_served)
{
    enum { FDS = 64, CROWD = 100 };
    struct rlimit limit;
    struct link_client *c;
    const char *endpoint;
    int fds[CROWD];
    uint64_t conn, until;

    /* The server believes in a low limit; we, in the same process, keep ours.
     */
    getrlimit(RLIMIT_NOFILE, &limit);
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){FDS, limit.rlim_max});
    server_close();
    server_open();
    setrlimit(RLIMIT_NOFILE, &limit);
    endpoint = listen_by(LINK_TCP);
    c = client_connected(endpoint);
    conn = greet(c, 1);

    for (unsigned i = 0; i < CROWD; i++)
        fds[i] = mute_connection(endpoint);
    until = clock_ms() + WAIT_MS;
    while (count_lingering(fds, CROWD) > FDS) {
        zmq_pollitem_t items[LINK_POLL];
        uint64_t gone;

        cr_assert(eq(int, link_server_gone(server, &gone), false));
        wait_for(items, link_server_poll(server, items), until);
    }
    cr_assert(count_lingering(fds, CROWD) > 0, "there was room for some");
    cr_assert(eq(u64, greet(c, 2), conn));
    for (unsigned i = 0; i < CROWD; i++)
        close(fds[i]);
    link_client_close(c, 0);
}

Test(link_flood, death_is_told_even_if_others_never_stop)
{
    const char *endpoint = listen_by(LINK_IPC);
    struct link_client *busy = client_connected(endpoint);
    struct link_client *dying = client_connected(endpoint);
    uint64_t conn = greet(dying, 1), gone = 0;
    uint64_t until = clock_ms() + WAIT_MS;
    zmq_pollitem_t items[LINK_POLL];

    greet(busy, 2);
    client_ping(busy, 3); /* unread: there is always something to receive */
    wait_server_item(0);
    link_client_close(dying, 0);
    while (!link_server_gone(server, &gone)) {
        int n = link_server_poll(server, items);

        wait_for(items + 1, n - 1, until);
    }
    cr_assert(eq(u64, gone, conn));
    link_client_close(busy, 0);
}
