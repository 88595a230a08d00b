/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/time/tick_sched.c - the tick as one timer among others; and no tick at all for a CPU that idles.
 *
 * The problem. A CPU that idles has no running task to account for, and its next timeout may be seconds away: a thousand
 * interrupts a second would only keep it from sleeping. But while nobody ticks, nobody counts jiffies.
 *
 * The idea. Once the device is in one-shot mode the tick is an hrtimer that starts itself again every TICK_NSEC. So it
 * can be stopped: the idle loop moves it to the moment at which the timer wheel needs it next (or cancels it), and starts
 * it again, in step, when there is work. What jiffies missed is made up from the clock, by whoever is interrupted first.
 *
 *	         |  |  |  |  |                               |  |  |		ticks
 *	task     ##########                                ########
 *	idle               ..................^..............			^: an interrupt: jiffies are right again
 *	                   stop: the wheel's next timer
 *
 *	tick_nohz_idle_enter, tick_nohz_idle_stop_tick (and halt), ..., tick_nohz_idle_exit
 *
 * Who counts. tick_do_timer_cpu moves jiffies and the wall clock. When that CPU stops its tick it drops the duty
 * (TICK_DO_TIMER_NONE); the next CPU to tick takes it. The last one to go to sleep must not sleep longer than the clock
 * source can bridge: timekeeping_max_deferment(). A CPU that hangs with interrupts off drops nothing: the others would tick, and
 * no timer of the wheel would expire. So who ticks and finds jiffies where they were MAX_STALLED_JIFFIES ticks ago takes the duty away from it.
 *
 * Invariants:
 *   T1  jiffies == ticks since boot in the time of last_jiffies_update, which is never ahead of MONOTONIC
 *   T2  on a CPU that runs a task the tick runs, aligned to the same multiples of TICK_NSEC as before it was stopped
 *   T3  handlers and tasks see jiffies that are at most a tick old: an interrupt of a tickless CPU first calls tick_irq_enter()
 *
 * When another timer comes before the next tick the tick is left alone: two programmings of the device would cost more
 * than one tick that is not even certain to come.
 *
 * Locking: struct tick_sched belongs to its CPU, interrupts off; jiffies_lock for the counts.
 *
 * Linux (kernel/time/tick-sched.c) can also stop the tick of a CPU that runs a single task.
 */
#include <primer/err.h>
#include <primer/init.h>
#include <primer/interrupt.h>
#include <primer/jiffies.h>
#include <primer/math64.h>
#include <primer/printk.h>
#include <primer/smp.h>
#include <primer/string.h>
#include <primer/tick.h>
#include <primer/timekeeping.h>
#include <primer/timer.h>
#include <asm/ptrace.h>

#include "tick_internal.h"

DEFINE_PER_CPU(struct tick_sched, tick_cpu_sched);
static bool tick_nohz_enabled __ro_after_init = true;

static int __init setup_tick_nohz(char *str)
{
	if (!strcmp(str, "off"))
		tick_nohz_enabled = false;
	return 1;
}
__setup("nohz=", setup_tick_nohz);

/* ---- the device in one-shot mode ----------------------------------------------------------------------------------- */

int tick_program_event(ktime_t expires, bool force)
{
	struct clock_event_device *dev = this_cpu_ptr(&tick_cpu_device)->evtdev;

	if (unlikely(expires == KTIME_MAX)) {
		clockevents_switch_state(dev, CLOCK_EVT_STATE_ONESHOT_STOPPED);
		dev->next_event = KTIME_MAX;
		return 0;
	}
	if (unlikely(dev->state == CLOCK_EVT_STATE_ONESHOT_STOPPED))
		clockevents_switch_state(dev, CLOCK_EVT_STATE_ONESHOT);
	return clockevents_program_event(dev, expires, force);
}

void tick_setup_oneshot(struct clock_event_device *dev, void (*handler)(struct clock_event_device *), ktime_t next_event)
{
	dev->event_handler = handler;
	clockevents_switch_state(dev, CLOCK_EVT_STATE_ONESHOT);
	if (next_event == KTIME_MAX)
		clockevents_switch_state(dev, CLOCK_EVT_STATE_ONESHOT_STOPPED);
	else
		clockevents_program_event(dev, next_event, true);
}

int tick_init_highres(void)
{
	struct tick_device *td = this_cpu_ptr(&tick_cpu_device);

	if (!td->evtdev || !(td->evtdev->features & CLOCK_EVT_FEAT_ONESHOT))
		return -EINVAL;
	td->mode = TICKDEV_MODE_ONESHOT;
	td->evtdev->event_handler = hrtimer_interrupt;
	clockevents_switch_state(td->evtdev, CLOCK_EVT_STATE_ONESHOT);
	return 0;
}

bool tick_oneshot_mode_active(void)
{
	return this_cpu_ptr(&tick_cpu_device)->mode == TICKDEV_MODE_ONESHOT;
}

void tick_oneshot_notify(void)
{
	this_cpu_ptr(&tick_cpu_sched)->check_clocks = true;
}

void tick_clock_notify(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		WRITE_ONCE(per_cpu(tick_cpu_sched, cpu).check_clocks, true);
}

bool tick_check_oneshot_change(void)
{
	struct tick_sched *ts = this_cpu_ptr(&tick_cpu_sched);
	struct clock_event_device *dev = this_cpu_ptr(&tick_cpu_device)->evtdev;

	if (!READ_ONCE(ts->check_clocks))
		return false;
	WRITE_ONCE(ts->check_clocks, false);
	return !ts->nohz_active && timekeeping_valid_for_hres() && dev && (dev->features & CLOCK_EVT_FEAT_ONESHOT);
}

/* ---- the tick ---------------------------------------------------------------------------------------------------- */

#define MAX_STALLED_JIFFIES	5	/* ticks that jiffies may stand still */

/* Make jiffies and the wall clock what they should be at @now. */
static void tick_do_update_jiffies64(ktime_t now)
{
	ktime_t delta;
	u64 ticks = 1;

	/* Nothing to do, most often: without the lock. A read of 64 bits is whole; what it stands for has been stored before it. */
	if (now - smp_load_acquire(&last_jiffies_update) < (ktime_t)TICK_NSEC)
		return;
	write_seqlock(&jiffies_lock);
	delta = now - last_jiffies_update;
	if (delta < (ktime_t)TICK_NSEC) {
		write_sequnlock(&jiffies_lock);
		return;
	}
	if (unlikely(delta >= 2 * (ktime_t)TICK_NSEC))
		ticks = (u64)delta / TICK_NSEC;
	do_timer(ticks);
	update_wall_time();
	/* Last: who finds it new without the lock takes jiffies and the coarse clocks for new, and starts timers by them. */
	smp_store_release(&last_jiffies_update, last_jiffies_update + (ktime_t)(ticks * TICK_NSEC));
	tick_next_period = last_jiffies_update + TICK_NSEC;
	write_sequnlock(&jiffies_lock);
}

static void tick_sched_do_timer(struct tick_sched *ts, ktime_t now)
{
	int cpu = smp_processor_id();

	/*
	 * Two CPUs may both find it free, or left undone: then both do it, which is harmless, and one keeps it. Linux updates for a CPU
	 * that hangs, and leaves it the duty: a jiffy of others then lasts up to five ticks.
	 */
	if (unlikely(READ_ONCE(tick_do_timer_cpu) == TICK_DO_TIMER_NONE || ts->stalled_jiffies >= MAX_STALLED_JIFFIES))
		WRITE_ONCE(tick_do_timer_cpu, cpu);
	if (READ_ONCE(tick_do_timer_cpu) == cpu)
		tick_do_update_jiffies64(now);
	if (likely(ts->last_tick_jiffies != jiffies))
		ts->stalled_jiffies = 0;
	else
		ts->stalled_jiffies++;
	ts->last_tick_jiffies = jiffies;
}

/* sched_timer's function: the tick. Hard interrupt. */
static enum hrtimer_restart tick_sched_timer(struct hrtimer *timer)
{
	struct tick_sched *ts = container_of(timer, struct tick_sched, sched_timer);
	struct pt_regs *regs = get_irq_regs();
	ktime_t now = ktime_get();

	tick_sched_do_timer(ts, now);
	update_process_times(regs && user_mode(regs));
	/* The wheel wanted this one; the idle loop decides when the next is. */
	if (unlikely(ts->tick_stopped))
		return HRTIMER_NORESTART;
	hrtimer_forward(timer, now, TICK_NSEC);
	return HRTIMER_RESTART;
}

static ktime_t tick_init_jiffy_update(void)
{
	ktime_t period;

	write_seqlock(&jiffies_lock);
	if (!last_jiffies_update)
		last_jiffies_update = tick_next_period;
	period = last_jiffies_update;
	write_sequnlock(&jiffies_lock);
	return period;
}

void tick_setup_sched_timer(void)
{
	struct tick_sched *ts = this_cpu_ptr(&tick_cpu_sched);

	hrtimer_init(&ts->sched_timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_PINNED_HARD);
	ts->sched_timer.function = tick_sched_timer;
	hrtimer_set_expires(&ts->sched_timer, tick_init_jiffy_update());
	hrtimer_forward(&ts->sched_timer, ktime_get(), TICK_NSEC);
	hrtimer_start_expires(&ts->sched_timer, HRTIMER_MODE_ABS_PINNED_HARD);
	ts->nohz_active = tick_nohz_enabled;
}

/* ---- idle -------------------------------------------------------------------------------------------------------- */

/* The first thing in an interrupt that finds this CPU without a tick (T3). */
static void tick_irq_enter(void)
{
	tick_do_update_jiffies64(ktime_get());
}

static void tick_irq_exit(void)
{
	/* The idle loop looks by itself before it halts again. */
}

bool tick_nohz_tick_stopped(void)
{
	return this_cpu_ptr(&tick_cpu_sched)->tick_stopped;
}

/* How long this CPU may go without updating the clock: for ever, unless nobody else does. */
static u64 max_sleep(struct tick_sched *ts, int cpu)
{
	int duty = READ_ONCE(tick_do_timer_cpu);

	if (duty == cpu) {
		WRITE_ONCE(tick_do_timer_cpu, TICK_DO_TIMER_NONE);
		ts->do_timer_last = true;
	} else if (duty != TICK_DO_TIMER_NONE) {
		ts->do_timer_last = false;
		return KTIME_MAX;
	} else if (!ts->do_timer_last) {
		return KTIME_MAX;
	}
	return timekeeping_max_deferment();
}

/* No tick before the wheel needs one. Interrupts off. */
static void tick_nohz_stop_tick(struct tick_sched *ts)
{
	unsigned long basejiff;
	unsigned int seq;
	u64 basemono, next, limit;

	do {
		seq = read_seqbegin(&jiffies_lock);
		basemono = (u64)last_jiffies_update;
		basejiff = jiffies;
	} while (read_seqretry(&jiffies_lock, seq));

	ts->idle_calls++;
	ts->last_jiffies = basejiff;
	if (unlikely(local_softirq_pending()))
		next = basemono + TICK_NSEC;
	else
		next = get_next_timer_interrupt(basejiff, basemono);
	if (next - basemono <= TICK_NSEC) {
		timer_clear_idle();
		if (!ts->tick_stopped)
			return;
	}
	limit = max_sleep(ts, smp_processor_id());
	if (limit < next - basemono)
		next = basemono + limit;

	if (!ts->tick_stopped) {
		ts->last_tick = hrtimer_get_expires(&ts->sched_timer);
		ts->tick_stopped = true;
		ts->idle_sleeps++;
		this_cpu_or(irq_idle_flags, IRQ_IDLE_TICKLESS);
	} else if (ts->next_tick == (ktime_t)next && hrtimer_is_queued(&ts->sched_timer)) {
		return;
	}
	ts->next_tick = (ktime_t)next;
	if (next >= KTIME_MAX)
		hrtimer_cancel(&ts->sched_timer);
	else
		hrtimer_start(&ts->sched_timer, (ktime_t)next, HRTIMER_MODE_ABS_PINNED_HARD);
}

void tick_nohz_idle_enter(void)
{
	struct tick_sched *ts = this_cpu_ptr(&tick_cpu_sched);

	ts->inidle = true;
}

void tick_nohz_idle_stop_tick(void)
{
	struct tick_sched *ts = this_cpu_ptr(&tick_cpu_sched);

	if (!ts->nohz_active || !ts->inidle)
		return;
	if (!ts->tick_stopped && !hrtimer_is_next(&ts->sched_timer))
		return;
	tick_nohz_stop_tick(ts);
}

/* The tick goes on. Interrupts off. */
static void tick_nohz_restart_tick(struct tick_sched *ts)
{
	ktime_t now = ktime_get();

	tick_do_update_jiffies64(now);
	timer_clear_idle();
	ts->tick_stopped = false;
	this_cpu_and(irq_idle_flags, (u8)~IRQ_IDLE_TICKLESS);
	/* Where it would be if it had never stopped (T2). */
	hrtimer_cancel(&ts->sched_timer);
	hrtimer_set_expires(&ts->sched_timer, ts->last_tick);
	hrtimer_forward(&ts->sched_timer, now, TICK_NSEC);
	hrtimer_start_expires(&ts->sched_timer, HRTIMER_MODE_ABS_PINNED_HARD);
}

void tick_nohz_idle_retain_tick(void)
{
	struct tick_sched *ts = this_cpu_ptr(&tick_cpu_sched);

	if (ts->tick_stopped)
		tick_nohz_restart_tick(ts);
}

void tick_nohz_idle_exit(void)
{
	struct tick_sched *ts = this_cpu_ptr(&tick_cpu_sched);

	ts->inidle = false;
	if (!ts->tick_stopped)
		return;
	local_irq_disable();
	tick_nohz_restart_tick(ts);
	local_irq_enable();
}

void __init tick_init(void)
{
	tick_irq_enter_hook = tick_irq_enter;
	tick_irq_exit_hook = tick_irq_exit;
}
