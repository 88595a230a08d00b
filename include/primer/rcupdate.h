/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/rcupdate.h - read-copy update: readers that pay nothing, writers that wait until nobody can look any more.
 *
 *	reader					updater (under its own lock)
 *	rcu_read_lock();			new = copy of old, changed
 *	p = rcu_dereference(gp);		rcu_assign_pointer(gp, new);
 *	... use *p, do not sleep ...		kfree_rcu(old, rcu);	or synchronize_rcu(); kfree(old);
 *	rcu_read_unlock();
 *
 * A reader sees the old or the new version, each whole. The old one is freed after a grace period: a span of time in which every CPU
 * was seen outside all read-side sections, so that every section which could have found the old version has ended. The theory is in
 * kernel/rcu/tree.c.
 *
 * A read-side section is a stretch of code that cannot be preempted: rcu_read_lock() is preempt_disable(), and every section with
 * preemption, softirqs or interrupts off is one as well. It nests, and must not sleep. To sleep inside: primer/srcu.h.
 */
#ifndef PRIMER_RCUPDATE_H
#define PRIMER_RCUPDATE_H

#include <primer/bottom_half.h>
#include <primer/build_bug.h>
#include <primer/compiler.h>
#include <primer/kernel.h>
#include <primer/lockdep.h>
#include <primer/preempt.h>
#include <primer/types.h>
#include <asm/barrier.h>

/* Inside what is to be freed: room for the callback. Two words, aligned to one. [the owner's until call_rcu(), then RCU's] */
struct rcu_head {
	struct rcu_head *next;
	void (*func)(struct rcu_head *head);
};
typedef void (*rcu_callback_t)(struct rcu_head *head);

/* ---- readers --------------------------------------------------------------------------------------------------------- */

#ifdef CONFIG_DEBUG
DECLARE_PER_CPU(unsigned int, rcu_read_depth);	/* rcu_read_lock() without unlock; [owner CPU, preemption off while not 0] */

/* lockdep_rcu_suspicious - report a use of RCU that no rule covers. debug_rcu_enabled - are such checks wanted, and meaningful? */
void lockdep_rcu_suspicious(const char *file, int line, const char *what);
bool debug_rcu_enabled(void);
/* rcu_is_watching - does RCU wait for readers on this CPU? Not while it is idle. */
bool rcu_is_watching(void);

/* rcu_read_lock_held - is this inside a read-side section? True when nobody can tell. rcu_read_lock_any_held - of whichever form. */
bool rcu_read_lock_held(void);
bool rcu_read_lock_any_held(void);
void rcu_check_unlock(void);

/* RCU_LOCKDEP_WARN - report once for this place that @c is true */
#define RCU_LOCKDEP_WARN(c, s) do { \
	static bool __warned; \
	if (unlikely(debug_rcu_enabled() && !__warned && (c))) { \
		__warned = true; \
		lockdep_rcu_suspicious(__FILE__, __LINE__, s); \
	} \
} while (0)

static __always_inline void __rcu_read_enter(void)
{
	this_cpu_inc(rcu_read_depth);
	RCU_LOCKDEP_WARN(!rcu_is_watching(), "rcu_read_lock() used illegally while idle");
}
static __always_inline void __rcu_read_leave(void)	{ rcu_check_unlock(); this_cpu_dec(rcu_read_depth); }
#else
static __always_inline bool rcu_read_lock_held(void)		{ return true; }
static __always_inline bool rcu_read_lock_any_held(void)	{ return true; }
#define RCU_LOCKDEP_WARN(c, s)		do { } while (0)
static __always_inline void __rcu_read_enter(void)	{ }
static __always_inline void __rcu_read_leave(void)	{ }
#endif

/* Three instructions for the pair: inc, dec, and a jump that is taken when a reschedule was asked for meanwhile. Context: any but NMI. */
static __always_inline void rcu_read_lock(void)
{
	preempt_disable();
	__rcu_read_enter();
}

static __always_inline void rcu_read_unlock(void)
{
	__rcu_read_leave();
	preempt_enable();
}

/* The same kind of section, named for what it also keeps away. */
static __always_inline void rcu_read_lock_bh(void)	{ local_bh_disable(); __rcu_read_enter(); }
static __always_inline void rcu_read_unlock_bh(void)	{ __rcu_read_leave(); local_bh_enable(); }
static __always_inline void rcu_read_lock_sched(void)	{ rcu_read_lock(); }
static __always_inline void rcu_read_unlock_sched(void)	{ rcu_read_unlock(); }

/* ---- pointers -------------------------------------------------------------------------------------------------------- */

/*
 * rcu_dereference - fetch a pointer that updaters may change meanwhile, to follow it until the end of this read-side section
 *
 * _check: or under the lock that @c says is held. _protected: only under it, so nobody changes it. _raw: no check. rcu_access_pointer:
 * only to look at its value, never to follow it. x86 never makes a load that depends on another one early, so a plain load does.
 */
#define rcu_dereference_raw(p)		READ_ONCE(p)
#define rcu_access_pointer(p)		READ_ONCE(p)
#define rcu_dereference_check(p, c) ({ \
	RCU_LOCKDEP_WARN(!((c) || rcu_read_lock_held()), "suspicious rcu_dereference_check() usage"); \
	rcu_dereference_raw(p); })
#define rcu_dereference(p)		rcu_dereference_check(p, 0)
#define rcu_dereference_bh(p)		rcu_dereference_check(p, 0)
#define rcu_dereference_sched(p)	rcu_dereference_check(p, rcu_read_lock_any_held())
#define rcu_dereference_protected(p, c) ({ \
	RCU_LOCKDEP_WARN(!(c), "suspicious rcu_dereference_protected() usage"); \
	(p); })

/*
 * rcu_assign_pointer - publish @v: what it points to was written before. Pairs with rcu_dereference().
 *
 * RCU_INIT_POINTER: without that order, for NULL or for what nobody reads yet. rcu_replace_pointer: and return the old value;
 * @c: the updater's lock is held.
 */
#define rcu_assign_pointer(p, v)	smp_store_release(&(p), (v))
#define RCU_INIT_POINTER(p, v)		WRITE_ONCE(p, v)
#define rcu_replace_pointer(p, v, c) ({ \
	__typeof__(p) __old = rcu_dereference_protected(p, c); \
	rcu_assign_pointer(p, v); \
	__old; })

/* ---- updaters -------------------------------------------------------------------------------------------------------- */

/*
 * call_rcu - call @func(@head) after a grace period
 *
 * Context: any but NMI, with any lock held. @func runs in a softirq on this CPU, must not sleep, and may free what @head lies in.
 * Callbacks of one CPU are called in the order of their call_rcu(). At boot, before there are tasks, they queue.
 */
void call_rcu(struct rcu_head *head, rcu_callback_t func);

/* kfree_rcu - kfree() or vfree() the object at @ptr, whose member @field is its struct rcu_head, after a grace period. Context: any. */
#define kfree_rcu(ptr, field) do { \
	__typeof__(ptr) __obj = (ptr); \
	static_assert(offsetof(__typeof__(*__obj), field) < 4096, "kfree_rcu(): the rcu_head must be in the first page"); \
	if (__obj) \
		call_rcu(&__obj->field, (rcu_callback_t)offsetof(__typeof__(*__obj), field)); \
} while (0)
#define kvfree_rcu(ptr, field)		kfree_rcu(ptr, field)

/*
 * synchronize_rcu - wait for a grace period: every read-side section that had begun has ended
 * synchronize_rcu_expedited - the same within microseconds, at the price of an interrupt for each CPU that is busy
 * rcu_barrier - wait until every callback that was queued before, on any CPU, has been called
 *
 * Context: task; may sleep; not inside a read-side section. With one CPU online the first two return at once: who may sleep is no
 * reader, and nobody else runs. rcu_barrier() only after the first initcalls.
 */
void synchronize_rcu(void);
void synchronize_rcu_expedited(void);
void rcu_barrier(void);
#define synchronize_sched()		synchronize_rcu()

/*
 * get_state_synchronize_rcu - a cookie for this moment. poll_state_synchronize_rcu - has a grace period passed since?
 * cond_synchronize_rcu - wait for one unless it has. start_poll_synchronize_rcu - as get_, and see to it that there is one.
 */
unsigned long get_state_synchronize_rcu(void);
unsigned long start_poll_synchronize_rcu(void);
bool poll_state_synchronize_rcu(unsigned long cookie);
void cond_synchronize_rcu(unsigned long cookie);

/* ---- what RCU is told by the rest of the kernel: primer/rcutree.h ---- */

#endif
