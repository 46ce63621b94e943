/* work_off.c - the main thread of a map: results, output, trouble */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "clock.h"
#include "handle.h"
#include "progress.h"
#include "wait.h"
#include "work.h"

enum {
    TOGETHER = 256, /* results that are printed together */
    LOOK = 100,     /* ms between two looks at what the feeder did */
    ORDERLY = 3000, /* ms that jobs have to end after Ctrl-C */
    MOST_TOLD = 100 /* failures that the exit code can count */
};

static bool is_idle(struct work *w)
{
    bool idle;

    pthread_mutex_lock(&w->lock);
    idle = w->in_flight == 0;
    pthread_mutex_unlock(&w->lock);
    return idle;
}

/* Is anything left to be run, waited for, or printed? */
static bool goes_on(struct work *w)
{
    bool more;

    pthread_mutex_lock(&w->lock);
    more = w->in_flight > 0 || !list_is_empty(&w->ended) ||
           !list_is_empty(&w->again) || !w->source_ended;
    pthread_mutex_unlock(&w->lock);
    return more;
}

/* Nothing is under way: until the feeder starts something or ends, or the
 * broker goes. */
static void rest(struct work *w)
{
    bool has_news;

    pthread_mutex_lock(&w->lock);
    has_news = w->in_flight > 0 || !list_is_empty(&w->ended) || w->is_lost ||
               w->trouble.code != 0 ||
               (w->source_ended && list_is_empty(&w->again));
    pthread_mutex_unlock(&w->lock);
    if (!has_news)
        client_idle(w->cli->client);
}

static void set_trouble(struct work *w, const struct par_error *err)
{
    pthread_mutex_lock(&w->lock);
    w->trouble = *err;
    pthread_mutex_unlock(&w->lock);
}

/* Wait for one result and note it.  Returns 1, 0 if there is none, -1 if the
 * handle is of no use. */
static int take_one(struct work *w, int64_t timeout)
{
    struct par_error err;
    struct par_result r;
    struct item *item;

    if (par_wait_any(w->cli->client, NULL, 0, timeout, &r, &err)) {
        if (err.code == ETIMEDOUT || err.code == ENOENT || err.code == EINTR)
            return 0;
        set_trouble(w, &err);
        return -1;
    }
    item = work_find(w, r.job);
    if (!item) {
        par_result_clear(&r);
        return 0;
    }
    item->result = r;
    if (!work_repeats(w, item))
        work_ended(w, item);
    return 1;
}

/* Is there a result that has come already?  To ask par_wait_any() for one that
 * has not would cost a look at the sockets. */
static bool has_more(struct par_client *c)
{
    bool any;

    pthread_mutex_lock(&c->lock);
    any = client_first_over(&c->group) != NULL;
    pthread_mutex_unlock(&c->lock);
    return any;
}

/* Wait for one, and take what else has come with it. */
static int take_some(struct work *w)
{
    int rc = take_one(w, LOOK);

    for (int i = 1; rc > 0 && i < TOGETHER && has_more(w->cli->client); i++)
        rc = take_one(w, 0);
    return rc < 0 ? -1 : 0;
}

/* Ctrl-C: nothing new, ask for the end of what runs, wait a little. */
static int stop(struct work *w)
{
    uint64_t deadline = clock_ms() + ORDERLY;

    work_end(w);
    cli_carry_on(w->cli);
    for (uint32_t i = 0; i < w->size; i++)
        if (w->items[i].job && !w->items[i].has_ended)
            par_cancel(w->cli->client, w->items[i].job, PAR_AS_THE_JOB_SAYS,
                       NULL);
    while (!is_idle(w) && clock_ms() < deadline && take_one(w, LOOK) >= 0)
        ;
    progress_end();
    return CLI_SIGNAL + cli_stopped();
}

/* Go on where the broker has been lost, and with what waits to be started
 * again.  A failure is the trouble that ends all. */
static int go_on(struct work *w, struct packer *p)
{
    struct par_error err;
    int rc = 0;

    if (!work_is_set_up(w)) {
        cli_say("the broker %s has gone; what has not begun waits for it",
                par_endpoint(w->cli->client));
        rc = work_set_up(w, &err);
    }
    if (rc == 0)
        rc = work_again(w, p, &err);
    if (rc)
        set_trouble(w, &err);
    return rc;
}

/* It ends before all inputs have been run: which were? */
static int say_trouble(struct work *w)
{
    uint64_t failed = w->failed - w->lost - w->unbegun;

    cli_say("%s", w->trouble.text);
    if (w->is_lost)
        cli_say("of %" PRIu64 " inputs that were read, %" PRIu64
                " are done, %" PRIu64 " failed, %" PRIu64
                " may have run, %" PRIu64 " have not begun",
                w->begun, w->printed - w->failed, failed, w->lost, w->unbegun);
    return CLI_PAR;
}

static int exit_code(struct work *w)
{
    if (w->trouble.code != 0)
        return say_trouble(w);
    if (w->lost > 0)
        cli_say("%" PRIu64 " jobs were lost with their broker and may have "
                "run; where that does no harm, --retries 1 runs them again",
                w->lost);
    return w->failed > MOST_TOLD ? CLI_MANY : (int)w->failed;
}

/* One round; -1: that is all there will be. */
static int turn(struct work *w, struct packer *p)
{
    if (work_print(w) || go_on(w, p))
        return -1;
    if (w->source_ended)
        progress_total(w->begun);
    if (is_idle(w))
        rest(w);
    else if (take_some(w))
        return -1;
    return w->trouble.code != 0 && is_idle(w) ? -1 : 0;
}

int work_off(struct work *w)
{
    uint64_t count = inputs_count(&w->inputs); /* before they get fewer */
    struct packer p = {0};

    par_on_stream(w->cli->client, work_output, w);
    par_on_restart(w->cli->client, work_restart, w);
    if (work_feed(w)) {
        cli_say("no thread could be started");
        return CLI_PAR;
    }
    if (w->inputs.file != stdin || !isatty(STDIN_FILENO))
        progress_begin(count); /* else it would be in the way of typing */
    while (goes_on(w) && !cli_stopped() && turn(w, &p) == 0)
        ;
    packer_clear(&p);
    if (cli_stopped())
        return stop(w);
    work_end(w);
    work_give_up(w, w->trouble.text);
    work_print(w);
    progress_end();
    return exit_code(w);
}
