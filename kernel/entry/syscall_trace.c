/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/entry/syscall_trace.c - system calls while they are traced: sys_enter and sys_exit.
 *
 * The door is entry_traced.asm. What it calls here does what entry_SYSCALL_64 does, in C, with a record before and one behind.
 *
 * A call that never returns to here (exit, a signal handler's return to another place) has no sys_exit, or that of where it goes on.
 *
 * Locking. The doors are changed under tracing_mutex (kernel/debug/tracing.c), when all CPUs are online.
 * do_syscall_traced() takes no lock and has interrupts on, like any system call.
 *
 * Linux (kernel/entry/common.c) keeps one door, sets a flag in each task (TIF_SYSCALL_TRACEPOINT), and tests it with
 * the flags of ptrace and seccomp.
 */
#include <primer/init.h>
#include <primer/sched.h>
#include <primer/smp.h>
#include <primer/trace.h>
#include <uapi/unistd.h>
#include <asm/msr.h>
#include <asm/traps.h>

#include "entry.h"

typedef long (*sys_call_ptr_t)(unsigned long, unsigned long, unsigned long, unsigned long, unsigned long, unsigned long);
extern const sys_call_ptr_t sys_call_table[NR_syscalls];

void entry_SYSCALL_64(void);
void entry_SYSCALL_64_traced(void);

void do_syscall_traced(struct pt_regs *regs)
{
	unsigned long nr = regs->orig_ax;

	if (trace_event_enabled(TRACE_sys_enter))
		__trace_sys_enter(regs, nr);
	if (nr < NR_syscalls)
		regs->ax = sys_call_table[nr](regs->di, regs->si, regs->dx, regs->r10, regs->r8, regs->r9);
	else
		regs->ax = do_not_implemented(nr);
	if (trace_event_enabled(TRACE_sys_exit))
		__trace_sys_exit(nr, regs->ax);
#ifdef CONFIG_DEBUG
	syscall_exit_check(regs);
#endif
}

static void set_door(void *door)
{
	wrmsrq(MSR_LSTAR, (unsigned long)door);
}

/* The caller, who changes the mask, lets nobody else in meanwhile. */
static void trace_syscalls(bool traced)
{
	on_each_cpu(set_door, traced ? (void *)entry_SYSCALL_64_traced : (void *)entry_SYSCALL_64, 1);
}

static int __init syscall_trace_init(void)
{
	trace_syscalls_hook = trace_syscalls;
	return 0;
}
pure_initcall(syscall_trace_init);
