/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/rcutree.h - where RCU hears from the scheduler, the tick, the idle loop and interrupts that a CPU is outside all
 * read-side sections. For those few callers; users of RCU include primer/rcupdate.h.
 *
 * A quiescent state is a moment at which this CPU is certainly in no read-side section:
 *
 *	context switch		rcu_note_context_switch()	one instruction
 *	tick			rcu_sched_clock_irq()		what it interrupted was user mode, or preemptible
 *	idle			rcu_idle_enter() ... exit()	for as long as it lasts; nobody has to wake the CPU to ask
 */
#ifndef PRIMER_RCUTREE_H
#define PRIMER_RCUTREE_H

#include <primer/atomic.h>
#include <primer/hardirq.h>
#include <primer/percpu.h>
#include <primer/rcupdate.h>

/* Passages of this CPU through quiescent states. [owner CPU writes; others compare it with what it was] */
DECLARE_PER_CPU(unsigned int, rcu_qs_ctr);

/*
 * rcu_note_context_switch - current gives up the CPU, in __schedule()
 *
 * Context: preemption disabled; before the run queue's lock is taken: that locked instruction is the barrier between the count and the
 * next task's reads (see "Order" in kernel/rcu/tree.c).
 */
#ifdef CONFIG_DEBUG
void rcu_note_context_switch(bool preempt);
#else
static __always_inline void rcu_note_context_switch(bool preempt)	{ this_cpu_inc(rcu_qs_ctr); }
#endif

/* rcu_sched_clock_irq - from the tick of each CPU. @user: it interrupted user mode. Context: hard interrupt. */
void rcu_sched_clock_irq(bool user);

/*
 * rcu_idle_enter, rcu_idle_exit - this CPU is about to halt, and has halted: no readers in between but in interrupts, which irq_enter()
 * and irq_exit() announce. Context: the idle task; interrupts off on entry, in any state at exit.
 */
void rcu_idle_enter(void);
void rcu_idle_exit(void);
/* rcu_needs_cpu - does this CPU have callbacks, so that it needs its tick even when idle? Context: interrupts off. */
bool rcu_needs_cpu(void);

/* rcu_cpu_starting - @cpu, on which this runs, will have readers from here on. Interrupts off. */
void rcu_cpu_starting(unsigned int cpu);

/* rcu_init - start_kernel, after softirq_init(): callbacks can be queued. */
void rcu_init(void);

/* ---- for the upper storeys of RCU itself: kernel/sync/rcu.c, kernel/kthread/rcu_gp.c, tests ---- */

/* rcu_gp_kthread_wake_hook - kernel/kthread lends it: wake the grace-period thread. [set once, when the thread exists] Context: softirq. */
extern void (*rcu_gp_kthread_wake_hook)(void);

/* One turn of the grace-period thread. Context of all: task, preemptible, that thread only. */
bool rcu_gp_wanted(void);		/* has somebody asked for a grace period that has not begun? */
void rcu_gp_init(void);			/* begins one; idle CPUs are done with at once */
bool rcu_gp_done(void);			/* has every CPU passed through a quiescent state? */
bool rcu_gp_pressed(void);		/* has some CPU a flood of callbacks, so that it should be quick? Says so once for each time */
u64 rcu_gp_force_qs(void);		/* look at those that have not reported; the CPUs that are still waited for, as a set */
void rcu_gp_cleanup(void);		/* ends it: callbacks may be called */

/*
 * rcu_cpu_quiet - is, or was, @cpu in a quiescent state since *@snap was taken? rcu_cpu_snapshot - take one: false: it idles, there is
 * nothing to wait for. Context: any. For the expedited grace period.
 */
struct rcu_snapshot {
	unsigned int dynticks, qs_ctr;
};
bool rcu_cpu_snapshot(unsigned int cpu, struct rcu_snapshot *snap);
bool rcu_cpu_quiet(unsigned int cpu, const struct rcu_snapshot *snap);

/* rcu_qs - this CPU is in a quiescent state now. Context: preemption off, or an interrupt that interrupted preemptible code. */
static __always_inline void rcu_qs(void)
{
	this_cpu_inc(rcu_qs_ctr);
	smp_mb();		/* the count before the reads of the next reader: pairs with rcu_cpu_snapshot() */
}

/* Callbacks of @cpu that have not returned; whoever queued one earlier sees it counted. Grace periods so far. */
unsigned long rcu_n_cbs(unsigned int cpu);
unsigned long rcu_gp_count(void);
/* Has the boot parameter rcupdate.rcu_expedited asked for it? */
extern bool rcu_expedited;
/* rcu_request_gp - see to it that a grace period begins after now. Context: softirq or task. */
void rcu_request_gp(void);

/* [statistics: of rcu_sched, written by the grace-period thread, read by anybody] */
struct rcu_stats {
	unsigned long gps, expedited, fqs, fqs_idle, fqs_ctr, reported, invoked, pressed;
	u64 gp_ns_sum, gp_ns_max;
};
extern struct rcu_stats rcu_stats;

/* ---- stalls: kernel/rcu/stall.c ---- */

extern int rcu_cpu_stall_timeout;	/* seconds; boot parameter rcupdate.rcu_cpu_stall_timeout */
extern int rcu_cpu_stall_suppress;
extern int sysctl_panic_on_rcu_stall;	/* kernel.panic_on_rcu_stall */
/* rcu_cpu_backtrace_hook - kernel/debug lends it: print where @cpu is. Context: any. */
extern void (*rcu_cpu_backtrace_hook)(unsigned int cpu);
void rcu_check_stall_gp(void);		/* from the grace-period thread */
/* rcu_jiffies_till_stall_check - a grace period that has lasted longer is reported. */
unsigned long rcu_jiffies_till_stall_check(void);
/*
 * rcu_exp_stall - the expedited grace period @seq still waits for the CPUs @missing after @age ticks: name them, with their stacks
 *
 * Context: task, who waits for it. Nothing for an empty set.
 */
void rcu_exp_stall(u64 missing, unsigned long age, unsigned long seq);

/* DEBUG: plant the bug that torture must find: a grace period that waits for nobody. */
#ifdef CONFIG_DEBUG
extern bool rcu_break_early_gp;
#endif

#endif
