/* test_zap.c - who gets in, who does not, and why */
#include "config.h"

#include "zap.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "linked.h"

TestSuite(zap, .init = linked_open, .fini = linked_close, .timeout = 60);

static struct key_pair stranger(void)
{
    struct key_pair pair;

    cr_assert(eq(int, keys_create(scratch_path("x.key"), "x", &pair, NULL), 0));
    return pair;
}

Test(zap, known_key_comes_in)
{
    struct link_client *c = client_connected(listen_by(LINK_TCP));

    greet(c, 1);
    cr_assert(eq(u64, zap_refused(door), 0));
    link_client_close(c, 0);
}

Test(zap, unknown_key_is_refused_and_told_so)
{
    struct key_pair pair = stranger();
    struct link_client *c = client_open_as(listen_by(LINK_TCP), &pair);

    cr_assert(eq(int, (int)wait_event(c), LINK_REFUSED));
    cr_assert(zap_refused(door) > 0);
    link_client_close(c, 0);
}

Test(zap, refused_client_comes_in_once_it_is_allowed)
{
    struct key_pair pair = stranger();
    const char *endpoint = listen_by(LINK_TCP);
    struct link_client *c = client_open_as(endpoint, &pair);

    cr_assert(eq(int, (int)wait_event(c), LINK_REFUSED));
    link_client_close(c, 0);
    admit(&pair);
    c = client_open_as(endpoint, &pair);
    cr_assert(eq(int, (int)wait_event(c), LINK_CONNECTED));
    greet(c, 1);
    link_client_close(c, 0);
}

Test(zap, wrong_broker_key_is_told_apart)
{
    struct key_pair other = stranger();
    struct link_client *c =
        link_client_open(context, listen_by(LINK_TCP), client_key.public_key,
                         client_key.secret_key, other.public_key, NULL);

    cr_assert(c != NULL);
    cr_assert(eq(int, (int)wait_event(c), LINK_SHUT));
    link_client_close(c, 0);
}

Test(zap, revoked_key_is_cut_off_and_stays_out)
{
    struct link_client *c = client_connected(listen_by(LINK_TCP));
    uint64_t conn = greet(c, 1);

    admit(NULL);
    link_server_cut(server, conn);
    cr_assert(eq(u64, wait_gone(), conn));
    cr_assert(eq(int, (int)wait_event(c), LINK_LOST));
    link_client_close(c, 0);

    c = client_open_as(listen_by(LINK_TCP), &client_key);
    cr_assert(eq(int, (int)wait_event(c), LINK_REFUSED));
    link_client_close(c, 0);
}

Test(zap, nobody_comes_in_before_a_table_is_there)
{
    struct link_client *c;

    linked_restart_for(geteuid());
    c = client_open_as(listen_by(LINK_TCP), &client_key);
    cr_assert(eq(int, (int)wait_event(c), LINK_REFUSED));
    link_client_close(c, 0);
}

/* ---- clients that do not play by the rules ---- */

/* What becomes of a handshake of a socket with these options. */
static int outcome(void *dealer, const char *endpoint)
{
    static int serial;
    char name[32];
    void *events = zmq_socket(context, ZMQ_PAIR);
    uint16_t event = 0;
    zmq_msg_t m;

    snprintf(name, sizeof name, "inproc://outcome%d", serial++);
    zmq_socket_monitor(dealer, name,
                       ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
                           ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                           ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                           ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
    zmq_connect(events, name);
    cr_assert(eq(int, zmq_connect(dealer, endpoint), 0));
    zmq_msg_init(&m);
    cr_assert(zmq_msg_recv(&m, events, 0) >= 6);
    memcpy(&event, zmq_msg_data(&m), sizeof event);
    zmq_msg_recv(&m, events, 0);
    zmq_msg_close(&m);
    zmq_socket_monitor(dealer, NULL, 0);
    zmq_close(events);
    return event;
}

static void *plain_dealer(void)
{
    void *dealer = zmq_socket(context, ZMQ_DEALER);
    int none = 0;

    zmq_setsockopt(dealer, ZMQ_LINGER, &none, sizeof none);
    return dealer;
}

Test(zap, client_without_curve_is_refused_on_tcp)
{
    void *dealer = plain_dealer();
    struct link_msg m;

    cr_assert(ne(int, outcome(dealer, listen_by(LINK_TCP)),
                 ZMQ_EVENT_HANDSHAKE_SUCCEEDED));
    cr_assert(eq(int, link_server_recv(server, &m), false));
    zmq_close(dealer);
}

Test(zap, client_with_a_password_is_refused_on_tcp_and_ipc)
{
    const enum link_transport remote[] = {LINK_IPC, LINK_TCP};

    for (int t = 0; t < 2; t++) {
        void *dealer = plain_dealer();

        zmq_setsockopt(dealer, ZMQ_PLAIN_USERNAME, "admin", 5);
        zmq_setsockopt(dealer, ZMQ_PLAIN_PASSWORD, "admin", 5);
        cr_assert(ne(int, outcome(dealer, listen_by(remote[t])),
                     ZMQ_EVENT_HANDSHAKE_SUCCEEDED));
        zmq_close(dealer);
    }
}

Test(zap, client_with_curve_is_refused_on_ipc)
{
    void *dealer = plain_dealer();

    zmq_setsockopt(dealer, ZMQ_CURVE_SERVERKEY, broker_key.public_key,
                   KEY_SIZE);
    zmq_setsockopt(dealer, ZMQ_CURVE_PUBLICKEY, client_key.public_key,
                   KEY_SIZE);
    zmq_setsockopt(dealer, ZMQ_CURVE_SECRETKEY, client_key.secret_key,
                   KEY_SIZE);
    cr_assert(ne(int, outcome(dealer, listen_by(LINK_IPC)),
                 ZMQ_EVENT_HANDSHAKE_SUCCEEDED));
    zmq_close(dealer);
}

/* Also after the tcp endpoint has put CURVE into the socket's options, and the
 * other way round. */
Test(zap, order_of_listening_does_not_matter)
{
    char tcp[LINK_ENDPOINT];
    void *dealer = plain_dealer();
    struct link_client *c;

    snprintf(tcp, sizeof tcp, "%s", listen_by(LINK_TCP));
    c = client_connected(listen_by(LINK_IPC));
    link_client_close(c, 0);
    cr_assert(ne(int, outcome(dealer, tcp), ZMQ_EVENT_HANDSHAKE_SUCCEEDED));
    zmq_close(dealer);
    c = client_connected(tcp);
    link_client_close(c, 0);
    c = client_connected(listen_by(LINK_TCP));
    link_client_close(c, 0);
}

Test(zap, nobody_comes_in_while_the_door_keeper_is_dead)
{
    int patience = 500;
    void *dealer = plain_dealer();
    struct link_client *c;

    door_close();
    /* libzmq leaves a NULL client waiting for ever. */
    zmq_setsockopt(dealer, ZMQ_HANDSHAKE_IVL, &patience, sizeof patience);
    cr_assert(ne(int, outcome(dealer, listen_by(LINK_IPC)),
                 ZMQ_EVENT_HANDSHAKE_SUCCEEDED));
    zmq_close(dealer);
    c = client_open_as(listen_by(LINK_TCP), &client_key);
    cr_assert(eq(int, (int)wait_event(c), LINK_SHUT));
    cr_assert(eq(int, link_client_post(c, ping_bytes(1), WIRE_HEADER), -1));
    link_client_close(c, 0);
}

static void write_all(int fd, const void *bytes, size_t len)
{
    cr_assert(eq(sz, (size_t)write(fd, bytes, len), len));
}

static void read_all(int fd, char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = read(fd, bytes, len);

        cr_assert(n > 0);
        bytes += n;
        len -= (size_t)n;
    }
}

/* A ZMTP 3.0 client by hand, that says who it would like to be. */
Test(zap, forged_user_id_is_overruled)
{
    static const char greeting[64] =
        "\xff\0\0\0\0\0\0\0\1\x7f\3\0NULL"; /* NULL, as a client */
    static const char ready[] = "\4\x38\5READY"
                                "\7User-Id\0\0\0\5admin"
                                "\xbSocket-Type\0\0\0\6DEALER";
    const char *endpoint = listen_by(LINK_IPC);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char message[2 + WIRE_HEADER] = {0, WIRE_HEADER};
    char frame[128];
    char answer[256];
    char want[64];
    size_t len = sizeof ready - 1;
    struct link_msg m;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    cr_assert(strlen(endpoint + 6) < sizeof address.sun_path);
    strcpy(address.sun_path, endpoint + 6);
    cr_assert(
        eq(int, connect(fd, (struct sockaddr *)&address, sizeof address), 0));
    memcpy(frame, ready, len);
    frame[1] = (char)(len - 2);
    memcpy(message + 2, ping_bytes(9), WIRE_HEADER);
    write_all(fd, greeting, sizeof greeting);
    write_all(fd, frame, len);
    read_all(fd, answer, sizeof greeting + 2);
    read_all(fd, answer, (size_t)answer[sizeof greeting + 1]);
    write_all(fd, message, sizeof message);
    wait_server_msg(&m);
    cr_assert(eq(u64, m.wire.head.id, 9));
    snprintf(want, sizeof want, "uid:%lu", (unsigned long)geteuid());
    cr_assert(eq(str, (char *)link_server_peer(server, m.conn)->user, want));
    link_msg_close(&m);
    close(fd);
}

/* ---- uids ---- */

Test(zap, other_users_are_refused_on_ipc)
{
    struct link_client *c;

    if (geteuid() == 0)
        cr_skip_test("root may always come in");
    linked_restart_for(geteuid() + 1);
    c = client_open_as(listen_by(LINK_IPC), &client_key);
    cr_assert(eq(int, (int)wait_event(c), LINK_REFUSED));
    cr_assert(zap_refused(door) > 0);
    link_client_close(c, 0);
}

/* ---- requests as libzmq would never make them ---- */

struct question {
    const char *version;
    const char *domain;
    const char *address;
    const char *mechanism;
    const uint8_t *key; /* 32 octets, or NULL */
};

/* Ask the door-keeper; returns the status, and the user id. */
static int ask(const struct question *q, char *user)
{
    void *req = zmq_socket(context, ZMQ_REQ);
    char parts[6][256];
    int got[6] = {0};

    zmq_connect(req, "inproc://zeromq.zap.01");
    zmq_send(req, q->version, strlen(q->version), ZMQ_SNDMORE);
    zmq_send(req, "17", 2, ZMQ_SNDMORE);
    zmq_send(req, q->domain, strlen(q->domain), ZMQ_SNDMORE);
    zmq_send(req, q->address, strlen(q->address), ZMQ_SNDMORE);
    zmq_send(req, "", 0, ZMQ_SNDMORE);
    zmq_send(req, q->mechanism, strlen(q->mechanism), q->key ? ZMQ_SNDMORE : 0);
    if (q->key)
        zmq_send(req, q->key, KEY_SIZE, 0);
    for (int i = 0; i < 6; i++) {
        got[i] = zmq_recv(req, parts[i], sizeof parts[i] - 1, 0);
        cr_assert(got[i] >= 0);
        parts[i][got[i]] = '\0';
    }
    zmq_close(req);
    cr_assert(eq(str, parts[0], "1.0"));
    cr_assert(eq(str, parts[1], "17"));
    strcpy(user, parts[4]);
    return atoi(parts[2]);
}

Test(zap, address_of_an_ipc_peer_is_read_strictly)
{
    char user[256];
    char good[64];
    struct question q = {"1.0", ZAP_DOMAIN_IPC, good, "NULL", NULL};
    static const char *const bad[] = {
        "",
        "localhost",
        "localhost:",
        "localhost:0",
        "localhost:0:0",
        "localhost:0:0:",
        "localhost:0:0:0:0",
        "localhost:0:0:1x",
        "localhost:-0:0:1",
        "localhost:+0:0:1",
        "localhost: 0:0:1",
        "localhost:00:0:1",
        "localhost:0x0:0:1",
        "localhost:4294967296:0:1",
        "localhost:18446744073709551616:0:1",
        "localhost::0:1",
        "127.0.0.1:0:0:1",
        "Localhost:0:0:1",
        "localhost:0:0:1\n",
    };

    snprintf(good, sizeof good, "localhost:%lu:1:2", (unsigned long)geteuid());
    cr_assert(eq(int, ask(&q, user), 200));
    q.address = "localhost:0:0:1";
    cr_assert(eq(int, ask(&q, user), 200));
    cr_assert(eq(str, user, "uid:0"));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        q.address = bad[i];
        cr_assert(eq(int, ask(&q, user), 400), "%s", bad[i]);
        cr_assert(eq(str, user, ""));
    }
}

Test(zap, domain_and_mechanism_must_belong_together)
{
    char user[256];
    char here[64];
    const uint8_t *key = client_key.public_key;
    const struct question bad[] = {
        {"1.0", ZAP_DOMAIN_TCP, here, "NULL", NULL},
        {"1.0", ZAP_DOMAIN_IPC, "127.0.0.1", "CURVE", key},
        {"1.0", ZAP_DOMAIN_TCP, "127.0.0.1", "PLAIN", key},
        {"1.0", ZAP_DOMAIN_TCP, "127.0.0.1", "CURVE", NULL},
        {"1.0", "", here, "NULL", NULL},
        {"1.0", "par.ipcx", here, "NULL", NULL},
        {"2.0", ZAP_DOMAIN_IPC, here, "NULL", NULL},
        {"", ZAP_DOMAIN_IPC, here, "NULL", NULL},
        {"1.0", ZAP_DOMAIN_TCP, "127.0.0.1", "CURVE", broker_key.public_key},
    };
    const struct question good = {"1.0", ZAP_DOMAIN_TCP, "127.0.0.1", "CURVE",
                                  key};

    snprintf(here, sizeof here, "localhost:%lu:1:2", (unsigned long)geteuid());
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert(eq(int, ask(&bad[i], user), 400), "question %zu", i);
    cr_assert(eq(u64, zap_refused(door), sizeof bad / sizeof *bad));
    cr_assert(eq(int, ask(&good, user), 200));
    cr_assert(eq(sz, strlen(user), 64));
}

Test(zap, too_long_or_too_many_frames_are_refused)
{
    static const char big[1000];
    void *req = zmq_socket(context, ZMQ_REQ);
    char status[6][64];

    zmq_connect(req, "inproc://zeromq.zap.01");
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 20; i++)
            zmq_send(req, i ? big : "1.0", i ? (round ? 1 : sizeof big) : 3,
                     i < 19 ? ZMQ_SNDMORE : 0);
        for (int i = 0; i < 6; i++)
            cr_assert(zmq_recv(req, status[i], sizeof status[i], 0) >= 0);
        cr_assert(eq(int, memcmp(status[2], "400", 3), 0));
    }
    zmq_close(req);
}

Test(zap, second_door_keeper_of_a_context_is_refused)
{
    struct par_error err = {0};

    cr_assert(zap_open(context, geteuid(), &err) == NULL);
    cr_assert(eq(int, err.code, EADDRINUSE));
}
