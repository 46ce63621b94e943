/* elf.c - the first octets of an object, against those of this program */
#include "config.h"

#include <elf.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "elf.h"

/* Of the header only what is the same in all classes. */
static unsigned half(const uint8_t *head, size_t at)
{
    return head[EI_DATA] == ELFDATA2MSB
               ? (unsigned)head[at] << 8 | head[at + 1]
               : (unsigned)head[at + 1] << 8 | head[at];
}

static unsigned type_of(const uint8_t *head)
{
    return half(head, EI_NIDENT);
}

static unsigned machine_of(const uint8_t *head)
{
    return half(head, EI_NIDENT + 2);
}

static const char *machine_name(unsigned machine, char *room, size_t size)
{
    static const struct {
        unsigned machine;
        const char *name;
    } names[] = {
        {EM_386, "i386"},        {EM_X86_64, "x86_64"}, {EM_ARM, "ARM"},
        {EM_AARCH64, "AARCH64"}, {EM_PPC64, "PPC64"},   {EM_S390, "S390"},
        {EM_RISCV, "RISC-V"},    {EM_MIPS, "MIPS"},     {EM_SPARCV9, "SPARCV9"},
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].machine == machine)
            return names[i].name;
    snprintf(room, size, "machine %u", machine);
    return room;
}

static unsigned bits(const uint8_t *head)
{
    return head[EI_CLASS] == ELFCLASS64 ? 64 : 32;
}

bool elf_fits(const void *head,
              size_t len,
              const void *own,
              size_t own_len,
              const char *name,
              struct par_error *err)
{
    const uint8_t *it = head, *us = own;
    char room[2][24];

    if (len < EI_NIDENT + 4 || memcmp(it, ELFMAG, SELFMAG) != 0)
        par_fail(err, ENOEXEC, "%s is no shared object (no ELF file)", name);
    else if (own_len < EI_NIDENT + 4)
        par_fail(err, ENOEXEC, "this worker's own program cannot be read");
    else if (machine_of(it) != machine_of(us))
        par_fail(err, ENOEXEC, "%s is built for %s, this worker is %s", name,
                 machine_name(machine_of(it), room[0], sizeof room[0]),
                 machine_name(machine_of(us), room[1], sizeof room[1]));
    else if (it[EI_CLASS] != us[EI_CLASS] || it[EI_DATA] != us[EI_DATA])
        par_fail(err, ENOEXEC, "%s is built for %u bits, this worker for %u",
                 name, bits(it), bits(us));
    else if (type_of(it) != ET_DYN)
        par_fail(err, ENOEXEC, "%s is no shared object; link it with -shared",
                 name);
    else
        return true;
    return false;
}
