/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/srcu.h - RCU whose readers may sleep. The theory is in kernel/kthread/srcu.c.
 *
 *	idx = srcu_read_lock(&ss);
 *	p = srcu_dereference(gp, &ss);
 *	... may sleep ...
 *	srcu_read_unlock(&ss, idx);
 *
 * Each srcu_struct is a world of its own: a reader that sleeps for an hour holds up the updaters of its srcu_struct only. The price is
 * counting: two per-CPU additions and two full barriers for each section.
 *
 * srcu_read_lock() returns which of two sets of counters it used; sections nest, each with its own index. A section may end in another
 * task or on another CPU than it began, not in an interrupt.
 */
#ifndef PRIMER_SRCU_H
#define PRIMER_SRCU_H

#include <primer/completion.h>
#include <primer/mutex.h>
#include <primer/percpu.h>
#include <primer/rcupdate.h>
#include <primer/workqueue.h>

/* [owner CPU adds; who waits sums them up] */
struct srcu_data {
	unsigned long lock_count[2], unlock_count[2];
};

/* Zones: [m] mutex; [l] lock. */
struct srcu_struct {
	struct srcu_data __percpu *sda;		/* [immutable] */
	unsigned int idx;			/* [m writes] readers that begin use set idx & 1 */
	unsigned long gp_seq;			/* [m writes] odd: a grace period runs */
	struct mutex mutex;			/* one grace period at a time; rank LOCK_RANK_SRCU */
	spinlock_t lock;			/* the callbacks; rank LOCK_RANK_SRCU_CB */
	struct rcu_head *head, **tail;		/* [l] callbacks that wait for a grace period to begin */
	struct work_struct work;		/* waits, and calls them */
	unsigned long pending;			/* [l] callbacks that have not returned */
};

/* init_srcu_struct - 0 or -ENOMEM. cleanup_srcu_struct - no readers, and nobody will call it any more. Task; may sleep. */
int init_srcu_struct(struct srcu_struct *ss);
void cleanup_srcu_struct(struct srcu_struct *ss);

/* Context: task or softirq. The barrier: the count before the reads of the section; pairs with synchronize_srcu(). */
static inline int srcu_read_lock(struct srcu_struct *ss)
{
	int idx = (int)(READ_ONCE(ss->idx) & 1);

	this_cpu_inc(((struct srcu_data *)ss->sda)->lock_count[idx]);
	smp_mb();
	return idx;
}

static inline void srcu_read_unlock(struct srcu_struct *ss, int idx)
{
	smp_mb();	/* the reads of the section before the count */
	this_cpu_inc(((struct srcu_data *)ss->sda)->unlock_count[idx]);
}

/*
 * srcu_dereference - fetch a pointer to follow until the end of this section of @ss; _check: or under the lock that @c says is held
 *
 * srcu_read_lock_held - DEBUG: false when nobody at all is inside @ss. Whose the sections are that are open cannot be known: one may
 * end in another task. Context: any.
 */
#ifdef CONFIG_DEBUG
bool srcu_read_lock_held(struct srcu_struct *ss);
#else
static __always_inline bool srcu_read_lock_held(struct srcu_struct *ss)	{ return true; }
#endif
#define srcu_dereference_check(p, ss, c) ({ \
	RCU_LOCKDEP_WARN(!((c) || srcu_read_lock_held(ss)), "suspicious srcu_dereference_check() usage"); \
	rcu_dereference_raw(p); })
#define srcu_dereference(p, ss)		srcu_dereference_check(p, ss, 0)

/*
 * synchronize_srcu - wait until every section of @ss that had begun has ended
 * call_srcu - call @func(@head) then, in a worker, where it may sleep
 * srcu_barrier - wait until all callbacks queued before have been called
 *
 * Context: task, may sleep, outside @ss's sections; call_srcu: any but NMI.
 */
void synchronize_srcu(struct srcu_struct *ss);
void synchronize_srcu_expedited(struct srcu_struct *ss);
void call_srcu(struct srcu_struct *ss, struct rcu_head *head, rcu_callback_t func);
void srcu_barrier(struct srcu_struct *ss);

#endif
