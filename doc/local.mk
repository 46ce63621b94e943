# doc: man pages, examples and texts.

dist_doc_DATA = doc/protocol.md doc/signatures.md
