/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sched/idle.c - what a CPU does when nobody wants it.
 *
 * Each CPU has one idle task: the one that booted it. It is always runnable, never queued, and picked when all other
 * classes have nothing. It halts the CPU until an interrupt, and looks whether that made somebody runnable.
 *
 * The lost wakeup, once more. The look and the halt must not be separated by the very interrupt that they wait for:
 *
 *	if (!need_resched())
 *	        <- the interrupt wakes a task, sets the flag
 *	    hlt				halted, with a task waiting
 *
 * So the look is made with interrupts off, and "sti; hlt" turns them on and halts as one: STI takes effect after the
 * instruction that follows it, so an interrupt that is pending ends the halt at once.
 *
 * TIF_POLLING_NRFLAG tells other CPUs that this one is looking at its flag and needs no interrupt. It is cleared
 * before the CPU halts; clear, barrier, look at the flag here, and set flag, barrier, look at POLLING in
 * resched_curr(): one of the two sees the other. A CPU that waits in MWAIT is woken by the write of the flag itself, and
 * POLLING stays set (kernel/x86/idle.c).
 *
 * Locking: none; interrupts off from the look to the halt. Linux: kernel/sched/idle.c, which asks a governor how deep to sleep.
 */
#include <primer/init.h>
#include <primer/rcutree.h>
#include <primer/tick.h>
#include <asm/irqflags.h>
#include <asm/mwait.h>

#include "sched.h"

static void do_idle(void)
{
	set_thread_flag(TIF_POLLING_NRFLAG);
	tick_nohz_idle_enter();
	while (!need_resched()) {
		local_irq_disable();
		if (!arch_idle_polls()) {
			clear_thread_flag(TIF_POLLING_NRFLAG);
			smp_mb__after_atomic();
		}
		if (need_resched()) {
			local_irq_enable();
		} else {
			if (unlikely(rcu_needs_cpu()))
				tick_nohz_idle_retain_tick();	/* callbacks of this CPU wait for it */
			else
				tick_nohz_idle_stop_tick();
			rcu_idle_enter();
			arch_cpu_idle();
			rcu_idle_exit();
		}
		if (!arch_idle_polls())
			set_thread_flag(TIF_POLLING_NRFLAG);
	}
	tick_nohz_idle_exit();
	/* Another CPU sets only the flag; fold it into this CPU's word, which preempt_enable() looks at. */
	set_preempt_need_resched();
	clear_thread_flag(TIF_POLLING_NRFLAG);
	smp_mb__after_atomic();
	schedule_idle();
}

void cpu_idle(void)
{
	for (;;)
		do_idle();
}

/* ---- the class --------------------------------------------------------------------------------------------------- */

static void dequeue_task_idle(struct rq *rq, struct task_struct *p, int flags)
{
	panic("bad: scheduling from the idle thread!\n");
}

/* Anybody who wakes up is better. */
static void check_preempt_curr_idle(struct rq *rq, struct task_struct *p, int flags)
{
	resched_curr(rq);
}

static void set_next_task_idle(struct rq *rq, struct task_struct *next)
{
	next->se.exec_start = rq_clock_task(rq);
	sched_idle_set(cpu_of(rq));
}

static struct task_struct *pick_next_task_idle(struct rq *rq)
{
	schedstat_inc(rq->sched_goidle);
	set_next_task_idle(rq, rq->idle);
	return rq->idle;
}

static void update_curr_idle(struct rq *rq)
{
	struct task_struct *idle = rq->idle;
	u64 now = rq_clock_task(rq);

	if (rq->curr == idle && (s64)(now - idle->se.exec_start) > 0) {
		idle->se.sum_exec_runtime += now - idle->se.exec_start;
		idle->se.exec_start = now;
	}
}

static void put_prev_task_idle(struct rq *rq, struct task_struct *prev)
{
	sched_idle_clear(cpu_of(rq));
	update_curr_idle(rq);
}

static void task_tick_idle(struct rq *rq, struct task_struct *curr, int queued)	{ update_curr_idle(rq); }
static int select_task_rq_idle(struct task_struct *p, int cpu, int flags)	{ return task_cpu(p); }
static void yield_task_idle(struct rq *rq)					{ }
static u64 get_rr_interval_idle(struct rq *rq, struct task_struct *p)	{ return 0; }

/* A task is made idle by init_idle(), and stays what it is. */
static void never_task(struct rq *rq, struct task_struct *p)			{ BUG(); }
static void never_prio(struct rq *rq, struct task_struct *p, int oldprio)	{ BUG(); }
static void never_enqueue(struct rq *rq, struct task_struct *p, int flags)	{ BUG(); }

const struct sched_class idle_sched_class = {
	.rank			= 3,
	.enqueue_task		= never_enqueue,
	.dequeue_task		= dequeue_task_idle,
	.yield_task		= yield_task_idle,
	.check_preempt_curr	= check_preempt_curr_idle,
	.pick_next_task		= pick_next_task_idle,
	.put_prev_task		= put_prev_task_idle,
	.set_next_task		= set_next_task_idle,
	.select_task_rq		= select_task_rq_idle,
	.task_tick		= task_tick_idle,
	.switched_to		= never_task,
	.prio_changed		= never_prio,
	.get_rr_interval	= get_rr_interval_idle,
	.update_curr		= update_curr_idle,
};
