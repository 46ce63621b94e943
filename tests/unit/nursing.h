/* nursing.h - a nanny with its slots, driven as a broker would
 *
 * One thread: what waits here lets the nanny take its turns.  Files are
 * served, output is granted and gathered, answers are noted down by id.
 *
 * length: one rig, read from top to bottom by whoever writes such a test.
 */
#ifndef PAR_TESTS_UNIT_NURSING_H
#define PAR_TESTS_UNIT_NURSING_H

#include "batch.h"
#include "bundle.h"
#include "linked.h"
#include "meta.h"
#include "meta_keys.h"
#include "worker/nanny.h"

enum { ANSWERS = 16384, FILES = 8, HEARTBEAT = 60000 };

struct answer {
    uint64_t id;
    bool is_result;
    enum wire_type type;
    uint64_t ref; /* of what is no result */
    unsigned flags, count;
    unsigned status;
    unsigned executed;
    uint8_t *data; /* the payload, or the metadata */
    size_t len;
};

struct test_file {
    struct digest hash;
    const char *data;
    size_t len;
};

static struct nanny *nanny;
static uint64_t conn; /* the nanny's */
static unsigned hellos, goodbyes, started, needs, recalled_count;
static uint64_t last_goodbye; /* its reason */
static struct answer answers[ANSWERS];
static unsigned answer_count;
static struct test_file files[FILES];
static char *kept[FILES]; /* their content, if it is ours to free */
static unsigned file_count;
static char output[3][4 * 1024 * 1024]; /* by stream */
static size_t output_len[3];
static bool output_ended[3];
static bool grants = true; /* output, as it comes */
static uint64_t input_granted;
static uint64_t recalled[ANSWERS];
static char worker_name[64];
static bool name_is_taken;       /* refuse the next HELLO */
static struct meta_writer hello; /* HELLO's metadata */
static uint64_t ahead;           /* ms: the nanny's clock */
static uint64_t stands;          /* ms: it stands there; 0: it goes */

/* ---- saying ---- */

static inline void say_item(enum wire_type type,
                            uint64_t id,
                            uint64_t ref,
                            unsigned flags,
                            const struct meta_writer *meta,
                            const void *data,
                            size_t len)
{
    struct wire_header head = {
        .type = (uint8_t)type, .flags = (uint16_t)flags, .id = id, .ref = ref};
    struct batch b = {0};
    uint8_t *frame;
    size_t frame_len;

    batch_begin(&b, &head, meta ? meta->data : NULL, meta ? meta->len : 0);
    if (data)
        batch_add_bare(&b, data, len);
    frame = batch_take(&b, &frame_len);
    cr_assert(
        eq(int, link_server_send(server, conn, frame, frame_len, NULL), 0));
}

static inline void say(enum wire_type type, uint64_t id, uint64_t ref)
{
    say_item(type, id, ref, 0, NULL, NULL, 0);
}

static inline void say_pair(
    enum wire_type type, uint64_t id, uint64_t ref, uint64_t key, int64_t value)
{
    struct meta_writer w = {0};

    meta_put_map(&w, 1);
    meta_pair_int(&w, key, value);
    say_item(type, id, ref, 0, &w, NULL, 0);
    meta_writer_clear(&w);
}

static inline void grant(uint64_t id, unsigned stream, uint64_t octets)
{
    struct meta_writer w = {0};

    meta_put_map(&w, 2);
    meta_put_uint(&w, 1);
    meta_put_array(&w, 1);
    meta_put_array(&w, 3);
    meta_put_uint(&w, 2);
    meta_put_uint(&w, octets);
    meta_put_uint(&w, octets);
    meta_pair_int(&w, 2, stream);
    say_item(WIRE_CREDIT, id, 0, 0, &w, NULL, 0);
    meta_writer_clear(&w);
}

/* ---- hearing ---- */

static inline void note(const struct link_msg *m,
                        uint64_t id,
                        const struct wire_item *item)
{
    struct answer *a = &answers[answer_count++];
    const void *data = item ? item->data : m->wire.meta;
    size_t len = item ? item->len : m->wire.head.meta_len;

    cr_assert(lt(uint, answer_count, ANSWERS));
    *a = (struct answer){.id = id,
                         .is_result = item != NULL,
                         .type = (enum wire_type)m->wire.head.type,
                         .ref = m->wire.head.ref,
                         .flags = m->wire.head.flags,
                         .count = m->wire.head.count,
                         .status = item ? item->status : 0,
                         .executed = item ? item->executed : 0,
                         .data = malloc(len + 1),
                         .len = len};
    if (len)
        memcpy(a->data, data, len);
    a->data[len] = 0;
}

static inline void hear_hello(const struct link_msg *m)
{
    struct meta_writer w = {0};

    hellos++;
    conn = m->conn;
    meta_writer_reset(&hello);
    meta_put_raw(&hello, m->wire.meta, m->wire.head.meta_len);
    if (name_is_taken) {
        name_is_taken = false;
        meta_put_map(&w, 1);
        meta_pair_str(&w, KEY_ANY_TEXT, "the name w.1 is taken");
        say_item(WIRE_ERROR, 0, PAR_DUPLICATE_ID, WIRE_FINAL, &w, NULL, 0);
        meta_writer_clear(&w);
        return;
    }
    meta_put_map(&w, 3);
    meta_pair_int(&w, 1, 1);
    meta_pair_int(&w, 11, HEARTBEAT);
    meta_pair_str(&w, 18, worker_name);
    say_item(WIRE_WELCOME, 0, 0, 0, &w, NULL, 0);
    meta_writer_clear(&w);
}

static inline void hear_need(const struct link_msg *m)
{
    struct meta_value hash;
    int64_t length = meta_int(m->wire.meta, m->wire.head.meta_len, 2, 0);
    uint64_t at = m->wire.head.ref;

    needs++;
    cr_assert(meta_find(m->wire.meta, m->wire.head.meta_len, 1, &hash, NULL));
    for (unsigned i = 0; i < file_count; i++) {
        const struct test_file *f = &files[i];
        uint64_t end = at + (uint64_t)length;

        if (memcmp(f->hash.bytes, hash.data, DIGEST_SIZE) != 0)
            continue;
        cr_assert(le(u64, end, f->len));
        while (at < end) {
            size_t n = end - at < WIRE_CHUNK_MAX ? (size_t)(end - at)
                                                 : (size_t)WIRE_CHUNK_MAX;

            say_item(WIRE_BLOB_DATA, m->wire.head.id, at,
                     at + n == f->len ? WIRE_FINAL : 0, NULL, f->data + at, n);
            at += n;
        }
        return;
    }
    say_item(WIRE_ERROR, m->wire.head.id, PAR_UNKNOWN_ID, WIRE_FINAL, NULL,
             NULL, 0);
}

static inline void hear_stream(const struct link_msg *m)
{
    int64_t stream = meta_int(m->wire.meta, m->wire.head.meta_len, 1, 0);
    struct wire_item item = {0};
    size_t cursor = 0;

    cr_assert(stream == 1 || stream == 2);
    cr_assert(eq(u64, m->wire.head.ref, output_len[stream]));
    wire_next(&m->wire, &cursor, &item);
    cr_assert(lt(sz, output_len[stream] + item.len, sizeof output[stream]));
    if (item.len)
        memcpy(output[stream] + output_len[stream], item.data, item.len);
    output_len[stream] += item.len;
    output[stream][output_len[stream]] = 0;
    if (m->wire.head.flags & WIRE_FINAL)
        output_ended[stream] = true;
    else if (grants)
        grant(m->wire.head.id, (unsigned)stream,
              output_len[stream] + 64 * 1024);
}

static inline void hear_credit(const struct link_msg *m)
{
    struct meta_reader r;
    struct meta_value v;

    cr_assert(meta_find(m->wire.meta, m->wire.head.meta_len, 1, &v, &r));
    for (int i = 0; i < 4; i++) /* the list, the grant, its three numbers */
        cr_assert(meta_next(&r, &v));
    input_granted = v.u;
}

static inline void hear_recalled(const struct link_msg *m)
{
    struct meta_reader r;
    struct meta_value v;

    cr_assert(meta_find(m->wire.meta, m->wire.head.meta_len, 1, &v, &r));
    while (meta_next(&r, &v))
        recalled[recalled_count++] = v.u;
    note(m, m->wire.head.id, NULL);
}

static inline void hear_results(const struct link_msg *m)
{
    struct wire_item item;
    size_t cursor = 0;

    while (wire_next(&m->wire, &cursor, &item))
        note(m, m->wire.head.id + item.index, &item);
}

static inline void hear(const struct link_msg *m)
{
    cr_assert(eq(int, m->status, PAR_OK));
    switch (m->wire.head.type) {
    case WIRE_HELLO:
        hear_hello(m);
        break;
    case WIRE_BLOB_NEED:
        hear_need(m);
        break;
    case WIRE_STREAM:
        hear_stream(m);
        break;
    case WIRE_CREDIT:
        hear_credit(m);
        break;
    case WIRE_STARTED:
        started++;
        break;
    case WIRE_RECALLED:
        hear_recalled(m);
        break;
    case WIRE_RESULT:
        hear_results(m);
        break;
    case WIRE_GOODBYE:
        goodbyes++;
        last_goodbye = m->wire.head.ref;
        break;
    case WIRE_PING:
        break;
    default:
        note(m, m->wire.head.id, NULL);
    }
}

/* ---- waiting ---- */

/* Let the nanny do what it can, and hear what it says. */
static inline void turn(void)
{
    struct link_msg m;
    uint64_t gone;

    if (nanny)
        nanny_turn(nanny, stands ? stands : clock_ms() + ahead);
    while (link_server_recv(server, &m)) {
        hear(&m);
        link_msg_close(&m);
    }
    while (link_server_gone(server, &gone))
        continue;
}

/* Wait until there is something to do. */
static inline void rest(uint64_t until)
{
    zmq_pollitem_t items[2 * LINK_POLL + 2];
    uint64_t now = clock_ms(), due = nanny ? nanny_deadline(nanny) : until;
    int n = link_server_poll(server, items);

    cr_assert(lt(u64, now, until), "the nanny says nothing");
    due = due > ahead ? due - ahead : 0;
    if (stands && due > stands)
        due = until;
    if (nanny)
        n += (int)nanny_poll(nanny, items + n, LINK_POLL + 1);
    if (due > until)
        due = until;
    zmq_poll(items, n, due > now ? (long)(due - now) : 0);
}

#define WAIT_FOR(condition)                                                    \
    do {                                                                       \
        uint64_t until_ = clock_ms() + WAIT_MS;                                \
        while (!(condition)) {                                                 \
            turn();                                                            \
            if (condition)                                                     \
                break;                                                         \
            rest(until_);                                                      \
        }                                                                      \
    } while (0)

static inline struct answer *find_answer(uint64_t id)
{
    for (unsigned i = answer_count; i-- > 0;)
        if (answers[i].id == id)
            return &answers[i];
    return NULL;
}

static inline struct answer *wait_answer(uint64_t id)
{
    WAIT_FOR(find_answer(id));
    return find_answer(id);
}

static inline void forget_answers(void)
{
    while (answer_count > 0)
        free(answers[--answer_count].data);
}

static inline unsigned count_answers(uint64_t id)
{
    unsigned n = 0;

    for (unsigned i = 0; i < answer_count; i++)
        n += answers[i].id == id && answers[i].is_result;
    return n;
}

/* Words of an ERROR, or of a failed result; one buffer. */
static inline char *words(const struct answer *a)
{
    static char text[70000];

    meta_text(a->data, a->len, KEY_ANY_TEXT, text, sizeof text);
    return text;
}

static inline int64_t value(const struct answer *a)
{
    struct meta_reader r = meta_read(a->data, a->len);
    struct meta_value v = {0};

    meta_next(&r, &v);
    return v.kind == META_INT ? v.i : -1;
}

/* What key 74 says: "exit 42". */
static inline char *exit_of(const struct answer *a)
{
    static char text[64];
    struct meta_reader r;
    struct meta_value v, kind, number;

    text[0] = 0;
    if (meta_find(a->data, a->len, KEY_ANY_EXIT, &v, &r) &&
        meta_next(&r, &kind) && meta_next(&r, &number))
        snprintf(text, sizeof text, "%.*s %d", (int)kind.len, kind.data,
                 (int)number.i);
    return text;
}

/* ---- opening ---- */

static inline const char *top_builddir(void)
{
    const char *top = getenv("top_builddir");

    return top ? top : ".";
}

static struct par_worker_options options; /* for tests to change before */
static enum link_transport by = LINK_INPROC;

/* Begin a nanny, up to the broker's welcome. */
static inline void nurse(void)
{
    static const char *brokers[2];
    struct par_error err = {0};

    brokers[0] = listen_by(by);
    options.brokers = brokers;
    options.zmq_context = context;
    options.libexec = top_builddir();
    options.dest_path = scratch_path("dest");
    if (!options.slots)
        options.slots = 2;
    nanny = nanny_create(&options, &err);
    cr_assert(nanny != NULL, "%s", err.text);
    WAIT_FOR(hellos == 1 && nanny_state(nanny) == NANNY_READY);
}

static inline void nursing_open(void)
{
    linked_open();
    mkdir(scratch_path("dest"), 0700);
    options = (struct par_worker_options){.name = "w.1"};
    snprintf(worker_name, sizeof worker_name, "w.1");
}

static inline void nursing_close(void)
{
    nanny_destroy(nanny);
    nanny = NULL;
    forget_answers();
    for (unsigned i = 0; i < FILES; i++)
        free(kept[i]);
    meta_writer_clear(&hello);
    linked_close();
}

/* ---- computations ---- */

/* Make a file known; returns its line in a manifest. */
static inline struct bundle_file serve(const char *path,
                                       const char *data,
                                       size_t len)
{
    struct bundle_file f = {
        .path = bundle_text(path), .size = len, .mode = 0755};

    digest_of(&f.hash, data, len);
    files[file_count++] = (struct test_file){f.hash, data, len};
    return f;
}

/* The same with the content of a file here, kept until the test ends. */
static inline struct bundle_file serve_from(const char *path, const char *here)
{
    FILE *in = fopen(here, "r");
    size_t len = 0, room = 1 << 22;
    char *data = malloc(room);

    cr_assert(in != NULL, "%s", here);
    len = fread(data, 1, room, in);
    fclose(in);
    cr_assert(lt(sz, len, room));
    data = realloc(data, len);
    kept[file_count] = data;
    return serve(path, data, len);
}

/* Whose computations these are; NULL: the broker does not say. */
static const char *owner = "0123456789abcdef0123456789abcdef";

/* SETUP of a draft; the answer comes under the same id. */
static inline void say_setup(uint64_t id,
                             uint32_t handle,
                             const struct bundle_draft *draft)
{
    struct meta_writer manifest = {0}, meta = {0};
    struct par_error err = {0};

    cr_assert(eq(int, bundle_encode(&manifest, draft, &err), 0), "%s",
              err.text);
    meta_put_map(&meta, owner ? 1 : 0);
    if (owner)
        meta_pair_bin(&meta, KEY_SETUP_OWNER, owner, DIGEST_SIZE);
    say_item(WIRE_SETUP, id, handle, 0, &meta, manifest.data, manifest.len);
    meta_writer_clear(&manifest);
    meta_writer_clear(&meta);
}

static char function_names[64][40];
static uint32_t function_count;

static inline void learn_functions(const struct answer *a)
{
    struct meta_reader r;
    struct meta_value v;

    cr_assert(meta_find(a->data, a->len, 2, &v, &r));
    function_count = (uint32_t)v.len;
    for (uint32_t i = 0; i < function_count; i++) {
        cr_assert(meta_next(&r, &v) && meta_next(&r, &v));
        snprintf(function_names[i], sizeof *function_names, "%.*s", (int)v.len,
                 v.data);
        cr_assert(meta_next(&r, &v));
    }
}

static inline struct bundle_draft object_draft(struct bundle_file *file)
{
    char path[512];

    snprintf(path, sizeof path, "%s/tests/unit/functions.so", top_builddir());
    *file = serve_from("functions.so", path);
    return (struct bundle_draft){.name = "functions",
                                 .kind = BUNDLE_OBJECT,
                                 .files = file,
                                 .file_count = 1};
}

enum { HANDLE = 3, SETUP_ID = 1 };

/* Set this up as HANDLE. */
static inline struct answer *set_up_draft(const struct bundle_draft *draft)
{
    struct answer *a;

    say_setup(SETUP_ID, HANDLE, draft);
    a = wait_answer(SETUP_ID);
    cr_assert(eq(int, (int)a->type, WIRE_READY), "%s", words(a));
    cr_assert(eq(u64, a->ref, HANDLE));
    return a;
}

/* Set functions.so up. */
static inline void set_up(void)
{
    static struct bundle_file file; /* the second time nobody serves it */
    static struct bundle_draft draft;

    if (!draft.name)
        draft = object_draft(&file);
    learn_functions(set_up_draft(&draft));
}

/* ---- runs ---- */

static struct batch runs;
static struct meta_writer terms; /* of the next batch: pairs, counted here: */
static uint32_t term_count;

static inline uint64_t target(const char *name)
{
    for (uint32_t i = 0; i < function_count; i++)
        if (strcmp(function_names[i], name) == 0)
            return (uint64_t)HANDLE << 32 | i;
    cr_fatal("no function %s", name);
    return 0;
}

static inline void begin_runs_at(uint64_t first, uint64_t ref)
{
    struct wire_header head = {.type = WIRE_RUN, .id = first, .ref = ref};
    struct meta_writer meta = {0};

    if (term_count) {
        meta_put_map(&meta, term_count);
        meta_put_raw(&meta, terms.data, terms.len);
    }
    batch_begin(&runs, &head, meta.data, meta.len);
    meta_writer_clear(&meta);
    meta_writer_clear(&terms);
    term_count = 0;
}

static inline void begin_runs(uint64_t first, const char *name)
{
    begin_runs_at(first, target(name));
}

static inline void term(uint64_t key, int64_t number)
{
    meta_pair_int(&terms, key, number);
    term_count++;
}

static inline void term_text(uint64_t key, const char *text)
{
    meta_pair_str(&terms, key, text);
    term_count++;
}

static inline void add_args(uint32_t count, const int64_t *args)
{
    struct meta_writer w = {0};

    meta_put_array(&w, count);
    for (uint32_t i = 0; i < count; i++)
        meta_put_int(&w, args[i]);
    batch_add_run(&runs, 5, w.data, (uint32_t)w.len);
    meta_writer_clear(&w);
}

static inline void end_runs(void)
{
    size_t len;
    uint8_t *frame = batch_take(&runs, &len);

    cr_assert(eq(int, link_server_send(server, conn, frame, len, NULL), 0));
}

/* One run with integers as its arguments. */
#define RUN(id, name, ...)                                                     \
    do {                                                                       \
        const int64_t args_[] = {__VA_ARGS__};                                 \
        begin_runs(id, name);                                                  \
        add_args(sizeof args_ / sizeof *args_, args_);                         \
        end_runs();                                                            \
    } while (0)

/* One run without arguments. */
static inline void run0(uint64_t id, const char *name)
{
    begin_runs(id, name);
    batch_add_run(&runs, 5, "\x90", 1);
    end_runs();
}

/* One run of a command: words, NULL-ended. */
static inline void run_words(uint64_t id,
                             uint32_t handle,
                             const char *const *text)
{
    struct meta_writer w = {0};
    uint32_t count = 0;

    while (text[count])
        count++;
    meta_put_array(&w, count);
    for (uint32_t i = 0; i < count; i++)
        meta_put_str(&w, text[i]);
    begin_runs_at(id, (uint64_t)handle << 32);
    batch_add_run(&runs, 5, w.data, (uint32_t)w.len);
    end_runs();
    meta_writer_clear(&w);
}

#define COMMAND(id, ...)                                                       \
    run_words(id, HANDLE, (const char *const[]){__VA_ARGS__, NULL})

#endif
