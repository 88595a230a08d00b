/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/preempt.h - may this CPU be taken from the running task?
 *
 * One 32-bit word per CPU answers it. It counts the reasons against, by kind, so that "in which context am I?" is one load:
 *
 *	 31        30      23..20   19..16    15..8     7..0
 *	!resched   -       NMI      hardirq   softirq   preempt_disable() depth
 *
 * The top bit is the inverse of "somebody asked this CPU to reschedule" (TIF_NEED_RESCHED of current). The word is therefore
 * zero exactly when nothing forbids preemption AND it is wanted, and preempt_enable() is one decrement and one conditional
 * jump. A task keeps its own count while switched out: it is always in __schedule() then, with a count of
 * PREEMPT_DISABLE_OFFSET.
 *
 * [owner CPU; set_preempt_need_resched() by the owner CPU only: other CPUs set TIF_NEED_RESCHED and send an interrupt]
 */
#ifndef PRIMER_PREEMPT_H
#define PRIMER_PREEMPT_H

#include <primer/compiler.h>
#include <asm/percpu.h>

#define PREEMPT_SHIFT		0
#define SOFTIRQ_SHIFT		8
#define HARDIRQ_SHIFT		16
#define NMI_SHIFT		20
#define PREEMPT_MASK		0x000000ffU
#define SOFTIRQ_MASK		0x0000ff00U
#define HARDIRQ_MASK		0x000f0000U
#define NMI_MASK		0x00f00000U
#define PREEMPT_NEED_RESCHED	0x80000000U	/* inverted: set means no reschedule is wanted */

#define PREEMPT_OFFSET		(1U << PREEMPT_SHIFT)
#define SOFTIRQ_OFFSET		(1U << SOFTIRQ_SHIFT)
#define SOFTIRQ_DISABLE_OFFSET	(2 * SOFTIRQ_OFFSET)	/* local_bh_disable(); one OFFSET alone: serving a softirq */
#define HARDIRQ_OFFSET		(1U << HARDIRQ_SHIFT)
#define NMI_OFFSET		(1U << NMI_SHIFT)
#define PREEMPT_DISABLE_OFFSET	PREEMPT_OFFSET
#define INIT_PREEMPT_COUNT	(PREEMPT_OFFSET | PREEMPT_NEED_RESCHED)
#define FORK_PREEMPT_COUNT	(PREEMPT_OFFSET | PREEMPT_NEED_RESCHED)	/* a new task starts inside the switch: schedule_tail() */

DECLARE_PER_CPU(unsigned int, __preempt_count);

static __always_inline unsigned int preempt_count(void)
{
	return this_cpu_read(__preempt_count) & ~PREEMPT_NEED_RESCHED;
}

static __always_inline void preempt_count_set(unsigned int pc)
{
	this_cpu_write(__preempt_count, pc | (this_cpu_read(__preempt_count) & PREEMPT_NEED_RESCHED));
}

#define preempt_count_add(n)		do { this_cpu_add(__preempt_count, (n)); barrier(); } while (0)
#define preempt_count_sub(n)		do { barrier(); this_cpu_sub(__preempt_count, (n)); } while (0)

static __always_inline void set_preempt_need_resched(void)	{ this_cpu_and(__preempt_count, ~PREEMPT_NEED_RESCHED); }
static __always_inline void clear_preempt_need_resched(void)	{ this_cpu_or(__preempt_count, PREEMPT_NEED_RESCHED); }
static __always_inline bool test_preempt_need_resched(void)	{ return !(this_cpu_read(__preempt_count) & PREEMPT_NEED_RESCHED); }

#define hardirq_count()		(preempt_count() & HARDIRQ_MASK)
#define softirq_count()		(preempt_count() & SOFTIRQ_MASK)
#define irq_count()		(preempt_count() & (HARDIRQ_MASK | SOFTIRQ_MASK | NMI_MASK))
#define in_irq()		hardirq_count()
#define in_nmi()		(preempt_count() & NMI_MASK)
#define in_softirq()		softirq_count()
#define in_serving_softirq()	(softirq_count() & SOFTIRQ_OFFSET)
#define in_interrupt()		irq_count()
#define in_task()		(!(preempt_count() & (NMI_MASK | HARDIRQ_MASK | SOFTIRQ_OFFSET)))
#define in_atomic()		(preempt_count() != 0)
#define preemptible()		(preempt_count() == 0 && !irqs_disabled())

/* The scheduler's entry for preempt_enable(): reschedules now if interrupts are on. In sched/core.c; called through a thunk
 * that saves every register, so that preempt_enable() clobbers none. */
void preempt_schedule(void);
void preempt_schedule_thunk(void);

#define preempt_disable()	do { this_cpu_inc(__preempt_count); barrier(); } while (0)

/* One DECL on the per-CPU word: zero means that the last reason went away and a reschedule is wanted. */
static __always_inline void preempt_enable(void)
{
	bool resched;

	barrier();
	__asm__ volatile("decl %%gs:%0" : "+m"(__preempt_count), "=@cce"(resched) :: "memory");
	if (unlikely(resched))
		__asm__ volatile("call preempt_schedule_thunk" ::: "memory", "cc");
}

/* For code that calls schedule() itself right after. */
#define preempt_enable_no_resched()	do { barrier(); this_cpu_dec(__preempt_count); } while (0)
#define sched_preempt_enable_no_resched() preempt_enable_no_resched()

#endif
