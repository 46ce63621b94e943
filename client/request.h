/* request.h - a question to the broker and its answer
 *
 * It lives on the asker's stack and in the handle's list while it is open.
 */
#ifndef PAR_CLIENT_REQUEST_H
#define PAR_CLIENT_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include <par/error.h>

#include "list.h"
#include "meta.h"

struct par_client;
struct wire_msg;

struct request {
    struct list node;
    uint64_t id;
    bool done;
    int status; /* PAR_OK, or an enum par_status; -1: the broker was lost */
    uint64_t ref;
    struct meta_writer meta; /* of the last answer; of an error too */
    struct meta_writer body; /* the items of all answers, one after another */
};

/* Give it an id and put it into the handle's list: then send it. */
void request_open(struct par_client *c, struct request *q);

/* Take it out of the list and free what it gathered. */
void request_close(struct request *q);

/* An answer has come for it. */
void request_answer(struct request *q, const struct wire_msg *msg);

/* The request of this id; NULL if nobody asked. */
struct request *request_find(const struct par_client *c, uint64_t id);

#endif
