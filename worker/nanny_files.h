/* nanny_files.h - a computation's files: fetched, placed, removed */
#ifndef PAR_WORKER_NANNY_FILES_H
#define PAR_WORKER_NANNY_FILES_H

#include "engine.h"

void nanny_fetch(struct nanny *n, struct comp *c);
void nanny_fetch_cancel(struct nanny *n, struct comp *c);
void nanny_on_blob(struct nanny *n, const struct wire_msg *m);

/* ERROR for a transfer: true if it was one of ours. */
bool nanny_fetch_failed(struct nanny *n, uint64_t id, const char *text);
void nanny_place(struct nanny *n, struct comp *c);
void nanny_remove_files(struct nanny *n, struct comp *c);

#endif
