# doc: man pages, examples and texts.

dist_doc_DATA = doc/protocol.md doc/signatures.md doc/two-hosts.md

dist_man_MANS += \
    doc/man/libpar.3 \
    doc/man/par.7 \
    doc/man/parctl.1 \
    doc/man/parbroker.8 \
    doc/man/parworker.8
