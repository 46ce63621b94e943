/* broker.c - par/broker.h: the embedded broker with endpoints of its own */
#include "config.h"

#include <par/broker.h>

#include "embed.h"

struct par_broker *par_broker_start(const struct par_broker_options *options,
                                    struct par_error *err)
{
    struct embed_options o = {.broker = options};

    return (struct par_broker *)embed_start(options->zmq_context, &o, err);
}

const char *par_broker_endpoint(const struct par_broker *broker, size_t i)
{
    return embed_endpoint((const struct embed *)broker, i);
}

const char *par_broker_key(const struct par_broker *broker)
{
    return embed_key((const struct embed *)broker);
}

void par_broker_stop(struct par_broker *broker, int drain_ms)
{
    embed_stop((struct embed *)broker, drain_ms);
}
