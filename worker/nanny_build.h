/* nanny_build.h - C source is compiled */
#ifndef PAR_WORKER_NANNY_BUILD_H
#define PAR_WORKER_NANNY_BUILD_H

#include "engine.h"

void nanny_build(struct nanny *n, struct comp *c);
void nanny_build_cancel(struct nanny *n, struct comp *c);
void nanny_build_event(struct nanny *n);
void nanny_build_tick(struct nanny *n);
uint64_t nanny_build_deadline(const struct nanny *n);

#endif
