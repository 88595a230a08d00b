/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/irq/softirq.c - bottom halves: what an interrupt leaves to be done with interrupts on.
 *
 * The problem. While a handler runs, this CPU takes no other interrupt. Work that takes longer than a few microseconds (expired timers,
 * packets, finished blocks) must not be done there; but waking a thread for each bit of it would cost two task switches.
 *
 * The idea. The handler sets a bit; at the end of the interrupt, with interrupts on again, the functions of all bits that are set are
 * called, before the interrupted task goes on. There are ten bits, each with one function, known at boot.
 *
 *	hard interrupt	handler: raise_softirq(TIMER_SOFTIRQ)		__softirq_pending |= 1 << TIMER
 *	irq_exit()	pending, and nothing outer: __do_softirq()
 *			    take all bits; interrupts on; call their functions in order; interrupts off
 *			    new bits? again, for at most 10 rounds and 2 ms, and as long as nobody wants the CPU
 *			    still? ksoftirqd shall do it, as a task among others
 *
 * The bound is the point. Softirqs can raise themselves as fast as they are served (packets that come as fast as they are
 * processed), and then no task would ever run. A thread competes fairly. And it competes alone: as long as ksoftirqd is awake, the
 * ends of interrupts leave all softirqs to it. Otherwise each interrupt would serve ten more rounds of the flood, ahead of every
 * task, and the bound would be worth nothing.
 *
 * Where softirqs run
 *	at irq_exit()			unless the interrupt came while softirqs were disabled or being served, or ksoftirqd is awake
 *	in local_bh_enable()		raised meanwhile, or before; unless ksoftirqd is awake
 *	in ksoftirqd			raised by a task outside both, or beyond the bound
 *
 * preempt_count's softirq field says which: local_bh_disable() adds 2 units (it nests), serving adds 1. So in_softirq() is "not
 * now", in_serving_softirq() is "I am one".
 *
 * Invariants
 *   S1  On one CPU softirqs do not nest: one round at a time, each function runs to its end. The same function may run on other CPUs.
 *   S2  A bit that was set is cleared only by who then calls the function, with interrupts off in between: none is lost.
 *   S3  A bit is not pending for long with nobody about to look: whoever sets it outside interrupts and bottom-half sections
 *	 wakes ksoftirqd, and whoever leaves such a section looks.
 *
 * Locking. All of it is this CPU's own; interrupts off around each change of the pending word (one instruction of one CPU would do for
 * raising, but taking it must not lose a bit in between).
 *
 * ksoftirqd is a kernel thread and lives far above: kernel/kthread/ksoftirqd.c lends wakeup_softirqd_hook.
 *
 * Linux (kernel/softirq.c) serves tasklets at the end of an interrupt even while ksoftirqd is awake, and has a PREEMPT_RT variant.
 */
#include <primer/bitops.h>
#include <primer/init.h>
#include <primer/interrupt.h>
#include <primer/kernel_stat.h>
#include <primer/printk.h>
#include <primer/sched.h>
#include <primer/trace.h>
#include <asm/irq_stack.h>
#include <asm/irqflags.h>
#include <asm/tsc.h>

#include "internals.h"

#define MAX_SOFTIRQ_TIME_NS	2000000ULL
#define MAX_SOFTIRQ_RESTART	10

DEFINE_PER_CPU(struct kernel_stat, kstat);
DEFINE_PER_CPU(struct task_struct *, ksoftirqd);
DEFINE_PER_CPU(u8, irq_idle_flags);

static void no_tick(void)		{ }
static bool no_softirqd(void)		{ return false; }
void (*tick_irq_enter_hook)(void) __ro_after_init = no_tick;
void (*tick_irq_exit_hook)(void) __ro_after_init = no_tick;
void (*rcu_irq_enter_hook)(void) __ro_after_init = no_tick;
void (*rcu_irq_exit_hook)(void) __ro_after_init = no_tick;
bool (*wakeup_softirqd_hook)(void) __ro_after_init = no_softirqd;

static struct softirq_action softirq_vec[NR_SOFTIRQS] __read_mostly;	/* [written at boot] */

const char *const softirq_to_name[NR_SOFTIRQS] = {
	"HI", "TIMER", "NET_TX", "NET_RX", "BLOCK", "IRQ_POLL", "TASKLET", "SCHED", "HRTIMER", "RCU",
};

void open_softirq(unsigned int nr, void (*action)(struct softirq_action *))
{
	softirq_vec[nr].action = action;
}

/* ---- raising --------------------------------------------------------------------------------------------------------- */

void __raise_softirq_irqoff(unsigned int nr)
{
	lockdep_assert_irqs_disabled();
	trace_softirq_raise(nr);
	or_softirq_pending(1U << nr);
}

void raise_softirq_irqoff(unsigned int nr)
{
	__raise_softirq_irqoff(nr);
	/* S3: in an interrupt or a bottom-half section its end will look. */
	if (!in_interrupt())
		wakeup_softirqd_hook();
}

void raise_softirq(unsigned int nr)
{
	unsigned long flags;

	local_irq_save(flags);
	raise_softirq_irqoff(nr);
	local_irq_restore(flags);
}

/* ---- interrupts on a CPU that idles ------------------------------------------------------------------------------------ */

/* RCU watches from before the first read to after the last one. */
void irq_enter_idle(void)
{
	if (this_cpu_read(irq_idle_flags) & IRQ_IDLE_RCU)
		rcu_irq_enter_hook();
	if (this_cpu_read(irq_idle_flags) & IRQ_IDLE_TICKLESS)
		tick_irq_enter_hook();
}

void irq_exit_idle(void)
{
	if (this_cpu_read(irq_idle_flags) & IRQ_IDLE_TICKLESS)
		tick_irq_exit_hook();
	if (this_cpu_read(irq_idle_flags) & IRQ_IDLE_RCU)
		rcu_irq_exit_hook();
}

/* ---- serving --------------------------------------------------------------------------------------------------------- */

/* Call what @pending names. Context: interrupts on, in_serving_softirq(). */
static void serve(unsigned int pending)
{
	while (pending) {
		unsigned int nr = __ffs(pending), count = preempt_count();

		pending &= pending - 1;
		this_cpu_inc(kstat.softirqs[nr]);
		trace_softirq_entry(nr);
		softirq_vec[nr].action(&softirq_vec[nr]);
		trace_softirq_exit(nr);
		if (unlikely(count != preempt_count())) {
			pr_err("huh, entered softirq %u %s %pS with preempt_count %08x, exited with %08x?\n", nr,
			       softirq_to_name[nr], (void *)softirq_vec[nr].action, count, preempt_count());
			preempt_count_set(count);
		}
	}
}

void __do_softirq(void)
{
	unsigned int pending = local_softirq_pending(), rounds = MAX_SOFTIRQ_RESTART;
	u64 end = 0;

	preempt_count_add(SOFTIRQ_OFFSET);
	for (;;) {
		set_softirq_pending(0);		/* S2: before interrupts are on */
		local_irq_enable();
		serve(pending);
		local_irq_disable();
		pending = local_softirq_pending();
		if (likely(!pending))
			break;
		/* The clock is read only when one round was not enough. */
		if (!end)
			end = sched_clock() + MAX_SOFTIRQ_TIME_NS;
		if (--rounds && !need_resched() && sched_clock() < end)
			continue;
		wakeup_softirqd_hook();
		break;
	}
	preempt_count_sub(SOFTIRQ_OFFSET);
}

/* It is awake, so it looks before it sleeps again: leave everything to it. */
static inline bool ksoftirqd_running(void)
{
	struct task_struct *t = this_cpu_read(ksoftirqd);

	return t && t->state == TASK_RUNNING;
}

/*
 * The end of an interrupt: on the interrupt stack already, or on the empty one of a task in user mode. From an exception
 * that interrupted another user of neither we may be deep in a task's stack: call_on_irq_stack() knows.
 */
void invoke_softirq(void)
{
	if (likely(!ksoftirqd_running()))
		call_on_irq_stack(__do_softirq);
}

void do_softirq(void)
{
	unsigned long flags;

	if (in_interrupt())
		return;
	local_irq_save(flags);
	if (local_softirq_pending() && !ksoftirqd_running())
		call_on_irq_stack(__do_softirq);
	local_irq_restore(flags);
}

void do_softirq_now(void)
{
	local_irq_disable();
	if (local_softirq_pending())
		call_on_irq_stack(__do_softirq);
	local_irq_enable();
}

void __init softirq_init(void)
{
	tasklet_init();
}
