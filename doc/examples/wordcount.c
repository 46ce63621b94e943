/* wordcount.c - a computation: the words of a text
 *
 *     parctl map --content wordcount.c:count ::: *.txt
 *
 * A word is a run of the letters A to Z, in either case.
 */
#include <par/task.h>
#include <stdlib.h>
#include <string.h>

static int is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The next word at or after *at; its length, 0 at the end. */
static size_t next_word(const char *text, size_t len, size_t *at)
{
    size_t from;

    while (*at < len && !is_letter(text[*at]))
        ++*at;
    for (from = *at; *at < len && is_letter(text[*at]); ++*at)
        ;
    return *at - from;
}

static int count(struct par_task *t)
{
    size_t len, at = 0;
    const char *text = par_bytes(t, 0, &len);
    int64_t n = 0;

    while (next_word(text, len, &at))
        n++;
    return par_put_int(t, n);
}
PAR_FUNCTION(count, "text:b->i")

/* ---- how often each occurs: a table that the slot keeps from job to job ----
 */

struct cell {
    const char *word; /* in `letters`; NULL: free */
    size_t len;
    int64_t count;
};

struct table {
    struct cell *cells;
    size_t size; /* a power of two */
    size_t used;
    char *letters; /* the text in lower case */
    size_t room;
};

static int make_table(struct par_task *t)
{
    struct table *table = calloc(1, sizeof *table);

    if (table) {
        table->size = 1 << 12;
        table->cells = calloc(table->size, sizeof *table->cells);
    }
    if (!table || !table->cells)
        return par_throw(t, 1, "out of memory");
    par_set_state(t, table);
    return 0;
}
PAR_SLOT_SETUP(make_table)

/* FNV-1a (Fowler, Noll, Vo; draft-eastlake-fnv). */
static struct cell *find(struct table *t, const char *word, size_t len)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    size_t i;

    for (i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)word[i]) * UINT64_C(0x100000001b3);
    for (i = hash & (t->size - 1); t->cells[i].word;
         i = (i + 1) & (t->size - 1))
        if (t->cells[i].len == len && !memcmp(t->cells[i].word, word, len))
            break;
    return &t->cells[i];
}

static int grow(struct table *t)
{
    struct table bigger = *t;

    bigger.size *= 2;
    bigger.cells = calloc(bigger.size, sizeof *bigger.cells);
    if (!bigger.cells)
        return -1;
    for (size_t i = 0; i < t->size; i++)
        if (t->cells[i].word)
            *find(&bigger, t->cells[i].word, t->cells[i].len) = t->cells[i];
    free(t->cells);
    *t = bigger;
    return 0;
}

static int lower(struct table *t, const char *text, size_t len)
{
    if (len > t->room) {
        char *letters = realloc(t->letters, len);

        if (!letters)
            return -1;
        t->letters = letters;
        t->room = len;
    }
    for (size_t i = 0; i < len; i++)
        t->letters[i] = (char)(is_letter(text[i]) ? text[i] | 0x20 : text[i]);
    return 0;
}

static int words(struct par_task *t)
{
    struct table *table = par_state(t);
    size_t len, n, at = 0;
    const char *text = par_bytes(t, 0, &len);

    memset(table->cells, 0, table->size * sizeof *table->cells);
    table->used = 0;
    if (lower(table, text, len))
        return par_throw(t, 1, "out of memory");
    while ((n = next_word(table->letters, len, &at))) {
        struct cell *cell = find(table, table->letters + at - n, n);

        if (!cell->word) {
            cell->word = table->letters + at - n;
            cell->len = n;
            if (++table->used > table->size / 2 && grow(table))
                return par_throw(t, 1, "out of memory");
            cell = find(table, table->letters + at - n, n);
        }
        cell->count++;
    }
    par_put_map(t, table->used);
    for (size_t i = 0; i < table->size; i++)
        if (table->cells[i].word) {
            par_put_str(t, table->cells[i].word, table->cells[i].len);
            par_put_int(t, table->cells[i].count);
        }
    return 0;
}
PAR_FUNCTION(words, "text:b->m")
