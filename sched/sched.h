/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sched/sched.h - the scheduler's inside: run queues, the interface between the core and the classes.
 *
 * For the files of this room and its tests only. What others may ask is in primer/sched.h.
 */
#ifndef SCHED_SCHED_H
#define SCHED_SCHED_H

#include <primer/bitmap.h>
#include <primer/hrtimer.h>
#include <primer/math64.h>
#include <primer/percpu.h>
#include <primer/sched.h>
#include <primer/sched/sysctl.h>
#include <primer/sched/topology.h>
#include <primer/smp.h>
#include <primer/spinlock.h>
#include <primer/string.h>
#include <asm/tsc.h>

/* task->on_rq */
#define TASK_ON_RQ_QUEUED	1
#define TASK_ON_RQ_MIGRATING	2

/* Flags of the class methods enqueue_task() and dequeue_task(): why the task moves. */
#define DEQUEUE_SLEEP		0x01	/* it will be woken: not runnable any more */
#define DEQUEUE_SAVE		0x02	/* out and in again in one critical section */
#define DEQUEUE_MOVE		0x04	/* with SAVE: its place may change */
#define ENQUEUE_WAKEUP		0x01
#define ENQUEUE_RESTORE		0x02
#define ENQUEUE_MOVE		0x04
#define ENQUEUE_HEAD		0x10	/* in front of its equals */
#define ENQUEUE_MIGRATED	0x40	/* woken on another CPU than it slept on */

/* Flags of a wakeup: to try_to_wake_up(), select_task_rq(), check_preempt_curr(). */
#define WF_SYNC			0x01	/* the waker is about to sleep */
#define WF_FORK			0x02	/* first wakeup */
#define WF_MIGRATED		0x04

#define RR_TIMESLICE		100	/* ticks of 1 ms */

/* Weights carry 10 more bits than nice 0's 1024, so that small shares stay exact. */
#define SCHED_FIXEDPOINT_SHIFT	10
#define NICE_0_LOAD_SHIFT	(SCHED_FIXEDPOINT_SHIFT + SCHED_FIXEDPOINT_SHIFT)
#define NICE_0_LOAD		(1L << NICE_0_LOAD_SHIFT)
#define scale_load(w)		((unsigned long)(w) << SCHED_FIXEDPOINT_SHIFT)
#define scale_load_down(w) ({ \
	unsigned long __w = (w); \
	if (__w) \
		__w = max(2UL, __w >> SCHED_FIXEDPOINT_SHIFT); \
	__w; })
#define WEIGHT_IDLEPRIO		3
#define WMULT_IDLEPRIO		1431655765

extern const int sched_prio_to_weight[40];
extern const u32 sched_prio_to_wmult[40];

/* The fair class's queue of one CPU (or, one day, of one group on one CPU). [rq->lock] */
struct cfs_rq {
	/* sum of the weights of all queued entities, the running one included */
	struct load_weight load;
	unsigned int nr_running;		/* entities here */
	unsigned int h_nr_running;		/* tasks here and in groups below */
	u64 exec_clock;				/* CPU time given out, ns */
	u64 min_vruntime;			/* never falls; what vruntimes are compared with */
	u64 seen_min_vruntime;			/* when check.c last looked */
	struct rb_root_cached tasks_timeline;	/* by vruntime; without the running entity */
	struct sched_entity *curr;		/* running */
	struct sched_entity *next;		/* buddies: pick this one if it is not unfair */
	struct sched_entity *last;
	struct sched_entity *skip;		/* has yielded */
	struct rq *rq;
};

/* The real-time class's: one list a priority, and a bit for each list that is not empty. [rq->lock] */
struct rt_prio_array {
	DECLARE_BITMAP(bitmap, MAX_RT_PRIO + 1);	/* with a bit behind the last that is always set */
	struct list_head queue[MAX_RT_PRIO];
};
struct rt_rq {
	struct rt_prio_array active;
	unsigned int rt_nr_running;
	unsigned int rt_nr_migratory;		/* of these may run elsewhere as well */
	int highest_prio;			/* of the queued ones; MAX_RT_PRIO: none. Read without the lock as a hint */
	int next_prio;				/* of those that wait and may go elsewhere; may be too good. Hint for pull */
	bool overloaded;			/* this CPU's bit in rto_mask is set */
	bool rt_queued;				/* its tasks are counted in rq->nr_running: unless throttled */
	bool rt_throttled;			/* has used up its time of this period: nobody of it is picked */
	bool rt_period_active;			/* the timer of the period runs */
	u64 rt_time;				/* used of it, ns */
	struct hrtimer rt_period_timer;
};

/* The CPUs among which real-time tasks are pushed and pulled, and that balance each other: all. topology.c */
struct root_domain {
	cpumask_t span;				/* immutable after sched_init_domains() */
	cpumask_t rto_mask;			/* atomic bits: has a real-time task that waits and may run elsewhere */
	int overload;				/* hint: some CPU may have a task that waits. Set by anybody, cleared by the balancer */
};
extern struct root_domain def_root_domain;

/* One CPU's run queue. All of it [lock] unless it says otherwise; two locks are taken by CPU number. */
struct rq {
	spinlock_t lock;			/* rank LOCK_RANK_RQ; interrupts off */
	unsigned int nr_running;		/* tasks queued, in all classes, the running one included */
	u64 nr_switches;
	struct cfs_rq cfs;
	struct rt_rq rt;
	struct task_struct *curr;		/* read without the lock as a hint */
	struct task_struct *idle;		/* immutable after init_idle() */
	struct task_struct *stop;		/* immutable after sched_set_stop_task() */
	/* borrowed by the task that just left: to be dropped after the switch [owner CPU] */
	struct mm_struct *prev_mm;
	u64 clock;				/* ns; update_rq_clock() */
	u64 clock_task;				/* what run times are taken from: the same, for who is hit by an interrupt pays for it */
	long nr_uninterruptible;		/* may be negative here; the sum over all CPUs counts */
	/* books: stats.h */
	struct sched_info rq_sched_info;	/* sums of the tasks' */
	u64 rq_cpu_time;			/* run by tasks here, ns */
	unsigned int yld_count, sched_count, sched_goidle, ttwu_count, ttwu_local;
	int cpu;				/* immutable */
	atomic_t nr_iowait;			/* atomic: tasks that wait for a device and slept here last */
	bool online;

	/* ---- balancing: rt.c, balance.c, placement.c ---- */
	unsigned int balance_work;		/* RT_PUSH, RT_PULL: to be done before the lock is dropped */
	struct sched_domain *sd;		/* the lowest; NULL: one CPU. Immutable once set */
	cpumask_t llc_mask, smt_mask;		/* share its cache, its core. Immutable once set */
	unsigned long next_balance;		/* jiffies [owner, or who balances for it while it idles] */
	unsigned long rt_avg;			/* share of the time that real-time tasks take, of 1024 */
	unsigned long load_avg;			/* weight of the fair queue, averaged over the last 32 ms or so */
	u64 load_stamp, load_sum, load_period;	/* since the last step of that: when, weight times time, ns */
	u64 idle_stamp;				/* since when it idles; 0: it does not */
	u64 avg_idle;				/* ns: how long it mostly idles */
	u64 max_idle_balance_cost;		/* ns: what looking for work costs */
	int active_balance;			/* the stop task was asked to push the running task away ... */
	int push_cpu;				/* ... to this CPU */
	int nohz_kicked;			/* atomic: shall balance for all that idle; see rebalance.c */
};

DECLARE_PER_CPU_ALIGNED(struct rq, runqueues);
#define cpu_rq(cpu)		(per_cpu_ptr(&runqueues, (cpu)))
#define this_rq()		this_cpu_ptr(&runqueues)
#define task_rq(p)		cpu_rq(task_cpu(p))
#define cpu_curr(cpu)		(cpu_rq(cpu)->curr)

static inline int cpu_of(const struct rq *rq)				{ return rq->cpu; }
static inline bool task_current(const struct rq *rq, const struct task_struct *p)	{ return rq->curr == p; }
static inline bool task_running(const struct rq *rq, const struct task_struct *p)	{ return READ_ONCE(p->on_cpu); }
static inline bool task_on_rq_queued(const struct task_struct *p)	{ return p->on_rq == TASK_ON_RQ_QUEUED; }

static inline bool task_on_rq_migrating(const struct task_struct *p)
{
	return READ_ONCE(p->on_rq) == TASK_ON_RQ_MIGRATING;
}

static inline u64 rq_clock(const struct rq *rq)				{ return rq->clock; }
static inline u64 rq_clock_task(const struct rq *rq)			{ return rq->clock_task; }

static inline bool rt_policy(int policy)	{ return policy == SCHED_FIFO || policy == SCHED_RR; }
static inline bool fair_policy(int policy)	{ return policy == SCHED_NORMAL || policy == SCHED_BATCH; }
static inline bool idle_policy(int policy)	{ return policy == SCHED_IDLE; }

static inline bool valid_policy(int policy)
{
	return rt_policy(policy) || fair_policy(policy) || idle_policy(policy);
}

static inline bool task_has_rt_policy(const struct task_struct *p)	{ return rt_policy(p->policy); }
static inline bool task_has_idle_policy(const struct task_struct *p)	{ return idle_policy(p->policy); }

/*
 * A scheduling class: the rules for one kind of task. The core asks them in order of rank; one that has a runnable
 * task always goes before those behind it. All methods: rq->lock held, interrupts off, unless said otherwise.
 */
struct sched_class {
	unsigned int rank;			/* place in the order: 0 is asked first */

	/* @p becomes runnable, stops being it, gives way to its equals. */
	void (*enqueue_task)(struct rq *rq, struct task_struct *p, int flags);
	void (*dequeue_task)(struct rq *rq, struct task_struct *p, int flags);
	void (*yield_task)(struct rq *rq);

	/* @p, of this class like rq->curr, has become runnable: resched_curr() if it should run at once. */
	void (*check_preempt_curr)(struct rq *rq, struct task_struct *p, int flags);

	/* The task that should run, already set up as running; NULL: none. */
	struct task_struct *(*pick_next_task)(struct rq *rq);
	/* @p stops running (it may still be queued); @p, running already, comes into this class. */
	void (*put_prev_task)(struct rq *rq, struct task_struct *p);
	void (*set_next_task)(struct rq *rq, struct task_struct *p);

	/* The CPU on which @p shall wake up. pi_lock held, rq->lock not. */
	int (*select_task_rq)(struct task_struct *p, int task_cpu, int flags);
	/* @p, not queued, is about to get @new_cpu. pi_lock or rq->lock held. */
	void (*migrate_task_rq)(struct task_struct *p, int new_cpu);
	/* @p was woken or is new, is on the queue, and its state is RUNNING. May drop and retake rq->lock. */
	void (*task_woken)(struct rq *rq, struct task_struct *p);
	/* @p, queued, gets another set of CPUs. pi_lock held. */
	void (*set_cpus_allowed)(struct task_struct *p, const cpumask_t *mask);

	/* The tick hit @p. */
	void (*task_tick)(struct rq *rq, struct task_struct *p, int queued);
	/* @p is new. Neither lock held; interrupts off. */
	void (*task_fork)(struct task_struct *p);

	/* @p changed class or priority. */
	void (*switched_from)(struct rq *rq, struct task_struct *p);
	void (*switched_to)(struct rq *rq, struct task_struct *p);
	void (*prio_changed)(struct rq *rq, struct task_struct *p, int oldprio);

	u64 (*get_rr_interval)(struct rq *rq, struct task_struct *p);	/* ns */
	void (*update_curr)(struct rq *rq);
};

extern const struct sched_class stop_sched_class, rt_sched_class, fair_sched_class, idle_sched_class;
#define NR_SCHED_CLASSES	4
extern const struct sched_class *const sched_classes[NR_SCHED_CLASSES];
#define for_each_class(class, i) \
	for ((i) = 0; (i) < NR_SCHED_CLASSES && ((class) = sched_classes[i], true); (i)++)

static inline bool sched_class_above(const struct sched_class *a, const struct sched_class *b)
{
	return a->rank < b->rank;
}

/*
 * Run queue locks. Interrupts are off whenever one is held, so it needs no preempt_disable() of its own: every path
 * here has one already, or its interrupts off from before to after.
 */
static __always_inline void rq_lock(struct rq *rq)			{ do_spin_lock(&rq->lock); }
static __always_inline void rq_unlock(struct rq *rq)			{ do_spin_unlock(&rq->lock); }

static __always_inline void rq_unlock_irq(struct rq *rq)
{
	do_spin_unlock(&rq->lock);
	local_irq_enable();
}

/* __task_rq_lock - the lock of the queue that @p belongs to. pi_lock held. */
struct rq *__task_rq_lock(struct task_struct *p);
/* task_rq_lock - the same with pi_lock; interrupts are off until task_rq_unlock(). */
struct rq *task_rq_lock(struct task_struct *p, unsigned long *flags);
void task_rq_unlock(struct rq *rq, struct task_struct *p, unsigned long *flags);

/*
 * update_rq_clock - look at the time. The queue's clock stands still between two calls: everything in one critical
 * section happens at one time. rq->lock held.
 */
static inline void update_rq_clock(struct rq *rq)
{
	s64 delta = sched_clock() - rq->clock;

	lockdep_assert_held(&rq->lock);
	if (unlikely(delta < 0))		/* another CPU's TSC was ahead of ours */
		return;
	rq->clock += delta;
	rq->clock_task += delta;
}

#include "stats.h"

/* Is this a CPU's queue, and not one that a test made? */
static inline bool rq_is_real(const struct rq *rq)
{
	return rq->cpu < (int)nr_cpu_ids && rq == cpu_rq(rq->cpu);
}

/* sched_check - DEBUG: after an operation on @rq, all that must be true of it is. [rq->lock] */
#ifdef CONFIG_DEBUG
void sched_check(struct rq *rq);
#else
static inline void sched_check(struct rq *rq)		{ }
#endif

/* activate_task, deactivate_task - onto and off the queue; the caller has updated the clock. rq->lock held. */
static inline void activate_task(struct rq *rq, struct task_struct *p, int flags)
{
	sched_info_queued(rq, p);
	p->sched_class->enqueue_task(rq, p, flags);
	p->on_rq = TASK_ON_RQ_QUEUED;
	sched_check(rq);
}

static inline void deactivate_task(struct rq *rq, struct task_struct *p, int flags)
{
	p->on_rq = (flags & DEQUEUE_SLEEP) ? 0 : TASK_ON_RQ_MIGRATING;
	sched_info_dequeued(rq, p);
	p->sched_class->dequeue_task(rq, p, flags);
	sched_check(rq);
}

void check_preempt_curr(struct rq *rq, struct task_struct *p, int flags);
void resched_curr(struct rq *rq);
void set_task_cpu(struct task_struct *p, unsigned int new_cpu);
/*
 * __sched_fork - the scheduler's part of a task that was just copied, or is to become an idle task: on no queue,
 * nothing run.
 */
void __sched_fork(struct task_struct *p);

static inline void add_nr_running(struct rq *rq, unsigned int count)
{
	rq->nr_running += count;
	/* Somebody waits: worth a look for a CPU that has nothing to do. */
	if (rq->nr_running > 1 && !READ_ONCE(def_root_domain.overload))
		WRITE_ONCE(def_root_domain.overload, 1);
}
static inline void sub_nr_running(struct rq *rq, unsigned int count)	{ rq->nr_running -= count; }
static inline void put_prev_task(struct rq *rq, struct task_struct *p)	{ p->sched_class->put_prev_task(rq, p); }
static inline void set_next_task(struct rq *rq, struct task_struct *p)	{ p->sched_class->set_next_task(rq, p); }

/* The CPU that @p belongs to: its thread_info and its entity's queue. */
static inline void __set_task_cpu(struct task_struct *p, unsigned int cpu)
{
	p->se.cfs_rq = &cpu_rq(cpu)->cfs;
	p->se.parent = NULL;
	p->se.depth = 0;
	/* Whoever sees the new CPU (and takes that queue's lock) sees the entity's queue too. */
	smp_wmb();
	WRITE_ONCE(p->thread_info.cpu, cpu);
	p->wake_cpu = cpu;
}

/*
 * placement.c. sched_idle_set, sched_idle_clear - @cpu picks, or puts away, its idle task. [rq->lock]
 * idle_cpus_mask - the CPUs that idle and that nobody has chosen yet: a hint.
 * select_idle_sibling - an idle CPU that @p may use, @target if it is one, then the nearest; -1: none. The caller must
 *	put @p there. [p->pi_lock]
 * select_cpu_fair - where the fair task @p shall wake up (or begin, or go on after exec). [p->pi_lock]
 * cpu_load - the weight of what is queued on @cpu, as if real-time tasks left it all its time.
 */
void sched_idle_set(int cpu);
void sched_idle_clear(int cpu);
cpumask_t idle_cpus_mask(void);
int select_idle_sibling(struct task_struct *p, int target);
int select_cpu_fair(struct task_struct *p, int prev, int wake_flags);
unsigned long cpu_load(int cpu);

/*
 * topology.c. sched_init_domains - all CPUs are online: find out who is near whom.
 * rebalance.c. newidle_balance - @rq has no task: fetch one that waits elsewhere. May drop and retake the lock. [rq->lock]
 * trigger_load_balance - from the tick, no lock held, interrupts off. balance_init - at boot.
 */
void sched_init_domains(void);
void newidle_balance(struct rq *rq);
/*
 * rq_load_enqueue, rq_load_dequeue - @p is about to come to, or leave, the fair queue, with these flags. [rq->lock, clock updated]
 */
void __rq_load_step(struct rq *rq);
static inline void rq_load_enqueue(struct rq *rq, const struct task_struct *p, int flags)
{
	if (!rq->sd)
		return;
	__rq_load_step(rq);
	/* New, or from another CPU: it brings all its weight. One that wakes up has left some of it here. */
	if (!(flags & (ENQUEUE_WAKEUP | ENQUEUE_RESTORE)))
		rq->load_avg += p->se.load.weight;
}
static inline void rq_load_dequeue(struct rq *rq, const struct task_struct *p, int flags)
{
	if (!rq->sd)
		return;
	__rq_load_step(rq);
	if (!(flags & (DEQUEUE_SLEEP | DEQUEUE_SAVE)) || p->state == TASK_DEAD)
		rq->load_avg -= min(rq->load_avg, p->se.load.weight);
}
void trigger_load_balance(struct rq *rq);
void balance_init(void);
/*
 * balance.c. load_balance - make @sd even from the point of view of @this_rq's CPU. Returns how many tasks came; *@go_on false: not
 * our turn, and so not in wider domains either. Context: interrupts on or off, no queue's lock.
 * capacity_reduced - do real-time tasks leave this CPU noticeably less than a whole one? A hint, no lock.
 * attach_one_task - @p, on no queue and whose cpu is @rq's, comes to that, and preempts if it should. Context: interrupts off, no
 * queue's lock.
 */
unsigned int load_balance(struct rq *this_rq, struct sched_domain *sd, enum cpu_idle_type idle, bool *go_on);
bool capacity_reduced(const struct rq *rq, const struct sched_domain *sd);
void attach_one_task(struct rq *rq, struct task_struct *p);

/*
 * Two queues' locks, in the order of CPU numbers. double_lock_balance - @this_rq's is held, take @other's too; true if the
 * first had to be dropped for a moment. double_unlock_balance - drop @other's.
 */
bool double_lock_balance(struct rq *this_rq, struct rq *other);
void double_unlock_balance(struct rq *this_rq, struct rq *other);

/*
 * rt.c. RT_PUSH, RT_PULL: rq->balance_work. rt_balance_work - do it; drops and retakes rq->lock. The last thing in its
 * critical section. [rq->lock]
 * pull_rt_task - fetch real-time tasks that wait elsewhere and are better than what is here. May drop and retake the lock.
 */
#define RT_PUSH			1
#define RT_PULL			2
void __rt_balance_work(struct rq *rq);
static inline void rt_balance_work(struct rq *rq)
{
	if (unlikely(rq->balance_work))
		__rt_balance_work(rq);
}
void pull_rt_task(struct rq *this_rq);
/* rt_runtime - what real-time tasks get of each period, ns; U64_MAX: all of it */
static inline u64 rt_runtime(void)
{
	int us = READ_ONCE(sysctl_sched_rt_runtime);

	return us < 0 || (unsigned int)us >= READ_ONCE(sysctl_sched_rt_period) ? U64_MAX : (u64)us * NSEC_PER_USEC;
}
static inline bool rt_overloaded(void)	{ return !cpumask_empty(&def_root_domain.rto_mask); }

/* keep_task_fair - @curr, which runs and is the only task that can, goes on as if it had been picked. [rq->lock] */
struct task_struct *keep_task_fair(struct rq *rq, struct task_struct *curr);
void init_cfs_rq(struct cfs_rq *cfs_rq);
void init_rt_rq(struct rt_rq *rt_rq);
void sched_init_granularity(void);
/* set_load_weight - the weight that p's policy and nice value give it. @p must be in no queue's sum: off its queue. */
void set_load_weight(struct task_struct *p);

static inline void update_load_add(struct load_weight *lw, unsigned long inc)
{
	lw->weight += inc;
	lw->inv_weight = 0;
}
static inline void update_load_sub(struct load_weight *lw, unsigned long dec)
{
	lw->weight -= dec;
	lw->inv_weight = 0;
}

/* ---- fair.c's and load.c's arithmetic, the tree, for its tests and for whoever prints it ------------------------- */
extern unsigned int sched_nr_latency;

u64 __calc_delta(u64 delta_exec, unsigned long weight, struct load_weight *lw);
u64 calc_delta_fair(u64 delta, struct sched_entity *se);
u64 sched_slice(struct cfs_rq *cfs_rq, struct sched_entity *se);
u64 __sched_period(unsigned long nr_running);
/* ---- check.c: what must be true of a run queue ------------------------------------------------------------------- */
enum sched_violation {
	SCHED_SOUND, SCHED_TREE_ORDER, SCHED_TREE_COLOUR, SCHED_TREE_LEFTMOST, SCHED_TREE_MEMBERS, SCHED_MIN_FELL,
	SCHED_LOAD_SUM, SCHED_COUNT, SCHED_WRONG_QUEUE, SCHED_TWO_CLASSES, SCHED_RT_BITMAP, SCHED_RT_LIST,
	SCHED_RT_OVERLOAD, SCHED_RT_THROTTLED,
	NR_SCHED_VIOLATIONS
};

/*
 * cfs_rq_broken, rq_broken - the first invariant that does not hold, of the fair class' queue, of all. [rq->lock]
 * sched_report - tell @v, unless it has been told before: true if it was told. sched_reported: what was, as bits; sched_forget_reports:
 * all may be told again. These two are for tests.
 */
enum sched_violation cfs_rq_broken(struct cfs_rq *cfs_rq);
enum sched_violation rq_broken(struct rq *rq);
const char *sched_violation_name(enum sched_violation v);
bool sched_report(struct rq *rq, enum sched_violation v);
unsigned long sched_reported(void);
void sched_forget_reports(void);

#endif
