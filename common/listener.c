/* listener.c - one endpoint on which a ROUTER listens */
#include "config.h"

#include "listener.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "link_socket.h"
#include "zap.h"

static int bind_here(void *router, const char *endpoint, struct par_error *err)
{
    const char *why;

    if (zmq_bind(router, endpoint) == 0)
        return 0;
    switch (zmq_errno()) {
    case EADDRINUSE:
        why = "somebody listens there already";
        break;
    case ENODEV:
    case EADDRNOTAVAIL:
        why = "this host has no such address; 0.0.0.0 stands for all it has";
        break;
    default:
        why = zmq_strerror(zmq_errno());
    }
    return par_fail(err, zmq_errno(), "%s: %s", endpoint, why);
}

static int set_domain(void *router, const char *domain, struct par_error *err)
{
    /* Enforced: without a handler that answers, nobody comes in. */
    static const struct link_option enforce[] = {{LINK_ZAP_ENFORCE_DOMAIN, 1},
                                                 {0, 0}};

    if (zmq_setsockopt(router, ZMQ_ZAP_DOMAIN, domain, strlen(domain)) != 0)
        return par_fail(err, zmq_errno(), "ZMQ_ZAP_DOMAIN: %s",
                        zmq_strerror(zmq_errno()));
    return link_set_options(router, enforce, err);
}

static int listen_ipc(void *router,
                      struct listener *l,
                      const char *endpoint,
                      struct par_error *err)
{
    static const struct link_option plain[] = {{ZMQ_CURVE_SERVER, 0}, {0, 0}};
    int none = -1;
    int fd;
    int rc;

    if (link_set_options(router, plain, err) != 0 ||
        set_domain(router, ZAP_DOMAIN_IPC, err) != 0)
        return -1;
    fd = ipc_listen(&l->ipc, endpoint + strlen("ipc://"), err);
    if (fd < 0) {
        l->ipc.path[0] = '\0';
        return -1;
    }
    /* From a successful bind on the fd is libzmq's. */
    zmq_setsockopt(router, ZMQ_USE_FD, &fd, sizeof fd);
    rc = bind_here(router, endpoint, err);
    zmq_setsockopt(router, ZMQ_USE_FD, &none, sizeof none);
    if (rc != 0)
        close(fd);
    return rc;
}

static int listen_tcp(void *router,
                      const char *endpoint,
                      const uint8_t *secret_key,
                      struct par_error *err)
{
    static const uint8_t blank[LINK_KEY] = {1};
    bool v6 = strchr(endpoint, '[') != NULL;
    const struct link_option options[] = {
        {ZMQ_CURVE_SERVER, 1}, {ZMQ_IPV6, v6}, {0, 0}};
    int rc;

    if (!secret_key)
        return par_fail(err, EINVAL, "%s: tcp needs the broker's key",
                        endpoint);
    if (link_set_options(router, options, err) != 0 ||
        set_domain(router, ZAP_DOMAIN_TCP, err) != 0)
        return -1;
    if (zmq_setsockopt(router, ZMQ_CURVE_SECRETKEY, secret_key, LINK_KEY) != 0)
        return par_fail(err, zmq_errno(), "%s: the broker's key: %s", endpoint,
                        zmq_strerror(zmq_errno()));
    rc = bind_here(router, endpoint, err);
    /* The listener has its copy. */
    zmq_setsockopt(router, ZMQ_CURVE_SECRETKEY, blank, LINK_KEY);
    return rc;
}

static int listen_on(void *router,
                     struct listener *l,
                     const char *endpoint,
                     const uint8_t *secret_key,
                     struct par_error *err)
{
    enum link_transport transport = link_endpoint_transport(endpoint);
    size_t size = sizeof l->endpoint;

    if (transport == LINK_IPC) {
        if (listen_ipc(router, l, endpoint, err) != 0)
            return -1;
    } else if (transport == LINK_TCP) {
        if (listen_tcp(router, endpoint, secret_key, err) != 0)
            return -1;
    } else if (bind_here(router, endpoint, err) != 0) {
        return -1;
    }
    if (zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, l->endpoint, &size) != 0)
        return par_fail(err, zmq_errno(), "%s: %s", endpoint,
                        zmq_strerror(zmq_errno()));
    return 0;
}

struct listener *listener_open(void *router,
                               const char *endpoint,
                               const uint8_t *secret_key,
                               struct par_error *err)
{
    struct listener *l;

    if (!link_endpoint_ok(endpoint, true, err))
        return NULL;
    l = calloc(1, sizeof *l);
    if (!l) {
        par_fail(err, ENOMEM, "%s: out of memory", endpoint);
        return NULL;
    }
    if (listen_on(router, l, endpoint, secret_key, err) != 0) {
        if (l->ipc.path[0])
            ipc_remove(&l->ipc);
        free(l);
        return NULL;
    }
    return l;
}

void listener_close(struct listener *l, void *router)
{
    /* zmq_unbind() closes an endpoint's connections, but on inproc.  On ipc
     * there is another way to be deaf: a socket without a name. */
    if (l->ipc.path[0])
        ipc_remove(&l->ipc);
    else if (link_endpoint_transport(l->endpoint) == LINK_INPROC)
        zmq_unbind(router, l->endpoint);
    free(l);
}
