# doc: man pages, examples and texts.
