/* SPDX-License-Identifier: GPL-2.0-only */
/* kernel/time/timer_internal.h - the timer wheel's own structures, for timer.c and its tests. */
#ifndef KERNEL_TIMER_INTERNAL_H
#define KERNEL_TIMER_INTERNAL_H

#include <primer/bitmap.h>
#include <primer/spinlock.h>
#include <primer/timer.h>

#define LVL_CLK_SHIFT		3
#define LVL_CLK_DIV		(1UL << LVL_CLK_SHIFT)
#define LVL_CLK_MASK		(LVL_CLK_DIV - 1)
#define LVL_SHIFT(n)		((n) * LVL_CLK_SHIFT)
#define LVL_GRAN(n)		(1UL << LVL_SHIFT(n))
#define LVL_BITS		6
#define LVL_SIZE		(1UL << LVL_BITS)
#define LVL_MASK		(LVL_SIZE - 1)
#define LVL_OFFS(n)		((n) * LVL_SIZE)
/* The first distance, in jiffies, that level n is for. */
#define LVL_START(n)		((LVL_SIZE - 1) << (((n) - 1) * LVL_CLK_SHIFT))
#define LVL_DEPTH		9
#define WHEEL_TIMEOUT_CUTOFF	LVL_START(LVL_DEPTH)
#define WHEEL_TIMEOUT_MAX	(WHEEL_TIMEOUT_CUTOFF - LVL_GRAN(LVL_DEPTH - 1))
#define WHEEL_SIZE		(LVL_SIZE * LVL_DEPTH)
/* What an empty wheel shows as its next expiry: farther than any timer. */
#define NEXT_TIMER_MAX_DELTA	((1UL << 30) - 1)

/* One CPU's wheel. [lock] */
struct timer_base {
	spinlock_t lock;			/* rank LOCK_RANK_TIMER; interrupts off */
	unsigned int cpu;			/* immutable */
	struct timer_list *running_timer;	/* whose function is being called */
	unsigned long clk;			/* jiffies: all that expires before has been run */
	unsigned long next_expiry;		/* no bucket is due before; read without the lock by run_local_timers() */
	bool next_expiry_recalc;		/* a timer has left: next_expiry may be too early */
	bool is_idle;				/* the CPU takes no ticks */
	DECLARE_BITMAP(pending_map, WHEEL_SIZE);	/* buckets that are not empty */
	struct hlist_head vectors[WHEEL_SIZE];
};

void timer_base_init(struct timer_base *base, unsigned int cpu, unsigned long now);
/* internal_add_timer - into the bucket for timer->expires. run_timers - all that is due at @now. next_expiry of what is queued. */
void internal_add_timer(struct timer_base *base, struct timer_list *timer);
void run_timers(struct timer_base *base, unsigned long now);
unsigned long next_timer_expiry(struct timer_base *base);
/* forward_timer_base - an idle wheel has not been turned: set its clock to @now, but not past what is queued. */
void forward_timer_base(struct timer_base *base, unsigned long now);
int detach_if_pending(struct timer_list *timer, struct timer_base *base, bool clear_pending);

#endif
