/* test_table.c - rows on a terminal, and as JSON */
#include "config.h"

#include "client/table.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/redirect.h>
#include <stdio.h>

static struct meta_writer rows;

static void clear(void)
{
    meta_writer_clear(&rows);
}

TestSuite(table, .init = cr_redirect_stdout, .fini = clear, .timeout = 10);

static const struct column columns[] = {{"name", "NAME", COLUMN_TEXT},
                                        {"none", "NONE", COLUMN_TEXT},
                                        {"n", "COUNT", COLUMN_NUMBER},
                                        {"age", "AGE", COLUMN_MS},
                                        {NULL, NULL, COLUMN_TEXT}};

static void put_row(const char *name, int64_t n, int64_t age)
{
    meta_put_map(&rows, 3);
    meta_put_str(&rows, "name");
    meta_put_str(&rows, name);
    meta_put_str(&rows, "n");
    meta_put_int(&rows, n);
    meta_put_str(&rows, "age");
    meta_put_int(&rows, age);
}

Test(table, columns_are_aligned_and_empty_ones_left_out)
{
    meta_put_array(&rows, 2);
    put_row("a", 7, 90);
    put_row("longer", 12345678, 2500);
    table_print(&rows, columns);
    fflush(stdout);
    cr_assert_stdout_eq_str("NAME       COUNT   AGE\n"
                            "a              7  90ms\n"
                            "longer  12345678  2.5s\n");
}

Test(table, a_map_with_nothing_in_it_is_an_empty_cell)
{
    meta_put_array(&rows, 1);
    meta_put_map(&rows, 2);
    meta_put_str(&rows, "name");
    meta_put_str(&rows, "a");
    meta_put_str(&rows, "none");
    meta_put_map(&rows, 0);
    table_print(&rows, columns);
    fflush(stdout);
    cr_assert_stdout_eq_str("NAME\na\n");
}

Test(table, control_characters_of_peers_do_not_reach_the_terminal)
{
    meta_put_array(&rows, 1);
    put_row("a\033[2Jb", 1, 0);
    table_print(&rows, columns);
    fflush(stdout);
    cr_assert_stdout_eq_str("NAME       COUNT  AGE\n"
                            "a\\x1b[2Jb      1  0ms\n");
}

Test(table, json_is_a_line_a_row_over_several_answers)
{
    meta_put_array(&rows, 1);
    put_row("a\"", 1, 0);
    meta_put_array(&rows, 1);
    put_row("b", 2, 0);
    cr_assert(eq(int, table_print_json(&rows), 0));
    fflush(stdout);
    cr_assert_stdout_eq_str("{\"name\":\"a\\\"\",\"n\":1,\"age\":0}\n"
                            "{\"name\":\"b\",\"n\":2,\"age\":0}\n");
}
