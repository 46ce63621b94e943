/* nanny_stream.c - the input and output of commands, under credit
 *
 * Output is read only as far as its reader has granted, so a slow reader
 * pauses the command and nothing piles up here.  Input is granted a window at
 * a time and waits here until the command takes it.
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "engine.h"
#include "meta_keys.h"
#include "nanny_say.h"
#include "nanny_stream.h"
#include "poller.h"

enum {
    CHANNEL_STREAM = 2,
    PIECES = 8 /* in one go: others want their turn, too */
};

/* ---- output ---- */

static void say_stream(struct nanny *n,
                       const struct command *c,
                       int stream,
                       const void *data,
                       size_t len,
                       bool final)
{
    struct wire_header head = {.type = WIRE_STREAM,
                               .flags = final ? WIRE_FINAL : 0,
                               .id = run_id(c->run),
                               .ref = c->streams[stream].moved};
    struct meta_writer meta = {0};

    if (c->run->state == RUN_ANSWERED)
        return; /* nobody is there to hear it */
    meta_put_map(&meta, 1);
    meta_pair_int(&meta, KEY_STREAM_NUMBER, stream);
    nanny_say(n, &head, &meta, len ? data : NULL, len);
    meta_writer_clear(&meta);
}

static void end_output(struct nanny *n, struct command *c, int stream)
{
    struct command_stream *s = &c->streams[stream];

    if (!s->ended)
        say_stream(n, c, stream, NULL, 0, true);
    s->ended = true;
    if (s->fd >= 0)
        poller_close(n->poller, s->fd);
    s->fd = -1;
}

static void watch_output(struct nanny *n,
                         const struct seat *seat,
                         int stream,
                         bool on)
{
    const struct command_stream *s = &seat->command->streams[stream];

    if (on)
        poller_watch(
            n->poller, s->fd,
            nanny_tag(seat->number, stream == 1 ? WATCH_OUTPUT : WATCH_ERROR),
            true, false);
    else
        poller_forget(n->poller, s->fd); /* not even its end */
}

/* Send what the credit allows.  False: there is nothing to read now. */
static bool pump_output(struct nanny *n, struct seat *seat, int stream)
{
    struct command *c = seat->command;
    struct command_stream *s = &c->streams[stream];
    char piece[COMMAND_PIECE];

    for (int i = 0; i < PIECES && s->fd >= 0; i++) {
        uint64_t room = s->granted - s->moved;
        ssize_t got;

        if (room == 0) {
            s->paused = true;
            watch_output(n, seat, stream, false);
            return true;
        }
        got = read(s->fd, piece,
                   room < sizeof piece ? (size_t)room : sizeof piece);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return false;
        if (got <= 0) {
            end_output(n, c, stream);
            return true;
        }
        if (stream == 2)
            tail_add(&c->tail, piece, (size_t)got);
        say_stream(n, c, stream, piece, (size_t)got, false);
        s->moved += (uint64_t)got;
    }
    return true;
}

/* What is in a pipe costs credit, its end does not. */
static bool is_empty(int pipe)
{
    int octets;

    return ioctl(pipe, FIONREAD, &octets) == 0 && octets == 0;
}

/* Nobody grants to a command that was ended, and a stray that escaped its
 * keeper may hold a pipe open: what they still have to say is dropped. */
bool nanny_streams_settle(struct nanny *n, struct seat *seat)
{
    struct command *c = seat->command;
    bool sent = true;

    for (int i = 1; i < COMMAND_STREAMS; i++) {
        struct command_stream *s = &c->streams[i];

        while (s->fd >= 0 && !s->paused)
            if (!pump_output(n, seat, i))
                end_output(n, c, i);
        if (s->fd < 0 || c->run->doom != DOOM_NONE ||
            c->run->state == RUN_ANSWERED || is_empty(s->fd))
            end_output(n, c, i);
        sent = sent && s->ended;
    }
    return sent;
}

/* ---- input ---- */

static void close_input(struct nanny *n, struct command *c)
{
    if (c->streams[0].fd >= 0)
        poller_close(n->poller, c->streams[0].fd);
    c->streams[0].fd = -1;
    meta_writer_clear(&c->input);
    c->input_at = 0;
}

/* write(2) to a pipe without a reader raises SIGPIPE, and what that does is
 * the program's affair that we live in: keep it from this thread, and take
 * the one that we have caused. */
static ssize_t write_quietly(int fd, const void *data, size_t len)
{
    sigset_t sigpipe, before, pending;
    ssize_t n;
    int error;

    sigemptyset(&sigpipe);
    sigaddset(&sigpipe, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &sigpipe, &before);
    n = write(fd, data, len);
    error = errno;
    if (n < 0 && error == EPIPE && !sigismember(&pending, SIGPIPE))
        sigtimedwait(&sigpipe, NULL, &(struct timespec){0, 0});
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return n;
}

static void say_input_credit(struct nanny *n, struct command *c)
{
    struct wire_header head = {.type = WIRE_CREDIT, .id = run_id(c->run)};
    struct meta_writer meta = {0};
    uint64_t waiting = c->input.len - c->input_at;

    c->streams[0].granted = c->streams[0].moved - waiting + COMMAND_WINDOW;
    meta_put_map(&meta, 2);
    meta_put_uint(&meta, KEY_CREDIT_GRANTS);
    meta_put_array(&meta, 1);
    meta_put_array(&meta, 3);
    meta_put_uint(&meta, CHANNEL_STREAM);
    meta_put_uint(&meta, c->streams[0].granted);
    meta_put_uint(&meta, c->streams[0].granted);
    meta_pair_int(&meta, KEY_CREDIT_STREAM, 0);
    nanny_say(n, &head, &meta, NULL, 0);
    meta_writer_clear(&meta);
}

static void renew_input(struct nanny *n, struct command *c)
{
    struct command_stream *s = &c->streams[0];
    uint64_t waiting = c->input.len - c->input_at;

    if (!s->ended && s->granted - s->moved + waiting <= COMMAND_WINDOW / 2)
        say_input_credit(n, c);
}

static void pump_input(struct nanny *n, struct seat *seat)
{
    struct command *c = seat->command;
    struct command_stream *s = &c->streams[0];

    while (s->fd >= 0 && c->input_at < c->input.len) {
        ssize_t put = write_quietly(s->fd, c->input.data + c->input_at,
                                    c->input.len - c->input_at);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0 && errno == EAGAIN) {
            poller_watch(n->poller, s->fd, nanny_tag(seat->number, WATCH_INPUT),
                         false, true);
            return;
        }
        if (put < 0) { /* it reads no more: the rest is of no use */
            s->ended = true;
            close_input(n, c);
            return;
        }
        c->input_at += (size_t)put;
    }
    if (s->fd < 0)
        return;
    meta_writer_reset(&c->input);
    c->input_at = 0;
    poller_forget(n->poller, s->fd);
    if (s->ended)
        close_input(n, c);
    else
        renew_input(n, c);
}

void nanny_streams_begin(struct nanny *n, struct seat *seat)
{
    if (seat->command->streams[0].fd >= 0)
        say_input_credit(n, seat->command);
}

static struct seat *seat_of(struct nanny *n, uint64_t id)
{
    struct run *r = run_batches_find(&n->batches, id);
    struct seat *seat =
        r && r->state == RUN_RUNNING ? &n->seats[r->seat] : NULL;

    return seat && seat->command && seat->command->run == r ? seat : NULL;
}

void nanny_on_stream(struct nanny *n, const struct wire_msg *m)
{
    struct seat *seat = seat_of(n, m->head.id);
    struct command *c = seat ? seat->command : NULL;
    struct wire_item item = {0};
    size_t cursor = 0;

    if (!c || c->streams[0].fd < 0 || c->streams[0].ended ||
        meta_int(m->meta, m->head.meta_len, KEY_STREAM_NUMBER, 0) != 0) {
        nanny_say_error(n, m->head.id, PAR_UNKNOWN_ID, false,
                        "no such run reads its input here");
        return;
    }
    wire_next(m, &cursor, &item);
    if (m->head.ref != c->streams[0].moved ||
        item.len > c->streams[0].granted - c->streams[0].moved) {
        nanny_say_error(n, m->head.id, PAR_NO_CREDIT, false,
                        "more input than was granted, or out of order");
        return;
    }
    meta_put_raw(&c->input, item.data, item.len);
    c->streams[0].moved += item.len;
    c->streams[0].ended = (m->head.flags & WIRE_FINAL) != 0;
    if (c->input.failed) { /* it must not miss a part unnoticed */
        if (c->run->doom == DOOM_NONE)
            c->run->doom = DOOM_CANCEL;
        c->kill_at = n->now;
        c->stirred = true;
        return;
    }
    pump_input(n, seat);
}

/* ---- credit for output ---- */

static void hear_grant(struct nanny *n,
                       struct seat *seat,
                       int stream,
                       uint64_t octets)
{
    struct command_stream *s = &seat->command->streams[stream];

    if (octets > s->granted)
        s->granted = octets;
    if (!s->paused || s->fd < 0 || s->granted == s->moved)
        return;
    s->paused = false;
    watch_output(n, seat, stream, true);
    seat->command->stirred = true;
}

void nanny_on_credit(struct nanny *n, const struct wire_msg *m)
{
    struct seat *seat = m->head.id ? seat_of(n, m->head.id) : NULL;
    int64_t stream = meta_int(m->meta, m->head.meta_len, KEY_CREDIT_STREAM, -1);
    struct meta_reader r;
    struct meta_value list, one, v[3];

    if (!seat || (stream != 1 && stream != 2) ||
        !meta_find(m->meta, m->head.meta_len, KEY_CREDIT_GRANTS, &list, &r) ||
        list.kind != META_ARRAY || list.len == 0)
        return;
    if (!meta_next(&r, &one) || one.kind != META_ARRAY || one.len < 3)
        return;
    for (int i = 0; i < 3; i++)
        if (!meta_next(&r, &v[i]) || v[i].kind != META_INT || v[i].i < 0)
            return;
    if (v[0].i == CHANNEL_STREAM)
        hear_grant(n, seat, (int)stream, v[2].u);
}

/* ---- events ---- */

void nanny_stream_event(struct nanny *n, struct seat *seat, enum watch watch)
{
    if (watch == WATCH_INPUT)
        pump_input(n, seat);
    else
        pump_output(n, seat, watch == WATCH_OUTPUT ? 1 : 2);
    seat->command->stirred = true;
}
