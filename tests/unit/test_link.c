/* test_link.c - messages over inproc, ipc and tcp */
#include "config.h"

#include <criterion/criterion.h>
#include <errno.h>

#include "linked.h"

TestSuite(link, .init = linked_open, .fini = linked_close, .timeout = 60);

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

Test(link, message_of_many_frames_is_malformed_and_drained)
{
    void *dealer = raw_dealer(listen_by(LINK_TCP), NULL);
    struct link_msg m;

    zmq_send(dealer, ping_bytes(1), WIRE_HEADER, ZMQ_SNDMORE);
    zmq_send(dealer, "b", 1, ZMQ_SNDMORE);
    /* what is left must not be taken for a message from somebody else */
    zmq_send(dealer, "\0abcd", 5, ZMQ_SNDMORE);
    zmq_send(dealer, ping_bytes(2), WIRE_HEADER, 0);
    zmq_send(dealer, ping_bytes(3), WIRE_HEADER, 0);
    wait_server_msg(&m);
    cr_assert(eq(int, m.status, PAR_MALFORMED));
    link_msg_close(&m);
    wait_server_msg(&m);
    cr_assert(eq(int, m.status, PAR_OK));
    cr_assert(eq(u64, m.wire.head.id, 3));
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

Test(link, failed_allocation_of_a_frame_is_a_failed_send)
{
    struct link_client *c = client_connected(listen_by(LINK_INPROC));
    uint64_t conn = greet(c, 1);

    cr_assert(eq(int, link_server_send(server, conn, NULL, 0, NULL), ENOMEM));
    cr_assert(eq(int, link_client_send(c, NULL, 0, NULL), -1));
    /* 0 is nobody's number */
    cr_assert(eq(int, link_server_post(server, 0, "x", 1), -1));
    cr_assert(link_server_peer(server, 0) == NULL);
    cr_assert(link_server_peer(server, UINT64_MAX) == NULL);
    link_client_close(c, 0);
}
