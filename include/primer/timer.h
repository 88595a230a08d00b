/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/timer.h - call a function some jiffies from now: timeouts, most of which never happen.
 *
 *	struct thing { struct timer_list timer; ... };
 *	static void thing_timeout(struct timer_list *t)
 *	{
 *		struct thing *thing = from_timer(thing, t, timer);
 *	}
 *	timer_setup(&thing->timer, thing_timeout, 0);
 *	mod_timer(&thing->timer, jiffies + HZ);
 *	del_timer_sync(&thing->timer);
 *
 * Arming and disarming cost a few dozen instructions, whatever the number of timers; in exchange a timer runs up to an
 * eighth of its time late, never early. For exact times: primer/hrtimer.h. The theory is in kernel/time/timer.c.
 *
 * Context of the functions: softirq, interrupts on; they may arm their own timer again, and free it when nobody else
 * knows it.
 */
#ifndef PRIMER_TIMER_H
#define PRIMER_TIMER_H

#include <primer/jiffies.h>
#include <primer/list.h>
#include <primer/types.h>

/* [base->lock, but function] Unused fields of an idle timer are free for nobody. */
struct timer_list {
	struct hlist_node entry;	/* in a bucket; not hashed: not pending */
	unsigned long expires;		/* jiffies */
	void (*function)(struct timer_list *);
	u32 flags;			/* TIMER_*, bucket, CPU; changed under the old base's lock only */
};

#define TIMER_CPUMASK		0x0003ffff	/* whose wheel it is, or was last, on */
#define TIMER_MIGRATING		0x00040000	/* between two wheels: look again */
#define TIMER_PINNED		0x00100000	/* stay on the CPU that arms it: what the wheel does anyhow */
#define TIMER_IRQSAFE		0x00200000	/* function runs with interrupts off */
#define TIMER_INIT_FLAGS	(TIMER_PINNED | TIMER_IRQSAFE)
#define TIMER_ARRAYSHIFT	22
#define TIMER_ARRAYMASK		0xffc00000	/* the bucket */

#define __TIMER_INITIALIZER(fn, flgs)	{ .entry = { .next = NULL, .pprev = NULL }, .function = (fn), .flags = (flgs) }
#define DEFINE_TIMER(name, fn)		struct timer_list name = __TIMER_INITIALIZER(fn, 0)
#define from_timer(var, callback_timer, field) \
	container_of(callback_timer, __typeof__(*var), field)

/* timer_setup - prepare a timer that is not pending. @flags: TIMER_INIT_FLAGS */
void timer_setup(struct timer_list *timer, void (*function)(struct timer_list *), unsigned int flags);
#define timer_setup_on_stack(timer, fn, flags)	timer_setup(timer, fn, flags)
#define destroy_timer_on_stack(timer)		((void)(timer))

/* timer_pending - armed and not yet taken for running. A hint, unless the caller keeps others away. */
static inline bool timer_pending(const struct timer_list *timer)	{ return READ_ONCE(timer->entry.pprev) != NULL; }

/*
 * mod_timer - arm @timer, or move it when armed, so that it runs after jiffies has passed @expires
 *
 * 0: was not pending, 1: was. add_timer: for one that is known not to be pending, with timer->expires set. timer_reduce:
 * only to an earlier time. mod_timer_pending: only if it is pending. Context: any but NMI.
 */
int mod_timer(struct timer_list *timer, unsigned long expires);
int mod_timer_pending(struct timer_list *timer, unsigned long expires);
int timer_reduce(struct timer_list *timer, unsigned long expires);
void add_timer(struct timer_list *timer);
/* add_timer_on - on @cpu's wheel; it is woken from idle if need be. */
void add_timer_on(struct timer_list *timer, int cpu);

/*
 * del_timer - disarm; 1 if it was pending. Its function may be running on another CPU and still be when this returns.
 * try_to_del_timer_sync - the same, but -1 when its function is running. del_timer_sync - wait for it to return: not
 * from the function itself, not with a lock that it takes, not from hard interrupts (TIMER_IRQSAFE excepted).
 */
int del_timer(struct timer_list *timer);
int try_to_del_timer_sync(struct timer_list *timer);
int del_timer_sync(struct timer_list *timer);

/*
 * init_timers - boot, before the first tick. run_local_timers - from the tick: is there something to run? Interrupts off.
 * get_next_timer_interrupt - when this CPU's wheel wants the next tick, ns; KTIME_MAX: never. @basej, @basem: now, in
 * jiffies and ns. Context: interrupts off, going idle. timer_clear_idle - and back.
 */
void init_timers(void);
void run_local_timers(void);
u64 get_next_timer_interrupt(unsigned long basej, u64 basem);
void timer_clear_idle(void);

#endif
