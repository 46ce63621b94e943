# doc: man pages, examples and texts.

dist_doc_DATA = doc/protocol.md doc/signatures.md doc/two-hosts.md

examplesdir = $(docdir)/examples
dist_examples_DATA = \
    doc/examples/embedded.c \
    doc/examples/hello.c \
    doc/examples/jobs.c \
    doc/examples/primes.c \
    doc/examples/wordcount.c \
    doc/examples/wordcount_run.c

dist_man_MANS += \
    doc/man/libpar.3 \
    doc/man/par.7 \
    doc/man/parctl.1 \
    doc/man/parbroker.8 \
    doc/man/parworker.8

# The examples, compiled as a user would, but with ours in place of -lpar and
# beside parspawn, where they find it.  tests/system/examples.sh runs them,
# ./quickstart the last.
check_PROGRAMS += embedded hello jobs wordcount_run
embedded_SOURCES = doc/examples/embedded.c
embedded_LDADD = $(PAR_LIBS) $(PAR_LIBS_LIBS)
jobs_SOURCES = doc/examples/jobs.c
jobs_LDADD = $(PAR_LIBS) $(PAR_LIBS_LIBS)
hello_SOURCES = doc/examples/hello.c
hello_LDADD = $(PAR_LIBS) $(PAR_LIBS_LIBS)
wordcount_run_SOURCES = doc/examples/wordcount.c doc/examples/wordcount_run.c
wordcount_run_LDADD = $(PAR_LIBS) $(PAR_LIBS_LIBS)
