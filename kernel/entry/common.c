/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/entry/common.c - what has to be done between the end of the kernel's work and user mode.
 *
 * Others may want something of a task while it is in the kernel: that it give up the CPU, that it look at a signal. They set a
 * flag (primer/thread_info.h); the task looks on its way out. The look and the return must not be separated, or a flag set in
 * between would wait for the next entry: so the flags are read with interrupts off, and these stay off until the IRET or SYSRET.
 *
 *	exit_to_user_mode:   while flags with work are set
 *				interrupts on; do the work (it may sleep and may take long); interrupts off
 *			     FPU registers are loaded last: a reschedule could take them away again
 *
 * Invariant: user mode is entered with interrupts disabled since the last look at the flags, all of them clear.
 */
#include <primer/bitops.h>
#include <primer/err.h>
#include <primer/printk.h>
#include <primer/sched.h>
#include <uapi/unistd.h>
#include <asm/fpu.h>
#include <asm/irqflags.h>
#include <asm/traps.h>
#include "entry.h"

void exit_to_user_mode(struct pt_regs *regs)
{
	struct thread_info *ti = current_thread_info();
	unsigned long work;

	while ((work = READ_ONCE(ti->flags)) & (_TIF_EXIT_WORK & ~_TIF_NEED_FPU_LOAD)) {
		local_irq_enable();
		if (work & _TIF_NEED_RESCHED)
			schedule();
		if (work & _TIF_SIGPENDING)
			do_signal(regs);
		if (work & _TIF_NOTIFY_RESUME)
			clear_thread_flag(TIF_NOTIFY_RESUME);
		local_irq_disable();
	}
	if (work & _TIF_NEED_FPU_LOAD)
		switch_fpu_return();
}

/* One bit for each number that was already named in the log. Out of range: bit NR_syscalls. */
static unsigned long named[(NR_syscalls + 64) / 64];

static const char *const syscall_names[NR_syscalls] = {
#define NAME(number, name) [number] = #name,
	SYSCALL_NUMBERS(NAME)
#undef NAME
};

long do_not_implemented(unsigned long nr)
{
	unsigned int bit = nr < NR_syscalls ? nr : NR_syscalls;

	if (!test_bit(bit, named) && !test_and_set_bit(bit, named))
		pr_info("%s[%d]: system call %ld (%s) is not implemented\n", current->comm, current->pid, (long)nr,
			nr < NR_syscalls && syscall_names[nr] ? syscall_names[nr] : "no such number");
	return -ENOSYS;
}
