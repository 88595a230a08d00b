/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sched/placement.c - on which CPU does a task that becomes runnable go on?
 *
 * The problem. A task that wakes up, or begins, or becomes another program, has to be put on some queue anyway: the one
 * moment at which choosing another CPU costs no more than staying. What it used may still be in the caches of the CPU on
 * which it ran last; what it is woken for is in those of the waker's; and on either it may have to wait while a third CPU idles.
 *
 * The idea. First choose between the two CPUs that mean something to it, then look for an idle one near that.
 *
 *	prev, this CPU
 *	    |  wake_affine(): has the waker woken it because it is about to sleep? is one of the two idle? less loaded?
 *	    v
 *	target  --  idle?  --yes--> there
 *	    |  select_idle_sibling(), from near to far:
 *	    |    prev, if it shares target's cache		its data
 *	    |    a core of the same cache all of whose threads idle		full speed
 *	    |    any idle CPU of the same cache, any at all
 *	    v
 *	target  (all are busy: there it waits, and the balancer may think again)
 *
 * A new task, or one that runs another program, has nothing in any cache: an idle CPU, else the least loaded queue.
 *
 * The set of idle CPUs is one word. A CPU's bit is set when it picks its idle task and cleared when that is put away. Whoever
 * chooses an idle CPU for a task clears the bit himself: so a burst of wakeups, all before the first CPU has reacted, is spread
 * over all idle CPUs instead of all going to the first. The bit is a hint: the CPU's own queue decides what it runs, and
 * its bit comes back when it is idle again.
 *
 * Waking wide. One waker with many wakees (a server and its clients) would gather all of them around itself.
 * Each task counts how often it wakes another one than the last time (wakee_flips, halved each second); when both sides'
 * counts say "one wakes many", the waker's CPU is no candidate: wake_wide().
 *
 * Who runs another program is running: sched_exec() asks its CPU's stop task (stop_task.c) to carry it over, since only then
 * is its stack not in use.
 *
 * Locking: idle_cpus is atomic. The task's pi_lock is held; loads of queues are read without their locks, as hints.
 *
 * Linux (kernel/sched/fair.c) bounds the search for an idle CPU by how long this CPU mostly idles, never leaves the cache on a
 * wakeup, and measures loads by their averages over time.
 */
#include <primer/atomic.h>
#include <primer/jiffies.h>

#include "sched.h"

static cpumask_t idle_cpus;		/* atomic bits: runs its idle task, and nobody has chosen it yet */

/* ---- who idles --------------------------------------------------------------------------------------------------- */

void sched_idle_set(int cpu)
{
	struct rq *rq = cpu_rq(cpu);

	set_bit(cpu, idle_cpus.bits);
	if (rq->sd)
		rq->idle_stamp = rq_clock(rq);
}

/* The average follows the last idle time by an eighth; one long sleep must not make each short one look long. */
static void account_idle(struct rq *rq)
{
	s64 diff = (s64)(rq_clock(rq) - rq->idle_stamp - rq->avg_idle);
	u64 most = 2 * rq->max_idle_balance_cost;

	rq->idle_stamp = 0;
	rq->avg_idle += diff / 8;
	if (rq->avg_idle > most)
		rq->avg_idle = most;
}

void sched_idle_clear(int cpu)
{
	struct rq *rq = cpu_rq(cpu);

	if (test_bit(cpu, idle_cpus.bits))
		clear_bit(cpu, idle_cpus.bits);
	if (rq->idle_stamp)
		account_idle(rq);
}

cpumask_t idle_cpus_mask(void)
{
	return (cpumask_t){ { READ_ONCE(idle_cpus.bits[0]) } };
}

/* Choose @cpu if it is idle. */
static bool claim_idle(int cpu)
{
	return test_bit(cpu, idle_cpus.bits) && test_and_clear_bit(cpu, idle_cpus.bits);
}

/* Choose one of @left, the next one from @start on around the end; -1: others were quicker. */
static int claim_one_of(unsigned long left, int start)
{
	while (left) {
		unsigned long behind = left & ~0UL << start;
		int cpu = __builtin_ctzl(behind ? behind : left);

		if (claim_idle(cpu))
			return cpu;
		left &= ~(1UL << cpu);
	}
	return -1;
}

/* Those of @idle whose whole core idles. */
static unsigned long whole_cores(unsigned long idle)
{
	unsigned long all = READ_ONCE(idle_cpus.bits[0]), cores = 0, left;

	for (left = idle; left; left &= left - 1) {
		int cpu = __builtin_ctzl(left);

		if (!(cpu_rq(cpu)->smt_mask.bits[0] & ~all))
			cores |= 1UL << cpu;
	}
	return cores;
}

static inline bool has_smt(const struct rq *rq)
{
	return rq->smt_mask.bits[0] & (rq->smt_mask.bits[0] - 1);
}

int select_idle_sibling(struct task_struct *p, int target)
{
	unsigned long idle = READ_ONCE(idle_cpus.bits[0]) & p->cpus_mask.bits[0] & cpu_active_mask->bits[0], near;
	int prev = task_cpu(p), recent = p->recent_used_cpu, cpu;
	struct rq *rq = cpu_rq(target);

	if (!idle)
		return -1;
	if (idle & 1UL << target && claim_idle(target))
		return target;
	near = idle & rq->llc_mask.bits[0];
	if (near & 1UL << prev && claim_idle(prev))
		return prev;
	/* A pair that wakes each other in turns moves to and fro between two CPUs, both of which know it. */
	p->recent_used_cpu = prev;
	if (recent != prev && near & 1UL << recent && claim_idle(recent))
		return recent;
	if (has_smt(rq)) {
		cpu = claim_one_of(whole_cores(near), target);
		if (cpu >= 0)
			return cpu;
	}
	cpu = claim_one_of(near, target);
	return cpu >= 0 ? cpu : claim_one_of(idle & ~near, target);
}

/* ---- the load of a CPU ------------------------------------------------------------------------------------------- */

unsigned long cpu_load(int cpu)
{
	struct rq *rq = cpu_rq(cpu);
	unsigned long load = READ_ONCE(rq->cfs.load.weight), rt = READ_ONCE(rq->rt_avg);

	/* What real-time tasks take is missing to the others: the same weight shares less. */
	return likely(!rt) ? load : load * 1024 / (1024 - min(rt, 1000UL));
}

/* For a task without a past: the lightest queue; the present CPU among equals. */
static int select_lightest_queue(struct task_struct *p, int prev)
{
	unsigned long least = ULONG_MAX;
	int best = prev;
	unsigned int cpu;

	for_each_cpu_and(cpu, &p->cpus_mask, cpu_active_mask) {
		unsigned long load = cpu_load(cpu);

		if (load < least || (load == least && (int)cpu == prev)) {
			least = load;
			best = cpu;
		}
	}
	return best;
}

/* ---- between prev and this CPU ----------------------------------------------------------------------------------- */

/* current wakes @p. Halved each second, so that the count is of the last few. */
static void record_wakee(struct task_struct *p)
{
	struct task_struct *waker = current;

	if (time_after(jiffies, waker->wakee_flip_decay_ts + HZ)) {
		waker->wakee_flips >>= 1;
		waker->wakee_flip_decay_ts = jiffies;
	}
	if (waker->last_wakee != p) {
		waker->last_wakee = p;
		waker->wakee_flips++;
	}
}

/* One of the two wakes many, more than there are CPUs around this cache, and the other some as well. */
static bool wake_wide(struct task_struct *p, const struct rq *rq)
{
	unsigned int master = current->wakee_flips, slave = p->wakee_flips, factor = cpumask_weight(&rq->llc_mask);

	if (master < slave)
		swap(master, slave);
	return slave >= factor && master >= slave * factor;
}

/* @sync: the waker will sleep at once, and its weight with it. */
static int wake_affine(struct task_struct *p, int this_cpu, int prev, bool sync)
{
	unsigned long this_load = cpu_load(this_cpu), prev_load = cpu_load(prev), weight = p->se.load.weight;

	/* The waker is about to sleep and nobody else waits here: the woken one can take its place, with its data at hand. */
	if (sync && READ_ONCE(cpu_rq(this_cpu)->nr_running) == 1)
		return this_cpu;
	if (idle_cpu(prev))
		return prev;
	/* An interrupt hit an idle CPU, and what it brought is here. */
	if (idle_cpu(this_cpu) && cpus_share_cache(this_cpu, prev))
		return this_cpu;
	if (sync && this_load > current->se.load.weight)
		this_load -= current->se.load.weight;
	/* prev has it in its caches: this CPU must be lighter by a margin. */
	return (this_load + weight) * 108 < (prev_load + weight) * 100 ? this_cpu : prev;
}

int select_cpu_fair(struct task_struct *p, int prev, int wake_flags)
{
	int this_cpu = smp_processor_id(), target = prev, cpu;
	struct rq *rq = this_rq();

	if (wake_flags & WF_FORK) {
		p->wakee_flips = 0;		/* its parent's were copied */
		p->last_wakee = NULL;
		cpu = select_idle_sibling(p, prev);
		if (rq->sd) {
			rq->sd->sbf_count++;
			if (cpu >= 0 && cpu != this_cpu)
				rq->sd->sbf_pushed++;
		}
		return cpu >= 0 ? cpu : select_lightest_queue(p, prev);
	}
	record_wakee(p);
	if (this_cpu != prev && cpumask_test_cpu(this_cpu, &p->cpus_mask) && !wake_wide(p, rq)) {
		target = wake_affine(p, this_cpu, prev, (wake_flags & WF_SYNC) && !(current->flags & PF_EXITING));
		if (schedstat_enabled()) {
			p->se.statistics.nr_wakeups_affine_attempts++;
			if (target == this_cpu) {
				p->se.statistics.nr_wakeups_affine++;
				if (rq->sd)
					rq->sd->ttwu_move_affine++;
			}
		}
		if (target == this_cpu && (wake_flags & WF_SYNC) && rq->nr_running == 1)
			return this_cpu;
	} else if (this_cpu == prev && (wake_flags & WF_SYNC) && rq->nr_running == 1) {
		return this_cpu;
	}
	cpu = select_idle_sibling(p, target);
	return cpu >= 0 ? cpu : target;
}

/* ---- exec -------------------------------------------------------------------------------------------------------- */

struct exec_move {
	struct task_struct *task;
	int dest;
	bool moved;
};

/* In the stop task of the CPU that the task was running on. */
static int exec_cpu_stop(void *arg)
{
	struct exec_move *m = arg;
	struct task_struct *p = m->task;
	unsigned long flags;
	struct rq *rq = task_rq_lock(p, &flags);

	if (rq == this_rq() && cpu_of(rq) != m->dest && task_on_rq_queued(p) && !task_running(rq, p) &&
	    p->sched_class == &fair_sched_class && cpumask_test_cpu(m->dest, &p->cpus_mask)) {
		update_rq_clock(rq);
		deactivate_task(rq, p, 0);
		set_task_cpu(p, m->dest);
		m->moved = true;
	}
	rq_unlock(rq);
	if (m->moved)
		attach_one_task(cpu_rq(m->dest), p);
	spin_unlock_irqrestore(&p->pi_lock, flags);
	return 0;
}

/* Only to a CPU that idles: for less the way is too long. */
void sched_exec(void)
{
	struct task_struct *p = current;
	struct exec_move m = { .task = p, .dest = -1 };
	unsigned long flags;
	struct rq *rq;

	if (!stop_one_cpu_hook || p->nr_cpus_allowed == 1 || p->sched_class != &fair_sched_class)
		return;
	spin_lock_irqsave(&p->pi_lock, flags);
	rq = this_rq();
	if (rq->nr_running > 1 && rq->sd) {
		rq->sd->sbe_count++;
		m.dest = select_idle_sibling(p, cpu_of(rq));
		if (m.dest >= 0)
			rq->sd->sbe_pushed++;
		else
			rq->sd->sbe_balanced++;
	}
	spin_unlock_irqrestore(&p->pi_lock, flags);
	if (m.dest < 0)
		return;
	stop_one_cpu_hook(cpu_of(rq), exec_cpu_stop, &m);
	if (!m.moved)
		resched_cpu(m.dest);		/* it was chosen for nothing: let it find out that it still idles */
}
