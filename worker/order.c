/* order.c - an order packed into a memfd, and unpacked
 *
 * Counted strings one after another; the reader trusts the lengths no further
 * than the size of the file.
 */
#include "config.h"

#include "order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "memfd.h"

/* What stands first in the memfd; then come the limits, then the words, each
 * NUL-ended: program, cwd, argv, envp. */
struct head {
    uint32_t args;
    uint32_t envs;
    uint32_t limits;
    int32_t umask;
    uint8_t default_signals;
    uint8_t has_cwd;
    uint8_t unused[6]; /* the limits stand on a multiple of 8 */
};

static size_t words_size(const char *const *words, uint32_t *count)
{
    size_t size = 0;

    for (*count = 0; words[*count]; ++*count)
        size += strlen(words[*count]) + 1;
    return size;
}

static char *put(char *to, const void *data, size_t len)
{
    if (len)
        memcpy(to, data, len);
    return to + len;
}

static char *put_word(char *to, const char *word)
{
    return put(to, word, strlen(word) + 1);
}

static void write_order(char *to,
                        const struct keeper_order *order,
                        const struct head *head)
{
    to = put(to, head, sizeof *head);
    to = put(to, order->limits, order->limit_count * sizeof *order->limits);
    to = put_word(to, order->program);
    to = put_word(to, order->cwd ? order->cwd : "");
    for (uint32_t i = 0; i < head->args; i++)
        to = put_word(to, order->argv[i]);
    for (uint32_t i = 0; i < head->envs; i++)
        to = put_word(to, order->envp[i]);
}

int order_pack(const struct keeper_order *order, struct par_error *err)
{
    struct head head = {
        .limits = (uint32_t)order->limit_count,
        .umask = order->umask,
        .default_signals = order->default_signals,
        .has_cwd = order->cwd != NULL,
    };
    size_t size = sizeof head + order->limit_count * sizeof *order->limits;
    char *octets;
    int fd;

    size += strlen(order->program) + 1;
    size += (order->cwd ? strlen(order->cwd) : 0) + 1;
    size += words_size(order->argv, &head.args);
    size += words_size(order->envp, &head.envs);
    if (size > ORDER_MAX)
        return par_fail(err, E2BIG,
                        "arguments and environment are %zu octets; "
                        "the limit is %d",
                        size, ORDER_MAX);
    octets = malloc(size);
    if (!octets)
        return par_fail(err, ENOMEM, "order: out of memory");
    write_order(octets, order, &head);
    fd = memfd_make(octets, size, err);
    free(octets);
    return fd;
}

struct cursor {
    char *at;
    char *end;
};

/* The next `len` octets, or NULL. */
static void *take(struct cursor *c, size_t len)
{
    char *at = c->at;

    if ((size_t)(c->end - c->at) < len)
        return NULL;
    c->at += len;
    return at;
}

static const char *take_word(struct cursor *c)
{
    size_t left = (size_t)(c->end - c->at);
    size_t len = strnlen(c->at, left);

    return len < left ? take(c, len + 1) : NULL;
}

/* Returns the place behind the words, or NULL. */
static const char **take_words(struct cursor *c,
                               const char **to,
                               uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        *to = take_word(c);
        if (!*to++)
            return NULL;
    }
    *to++ = NULL;
    return to;
}

static int parse(struct order *o, struct cursor c)
{
    struct keeper_order *order = &o->order;
    struct head *head = take(&c, sizeof *head);
    const char **next;

    if (!head || head->args > ORDER_MAX || head->envs > ORDER_MAX ||
        head->limits > ORDER_MAX)
        return EPROTO;
    order->limits = take(&c, head->limits * sizeof *order->limits);
    order->limit_count = head->limits;
    if (!order->limits)
        return EPROTO;
    order->program = take_word(&c);
    order->cwd = take_word(&c);
    if (!order->cwd)
        return EPROTO;
    if (!head->has_cwd)
        order->cwd = NULL;
    order->umask = head->umask;
    order->default_signals = head->default_signals;
    o->words = calloc((size_t)head->args + head->envs + 2, sizeof *o->words);
    if (!o->words)
        return ENOMEM;
    next = take_words(&c, o->words, head->args);
    if (!next || !take_words(&c, next, head->envs))
        return EPROTO;
    order->argv = o->words;
    order->envp = next;
    return 0;
}

int order_unpack(struct order *o, int fd)
{
    const char *why;
    size_t size;
    int error;

    *o = (struct order){0};
    for (int i = 0; i < KEEPER_FDS; i++)
        o->order.fds[i] = -1;
    o->octets = (char *)memfd_copy(fd, ORDER_MAX, &size, &why);
    if (!o->octets)
        return EPROTO;
    error = parse(o, (struct cursor){o->octets, o->octets + size});
    if (error)
        order_clear(o);
    return error;
}

void order_clear(struct order *o)
{
    free(o->words);
    free(o->octets);
}

const char *order_env(const struct keeper_order *order, const char *name)
{
    size_t len = strlen(name);

    for (const char *const *env = order->envp; *env; env++)
        if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
            return *env + len + 1;
    return NULL;
}
