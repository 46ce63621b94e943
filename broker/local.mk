# broker: decides who runs what, never runs user code, never reads payloads.

# Pure: no I/O, no clock, no environment (contrib/checks/purity).
BROKER_PURE = \
    broker/decision.c \
    broker/decision.h \
    broker/feeds.c \
    broker/feeds.h \
    broker/glob.c \
    broker/glob.h \
    broker/job.c \
    broker/job.h \
    broker/keymap.c \
    broker/keymap.h \
    broker/placement.c \
    broker/placement.h \
    broker/policy.c \
    broker/policy.h \
    broker/pool.c \
    broker/pool.h \
    broker/ranks.c \
    broker/ranks.h \
    broker/rate.c \
    broker/rate.h \
    broker/roster.c \
    broker/roster.h \
    broker/run_options.c \
    broker/run_options.h \
    broker/sched.h \
    broker/sched_assign.c \
    broker/sched_assign.h \
    broker/sched_check.c \
    broker/sched_clients.c \
    broker/sched_close.c \
    broker/sched_close.h \
    broker/sched_demand.c \
    broker/sched_demand.h \
    broker/sched_end.c \
    broker/sched_end.h \
    broker/sched_crowd.c \
    broker/sched_hold.c \
    broker/sched_hold.h \
    broker/sched_jobs.c \
    broker/sched_life.c \
    broker/sched_life.h \
    broker/sched_order.c \
    broker/sched_order.h \
    broker/sched_queue.c \
    broker/sched_queue.h \
    broker/sched_ready.c \
    broker/sched_ready.h \
    broker/sched_results.c \
    broker/sched_review.c \
    broker/sched_review.h \
    broker/sched_sites.c \
    broker/sched_sites.h \
    broker/sched_setup.c \
    broker/sched_setup.h \
    broker/sched_spec.c \
    broker/sched_spec.h \
    broker/sched_state.c \
    broker/sched_state.h \
    broker/sched_targets.c \
    broker/sched_tick.c \
    broker/sched_view.c \
    broker/sched_view.h \
    broker/sched_workers.c \
    broker/serials.c \
    broker/serials.h \
    broker/spans.c \
    broker/spans.h
BROKER_EFFECT = \
    broker/access.c broker/access.h \
    broker/answers.c broker/answers.h \
    broker/blobs.c broker/blobs.h \
    broker/broker.c broker/broker.h \
    broker/carry.c broker/carry.h \
    broker/computations.c broker/computations.h \
    broker/engine.h \
    broker/handlers.c broker/handlers.h \
    broker/handlers_ask.c broker/handlers_ask.h \
    broker/handlers_client.c broker/handlers_client.h \
    broker/handlers_files.c broker/handlers_files.h \
    broker/handlers_hello.c broker/handlers_hello.h \
    broker/handlers_session.c broker/handlers_session.h \
    broker/handlers_setup.c broker/handlers_setup.h \
    broker/handlers_stream.c broker/handlers_stream.h \
    broker/handlers_worker.c broker/handlers_worker.h \
    broker/out.c broker/out.h \
    broker/own_keys.c broker/own_keys.h \
    broker/reach.c broker/reach.h \
    broker/payload.c broker/payload.h \
    broker/peers.c broker/peers.h \
    broker/say.c broker/say.h \
    broker/setup.c broker/setup.h \
    broker/shelf.c broker/shelf.h \
    broker/status.c broker/status.h \
    broker/turn.c

noinst_LTLIBRARIES += libparbroker.la
libparbroker_la_SOURCES = $(BROKER_PURE) $(BROKER_EFFECT)

bin_PROGRAMS += parbroker
parbroker_SOURCES = broker/accept.c broker/main.c
parbroker_LDADD = libparbroker.la libparlink.la libparcommon.la \
    $(CZMQ_LIBS) $(PAR_LIBS_LIBS)
