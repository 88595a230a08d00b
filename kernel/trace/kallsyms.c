/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/trace/kallsyms.c - what stands at this address?
 *
 * A backtrace is a list of numbers; names make it a story. The build puts a table of all symbols of the image into
 * the image itself (tools/kallsyms.py; the Makefile links until it no longer moves):
 *
 *	kallsyms_offsets[i]	address - _text, ascending		binary search: the last one at or below
 *	kallsyms_sizes[i]	bytes
 *	kallsyms_name_offsets[i]  --> kallsyms_names: "start_kernel\0setup_arch\0..."
 *
 * An address behind the end of the symbol below it (padding between functions) is given to that symbol all the same,
 * with an offset above its size, up to the next symbol: better a doubtful name than none.
 *
 * All of this is constant after linking: no locks, any context.
 *
 * A return address is the instruction *behind* the call. If the call was the last instruction of its function, as
 * calls to functions that do not return are, it lies in the next function. So %pB looks one byte before it, and adds
 * the byte again to the offset that it prints.
 *
 * Linux compresses the names by the most frequent pairs of letters, and also searches modules, BPF programs and
 * trampolines.
 */
#include <primer/init.h>
#include <primer/kallsyms.h>
#include <primer/kernel.h>
#include <primer/string.h>

const char *kallsyms_symbol(unsigned int n, unsigned long *addr)
{
	if (n >= kallsyms_num_syms)
		return NULL;
	*addr = (unsigned long)_text + kallsyms_offsets[n];
	return kallsyms_names + kallsyms_name_offsets[n];
}

const char *kallsyms_lookup(unsigned long addr, unsigned long *size, unsigned long *offset)
{
	unsigned int low = 0, high = kallsyms_num_syms;
	unsigned long distance = addr - (unsigned long)_text;

	if (addr < (unsigned long)_text || addr >= (unsigned long)_end || !high || distance < kallsyms_offsets[0])
		return NULL;
	/* offsets[low] <= distance < offsets[high], where offsets[num_syms] counts as infinite. */
	while (high - low > 1) {
		unsigned int mid = (low + high) / 2;

		if (kallsyms_offsets[mid] <= distance)
			low = mid;
		else
			high = mid;
	}
	if (size)
		*size = kallsyms_sizes[low];
	if (offset)
		*offset = distance - kallsyms_offsets[low];
	return kallsyms_names + kallsyms_name_offsets[low];
}

unsigned long kallsyms_lookup_name(const char *name)
{
	unsigned int i;

	for (i = 0; i < kallsyms_num_syms; i++) {
		if (!strcmp(kallsyms_names + kallsyms_name_offsets[i], name))
			return (unsigned long)_text + kallsyms_offsets[i];
	}
	return 0;
}

/* @back: 1 for a return address, else 0. @with_offset: not only the name. */
static int format_symbol(char *buf, size_t buf_size, unsigned long addr, unsigned long back, bool with_offset)
{
	unsigned long size, offset;
	const char *name = kallsyms_lookup(addr - back, &size, &offset);

	if (!name)
		return scnprintf(buf, buf_size, "0x%lx", addr);
	if (!with_offset)
		return scnprintf(buf, buf_size, "%s", name);
	return scnprintf(buf, buf_size, "%s+0x%lx/0x%lx", name, offset + back, size);
}

int sprint_symbol(char *buf, unsigned long addr)
{
	return format_symbol(buf, KSYM_SYMBOL_LEN, addr, 0, true);
}

int sprint_symbol_no_offset(char *buf, unsigned long addr)
{
	return format_symbol(buf, KSYM_SYMBOL_LEN, addr, 0, false);
}

int sprint_backtrace(char *buf, unsigned long addr)
{
	return format_symbol(buf, KSYM_SYMBOL_LEN, addr, 1, true);
}

static int sprint_symbol_by_kind(char *buf, size_t size, unsigned long addr, char kind)
{
	return format_symbol(buf, size, addr, kind == 'B', kind != 's');
}

void kallsyms_early_init(void)
{
	sprint_symbol_hook = sprint_symbol_by_kind;
}

/* Init text counts even after it was freed: what is found on a stack may be older than that. */
bool kernel_text_address(unsigned long addr)
{
	return (addr >= (unsigned long)_text && addr < (unsigned long)_etext) ||
	       (addr >= (unsigned long)_sinittext && addr < (unsigned long)_einittext);
}
