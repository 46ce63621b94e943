/* handlers_stream.h - streams of runs, and CREDIT */
#ifndef PAR_HANDLERS_STREAM_H
#define PAR_HANDLERS_STREAM_H

#include "engine.h"

handle_f on_client_stream, on_worker_stream, on_credit;

#endif
