/* settings.h - what a worker was told, checked and in words of its own
 *
 * Made from par_worker_options before anything is started: what is wrong is
 * refused here, with the option and its value.
 */
#ifndef PAR_WORKER_SETTINGS_H
#define PAR_WORKER_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <par/error.h>
#include <par/worker.h>

enum {
    SETTINGS_IO_SLOTS = 256,
    SETTINGS_SLOTS_MAX = 4096, /* of each class */
    SETTINGS_GIVE_UP_MS = 60000,
    SETTINGS_NAME = 64, /* with the NUL */
    SETTINGS_INDEXES = 1024
};

#define SETTINGS_MAX_FILE (UINT64_C(10) << 20)

/* "4", or "[0,1]": a number, or which ones there are. */
struct resource {
    const char *name;
    bool indexed;
    double amount;
    uint32_t *indexes;
    size_t count;
};

struct settings {
    char **brokers; /* NULL-ended; NULL: PAR_BROKER or the local one */
    char *name;     /* "": the broker's choice */
    char *key;      /* NULL: PAR_KEY, else id.key */
    char *ticket;   /* or NULL */
    char *dest_path;
    char *libexec;
    char *source_ip; /* the local address for tcp, or NULL */
    unsigned slots;
    unsigned io_slots;
    bool threads;
    struct par_pair *labels; /* ended by a NULL name */
    struct resource *resources;
    size_t resource_count;
    uint64_t max_file_size;
    int64_t give_up_ms; /* -1: never */
    void *zmq_context;  /* lent, or NULL */
};

struct settings *settings_create(const struct par_worker_options *options,
                                 struct par_error *err);
void settings_destroy(struct settings *s); /* NULL is allowed */

/* What `-c` means with so many CPUs: 0 all, -n leaves n.  Fails with EINVAL. */
int settings_slots(int slots,
                   unsigned cpus,
                   unsigned *out,
                   struct par_error *err);

#endif
