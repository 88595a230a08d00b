/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sched/balance.c - no CPU idles while another has tasks that wait.
 *
 * Two moments at which placing a task costs next to nothing:
 *
 *	push	a task becomes runnable, and has to be put on some queue anyway: on an idle CPU if there is one (select_idle_cpu)
 *	pull	a CPU has nothing to run, and would halt: take a waiting task from the longest queue (pull_task)
 *
 * The set of idle CPUs is one word. A CPU's bit is set when it picks its idle task and cleared when that is put away. Whoever
 * chooses an idle CPU for a task clears the bit himself: so a burst of wakeups, all before the first CPU has reacted, is spread
 * over all idle CPUs instead of all going to the first. The bit is a hint: the CPU's own queue decides what it runs, and its bit comes
 * back when it is idle again.
 *
 * Where first? On the CPU it last ran on, if that is idle: what it used may still be in that CPU's caches. Else on any idle one, in
 * order from the last. Else where it was: moving it from one busy CPU to another gains nothing that is worth its caches.
 *
 * Pull takes the lock of the other queue while it holds its own, which by the rule of the order could only be done upwards; so it does
 * not wait, but gives up if the lock is taken. That costs a halt until the next wakeup, and no more. It takes the task that has waited
 * longest and may come: the leftmost of the timeline. A queued task that is not curr has left its stack for good (on_cpu is 0
 * before its CPU drops the lock), so it can be moved.
 *
 * Locking: idle_cpus is atomic; rq->lock of both queues while a task moves.
 *
 * Linux (kernel/sched/fair.c) balances loads by weight, between groups of CPUs that share caches and memory, at the tick as well.
 */
#include <primer/atomic.h>

#include "sched.h"

static cpumask_t idle_cpus;		/* atomic bits: runs its idle task, and nobody has chosen it yet */

void sched_idle_set(int cpu)	{ set_bit(cpu, idle_cpus.bits); }

void sched_idle_clear(int cpu)
{
	if (test_bit(cpu, idle_cpus.bits))
		clear_bit(cpu, idle_cpus.bits);
}

/* Choose @cpu if it is idle. */
static bool claim_idle(int cpu)
{
	return test_bit(cpu, idle_cpus.bits) && test_and_clear_bit(cpu, idle_cpus.bits);
}

int select_idle_cpu(struct task_struct *p, int prev)
{
	unsigned long left;

	if (cpumask_test_cpu(prev, &p->cpus_mask) && claim_idle(prev))
		return prev;
	left = READ_ONCE(idle_cpus.bits[0]) & p->cpus_mask.bits[0] & cpu_active_mask->bits[0];
	while (left) {
		/* The next one behind prev, around the end. */
		unsigned long behind = left & ~0UL << prev;
		int cpu = __builtin_ctzl(behind ? behind : left);

		if (claim_idle(cpu))
			return cpu;
		left &= ~(1UL << cpu);
	}
	return -1;
}

/* For a task without a past: the shortest queue. */
int select_shortest_queue(struct task_struct *p, int prev)
{
	unsigned int cpu, least = UINT_MAX;
	int best = prev;

	for_each_cpu_and(cpu, &p->cpus_mask, cpu_active_mask) {
		unsigned int n = READ_ONCE(cpu_rq(cpu)->nr_running);

		if (n < least || (n == least && (int)cpu == prev)) {
			least = n;
			best = cpu;
		}
	}
	return best;
}

/* The other queue with most tasks that wait; NULL: nobody waits anywhere. */
static struct rq *longest_queue(struct rq *this_rq)
{
	struct rq *longest = NULL;
	unsigned int cpu, most = 1;

	for_each_cpu(cpu, cpu_active_mask) {
		struct rq *rq = cpu_rq(cpu);
		unsigned int n = READ_ONCE(rq->nr_running);

		if (n > most && rq != this_rq) {
			most = n;
			longest = rq;
		}
	}
	return longest;
}

void pull_task(struct rq *this_rq)
{
	struct rq *src = longest_queue(this_rq);
	struct task_struct *p;

	lockdep_assert_held(&this_rq->lock);
	if (likely(!src) || !do_spin_trylock(&src->lock))
		return;
	p = fair_task_for_cpu(src, cpu_of(this_rq));
	if (p) {
		update_rq_clock(src);
		deactivate_task(src, p, 0);
		set_task_cpu(p, cpu_of(this_rq));
	}
	rq_unlock(src);
	if (p)
		activate_task(this_rq, p, 0);
}
