/* test_client_ask.c - what is there: functions by name or path, and STATUS */
#include "config.h"

#include "calling.h"

TestSuite(ask, .init = open_client, .fini = close_client, .timeout = 20);

static bool unknown_name(struct fake *f, struct link_msg *m)
{
    struct meta_writer w = fake_text("no computation app@1");

    if (m->wire.head.type != WIRE_RESOLVE) {
        meta_writer_clear(&w);
        return false;
    }
    fake_say(f, WIRE_ERROR, WIRE_FINAL, m->wire.head.id, PAR_UNKNOWN_HANDLE, &w,
             NULL, 0);
    return true;
}

Test(ask, a_name_is_found_or_refused)
{
    struct par_function add;
    struct par_result r;
    uint32_t handle;

    cr_assert(eq(int, par_resolve(client, "app@1", &handle, &err), 0));
    cr_assert(eq(int, par_function(client, handle, "add", &add, &err), 0));
    cr_assert(eq(int, par_call(client, &add, PAR_ARGS(1, 2), &r, &err), 0));
    par_result_clear(&r);
    fake.on = unknown_name;
    cr_assert(eq(int, par_resolve(client, "app@1", &handle, &err), -1));
    cr_assert(eq(int, err.code, PAR_CODE(PAR_UNKNOWN_HANDLE)));
    cr_assert(eq(str, err.text, "no computation app@1"));
}

Test(ask, this_program_is_set_up_once)
{
    struct par_function f;

    cr_assert(eq(int, par_self(client, "echo", &f, &err), 0));
    cr_assert(eq(int, par_self(client, "add", &f, &err), 0));
    cr_assert(eq(str, f.signature, "ii:i"));
    cr_assert(eq(uint, fake.seen[WIRE_SETUP], 1));
}

static char path_seen[300];

static bool read_path(struct fake *f, struct link_msg *m)
{
    (void)f;
    if (m->wire.head.type == WIRE_RUN && m->wire.head.ref == 0)
        meta_text(m->wire.meta, m->wire.head.meta_len, 1, path_seen,
                  sizeof path_seen);
    return false;
}

Test(ask, a_path_travels_with_the_run)
{
    struct par_function f;
    struct par_result r;

    fake.on = read_path;
    cr_assert(eq(int, par_path(client, "/api/add", &f, &err), 0));
    cr_assert(eq(int, par_call(client, &f, PAR_ARGS(1), &r, &err), 0));
    par_result_clear(&r);
    cr_assert(eq(str, path_seen, "/api/add"));
}

Test(ask, a_path_is_as_long_as_a_worker_may_register)
{
    char path[257];
    struct par_function f;
    struct par_result r;

    fake.on = read_path;
    memset(path, 'a', sizeof path);
    path[255] = '\0';
    cr_assert(eq(int, par_path(client, path, &f, &err), 0));
    cr_assert(eq(int, par_call(client, &f, PAR_ARGS(1), &r, &err), 0));
    par_result_clear(&r);
    cr_assert(eq(str, path_seen, path));
    path[255] = 'a';
    path[256] = '\0';
    cr_assert(eq(int, par_path(client, path, &f, &err), -1));
    cr_assert(eq(int, err.code, EINVAL));
    cr_assert(eq(int, par_path(client, "", &f, &err), -1));
}

/* ---- asking ---- */

static bool two_answers(struct fake *f, struct link_msg *m)
{
    static const uint8_t first[] = {0x91, 0x81, 0xA1, 'a', 1};
    static const uint8_t second[] = {0x92, 0x81, 0xA1, 'a', 2, 0x80};
    uint64_t id = m->wire.head.id;

    if (m->wire.head.type != WIRE_STATUS)
        return false;
    fake_say(f, WIRE_STATUS, 0, id, 0, NULL, first, sizeof first);
    fake_say(f, WIRE_STATUS, WIRE_FINAL, id, 0, NULL, second, sizeof second);
    return true;
}

Test(ask, status_joins_the_answers)
{
    char *json;

    fake.on = two_answers;
    cr_assert(eq(int, par_status(client, "workers", &json, &err), 0));
    cr_assert(eq(str, json, "[{\"a\":1},{\"a\":2},{}]"));
    free(json);
    cr_assert(eq(int, par_wait_workers(client, 3, 0, &err), 0));
    cr_assert(eq(int, par_wait_workers(client, 5, 1, &err), -1));
    cr_assert(eq(int, err.code, ETIMEDOUT));
    cr_assert(eq(str, err.text, "3 of 5 workers are registered")); /* CL-12 */
}

/* An array of more values than are read, between two that are in order; or
 * what is no array. */
static bool odd_answer(struct fake *f, struct link_msg *m)
{
    static const uint8_t row[] = {0x91, 0x80};
    static uint8_t odd[5 + META_ELEMENTS];
    uint64_t id = m->wire.head.id;

    if (m->wire.head.type != WIRE_STATUS)
        return false;
    memset(odd, 0xC0, sizeof odd);
    memcpy(odd, "\xDD\x00\x01\x00\x00", 5);
    fake_say(f, WIRE_STATUS, 0, id, 0, NULL, row, sizeof row);
    if (f->step++ == 0)
        fake_say(f, WIRE_STATUS, 0, id, 0, NULL, odd, sizeof odd);
    else
        fake_say(f, WIRE_STATUS, 0, id, 0, NULL, "x", 1);
    fake_say(f, WIRE_STATUS, WIRE_FINAL, id, 0, NULL, row, sizeof row);
    return true;
}

Test(ask, status_that_cannot_be_read_is_no_empty_table)
{
    char *json;

    fake.on = odd_answer;
    for (int i = 0; i < 2; i++) {
        cr_assert(eq(int, par_status(client, "jobs", &json, &err), -1));
        cr_assert(eq(int, err.code, EPROTO));
        cr_assert(
            eq(str, err.text, "jobs: the broker's answer cannot be read"));
    }
    cr_assert(eq(int, par_wait_workers(client, 1, 5000, &err), -1));
    cr_assert(eq(int, err.code, EPROTO));
}
