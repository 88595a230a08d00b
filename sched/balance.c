/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sched/balance.c - no CPU idles while another has tasks that wait; and nobody waits in a long queue beside a short one.
 *
 * The problem. Where a task is put when it wakes (placement.c) is right at that moment. Later others end, sleep, or change
 * their weight, and queues that were even are not any more. Each CPU knows only its own.
 *
 * The idea. Pull, do not push: who has less looks at the others and takes. It looks along its chain of domains
 * (topology.c), the nearest first. In each domain it compares groups of CPUs, then takes from the longest queue of the
 * busiest group:
 *
 *	domain {0-3}	groups {0,1}: 5 tasks	{2,3}: 2 tasks		CPU 2 balances for its group
 *			busiest group {0,1}; imbalance: 1 task
 *			busiest queue in it: CPU 0, which has 3
 *	detach		under CPU 0's lock: off its queue, into a list; on_rq = MIGRATING
 *	attach		under CPU 2's lock: onto its queue
 *
 * When a CPU looks, and how often: rebalance.c.
 *
 * How much. A group is one of four: it has spare CPUs, it is just busy, affinity has kept somebody from leaving it
 * (imbalanced), or it has more tasks than CPUs (overloaded). While we have spare CPUs tasks are counted: even numbers. When both
 * are overloaded weights are compared, since then shares are at stake: towards the average of the domain, and only if the
 * busiest has imbalance_pct of what we have. A task that weighs more than the imbalance stays, at first: each failure
 * halves its weight in this comparison. So 3 equal tasks on 2 CPUs take turns in being alone, and each gets 2/3.
 *
 * Which. The leftmost of the timeline first: it has waited longest, so it gains most, and its caches are the coldest.
 * Who ran less than sysctl_sched_migration_cost ago is hot, and stays unless that has failed too often
 * (cache_nice_tries). The running task cannot be taken: its stack is in use. If only that would help (two tasks on the
 * threads of one core, another core idle), and enough attempts have failed, that CPU's stop task preempts it and pushes
 * it here: active balance.
 *
 * Weights are averages. The balancer runs in the tick, and so do timers: whom the same tick has woken is queued at just that
 * moment, each time. So what counts is the weight of a queue over the last 32 ms or so (rq->load_avg). A task that moves takes all
 * its weight along at once, so that the next look finds the move done.
 *
 * Invariants
 *   B1  A task is moved only to a CPU that its cpus_mask has, and never while its stack is in use (on_cpu).
 *   B2  Between detach and attach it is on no queue and on_rq is MIGRATING: whoever wants its queue's lock waits.
 *   B3  No two tasks are exchanged for each other; a move that only turns the difference between two queues round is
 *       made after failed attempts alone, so that whoever has less takes turns.
 *
 * Locking: one queue at a time; interrupts off from detach to attach. Loads and numbers of other queues are read without locks, so a
 * decision may be stale, and detach_tasks() looks again.
 *
 * Linux (kernel/sched/fair.c) measures load and utilisation as averages that decay over 32 ms (PELT), knows CPUs of
 * different capacity, and balances groups of tasks.
 */
#include <primer/atomic.h>
#include <primer/interrupt.h>
#include <primer/jiffies.h>
#include <primer/printk.h>
#include <asm/tsc.h>

#include "sched.h"

unsigned int sysctl_sched_migration_cost = 500000;
unsigned int sysctl_sched_nr_migrate = 32;
bool (*stop_one_cpu_async_hook)(unsigned int cpu, int (*fn)(void *arg), void *arg) __ro_after_init;

#define MAX_PINNED_INTERVAL	512		/* ms: when affinity forbids everything, looking again soon is no use */

/* ---- two locks --------------------------------------------------------------------------------------------------- */

bool double_lock_balance(struct rq *this_rq, struct rq *other)
{
	lockdep_assert_held(&this_rq->lock);
	if (likely(do_spin_trylock(&other->lock)))
		return false;
	if (cpu_of(this_rq) < cpu_of(other)) {
		do_spin_lock_nested(&other->lock, SINGLE_DEPTH_NESTING);
		return false;
	}
	rq_unlock(this_rq);
	rq_lock(other);
	do_spin_lock_nested(&this_rq->lock, SINGLE_DEPTH_NESTING);
	return true;
}

void double_unlock_balance(struct rq *this_rq, struct rq *other)
{
	do_spin_unlock(&other->lock);
	lock_set_subclass(&this_rq->lock, 0);		/* it may have been taken inside @other's */
}

/* ---- the load of a queue, averaged ------------------------------------------------------------------------------- */

/* 31/32 to the power of @n, of 2^16 */
static unsigned long decay(unsigned long n)
{
	unsigned long factor = 31UL << 11, result = 1UL << 16;

	for (; n; n >>= 1) {
		if (n & 1)
			result = result * factor >> 16;
		factor = factor * factor >> 16;
	}
	return result;
}

/*
 * The weight was what it is since the last step. Once a millisecond (2^20 ns) the average moves to that of the time since
 * then, by 1/32 of the difference, or, after a longer time, as far as in so many steps.
 */
void __rq_load_step(struct rq *rq)
{
	u64 delta = rq->clock - rq->load_stamp, mean;
	unsigned long keep;

	rq->load_stamp = rq->clock;
	rq->load_sum += (delta >> 8) * (rq->cfs.load.weight >> 10);
	rq->load_period += delta;
	if (rq->load_period < 1UL << 20)
		return;
	mean = rq->load_sum / (rq->load_period >> 8) << 10;
	keep = decay(min(rq->load_period >> 20, 1000ULL));
	rq->load_avg = (rq->load_avg >> 10) * keep / 64 + (mean >> 10) * ((1UL << 16) - keep) / 64;
	rq->load_sum = rq->load_period = 0;
}

/* ---- one attempt -------------------------------------------------------------------------------------------------- */

enum group_type { GROUP_HAS_SPARE, GROUP_FULLY_BUSY, GROUP_IMBALANCED, GROUP_OVERLOADED };
enum migration_type { MIGRATE_LOAD, MIGRATE_TASK };

#define LBF_ALL_PINNED	1	/* nobody on that queue may come here */
#define LBF_SOME_PINNED	2	/* somebody may not */

struct lb_env {
	struct sched_domain *sd;
	struct rq *dst_rq, *src_rq;
	int dst_cpu;
	enum cpu_idle_type idle;
	cpumask_t cpus;			/* of the domain, without those that turned out to be no use */
	enum migration_type type;
	long imbalance;			/* weight or tasks, by type */
	unsigned int loop_max, flags;
};

/* A group at this moment. */
struct group_stats {
	unsigned long load;		/* sum of weights */
	unsigned long capacity;		/* 1024 a CPU, less what real-time tasks take */
	unsigned long avg_load;		/* load per 1024 of capacity */
	unsigned int nr_running, h_nr_running, idle_cpus, weight;
	enum group_type type;
};

static unsigned long capacity_of(const struct rq *rq)
{
	unsigned long rt = READ_ONCE(rq->rt_avg);

	return rt < 1000 ? 1024 - rt : 24;
}

bool capacity_reduced(const struct rq *rq, const struct sched_domain *sd)
{
	return capacity_of(rq) * sd->imbalance_pct < 1024 * 100;
}

static void update_group_stats(struct lb_env *env, struct sched_group *group, struct group_stats *s, bool *overload)
{
	unsigned int cpu;

	*s = (struct group_stats){ .weight = group->group_weight };
	for_each_cpu_and(cpu, &group->cpumask, &env->cpus) {
		struct rq *rq = cpu_rq(cpu);
		unsigned int nr = READ_ONCE(rq->nr_running);

		/* The average of one that idles is as old as its last task. */
		if (nr)
			s->load += READ_ONCE(rq->load_avg);
		s->capacity += capacity_of(rq);
		s->nr_running += nr;
		s->h_nr_running += READ_ONCE(rq->cfs.h_nr_running);
		if (nr > 1)
			*overload = true;
		if (!nr && idle_cpu(cpu))
			s->idle_cpus++;
	}
	if (!s->capacity)
		s->capacity = 1;
	s->avg_load = s->load * 1024 / s->capacity;
	if (s->nr_running > s->weight)
		s->type = GROUP_OVERLOADED;
	else if (READ_ONCE(group->imbalance))
		s->type = GROUP_IMBALANCED;
	else
		s->type = s->nr_running < s->weight ? GROUP_HAS_SPARE : GROUP_FULLY_BUSY;
}

/* Is @s, of another group, busier than @busiest? */
static bool busier(const struct group_stats *s, const struct group_stats *busiest)
{
	if (!s->h_nr_running)
		return false;
	if (s->type != busiest->type)
		return s->type > busiest->type;
	switch (s->type) {
	case GROUP_OVERLOADED:
	case GROUP_FULLY_BUSY:
		return s->avg_load > busiest->avg_load;
	case GROUP_IMBALANCED:
		return false;
	default:
		return s->idle_cpus != busiest->idle_cpus ? s->idle_cpus < busiest->idle_cpus : s->nr_running > busiest->nr_running;
	}
}

/* What should move from @busiest to us so that both are as they should be? env->imbalance 0: nothing. */
static void calculate_imbalance(struct lb_env *env, const struct group_stats *local, const struct group_stats *busiest,
				unsigned long avg, bool prefer_sibling)
{
	long above, below;

	env->type = MIGRATE_TASK;
	if (busiest->type == GROUP_IMBALANCED) {
		env->imbalance = 1;
		return;
	}
	if (local->type == GROUP_HAS_SPARE) {
		if (busiest->weight == 1 || prefer_sibling)
			env->imbalance = ((long)busiest->nr_running - (long)local->nr_running) / 2;
		else
			env->imbalance = max(0L, ((long)local->idle_cpus - (long)busiest->idle_cpus) / 2);
		/* Somebody waits there while a CPU idles here: never less than that one. */
		if (!env->imbalance && busiest->type == GROUP_OVERLOADED)
			env->imbalance = 1;
		return;
	}
	env->type = MIGRATE_LOAD;
	above = (long)(busiest->avg_load - avg) * (long)busiest->capacity;
	below = (long)(avg - local->avg_load) * (long)local->capacity;
	/*
	 * A heavy task that is alone on its CPU can lift the average above every other queue: it has nothing to give, and nothing
	 * could ever move towards such an average. So even out these two.
	 */
	if (above <= 0)
		above = below = (long)(busiest->avg_load - local->avg_load) / 2 * (long)local->capacity;
	env->imbalance = min(above, below) / 1024;
}

/* The group to take from, with env->imbalance and type; NULL: all is as even as it can be. */
static struct sched_group *find_busiest_group(struct lb_env *env)
{
	struct sched_group *group = env->sd->groups, *found = NULL;
	struct group_stats local, busiest = { .type = GROUP_HAS_SPARE, .idle_cpus = UINT_MAX }, s;
	unsigned long load, capacity, avg;
	bool prefer_sibling = env->sd->child && (env->sd->child->flags & SD_PREFER_SIBLING), overload = false;

	update_group_stats(env, group, &local, &overload);
	load = local.load;
	capacity = local.capacity;
	for (group = group->next; group != env->sd->groups; group = group->next) {
		update_group_stats(env, group, &s, &overload);
		load += s.load;
		capacity += s.capacity;
		if (busier(&s, &busiest)) {
			busiest = s;
			found = group;
		}
	}
	/* The widest domain sees everybody. A wakeup meanwhile sets it again, at the latest at the next one. */
	if (!env->sd->parent && !overload && READ_ONCE(def_root_domain.overload))
		WRITE_ONCE(def_root_domain.overload, 0);
	if (!found)
		return NULL;
	avg = load * 1024 / capacity;

	if (busiest.type == GROUP_IMBALANCED)
		goto force;
	if (local.type > busiest.type)
		return NULL;
	if (local.type == GROUP_OVERLOADED) {
		if (local.avg_load >= busiest.avg_load || local.avg_load >= avg)
			return NULL;
		if (100 * busiest.avg_load <= env->sd->imbalance_pct * local.avg_load)
			return NULL;
	}
	if (prefer_sibling && local.type == GROUP_HAS_SPARE && busiest.nr_running > local.nr_running + 1)
		goto force;
	if (busiest.type != GROUP_OVERLOADED) {
		if (env->idle == CPU_NOT_IDLE)
			return NULL;
		/* Only an idle CPU more there than here would be exchanged for an idle CPU. */
		if (busiest.weight > 1 && local.idle_cpus <= busiest.idle_cpus + 1)
			return NULL;
		if (busiest.h_nr_running == 1)
			return NULL;
	}
force:
	calculate_imbalance(env, &local, &busiest, avg, prefer_sibling);
	return env->imbalance > 0 ? found : NULL;
}

static struct rq *find_busiest_queue(struct lb_env *env, struct sched_group *group)
{
	unsigned long most = 0;
	struct rq *busiest = NULL;
	unsigned int cpu;

	for_each_cpu_and(cpu, &group->cpumask, &env->cpus) {
		struct rq *rq = cpu_rq(cpu);
		unsigned int nr = READ_ONCE(rq->cfs.h_nr_running);
		unsigned long n;

		if (!nr)
			continue;
		if (env->type == MIGRATE_LOAD) {
			/* The only one there may go only if it is no more than what is asked for, or suffers from real-time tasks. */
			n = READ_ONCE(rq->load_avg);
			if (nr == 1 && (long)n > env->imbalance && !capacity_reduced(rq, env->sd))
				continue;
			n = n * 1024 / capacity_of(rq);
		} else {
			n = nr;
		}
		if (n > most) {
			most = n;
			busiest = rq;
		}
	}
	return busiest;
}

/* ---- moving ------------------------------------------------------------------------------------------------------ */

static inline struct task_struct *fair_task_of(struct rb_node *node)
{
	return container_of(rb_entry(node, struct sched_entity, run_node), struct task_struct, se);
}

static bool task_hot(const struct task_struct *p, const struct lb_env *env)
{
	/* Threads of a core share every cache. */
	if (env->sd->flags & SD_SHARE_CPUCAPACITY)
		return false;
	return p->se.exec_start && (s64)(rq_clock_task(env->src_rq) - p->se.exec_start) < (s64)sysctl_sched_migration_cost;
}

/* B1. src_rq's lock held. */
static bool can_migrate_task(struct task_struct *p, struct lb_env *env)
{
	if (!cpumask_test_cpu(env->dst_cpu, &p->cpus_mask)) {
		env->flags |= LBF_SOME_PINNED;
		if (schedstat_enabled())
			p->se.statistics.nr_failed_migrations_affine++;
		return false;
	}
	env->flags &= ~LBF_ALL_PINNED;
	if (task_running(env->src_rq, p)) {
		if (schedstat_enabled())
			p->se.statistics.nr_failed_migrations_running++;
		return false;
	}
	if (task_hot(p, env)) {
		if (env->sd->nr_balance_failed <= env->sd->cache_nice_tries) {
			if (schedstat_enabled())
				p->se.statistics.nr_failed_migrations_hot++;
			return false;
		}
		env->sd->lb_hot_gained[env->idle]++;
		if (schedstat_enabled())
			p->se.statistics.nr_forced_migrations++;
	}
	return true;
}

static void detach_task(struct task_struct *p, struct lb_env *env)
{
	deactivate_task(env->src_rq, p, 0);
	set_task_cpu(p, env->dst_cpu);
}

/* B2. Returns how many; they hang on @tasks. src_rq's lock held, its clock updated. */
static unsigned int detach_tasks(struct lb_env *env, struct list_head *tasks)
{
	struct rb_node *node = rb_first_cached(&env->src_rq->cfs.tasks_timeline), *next;
	unsigned int detached = 0, loop = 0;
	struct task_struct *p = env->src_rq->curr;
	unsigned long load;

	/* It is in no tree, and cannot be moved from here; but the stop task can move it. */
	if (p->sched_class == &fair_sched_class && cpumask_test_cpu(env->dst_cpu, &p->cpus_mask))
		env->flags &= ~LBF_ALL_PINNED;
	for (; node && env->imbalance > 0 && loop < env->loop_max; node = next, loop++) {
		next = rb_next(node);
		/* An idle CPU must not leave the other one idle. */
		if (env->idle != CPU_NOT_IDLE && env->src_rq->nr_running <= 1)
			break;
		p = fair_task_of(node);
		if (!can_migrate_task(p, env))
			continue;
		load = p->se.load.weight;
		if (env->type == MIGRATE_TASK) {
			env->imbalance--;
		} else {
			if ((long)(load >> min(env->sd->nr_balance_failed, 62U)) > env->imbalance)
				continue;
			env->imbalance -= load;
		}
		detach_task(p, env);
		list_add_tail(&p->se.group_node, tasks);
		detached++;
		/* With interrupts off and a CPU that waits for it: one is what it needs. */
		if (env->idle == CPU_NEWLY_IDLE)
			break;
	}
	env->sd->lb_gained[env->idle] += detached;
	return detached;
}

static void attach_task(struct rq *rq, struct task_struct *p)
{
	activate_task(rq, p, 0);
	check_preempt_curr(rq, p, 0);
}

void attach_one_task(struct rq *rq, struct task_struct *p)
{
	rq_lock(rq);
	update_rq_clock(rq);
	attach_task(rq, p);
	rq_unlock(rq);
}

static void attach_tasks(struct lb_env *env, struct list_head *tasks)
{
	struct task_struct *p;

	rq_lock(env->dst_rq);
	update_rq_clock(env->dst_rq);
	while (!list_empty(tasks)) {
		p = list_first_entry(tasks, struct task_struct, se.group_node);
		list_del_init(&p->se.group_node);
		attach_task(env->dst_rq, p);
	}
	rq_unlock(env->dst_rq);
}

/* ---- the running task ---------------------------------------------------------------------------------------------- */

/* In the stop task of @data's CPU: who was running there is off its stack and queued. */
static int active_load_balance_cpu_stop(void *data)
{
	struct rq *busiest = data;
	int target = busiest->push_cpu;
	struct sched_domain *sd;
	struct task_struct *p = NULL;
	struct rb_node *node;
	unsigned long flags;

	local_irq_save(flags);
	rq_lock(busiest);
	for_each_domain(target, sd)
		if (cpumask_test_cpu(cpu_of(busiest), &sd->span))
			break;
	/* Without us, is there still anybody? */
	if (sd && busiest->active_balance && busiest->nr_running > 1 && cpu_online(target)) {
		struct lb_env env = { .sd = sd, .src_rq = busiest, .dst_rq = cpu_rq(target), .dst_cpu = target,
				      .idle = CPU_IDLE, .flags = LBF_ALL_PINNED };

		sd->alb_count++;
		update_rq_clock(busiest);
		for (node = rb_first_cached(&busiest->cfs.tasks_timeline); node && !p; node = rb_next(node)) {
			struct task_struct *t = fair_task_of(node);

			if (cpumask_test_cpu(target, &t->cpus_mask) && !task_running(busiest, t))
				p = t;
		}
		if (p) {
			detach_task(p, &env);
			sd->alb_pushed++;
			sd->nr_balance_failed = 0;
		} else {
			sd->alb_failed++;
		}
	}
	busiest->active_balance = 0;
	rq_unlock(busiest);
	if (p)
		attach_one_task(cpu_rq(target), p);
	local_irq_restore(flags);
	return 0;
}

static bool need_active_balance(const struct lb_env *env)
{
	const struct rq *src = env->src_rq;

	if (env->idle == CPU_NEWLY_IDLE)
		return false;
	/* Its one task shares with real-time tasks, and we idle. */
	if (env->idle == CPU_IDLE && READ_ONCE(src->cfs.h_nr_running) == 1 && capacity_reduced(src, env->sd) &&
	    capacity_of(src) * env->sd->imbalance_pct < capacity_of(env->dst_rq) * 100)
		return true;
	return env->sd->nr_balance_failed > env->sd->cache_nice_tries + 2;
}

/* True if the stop task was asked. False with LBF_ALL_PINNED if the running task may not come here. */
static bool start_active_balance(struct lb_env *env)
{
	struct rq *busiest = env->src_rq;
	unsigned long flags;
	bool start = false;

	local_irq_save(flags);
	rq_lock(busiest);
	if (!cpumask_test_cpu(env->dst_cpu, &busiest->curr->cpus_mask)) {
		env->flags |= LBF_ALL_PINNED;
	} else if (!busiest->active_balance && busiest->curr != busiest->stop) {
		busiest->active_balance = 1;
		busiest->push_cpu = env->dst_cpu;
		start = true;
	}
	rq_unlock(busiest);
	/* The wakeup takes locks of a higher rank than a queue's. */
	if (start && !(stop_one_cpu_async_hook && stop_one_cpu_async_hook(cpu_of(busiest), active_load_balance_cpu_stop, busiest))) {
		busiest->active_balance = 0;
		start = false;
	}
	local_irq_restore(flags);
	return start;
}

/* ---- balancing one domain ------------------------------------------------------------------------------------------ */

/* One CPU of each group does it: the first that idles, else the first. */
static bool should_we_balance(struct lb_env *env)
{
	struct sched_group *group = env->sd->groups;
	unsigned int cpu;

	if (env->idle == CPU_NEWLY_IDLE)
		return true;
	for_each_cpu_and(cpu, &group->cpumask, &env->cpus)
		if (idle_cpu(cpu))
			return (int)cpu == env->dst_cpu;
	return cpumask_any_and(&group->cpumask, &env->cpus) == (unsigned int)env->dst_cpu;
}

unsigned int load_balance(struct rq *this_rq, struct sched_domain *sd, enum cpu_idle_type idle, bool *go_on)
{
	struct lb_env env = { .sd = sd, .dst_rq = this_rq, .dst_cpu = cpu_of(this_rq), .idle = idle };
	unsigned int moved = 0;
	struct sched_group *group;
	bool active = false;
	LIST_HEAD(tasks);
	unsigned long flags;

	cpumask_and(&env.cpus, &sd->span, cpu_active_mask);
	sd->lb_count[idle]++;
again:
	if (!should_we_balance(&env)) {
		*go_on = false;
		goto balanced;
	}
	group = find_busiest_group(&env);
	if (!group) {
		sd->lb_nobusyg[idle]++;
		goto balanced;
	}
	env.src_rq = find_busiest_queue(&env, group);
	if (!env.src_rq) {
		sd->lb_nobusyq[idle]++;
		goto balanced;
	}
	sd->lb_imbalance[idle] += env.imbalance;

	env.flags = 0;
	if (READ_ONCE(env.src_rq->nr_running) > 1) {
		env.flags = LBF_ALL_PINNED;
		env.loop_max = min(sysctl_sched_nr_migrate, READ_ONCE(env.src_rq->nr_running));
		local_irq_save(flags);
		rq_lock(env.src_rq);
		update_rq_clock(env.src_rq);
		moved = detach_tasks(&env, &tasks);
		rq_unlock(env.src_rq);
		if (moved)
			attach_tasks(&env, &tasks);
		local_irq_restore(flags);

		/* What we could not take, a CPU further away may be allowed to: the wider domain shall see it. */
		if (sd->parent && (env.flags & LBF_SOME_PINNED) && env.imbalance > 0)
			WRITE_ONCE(sd->parent->groups->imbalance, 1);
		if (env.flags & LBF_ALL_PINNED) {
			env.cpus.bits[0] &= ~(1UL << cpu_of(env.src_rq));
			if (!cpumask_subset(&env.cpus, &sd->groups->cpumask))
				goto again;
			goto pinned;
		}
	}
	if (moved) {
		sd->nr_balance_failed = 0;
	} else {
		sd->lb_failed[idle]++;
		/* A look that had to be quick proves nothing. */
		if (idle != CPU_NEWLY_IDLE)
			sd->nr_balance_failed++;
		if (need_active_balance(&env)) {
			active = start_active_balance(&env);
			if (env.flags & LBF_ALL_PINNED)
				goto pinned;
			sd->nr_balance_failed = sd->cache_nice_tries + 1;
		}
	}
	if (!active)
		sd->balance_interval = sd->min_interval;
	else if (sd->balance_interval < sd->max_interval)
		sd->balance_interval *= 2;
	return moved;

balanced:
	if (*go_on) {
		if (sd->parent && READ_ONCE(sd->parent->groups->imbalance))
			WRITE_ONCE(sd->parent->groups->imbalance, 0);
		sd->lb_balanced[idle]++;
		sd->nr_balance_failed = 0;
	}
	env.flags = 0;
pinned:
	if (idle != CPU_NEWLY_IDLE && ((env.flags & LBF_ALL_PINNED && sd->balance_interval < MAX_PINNED_INTERVAL) ||
				       sd->balance_interval < sd->max_interval))
		sd->balance_interval *= 2;
	return 0;
}
