/* print.c - one result at a time, on stdout and stderr */
#include "config.h"

#include "print.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "meta.h"
#include "meta_keys.h"
#include "result.h"
#include "spool.h"

int print_value(const struct par_result *r, bool raw, struct par_error *err)
{
    char *text;
    size_t len;
    int rc;

    if (r->len == 0)
        return 0;
    if (par_result_text(r, &text, &len))
        return par_fail(err, ENOMEM, "out of memory");
    /* The NUL that follows the text makes room for the newline. */
    if (!raw)
        text[len++] = '\n';
    rc = spool_put(text, len, err);
    free(text);
    return rc;
}

static int write_line(struct meta_writer *map, struct par_error *err)
{
    struct meta_writer line = {0};
    int rc = map->failed || meta_json(&line, map->data, map->len) ? -1 : 0;

    if (rc)
        par_fail(err, map->failed || line.failed ? ENOMEM : EPROTO,
                 "a value that JSON cannot hold");
    meta_put_raw(&line, "\n", 1);
    if (rc == 0)
        rc = spool_put(line.data, line.len, err);
    meta_writer_clear(&line);
    meta_writer_clear(map);
    return rc;
}

static void put_failure(struct meta_writer *w,
                        uint64_t index,
                        const char *why,
                        int executed,
                        const struct meta_value *worker,
                        const char *output,
                        size_t len)
{
    static const char *const words[] = {"no", "maybe", "yes"};

    meta_put_map(w, 3U + (worker != NULL) + (len > 0));
    meta_put_str(w, "index");
    meta_put_uint(w, index);
    meta_put_str(w, "error");
    meta_put_str(w, why);
    meta_put_str(w, "executed");
    meta_put_str(w, words[executed >= 0 && executed < 3 ? executed : 1]);
    if (worker) {
        meta_put_str(w, "worker");
        meta_put_strn(w, (const char *)worker->data, worker->len);
    }
    if (len > 0) {
        meta_put_str(w, "output");
        meta_put_strn(w, output, len);
    }
}

static void put_value(struct meta_writer *w,
                      uint64_t index,
                      const struct par_result *r,
                      const char *output,
                      size_t len)
{
    meta_put_map(w, 2);
    meta_put_str(w, "index");
    meta_put_uint(w, index);
    meta_put_str(w, "value");
    if (output)
        meta_put_strn(w, output, len);
    else if (r->len == 0)
        meta_put_nil(w);
    else if (meta_check(r->data, r->len))
        meta_put_raw(w, r->data, r->len);
    else
        meta_put_bin(w, r->data, r->len);
}

int print_json(const struct par_result *r,
               uint64_t index,
               const char *output,
               size_t len,
               struct par_error *err)
{
    struct meta_writer w = {0};
    struct meta_value worker;
    char why[PAR_ERROR_TEXT];
    bool known;

    if (r->status == PAR_OK) {
        put_value(&w, index, r, output, len);
        return write_line(&w, err);
    }
    known = meta_check_map(r->data, r->len) &&
            meta_find_text(r->data, r->len, FACT_WORKER, &worker, NULL) &&
            worker.kind == META_STR;
    put_failure(&w, index, par_result_error(r, why, sizeof why), r->executed,
                known ? &worker : NULL, output, len);
    return write_line(&w, err);
}

int print_json_ours(uint64_t index,
                    const char *why,
                    int executed,
                    struct par_error *err)
{
    struct meta_writer w = {0};

    put_failure(&w, index, why, executed, NULL, NULL, 0);
    return write_line(&w, err);
}

void print_last_words(const struct par_result *r)
{
    struct meta_value words;

    if (r->status == PAR_OK || !meta_check_map(r->data, r->len) ||
        !meta_find(r->data, r->len, KEY_ANY_STDERR, &words, NULL) ||
        (words.kind != META_STR && words.kind != META_BIN) || words.len == 0)
        return;
    fwrite(words.data, 1, words.len, stderr);
    if (words.data[words.len - 1] != '\n')
        fputc('\n', stderr);
}

int print_exit_code(const struct par_result *r, bool *sentence)
{
    int value;
    int how = par_result_exit(r, &value);

    *sentence = r->status != PAR_OK;
    switch (r->status) {
    case PAR_OK:
        return CLI_YES;
    case PAR_EXIT:
        if (how != 'e')
            return CLI_PAR;
        *sentence = !result_was_started(r);
        return value;
    case PAR_SIGNAL:
        return how == 's' ? CLI_SIGNAL + value : CLI_PAR;
    case PAR_TIMEOUT:
    case PAR_EXPIRED:
        return CLI_LATE;
    case PAR_EXCEPTION:
        return CLI_NO;
    default:
        return CLI_PAR;
    }
}

bool print_hint(const struct par_result *r,
                const char *verb,
                char *const *words,
                size_t count)
{
    const char *dot = strrchr(words[0], '.');
    bool sentence;
    int code = print_exit_code(r, &sentence);

    if (!sentence || (code != CLI_NOT_EXECUTABLE && code != CLI_NOT_FOUND))
        return false;
    if (count == 1 && strpbrk(words[0], " \t|&;<>$"))
        cli_say("a line for a shell: parctl %s -- sh -c 'LINE'", verb);
    else if (strchr(words[0], ':') ||
             (dot && (strcmp(dot, ".c") == 0 || strcmp(dot, ".so") == 0)))
        cli_say("a function of a file: parctl %s FILE:FUNCTION", verb);
    else
        return false;
    return true;
}
