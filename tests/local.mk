# tests: `make check` builds and runs all of them, each through tests/as-user;
# tests/count adds up what they said.

# Unit tests: one line each; the source is tests/unit/test_NOUN.c.
UNIT_TESTS =
UNIT_TESTS += tests/unit/test_access
UNIT_TESTS += tests/unit/test_args
UNIT_TESTS += tests/unit/test_authorized
UNIT_TESTS += tests/unit/test_backlog
UNIT_TESTS += tests/unit/test_batch
UNIT_TESTS += tests/unit/test_blobs
UNIT_TESTS += tests/unit/test_beneath
UNIT_TESTS += tests/unit/test_broker_asks
UNIT_TESTS += tests/unit/test_broker_drain
UNIT_TESTS += tests/unit/test_broker_files
UNIT_TESTS += tests/unit/test_broker_refused
UNIT_TESTS += tests/unit/test_broker_setup
UNIT_TESTS += tests/unit/test_broker_status
UNIT_TESTS += tests/unit/test_broker_streams
UNIT_TESTS += tests/unit/test_bundle
UNIT_TESTS += tests/unit/test_bundle_encode
UNIT_TESTS += tests/unit/test_bundle_fields
UNIT_TESTS += tests/unit/test_bundle_path
UNIT_TESTS += tests/unit/test_cache
UNIT_TESTS += tests/unit/test_carry
UNIT_TESTS += tests/unit/test_client
UNIT_TESTS += tests/unit/test_client_ask
UNIT_TESTS += tests/unit/test_client_input
UNIT_TESTS += tests/unit/test_client_loop
UNIT_TESTS += tests/unit/test_client_map
UNIT_TESTS += tests/unit/test_client_pump
UNIT_TESTS += tests/unit/test_client_result
UNIT_TESTS += tests/unit/test_client_runs
UNIT_TESTS += tests/unit/test_client_setup
UNIT_TESTS += tests/unit/test_client_stream
UNIT_TESTS += tests/unit/test_conns
UNIT_TESTS += tests/unit/test_credit
UNIT_TESTS += tests/unit/test_decimal
UNIT_TESTS += tests/unit/test_digest
UNIT_TESTS += tests/unit/test_disk
UNIT_TESTS += tests/unit/test_doorstep
UNIT_TESTS += tests/unit/test_elf
UNIT_TESTS += tests/unit/test_embed
UNIT_TESTS += tests/unit/test_endpoint
UNIT_TESTS += tests/unit/test_environ
UNIT_TESTS += tests/unit/test_error
UNIT_TESTS += tests/unit/test_feeds
UNIT_TESTS += tests/unit/test_foreign
UNIT_TESTS += tests/unit/test_glob
UNIT_TESTS += tests/unit/test_golden
UNIT_TESTS += tests/unit/test_heap
UNIT_TESTS += tests/unit/test_idmap
UNIT_TESTS += tests/unit/test_inputs
UNIT_TESTS += tests/unit/test_job
UNIT_TESTS += tests/unit/test_keymap
UNIT_TESTS += tests/unit/test_keys
UNIT_TESTS += tests/unit/test_kill
UNIT_TESTS += tests/unit/test_known
UNIT_TESTS += tests/unit/test_libzmq
UNIT_TESTS += tests/unit/test_link
UNIT_TESTS += tests/unit/test_link_flood
UNIT_TESTS += tests/unit/test_link_gone
UNIT_TESTS += tests/unit/test_link_listen
UNIT_TESTS += tests/unit/test_link_lost
UNIT_TESTS += tests/unit/test_list
UNIT_TESTS += tests/unit/test_log
UNIT_TESTS += tests/unit/test_meta
UNIT_TESTS += tests/unit/test_meta_check
UNIT_TESTS += tests/unit/test_meta_json
UNIT_TESTS += tests/unit/test_nanny
UNIT_TESTS += tests/unit/test_nanny_blame
UNIT_TESTS += tests/unit/test_nanny_build
UNIT_TESTS += tests/unit/test_nanny_clients
UNIT_TESTS += tests/unit/test_nanny_close
UNIT_TESTS += tests/unit/test_nanny_command
UNIT_TESTS += tests/unit/test_nanny_files
UNIT_TESTS += tests/unit/test_nanny_mend
UNIT_TESTS += tests/unit/test_nanny_odd
UNIT_TESTS += tests/unit/test_nanny_setup
UNIT_TESTS += tests/unit/test_nanny_starts
UNIT_TESTS += tests/unit/test_nanny_stream
UNIT_TESTS += tests/unit/test_nanny_thread
UNIT_TESTS += tests/unit/test_nanny_thread_end
UNIT_TESTS += tests/unit/test_no_memory
UNIT_TESTS += tests/unit/test_options
UNIT_TESTS += tests/unit/test_page
UNIT_TESTS += tests/unit/test_pipe
UNIT_TESTS += tests/unit/test_place
UNIT_TESTS += tests/unit/test_placement
UNIT_TESTS += tests/unit/test_policy
UNIT_TESTS += tests/unit/test_plain
UNIT_TESTS += tests/unit/test_pool
UNIT_TESTS += tests/unit/test_protocol_doc
UNIT_TESTS += tests/unit/test_ranks
UNIT_TESTS += tests/unit/test_rate
UNIT_TESTS += tests/unit/test_results
UNIT_TESTS += tests/unit/test_run_options
UNIT_TESTS += tests/unit/test_rundir
UNIT_TESTS += tests/unit/test_sched
UNIT_TESTS += tests/unit/test_sched_call
UNIT_TESTS += tests/unit/test_sched_close
UNIT_TESTS += tests/unit/test_sched_failures
UNIT_TESTS += tests/unit/test_sched_crowd
UNIT_TESTS += tests/unit/test_sched_fair
UNIT_TESTS += tests/unit/test_sched_given_up
UNIT_TESTS += tests/unit/test_sched_no_memory
UNIT_TESTS += tests/unit/test_sched_pause
UNIT_TESTS += tests/unit/test_sched_random
UNIT_TESTS += tests/unit/test_sched_resources
UNIT_TESTS += tests/unit/test_sched_setup
UNIT_TESTS += tests/unit/test_sched_turns
UNIT_TESTS += tests/unit/test_sched_unplaceable
UNIT_TESTS += tests/unit/test_sched_view
UNIT_TESTS += tests/unit/test_sched_workers
UNIT_TESTS += tests/unit/test_serials
UNIT_TESTS += tests/unit/test_settings
UNIT_TESTS += tests/unit/test_signature
UNIT_TESTS += tests/unit/test_signature_args
UNIT_TESTS += tests/unit/test_slot
UNIT_TESTS += tests/unit/test_slot_blame
UNIT_TESTS += tests/unit/test_slot_self
UNIT_TESTS += tests/unit/test_slot_setup
UNIT_TESTS += tests/unit/test_slot_state
UNIT_TESTS += tests/unit/test_slots
UNIT_TESTS += tests/unit/test_spans
UNIT_TESTS += tests/unit/test_spawner
UNIT_TESTS += tests/unit/test_spool
UNIT_TESTS += tests/unit/test_table
UNIT_TESTS += tests/unit/test_tail
UNIT_TESTS += tests/unit/test_payload
UNIT_TESTS += tests/unit/test_peers
UNIT_TESTS += tests/unit/test_target
UNIT_TESTS += tests/unit/test_template
UNIT_TESTS += tests/unit/test_textfile
UNIT_TESTS += tests/unit/test_ticket
UNIT_TESTS += tests/unit/test_uplink
UNIT_TESTS += tests/unit/test_utf8
UNIT_TESTS += tests/unit/test_whole
UNIT_TESTS += tests/unit/test_window
UNIT_TESTS += tests/unit/test_wire
UNIT_TESTS += tests/unit/test_words
UNIT_TESTS += tests/unit/test_zap

# Programs and scripts that start daemons.  A script is listed by its name in
# the source tree and goes to dist_check_SCRIPTS as well.  The environment
# that all of them get is described in tests/as-user.
CONTRACT_TESTS =
CONTRACT_TESTS += tests/contract/test_endings
CONTRACT_TESTS += tests/contract/test_many
CONTRACT_TESTS += tests/contract/test_mixed
CONTRACT_TESTS += tests/contract/test_values
CONTRACT_TESTS += tests/contract/test_wild
SYSTEM_TESTS =
SYSTEM_TESTS += tests/system/accounts.sh
SYSTEM_TESTS += tests/system/alone.sh
SYSTEM_TESTS += tests/system/bounds.sh
SYSTEM_TESTS += tests/system/clean.sh
SYSTEM_TESTS += tests/system/closing.sh
SYSTEM_TESTS += tests/system/examples.sh
SYSTEM_TESTS += tests/system/drain.sh
SYSTEM_TESTS += tests/system/hostile.sh
SYSTEM_TESTS += tests/system/keys.sh
SYSTEM_TESTS += tests/system/listings.sh
SYSTEM_TESTS += tests/system/many.sh
SYSTEM_TESTS += tests/system/map.sh
SYSTEM_TESTS += tests/system/map_again.sh
SYSTEM_TESTS += tests/system/options.sh
SYSTEM_TESTS += tests/system/order.sh
SYSTEM_TESTS += tests/system/output.sh
SYSTEM_TESTS += tests/system/python_min.sh
SYSTEM_TESTS += tests/system/quickstart.sh
SYSTEM_TESTS += tests/system/run.sh
SYSTEM_TESTS += tests/system/scarce.sh
SYSTEM_TESTS += tests/system/setup.sh
SYSTEM_TESTS += tests/system/shown.sh
SYSTEM_TESTS += tests/system/signals.sh
SYSTEM_TESTS += tests/system/slots.sh
SYSTEM_TESTS += tests/system/stopped.sh
SYSTEM_TESTS += tests/system/strangers.sh

dist_check_SCRIPTS = $(SYSTEM_TESTS)

# Programs among them, not scripts.
PROGRAM_TESTS = tests/system/embeds tests/system/forks tests/system/offers \
    tests/system/parspawn_dies tests/system/self
check_PROGRAMS += $(PROGRAM_TESTS)
tests_system_embeds_LDADD = $(PAR_LIBS) $(PAR_LIBS_LIBS)
tests_system_forks_LDADD = $(PAR_LIBS) $(PAR_LIBS_LIBS)
tests_system_parspawn_dies_LDADD = $(PAR_LIBS) $(PAR_LIBS_LIBS)
tests_system_self_LDADD = $(PAR_LIBS) $(PAR_LIBS_LIBS)
tests_system_offers_LDADD = $(PAR_LIBS) $(PAR_LIBS_LIBS)

EXTRA_DIST += \
    tests/system/claims.sh \
    tests/system/bounds.py \
    tests/system/embedding.h \
    tests/system/hostile.py \
    tests/system/python_min.py \
    tests/system/strangers.py

# What they run.
check_PROGRAMS += tests/system/mapper
tests_system_mapper_LDADD = $(PAR_LIBS) $(PAR_LIBS_LIBS)

# Of those, what `./check --quick` runs: one job per transport.
QUICK_TESTS = tests/contract/test_mixed tests/system/order.sh

# What needs root: tests/root/*; skipped without.
ROOT_TESTS =
ROOT_TESTS += tests/root/full_disk.sh
ROOT_TESTS += tests/root/other_user.sh
ROOT_TESTS += tests/root/two_hosts.sh
dist_check_SCRIPTS += $(ROOT_TESTS)

tests_unit_test_carry_LDFLAGS = $(AM_LDFLAGS) \
    -Wl,--wrap=meta_room,--wrap=link_frame_copy
tests_unit_test_client_loop_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=link_client_send
tests_unit_test_client_pump_LDFLAGS = $(AM_LDFLAGS) \
    -Wl,--wrap=zmq_poll -Wl,--wrap=link_client_recv
tests_unit_test_client_stream_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=calloc
tests_unit_test_embed_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=pthread_create
tests_unit_test_nanny_build_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=read
tests_unit_test_nanny_files_LDFLAGS = $(AM_LDFLAGS) \
    -Wl,--wrap=unlinkat -Wl,--wrap=copy_file_range
tests_unit_test_no_memory_LDFLAGS = $(AM_LDFLAGS) \
    -Wl,--wrap=realloc -Wl,--wrap=calloc -Wl,--wrap=aligned_alloc
tests_unit_test_sched_no_memory_LDFLAGS = $(AM_LDFLAGS) \
    -Wl,--wrap=malloc -Wl,--wrap=realloc -Wl,--wrap=calloc -Wl,--wrap=strdup

# The whole folder.
EXTRA_DIST += tests/golden
EXTRA_DIST += \
    tests/unit/brokering.h \
    tests/unit/calling.h \
    tests/unit/commas.h \
    tests/unit/functions.c \
    tests/unit/linked.h \
    tests/unit/looping.h \
    tests/unit/manifest.h \
    tests/unit/few_files.h tests/unit/nursing.h \
    tests/unit/random.h \
    tests/unit/sched_app.h \
    tests/unit/sched_orders.h \
    tests/unit/sched_special.h \
    tests/unit/sched_world.h \
    tests/unit/scratch.h \
    tests/unit/slotting.h \
    tests/unit/spawning.h \
    tests/unit/threading.h

FAKE_BROKER = tests/unit/fake_broker.c tests/unit/fake_broker.h

dist_check_SCRIPTS += \
    tests/as-user \
    tests/count \
    tests/installed \
    tests/canary/leaves \
    tests/canary/run


# A program and a computation, for the tests of slots.
if HAVE_CRITERION
check_PROGRAMS += tests/unit/self_slot
tests_unit_self_slot_LDADD = $(PAR_LIBS) $(PAR_LIBS_LIBS)
endif
check_DATA = tests/unit/functions.so
CLEANFILES += tests/unit/functions.so
tests/unit/functions.so: tests/unit/functions.c include/par/task.h
	$(AM_V_CC)$(MKDIR_P) tests/unit && \
	    $(CC) $(WARN_CFLAGS) -D_GNU_SOURCE -O -shared -fPIC \
	    -I$(top_srcdir)/include -o $@ $(srcdir)/tests/unit/functions.c

# Every test program that names no libraries of its own links all of ours.
LDADD = $(PAR_LIBS) $(PAR_LIBS_LIBS) $(CRITERION_LIBS)

# Criterion's cr_assert() keeps an int in a bit field.
tests/%.$(OBJEXT): AM_CFLAGS += -Wno-conversion

LOG_COMPILER = $(srcdir)/tests/as-user
AM_TESTS_ENVIRONMENT = \
    top_builddir='$(abs_top_builddir)'; export top_builddir; \
    top_srcdir='$(abs_top_srcdir)'; export top_srcdir; \
    CC='$(CC)'; export CC;

if HAVE_CRITERION
check_PROGRAMS += $(UNIT_TESTS) $(CONTRACT_TESTS)
TESTS += $(UNIT_TESTS) $(CONTRACT_TESTS)
CHECK_QUICK = $(UNIT_TESTS) $(QUICK_TESTS)
else
CHECK_QUICK = $(QUICK_TESTS)
endif
TESTS += $(SYSTEM_TESTS) $(PROGRAM_TESTS) $(ROOT_TESTS)

# What must fail, fails (.ci/run runs it in the sanitizer build).
EXTRA_PROGRAMS += tests/canary/memory
canary: tests/canary/memory$(EXEEXT)
	$(srcdir)/tests/canary/run
.PHONY: canary

# The contract suite: one rig, and what it runs as an object and as threads.
RIG = tests/contract/rig.c tests/contract/rig.h tests/contract/lanes.h \
    tests/contract/tasks.c
tests_contract_test_endings_SOURCES = tests/contract/test_endings.c $(RIG)
tests_contract_test_many_SOURCES = tests/contract/test_many.c $(RIG)
tests_contract_test_mixed_SOURCES = tests/contract/test_mixed.c $(RIG)
tests_contract_test_values_SOURCES = tests/contract/test_values.c $(RIG)

tests_contract_test_wild_SOURCES = tests/contract/test_wild.c $(RIG)

tests/contract/wild.so: tests/contract/wild.c include/par/task.h
	@$(MKDIR_P) tests/contract
	$(AM_V_CCLD)$(CC) -I$(top_srcdir)/include -D_GNU_SOURCE -O -g -fPIC \
	    -shared -o $@ $(srcdir)/tests/contract/wild.c
check_DATA += tests/contract/wild.so
CLEANFILES += tests/contract/wild.so
EXTRA_DIST += tests/contract/wild.c

tests/contract/tasks.so: tests/contract/tasks.c include/par/task.h
	@$(MKDIR_P) tests/contract
	$(AM_V_CCLD)$(CC) -I$(top_srcdir)/include -O2 -g -fPIC -shared -o $@ \
	    $(srcdir)/tests/contract/tasks.c
check_DATA += tests/contract/tasks.so
CLEANFILES += tests/contract/tasks.so

EXTRA_DIST += tests/bench/README.md
EXTRA_PROGRAMS += tests/bench/parbench
tests_bench_parbench_SOURCES = \
    tests/bench/bench_parts.c tests/bench/bench_parts.h \
    tests/bench/figures.c tests/bench/figures.h \
    tests/bench/parbench.c
tests_bench_parbench_LDADD = $(PAR_LIBS) $(PAR_LIBS_LIBS)
parbench: tests/bench/parbench$(EXEEXT)
EXTRA_PROGRAMS += tests/bench/bench_sched
tests_bench_bench_sched_LDADD = libparbroker.la libparcommon.la
bench_sched: tests/bench/bench_sched$(EXEEXT)
.PHONY: parbench bench_sched

# The units, and one job per transport.
check-quick:
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(CHECK_QUICK)'
.PHONY: check-quick

# A broker that the tests of the client script.
tests_unit_test_client_SOURCES = tests/unit/test_client.c $(FAKE_BROKER)
tests_unit_test_client_ask_SOURCES = tests/unit/test_client_ask.c $(FAKE_BROKER)
tests_unit_test_client_input_SOURCES = tests/unit/test_client_input.c $(FAKE_BROKER)
tests_unit_test_client_map_SOURCES = tests/unit/test_client_map.c $(FAKE_BROKER)
tests_unit_test_client_setup_SOURCES = tests/unit/test_client_setup.c $(FAKE_BROKER)
tests_unit_test_client_stream_SOURCES = tests/unit/test_client_stream.c $(FAKE_BROKER)
tests_unit_test_client_loop_SOURCES = tests/unit/test_client_loop.c $(FAKE_BROKER)
tests_unit_test_client_pump_SOURCES = tests/unit/test_client_pump.c $(FAKE_BROKER)
tests_unit_test_client_runs_SOURCES = tests/unit/test_client_runs.c $(FAKE_BROKER)

# Parts of parctl.
tests_unit_test_args_SOURCES = tests/unit/test_args.c client/args.c
tests_unit_test_inputs_SOURCES = tests/unit/test_inputs.c client/inputs.c
tests_unit_test_spool_SOURCES = tests/unit/test_spool.c client/spool.c
tests_unit_test_table_SOURCES = tests/unit/test_table.c client/table.c
tests_unit_test_target_SOURCES = tests/unit/test_target.c client/target.c
tests_unit_test_template_SOURCES = tests/unit/test_template.c \
    client/template.c client/places.c client/script.c client/shell.c \
    client/document.c client/pattern.c

# CZMQ reads our key files, and we read its.
tests_unit_test_keys_LDADD = $(LDADD) $(CZMQ_LIBS)
