/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/debug/provoke_lockup.c - planted hangs: a CPU that loops, a lock that nobody lets go, a task that waits for nothing.
 *
 * Nothing faults here, and no instruction is wrong. Each goes on until a watchdog (watchdog.c, hung_task.c) has seen enough:
 *
 *	SOFTLOCKUP	loops with preemption off: tasks cannot run		its own CPU's timer
 *	HARDLOCKUP	loops with interrupts off: nothing can run		the next CPU
 *	SPINLOCKUP	waits for a lock that another CPU holds for ever	DEBUG: whoever looks at the waiter; else as SOFTLOCKUP
 *	HUNG_TASK	sleeps, uninterruptible, and nobody will wake it	khungtaskd
 *	RCU_STALL	reads for ever while a grace period is wanted		its own CPU's tick; needs two CPUs
 *	RCU_EXP_STALL	reads for ever with interrupts off on another CPU	who waits in synchronize_rcu_expedited()
 *
 * Context of all: PID 1 at the end of the boot, no lock held. None of them returns.
 *
 * Names are those of Linux's LKDTM (drivers/misc/lkdtm/bugs.c), whose SPINLOCKUP has no helper and must be asked for
 * twice; the RCU ones have none there.
 */
#include <primer/completion.h>
#include <primer/cpumask.h>
#include <primer/err.h>
#include <primer/kthread.h>
#include <primer/rcutree.h>
#include <primer/sched.h>
#include <primer/smp.h>
#include <primer/spinlock.h>
#include <asm/irqflags.h>

#include "provoke_internal.h"

static DEFINE_SPINLOCK(lock_me_up, LOCK_RANK_SPINNING_LEAF);
static DECLARE_COMPLETION(lock_is_taken);
static bool reader_is_inside;		/* polled: who sleeps might be woken on the reader's CPU */

/* Not all of it cpu_relax(): at each, a QEMU that counts instructions turns to the next CPU, which takes a hundred times as long. */
static __always_inline void loop_for_ever(void)
{
	for (;;) {
		for (int i = 0; i < 64; i++)
			barrier();
		cpu_relax();
	}
}

void provoke_SOFTLOCKUP(void)
{
	preempt_disable();
	loop_for_ever();
}

void provoke_HARDLOCKUP(void)
{
	local_irq_disable();
	loop_for_ever();
}

static int keep_the_lock(void *unused)
{
	complete(&lock_is_taken);
	spin_lock(&lock_me_up);
	for (;;)
		cpu_relax();
	return 0;
}

void provoke_SPINLOCKUP(void)
{
	unsigned int cpu = cpumask_next(raw_smp_processor_id(), cpu_online_mask);
	struct task_struct *p;

	p = kthread_create_on_cpu(keep_the_lock, NULL, cpu < nr_cpu_ids ? cpu : cpumask_first(cpu_online_mask), "lockkeeper/%u");
	if (IS_ERR(p))
		return;
	wake_up_process(p);
	wait_for_completion(&lock_is_taken);
	while (!spin_is_locked(&lock_me_up))
		cpu_relax();
	spin_lock(&lock_me_up);
	barrier();		/* a call, and no jump: the report shall show us */
}

static void never_called(struct rcu_head *head)
{
}

void provoke_RCU_STALL(void)
{
	static struct rcu_head head;

	call_rcu(&head, never_called);
	rcu_read_lock();
	for (;;)
		cpu_relax();
}

static int read_for_ever(void *unused)
{
	rcu_barrier();		/* no other grace period shall be under way, and reported first */
	local_irq_disable();
	rcu_read_lock();
	WRITE_ONCE(reader_is_inside, true);
	for (;;)
		cpu_relax();
	return 0;
}

void provoke_RCU_EXP_STALL(void)
{
	unsigned int cpu;
	struct task_struct *p;

	/* Stay here: who sleeps while the reader is made may be woken on the reader's CPU, and would wait there for ever. */
	set_cpus_allowed_ptr(current, cpumask_of(raw_smp_processor_id()));
	cpu = cpumask_next(raw_smp_processor_id(), cpu_online_mask);
	p = kthread_create_on_cpu(read_for_ever, NULL, cpu < nr_cpu_ids ? cpu : cpumask_first(cpu_online_mask), "reader/%u");
	if (IS_ERR(p))
		return;
	wake_up_process(p);
	while (!READ_ONCE(reader_is_inside))
		cpu_relax();
	synchronize_rcu_expedited();
}

void provoke_HUNG_TASK(void)
{
	for (;;) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		schedule();
	}
}
