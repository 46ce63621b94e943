/* reach.c - an address as it is, or those of all interfaces in its place */
#include "config.h"

#include "reach.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link.h"

struct reach {
    const char *port;
    bool abroad;
    bool v6;
    reach_f *each;
    void *context;
    struct par_error *err;
};

static int tell(const struct reach *r, const char *host)
{
    char endpoint[LINK_ENDPOINT];

    snprintf(endpoint, sizeof endpoint,
             strchr(host, ':') ? "tcp://[%s]:%s" : "tcp://%s:%s", host,
             r->port);
    return r->each(r->context, endpoint, r->err);
}

/* Its text; NULL for one that leads nowhere without more words. */
static const char *address_text(const struct reach *r,
                                const struct sockaddr *address,
                                char text[INET6_ADDRSTRLEN])
{
    const struct sockaddr_in *v4 = (const void *)address;
    const struct sockaddr_in6 *v6 = (const void *)address;

    if (!address)
        return NULL;
    if (address->sa_family == AF_INET)
        return inet_ntop(AF_INET, &v4->sin_addr, text, INET6_ADDRSTRLEN);
    if (address->sa_family == AF_INET6 && r->v6 &&
        !IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr))
        return inet_ntop(AF_INET6, &v6->sin6_addr, text, INET6_ADDRSTRLEN);
    return NULL;
}

static int tell_interfaces(const struct reach *r)
{
    struct ifaddrs *all;
    char text[INET6_ADDRSTRLEN];
    int rc = 0;

    if (getifaddrs(&all) != 0)
        return 0; /* the names will do */
    for (struct ifaddrs *it = all; it && rc == 0; it = it->ifa_next)
        if (!(r->abroad && (it->ifa_flags & IFF_LOOPBACK)) &&
            address_text(r, it->ifa_addr, text))
            rc = tell(r, text);
    freeifaddrs(all);
    return rc;
}

/* The name first: it leads to the address that is right for who asks. */
static int tell_all(const struct reach *r)
{
    char name[65] = "";

    gethostname(name, sizeof name - 1);
    if (name[0] && strcmp(name, "localhost") != 0 && tell(r, name) != 0)
        return -1;
    if (!r->abroad && tell(r, "localhost") != 0)
        return -1;
    return tell_interfaces(r);
}

static int tell_loopback(const struct reach *r)
{
    if (r->abroad)
        return 0;
    return tell(r, "127.0.0.1") != 0 ? -1 : tell(r, "localhost");
}

int reach_each(const char *bound,
               bool abroad,
               reach_f *each,
               void *context,
               struct par_error *err)
{
    const char *colon = strrchr(bound, ':');
    const char *from = bound + strlen("tcp://");
    struct reach r = {
        .abroad = abroad, .each = each, .context = context, .err = err};
    char host[LINK_ENDPOINT];

    if (link_endpoint_transport(bound) != LINK_TCP || !colon || colon <= from)
        return 0;
    r.port = colon + 1;
    snprintf(host, sizeof host, "%.*s", (int)(colon - from), from);
    if (host[0] == '[') {
        r.v6 = true;
        memmove(host, host + 1, strlen(host));
        host[strcspn(host, "]")] = '\0';
    }
    if (strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0)
        return tell_all(&r);
    if (strcmp(host, "127.0.0.1") == 0)
        return tell_loopback(&r);
    return tell(&r, host);
}
