# common: used by all.  libparcommon needs no ZeroMQ, so that parslot and
# parspawn start without it; what needs ZeroMQ is libparlink.

# Pure: no I/O, no clock, no environment (contrib/checks/purity).
COMMON_PURE = \
    common/batch.c common/batch.h \
    common/bundle.c common/bundle.h \
    common/bundle_decode.c \
    common/bundle_encode.c \
    common/bundle_fields.c \
    common/bundle_keys.c common/bundle_keys.h \
    common/bundle_lists.c \
    common/credit.c common/credit.h \
    common/decimal.c common/decimal.h \
    common/digest.c common/digest.h \
    common/error.c \
    common/heap.c common/heap.h \
    common/idmap.c common/idmap.h \
    common/list.h \
    common/meta.c common/meta.h \
    common/meta_json.c \
    common/meta_keys.h \
    common/meta_write.c \
    common/plain.c common/plain.h \
    common/signature.c common/signature.h \
    common/signature_args.c \
    common/utf8.c common/utf8.h \
    common/wire.c common/wire.h
COMMON_EFFECT = \
    common/clock.c common/clock.h \
    common/digest_hash.c \
    common/log.c common/log.h \
    common/daemon.c common/daemon.h \
    common/ignored.h \
    common/options.c common/options.h \
    common/place.c common/place.h \
    common/stdfds.c common/stdfds.h \
    common/textfile.c common/textfile.h \
    common/whole.c common/whole.h

noinst_LTLIBRARIES += libparcommon.la libparlink.la
libparcommon_la_SOURCES = $(COMMON_PURE) $(COMMON_EFFECT)
libparlink_la_SOURCES = \
    common/authorized.c \
    common/backlog.c common/backlog.h \
    common/conns.c common/conns.h \
    common/doorstep.c common/doorstep.h \
    common/endpoint.c \
    common/ipc.c common/ipc.h \
    common/keys.c common/keys.h \
    common/known.c \
    common/link.h \
    common/link_client.c \
    common/link_context.c \
    common/link_server.c common/link_server.h \
    common/link_server_end.c \
    common/link_server_send.c \
    common/link_server_watch.c \
    common/link_socket.c common/link_socket.h \
    common/listener.c common/listener.h \
    common/monitor.c common/monitor.h \
    common/ticket.c common/ticket.h \
    common/zap.c common/zap.h
