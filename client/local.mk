# client: what libpar's callers call, and parctl.

noinst_LTLIBRARIES += libparclient.la
libparclient_la_SOURCES = \
    client/ask.c client/ask.h \
    client/blob.c \
    client/call.c \
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
    client/result.c \
    client/run.c \
    client/run_options.c \
    client/runs.c client/runs.h \
    client/setup.c client/setup.h \
    client/sources.c client/sources.h \
    client/stream.c \
    client/teardown.c \
    client/value.c client/value.h \
    client/wait.c

# It comes with its main file:
# bin_PROGRAMS += parctl
# parctl_SOURCES = client/parctl.c
# parctl_LDADD = $(PAR_LIBS) $(PAR_LIBS_LIBS)
