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

bool digest_equal(const struct digest *a, const struct digest *b)
{
    return memcmp(a->bytes, b->bytes, DIGEST_SIZE) == 0;
}

void digest_text(const struct digest *d, char text[DIGEST_TEXT])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < DIGEST_SIZE; i++) {
        text[2 * i] = digits[d->bytes[i] >> 4];
        text[2 * i + 1] = digits[d->bytes[i] & 15];
    }
    text[DIGEST_TEXT - 1] = '\0';
}

static int nibble(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool digest_parse(struct digest *d, const char *text)
{
    struct digest parsed;

    if (strnlen(text, DIGEST_TEXT) != DIGEST_TEXT - 1)
        return false;
    for (size_t i = 0; i < DIGEST_SIZE; i++) {
        int high = nibble(text[2 * i]);
        int low = nibble(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        parsed.bytes[i] = (uint8_t)(high << 4 | low);
    }
    *d = parsed;
    return true;
}
