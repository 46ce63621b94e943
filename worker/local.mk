# worker: the engine (nanny), what runs in a slot, and their programs.

# The nanny and its helpers; needs ZeroMQ.
noinst_LTLIBRARIES += libparworker.la
libparworker_la_SOURCES = \
    worker/beneath.c worker/beneath.h \
    worker/build.c worker/build.h \
    worker/cache.c worker/cache.h \
    worker/command.h \
    worker/comp.c worker/comp.h \
    worker/cpus.c worker/cpus.h \
    worker/disk.c worker/disk.h \
    worker/elf.c worker/elf.h \
    worker/engine.h \
    worker/environ.c worker/environ.h \
    worker/facts.c worker/facts.h \
    worker/live_slot.c worker/live_slot.h \
    worker/nanny.h \
    worker/nanny_answer.c worker/nanny_answer.h \
    worker/nanny_build.c worker/nanny_build.h \
    worker/nanny_close.c worker/nanny_close.h \
    worker/nanny_command.c worker/nanny_command.h \
    worker/nanny_command_begin.c worker/nanny_command_begin.h \
    worker/nanny_death.c worker/nanny_death.h \
    worker/nanny_dispatch.c worker/nanny_dispatch.h \
    worker/nanny_drain.c worker/nanny_drain.h \
    worker/nanny_files.c worker/nanny_files.h \
    worker/nanny_mend.c worker/nanny_mend.h \
    worker/nanny_open.c \
    worker/nanny_registered.c worker/nanny_registered.h \
    worker/nanny_retire.c worker/nanny_retire.h \
    worker/nanny_run.c worker/nanny_run.h \
    worker/nanny_say.c worker/nanny_say.h \
    worker/nanny_session.c worker/nanny_session.h \
    worker/nanny_setup.c worker/nanny_setup.h \
    worker/nanny_slot.c worker/nanny_slot.h \
    worker/nanny_slot_begin.c worker/nanny_slot_begin.h \
    worker/nanny_slot_runs.c worker/nanny_slot_runs.h \
    worker/nanny_starts.c worker/nanny_starts.h \
    worker/nanny_status.c worker/nanny_status.h \
    worker/nanny_stream.c worker/nanny_stream.h \
    worker/nanny_turn.c \
    worker/nanny_watch.c worker/nanny_watch.h \
    worker/poller.c worker/poller.h \
    worker/results.c worker/results.h \
    worker/rubbish.c worker/rubbish.h \
    worker/rundir.c worker/rundir.h \
    worker/runs.c worker/runs.h \
    worker/settings.c worker/settings.h \
    worker/shrink.c worker/shrink.h \
    worker/slots.c worker/slots.h \
    worker/tail.c worker/tail.h \
    worker/thread_slot.c worker/thread_slot.h \
    worker/uplink.c worker/uplink.h \
    worker/window.c worker/window.h \
    worker/words.c worker/words.h \
    worker/worker.c worker/worker.h

# What runs inside a slot: parslot, and libpar for kind `self`.  No ZeroMQ,
# no keys.
noinst_LTLIBRARIES += libparslot.la
libparslot_la_SOURCES = \
    worker/call.c worker/call.h \
    worker/call_args.c \
    worker/call_fail.c \
    worker/call_put.c \
    worker/load.c worker/load.h \
    worker/memfd.c worker/memfd.h \
    worker/page.c worker/page.h \
    worker/pipe.c worker/pipe.h \
    worker/slot.h \
    worker/slot_inside.h \
    worker/slot_loop.c \
    worker/slot_process.c \
    worker/slot_self.c \
    worker/slot_send.c \
    worker/slot_setup.c \
    worker/slot_state.c worker/slot_state.h

# Processes that cannot outlive the nanny: its side and parspawn's.  No ZeroMQ.
noinst_LTLIBRARIES += libparspawn.la
libparspawn_la_SOURCES = \
    worker/disown.c worker/disown.h \
    worker/exec_child.c worker/exec_child.h \
    worker/keeper.c worker/keeper.h \
    worker/order.c worker/order.h \
    worker/rmtree.c worker/rmtree.h \
    worker/spawn.h \
    worker/spawner.c worker/spawner.h \
    worker/tree.c worker/tree.h

pkglibexec_PROGRAMS += parspawn
parspawn_SOURCES = worker/spawn_main.c
parspawn_LDADD = libparspawn.la libparslot.la libparcommon.la

pkglibexec_PROGRAMS += parslot
parslot_SOURCES = worker/slot_main.c
parslot_LDADD = libparslot.la libparcommon.la

bin_PROGRAMS += parworker
parworker_SOURCES = worker/main.c
parworker_LDADD = libparworker.la libparspawn.la libparslot.la libparlink.la \
    libparcommon.la $(PAR_LIBS_LIBS)
