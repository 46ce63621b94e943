/* handlers_files.h - files: from clients to us, and from us to workers
 *
 * A set-up goes on when all of its files are here.  It gets them one after the
 * other; one that another set-up of the account is getting is waited for.  A
 * client that fails to send a file loses the set-ups that wait for it; whoever
 * else needs the file is asked for his own copy, from the beginning.
 */
#ifndef PAR_BROKER_HANDLERS_FILES_H
#define PAR_BROKER_HANDLERS_FILES_H

#include "engine.h"

handle_f on_blob_data, on_blob_need;

/* Let the set-ups that wait for files go on as far as they can. */
void files_advance(struct broker *b);
void files_client_left(struct broker *b, uint32_t client);

/* A worker has read some: what it has asked for goes on its way; or it is gone,
 * and wants nothing any more. */
void files_go_on(struct broker *b, struct peer *worker);
void files_worker_left(struct peer *worker);

/* Set-ups whose client does not send a file in time; and when to look. */
void files_expire(struct broker *b);
uint64_t files_deadline(const struct broker *b);

#endif
