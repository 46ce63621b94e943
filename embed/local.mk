# embed: a private broker and worker in one loop of the calling process.

noinst_LTLIBRARIES += libparembed.la
libparembed_la_SOURCES = \
    embed/broker.c \
    embed/embed.c embed/embed.h \
    embed/loop.c embed/loop.h \
    embed/private.c
