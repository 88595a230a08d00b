/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/x86/stackprotector.c - the value that the compiler puts between a function's arrays and its return address.
 *
 * gcc reads it from %gs:__stack_chk_guard, so each task can have its own: __switch_to_asm loads task->stack_canary. clang reads
 * one global word (asm-offsets.c then tells switch.asm to leave it alone).
 */
#include <primer/sched.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/stackprotector.h>

#ifdef __clang__
unsigned long __stack_chk_guard __read_mostly;
#else
DEFINE_PER_CPU(unsigned long, __stack_chk_guard);
#endif

unsigned long get_random_canary(void)
{
	static u64 last;
	u64 v = rdtsc();

	/* RDRAND where there is; the time-stamp counter, stirred, elsewhere. The low byte is 0: a string copy cannot write it. */
	if (boot_cpu_has(X86_FEATURE_RDRAND)) {
		u64 r;
		bool ok;

		__asm__ volatile("rdrand %0" : "=r"(r), "=@ccc"(ok));
		if (ok)
			v ^= r;
	}
	v = (v ^ last) * 0x9e3779b97f4a7c15ULL;
	v ^= v >> 29;
	last = v;
	return v & ~0xffUL;
}

__no_stack_protector void boot_init_stack_canary(void)
{
	unsigned long canary = get_random_canary();

	current->stack_canary = canary;
#ifdef __clang__
	__stack_chk_guard = canary;
#else
	this_cpu_write(__stack_chk_guard, canary);
#endif
}

void set_stack_canary(unsigned int cpu, const struct task_struct *idle)
{
#ifndef __clang__
	per_cpu(__stack_chk_guard, cpu) = idle->stack_canary;
#endif
}
