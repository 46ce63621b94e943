/* meta.h - small msgpack maps and arrays: a bounded reader, and a writer
 *
 * Network bytes never meet msgpack-c's unpacker, which allocates by the
 * peer's say-so: meta_check() proves structure without allocating, and the
 * cursor then walks the checked bytes.  Packing is msgpack-c's.
 * Format: https://github.com/msgpack/msgpack/blob/master/spec.md
 */
#ifndef PAR_COMMON_META_H
#define PAR_COMMON_META_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { META_DEPTH = 16, META_ELEMENTS = 65536, META_JSON_DEPTH = 128 };

/* True if the bytes are exactly one msgpack object, with at most META_DEPTH
 * arrays and maps inside each other and META_ELEMENTS values (keys and the
 * compounds themselves count), every length within the bytes, no 0xC1, and
 * (for maps) no float, nil or compound keys. */
bool meta_check(const void *data, size_t len);

/* True if they are, besides, a map (or nothing at all). */
bool meta_check_map(const void *data, size_t len);

/* ---- reading ---- */

enum meta_kind {
    META_END, /* nothing left, or not what was asked for */
    META_NIL,
    META_BOOL,
    META_INT,  /* fits int64 */
    META_UINT, /* above INT64_MAX */
    META_FLOAT,
    META_STR,
    META_BIN,
    META_ARRAY, /* `len` values follow */
    META_MAP,   /* `len` pairs follow */
    META_EXT
};

struct meta_value {
    enum meta_kind kind;
    union {
        bool boolean;
        int64_t i;
        uint64_t u; /* also set for META_INT that is not negative */
        double f;
    };
    const uint8_t *data; /* META_STR, META_BIN, META_EXT (type at data[-1]) */
    size_t len;          /* their octets, or values, or pairs */
    /* the encoded value, head and all that is inside: for handing on */
    const uint8_t *raw;
    size_t raw_len; /* 0 for a compound: meta_skip() finds its end */
};

struct meta_reader {
    const uint8_t *p;
    const uint8_t *end;
};

/* "a string": for an error that says what was there.  META_END is "nothing". */
const char *meta_kind_name(enum meta_kind kind);

/* Read bytes that meta_check() has passed.  Others do no harm (every step
 * keeps within them), but what they say is then anybody's guess.  len 0 reads
 * as nothing. */
struct meta_reader meta_read(const void *data, size_t len);

/* The next value; of an array or a map only its head is read and what is
 * inside follows.  Returns false at the end. */
bool meta_next(struct meta_reader *r, struct meta_value *v);

/* The next value, whole, passed over; *raw and *len (may be NULL) get its
 * bytes.  Returns false at the end. */
bool meta_skip(struct meta_reader *r, const uint8_t **raw, size_t *len);

/* Find `key` in the map that `data` holds and read its value; a reader for
 * exactly what is inside a compound goes to *inside (may be NULL).  The first
 * of two equal keys counts.  Returns false if it is not there, or if `data` is
 * no map; v->kind is then META_END. */
bool meta_find(const void *data,
               size_t len,
               uint64_t key,
               struct meta_value *v,
               struct meta_reader *inside);
bool meta_find_text(const void *data,
                    size_t len,
                    const char *key,
                    struct meta_value *v,
                    struct meta_reader *inside);

/* The common cases: the value under `key`, or `fallback` where it is missing,
 * of another kind or (above INT64_MAX) too large.  A float with an integral
 * value counts as an integer (JavaScript and Lua send those). */
int64_t meta_int(const void *data, size_t len, uint64_t key, int64_t fallback);
bool meta_bool(const void *data, size_t len, uint64_t key, bool fallback);

/* A value as a refusal quotes it, cut to what fits. */
void meta_show(const struct meta_value *v, char *to, size_t size);

/* Copy a string or binary under `key` to `to`, cut at size - 1, NUL-ended;
 * "" where it is missing.  Returns its full length, or -1 where missing. */
ptrdiff_t meta_text(
    const void *data, size_t len, uint64_t key, char *to, size_t size);

/* True if v is a string equal to text. */
bool meta_is(const struct meta_value *v, const char *text);

/* Append the object to `out` as JSON, for people and for --json, in one line.
 * Integers are exact, floats the shortest that reads back the same, NaN and
 * infinity null; binary and ext are base64 strings; a key that is no string
 * is written as one; what is not UTF-8 becomes U+FFFD, and no control
 * character goes out as it is.
 *
 * Any bytes may be given, and there is no limit to their number of values.
 * Returns -1, with nothing appended, if they are not one object, if it is
 * deeper than META_JSON_DEPTH or has a compound key, or if out of memory
 * (out->failed tells which). */
struct meta_writer;
int meta_json(struct meta_writer *out, const void *data, size_t len);

/* ---- writing ---- */

/* A growing buffer.  A failed allocation sticks: `failed` stays true, writing
 * on is harmless, and the one check stands at the end. */
struct meta_writer {
    uint8_t *data; /* owned; free with meta_writer_clear() */
    size_t len;
    size_t size;
    bool failed;
};

void meta_writer_clear(struct meta_writer *w); /* frees; ready for reuse */
void meta_writer_reset(struct meta_writer *w); /* keeps the memory */

/* Room for `n` more octets at data + len, for writing in place; NULL if out
 * of memory.  Advance len by what was used. */
uint8_t *meta_room(struct meta_writer *w, size_t n);
void meta_put_raw(struct meta_writer *w, const void *data, size_t n);

void meta_put_map(struct meta_writer *w, uint32_t pairs);
void meta_put_array(struct meta_writer *w, uint32_t values);
void meta_put_nil(struct meta_writer *w);
void meta_put_bool(struct meta_writer *w, bool v);
void meta_put_int(struct meta_writer *w, int64_t v);
void meta_put_uint(struct meta_writer *w, uint64_t v);
void meta_put_float(struct meta_writer *w, double v);
void meta_put_str(struct meta_writer *w, const char *text);
void meta_put_strn(struct meta_writer *w, const char *text, size_t n);
void meta_put_bin(struct meta_writer *w, const void *data, size_t n);

/* A map's pairs in one call each, the usual shape of PAR metadata. */
void meta_pair_int(struct meta_writer *w, uint64_t key, int64_t v);
void meta_pair_str(struct meta_writer *w, uint64_t key, const char *text);
void meta_pair_bin(struct meta_writer *w,
                   uint64_t key,
                   const void *p,
                   size_t n);

/* A map whose number of pairs is not known beforehand: open it, count while
 * writing, and close it with the mark that opening gave. */
size_t meta_open_map(struct meta_writer *w);
void meta_close_map(struct meta_writer *w, size_t mark, uint32_t pairs);
size_t meta_open_array(struct meta_writer *w);
void meta_close_array(struct meta_writer *w, size_t mark, uint32_t values);

#endif
