/* blob.h - the files of our computations, served to the workers that ask */
#ifndef PAR_CLIENT_BLOB_H
#define PAR_CLIENT_BLOB_H

#include <par/client.h>

#include "wire.h"

/* Answer a BLOB-NEED: with the piece, or with why not. */
void client_blob_need(struct par_client *c, const struct wire_msg *msg);

#endif
