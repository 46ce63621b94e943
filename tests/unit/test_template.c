/* test_template.c - places in a command line, and when a shell is needed */
#include "config.h"

#include "client/places.h"
#include "client/template.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct template t;
static struct meta_writer out;

static void clear(void)
{
    template_clear(&t);
    meta_writer_clear(&out);
}

TestSuite(template, .fini = clear, .timeout = 120);

static const char *fill(size_t i, const char *value)
{
    meta_writer_reset(&out);
    template_fill(&t, i, value, 17, &out);
    meta_put_raw(&out, "", 1);
    return (const char *)out.data;
}

static void command(const char *line)
{
    cr_assert(eq(int, template_command(&t, &line, 1), 0));
}

Test(template, every_place_has_its_part)
{
    static const struct {
        const char *place;
        const char *value;
        const char *want;
    } cases[] = {{"{}", "a/b.c", "a/b.c"},  {"{.}", "a/b.c", "a/b"},
                 {"{.}", "a.d/b", "a.d/b"}, {"{.}", ".rc", ".rc"},
                 {"{/}", "a/b.c", "b.c"},   {"{/}", "b", "b"},
                 {"{//}", "a/b.c", "a"},    {"{//}", "b", "."},
                 {"{//}", "/b", "/"},       {"{//}", "a/b/c", "a/b"},
                 {"{/.}", "a/b.c", "b"},    {"{/.}", "a.x/b", "b"},
                 {"{#}", "x", "17"},        {"x{}y{}z", "1", "x1y1z"},
                 {"{", "1", "{"},           {"{x}", "1", "{x}"}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *words[] = {"w", cases[i].place};

        cr_assert(eq(int, template_command(&t, words, 2), 0));
        cr_assert(
            eq(str, (char *)fill(1, cases[i].value), (char *)cases[i].want));
        template_clear(&t);
    }
}

Test(template, an_input_without_a_place_comes_last)
{
    const char *words[] = {"gzip", "-9"};

    cr_assert(eq(int, template_command(&t, words, 2), 0));
    cr_assert(eq(sz, t.count, 3));
    cr_assert(eq(str, (char *)fill(2, "a b"), "a b"));
}

Test(template, a_plain_line_is_split_and_needs_no_shell)
{
    command("convert  {} {.}.png");
    cr_assert(eq(int, t.by_shell, false));
    cr_assert(eq(sz, t.count, 3));
    cr_assert(eq(str, (char *)fill(1, "my $HOME.jpg"), "my $HOME.jpg"));
    cr_assert(eq(str, (char *)fill(2, "my $HOME.jpg"), "my $HOME.png"));
}

Test(template, what_only_a_shell_understands_goes_to_one)
{
    static const char *const scripts[] = {
        "a; b", "a | b", "a > b",  "a $x", "a 'b'", "a \"b\"", "a *",
        "a ~",  "X=1 a", "exit 3", "cd /", "a {b}", "a &",     "a `b`"};
    static const char *const plain[] = {"a b", "a x=1", "a {} {#}",
                                        "a-b", "a:b",   "exits 3"};

    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++)
        cr_assert(eq(int, template_needs_shell(scripts[i]), true), "%s",
                  scripts[i]);
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        cr_assert(eq(int, template_needs_shell(plain[i]), false), "%s",
                  plain[i]);
}

Test(template, several_words_are_never_given_to_a_shell)
{
    const char *words[] = {"printf", "%s;", "{}"};

    cr_assert(eq(int, template_command(&t, words, 3), 0));
    cr_assert(eq(int, t.by_shell, false));
    cr_assert(eq(str, (char *)fill(1, "x"), "%s;"));
}

/* What a real shell makes of the script for this value. */
static const char *by(const char *shell, const char *script, const char *value)
{
    static char text[512];
    struct meta_writer words = {0};
    char *argv[4 + PLACES + 1] = {0};
    struct meta_reader r;
    struct meta_value v, word;
    ssize_t n, all = 0;
    int ends[2], status;
    pid_t pid;

    template_clear(&t);
    command(script);
    cr_assert(eq(int, t.by_shell, true), "%s", script);
    cr_assert(eq(int, template_pack(&t, value, 17, NULL, &words, NULL), 0),
              "%s of %s", script, value);
    r = meta_read(words.data, words.len);
    meta_next(&r, &v);
    for (size_t i = 0; i < v.len && meta_next(&r, &word); i++)
        argv[i] = strndup((const char *)word.data, word.len);
    meta_writer_clear(&words);
    cr_assert(eq(str, argv[0], "sh"));
    cr_assert(eq(int, pipe(ends), 0));
    pid = fork();
    if (pid == 0) {
        dup2(ends[1], 1);
        close(ends[0]);
        close(ends[1]);
        execvp(shell, argv);
        _exit(127);
    }
    close(ends[1]);
    while ((n = read(ends[0], text + all, sizeof text - 1 - (size_t)all)) > 0)
        all += n;
    text[all] = '\0';
    close(ends[0]);
    waitpid(pid, &status, 0);
    cr_assert(eq(int, status, 0), "%s: %s", shell, script);
    for (size_t i = 0; i < v.len; i++)
        free(argv[i]);
    return text;
}

static const char *by_sh(const char *script, const char *value)
{
    return by("sh", script, value);
}

static const char *const values[] = {
    "plain",      "two words", "it's",        "a\"b", "$HOME",
    "`echo x`",   "$(echo x)", "a;echo x",    "*",    "~",
    "\\",         "a\\",       "-n x",        "'",    "''\"\"",
    "line\nline", "",          "$((1+1))",    "!x",   "{}",
    "a\\\\b",     "\\$HOME",   "\"; echo x #"};

/* Each prints the value, and perhaps what stands around it. */
static const struct {
    const char *script, *before, *after;
} scripts[] = {
    {"printf %s {};", "", ""},
    {"printf %s '{}'", "", ""},
    {"printf %s 'a{}b'", "a", "b"},
    {"printf %s \"a{}b\"", "a", "b"},
    {"printf %s \"\\\"{}\\\"\"", "\"", "\""},
    {"printf '%s|' \"$(printf %s {})\"", "", "|"},
    {"printf '%s|' \"$(printf %s \"{}\")\"", "", "|"},
    {"printf '%s|' \"$(printf %s '{}')\"", "", "|"},
    {"printf '%s|' \"$(printf %s \"$( (printf %s \"{}\") )\")\"", "", "|"},
    {"printf '%s|' \"`printf %s {}`\"", "", "|"},
    {"printf %s a # it's {}\nprintf %s {}", "a", ""},
    {"cat <<E\n<{}>\nE\nprintf %s {}", NULL, NULL},
    {"cat <<-E\n\t<{}>'\n\tE\nprintf %s {}", NULL, NULL},
    {"cat <<E\n<$(printf %s \"{}\")>\nE\nprintf %s {}", NULL, NULL},
    {"f() { printf %s {}; }; f other", "", ""},
    {"set -- a b; printf %s {}", "", ""},
    {"unset x; printf %s ${x:-{}}", "", ""},
    {"unset x; printf %s \"${x:-{}}\"", "", ""},
    {"printf %s \"$# ${#} ${}\"", "0 0 $", ""},
    {"case x in (x) printf %s {};; esac", "", ""},
    {"case x in x) printf %s {};; esac", "", ""},
    {"(printf %s {})", "", ""},
    {"printf %s {} | cat", "", ""},
    {"cat <<'E'; printf %s {}\n' $(\nE", "' $(\n", ""},
    {"x=\"$${}\"; printf %s \"${x#$$}\"", "", ""},
    {"printf %s \"\\{}\"", "\\", ""},
    {"printf %s \"\\.{}\\\"\"", "\\.", "\""},
    {"printf %s \"${u:-\\}{}}\"", "}", ""},
    {"cat <<E\n\\{}\nE", "\\", "\n"},
    {"(true)# don't\nprintf %s {}", "", ""},
    {"case x in x)# don't\nprintf %s {};; esac", "", ""},
    {"true \\\n# don't\nprintf %s {}", "", ""},
    {"printf %s $(printf x)#{}", "x#", ""},
    {"printf %s `printf x`#{}", "x#", ""},
    {"printf %s $((1+1))#{}", "2#", ""},
    {"printf %s \\ #{}", " #", ""},
    {"printf '%s|' `printf %s x # c` {}", "x|", "|"},
    {"printf '%s|' `printf %s x # c` '{}'", "x|", "|"},
    {"printf %s `printf x # c`#{}", "x#", ""},
    {"cat <<E\n$(\nprintf '%s' {}\n)\nE", "", "\n"},
    {"cat <<E; printf %s {}\n$(\nprintf x\n)\nE", "x\n", ""},
    {"cat <<A\n$(cat <<B\n<{}>\nB\n)\nA", "<", ">\n"},
    {"cat <<A <<B\n$(\n)\n\nA\n<{}>\nB", "<", ">\n"},
    {"(cat <<A; (true)\n<{}>\nA\n)", "<", ">\n"},
    {"cat <<A\na\\\nA\n<{}>\nA", "aA\n<", ">\n"},
    {"cat <<1 <<2 <<3 <<4 <<5\n1\n2\n3\n4\n<{}>\n5", "<", ">\n"},
    {"printf %s \"$( ((true); printf %s '{}') )\"", "", ""},
    {"((printf %s '{}'); true)", "", ""},
    {"( (printf %s '{}') )", "", ""},
    {"printf %s \"a[{}]=b\"", "a[", "]=b"},
    {"printf %s a[{}]", "a[", "]"},
    {"unset x; printf %s \"${x:-a[{}]}\"", "a[", "]"},
    {"printf '%s|' \"$(case x in x) printf %s {};; esac)\"", "", "|"},
    {"printf '%s|' \"$(if :; then case x in (y) ;; x) (printf %s {}) esac; "
     "fi)\"",
     "", "|"},
    {"printf '%s|' \"$(echo case; echo esac) {}\"", "case\nesac ", "|"},
    {"x=$${#}; printf %s \"${x#$$}\"{}", "17", ""},
};

/* A command in quotes loses the ends of lines at its end. */
Test(template, a_value_stays_one_word_and_no_code_wherever_it_stands)
{
    static const char *const shells[] = {"dash", "bash"};
    char want[512];

    for (size_t k = 0; k < 2; k++)
        for (size_t s = 0; s < sizeof scripts / sizeof *scripts; s++)
            for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
                const char *v = values[i];

                if (scripts[s].before)
                    snprintf(want, sizeof want, "%s%s%s", scripts[s].before, v,
                             scripts[s].after);
                else
                    snprintf(want, sizeof want, "<%s>%s\n%s", v,
                             strstr(scripts[s].script, "'\n") ? "'" : "", v);
                cr_assert(
                    eq(str, (char *)by(shells[k], scripts[s].script, v), want),
                    "%s: %s of %s", shells[k], scripts[s].script, v);
            }
}

Test(template, a_value_stays_one_word_however_deep_it_stands)
{
    enum { DEEP = 100 };
    char line[4 * DEEP + 32] = "";

    for (int i = 0; i < DEEP; i++)
        strcat(line, "( ");
    strcat(line, "printf %s \"{}\"");
    for (int i = 0; i < DEEP; i++)
        strcat(line, " )");
    cr_assert(eq(str, (char *)by_sh(line, "a  b"), "a  b"));
}

Test(template, a_part_and_a_number_in_a_script)
{
    cr_assert(
        eq(str, (char *)by_sh("echo \"{#} {/.}\"", "a/b c.d"), "17 b c\n"));
    cr_assert(eq(str, (char *)by_sh("echo $(( {#} + {.} ))", "3.d"), "20\n"));
    cr_assert(
        eq(str, (char *)by_sh("echo $(( $(echo {} | wc -w) ))", "a b"), "2\n"));
}

/* Where the shell computes, and what comes of 2; all but the first few are of
 * some shells only. */
static const struct {
    const char *script, *want;
} sums[] = {
    {"echo $(({}*2))", "4\n"},
    {"echo $(( ({} + 1) * 2 ))", "6\n"},
    {"echo \"$(( 5 - \\\n{} ))\"", "3\n"},
    {"cat <<E\n$(( 1 << {} ))\nE", "4\n"},
    {"unset x; echo $(( ${x:-{}} + $( (echo 1) ) ))", "3\n"},
    {"(( {} > 1 )) && echo '{}'", "2\n"},
    {"(( 1 << {} )); echo '{}'", "2\n"},
    {"echo \"$(case x in x) (( {} > 1 )) && echo {};; esac)\"", "2\n"},
    {"for ((i = 0; i < {}; i++)); do echo $i; done", "0\n1\n"},
    {"x=hello; echo ${x:{}:1} \"${x:1:{}}\" ${x:\"{}\"}", "l el llo\n"},
    {"set -- a b c; echo \"${@:{}}\"", "b c\n"},
    {"a=(x y z); echo ${a[@]:{}} ${#a[@]} ${!a[@]}", "z 3 0 1 2\n"},
    {"a[{}]=b; a[\"{}\"]+=c; echo '{}' ${a[{}]} \"${#a[{}]}\"", "2 bc 2\n"},
    {"declare -A m; m['{}']=b; echo ${m['{}']} \"${m[\"{}\"]}\"", "b b\n"},
    {"a=([{}]=x); echo ${a[a[1]+{}]} $((a[{}]))", "x 0\n"},
    {"declare -A m; m['x)']=1; echo $(( m[\"x)\"] + {} ))", "3\n"},
    {"echo $[ {} + 1 ] '{}'", "3 2\n"},
};

Test(template, where_the_shell_computes_a_place_takes_plain_numbers)
{
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++)
        cr_assert(eq(str, (char *)by("bash", sums[i].script, "2"),
                     (char *)sums[i].want),
                  "%s", sums[i].script);
    for (size_t i = 0; i < 5; i++)
        cr_assert(
            eq(str, (char *)by_sh(sums[i].script, "2"), (char *)sums[i].want));
    cr_assert(eq(str, (char *)by_sh("echo $(( {} ))", "-12"), "-12\n"));
    cr_assert(eq(str, (char *)by_sh("echo $(( {} ))", "+0x1F"), "31\n"));
}

Test(template, where_the_shell_computes_a_place_takes_nothing_else)
{
    static const char *const others[] = {
        "a[$(echo x)]", "x",  "1+1", "2 3", "",  "-",   "0x", "0xg",
        "1.2.3",        "1,", ".",   "$x",  "`", "2\n", "--1"};
    static const char *const numbers[] = {"1", "-1.5", ".5", "007", "0xFf"};

    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++) {
        command(sums[i].script);
        for (size_t k = 0; k < sizeof others / sizeof *others; k++) {
            struct par_error err = {0};

            meta_writer_reset(&out);
            cr_assert(
                eq(int, template_pack(&t, others[k], 17, NULL, &out, &err), -1),
                "%s of %s", sums[i].script, others[k]);
            cr_assert(eq(int, err.code, EINVAL));
            cr_assert(eq(str, err.text,
                         "{} stands in the shell's arithmetic, and takes a "
                         "plain number only"));
            cr_assert(eq(sz, out.len, 0));
        }
        for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++)
            cr_assert(eq(
                int, template_pack(&t, numbers[k], 17, NULL, &out, NULL), 0));
        template_clear(&t);
    }
}

Test(template, a_document_whose_end_is_quoted_has_no_place)
{
    const char *line = "cat <<'E'\n{}\nE";

    cr_assert(eq(int, template_command(&t, &line, 1), -1));
    cr_assert(eq(int, errno, EINVAL));
}

Test(template, a_script_without_a_place_gets_its_input_at_the_end)
{
    cr_assert(eq(str, (char *)by_sh("true; printf %s", "a b"), "a b"));
}

Test(template, packs_words_as_a_job_wants_them)
{
    struct meta_writer scratch = {0};
    struct meta_writer packed = {0};
    static const char *const words[] = {
        "sh",
        "-c",
        "par_input=$1 par_number=$2; shift 2; "
        "echo \"${par_input}\" ''\"${par_number}\"''; true",
        "sh",
        "a'b",
        "17"};
    struct meta_reader r;
    struct meta_value v, word;

    command("echo {} '{#}'; true");
    cr_assert(
        eq(int, template_pack(&t, "a'b", 17, &scratch, &packed, NULL), 0));
    r = meta_read(packed.data, packed.len);
    meta_next(&r, &v);
    cr_assert(eq(sz, v.len, sizeof words / sizeof *words));
    for (size_t i = 0; i < v.len; i++) {
        meta_next(&r, &word);
        cr_assert(meta_is(&word, words[i]), "%zu", i);
    }
    meta_writer_clear(&scratch);
    meta_writer_clear(&packed);
}

Test(template, arguments_keep_their_words)
{
    const char *words[] = {"10", "{}"};

    cr_assert(eq(int, template_arguments(&t, words, 2), 0));
    cr_assert(eq(sz, t.count, 2));
    template_clear(&t);
    cr_assert(eq(int, template_arguments(&t, words, 1), 0));
    cr_assert(eq(sz, t.count, 2));
    cr_assert(eq(str, (char *)fill(1, "x"), "x"));
}

Test(template, places_that_are_not_built_yet_are_found)
{
    static const struct {
        const char *word;
        const char *want;
    } cases[] = {{"a{1}b", "{1}"},
                 {"{-1}", "{-1}"},
                 {"{2/.}", "{2/.}"},
                 {"x{%}", "{%}"},
                 {"{+/}", "{+/}"},
                 {"{..}", "{..}"},
                 {"{= s/a/b/ =} c", "{= s/a/b/ =}"},
                 {"{=", "{="},
                 {"{} {1}", "{1}"}};
    static const char *const fine[] = {
        "",    "{}{.}{/}{//}{/.}{#}", "{a}", "{1", "${1}", "x{1,2}",
        "{=a", "awk '{print $1}'",    "{",   "{-}"};
    size_t len;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *got = place_later(cases[i].word, &len);

        cr_assert(ne(ptr, (void *)got, NULL), "%s", cases[i].word);
        cr_assert(eq(sz, len, strlen(cases[i].want)));
        cr_assert(eq(int, strncmp(got, cases[i].want, len), 0));
    }
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
        cr_assert(eq(ptr, (void *)place_later(fine[i], &len), NULL), "%s",
                  fine[i]);
}
