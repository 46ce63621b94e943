# client: what libpar's callers call, and parctl.

noinst_LTLIBRARIES += libparclient.la
libparclient_la_SOURCES = \
    client/answer.c client/answer.h \
    client/ask.c client/ask.h \
    client/blob.c client/blob.h \
    client/call.c client/call.h \
    client/cancel.c client/cancel.h \
    client/choose.c \
    client/computation.c client/computation.h \
    client/connect.c client/connect.h \
    client/flow.c client/flow.h \
    client/frame.c client/frame.h \
    client/function.c \
    client/grants.c client/grants.h \
    client/handle.h \
    client/line.c client/line.h \
    client/loop.c \
    client/manifest.c client/manifest.h \
    client/map.c \
    client/open.c client/open.h \
    client/output.c client/output.h \
    client/private.h \
    client/pump.c client/pump.h \
    client/reader.c \
    client/receive.c client/receive.h \
    client/reduce.c \
    client/request.c client/request.h \
    client/result.c client/result.h \
    client/run.c client/run.h \
    client/run_options.c \
    client/runs.c client/runs.h \
    client/send.c client/send.h \
    client/session.c client/session.h \
    client/setup.c \
    client/sources.c client/sources.h \
    client/stream.c client/stream.h \
    client/teardown.c \
    client/value.c client/value.h \
    client/wait.c client/wait.h \
    client/write.c

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
    client/places.c client/places.h \
    client/document.c client/document.h \
    client/pattern.c client/pattern.h \
    client/script.c client/script.h \
    client/shell.c client/shell.h \
    client/template.c client/template.h \
    client/watch.c client/watch.h \
    client/wishes.c client/wishes.h \
    client/work.c client/work.h \
    client/work_feed.c \
    client/work_off.c \
    client/work_print.c \
    client/work_start.c
parctl_LDADD = $(PAR_LIBS) $(PAR_LIBS_LIBS)
