/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sched/sched.h - the scheduler's inside: run queues, the interface between the core and the classes.
 *
 * For the files of this room and its tests only. What others may ask is in primer/sched.h.
 */
#ifndef SCHED_SCHED_H
#define SCHED_SCHED_H

#include <primer/bitmap.h>
#include <primer/math64.h>
#include <primer/percpu.h>
#include <primer/sched.h>
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
	unsigned int rr_nr_running;
};

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
	u64 clock_task;				/* the same without time spent in interrupts */
	long nr_uninterruptible;		/* may be negative here; the sum over all CPUs counts */
	unsigned int ttwu_count;
	int cpu;				/* immutable */
	atomic_t nr_iowait;			/* atomic: tasks that wait for a device and slept here last */
	bool online;
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

	/* The tick hit @p. */
	void (*task_tick)(struct rq *rq, struct task_struct *p, int queued);
	/* @p is new. Neither lock held; interrupts off. */
	void (*task_fork)(struct task_struct *p);

	/* @p changed class or priority. */
	void (*switched_from)(struct rq *rq, struct task_struct *p);
	void (*switched_to)(struct rq *rq, struct task_struct *p);
	void (*prio_changed)(struct rq *rq, struct task_struct *p, int oldprio);

	unsigned int (*get_rr_interval)(struct rq *rq, struct task_struct *p);	/* ns */
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

/* activate_task, deactivate_task - onto and off the queue; the caller has updated the clock. rq->lock held. */
static inline void activate_task(struct rq *rq, struct task_struct *p, int flags)
{
	p->sched_class->enqueue_task(rq, p, flags);
	p->on_rq = TASK_ON_RQ_QUEUED;
}

static inline void deactivate_task(struct rq *rq, struct task_struct *p, int flags)
{
	p->on_rq = (flags & DEQUEUE_SLEEP) ? 0 : TASK_ON_RQ_MIGRATING;
	p->sched_class->dequeue_task(rq, p, flags);
}

void check_preempt_curr(struct rq *rq, struct task_struct *p, int flags);
void resched_curr(struct rq *rq);
void set_task_cpu(struct task_struct *p, unsigned int new_cpu);
/*
 * __sched_fork - the scheduler's part of a task that was just copied, or is to become an idle task: on no queue,
 * nothing run.
 */
void __sched_fork(struct task_struct *p);

static inline void add_nr_running(struct rq *rq, unsigned int count)	{ rq->nr_running += count; }
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
 * balance.c. sched_idle_set, sched_idle_clear - @cpu picks, or puts away, its idle task. [rq->lock]
 * select_idle_cpu - an idle CPU that @p may use, @prev if it is one; -1: none. The caller must put @p there. [p->pi_lock]
 * select_shortest_queue - the CPU with the fewest tasks among those that @p may use. [p->pi_lock]
 * pull_task - @this_rq has no task: get one that waits elsewhere, if that is simple. [this_rq->lock]
 */
void sched_idle_set(int cpu);
void sched_idle_clear(int cpu);
int select_idle_cpu(struct task_struct *p, int prev);
int select_shortest_queue(struct task_struct *p, int prev);
void pull_task(struct rq *this_rq);
/* fair_task_for_cpu - a task that waits in @rq's fair queue and may run on @cpu, or NULL. [rq->lock] */
struct task_struct *fair_task_for_cpu(struct rq *rq, int cpu);

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
extern unsigned int sysctl_sched_latency, sysctl_sched_min_granularity, sysctl_sched_wakeup_granularity;	/* ns */
extern unsigned int sysctl_sched_child_runs_first, sched_nr_latency;

u64 __calc_delta(u64 delta_exec, unsigned long weight, struct load_weight *lw);
u64 calc_delta_fair(u64 delta, struct sched_entity *se);
u64 sched_slice(struct cfs_rq *cfs_rq, struct sched_entity *se);
u64 __sched_period(unsigned long nr_running);
/*
 * cfs_rq_check - walk the queue and verify every invariant of fair.c; false with a line on the log when one is
 * broken. [rq->lock]
 */
bool cfs_rq_check(struct cfs_rq *cfs_rq);

#endif
