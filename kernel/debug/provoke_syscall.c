/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/debug/provoke_syscall.c - planted leaks: a system call that keeps what it should have given back. DEBUG builds.
 *
 *	SYSCALL_LEAK_PREEMPT	a preempt_disable() too many
 *	SYSCALL_LEAK_IRQS	interrupts are off
 *	SYSCALL_LEAK_LOCK	a spinlock; its preempt_disable() is undone, so that only lockdep can know
 *
 * When provoke= is obeyed there is no system call yet. So the leak is laid out for the first one that PID 1 makes as a program:
 * syscall_exit_check() (kernel/entry/common.c) commits it, and then looks.
 *
 * Locking: none. provoked_leak is written and taken back by PID 1, before there is a second process.
 *
 * LKDTM has no such faults. What finds them in Linux is lockdep_sys_exit() (kernel/locking/lockdep.c) and a test for
 * interrupts in kernel/entry/common.c.
 */
#include <primer/compiler.h>
#include <primer/preempt.h>
#include <primer/provoke.h>
#include <primer/spinlock.h>
#include <asm/irqflags.h>

#include "provoke_internal.h"

#ifdef CONFIG_DEBUG

void (*provoked_leak)(void);

static DEFINE_SPINLOCK(leaked_lock, LOCK_RANK_SPINNING_LEAF);

static void leak_preempt(void)	{ preempt_disable(); }
static void leak_irqs(void)	{ local_irq_disable(); }

static void leak_lock(void)
{
	spin_lock(&leaked_lock);
	preempt_enable();
}

void provoke_SYSCALL_LEAK_PREEMPT(void)	{ provoked_leak = leak_preempt; }
void provoke_SYSCALL_LEAK_IRQS(void)	{ provoked_leak = leak_irqs; }
void provoke_SYSCALL_LEAK_LOCK(void)	{ provoked_leak = leak_lock; }

#endif
