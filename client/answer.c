/* answer.c - waiting for the answer to a request */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "answer.h"
#include "call.h"
#include "clock.h"
#include "handle.h"
#include "meta_keys.h"
#include "pump.h"

enum {
    WORDS = 8192 /* of it that are looked through */
};

/* Of many lines (a compiler's) the first that speaks of an error; the caller
 * gets them all by par_setup_output(). */
static const char *telling_line(const char *text, int *len)
{
    const char *best = text;

    for (const char *line = text; *line;) {
        size_t n = strcspn(line, "\n");

        if (memmem(line, n, "error", 5)) {
            best = line;
            break;
        }
        line += n + (line[n] == '\n');
    }
    *len = (int)strcspn(best, "\n");
    return best;
}

/* The answer's own words, or its status by name. */
static int refused(const struct request *q, struct par_error *err)
{
    char text[WORDS];
    const char *line;
    int len;

    if (meta_text(q->meta.data, q->meta.len, KEY_ANY_TEXT, text, sizeof text) <=
        0)
        return par_fail(err, PAR_CODE(q->status), "the broker answers %s",
                        par_status_name(q->status));
    line = telling_line(text, &len);
    return par_fail(err, PAR_CODE(q->status), "%.*s", len, line);
}

int answer_wait(struct par_client *c,
                struct request *q,
                uint64_t deadline,
                struct par_error *err)
{
    while (!q->done) {
        if (client_patience(c, deadline, err, "no answer from %s in time",
                            c->endpoint))
            return -1;
        client_turn(c, deadline);
    }
    if (q->status < 0)
        return par_fail(err, c->trouble.code, "%s", c->trouble.text);
    if (q->meta.failed || q->body.failed)
        return par_fail(err, ENOMEM, "out of memory");
    return q->status == PAR_OK ? 0 : refused(q, err);
}
