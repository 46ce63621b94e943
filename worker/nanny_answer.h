/* nanny_answer.h - runs wait in queues, and are answered */
#ifndef PAR_WORKER_NANNY_ANSWER_H
#define PAR_WORKER_NANNY_ANSWER_H

#include "engine.h"

/* Answer a run that is in no list any more. */
void nanny_answer(struct nanny *n, struct run *r, const struct wire_item *item);
void nanny_answer_facts(struct nanny *n,
                        struct run *r,
                        int status,
                        enum wire_executed executed,
                        uint64_t wall_us,
                        struct facts *facts);

/* The same with a sentence alone. */
void nanny_answer_text(struct nanny *n,
                       struct run *r,
                       int status,
                       enum wire_executed executed,
                       const char *text);

/* It is answered and in no list: let go of it. */
void nanny_release(struct nanny *n, struct run *r);
void nanny_queue(struct nanny *n, struct comp *c, struct run *r, bool front);

/* Answer all that waits in a computation's queues. */
void nanny_empty_queue(struct nanny *n,
                       struct comp *c,
                       int status,
                       const char *text);

/* What a doomed run is answered with. */
int nanny_doom_status(const struct nanny *n,
                      const struct run *r,
                      char *text,
                      size_t size);

#endif
