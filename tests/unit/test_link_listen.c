/* test_link_listen.c - who may listen on a path or a port, and what is left
 * after
 */
#include "config.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "linked.h"

TestSuite(link_listen,
          .init = linked_open,
          .fini = linked_close,
          .timeout = 60);

Test(link_listen, ipc_socket_is_its_owners_and_goes_with_the_server)
{
    char lock[256];
    struct stat st;
    mode_t old = umask(0);

    listen_by(LINK_IPC);
    umask(old);
    cr_assert(eq(int, lstat(scratch_path("s"), &st), 0));
    cr_assert(eq(int, (int)(st.st_mode & S_IFMT), S_IFSOCK));
    cr_assert(eq(int, (int)(st.st_mode & 0777), 0600));
    snprintf(lock, sizeof lock, "%s", scratch_path("s.lock"));
    cr_assert(eq(int, access(lock, F_OK), 0));
    link_server_deafen(server);
    cr_assert(ne(int, lstat(scratch_path("s"), &st), 0));
    cr_assert(ne(int, access(lock, F_OK), 0));
}

static int second_server(const char *endpoint, struct par_error *err)
{
    void *second = zmq_socket(context, ZMQ_ROUTER);
    struct link_server *s = link_server_open(context, second, NULL);
    int rc;

    cr_assert(s != NULL);
    rc = link_server_listen(s, endpoint, NULL, NULL, 0, err);
    link_server_close(s);
    zmq_close(second);
    return rc;
}

Test(link_listen, second_server_does_not_take_the_ipc_path)
{
    const char *endpoint = listen_by(LINK_IPC);
    struct link_client *c = client_connected(endpoint);
    struct par_error err = {0};

    cr_assert(eq(int, second_server(endpoint, &err), -1));
    cr_assert(eq(int, err.code, EADDRINUSE));
    cr_assert(strstr(err.text, "a broker already listens there") != NULL);
    greet(c, 1);
    link_client_close(c, 0);
    /* the refused one has not removed the files of the first */
    c = client_connected(endpoint);
    link_client_close(c, 0);
}

/* A server that is about to listen holds the lock and has no socket yet. */
Test(link_listen, lock_keeps_two_servers_from_starting_at_once)
{
    int lock = open(scratch_path("s.lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    struct par_error err = {0};
    char endpoint[LINK_ENDPOINT];

    cr_assert(eq(int, flock(lock, LOCK_EX), 0));
    snprintf(endpoint, sizeof endpoint, "ipc://%s/s", scratch);
    cr_assert(
        eq(int, link_server_listen(server, endpoint, NULL, NULL, 0, &err), -1));
    cr_assert(eq(int, err.code, EADDRINUSE));
    cr_assert(eq(int, access(scratch_path("s.lock"), F_OK), 0));
    close(lock);
    listen_by(LINK_IPC);
}

static int foreign_listener(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    cr_assert(
        eq(int, bind(fd, (struct sockaddr *)&address, sizeof address), 0));
    cr_assert(eq(int, listen(fd, 1), 0));
    return fd;
}

Test(link_listen, foreign_listener_is_not_displaced_and_a_dead_one_is)
{
    int fd = foreign_listener(scratch_path("s"));
    struct par_error err = {0};
    char endpoint[LINK_ENDPOINT];
    struct link_client *c;

    snprintf(endpoint, sizeof endpoint, "ipc://%s/s", scratch);
    cr_assert(
        eq(int, link_server_listen(server, endpoint, NULL, NULL, 0, &err), -1));
    cr_assert(eq(int, err.code, EADDRINUSE));
    cr_assert(ne(int, access(scratch_path("s.lock"), F_OK), 0));
    close(fd);
    c = client_connected(listen_by(LINK_IPC));
    greet(c, 1);
    link_client_close(c, 0);
}

Test(link_listen, what_is_no_socket_is_not_removed)
{
    const char *file = scratch_write("s", 0600, "precious");
    struct par_error err = {0};
    char endpoint[LINK_ENDPOINT];

    snprintf(endpoint, sizeof endpoint, "ipc://%s/s", scratch);
    cr_assert(
        eq(int, link_server_listen(server, endpoint, NULL, NULL, 0, &err), -1));
    cr_assert(eq(int, err.code, EEXIST));
    cr_assert(eq(str, (char *)scratch_read(file), "precious"));
}

Test(link_listen, deaf_server_keeps_its_connections)
{
    EACH(t)
    {
        struct link_client *c = client_connected(listen_by(*t));
        uint64_t conn = greet(c, 1);

        link_server_deafen(server);
        cr_assert(eq(u64, greet(c, 2), conn));
        link_client_close(c, 0);
        if (*t != LINK_INPROC)
            cr_assert(eq(u64, wait_gone(), conn));
    }
}

Test(link_listen, address_of_a_deaf_server_is_free_for_the_next_one)
{
    void *old_context = context;
    void *old_router = router;
    struct link_server *old = server;
    const char *endpoint;
    struct link_client *c;

    listen_by(LINK_IPC);
    link_server_deafen(server);
    context = zmq_ctx_new();
    door_close();
    door_open_for(geteuid());
    server_open();
    endpoint = listen_by(LINK_IPC);
    c = client_connected(endpoint);
    link_client_close(c, 0);

    /* The end of the old one does not take the new one's socket away. */
    link_server_close(old);
    zmq_close(old_router);
    zmq_ctx_term(old_context);
    c = client_connected(endpoint);
    greet(c, 1);
    link_client_close(c, 0);
}

Test(link_listen, tcp_without_a_key_does_not_exist)
{
    struct par_error err = {0};
    const char *endpoint = "tcp://127.0.0.1:*";

    cr_assert(
        eq(int, link_server_listen(server, endpoint, NULL, NULL, 0, &err), -1));
    cr_assert(eq(int, err.code, EINVAL));
    cr_assert(link_client_open(context, "tcp://127.0.0.1:7270", NULL, NULL,
                               NULL, &err) == NULL);
    cr_assert(eq(int, err.code, EINVAL));
    cr_assert(link_client_open(context, "tcp://127.0.0.1:7270",
                               client_key.public_key, client_key.secret_key,
                               NULL, &err) == NULL);
    cr_assert(link_client_open(context, "udp://127.0.0.1:7270", NULL, NULL,
                               NULL, &err) == NULL);
}

Test(link_listen, peer_comes_from_the_address_it_was_told)
{
    const char *endpoint = listen_by(LINK_TCP);
    struct par_error err = {0};
    struct link_client *c = link_client_open_from(
        context, "127.0.0.2", endpoint, client_key.public_key,
        client_key.secret_key, broker_key.public_key, &err);
    const struct link_peer *peer;

    cr_assert(c != NULL, "%s", err.text);
    cr_assert(eq(int, (int)wait_event(c), LINK_CONNECTED));
    peer = link_server_peer(server, greet(c, 1));
    cr_assert(eq(str, (char *)peer->address, "127.0.0.2"));
    link_client_close(c, 0);
}

Test(link_listen, an_address_of_another_host_is_told)
{
    struct par_error err = {0};

    cr_assert(eq(int,
                 link_server_listen(server, "tcp://192.0.2.1:7270",
                                    broker_key.secret_key, NULL, 0, &err),
                 -1));
    cr_assert(eq(str, err.text,
                 "tcp://192.0.2.1:7270: this host has no such address; 0.0.0.0 "
                 "stands for all it has"));
}

Test(link_listen, taken_tcp_port_is_told)
{
    const char *endpoint = listen_by(LINK_TCP);
    struct par_error err = {0};

    cr_assert(eq(int,
                 link_server_listen(server, endpoint, broker_key.secret_key,
                                    NULL, 0, &err),
                 -1));
    cr_assert(eq(int, err.code, EADDRINUSE));
    cr_assert(strstr(err.text, "somebody listens there already") != NULL);
}
