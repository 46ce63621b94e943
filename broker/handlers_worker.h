/* handlers_worker.h - what workers say of their requests and dispatches */
#ifndef PAR_BROKER_HANDLERS_WORKER_H
#define PAR_BROKER_HANDLERS_WORKER_H

#include "engine.h"

handle_f on_ready, on_result, on_started, on_recalled, on_register,
    on_unregister;

#endif
