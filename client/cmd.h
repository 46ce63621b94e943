/* cmd.h - the verbs of parctl */
#ifndef PAR_CLIENT_CMD_H
#define PAR_CLIENT_CMD_H

#include "cli.h"

extern const struct verb verb_run;
extern const struct verb verb_map;
extern const struct verb verb_setup;
extern const struct verb verb_close;
extern const struct verb verb_ping;
extern const struct verb verb_status;
extern const struct verb verb_workers;
extern const struct verb verb_jobs;
extern const struct verb verb_cancel;
extern const struct verb verb_keygen;
extern const struct verb verb_allow;
extern const struct verb verb_revoke;
extern const struct verb verb_trust;
extern const struct verb verb_ticket;

#endif
