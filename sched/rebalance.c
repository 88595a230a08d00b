/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sched/rebalance.c - when a CPU looks for tasks that wait elsewhere, and who looks for those that sleep.
 *
 * The problem. One look at a domain (balance.c: load_balance()) reads every queue in it. Looked for too seldom, a CPU idles
 * while others have queues; too often, the looking costs more than it finds. And a CPU that idles does not look at
 * anything: it has no tick.
 *
 * The idea. Three occasions, each with its own brake.
 *
 * When
 *	newidle		schedule() finds nothing to run: newidle_balance(). Only if somebody waits at all, and if this CPU mostly
 *			idles for longer than looking takes.
 *	periodic	the tick, each domain at its own pace, in a softirq. Busy CPUs 16 times more seldom than idle ones. Of a group
 *			only one CPU, the first that idles or else the first, so that they do not all pull at once.
 *	nohz		a CPU that idles has no tick. A busy one with a queue, whose tick finds that somebody idles, interrupts
 *			one of those; it balances for all CPUs that idle.
 *
 * newidle brakes itself: each domain remembers how long its longest look took (max_newidle_lb_cost), the CPU how long it
 * mostly idles (avg_idle); it looks as far as that time allows. One long look must not forbid all later ones, so the
 * memory fades, by 3/256 a second. periodic brakes by doubling a domain's interval whenever it was found even.
 *
 * Invariant. A CPU is kicked at most once until it has answered: nohz_kicked becomes SENT by who sends the interrupt, with xchg(),
 * HERE by that interrupt, and 0 by its owner when all is done; or by the sender, when the interrupt could not be sent. A softirq that
 * runs for another reason while it is SENT leaves it: the request may not be queued yet, and must not be queued twice.
 *
 * Locking: newidle_balance() comes with its queue's lock and drops it; the others hold none, and load_balance() takes one at a time.
 * A domain's pace is its CPU's own, or whoever's balances for it while it idles: two that do so at the same moment lose a
 * count, nothing else. Domains that span packages (SD_SERIALIZE) are balanced by one CPU at a time: balancing_far.
 *
 * Linux (kernel/sched/fair.c) also refreshes the blocked load of idle CPUs at these moments, and picks the CPU to kick among
 * the housekeeping ones.
 */
#include <primer/atomic.h>
#include <primer/interrupt.h>
#include <primer/jiffies.h>
#include <primer/smp.h>

#include "sched.h"

/* ---- newidle ----------------------------------------------------------------------------------------------------- */

void newidle_balance(struct rq *rq)
{
	struct sched_domain *sd = rq->sd;
	u64 cost = 0, begin, end;
	bool go_on = true;

	lockdep_assert_held(&rq->lock);
	if (!sd || !READ_ONCE(def_root_domain.overload) || rq->avg_idle < sysctl_sched_migration_cost)
		return;
	/*
	 * current is on its way to sleep, off the queue and still on its stack: who wakes it now waits until we have left
	 * it (wakeup.c). So no other queue's owner may wait for us: none does, with a queue's lock held.
	 */
	rq_unlock(rq);
	begin = sched_clock();
	for (; sd; sd = sd->parent) {
		if (!(sd->flags & SD_BALANCE_NEWIDLE))
			continue;
		if (rq->avg_idle < cost + sd->max_newidle_lb_cost)
			break;
		load_balance(rq, sd, CPU_NEWLY_IDLE, &go_on);
		end = sched_clock();
		if (end - begin > sd->max_newidle_lb_cost)
			sd->max_newidle_lb_cost = end - begin;
		cost += end - begin;
		begin = end;
		if (READ_ONCE(rq->nr_running))
			break;
	}
	rq_lock(rq);
	update_rq_clock(rq);
	if (cost > rq->max_idle_balance_cost)
		rq->max_idle_balance_cost = cost;
}

/* ---- periodic ---------------------------------------------------------------------------------------------------- */

static atomic_t balancing_far = ATOMIC_INIT(0);		/* 1: somebody balances a domain with SD_SERIALIZE */

static unsigned long balance_interval(const struct sched_domain *sd, bool busy)
{
	unsigned long interval = sd->balance_interval * (busy ? sd->busy_factor : 1);

	interval = msecs_to_jiffies(interval);
	/* Not in step with the other levels. */
	if (busy)
		interval--;
	return clamp_t(unsigned long, interval, 1, HZ / 10 * num_online_cpus());
}

/* @rq's CPU, or, while that idles, for it. Softirq. */
static void rebalance_domains(struct rq *rq, enum cpu_idle_type idle)
{
	unsigned long next = jiffies + 60 * HZ, interval;
	bool go_on = true, decay = false;
	struct sched_domain *sd;
	u64 max_cost = 0;

	for_each_domain(cpu_of(rq), sd) {
		/* One long search must not forbid all later ones. */
		if (time_after(jiffies, sd->next_decay_max_lb_cost)) {
			sd->max_newidle_lb_cost = sd->max_newidle_lb_cost * 253 / 256;
			sd->next_decay_max_lb_cost = jiffies + HZ;
			decay = true;
		}
		max_cost += sd->max_newidle_lb_cost;
		if (!go_on)
			continue;
		interval = balance_interval(sd, idle == CPU_NOT_IDLE);
		if (time_after_eq(jiffies, sd->last_balance + interval) &&
		    (!(sd->flags & SD_SERIALIZE) || !atomic_cmpxchg(&balancing_far, 0, 1))) {
			if (load_balance(rq, sd, idle, &go_on))
				idle = idle_cpu(cpu_of(rq)) ? CPU_IDLE : CPU_NOT_IDLE;
			sd->last_balance = jiffies;
			interval = balance_interval(sd, idle == CPU_NOT_IDLE);
			if (sd->flags & SD_SERIALIZE)
				atomic_set_release(&balancing_far, 0);
		}
		if (time_after(next, sd->last_balance + interval))
			next = sd->last_balance + interval;
	}
	if (decay)
		rq->max_idle_balance_cost = max((u64)sysctl_sched_migration_cost, max_cost);
	rq->next_balance = next;
}

/* ---- for those without a tick -------------------------------------------------------------------------------------- */

static unsigned long nohz_next_balance;		/* jiffies: before that nobody needs to be kicked. Hint */
static DEFINE_PER_CPU(call_single_data_t, nohz_csd);		/* to that CPU, once while nohz_kicked is not 0 */
enum { NOHZ_KICK_SENT = 1, NOHZ_KICK_HERE };			/* values of nohz_kicked: on its way; arrived, to be served */

/* On the CPU that was kicked, in its interrupt. */
static void nohz_kick(void *info)
{
	struct rq *rq = info;

	if (idle_cpu(cpu_of(rq)) && !need_resched()) {
		WRITE_ONCE(rq->nohz_kicked, NOHZ_KICK_HERE);
		raise_softirq_irqoff(SCHED_SOFTIRQ);
	} else {
		WRITE_ONCE(rq->nohz_kicked, 0);
	}
}

/* Balance for all that idle, ourselves last, while we have nothing better to do. */
static void nohz_idle_balance(struct rq *this_rq)
{
	unsigned long next = jiffies + 60 * HZ;
	unsigned int cpu;

	for_each_cpu(cpu, cpu_active_mask) {
		struct rq *rq = cpu_rq(cpu);

		if (rq == this_rq || !idle_cpu(cpu))
			continue;
		if (need_resched()) {
			next = jiffies + 1;
			break;
		}
		if (time_after_eq(jiffies, rq->next_balance))
			rebalance_domains(rq, CPU_IDLE);
		if (time_after(next, rq->next_balance))
			next = rq->next_balance;
	}
	rebalance_domains(this_rq, idle_cpu(cpu_of(this_rq)) ? CPU_IDLE : CPU_NOT_IDLE);
	if (time_after(next, this_rq->next_balance))
		next = this_rq->next_balance;
	WRITE_ONCE(nohz_next_balance, next);
	smp_store_release(&this_rq->nohz_kicked, 0);
}

/* Our core's other threads are busy, and somewhere a whole core idles. */
static bool core_is_shared(struct rq *rq, unsigned long idle)
{
	unsigned long left;

	if (cpumask_equal(&rq->smt_mask, cpumask_of(cpu_of(rq))) || (rq->smt_mask.bits[0] & idle))
		return false;
	for (left = idle; left; left &= left - 1)
		if (!(cpu_rq(__builtin_ctzl(left))->smt_mask.bits[0] & ~idle))
			return true;
	return false;
}

/* A tick on a busy CPU: is there something that one which idles should do? Interrupts off. */
static void nohz_balancer_kick(struct rq *rq)
{
	unsigned long idle = idle_cpus_mask().bits[0] & cpu_active_mask->bits[0];
	struct rq *to;
	int cpu;

	if (likely(!idle) || time_before(jiffies, READ_ONCE(nohz_next_balance)))
		return;
	if (rq->nr_running < 2 && !(rq->cfs.h_nr_running && capacity_reduced(rq, rq->sd)) && !core_is_shared(rq, idle))
		return;
	cpu = __builtin_ctzl(idle);
	to = cpu_rq(cpu);
	if (to == rq || READ_ONCE(to->nohz_kicked) || xchg(&to->nohz_kicked, NOHZ_KICK_SENT))
		return;
	if (smp_call_function_single_async(cpu, per_cpu_ptr(&nohz_csd, cpu)))
		WRITE_ONCE(to->nohz_kicked, 0);
}

/* ---- the tick ---------------------------------------------------------------------------------------------------- */

static void run_rebalance_domains(struct softirq_action *h)
{
	struct rq *rq = this_rq();

	if (READ_ONCE(rq->nohz_kicked) == NOHZ_KICK_HERE)
		nohz_idle_balance(rq);
	else
		rebalance_domains(rq, idle_cpu(cpu_of(rq)) ? CPU_IDLE : CPU_NOT_IDLE);
}

void trigger_load_balance(struct rq *rq)
{
	/* An average over the last 32 ticks or so. */
	rq->rt_avg = rq->rt_avg * 31 / 32 + (rq->curr->sched_class == &rt_sched_class ? 32 : 0);
	if (time_after_eq(jiffies, rq->next_balance))
		raise_softirq_irqoff(SCHED_SOFTIRQ);
	nohz_balancer_kick(rq);
}

void __init balance_init(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct rq *rq = cpu_rq(cpu);

		rq->max_idle_balance_cost = sysctl_sched_migration_cost;
		rq->avg_idle = 2 * sysctl_sched_migration_cost;
		*per_cpu_ptr(&nohz_csd, cpu) = (call_single_data_t){ .func = nohz_kick, .info = rq };
	}
	open_softirq(SCHED_SOFTIRQ, run_rebalance_domains);
}
