#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "linked.h"

TestSuite(link, .init = linked_open, .fini = linked_close, .timeout = 60);

static const enum link_transport transports[] = {LINK_INPROC, LINK_IPC,
                                                 LINK_TCP};
#define EACH(t)                                                                \
    for (const enum link_transport *t = transports; t < transports + 3; t++)

Test(link, message_arrives_and_is_answered_on_each_transport)
{
    EACH(t)
    {
        struct link_client *c = client_connected(listen_by(*t));
        struct link_msg m;
        uint64_t conn = greet(c, 7);
        const struct link_peer *peer = link_server_peer(server, conn);

        cr_assert(peer != NULL);
        cr_assert(eq(int, (int)peer->transport, (int)*t));
        cr_assert(eq(int,
                     link_server_post(server, conn, ping_bytes(8), WIRE_HEADER),
                     0));
        wait_client_msg(c, &m);
        cr_assert(eq(int, m.status, PAR_OK));
        cr_assert(eq(u64, m.wire.head.id, 8));
        link_msg_close(&m);
        link_client_close(c, 0);
        link_server_deafen(server);
    }
}

Test(link, peer_is_who_the_transport_says)
{
    char want[128];
    char hex[KEY_HEX];
    struct link_client *c = client_connected(listen_by(LINK_INPROC));
    const struct link_peer *peer = link_server_peer(server, greet(c, 1));

    cr_assert(eq(str, (char *)peer->user, ""));
    cr_assert(eq(str, (char *)peer->address, ""));
    link_client_close(c, 0);

    c = client_connected(listen_by(LINK_IPC));
    peer = link_server_peer(server, greet(c, 1));
    snprintf(want, sizeof want, "uid:%lu", (unsigned long)geteuid());
    cr_assert(eq(str, (char *)peer->user, want));
    snprintf(want, sizeof want, "localhost:%lu:%lu:%ld",
             (unsigned long)geteuid(), (unsigned long)getegid(),
             (long)getpid());
    cr_assert(eq(str, (char *)peer->address, want));
    link_client_close(c, 0);

    c = client_connected(listen_by(LINK_TCP));
    peer = link_server_peer(server, greet(c, 1));
    key_hex(client_key.public_key, hex);
    cr_assert(eq(str, (char *)peer->user, hex));
    cr_assert(eq(str, (char *)peer->address, "127.0.0.1"));
    link_client_close(c, 0);
}

Test(link, second_frame_travels_both_ways)
{
    static const char payload[3000] = "payload";

    EACH(t)
    {
        struct link_client *c = client_connected(listen_by(*t));
        uint8_t *frame = malloc(WIRE_HEADER + WIRE_RUN_ITEM);
        struct wire_header head = {.type = WIRE_RUN, .count = 1, .id = 1};
        struct link_msg m;
        zmq_msg_t second;

        cr_assert(frame != NULL);
        wire_put_header(frame, &head);
        wire_put_u32(frame + WIRE_HEADER, 0);
        wire_put_u32(frame + WIRE_HEADER + 4, WIRE_SECOND_FRAME);
        zmq_msg_init_size(&second, sizeof payload);
        memcpy(zmq_msg_data(&second), payload, sizeof payload);
        cr_assert(
            eq(int,
               link_client_send(c, frame, WIRE_HEADER + WIRE_RUN_ITEM, &second),
               0));
        wait_server_msg(&m);
        cr_assert(eq(int, m.status, PAR_OK));
        cr_assert(eq(sz, m.wire.second_len, sizeof payload));
        cr_assert(eq(int, memcmp(m.wire.second, payload, sizeof payload), 0));

        /* and back, moved */
        frame = malloc(WIRE_HEADER + WIRE_RUN_ITEM);
        cr_assert(frame != NULL);
        memcpy(frame, zmq_msg_data(&m.first), WIRE_HEADER + WIRE_RUN_ITEM);
        cr_assert(eq(int,
                     link_server_send(server, m.conn, frame,
                                      WIRE_HEADER + WIRE_RUN_ITEM, &m.second),
                     0));
        link_msg_close(&m);
        wait_client_msg(c, &m);
        cr_assert(eq(sz, m.wire.second_len, sizeof payload));
        link_msg_close(&m);
        link_client_close(c, 0);
        link_server_deafen(server);
    }
}

Test(link, order_is_kept_over_many_messages_of_all_sizes)
{
    enum { MESSAGES = 2000 };

    EACH(t)
    {
        struct link_client *c = client_connected(listen_by(*t));

        for (uint64_t i = 0; i < MESSAGES; i++) {
            size_t len = WIRE_HEADER + (size_t)(i % 7) * 700;
            struct wire_header head = {.type = WIRE_MESSAGE, .id = i};
            uint8_t *frame = calloc(1, len);

            cr_assert(frame != NULL);
            head.count = len > WIRE_HEADER;
            wire_put_header(frame, &head);
            cr_assert(eq(int, link_client_send(c, frame, len, NULL), 0));
        }
        for (uint64_t i = 0; i < MESSAGES; i++) {
            struct link_msg m;

            wait_server_msg(&m);
            cr_assert(eq(int, m.status, PAR_OK));
            cr_assert(eq(u64, m.wire.head.id, i));
            link_msg_close(&m);
        }
        link_client_close(c, 0);
        link_server_deafen(server);
    }
}

Test(link, one_server_listens_on_all_three_at_once)
{
    struct link_client *clients[3];
    uint64_t conns[3];

    EACH(t)
    {
        clients[*t] = client_connected(listen_by(*t));
        conns[*t] = greet(clients[*t], (uint64_t)*t);
    }
    cr_assert(ne(u64, conns[0], conns[1]));
    cr_assert(ne(u64, conns[1], conns[2]));
    EACH(t)
    {
        struct link_msg m;

        cr_assert(eq(int,
                     link_server_post(server, conns[*t], ping_bytes(*t + 10),
                                      WIRE_HEADER),
                     0));
        wait_client_msg(clients[*t], &m);
        cr_assert(eq(u64, m.wire.head.id, *t + 10));
        link_msg_close(&m);
        link_client_close(clients[*t], 0);
    }
}

/* ---- what is no message ---- */

Test(link, bad_messages_arrive_with_their_status)
{
    struct link_client *c = client_connected(listen_by(LINK_TCP));
    struct link_msg m;

    cr_assert(eq(int, link_client_post(c, "hello", 5), 0));
    wait_server_msg(&m);
    cr_assert(eq(int, m.status, PAR_MALFORMED));
    cr_assert(m.conn != 0);
    link_msg_close(&m);
    link_client_close(c, 0);
}

/* A peer that speaks ZeroMQ but not our grammar. */
static void *raw_dealer(const char *endpoint, const char *routing_id)
{
    void *dealer = zmq_socket(context, ZMQ_DEALER);

    zmq_setsockopt(dealer, ZMQ_CURVE_SERVERKEY, broker_key.public_key,
                   KEY_SIZE);
    zmq_setsockopt(dealer, ZMQ_CURVE_PUBLICKEY, client_key.public_key,
                   KEY_SIZE);
    zmq_setsockopt(dealer, ZMQ_CURVE_SECRETKEY, client_key.secret_key,
                   KEY_SIZE);
    if (routing_id)
        zmq_setsockopt(dealer, ZMQ_ROUTING_ID, routing_id, strlen(routing_id));
    cr_assert(eq(int, zmq_connect(dealer, endpoint), 0));
    return dealer;
}

Test(link, message_of_three_frames_is_malformed_and_drained)
{
    void *dealer = raw_dealer(listen_by(LINK_TCP), NULL);
    struct link_msg m;

    zmq_send(dealer, ping_bytes(1), WIRE_HEADER, ZMQ_SNDMORE);
    zmq_send(dealer, "b", 1, ZMQ_SNDMORE);
    zmq_send(dealer, "c", 1, ZMQ_SNDMORE);
    zmq_send(dealer, "d", 1, 0);
    zmq_send(dealer, ping_bytes(2), WIRE_HEADER, 0);
    wait_server_msg(&m);
    cr_assert(eq(int, m.status, PAR_MALFORMED));
    link_msg_close(&m);
    wait_server_msg(&m);
    cr_assert(eq(int, m.status, PAR_OK));
    cr_assert(eq(u64, m.wire.head.id, 2));
    link_msg_close(&m);
    zmq_close(dealer);
}

Test(link, empty_messages_are_dropped_however_many)
{
    void *dealer = raw_dealer(listen_by(LINK_TCP), NULL);
    struct link_msg m;

    for (int i = 0; i < 1000; i++)
        zmq_send(dealer, "", 0, 0);
    zmq_send(dealer, ping_bytes(5), WIRE_HEADER, 0);
    wait_server_msg(&m);
    cr_assert(eq(u64, m.wire.head.id, 5));
    link_msg_close(&m);
    zmq_close(dealer);
}

Test(link, peer_that_chose_its_routing_id_is_cut_off_unheard)
{
    void *dealer = raw_dealer(listen_by(LINK_TCP), "victim");
    void *events = zmq_socket(context, ZMQ_PAIR);
    struct link_client *c;

    zmq_socket_monitor(dealer, "inproc://events", ZMQ_EVENT_DISCONNECTED);
    zmq_connect(events, "inproc://events");
    zmq_send(dealer, ping_bytes(1), WIRE_HEADER, 0);

    /* Served until it is cut off; nothing may arrive. */
    for (uint64_t until = clock_ms() + WAIT_MS;;) {
        zmq_pollitem_t items[LINK_POLL + 1];
        int n = link_server_poll(server, items);
        struct link_msg m;
        uint64_t gone;

        items[n] = (zmq_pollitem_t){.socket = events, .events = ZMQ_POLLIN};
        wait_for(items, n + 1, until);
        cr_assert(eq(int, link_server_recv(server, &m), false));
        cr_assert(eq(int, link_server_gone(server, &gone), false));
        if (items[n].revents)
            break;
    }
    zmq_socket_monitor(dealer, NULL, 0);
    zmq_close(events);
    zmq_close(dealer);

    c = client_connected(listen_by(LINK_IPC));
    greet(c, 2);
    link_client_close(c, 0);
}

Test(link, frame_over_the_limit_ends_the_connection_not_the_server)
{
    const char *endpoint = listen_by(LINK_TCP);
    struct link_client *c = client_connected(endpoint);
    uint64_t conn = greet(c, 1);
    uint8_t *big = calloc(1, WIRE_FRAME_MAX + 1);

    cr_assert(big != NULL);
    cr_assert(eq(int, link_client_send(c, big, WIRE_FRAME_MAX + 1, NULL), 0));
    cr_assert(eq(u64, wait_gone(), conn));
    cr_assert(eq(int, (int)wait_event(c), LINK_LOST));
    link_client_close(c, 0);
    c = client_connected(endpoint);
    greet(c, 2);
    link_client_close(c, 0);
}

/* ---- the end of a connection ---- */

Test(link, closed_connection_is_told_once_after_all_that_it_sent)
{
    const enum link_transport remote[] = {LINK_IPC, LINK_TCP};

    for (int t = 0; t < 2; t++) {
        struct link_client *c = client_connected(listen_by(remote[t]));
        uint64_t conn = greet(c, 0);
        struct link_msg m;
        uint64_t gone;

        for (uint64_t i = 1; i <= 100; i++)
            client_ping(c, i);
        link_client_close(c, 1000);
        for (uint64_t i = 1; i <= 100; i++) {
            wait_server_msg(&m);
            cr_assert(eq(u64, m.wire.head.id, i));
            cr_assert(eq(u64, m.conn, conn));
            link_msg_close(&m);
        }
        cr_assert(eq(u64, wait_gone(), conn));
        cr_assert(eq(int, link_server_gone(server, &gone), false));
        cr_assert(link_server_peer(server, conn) == NULL);
        cr_assert(eq(int,
                     link_server_post(server, conn, ping_bytes(1), WIRE_HEADER),
                     -1));
        link_server_deafen(server);
    }
}

/* A peer that says one thing and is killed: its HELLO may be read after the
 * news of its death. */
Test(link, peer_that_dies_right_after_its_first_message_is_told)
{
    char endpoint[LINK_ENDPOINT];

    snprintf(endpoint, sizeof endpoint, "%s", listen_by(LINK_IPC));
    for (int i = 0; i < 20; i++) {
        struct link_msg m;
        uint64_t conn;
        pid_t pid = fork();

        if (pid == 0) {
            void *own = zmq_ctx_new();
            struct link_client *c =
                link_client_open(own, endpoint, NULL, NULL, NULL, NULL);
            zmq_pollitem_t items[LINK_POLL];

            while (link_client_event(c) != LINK_CONNECTED)
                zmq_poll(items, link_client_poll(c, items), WAIT_MS);
            link_client_post(c, ping_bytes(1), WIRE_HEADER);
            link_client_close(c, 1000);
            zmq_ctx_term(own);
            kill(getpid(), SIGKILL);
        }
        cr_assert(pid > 0);
        /* Let it be over before we look. */
        waitpid(pid, NULL, 0);
        wait_server_msg(&m);
        conn = m.conn;
        link_msg_close(&m);
        cr_assert(eq(u64, wait_gone(), conn));
    }
}

Test(link, many_connections_that_end_at_once_are_all_told)
{
    enum { CLIENTS = 60 };
    const char *endpoint = listen_by(LINK_IPC);
    struct link_client *c[CLIENTS];
    uint64_t conns[CLIENTS];
    int told = 0;

    for (int i = 0; i < CLIENTS; i++) {
        c[i] = client_connected(endpoint);
        conns[i] = greet(c[i], 1);
    }
    for (int i = 0; i < CLIENTS; i++)
        if (i % 2)
            link_client_close(c[i], 0);
    while (told < CLIENTS / 2) {
        uint64_t gone = wait_gone();

        for (int i = 0; i < CLIENTS; i++) {
            if (conns[i] != gone)
                continue;
            cr_assert(eq(int, i % 2, 1));
            conns[i] = 0;
            told++;
        }
    }
    /* The others are as they were, and new ones take the fds of the dead. */
    for (int i = 0; i < CLIENTS; i++) {
        if (i % 2) {
            c[i] = client_connected(endpoint);
            greet(c[i], 2);
        } else {
            cr_assert(eq(u64, greet(c[i], 2), conns[i]));
        }
    }
    for (int i = 0; i < CLIENTS; i++)
        link_client_close(c[i], 0);
}

Test(link, silent_peer_is_no_connection)
{
    struct link_client *c = client_connected(listen_by(LINK_IPC));
    struct link_client *other;
    struct link_msg m;
    uint64_t gone;

    link_client_close(c, 0);
    other = client_connected(listen_by(LINK_TCP));
    greet(other, 1);
    cr_assert(eq(int, link_server_recv(server, &m), false));
    cr_assert(eq(int, link_server_gone(server, &gone), false));
    link_client_close(other, 0);
}

Test(link, inproc_peer_that_left_is_told_when_it_is_spoken_to)
{
    struct link_client *c = client_connected(listen_by(LINK_INPROC));
    uint64_t conn = greet(c, 1);
    int rc = 0;

    link_client_close(c, 0);
    for (uint64_t until = clock_ms() + WAIT_MS; rc == 0;) {
        rc = link_server_post(server, conn, ping_bytes(1), WIRE_HEADER);
        cr_assert(clock_ms() < until);
    }
    cr_assert(eq(u64, wait_gone(), conn));
}

Test(link, dropped_connection_comes_back_as_a_new_one)
{
    struct link_client *c = client_connected(listen_by(LINK_INPROC));
    uint64_t conn = greet(c, 1);
    uint64_t again;

    link_server_drop(server, conn);
    link_server_drop(server, conn);
    cr_assert(link_server_peer(server, conn) == NULL);
    again = greet(c, 2);
    cr_assert(ne(u64, again, conn));
    cr_assert(eq(
        int, link_server_post(server, conn, ping_bytes(1), WIRE_HEADER), -1));
    link_client_close(c, 0);
}

Test(link, cut_peer_is_told_and_comes_again_as_a_new_one)
{
    const enum link_transport remote[] = {LINK_IPC, LINK_TCP};

    for (int t = 0; t < 2; t++) {
        const char *endpoint = listen_by(remote[t]);
        struct link_client *c = client_connected(endpoint);
        uint64_t conn = greet(c, 1);

        /* What was on its way when it was cut must not arrive. */
        client_ping(c, 2);
        link_server_cut(server, conn);
        cr_assert(eq(u64, wait_gone(), conn));
        cr_assert(eq(int, (int)wait_event(c), LINK_LOST));
        cr_assert(eq(int, link_client_post(c, "x", 1), -1));
        cr_assert(eq(int, errno, EAGAIN));
        link_client_close(c, 0);

        c = client_connected(endpoint);
        cr_assert(ne(u64, greet(c, 3), conn));
        link_client_close(c, 0);
        wait_gone();
        link_server_deafen(server);
    }
}

Test(link, cutting_one_leaves_the_others_alone)
{
    const char *endpoint = listen_by(LINK_TCP);
    struct link_client *a = client_connected(endpoint);
    struct link_client *b = client_connected(endpoint);
    uint64_t conn_a = greet(a, 1);
    uint64_t conn_b = greet(b, 1);

    link_server_cut(server, conn_a);
    cr_assert(eq(u64, wait_gone(), conn_a));
    cr_assert(eq(u64, greet(b, 2), conn_b));
    link_client_close(a, 0);
    link_client_close(b, 0);
}

Test(link, client_learns_that_its_server_is_gone)
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

Test(link, client_that_is_not_connected_sends_nothing)
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

Test(link, client_connects_when_its_server_comes)
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

/* ---- listening ---- */

Test(link, ipc_socket_is_its_owners_and_goes_with_the_server)
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

Test(link, second_server_does_not_take_the_ipc_path)
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

Test(link, foreign_listener_is_not_displaced_and_a_dead_one_is)
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

Test(link, what_is_no_socket_is_not_removed)
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

Test(link, deaf_server_keeps_its_connections)
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

Test(link, address_of_a_deaf_server_is_free_for_the_next_one)
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

Test(link, tcp_without_a_key_does_not_exist)
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

Test(link, taken_tcp_port_is_told)
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

Test(link, failed_allocation_of_a_frame_is_a_failed_send)
{
    struct link_client *c = client_connected(listen_by(LINK_INPROC));
    uint64_t conn = greet(c, 1);

    cr_assert(eq(int, link_server_send(server, conn, NULL, 0, NULL), -1));
    cr_assert(eq(int, link_client_send(c, NULL, 0, NULL), -1));
    /* 0 is nobody's number */
    cr_assert(eq(int, link_server_post(server, 0, "x", 1), -1));
    cr_assert(link_server_peer(server, 0) == NULL);
    cr_assert(link_server_peer(server, UINT64_MAX) == NULL);
    link_client_close(c, 0);
}
