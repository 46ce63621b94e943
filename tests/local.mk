# tests: `make check` builds and runs all of them.

# Unit tests: one line each; the source is tests/unit/test_NOUN.c.
UNIT_TESTS =

# Programs and scripts that start daemons; scripts also go to EXTRA_DIST.
CONTRACT_TESTS =
SYSTEM_TESTS =

# Every test program that names no libraries of its own links all of ours.
LDADD = $(PAR_LIBS) $(PAR_LIBS_LIBS) $(CRITERION_LIBS)

if HAVE_CRITERION
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
endif
TESTS += $(CONTRACT_TESTS) $(SYSTEM_TESTS)
