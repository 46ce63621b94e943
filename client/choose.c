/* choose.c - which broker, and with which keys */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "handle.h"
#include "open.h"
#include "place.h"
#include "private.h"

static bool is_set(const char *text)
{
    return text && *text;
}

/* Does somebody listen there?  A socket file alone proves nothing. */
static bool answers(const char *ipc_endpoint)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    const char *path = ipc_endpoint + sizeof "ipc://" - 1;
    int fd;
    bool yes;

    if (strlen(path) >= sizeof a.sun_path)
        return false;
    memcpy(a.sun_path, path, strlen(path) + 1);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    yes = connect(fd, (struct sockaddr *)&a, sizeof a) == 0 || errno == EAGAIN;
    close(fd);
    return yes;
}

static int check(const char *broker,
                 const struct par_options *o,
                 struct par_error *err)
{
    if (o->private_broker &&
        (is_set(broker) || o->no_private_broker || is_set(o->ticket)))
        return par_fail(err, EINVAL, "a private broker excludes %s",
                        is_set(broker)      ? broker
                        : is_set(o->ticket) ? "a ticket"
                                            : "no_private_broker");
    if (is_set(o->ticket) && (is_set(broker) || is_set(o->key)))
        return par_fail(err, EINVAL,
                        "a ticket brings broker and key: %s is "
                        "one too many",
                        is_set(broker) ? broker : o->key);
    if (is_set(broker) && strncmp(broker, "inproc:", 7) == 0 && !o->zmq_context)
        return par_fail(err, EINVAL,
                        "%s: inproc needs the zmq_context of its broker",
                        broker);
    return 0;
}

static int take_endpoint(struct par_client *c,
                         const char *endpoint,
                         struct par_error *err)
{
    if (!link_endpoint_ok(endpoint, false, err))
        return -1;
    c->endpoint = strdup(endpoint);
    return c->endpoint ? 0 : par_fail(err, ENOMEM, "out of memory");
}

static int take_ticket(struct par_client *c,
                       const char *path,
                       struct par_error *err)
{
    if (ticket_load(path, &c->ticket, err))
        return -1;
    c->key = c->ticket.pair;
    memcpy(c->broker_key, c->ticket.broker_key, KEY_SIZE);
    return take_endpoint(c, c->ticket.brokers[0], err);
}

static int start_private(struct par_client *c,
                         const struct par_options *o,
                         struct par_error *err)
{
    c->private_broker = private_broker.start(c->context, o, err);
    if (!c->private_broker)
        return -1;
    return take_endpoint(c, private_broker.endpoint(c->private_broker), err);
}

/* The named one, else that of the environment, else the local one, else one
 * of our own. */
static int find(struct par_client *c,
                const char *broker,
                const struct par_options *o,
                struct par_error *err)
{
    char local[PLACE_PATH];
    struct par_error why = {0};
    const char *from = "broker";

    if (o->private_broker)
        return start_private(c, o, err);
    if (!is_set(broker)) {
        broker = getenv("PAR_BROKER");
        from = "PAR_BROKER";
    }
    if (is_set(broker))
        return take_endpoint(c, broker, err) ? par_fail_in(err, from) : 0;
    if (place_local_endpoint(false, local, sizeof local, &why) == 0 &&
        answers(local))
        return take_endpoint(c, local, err);
    if (!o->no_private_broker)
        return start_private(c, o, err);
    if (why.code != 0 && why.code != ENOENT)
        return par_fail(err, why.code, "%s", why.text);
    return par_fail(err, ECONNREFUSED,
                    "no broker is running here; start one with: parbroker");
}

/* Who we are: only tcp asks. */
static int load_key(struct par_client *c,
                    const struct par_options *o,
                    struct par_error *err)
{
    const char *key = is_set(o->key) ? o->key : getenv("PAR_KEY");
    char path[PLACE_PATH];

    if (link_endpoint_transport(c->endpoint) != LINK_TCP)
        return 0;
    if (keys_resolve(is_set(key) ? key : "id", path, sizeof path, err))
        return -1;
    /* A key that was named is not made: a slip of the pen would make one. */
    return is_set(key) ? keys_load(path, &c->key, err)
                       : keys_need(path, NULL, &c->key, err);
}

int client_choose(struct par_client *c,
                  const char *broker,
                  const struct par_options *o,
                  struct par_error *err)
{
    if (check(broker, o, err))
        return -1;
    if (is_set(o->ticket))
        return take_ticket(c, o->ticket, err);
    return find(c, broker, o, err) ? -1 : load_key(c, o, err);
}
