/* call_fail.c - why a call failed, in words that can travel
 *
 * And copies of octets with a zero behind them, which words are made of too.
 */
#include "config.h"

#include "call.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "meta_keys.h"
#include "utf8.h"

/* ---- copies ---- */

const char *call_copy(struct call *c, const void *data, size_t len)
{
    struct call_copy *copy = malloc(sizeof *copy + len + 1);

    if (!copy) {
        call_fail(c, PAR_INTERNAL, "no memory for an argument");
        return "";
    }
    copy->next = c->copies;
    c->copies = copy;
    if (len)
        memcpy(copy->text, data, len);
    copy->text[len] = 0;
    return copy->text;
}

void call_free_copies(struct call *c)
{
    while (c->copies) {
        struct call_copy *next = c->copies->next;

        free(c->copies);
        c->copies = next;
    }
}

/* ---- failing ---- */

/* Cut at a whole character; what is no text becomes '?': others will read it
 * as a msgpack string. */
static void add_text(struct call *c, const char *text)
{
    size_t step;

    for (; *text; text += step ? step : 1) {
        step = utf8_step(text, strnlen(text, 4));
        if (c->text.len + (step ? step : 1) > CALL_TEXT)
            break;
        meta_put_raw(&c->text, step ? text : "?", step ? step : 1);
    }
}

static void set_text(struct call *c, const char *text)
{
    meta_writer_reset(&c->text);
    add_text(c, text);
}

int call_fail(struct call *c, enum par_status status, const char *format, ...)
{
    char text[512];
    va_list args;

    if (c->status != PAR_OK)
        return -1;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    c->status = status;
    set_text(c, text);
    return -1;
}

int call_raise(struct par_task *t, int code, const char *text)
{
    struct call *c = call_of(t);

    if (c->status != PAR_OK)
        return -1;
    c->status = PAR_EXCEPTION;
    c->code = code;
    set_text(c, text ? text : "");
    return -1;
}

void call_fail_in(struct call *c, const char *what, const char *name)
{
    const char *text = call_copy(c, c->text.data, c->text.len);

    set_text(c, what);
    add_text(c, " ");
    add_text(c, name);
    add_text(c, ": ");
    add_text(c, text);
    call_free_copies(c);
}

void call_explain(struct call *c)
{
    bool has_code = c->status == PAR_EXCEPTION;

    meta_writer_reset(&c->out);
    meta_put_map(&c->out, has_code ? 2 : 1);
    if (has_code)
        meta_pair_int(&c->out, KEY_ANY_CODE, c->code);
    meta_put_int(&c->out, KEY_ANY_TEXT);
    meta_put_strn(&c->out, (const char *)c->text.data, c->text.len);
}
