# doc: man pages, examples and texts.

dist_doc_DATA = doc/protocol.md doc/signatures.md doc/two-hosts.md

dist_man_MANS += \
    doc/man/libpar.3 \
    doc/man/par.7 \
    doc/man/parctl.1 \
    doc/man/parbroker.8 \
    doc/man/parworker.8

# The examples, compiled as a user would, but with ours in place of -lpar and
# beside parspawn, where they find it.  tests/system/examples.sh runs them,
# ./quickstart the second.
check_PROGRAMS += hello wordcount_run
hello_SOURCES = doc/examples/hello.c
hello_LDADD = $(PAR_LIBS) $(PAR_LIBS_LIBS)
wordcount_run_SOURCES = doc/examples/wordcount.c doc/examples/wordcount_run.c
wordcount_run_LDADD = $(PAR_LIBS) $(PAR_LIBS_LIBS)
EXTRA_DIST += doc/examples/primes.c
