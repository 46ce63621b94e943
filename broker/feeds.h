/* feeds.h - the streams of a client's runs: granted, told and sent
 *
 * Kept by the broker for each run that has had any, so that no more is relayed
 * than its reader has room for.  Numbers only grow, and count since the stream
 * began (credit.h).  An attempt begins them anew.
 *
 * A reader may raise its grant as often as it likes, an octet at a time; the
 * writer is told when that at least doubles what it may still send.  So one
 * who writes nothing is told little, and one who has used all up at once.
 */
#ifndef PAR_BROKER_FEEDS_H
#define PAR_BROKER_FEEDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "idmap.h"

enum {
    FEED_STREAMS = 3,        /* standard input, output, error */
    FEED_AHEAD = 1 << 20,    /* of a grant a writer is told no more at a time */
    FEED_BEGINNING = 1 << 16 /* granted of output before anybody says so */
};

/* All zero is empty. */
struct feeds {
    struct feed *all;
    uint32_t used;
    uint32_t size;
    struct idmap by_run;
};

void feeds_clear(struct feeds *in);

/* The streams of a run in this attempt: as they are, or at their beginning.
 * Good until the next call; NULL if out of memory. */
struct feed *feeds_of(struct feeds *in, uint64_t run, uint64_t dispatch);

/* The i-th, in any order, and the run that it is of; NULL past the end. */
struct feed *feeds_at(struct feeds *in, uint32_t i, uint64_t *run);

/* The run has ended.  One without streams is no matter. */
void feeds_end(struct feeds *in, uint64_t run);

/* The reader takes so many octets in all.  A smaller number than before says
 * nothing. */
void feed_grant(struct feed *f, int stream, uint64_t total);

/* Is it time to tell the writer?  Then *total is what it may send in all. */
bool feed_due(struct feed *f, int stream, uint64_t *total);

/* Count octets at this offset.  False if they do not follow the last ones, or
 * the writer may not send so much: nothing is counted then. */
bool feed_send(struct feed *f, int stream, uint64_t offset, size_t len);

/* Nothing follows any more.  False if that was known. */
bool feed_finish(struct feed *f, int stream);

/* Whether nothing follows any more. */
bool feed_is_finished(const struct feed *f, int stream);

#endif
