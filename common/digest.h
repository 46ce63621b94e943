/* digest.h - BLAKE2b-256 (RFC 7693), by libsodium
 *
 * The name of every file, manifest and program that travels.  digest.c is pure;
 * what hashes is in digest_hash.c.
 */
#ifndef PAR_COMMON_DIGEST_H
#define PAR_COMMON_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <par/error.h>

enum { DIGEST_SIZE = 32, DIGEST_TEXT = 2 * DIGEST_SIZE + 1 };

struct digest {
    uint8_t bytes[DIGEST_SIZE];
};

void digest_of(struct digest *d, const void *data, size_t len);

/* Of a whole file, and its size; reads in pieces.  Blocks for as long as the
 * disk takes: not for an event loop. */
int digest_of_file(struct digest *d,
                   uint64_t *size,
                   int fd,
                   struct par_error *err);

/* Piece by piece. */
struct digest_state;
struct digest_state *digest_start(void); /* NULL if out of memory */
void digest_add(struct digest_state *s, const void *data, size_t len);
void digest_finish(struct digest_state *s, struct digest *d); /* frees s */

bool digest_equal(const struct digest *a, const struct digest *b);
void digest_text(const struct digest *d, char text[DIGEST_TEXT]);
bool digest_parse(struct digest *d, const char *text);

#endif
