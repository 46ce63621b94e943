/* test_link_gone.c - the end of a connection is told once, after all it sent */
#include "config.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "linked.h"

TestSuite(link_gone, .init = linked_open, .fini = linked_close, .timeout = 60);

Test(link_gone, closed_connection_is_told_once_after_all_that_it_sent)
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

Test(link_gone, death_is_not_told_while_the_last_words_are_unread)
{
    struct link_client *c = client_connected(listen_by(LINK_IPC));
    uint64_t conn = greet(c, 1);
    struct link_msg m;
    uint64_t gone;

    client_ping(c, 2);
    link_client_close(c, 1000);
    /* the news of the end; then some looks, between which it comes about */
    wait_server_item(1);
    for (int i = 0; i < 20; i++) {
        cr_assert(eq(int, link_server_gone(server, &gone), false));
        wait_server_item(0);
        wait_server_item(2);
    }
    wait_server_msg(&m);
    cr_assert(eq(u64, m.wire.head.id, 2));
    link_msg_close(&m);
    cr_assert(eq(u64, wait_gone(), conn));
}

/* A peer that says one thing and is killed: its HELLO may be read after the
 * news of its death. */
Test(link_gone, peer_that_dies_right_after_its_first_message_is_told)
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

Test(link_gone, many_connections_that_end_at_once_are_all_told)
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

Test(link_gone, silent_peer_is_no_connection)
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

/* Nobody sends and nobody says anything more: only the server's own timer can
 * wake it. */
Test(link_gone, failed_send_is_followed_by_the_news_without_another_event)
{
    struct link_client *c = client_connected(listen_by(LINK_INPROC));
    uint64_t conn = greet(c, 1);
    uint64_t until = clock_ms() + WAIT_MS;
    uint64_t gone;

    link_client_close(c, 0);
    while (link_server_post(server, conn, ping_bytes(1), WIRE_HEADER) == 0)
        cr_assert(clock_ms() < until);
    wait_server_item(2);
    cr_assert(eq(int, link_server_gone(server, &gone), true));
    cr_assert(eq(u64, gone, conn));
}

Test(link_gone, inproc_peer_that_left_is_told_when_it_is_spoken_to)
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

Test(link_gone, last_words_on_inproc_are_heard_though_an_answer_failed)
{
    struct link_client *c = client_connected(listen_by(LINK_INPROC));
    uint64_t conn = greet(c, 1);
    struct link_msg m;

    client_ping(c, 2);
    link_client_close(c, 0);
    while (link_server_post(server, conn, ping_bytes(1), WIRE_HEADER) == 0)
        continue;
    cr_assert(eq(int, link_server_recv(server, &m), true));
    cr_assert(eq(u64, m.wire.head.id, 2));
    cr_assert(eq(u64, m.conn, conn));
    link_msg_close(&m);
    cr_assert(eq(u64, wait_gone(), conn));
}

Test(link_gone, dropped_connection_comes_back_as_a_new_one)
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

Test(link_gone, cut_peer_is_told_and_comes_again_as_a_new_one)
{
    const enum link_transport remote[] = {LINK_IPC, LINK_TCP};

    for (int t = 0; t < 2; t++) {
        const char *endpoint = listen_by(remote[t]);
        struct link_client *c = client_connected(endpoint);
        uint64_t conn = greet(c, 1);

        /* What has come in unread when it is cut off must not arrive. */
        client_ping(c, 2);
        wait_server_item(0);
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

Test(link_gone, what_was_said_before_the_cut_still_arrives)
{
    const enum link_transport remote[] = {LINK_IPC, LINK_TCP};

    for (int t = 0; t < 2; t++) {
        struct link_client *c = client_connected(listen_by(remote[t]));
        uint64_t conn = greet(c, 1);
        struct link_msg m;

        link_server_post(server, conn, ping_bytes(2), WIRE_HEADER);
        link_server_cut(server, conn);
        cr_assert(eq(u64, wait_gone(), conn));
        wait_client_msg(c, &m);
        cr_assert(eq(u64, m.wire.head.id, 2));
        link_msg_close(&m);
        link_client_close(c, 0);
        link_server_deafen(server);
    }
}

Test(link_gone, cut_connection_that_is_dropped_stays_mute_and_is_not_told)
{
    const char *endpoint = listen_by(LINK_IPC);
    struct link_client *c = client_connected(endpoint);
    struct link_client *other = client_connected(endpoint);
    uint64_t conn = greet(c, 1);
    uint64_t last = greet(other, 1);

    client_ping(c, 2);
    wait_server_item(0);
    link_server_cut(server, conn);
    link_server_drop(server, conn);
    cr_assert(link_server_peer(server, conn) == NULL);
    cr_assert(eq(
        int, link_server_post(server, conn, ping_bytes(1), WIRE_HEADER), -1));
    /* That it is gone, its peer knows; only the other one is told. */
    for (uint64_t until = clock_ms() + WAIT_MS;
         link_client_event(c) != LINK_LOST;) {
        zmq_pollitem_t items[2 * LINK_POLL];
        int n = link_server_poll(server, items);
        struct link_msg m;
        uint64_t gone;

        wait_for(items, n + link_client_poll(c, items + n), until);
        cr_assert(eq(int, link_server_recv(server, &m), false));
        cr_assert(eq(int, link_server_gone(server, &gone), false));
    }
    link_client_close(c, 0);
    link_client_close(other, 0);
    cr_assert(eq(u64, wait_gone(), last));
}

Test(link_gone, cutting_one_leaves_the_others_alone)
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

/* Let the server learn what became of descriptors, as it does when somebody
 * new speaks, and not look into it yet. */
static void let_it_suspect(struct link_client *newcomer)
{
    uint64_t until = clock_ms() + WAIT_MS;
    zmq_pollitem_t items[LINK_POLL];
    struct link_msg m;

    wait_server_item(1);
    client_ping(newcomer, 1);
    while (!link_server_recv(server, &m)) {
        link_server_poll(server, items);
        wait_for(items, 1, until);
    }
    link_msg_close(&m);
}

Test(link_gone, suspect_that_is_cut_is_told_and_who_comes_next_stays)
{
    const char *endpoint = listen_by(LINK_IPC);
    struct link_client *other = client_connected(endpoint);
    struct link_client *c = client_connected(endpoint);
    uint64_t conn = greet(c, 1);
    struct link_client *next;
    uint64_t conn_next;

    link_client_close(c, 0);
    let_it_suspect(other);
    link_server_cut(server, conn);
    next = client_connected(endpoint); /* on the same descriptor */
    cr_assert(eq(u64, wait_gone(), conn));
    conn_next = greet(next, 1);
    cr_assert(eq(u64, greet(next, 2), conn_next));
    link_client_close(other, 0);
    link_client_close(next, 0);
}
