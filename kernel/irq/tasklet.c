/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/irq/tasklet.c - bottom halves for those who have no softirq of their own.
 *
 * There are only ten softirqs, and the same one may run on several CPUs at once, so its function needs locks against itself. A driver wants
 * less: "call this once, soon, and never twice at the same time". A tasklet is a function with two bits of state:
 *
 *	SCHED	somebody scheduled it, and it has not begun: it is on exactly one CPU's list. Who sets the bit queues it.
 *	RUN	a CPU runs it. Who sets the bit runs it; who finds it set puts it back on its list and tries later.
 *
 *	        schedule		 begins			  ends
 *	idle -------------> SCHED --------------> RUN -------------> idle
 *				^    schedule:	   |
 *				'----- SCHED|RUN <-'	on another CPU's list perhaps: waits there until RUN goes
 *
 * SCHED is cleared before the function is called, so that scheduling it from then on, by itself too, means "once more".
 *
 * A disabled tasklet (count > 0) is not run; it stays on the list, and the softirq is raised anew each time: do not leave one disabled for
 * long.
 *
 * Locking. Lists belong to their CPU, interrupts off. count is looked at after RUN was set, and tasklet_disable() looks at RUN after it has
 * raised count, with full barriers in between: one of the two sees the other.
 *
 * Linux (kernel/softirq.c) has kept them, and wishes that new code used threads or workqueues.
 */
#include <primer/bitops.h>
#include <primer/init.h>
#include <primer/interrupt.h>
#include <primer/irq.h>
#include <primer/lockdep.h>
#include <asm/irqflags.h>
#include <asm/processor.h>

#include "internals.h"

/* In order of scheduling. [owner CPU, interrupts off] */
struct tasklet_head {
	struct tasklet_struct *head;
	struct tasklet_struct **tail;
};

static DEFINE_PER_CPU(struct tasklet_head, tasklet_vec);
static DEFINE_PER_CPU(struct tasklet_head, tasklet_hi_vec);

void tasklet_setup(struct tasklet_struct *t, void (*callback)(struct tasklet_struct *))
{
	*t = (struct tasklet_struct){ .count = ATOMIC_INIT(0), .callback = callback };
}

/* Context: interrupts off. */
static void append(struct tasklet_struct *t, struct tasklet_head *list, unsigned int softirq)
{
	t->next = NULL;
	*list->tail = t;
	list->tail = &t->next;
	raise_softirq_irqoff(softirq);
}

void __tasklet_schedule(struct tasklet_struct *t)
{
	unsigned long flags;

	local_irq_save(flags);
	append(t, this_cpu_ptr(&tasklet_vec), TASKLET_SOFTIRQ);
	local_irq_restore(flags);
}

void __tasklet_hi_schedule(struct tasklet_struct *t)
{
	unsigned long flags;

	local_irq_save(flags);
	append(t, this_cpu_ptr(&tasklet_hi_vec), HI_SOFTIRQ);
	local_irq_restore(flags);
}

#ifdef CONFIG_DEBUG
bool tasklet_planted;

/* The planted bug, for which the torture must have an eye: it runs elsewhere, and here as well. */
static bool run_all_the_same(struct tasklet_struct *t)
{
	if (likely(!READ_ONCE(tasklet_planted)) || !test_and_clear_bit(TASKLET_STATE_SCHED, &t->state))
		return false;
	t->callback(t);
	return true;
}
#else
static inline bool run_all_the_same(struct tasklet_struct *t)	{ return false; }
#endif

/* True: it has run. False: it runs elsewhere, or is disabled. */
static bool try_run(struct tasklet_struct *t)
{
	if (test_and_set_bit(TASKLET_STATE_RUN, &t->state))
		return run_all_the_same(t);
	if (atomic_read(&t->count)) {
		clear_bit_unlock(TASKLET_STATE_RUN, &t->state);
		return false;
	}
	WARN_ON_ONCE(!test_and_clear_bit(TASKLET_STATE_SCHED, &t->state));
	t->callback(t);
	clear_bit_unlock(TASKLET_STATE_RUN, &t->state);		/* pairs with tasklet_unlock_wait() */
	return true;
}

static void tasklet_action_common(struct tasklet_head *head, unsigned int softirq)
{
	struct tasklet_struct *t, *next;

	local_irq_disable();
	t = head->head;
	head->head = NULL;
	head->tail = &head->head;
	local_irq_enable();

	for (; t; t = next) {
		next = t->next;
		if (try_run(t))
			continue;
		local_irq_disable();
		append(t, head, softirq);
		local_irq_enable();
	}
}

static void tasklet_action(struct softirq_action *a)
{
	(void)a;
	tasklet_action_common(this_cpu_ptr(&tasklet_vec), TASKLET_SOFTIRQ);
}

static void tasklet_hi_action(struct softirq_action *a)
{
	(void)a;
	tasklet_action_common(this_cpu_ptr(&tasklet_hi_vec), HI_SOFTIRQ);
}

void tasklet_unlock_wait(struct tasklet_struct *t)
{
	while (test_bit(TASKLET_STATE_RUN, (volatile unsigned long *)&t->state))
		cpu_relax();
	smp_mb();
}

void tasklet_disable(struct tasklet_struct *t)
{
	might_sleep();
	tasklet_disable_nosync(t);
	tasklet_unlock_wait(t);
}

void tasklet_enable(struct tasklet_struct *t)
{
	smp_mb__before_atomic();
	atomic_dec(&t->count);
}

/*
 * Take the SCHED bit ourselves: then it is on no list, and cannot get on one. The CPU that has it on its list must get to it
 * meanwhile; if that is this one, we serve it ourselves: a real-time task that waited for ksoftirqd here would wait for ever.
 */
void tasklet_kill(struct tasklet_struct *t)
{
	might_sleep();
	while (test_and_set_bit(TASKLET_STATE_SCHED, &t->state)) {
		do_softirq_now();
		cpu_relax();
	}
	tasklet_unlock_wait(t);
	clear_bit(TASKLET_STATE_SCHED, &t->state);
}

void __init tasklet_init(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		per_cpu(tasklet_vec, cpu).tail = &per_cpu(tasklet_vec, cpu).head;
		per_cpu(tasklet_hi_vec, cpu).tail = &per_cpu(tasklet_hi_vec, cpu).head;
	}
	open_softirq(TASKLET_SOFTIRQ, tasklet_action);
	open_softirq(HI_SOFTIRQ, tasklet_hi_action);
}
