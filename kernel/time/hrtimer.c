/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/time/hrtimer.c - timers that are as exact as the hardware: each one programs the next interrupt.
 *
 * The problem. A program that sleeps for 1 ms wants to be woken after 1 ms and not at some tick thereafter; and a CPU
 * with nothing to do for a second should not be interrupted a thousand times to find that out.
 *
 * The idea. Keep the timers in order of time, and set the CPU's clock event device to the first. Its interrupt runs what
 * is due and sets the device to the next. The tick itself is only one of the timers.
 *
 *	hrtimer_cpu_base, one a CPU
 *	    clock_base[MONOTONIC] --> tree: 17.2 s, 17.9 s, 60 s		leftmost of each, minus the clock's offset,
 *	    clock_base[REALTIME]  --> tree: 2024-01-01 06:00			the smallest of these is expires_next:
 *	    clock_base[BOOTTIME]  --> tree						what the device is set to
 *	    clock_base[TAI]       --> tree
 *	    ... and four more for timers that run in softirq
 *
 * Trees are in the time of their own clock, so that setting the clock (REALTIME) changes one offset and no tree.
 *
 * Slack. A timer has two times: softexpires, the earliest at which it may run, and expires, the latest. The tree and the
 * device go by the latter; an interrupt runs everything whose softexpires has passed. Sleeps of near the same end are
 * so served by one interrupt. softexpires is the time that was asked for: nobody is early.
 *
 * Life of a timer, state and base->running under cpu_base->lock:
 *
 *	         start                     expires                    returns NORESTART
 *	inactive ------> queued in a tree --------> running, not queued ----------------> inactive
 *	   ^               |  ^                            |
 *	   +---- cancel ---+  +------- RESTART, start -----+
 *
 * The function runs without the lock. hrtimer_active() must not say "no" in the moment between the tree and the
 * function: base->seq changes on the way in and out, and a reader that sees it change looks again.
 *
 * Hard and soft. Hard timers run in the device's interrupt. Soft ones have bases of their own; when the first of them is
 * due, the interrupt raises HRTIMER_SOFTIRQ, and until that has run they do not count for the device.
 *
 * A timer is queued on the CPU that starts it, unless its function is just running on another: then it stays there, and
 * that CPU, still in its interrupt, sees it when it programs its device. So no CPU ever programs another's device.
 *
 * Before the switch to high resolution (no continuous clocksource, or a device that cannot do one-shot) the tick expires
 * what is due: same trees, resolution of a tick.
 *
 * Locking: cpu_base->lock, interrupts off. Two are never held at once.
 *
 * Linux (kernel/time/hrtimer.c) also moves timers off idle CPUs, and off CPUs that go away.
 */
#include <primer/clockchips.h>
#include <primer/hrtimer.h>
#include <primer/init.h>
#include <primer/interrupt.h>
#include <primer/kernel.h>
#include <primer/printk.h>
#include <primer/smp.h>
#include <primer/string.h>
#include <primer/tick.h>
#include <primer/trace.h>

#include "tick_internal.h"
#include "timekeeping_internal.h"

#define HRTIMER_ACTIVE_SOFT	(0xfU << HRTIMER_BASE_MONOTONIC_SOFT)
#define HRTIMER_ACTIVE_HARD	0xfU
#define HRTIMER_ACTIVE_ALL	(HRTIMER_ACTIVE_SOFT | HRTIMER_ACTIVE_HARD)

DEFINE_PER_CPU_ALIGNED(struct hrtimer_cpu_base, hrtimer_bases);
unsigned int hrtimer_resolution __read_mostly = TICK_NSEC;
static bool hrtimer_hres_enabled __ro_after_init = true;

static const struct {
	clockid_t id;
	ktime_t (*get_time)(void);
} base_clocks[4] = {
	[HRTIMER_BASE_MONOTONIC]	= { CLOCK_MONOTONIC,	ktime_get },
	[HRTIMER_BASE_REALTIME]		= { CLOCK_REALTIME,	ktime_get_real },
	[HRTIMER_BASE_BOOTTIME]		= { CLOCK_BOOTTIME,	ktime_get_boottime },
	[HRTIMER_BASE_TAI]		= { CLOCK_TAI,		ktime_get_real },
};

static int __init setup_hrtimer_hres(char *str)
{
	if (!strcmp(str, "off"))
		hrtimer_hres_enabled = false;
	return 1;
}
__setup("highres=", setup_hrtimer_hres);

/* ---- which base -------------------------------------------------------------------------------------------------- */

/* Lock the base that @timer belongs to. NULL stands for "between two bases" while it is moved. */
static struct hrtimer_clock_base *lock_hrtimer_base(const struct hrtimer *timer, unsigned long *flags)
{
	for (;;) {
		struct hrtimer_clock_base *base = READ_ONCE(timer->base);

		if (likely(base)) {
			spin_lock_irqsave(&base->cpu_base->lock, *flags);
			if (likely(base == timer->base))
				return base;
			spin_unlock_irqrestore(&base->cpu_base->lock, *flags);
		}
		cpu_relax();
	}
}

static void unlock_hrtimer_base(struct hrtimer_clock_base *base, unsigned long *flags)
{
	spin_unlock_irqrestore(&base->cpu_base->lock, *flags);
}

/* To this CPU's base of the same clock. Drops and retakes locks; interrupts are off. Returns the base, locked. */
static struct hrtimer_clock_base *switch_hrtimer_base(struct hrtimer *timer, struct hrtimer_clock_base *base)
{
	struct hrtimer_clock_base *new_base = &this_cpu_ptr(&hrtimer_bases)->clock_base[base->index];

	if (base == new_base || unlikely(base->running == timer))
		return base;
	WRITE_ONCE(timer->base, NULL);
	spin_unlock(&base->cpu_base->lock);
	spin_lock(&new_base->cpu_base->lock);
	WRITE_ONCE(timer->base, new_base);
	return new_base;
}

/* ---- trees ------------------------------------------------------------------------------------------------------- */

/* True: it is the first of its clock now. */
static bool enqueue_hrtimer(struct hrtimer *timer, struct hrtimer_clock_base *base)
{
	base->cpu_base->active_bases |= 1U << base->index;
	WRITE_ONCE(timer->state, HRTIMER_STATE_ENQUEUED);
	return timerqueue_add(&base->active, &timer->node);
}

static void __remove_hrtimer(struct hrtimer *timer, struct hrtimer_clock_base *base, u8 newstate)
{
	WRITE_ONCE(timer->state, newstate);
	if (!timerqueue_del(&base->active, &timer->node))
		base->cpu_base->active_bases &= ~(1U << base->index);
}

/* The earliest of the clocks in @active, on the MONOTONIC scale; *@next: whose that is. */
static ktime_t next_event_base(struct hrtimer_cpu_base *cpu_base, unsigned int active, struct hrtimer **next)
{
	ktime_t expires_next = KTIME_MAX;

	for (; active; active &= active - 1) {
		struct hrtimer_clock_base *base = &cpu_base->clock_base[__builtin_ctz(active)];
		struct timerqueue_node *node = timerqueue_getnext(&base->active);
		struct hrtimer *timer = container_of(node, struct hrtimer, node);
		ktime_t expires;

		expires = hrtimer_get_expires(timer) - base->offset;
		if (expires < expires_next) {
			expires_next = expires;
			*next = timer;
		}
	}
	/* The clock was set forward past an expiry: the difference may be negative. The device knows only "now". */
	return expires_next < 0 ? 0 : expires_next;
}

/* What the device has to be set to. Soft timers count unless their softirq is on its way. Records it all. */
static ktime_t update_next_event(struct hrtimer_cpu_base *cpu_base)
{
	struct hrtimer *next = NULL, *soft = NULL;
	ktime_t expires;

	expires = next_event_base(cpu_base, cpu_base->active_bases & HRTIMER_ACTIVE_HARD, &next);
	if (!cpu_base->softirq_activated) {
		ktime_t first = next_event_base(cpu_base, cpu_base->active_bases & HRTIMER_ACTIVE_SOFT, &soft);

		cpu_base->softirq_expires_next = first;
		if (soft && first < expires) {
			expires = first;
			next = soft;
		}
	}
	cpu_base->next_timer = next;
	cpu_base->expires_next = expires;
	return expires;
}

/* Offsets that timekeeping has changed, and MONOTONIC now. */
static ktime_t hrtimer_update_base(struct hrtimer_cpu_base *cpu_base)
{
	ktime_t *real = &cpu_base->clock_base[HRTIMER_BASE_REALTIME].offset;
	ktime_t *boot = &cpu_base->clock_base[HRTIMER_BASE_BOOTTIME].offset;
	ktime_t *tai = &cpu_base->clock_base[HRTIMER_BASE_TAI].offset;
	ktime_t now = ktime_get_update_offsets_now(&cpu_base->clock_was_set_seq, real, boot, tai);

	cpu_base->clock_base[HRTIMER_BASE_REALTIME_SOFT].offset = *real;
	cpu_base->clock_base[HRTIMER_BASE_BOOTTIME_SOFT].offset = *boot;
	cpu_base->clock_base[HRTIMER_BASE_TAI_SOFT].offset = *tai;
	return now;
}

/* ---- programming the device -------------------------------------------------------------------------------------- */

/* The first timer may have changed: set the device, if it is not in an interrupt that will do so at its end. */
static void hrtimer_force_reprogram(struct hrtimer_cpu_base *cpu_base)
{
	ktime_t old = cpu_base->expires_next, expires = update_next_event(cpu_base);

	if (expires == old || !cpu_base->hres_active || cpu_base->hang_detected || cpu_base->in_hrtirq)
		return;
	tick_program_event(expires, true);
}

/* @timer has become the first of its clock on this CPU: is it the first of all? */
static void hrtimer_reprogram(struct hrtimer *timer)
{
	struct hrtimer_cpu_base *cpu_base = this_cpu_ptr(&hrtimer_bases);
	ktime_t expires = hrtimer_get_expires(timer) - timer->base->offset;

	/* Another CPU's: it is inside the function of this very timer, and looks before it leaves. */
	if (timer->base->cpu_base != cpu_base)
		return;
	if (expires < 0)
		expires = 0;
	if (timer->is_soft) {
		if (cpu_base->softirq_activated || expires >= cpu_base->softirq_expires_next)
			return;
		cpu_base->softirq_expires_next = expires;
	}
	if (expires >= cpu_base->expires_next || cpu_base->in_hrtirq)
		return;
	cpu_base->next_timer = timer;
	cpu_base->expires_next = expires;
	/* After a hang the device is left alone, or a storm of short timers would keep everything else out. */
	if (!cpu_base->hres_active || cpu_base->hang_detected)
		return;
	tick_program_event(expires, true);
}

/* ---- starting and cancelling ------------------------------------------------------------------------------------- */

static bool remove_hrtimer(struct hrtimer *timer, struct hrtimer_clock_base *base, bool restart)
{
	struct hrtimer_cpu_base *cpu_base = base->cpu_base;

	if (!(timer->state & HRTIMER_STATE_ENQUEUED))
		return false;
	/* While it moves to another place nobody may see it as inactive. */
	__remove_hrtimer(timer, base, restart ? HRTIMER_STATE_ENQUEUED : HRTIMER_STATE_INACTIVE);
	/*
	 * It was what the device is set to. Its own CPU's can be put right; another CPU's will fire for nothing.
	 * When it is queued again at once, that decides.
	 */
	if (!restart && timer == cpu_base->next_timer) {
		if (cpu_base == this_cpu_ptr(&hrtimer_bases))
			hrtimer_force_reprogram(cpu_base);
		else
			cpu_base->next_timer = NULL;
	}
	return true;
}

void hrtimer_start_range_ns(struct hrtimer *timer, ktime_t tim, u64 delta_ns, enum hrtimer_mode mode)
{
	struct hrtimer_clock_base *base, *old;
	struct hrtimer_cpu_base *cpu_base;
	unsigned long flags;
	bool first, was_next;

	base = old = lock_hrtimer_base(timer, &flags);
	cpu_base = base->cpu_base;
	was_next = timer == cpu_base->next_timer && cpu_base == this_cpu_ptr(&hrtimer_bases);
	remove_hrtimer(timer, base, true);
	if (mode & HRTIMER_MODE_REL) {
		tim = ktime_add_safe(tim, base->get_time());
		/* Clocks that only count ticks may be just before the next: part of a tick is not a tick. */
		if (hrtimer_resolution > 1)
			tim = ktime_add_safe(tim, hrtimer_resolution);
	}
	hrtimer_set_expires_range_ns(timer, tim, delta_ns);
	base = switch_hrtimer_base(timer, base);
	first = enqueue_hrtimer(timer, base);

	if (was_next && base == old)
		hrtimer_force_reprogram(cpu_base);
	else if (first)
		hrtimer_reprogram(timer);
	unlock_hrtimer_base(base, &flags);
}

int hrtimer_try_to_cancel(struct hrtimer *timer)
{
	struct hrtimer_clock_base *base;
	unsigned long flags;
	int ret = -1;

	/* Often called for timers that have expired: without the lock. */
	if (!hrtimer_active(timer))
		return 0;
	base = lock_hrtimer_base(timer, &flags);
	if (base->running != timer)
		ret = remove_hrtimer(timer, base, false);
	unlock_hrtimer_base(base, &flags);
	return ret;
}

int hrtimer_cancel(struct hrtimer *timer)
{
	int ret;

	while ((ret = hrtimer_try_to_cancel(timer)) < 0)
		cpu_relax();
	return ret;
}

bool hrtimer_active(const struct hrtimer *timer)
{
	struct hrtimer_clock_base *base;
	unsigned int seq;

	do {
		base = READ_ONCE(timer->base);
		if (unlikely(!base))		/* on its way to another CPU: being started */
			return true;
		seq = read_seqcount_begin(&base->seq);
		if (READ_ONCE(timer->state) != HRTIMER_STATE_INACTIVE || READ_ONCE(base->running) == timer)
			return true;
	} while (read_seqcount_retry(&base->seq, seq) || base != READ_ONCE(timer->base));
	return false;
}

ktime_t hrtimer_get_remaining(const struct hrtimer *timer)
{
	struct hrtimer_clock_base *base;
	unsigned long flags;
	ktime_t rem;

	base = lock_hrtimer_base(timer, &flags);
	rem = hrtimer_get_expires(timer) - base->get_time();
	unlock_hrtimer_base(base, &flags);
	return rem;
}

u64 hrtimer_forward(struct hrtimer *timer, ktime_t now, ktime_t interval)
{
	ktime_t delta = now - hrtimer_get_expires(timer);
	u64 orun = 1;

	if (delta < 0 || WARN_ON(timer->state & HRTIMER_STATE_ENQUEUED))
		return 0;
	if (interval < (ktime_t)hrtimer_resolution)
		interval = hrtimer_resolution;
	if (unlikely(delta >= interval)) {
		orun = (u64)delta / (u64)interval;
		hrtimer_add_expires(timer, (ktime_t)(orun * (u64)interval));
		if (hrtimer_get_expires(timer) > now)
			return orun;
		/* The one that is missing to get past now. */
		orun++;
	}
	hrtimer_add_expires(timer, interval);
	return orun;
}

void hrtimer_init(struct hrtimer *timer, clockid_t clock, enum hrtimer_mode mode)
{
	unsigned int idx;

	/* A span is a span: nobody who sleeps for an hour wants less because the clock was set. */
	if (clock == CLOCK_REALTIME && (mode & HRTIMER_MODE_REL))
		clock = CLOCK_MONOTONIC;
	idx = clock == CLOCK_REALTIME ? HRTIMER_BASE_REALTIME : clock == CLOCK_BOOTTIME ? HRTIMER_BASE_BOOTTIME
	      : clock == CLOCK_TAI ? HRTIMER_BASE_TAI : HRTIMER_BASE_MONOTONIC;
	memset(timer, 0, sizeof(*timer));
	timer->is_soft = (mode & HRTIMER_MODE_SOFT) != 0;
	if (timer->is_soft)
		idx += HRTIMER_BASE_MONOTONIC_SOFT;
	timer->base = &per_cpu_ptr(&hrtimer_bases, raw_smp_processor_id())->clock_base[idx];
	timerqueue_init(&timer->node);
}

/* ---- expiry ------------------------------------------------------------------------------------------------------ */

/* Take @timer out and call its function. Drops and retakes the lock. */
static void __run_hrtimer(struct hrtimer_cpu_base *cpu_base, struct hrtimer_clock_base *base, struct hrtimer *timer,
			  ktime_t basenow, unsigned long flags)
{
	enum hrtimer_restart (*fn)(struct hrtimer *) = timer->function;
	enum hrtimer_restart restart;

	base->running = timer;
	/*
	 * Who looks without the lock must not find it neither queued nor running: the order is running, seq, state
	 * here, and state, running, seq there. Pairs with hrtimer_active().
	 */
	raw_write_seqcount_begin(&base->seq);
	raw_write_seqcount_end(&base->seq);
	__remove_hrtimer(timer, base, HRTIMER_STATE_INACTIVE);

	spin_unlock_irqrestore(&cpu_base->lock, flags);
	trace_hrtimer_expire_entry(timer, fn, basenow);
	restart = fn(timer);
	trace_hrtimer_expire_exit(timer);
	spin_lock_irq(&cpu_base->lock);

	/* Somebody else, or the function itself, may have started it meanwhile. */
	if (restart != HRTIMER_NORESTART && !(timer->state & HRTIMER_STATE_ENQUEUED))
		enqueue_hrtimer(timer, base);
	raw_write_seqcount_begin(&base->seq);
	raw_write_seqcount_end(&base->seq);
	base->running = NULL;
}

static void __hrtimer_run_queues(struct hrtimer_cpu_base *cpu_base, ktime_t now, unsigned long flags, unsigned int mask)
{
	unsigned int active = cpu_base->active_bases & mask;

	for (; active; active &= active - 1) {
		struct hrtimer_clock_base *base = &cpu_base->clock_base[__builtin_ctz(active)];
		ktime_t basenow = now + base->offset;
		struct timerqueue_node *node;

		while ((node = timerqueue_getnext(&base->active))) {
			struct hrtimer *timer = container_of(node, struct hrtimer, node);

			/*
			 * In order of the latest times. One that may run but need not yet can be hidden behind one that
			 * may not: it will have its own interrupt.
			 */
			if (basenow < hrtimer_get_softexpires(timer))
				break;
			__run_hrtimer(cpu_base, base, timer, basenow, flags);
		}
	}
}

/* What of the soft timers is due: leave it to the softirq. [lock] */
static void raise_soft_timers(struct hrtimer_cpu_base *cpu_base, ktime_t now)
{
	if (now >= cpu_base->softirq_expires_next) {
		cpu_base->softirq_expires_next = KTIME_MAX;
		cpu_base->softirq_activated = true;
		raise_softirq_irqoff(HRTIMER_SOFTIRQ);
	}
}

static void hrtimer_run_softirq(struct softirq_action *h)
{
	struct hrtimer_cpu_base *cpu_base = this_cpu_ptr(&hrtimer_bases);
	unsigned long flags;
	ktime_t now;

	spin_lock_irqsave(&cpu_base->lock, flags);
	now = hrtimer_update_base(cpu_base);
	__hrtimer_run_queues(cpu_base, now, flags, HRTIMER_ACTIVE_SOFT);
	cpu_base->softirq_activated = false;
	hrtimer_force_reprogram(cpu_base);
	spin_unlock_irqrestore(&cpu_base->lock, flags);
}

/*
 * The device has fired. Expire, program the next; if that has passed meanwhile, expire again, three times at most: a
 * timer that takes longer than its interval must not keep the CPU here.
 */
void hrtimer_interrupt(struct clock_event_device *dev)
{
	struct hrtimer_cpu_base *cpu_base = this_cpu_ptr(&hrtimer_bases);
	ktime_t expires_next, now, entry_time, delta;
	unsigned long flags;
	int retries = 0;

	cpu_base->nr_events++;
	dev->next_event = KTIME_MAX;

	spin_lock_irqsave(&cpu_base->lock, flags);
	entry_time = now = hrtimer_update_base(cpu_base);
	for (;;) {
		cpu_base->in_hrtirq = true;
		/* Timers that others start here must not program the device. */
		cpu_base->expires_next = KTIME_MAX;
		raise_soft_timers(cpu_base, now);
		__hrtimer_run_queues(cpu_base, now, flags, HRTIMER_ACTIVE_HARD);

		expires_next = update_next_event(cpu_base);
		cpu_base->in_hrtirq = false;
		if (likely(!tick_program_event(expires_next, false))) {
			cpu_base->hang_detected = false;
			spin_unlock_irqrestore(&cpu_base->lock, flags);
			return;
		}
		now = hrtimer_update_base(cpu_base);
		cpu_base->nr_retries++;
		if (++retries >= 3)
			break;
	}

	/* Give the rest of the system as much time as we have taken, 100 ms at most. */
	cpu_base->nr_hangs++;
	cpu_base->hang_detected = true;
	delta = now - entry_time;
	if ((unsigned int)delta > cpu_base->max_hang_time)
		cpu_base->max_hang_time = (unsigned int)delta;
	expires_next = now + min(delta, (ktime_t)(100 * NSEC_PER_MSEC));
	spin_unlock_irqrestore(&cpu_base->lock, flags);
	tick_program_event(expires_next, true);
	pr_warn_once("hrtimer: interrupt took %lld ns\n", delta);
}

/* ---- high resolution or not -------------------------------------------------------------------------------------- */

bool hrtimer_hres_active(void)		{ return this_cpu_ptr(&hrtimer_bases)->hres_active; }
bool hrtimer_is_hres_enabled(void)	{ return hrtimer_hres_enabled; }

static void retrigger_next_event(void *arg)
{
	struct hrtimer_cpu_base *cpu_base = this_cpu_ptr(&hrtimer_bases);

	spin_lock(&cpu_base->lock);
	hrtimer_update_base(cpu_base);
	hrtimer_force_reprogram(cpu_base);
	spin_unlock(&cpu_base->lock);
}

/* From the periodic tick, in hard interrupt: this CPU's device becomes one-shot, and the tick a timer. */
static void hrtimer_switch_to_hres(void)
{
	struct hrtimer_cpu_base *base = this_cpu_ptr(&hrtimer_bases);

	if (tick_init_highres()) {
		pr_warn("Could not switch to high resolution mode on CPU %u\n", base->cpu);
		return;
	}
	base->hres_active = true;
	hrtimer_resolution = 1;
	tick_setup_sched_timer();
	/* What was queued before has programmed nothing. */
	base->expires_next = KTIME_MAX;
	retrigger_next_event(NULL);
}

void hrtimer_run_queues(void)
{
	struct hrtimer_cpu_base *cpu_base = this_cpu_ptr(&hrtimer_bases);
	unsigned long flags;
	ktime_t now;

	if (likely(cpu_base->hres_active))
		return;
	if (tick_check_oneshot_change() && hrtimer_is_hres_enabled()) {
		hrtimer_switch_to_hres();
		return;
	}
	spin_lock_irqsave(&cpu_base->lock, flags);
	now = hrtimer_update_base(cpu_base);
	if (cpu_base->active_bases & HRTIMER_ACTIVE_SOFT)
		raise_soft_timers(cpu_base, now);
	__hrtimer_run_queues(cpu_base, now, flags, HRTIMER_ACTIVE_HARD);
	spin_unlock_irqrestore(&cpu_base->lock, flags);
}

static void run_queues_now(void *unused)
{
	hrtimer_run_queues();
}

/* A short boot may be over before the first tick: the first program shall find exact timers. */
static int __init hrtimers_switch(void)
{
	on_each_cpu(run_queues_now, NULL, 1);
	return 0;
}
fs_initcall(hrtimers_switch);

bool hrtimer_is_next(const struct hrtimer *timer)
{
	return this_cpu_ptr(&hrtimer_bases)->next_timer == timer;
}

void (*clock_was_set_hook)(void) __ro_after_init;

void clock_was_set(void)
{
	/* Each CPU's device was set by the old offset. */
	if (hrtimer_hres_enabled)
		on_each_cpu(retrigger_next_event, NULL, 1);
	if (clock_was_set_hook)
		clock_was_set_hook();
}

void __init hrtimers_init(void)
{
	unsigned int cpu, i;

	for_each_possible_cpu(cpu) {
		struct hrtimer_cpu_base *cpu_base = per_cpu_ptr(&hrtimer_bases, cpu);

		spin_lock_init(&cpu_base->lock, LOCK_RANK_TIMER);
		cpu_base->cpu = cpu;
		cpu_base->expires_next = cpu_base->softirq_expires_next = KTIME_MAX;
		for (i = 0; i < HRTIMER_MAX_CLOCK_BASES; i++) {
			struct hrtimer_clock_base *base = &cpu_base->clock_base[i];

			base->cpu_base = cpu_base;
			base->index = i;
			base->clockid = base_clocks[i & 3].id;
			base->get_time = base_clocks[i & 3].get_time;
			timerqueue_init_head(&base->active);
		}
	}
	open_softirq(HRTIMER_SOFTIRQ, hrtimer_run_softirq);
}
