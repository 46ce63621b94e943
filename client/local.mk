# client: what libpar's callers call, and parctl.

noinst_LTLIBRARIES += libparclient.la
libparclient_la_SOURCES = \
    client/ask.c client/ask.h \
    client/blob.c \
    client/call.c \
    client/choose.c \
    client/computation.c \
    client/connect.c \
    client/flow.c client/flow.h \
    client/frame.c client/frame.h \
    client/function.c \
    client/handle.h \
    client/loop.c \
    client/manifest.c \
    client/map.c \
    client/open.c \
    client/output.c client/output.h \
    client/private.h \
    client/pump.c \
    client/reader.c \
    client/receive.c \
    client/reduce.c \
    client/request.c client/request.h \
    client/result.c client/result.h \
    client/run.c \
    client/run_options.c \
    client/runs.c client/runs.h \
    client/setup.c client/setup.h \
    client/sources.c client/sources.h \
    client/stream.c \
    client/teardown.c \
    client/value.c client/value.h \
    client/wait.c

bin_PROGRAMS += parctl
parctl_SOURCES = \
    client/args.c client/args.h \
    client/cli.c client/cli.h \
    client/cmd.h \
    client/cmd_ask.c \
    client/cmd_keys.c \
    client/cmd_map.c \
    client/cmd_run.c \
    client/cmd_setup.c \
    client/cmd_ticket.c \
    client/feed.c client/feed.h \
    client/inputs.c client/inputs.h \
    client/parctl.c \
    client/print.c client/print.h \
    client/progress.c client/progress.h \
    client/say.c client/say.h \
    client/spool.c client/spool.h \
    client/table.c client/table.h \
    client/target.c client/target.h \
    client/template.c client/template.h \
    client/watch.c client/watch.h \
    client/wishes.c client/wishes.h \
    client/work.c client/work.h \
    client/work_feed.c \
    client/work_print.c
parctl_LDADD = $(PAR_LIBS) $(PAR_LIBS_LIBS)
