/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/kallsyms.h - the kernel's own symbol table: addresses to names and back. Context of all: any, NMI
 * included.
 */
#ifndef PRIMER_KALLSYMS_H
#define PRIMER_KALLSYMS_H

#include <primer/compiler.h>
#include <primer/sprintf.h>
#include <primer/types.h>

#define KSYM_NAME_LEN	128

/* Made by tools/kallsyms.py; sorted by address. offsets count from _text. */
extern const u32 kallsyms_offsets[];
extern const u32 kallsyms_sizes[];
extern const u32 kallsyms_name_offsets[];
extern const char kallsyms_names[];
extern const unsigned int kallsyms_num_syms;

/*
 * kallsyms_lookup - the symbol that @addr lies in, or NULL
 * @size, @offset: its size and @addr's distance from its start, bytes; either may be NULL
 */
const char *kallsyms_lookup(unsigned long addr, unsigned long *size, unsigned long *offset);

/* kallsyms_lookup_name - the address of @name, or 0. A linear search: for debugging interfaces, not for hot paths. */
unsigned long kallsyms_lookup_name(const char *name);

/* kallsyms_symbol - the @n-th symbol in order of address, or NULL beyond the last: /proc/kallsyms. */
const char *kallsyms_symbol(unsigned int n, unsigned long *addr);

/*
 * sprint_symbol - "name+0xoff/0xsize", or "0x..." for an address without a name; returns the length
 * sprint_symbol_no_offset - "name"
 * sprint_backtrace - as sprint_symbol for a return address: the call before it is looked up
 *
 * @buf: KSYM_SYMBOL_LEN bytes.
 */
int sprint_symbol(char *buf, unsigned long addr);
int sprint_symbol_no_offset(char *buf, unsigned long addr);
int sprint_backtrace(char *buf, unsigned long addr);

/* kernel_text_address - does @addr lie in the kernel's code? Init text is included, also when it has been freed. */
bool kernel_text_address(unsigned long addr);


/* kallsyms_early_init - lend sprint_symbol() to %pS; part of stack_trace_early_init(). */
void kallsyms_early_init(void);

#endif
