/* test_elf.c - objects of other machines are named as such */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <elf.h>
#include <errno.h>
#include <string.h>

#include "worker/elf.h"

TestSuite(elf, .timeout = 10);

static struct par_error err;
static uint8_t own[ELF_HEAD];
static uint8_t it[ELF_HEAD];

static void head(uint8_t *to, int class, int data, unsigned type, unsigned mach)
{
    memset(to, 0, ELF_HEAD);
    memcpy(to, ELFMAG, SELFMAG);
    to[EI_CLASS] = (uint8_t) class;
    to[EI_DATA] = (uint8_t)data;
    to[16 + (data == ELFDATA2MSB)] = (uint8_t)type;
    to[18 + (data == ELFDATA2MSB)] = (uint8_t)mach;
}

static bool fits(size_t len)
{
    head(own, ELFCLASS64, ELFDATA2LSB, ET_EXEC, EM_X86_64);
    return elf_fits(it, len, own, sizeof own, "libx.so", &err);
}

Test(elf, object_of_this_machine_fits)
{
    head(it, ELFCLASS64, ELFDATA2LSB, ET_DYN, EM_X86_64);
    cr_assert(eq(int, fits(sizeof it), 1));
}

Test(elf, object_of_another_machine_names_both)
{
    head(it, ELFCLASS64, ELFDATA2LSB, ET_DYN, EM_AARCH64);
    cr_assert(eq(int, fits(sizeof it), 0));
    cr_assert(eq(int, err.code, ENOEXEC));
    cr_assert(eq(str, err.text,
                 "libx.so is built for AARCH64, this worker is x86_64"));
    head(it, ELFCLASS32, ELFDATA2MSB, ET_DYN, EM_S390);
    cr_assert(eq(int, fits(sizeof it), 0));
    cr_assert(
        eq(str, err.text, "libx.so is built for S390, this worker is x86_64"));
}

Test(elf, object_of_another_width_says_so)
{
    head(it, ELFCLASS32, ELFDATA2LSB, ET_DYN, EM_X86_64); /* x32 */
    cr_assert(eq(int, fits(sizeof it), 0));
    cr_assert(
        eq(str, err.text, "libx.so is built for 32 bits, this worker for 64"));
}

Test(elf, program_is_no_object)
{
    head(it, ELFCLASS64, ELFDATA2LSB, ET_EXEC, EM_X86_64);
    cr_assert(eq(int, fits(sizeof it), 0));
    cr_assert(
        eq(str, err.text, "libx.so is no shared object; link it with -shared"));
}

Test(elf, text_or_a_piece_of_a_file_is_no_object)
{
    memcpy(it, "#include <stdio.h>  ", 20);
    cr_assert(eq(int, fits(20), 0));
    head(it, ELFCLASS64, ELFDATA2LSB, ET_DYN, EM_X86_64);
    for (size_t n = 0; n < 20; n++)
        cr_assert(eq(int, fits(n), 0));
    cr_assert(eq(str, err.text, "libx.so is no shared object (no ELF file)"));
}
