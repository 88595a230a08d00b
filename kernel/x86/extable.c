/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/x86/extable.c - the exception table: which instruction may fault, and where to continue.
 *
 * Entries hold distances from their own place (asm/extable.h). Sorting therefore cannot just swap two entries: each word must be
 * corrected by the distance it moved. The table is sorted once and then searched by halving.
 */
#include <primer/kernel.h>
#include <asm/extable.h>
#include <asm/ptrace.h>

static unsigned long ex_insn(const struct exception_table_entry *e)	{ return (unsigned long)&e->insn + e->insn; }
static unsigned long ex_fixup(const struct exception_table_entry *e)	{ return (unsigned long)&e->fixup + e->fixup; }

void sort_extable(void)
{
	struct exception_table_entry *first = __start___ex_table, *last = __stop___ex_table, *p, *q;

	/*
	 * Insertion sort: the linker leaves long runs in order (a file's entries), and the table is small.
	 * Loop invariant: [first, p) is sorted.
	 */
	for (p = first + 1; p < last; p++) {
		unsigned long insn = ex_insn(p), fixup = ex_fixup(p);

		for (q = p; q > first && ex_insn(q - 1) > insn; q--) {
			q->insn = (s32)(ex_insn(q - 1) - (unsigned long)&q->insn);
			q->fixup = (s32)(ex_fixup(q - 1) - (unsigned long)&q->fixup);
		}
		q->insn = (s32)(insn - (unsigned long)&q->insn);
		q->fixup = (s32)(fixup - (unsigned long)&q->fixup);
	}
}

const struct exception_table_entry *search_exception_tables(unsigned long addr)
{
	const struct exception_table_entry *lo = __start___ex_table, *hi = __stop___ex_table;

	/* Invariant: an entry for addr, if any, is in [lo, hi). */
	while (lo < hi) {
		const struct exception_table_entry *mid = lo + (hi - lo) / 2;

		if (ex_insn(mid) == addr)
			return mid;
		if (ex_insn(mid) < addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

bool fixup_exception(struct pt_regs *regs)
{
	const struct exception_table_entry *e = search_exception_tables(regs->ip);

	if (!e)
		return false;
	regs->ip = ex_fixup(e);
	return true;
}
