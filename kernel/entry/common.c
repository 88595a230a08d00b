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
 *
 * Leaks. A path that forgets preempt_enable(), local_irq_restore() or an unlock does no harm where it returns. The harm comes later, in
 * another's name: "scheduling while atomic" in the next call that sleeps; or a lock that is never free again; or nothing at all, as user
 * mode has its interrupts on whatever they were. Which system call it was is known only where it ends. So in DEBUG builds both doors call
 * syscall_exit_check() there; plain builds have neither the call nor the function.
 */
#include <primer/bitops.h>
#include <primer/bug.h>
#include <primer/err.h>
#include <primer/lockdep.h>
#include <primer/preempt.h>
#include <primer/printk.h>
#include <primer/provoke.h>
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

#ifdef CONFIG_DEBUG
/* After a report the state is put right, so that the next one is about another call. */
void syscall_exit_check(struct pt_regs *regs)
{
	unsigned int count;

	if (unlikely(provoked_leak)) {
		void (*leak)(void) = provoked_leak;

		provoked_leak = NULL;
		leak();
	}
	lockdep_sys_exit();
	count = preempt_count();
	if (unlikely(count)) {
		WARN(1, "BUG: system call %ld returned with preempt_count %x\n", (long)regs->orig_ax, count);
		preempt_count_set(0);
	}
	if (WARN(irqs_disabled(), "BUG: system call %ld left IRQs disabled\n", (long)regs->orig_ax))
		local_irq_enable();
}
#endif

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
