/* digest_hash.c - what hashes: octets at hand, a file, a stream */
#include "config.h"

#include "digest.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 16 * 1024 };

/* libsodium wants its state on a multiple of 64. */
struct digest_state {
    crypto_generichash_state hash;
};

static void begin(crypto_generichash_state *hash)
{
    /* Chooses the fastest code for this processor; cheap the second time. */
    if (sodium_init() < 0)
        abort();
    crypto_generichash_init(hash, NULL, 0, DIGEST_SIZE);
}

void digest_of(struct digest *d, const void *data, size_t len)
{
    crypto_generichash_state hash;

    begin(&hash);
    crypto_generichash_update(&hash, data, len);
    crypto_generichash_final(&hash, d->bytes, DIGEST_SIZE);
}

int digest_of_file(struct digest *d,
                   uint64_t *size,
                   int fd,
                   struct par_error *err)
{
    uint8_t piece[PIECE];
    crypto_generichash_state hash;
    uint64_t at = 0;
    ssize_t got;

    begin(&hash);
    while ((got = pread(fd, piece, sizeof piece, (off_t)at)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return par_fail(err, errno, "cannot read: %s", strerror(errno));
        crypto_generichash_update(&hash, piece, (size_t)got);
        at += (uint64_t)got;
    }
    crypto_generichash_final(&hash, d->bytes, DIGEST_SIZE);
    *size = at;
    return 0;
}

struct digest_state *digest_start(void)
{
    struct digest_state *s =
        aligned_alloc(_Alignof(struct digest_state), sizeof *s);

    if (s)
        begin(&s->hash);
    return s;
}

void digest_add(struct digest_state *s, const void *data, size_t len)
{
    crypto_generichash_update(&s->hash, data, len);
}

void digest_finish(struct digest_state *s, struct digest *d)
{
    crypto_generichash_final(&s->hash, d->bytes, DIGEST_SIZE);
    free(s);
}
