/* own_keys.c - files in the configuration folder */
#include "config.h"

#include "own_keys.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "place.h"
#include "reach.h"

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

/* Unless it is listed, as whatever. */
static int let_in(const struct own_keys *own,
                  const struct authorized_entry *entry,
                  struct par_error *err)
{
    struct authorized *list = authorized_load(own->authorized, err);
    bool known;

    if (!list)
        return -1;
    known = authorized_find(list, entry->key) != NULL;
    authorized_destroy(list);
    return known ? 0 : authorized_add(own->authorized, entry, err);
}

int own_keys_open(struct own_keys *own,
                  const char *config_dir,
                  const char *account,
                  struct par_error *err)
{
    struct par_error why;
    char folder[OWN_PATH - 64], path[OWN_PATH], host[65] = "localhost";
    char name[KEY_NAME];
    struct authorized_entry entry = {.roles = ROLE_ALL};
    struct key_pair id;
    bool first;

    gethostname(host, sizeof host - 1);
    snprintf(name, sizeof name, "broker@%.50s", host);
    if (config_dir)
        snprintf(folder, sizeof folder, "%s", config_dir);
    else if (place_config_dir(folder, sizeof folder, err))
        return -1;
    if (place_make_dir(folder, &why))
        return par_fail(err, why.code,
                        "%s; PAR_CONFIG_DIR names another folder for the keys",
                        why.text);
    if (in_folder(own->authorized, folder, "authorized", err) ||
        in_folder(own->known, folder, "known_brokers", err) ||
        in_folder(path, folder, "broker.key", err))
        return -1;
    first = access(path, F_OK) != 0 || access(own->authorized, F_OK) != 0;
    if (keys_need(path, name, &own->pair, err) ||
        in_folder(path, folder, "id.key", err) ||
        keys_need(path, NULL, &id, err))
        return -1;
    memcpy(entry.key, id.public_key, KEY_SIZE);
    snprintf(entry.name, sizeof entry.name, "%s", id.name);
    snprintf(entry.account, sizeof entry.account, "%s", account);
    keys_wipe(&id);
    return first ? let_in(own, &entry, err) : 0;
}

static int note(void *own, const char *endpoint, struct par_error *err)
{
    const struct own_keys *o = own;

    /* It is our own key: what was noted before is out of date. */
    return known_add(o->known, endpoint, o->pair.public_key, true, err);
}

int own_keys_note(struct own_keys *own,
                  const char *endpoint,
                  struct par_error *err)
{
    return reach_each(endpoint, false, note, own, err);
}
