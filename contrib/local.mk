# contrib: the checks of `make lint`, what the scripts share, and other
# languages.

EXTRA_DIST += contrib/setup.sh
dist_noinst_SCRIPTS += \
    contrib/checks/card \
    contrib/checks/circles \
    contrib/checks/cppcheck \
    contrib/checks/exports \
    contrib/checks/files \
    contrib/checks/format \
    contrib/checks/headers \
    contrib/checks/includes \
    contrib/checks/knots \
    contrib/checks/layers \
    contrib/checks/lengths \
    contrib/checks/man \
    contrib/checks/modules \
    contrib/checks/prove \
    contrib/checks/purity \
    contrib/checks/run
EXTRA_DIST += contrib/checks/pure.list

# Everything that a reader or a machine can see without running a test.
lint: all
	@top_srcdir='$(abs_top_srcdir)' CC='$(CC)' NM='$(NM)' \
	    $(srcdir)/contrib/checks/run

# Every check fails on a sample of what it is there for.
prove-lint:
	@CC='$(CC)' NM='$(NM)' $(srcdir)/contrib/checks/prove
.PHONY: lint prove-lint

# A client in another language, written from doc/protocol.md alone.
EXTRA_DIST += contrib/python/par_min.py
