/* endpoint.c - the endpoints that we accept: a narrow grammar
 *
 * libzmq knows more transports, and more forms of these, than we want to
 * offer to whoever may name an endpoint: nothing is handed to it that has not
 * passed here.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "link.h"

#define ALLOWED "inproc://NAME, ipc:///PATH or tcp://HOST:PORT"

static bool has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9');
}

/* True if text's first `len` octets are letters, digits and some of `more`,
 * and at least one. */
static bool made_of(const char *text, size_t len, const char *more)
{
    if (len == 0)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!is_letter_or_digit(text[i]) &&
            (text[i] == '\0' || !strchr(more, text[i])))
            return false;
    return true;
}

enum link_transport link_endpoint_transport(const char *text)
{
    if (has_prefix(text, "tcp:"))
        return LINK_TCP;
    return has_prefix(text, "ipc:") ? LINK_IPC : LINK_INPROC;
}

static bool inproc_ok(const char *name, struct par_error *err)
{
    size_t len = strlen(name);

    /* zeromq.zap.01 is the door-keeper's own. */
    if (made_of(name, len, "._:/-") && len < 200 && !has_prefix(name, "zeromq"))
        return true;
    par_fail(err, EINVAL,
             "inproc://%.100s: a name is letters, digits and ._:/- and does "
             "not begin with zeromq",
             name);
    return false;
}

static bool ipc_ok(const char *path, struct par_error *err)
{
    size_t len = strlen(path);

    if (len > LINK_IPC_MAX) {
        par_fail(err, ENAMETOOLONG,
                 "ipc://%.120s...: a path of %zu octets; the system allows "
                 "%d: set PAR_RUNTIME_DIR to a shorter one",
                 path, len, LINK_IPC_MAX);
        return false;
    }
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)path[i] < ' ' || path[i] == 0x7f)
            len = 0;
    if (len > 1 && path[0] == '/')
        return true;
    par_fail(err, EINVAL, "ipc://%.120s: the path must begin with /", path);
    return false;
}

static bool port_ok(const char *text, bool listening)
{
    unsigned long port = 0;

    if (listening && (strcmp(text, "*") == 0 || strcmp(text, "0") == 0))
        return true;
    if (strlen(text) > 5 || text[0] == '0' || text[0] == '\0')
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return false;
        port = 10 * port + (unsigned long)(*text - '0');
    }
    return port <= 65535;
}

static bool host_ok(const char *host, size_t len, bool listening)
{
    if (listening && len == 1 && *host == '*')
        return true;
    if (len > 253)
        return false;
    if (len > 2 && host[0] == '[' && host[len - 1] == ']')
        return made_of(host + 1, len - 2, ":.%");
    return made_of(host, len, ".-_");
}

static bool tcp_ok(const char *rest, bool listening, struct par_error *err)
{
    const char *colon = strrchr(rest, ':');

    /* The last colon of "[::1]" is inside. */
    if (!colon || strchr(colon, ']')) {
        par_fail(err, EINVAL,
                 "tcp://%.120s: no port; the usual one is tcp://%.120s:%d",
                 rest, rest, WIRE_PORT);
        return false;
    }
    if (!host_ok(rest, (size_t)(colon - rest), listening)) {
        par_fail(err, EINVAL,
                 "tcp://%.120s: the host must be a name, an IPv4 address%s "
                 "an IPv6 address in []",
                 rest, listening ? ", * or" : " or");
        return false;
    }
    if (!port_ok(colon + 1, listening)) {
        par_fail(err, EINVAL, "tcp://%.120s: the port must be 1 to 65535%s",
                 rest, listening ? " or * for any" : "");
        return false;
    }
    return true;
}

bool link_endpoint_ok(const char *text, bool listening, struct par_error *err)
{
    if (strlen(text) < LINK_ENDPOINT) {
        if (has_prefix(text, "inproc://"))
            return inproc_ok(text + 9, err);
        if (has_prefix(text, "ipc://"))
            return ipc_ok(text + 6, err);
        if (has_prefix(text, "tcp://"))
            return tcp_ok(text + 6, listening, err);
    }
    par_fail(err, EINVAL, "`%.120s' is not an endpoint; allowed: " ALLOWED,
             text);
    return false;
}
