/* facts.c - the map of P6, with what is known and nothing else */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "facts.h"
#include "meta_keys.h"

static uint32_t put_text(struct meta_writer *w, uint64_t key, const char *text)
{
    if (!text || !*text)
        return 0;
    meta_pair_str(w, key, text);
    return 1;
}

static uint32_t put_private(struct meta_writer *w,
                            const char *key,
                            const char *text)
{
    if (!text || !*text)
        return 0;
    meta_put_str(w, key);
    meta_put_str(w, text);
    return 1;
}

static uint32_t put_exit(struct meta_writer *w, const struct facts *f)
{
    if (!f->has_exit)
        return 0;
    meta_put_uint(w, KEY_ANY_EXIT);
    meta_put_array(w, 2);
    if (WIFSIGNALED(f->exit_status)) {
        meta_put_str(w, "signal");
        meta_put_int(w, WTERMSIG(f->exit_status));
    } else {
        meta_put_str(w, "exit");
        meta_put_int(w, WEXITSTATUS(f->exit_status));
    }
    return 1;
}

static uint32_t put_usage(struct meta_writer *w, const struct facts *f)
{
    if (!f->cpu_us && !f->max_rss_kb)
        return 0;
    meta_put_uint(w, KEY_ANY_USAGE);
    meta_put_map(w, 2);
    meta_put_str(w, "cpu_us");
    meta_put_uint(w, f->cpu_us);
    meta_put_str(w, "rss_kb");
    meta_put_uint(w, f->max_rss_kb);
    return 1;
}

void facts_write(struct meta_writer *out, const struct facts *f)
{
    size_t mark = meta_open_map(out);
    uint32_t pairs = 0;

    if (f->attempt) {
        meta_pair_int(out, KEY_ANY_ATTEMPT, f->attempt);
        pairs++;
    }
    pairs += put_text(out, KEY_ANY_TEXT, f->text);
    pairs += put_usage(out, f);
    pairs += put_exit(out, f);
    pairs += put_text(out, KEY_ANY_STDERR, f->tail);
    pairs += put_private(out, FACT_WORKER, f->worker);
    pairs += put_private(out, FACT_HOST, f->host);
    pairs += put_private(out, FACT_PHASE, f->phase);
    if (f->pid) {
        meta_put_str(out, FACT_PID);
        meta_put_int(out, f->pid);
        pairs++;
    }
    meta_close_map(out, mark, pairs);
}

const char *facts_of_status(int status, char *text, size_t size)
{
    if (WIFSIGNALED(status))
        snprintf(text, size, "signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else
        snprintf(text, size, "exit %d", WEXITSTATUS(status));
    return text;
}
