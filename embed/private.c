/* private.c - what par_open() finds behind its door: see client/private.h */
#include "config.h"

#include "client/private.h"

#include "embed.h"

enum { CLOSE_MS = 12000 };

static void *start(void *context,
                   const struct par_options *options,
                   struct par_error *err)
{
    struct par_worker_options worker = {.slots = options->slots,
                                        .threads = options->thread_slots,
                                        .libexec = options->libexec,
                                        /* A caller's own files need no
                                         * protection from him. */
                                        .max_file_size = UINT64_MAX,
                                        .give_up_ms = -1};
    struct embed_options o = {.worker = &worker};

    return embed_start(context, &o, err);
}

static const char *endpoint(const void *broker)
{
    return embed_endpoint(broker, 0);
}

/* Closing functions get the time that a worker gives them, and it a moment. */
static void stop(void *broker)
{
    embed_stop(broker, CLOSE_MS);
}

const struct private_broker_ops private_broker = {start, endpoint, stop};
