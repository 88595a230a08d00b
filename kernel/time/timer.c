/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/time/timer.c - the timer wheel: timeouts by the thousand, cheap to set and to cancel.
 *
 * The problem. Most timers are timeouts: set, and cancelled before they expire. Whatever keeps them in order pays for
 * an order that nobody needs.
 *
 * The idea. The later a timeout, the less its exact moment matters. A wheel has levels of 64 buckets; a bucket of level
 * 0 stands for one jiffy, one of level n for 8^n of them. A timer goes into the bucket that its distance calls for, and
 * stays there until that bucket's time has come: nothing is ever moved from level to level.
 *
 *	level	bucket is	for distances of (HZ = 1000)
 *	0	1 ms		0 ms to 62 ms
 *	1	8 ms		63 ms to 503 ms
 *	2	64 ms		504 ms to 4 s
 *	3	512 ms		4 s to 32 s
 *	...
 *	8	4 h		1.5 days to 12 days
 *
 * Insert is a subtraction, a comparison or two, and a list operation; cancel is a list operation. Expiry times are
 * rounded up to the next bucket, so a timer is late by at most an eighth of its time and never early.
 *
 *	clk at the start of a level 1 bucket:		pending_map has a bit for each bucket that is not empty
 *	  level 0  |..x.....|				next_expiry: the first bucket's time
 *	  level 1  |x.......|  both run now
 *
 * Invariants, under base->lock:
 *   W1  a pending timer is in the bucket (flags >> TIMER_ARRAYSHIFT), whose bit is set in pending_map; an empty bucket's is clear
 *   W2  that bucket is run at the first jiffy j, j > timer->expires, that is a multiple of its level's granularity
 *   W3  next_expiry is at or before the time of each bucket with timers, and base->clk is at or before next_expiry
 *
 * W2 says "greater": at an arbitrary moment within jiffy n a timer for n + 1 could have only part of a jiffy to wait.
 *
 * A CPU that idles takes no ticks and does not turn its wheel; get_next_timer_interrupt() tells when it must wake up for
 * it. Afterwards forward_timer_base() sets the clock without looking at the buckets between, which are empty.
 *
 * Each CPU has its own wheel. A timer is armed on the wheel of the CPU that arms it. Moving it from another CPU's wheel
 * takes one lock after the other and marks it TIMER_MIGRATING between the two. While its function runs it stays where
 * it is, so that del_timer_sync() finds it: running_timer.
 *
 * Linux (kernel/time/timer.c) has a second wheel for timers that need not wake an idle CPU, and arms timers of idle
 * CPUs elsewhere.
 */
#include <primer/err.h>
#include <primer/init.h>
#include <primer/interrupt.h>
#include <primer/kernel.h>
#include <primer/percpu.h>
#include <primer/printk.h>
#include <primer/smp.h>
#include <primer/tick.h>
#include <primer/trace.h>
#include <asm/apic.h>

#include "tick_internal.h"
#include "timer_internal.h"

static DEFINE_PER_CPU_ALIGNED(struct timer_base, timer_bases);

/* ---- buckets ----------------------------------------------------------------------------------------------------- */

/* The bucket of level @lvl that comes after @expires, and *@when it is run (W2). */
static unsigned int calc_index(unsigned long expires, unsigned int lvl, unsigned long *when)
{
	expires = (expires + LVL_GRAN(lvl)) >> LVL_SHIFT(lvl);
	*when = expires << LVL_SHIFT(lvl);
	return LVL_OFFS(lvl) + (expires & LVL_MASK);
}

static unsigned int calc_wheel_index(unsigned long expires, unsigned long clk, unsigned long *when)
{
	unsigned long delta = expires - clk;
	unsigned int lvl;

	/* Due already: the next jiffy that is run. */
	if ((long)delta < 0) {
		*when = clk;
		return clk & LVL_MASK;
	}
	for (lvl = 0; lvl < LVL_DEPTH - 1; lvl++)
		if (delta < LVL_START(lvl + 1))
			return calc_index(expires, lvl, when);
	if (delta >= WHEEL_TIMEOUT_CUTOFF)
		expires = clk + WHEEL_TIMEOUT_MAX;
	return calc_index(expires, lvl, when);
}

void internal_add_timer(struct timer_base *base, struct timer_list *timer)
{
	unsigned long when;
	unsigned int idx = calc_wheel_index(timer->expires, base->clk, &when);

	hlist_add_head(&timer->entry, &base->vectors[idx]);
	__set_bit(idx, base->pending_map);
	timer->flags = (timer->flags & ~TIMER_ARRAYMASK) | idx << TIMER_ARRAYSHIFT;

	if (time_before(when, base->next_expiry)) {
		WRITE_ONCE(base->next_expiry, when);
		base->next_expiry_recalc = false;
	}
}

static void detach_timer(struct timer_list *timer, bool clear_pending)
{
	__hlist_del(&timer->entry);
	if (clear_pending)
		timer->entry.pprev = NULL;
}

int detach_if_pending(struct timer_list *timer, struct timer_base *base, bool clear_pending)
{
	unsigned int idx = timer->flags >> TIMER_ARRAYSHIFT;

	if (!timer_pending(timer))
		return 0;
	/* The last one of its bucket? */
	if (base->vectors[idx].first == &timer->entry && !timer->entry.next) {
		__clear_bit(idx, base->pending_map);
		base->next_expiry_recalc = true;
	}
	detach_timer(timer, clear_pending);
	return 1;
}

/* ---- turning ----------------------------------------------------------------------------------------------------- */

/* Distance from bucket position @clk of the level at @offset to the next bucket with timers, or -1. */
static int next_pending_bucket(struct timer_base *base, unsigned int offset, unsigned int clk)
{
	unsigned int start = offset + clk, end = offset + LVL_SIZE;
	unsigned int pos = find_next_bit(base->pending_map, end, start);

	if (pos < end)
		return pos - start;
	pos = find_next_bit(base->pending_map, start, offset);
	return pos < start ? (int)(pos + LVL_SIZE - start) : -1;
}

/*
 * Level by level. A level's clock is base->clk in units of its granularity, rounded up: the bucket at a clock that is not a
 * multiple of the granularity was run when it was.
 */
unsigned long next_timer_expiry(struct timer_base *base)
{
	unsigned long clk = base->clk, next = clk + NEXT_TIMER_MAX_DELTA;

	for (unsigned int lvl = 0, offset = 0; lvl < LVL_DEPTH; lvl++, offset += LVL_SIZE) {
		int pos = next_pending_bucket(base, offset, clk & LVL_MASK);
		unsigned long lvl_clk = clk & LVL_CLK_MASK;

		if (pos >= 0) {
			unsigned long tmp = (clk + pos) << LVL_SHIFT(lvl);

			if (time_before(tmp, next))
				next = tmp;
			/* Nearer than the next turn of the level above: nothing there can come before. */
			if ((unsigned long)pos <= ((LVL_CLK_DIV - lvl_clk) & LVL_CLK_MASK))
				break;
		}
		clk = (clk >> LVL_CLK_SHIFT) + (lvl_clk ? 1 : 0);
	}
	base->next_expiry_recalc = false;
	return next;
}

/* Take the lists that are due at base->clk, one from each level whose turn it is. */
static int collect_expired_timers(struct timer_base *base, struct hlist_head *heads)
{
	unsigned long clk = base->clk = base->next_expiry;
	int levels = 0;

	for (unsigned int i = 0; i < LVL_DEPTH; i++) {
		unsigned int idx = (clk & LVL_MASK) + LVL_OFFS(i);

		if (test_bit(idx, base->pending_map)) {
			__clear_bit(idx, base->pending_map);
			hlist_move_list(&base->vectors[idx], heads++);
			levels++;
		}
		if (clk & LVL_CLK_MASK)
			break;
		clk >>= LVL_CLK_SHIFT;
	}
	return levels;
}

static void call_timer_fn(struct timer_list *timer, void (*fn)(struct timer_list *))
{
	unsigned int count = preempt_count();

	trace_timer_expire_entry(timer, fn, jiffies);
	fn(timer);
	trace_timer_expire_exit(timer);
	if (WARN_ONCE(count != preempt_count(), "timer: %pS preempt leak: %08x -> %08x\n", fn, count, preempt_count()))
		preempt_count_set(count);
}

/* Drops and retakes base->lock around each function. */
static void expire_timers(struct timer_base *base, struct hlist_head *head)
{
	while (!hlist_empty(head)) {
		struct timer_list *timer = hlist_entry(head->first, struct timer_list, entry);
		void (*fn)(struct timer_list *) = timer->function;
		bool irqsafe = timer->flags & TIMER_IRQSAFE;

		base->running_timer = timer;
		detach_timer(timer, true);
		/* From here on the timer is no longer ours: the function may free it. */
		if (irqsafe) {
			spin_unlock(&base->lock);
			call_timer_fn(timer, fn);
			spin_lock(&base->lock);
		} else {
			spin_unlock_irq(&base->lock);
			call_timer_fn(timer, fn);
			spin_lock_irq(&base->lock);
		}
		WRITE_ONCE(base->running_timer, NULL);
	}
}

void run_timers(struct timer_base *base, unsigned long now)
{
	struct hlist_head heads[LVL_DEPTH];

	if (time_before(now, base->next_expiry))
		return;
	spin_lock_irq(&base->lock);
	while (time_after_eq(now, base->clk) && time_after_eq(now, base->next_expiry)) {
		int levels = collect_expired_timers(base, heads);

		/* Past the buckets just taken, so that what the functions arm does not go into them. */
		base->clk++;
		WRITE_ONCE(base->next_expiry, next_timer_expiry(base));
		while (levels--)
			expire_timers(base, heads + levels);
	}
	spin_unlock_irq(&base->lock);
}

static void run_timer_softirq(struct softirq_action *h)
{
	run_timers(this_cpu_ptr(&timer_bases), jiffies);
}

void run_local_timers(void)
{
	hrtimer_run_queues();
	/* Without the lock: another CPU may be arming a timer here only by add_timer_on(), which interrupts us afterwards. */
	if (time_after_eq(jiffies, READ_ONCE(this_cpu_ptr(&timer_bases)->next_expiry)))
		raise_softirq_irqoff(TIMER_SOFTIRQ);
}

/* ---- idle CPUs --------------------------------------------------------------------------------------------------- */

void forward_timer_base(struct timer_base *base, unsigned long now)
{
	/* More than one behind only after the CPU was idle, or had interrupts off for long. */
	if ((long)(now - base->clk) < 1)
		return;
	if (time_after(base->next_expiry, now))
		base->clk = now;
	else if (!time_before(base->next_expiry, base->clk))
		base->clk = base->next_expiry;
}

u64 get_next_timer_interrupt(unsigned long basej, u64 basem)
{
	struct timer_base *base = this_cpu_ptr(&timer_bases);
	u64 expires = KTIME_MAX;
	unsigned long next;
	bool any;

	spin_lock(&base->lock);
	if (base->next_expiry_recalc)
		WRITE_ONCE(base->next_expiry, next_timer_expiry(base));
	next = base->next_expiry;
	any = next != base->clk + NEXT_TIMER_MAX_DELTA && !bitmap_empty(base->pending_map, WHEEL_SIZE);
	forward_timer_base(base, basej);
	if (any && time_before_eq(next, basej)) {
		expires = basem;
	} else {
		if (any)
			expires = basem + (u64)(next - basej) * TICK_NSEC;
		/* Less than a tick away: the tick goes on, and turns the wheel. */
		if (expires - basem > (u64)TICK_NSEC)
			base->is_idle = true;
	}
	spin_unlock(&base->lock);
	return expires;
}

void timer_clear_idle(void)
{
	this_cpu_ptr(&timer_bases)->is_idle = false;
}

/* ---- arming and disarming ---------------------------------------------------------------------------------------- */

static struct timer_base *get_timer_base(u32 tflags)
{
	return per_cpu_ptr(&timer_bases, tflags & TIMER_CPUMASK);
}

/* The wheel that @timer is on, or was last on, locked. It cannot leave it meanwhile. */
static struct timer_base *lock_timer_base(struct timer_list *timer, unsigned long *flags)
{
	for (;;) {
		u32 tf = READ_ONCE(timer->flags);
		struct timer_base *base;

		if (!(tf & TIMER_MIGRATING)) {
			base = get_timer_base(tf);
			spin_lock_irqsave(&base->lock, *flags);
			/* Somebody may have moved it while we waited for the lock. */
			if (timer->flags == tf || !((timer->flags ^ tf) & (TIMER_CPUMASK | TIMER_MIGRATING)))
				return base;
			spin_unlock_irqrestore(&base->lock, *flags);
		}
		cpu_relax();
	}
}

static int __mod_timer(struct timer_list *timer, unsigned long expires, bool pending_only, bool reduce)
{
	struct timer_base *base, *new_base;
	unsigned long flags;
	int ret;

	BUG_ON(!timer->function);
	base = lock_timer_base(timer, &flags);
	if (timer_pending(timer)) {
		if (reduce ? time_before_eq(timer->expires, expires) : timer->expires == expires) {
			ret = 1;
			goto unlock;
		}
	}
	ret = detach_if_pending(timer, base, true);
	if (!ret && pending_only)
		goto unlock;

	new_base = this_cpu_ptr(&timer_bases);
	/* While its function runs it must not leave: whoever waits for that looks at this base. */
	if (base != new_base && base->running_timer != timer) {
		timer->flags |= TIMER_MIGRATING;
		spin_unlock(&base->lock);
		base = new_base;
		spin_lock(&base->lock);
		WRITE_ONCE(timer->flags, (timer->flags & ~(TIMER_CPUMASK | TIMER_MIGRATING)) | base->cpu);
	}
	forward_timer_base(base, jiffies);
	timer->expires = expires;
	internal_add_timer(base, timer);
unlock:
	spin_unlock_irqrestore(&base->lock, flags);
	return ret;
}

int mod_timer(struct timer_list *timer, unsigned long expires)
{
	return __mod_timer(timer, expires, false, false);
}

int mod_timer_pending(struct timer_list *timer, unsigned long expires)
{
	return __mod_timer(timer, expires, true, false);
}

int timer_reduce(struct timer_list *timer, unsigned long expires)
{
	return __mod_timer(timer, expires, false, true);
}

void add_timer(struct timer_list *timer)
{
	BUG_ON(timer_pending(timer));
	__mod_timer(timer, timer->expires, false, false);
}

void add_timer_on(struct timer_list *timer, int cpu)
{
	struct timer_base *base, *new_base = per_cpu_ptr(&timer_bases, cpu);
	unsigned long flags;
	bool idle;

	BUG_ON(timer_pending(timer) || !timer->function);
	base = lock_timer_base(timer, &flags);
	if (base != new_base) {
		timer->flags |= TIMER_MIGRATING;
		spin_unlock(&base->lock);
		base = new_base;
		spin_lock(&base->lock);
		WRITE_ONCE(timer->flags, (timer->flags & ~(TIMER_CPUMASK | TIMER_MIGRATING)) | cpu);
	}
	forward_timer_base(base, jiffies);
	internal_add_timer(base, timer);
	idle = base->is_idle && cpu != smp_processor_id();
	spin_unlock_irqrestore(&base->lock, flags);
	/* It sleeps by what its wheel said before: an interrupt makes it look again on the way out. */
	if (idle && apic_enabled)
		apic_send_IPI(cpu, RESCHEDULE_VECTOR);
}

int del_timer(struct timer_list *timer)
{
	struct timer_base *base;
	unsigned long flags;
	int ret;

	if (!timer_pending(timer))
		return 0;
	base = lock_timer_base(timer, &flags);
	ret = detach_if_pending(timer, base, true);
	spin_unlock_irqrestore(&base->lock, flags);
	return ret;
}

int try_to_del_timer_sync(struct timer_list *timer)
{
	struct timer_base *base;
	unsigned long flags;
	int ret = -1;

	base = lock_timer_base(timer, &flags);
	if (base->running_timer != timer)
		ret = detach_if_pending(timer, base, true);
	spin_unlock_irqrestore(&base->lock, flags);
	return ret;
}

int del_timer_sync(struct timer_list *timer)
{
	int ret;

	/* Its function may be what the interrupt that we are in has interrupted. */
	WARN_ON_ONCE(in_irq() && !(timer->flags & TIMER_IRQSAFE));
	while ((ret = try_to_del_timer_sync(timer)) < 0)
		cpu_relax();
	return ret;
}

void timer_setup(struct timer_list *timer, void (*function)(struct timer_list *), unsigned int flags)
{
	timer->entry.pprev = NULL;
	timer->function = function;
	timer->flags = (flags & TIMER_INIT_FLAGS) | raw_smp_processor_id();
}

void timer_base_init(struct timer_base *base, unsigned int cpu, unsigned long now)
{
	spin_lock_init(&base->lock, LOCK_RANK_TIMER);
	base->cpu = cpu;
	base->clk = now;
	base->next_expiry = now + NEXT_TIMER_MAX_DELTA;
}

void __init init_timers(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		timer_base_init(per_cpu_ptr(&timer_bases, cpu), cpu, jiffies);
	open_softirq(TIMER_SOFTIRQ, run_timer_softirq);
}
