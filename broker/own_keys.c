/* own_keys.c - files in the configuration folder */
#include "config.h"

#include "own_keys.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "place.h"

static int in_folder(char path[OWN_PATH],
                     const char *folder,
                     const char *name,
                     struct par_error *err)
{
    int n = snprintf(path, OWN_PATH, "%s/%s", folder, name);

    return n > 0 && n < OWN_PATH
               ? 0
               : par_fail(err, ENAMETOOLONG, "%s: too long", folder);
}

int own_keys_open(struct own_keys *own,
                  const char *config_dir,
                  const char *account,
                  struct par_error *err)
{
    char folder[OWN_PATH - 64], path[OWN_PATH], host[65] = "localhost";
    char name[KEY_NAME];
    struct authorized_entry entry = {.roles = ROLE_ALL};
    struct authorized *list;
    struct key_pair id;
    bool known;

    gethostname(host, sizeof host - 1);
    snprintf(name, sizeof name, "broker@%.50s", host);
    if (config_dir)
        snprintf(folder, sizeof folder, "%s", config_dir);
    else if (place_config_dir(folder, sizeof folder, err))
        return -1;
    if (in_folder(own->authorized, folder, "authorized", err) ||
        in_folder(own->known, folder, "known_brokers", err) ||
        in_folder(path, folder, "broker.key", err) ||
        keys_need(path, name, &own->pair, err) ||
        in_folder(path, folder, "id.key", err) ||
        keys_need(path, NULL, &id, err))
        return -1;
    memcpy(entry.key, id.public_key, KEY_SIZE);
    snprintf(entry.name, sizeof entry.name, "%s", id.name);
    snprintf(entry.account, sizeof entry.account, "%s", account);
    keys_wipe(&id);
    list = authorized_load(own->authorized, err);
    if (!list)
        return -1;
    known = authorized_find(list, entry.key) != NULL;
    authorized_destroy(list);
    return known ? 0 : authorized_add(own->authorized, &entry, err);
}

static int note(const struct own_keys *own,
                const char *host,
                const char *port,
                struct par_error *err)
{
    char endpoint[320];

    /* It is our own key: what was noted before is out of date. */
    snprintf(endpoint, sizeof endpoint,
             strchr(host, ':') ? "tcp://[%s]:%s" : "tcp://%s:%s", host, port);
    return known_add(own->known, endpoint, own->pair.public_key, true, err);
}

static int note_interfaces(const struct own_keys *own,
                           const char *port,
                           struct par_error *err)
{
    struct ifaddrs *all, *it;
    char text[INET6_ADDRSTRLEN];
    int rc = 0;

    if (getifaddrs(&all))
        return 0; /* the names will do */
    for (it = all; it && !rc; it = it->ifa_next) {
        const void *address = NULL;

        if (it->ifa_addr && it->ifa_addr->sa_family == AF_INET)
            address = &((struct sockaddr_in *)(void *)it->ifa_addr)->sin_addr;
        if (address && inet_ntop(AF_INET, address, text, sizeof text))
            rc = note(own, text, port, err);
    }
    freeifaddrs(all);
    return rc;
}

int own_keys_note(const struct own_keys *own,
                  const char *endpoint,
                  struct par_error *err)
{
    char host[256], name[65] = "localhost";
    const char *colon = strrchr(endpoint, ':');
    const char *from = endpoint + strlen("tcp://");
    bool wild;

    if (strncmp(endpoint, "tcp://", 6) || !colon || colon <= from)
        return 0;
    snprintf(host, sizeof host, "%.*s", (int)(colon - from), from);
    if (host[0] == '[') {
        memmove(host, host + 1, strlen(host));
        host[strcspn(host, "]")] = '\0';
    }
    wild =
        !strcmp(host, "0.0.0.0") || !strcmp(host, "::") || !strcmp(host, "*");
    if (!wild && strcmp(host, "127.0.0.1"))
        return note(own, host, colon + 1, err);
    if (note(own, "127.0.0.1", colon + 1, err) ||
        note(own, "localhost", colon + 1, err))
        return -1;
    if (!wild)
        return 0;
    gethostname(name, sizeof name - 1);
    return note(own, name, colon + 1, err) ||
                   note_interfaces(own, colon + 1, err)
               ? -1
               : 0;
}
