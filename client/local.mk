# client: what libpar's callers call, and parctl.

noinst_LTLIBRARIES += libparclient.la
libparclient_la_SOURCES =

# It comes with its main file:
# bin_PROGRAMS += parctl
# parctl_SOURCES = client/parctl.c
# parctl_LDADD = $(PAR_LIBS) $(PAR_LIBS_LIBS)
