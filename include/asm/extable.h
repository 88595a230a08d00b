/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/asm/extable.h - instructions that may fault, and where to go when they do.
 *
 * Code that touches a user address names the instruction and a fixup address in section __ex_table, as two distances from the
 * table's own words so that the table needs no relocation. The linker gathers the entries in no order; sort_extable() sorts
 * them at boot, and a fault in ring 0 looks its address up before it becomes an oops.
 */
#ifndef ASM_EXTABLE_H
#define ASM_EXTABLE_H

#include <primer/types.h>

struct pt_regs;

struct exception_table_entry {
	s32 insn;		/* distance from this word to the instruction */
	s32 fixup;		/* distance from this word to the fixup */
};

#define _ASM_EXTABLE(from, to) \
	".pushsection __ex_table, \"a\"\n\t.balign 4\n\t.long (" #from ") - .\n\t.long (" #to ") - .\n\t.popsection\n"

extern struct exception_table_entry __start___ex_table[], __stop___ex_table[];

/* sort_extable - sort the table by instruction address. Boot, once, before the first user access. */
void sort_extable(void);

/* fixup_exception - if regs->ip is in the table, move it to the fixup and return true. Context: exception, any. */
bool fixup_exception(struct pt_regs *regs);

/* search_exception_tables - the entry of instruction @addr or NULL. */
const struct exception_table_entry *search_exception_tables(unsigned long addr);

#endif
