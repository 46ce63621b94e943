/* settings.c - options checked, one after another, and copied */
#include "config.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cpus.h"
#include "decimal.h"
#include "link.h"
#include "plain.h"
#include "settings.h"

int settings_slots(int slots,
                   unsigned cpus,
                   unsigned *out,
                   struct par_error *err)
{
    if (slots > SETTINGS_SLOTS_MAX)
        return par_fail(err, EINVAL, "slots: %d is more than %d", slots,
                        SETTINGS_SLOTS_MAX);
    if (slots <= 0 && (int64_t)cpus + slots < 1)
        return par_fail(err, EINVAL, "slots: %d leaves none of the %u CPUs",
                        slots, cpus);
    *out = slots > 0 ? (unsigned)slots : (unsigned)((int64_t)cpus + slots);
    return 0;
}

static int copy(char **to, const char *text, struct par_error *err)
{
    if (!text)
        return 0;
    *to = strdup(text);
    return *to ? 0 : par_fail(err, ENOMEM, "out of memory");
}

static int take_name(struct settings *s,
                     const char *name,
                     struct par_error *err)
{
    if (name && *name && !plain_is_name(name, SETTINGS_NAME))
        return par_fail(err, EINVAL,
                        "name: `%s' is not 1 to %d printable characters "
                        "without spaces and = , : /",
                        name, SETTINGS_NAME - 1);
    return copy(&s->name, name ? name : "", err);
}

static int take_brokers(struct settings *s,
                        const char *const *brokers,
                        struct par_error *err)
{
    size_t n = 0;

    if (!brokers)
        return 0;
    while (brokers[n])
        n++;
    s->brokers = calloc(n + 1, sizeof *s->brokers);
    if (!s->brokers)
        return par_fail(err, ENOMEM, "out of memory");
    for (size_t i = 0; i < n; i++)
        if (!link_endpoint_ok(brokers[i], false, err) ||
            copy(&s->brokers[i], brokers[i], err))
            return par_fail_in(err, "broker");
    return 0;
}

static int take_labels(struct settings *s,
                       const struct par_pair *labels,
                       struct par_error *err)
{
    size_t n = 0;

    while (labels && labels[n].name)
        n++;
    s->labels = calloc(n + 1, sizeof *s->labels);
    if (!s->labels)
        return par_fail(err, ENOMEM, "out of memory");
    for (size_t i = 0; i < n; i++) {
        const char *value = labels[i].value ? labels[i].value : "";

        if (!plain_is_name(labels[i].name, SETTINGS_NAME))
            return par_fail(err, EINVAL, "label: `%s' is not a name",
                            labels[i].name);
        s->labels[i].name = strdup(labels[i].name);
        s->labels[i].value = strdup(value);
        if (!s->labels[i].name || !s->labels[i].value)
            return par_fail(err, ENOMEM, "out of memory");
    }
    return 0;
}

static int bad_resource(const char *name,
                        const char *value,
                        struct par_error *err)
{
    return par_fail(err, EINVAL,
                    "resource: %s: `%s' is neither a number from 0 up, below "
                    "1e15, nor indexes like [0,1]",
                    name, value);
}

static int take_indexes(struct resource *r,
                        const char *value,
                        struct par_error *err)
{
    const char *at = value + 1;

    r->indexed = true;
    r->indexes = calloc(SETTINGS_INDEXES, sizeof *r->indexes);
    if (!r->indexes)
        return par_fail(err, ENOMEM, "out of memory");
    while (r->count < SETTINGS_INDEXES && isdigit((unsigned char)*at)) {
        char *end;
        unsigned long i = strtoul(at, &end, 10);

        if (i > UINT32_MAX)
            break;
        for (size_t k = 0; k < r->count; k++)
            if (r->indexes[k] == i)
                return bad_resource(r->name, value, err);
        r->indexes[r->count++] = (uint32_t)i;
        if (strcmp(end, "]") == 0) {
            r->amount = (double)r->count;
            return 0;
        }
        if (*end != ',')
            break;
        at = end + 1;
    }
    return bad_resource(r->name, value, err);
}

static int take_resource(struct resource *r,
                         const struct par_pair *pair,
                         struct par_error *err)
{
    const char *value = pair->value ? pair->value : "";
    char *end;

    if (!plain_is_name(pair->name, SETTINGS_NAME))
        return par_fail(err, EINVAL, "resource: `%s' is not a name",
                        pair->name);
    r->name = strdup(pair->name);
    if (!r->name)
        return par_fail(err, ENOMEM, "out of memory");
    if (*value == '[')
        return take_indexes(r, value, err);
    r->amount = decimal_read(value, &end);
    if (!isdigit((unsigned char)*value) || *end || !(r->amount < 1e15))
        return bad_resource(r->name, value, err);
    return 0;
}

static int take_resources(struct settings *s,
                          const struct par_pair *resources,
                          struct par_error *err)
{
    size_t n = 0;

    while (resources && resources[n].name)
        n++;
    s->resources = calloc(n + 1, sizeof *s->resources);
    if (!s->resources)
        return par_fail(err, ENOMEM, "out of memory");
    s->resource_count = n;
    for (size_t i = 0; i < n; i++)
        if (take_resource(&s->resources[i], &resources[i], err))
            return -1;
    return 0;
}

static int take_source(struct settings *s,
                       const char *address,
                       struct par_error *err)
{
    uint8_t any[sizeof(struct in6_addr)];

    if (address && inet_pton(AF_INET, address, any) != 1 &&
        inet_pton(AF_INET6, address, any) != 1)
        return par_fail(err, EINVAL,
                        "ip-addr: `%s' is no IP address (192.0.2.7, "
                        "2001:db8::7)",
                        address);
    return copy(&s->source_ip, address, err);
}

static int take_numbers(struct settings *s,
                        const struct par_worker_options *o,
                        struct par_error *err)
{
    if (o->io_slots < 0 || o->io_slots > SETTINGS_SLOTS_MAX)
        return par_fail(err, EINVAL, "io-slots: %d is not between 0 and %d",
                        o->io_slots, SETTINGS_SLOTS_MAX);
    if (o->give_up_ms < -1)
        return par_fail(err, EINVAL, "give-up: %d is below -1", o->give_up_ms);
    s->io_slots = o->io_slots ? (unsigned)o->io_slots : SETTINGS_IO_SLOTS;
    s->give_up_ms = o->give_up_ms ? o->give_up_ms : SETTINGS_GIVE_UP_MS;
    s->max_file_size = o->max_file_size ? o->max_file_size : SETTINGS_MAX_FILE;
    s->threads = o->threads;
    s->zmq_context = o->zmq_context;
    return settings_slots(o->slots, cpus_count(), &s->slots, err);
}

struct settings *settings_create(const struct par_worker_options *options,
                                 struct par_error *err)
{
    static const struct par_worker_options defaults;
    const struct par_worker_options *o = options ? options : &defaults;
    struct settings *s = calloc(1, sizeof *s);

    if (!s) {
        par_fail(err, ENOMEM, "out of memory");
        return NULL;
    }
    if (take_numbers(s, o, err) || take_name(s, o->name, err) ||
        take_brokers(s, o->brokers, err) || take_labels(s, o->labels, err) ||
        take_resources(s, o->resources, err) || copy(&s->key, o->key, err) ||
        copy(&s->ticket, o->ticket, err) || take_source(s, o->source_ip, err) ||
        copy(&s->dest_path, o->dest_path, err) ||
        copy(&s->libexec, o->libexec, err)) {
        settings_destroy(s);
        return NULL;
    }
    return s;
}

void settings_destroy(struct settings *s)
{
    if (!s)
        return;
    for (size_t i = 0; s->brokers && s->brokers[i]; i++)
        free(s->brokers[i]);
    for (size_t i = 0; s->labels && s->labels[i].name; i++) {
        free((char *)s->labels[i].name);
        free((char *)s->labels[i].value);
    }
    for (size_t i = 0; i < s->resource_count; i++) {
        free((char *)s->resources[i].name);
        free(s->resources[i].indexes);
    }
    free(s->brokers);
    free(s->labels);
    free(s->resources);
    free(s->name);
    free(s->key);
    free(s->ticket);
    free(s->dest_path);
    free(s->libexec);
    free(s->source_ip);
    free(s);
}
