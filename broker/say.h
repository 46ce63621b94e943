/* say.h - the broker's short messages */
#ifndef PAR_BROKER_SAY_H
#define PAR_BROKER_SAY_H

#include "engine.h"

/* Header and metadata (NULL: none), behind what was decided before. */
void say(struct broker *b,
         struct peer *to,
         unsigned type,
         unsigned flags,
         uint64_t id,
         uint64_t ref,
         const struct meta_writer *meta);

/* ERROR about `count` items from id on; `final`: it is the answer to them.
 * say_error_to() is for who may have no session. */
void say_error(struct broker *b,
               struct peer *to,
               uint64_t id,
               unsigned count,
               int status,
               bool final,
               const char *text);
void say_error_to(struct broker *b,
                  uint64_t conn,
                  uint64_t id,
                  unsigned count,
                  int status,
                  bool final,
                  const char *text);

void say_goodbye(struct broker *b, uint64_t conn, enum wire_reason reason);

/* CREDIT for runs: what the client has been granted. */
void say_credit(struct broker *b, struct peer *to);

/* READY of a set-up: how its workers answered, and its functions. */
void say_ready(struct broker *b, struct peer *to, uint64_t id, uint32_t target);

#endif
