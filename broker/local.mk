# broker: decides who runs what, never runs user code, never reads payloads.

# Pure: no I/O, no clock, no environment (contrib/checks/purity).
BROKER_PURE =
BROKER_EFFECT =

noinst_LTLIBRARIES += libparbroker.la
libparbroker_la_SOURCES = $(BROKER_PURE) $(BROKER_EFFECT)

# It comes with its main file:
# bin_PROGRAMS += parbroker
# parbroker_SOURCES = broker/main.c
# parbroker_LDADD = libparbroker.la libparlink.la libparcommon.la \
#     $(CZMQ_LIBS) $(PAR_LIBS_LIBS)
