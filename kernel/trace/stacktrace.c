/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/trace/stacktrace.c - backtraces as arrays of addresses, for those who remember them rather than print them.
 *
 * A debugging allocator wants to know who freed an object, lockdep who took a lock: eight words are kept, and printed
 * only if they matter. The printing form, with its doubtful entries and stack marks, is in dumpstack.c.
 */
#include <primer/kernel.h>
#include <primer/preempt.h>
#include <primer/printk.h>
#include <primer/sched.h>
#include <primer/stacktrace.h>

static unsigned int save(struct unwind_state *state, unsigned long *store, unsigned int size, unsigned int skipnr)
{
	unsigned int n = 0;

	for (; !unwind_done(state) && n < size; unwind_next(state)) {
		if (skipnr)
			skipnr--;
		else
			store[n++] = unwind_get_return_address(state);
	}
	return n;
}

unsigned int noinline stack_trace_save(unsigned long *store, unsigned int size, unsigned int skipnr)
{
	struct unwind_state state;

	/* The first address found is the way back from this function: the caller is first. */
	unwind_start(&state, current, NULL);
	return save(&state, store, size, skipnr);
}

unsigned int stack_trace_save_tsk(struct task_struct *task, unsigned long *store, unsigned int size,
				  unsigned int skipnr)
{
	struct unwind_state state;

	if (task == current)
		return stack_trace_save(store, size, skipnr + 1);
	unwind_start(&state, task, NULL);
	return save(&state, store, size, skipnr);
}

unsigned int stack_trace_save_regs(struct pt_regs *regs, unsigned long *store, unsigned int size, unsigned int skipnr)
{
	struct unwind_state state;

	unwind_start(&state, current, regs);
	return save(&state, store, size, skipnr);
}

void stack_trace_print(const unsigned long *entries, unsigned int nr_entries, int spaces)
{
	unsigned int i;

	for (i = 0; i < nr_entries; i++)
		printk("%*c%pS\n", 1 + spaces, ' ', (void *)entries[i]);
}
