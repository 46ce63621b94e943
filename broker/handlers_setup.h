/* handlers_setup.h - SETUP, CLOSE, RESOLVE */
#ifndef PAR_BROKER_HANDLERS_SETUP_H
#define PAR_BROKER_HANDLERS_SETUP_H

#include "engine.h"

handle_f on_setup, on_close, on_resolve;

#endif
