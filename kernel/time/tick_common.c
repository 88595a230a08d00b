/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/time/tick_common.c - the periodic tick: which device a CPU takes it from, and what it does.
 *
 * The problem. Some things have to be looked at again and again while a CPU works: how long the running task has run,
 * whether a timeout is due, what time it is for those who look at a cheap clock.
 *
 * The idea. A device interrupts HZ times a second. On every CPU that means update_process_times(); on one of them,
 * tick_do_timer_cpu, also: count jiffies, move the wall clock.
 *
 *	device's interrupt -> evtdev->event_handler -> tick_handle_periodic
 *		tick_do_timer_cpu only:	do_timer(), update_wall_time()
 *		each CPU:		update_process_times(): timers, scheduler, CPU time
 *
 * Each CPU uses the best device that can interrupt it. A better one that is registered later takes over; the old one is
 * switched off and may serve another CPU. The first device to come starts the tick of the boot CPU, the others start
 * those of theirs. The tick stays periodic until hrtimer_run_queues(), called by it, finds that the clock source and the
 * device are good enough for one-shot: see tick_sched.c.
 *
 * Locking: tick_check_new_device() runs under clockevents_lock. jiffies_lock is a seqlock around jiffies, the moment of
 * the last of them, and the wall clock.
 *
 * Linux (kernel/time/tick-common.c) also has a broadcast device, for CPUs whose own timers stop in deep sleep.
 */
#include <primer/clockchips.h>
#include <primer/init.h>
#include <primer/interrupt.h>
#include <primer/jiffies.h>
#include <primer/printk.h>
#include <primer/smp.h>
#include <primer/tick.h>
#include <primer/timekeeping.h>
#include <primer/timer.h>
#include <asm/ptrace.h>

#include "tick_internal.h"

DEFINE_PER_CPU(struct tick_device, tick_cpu_device);
int tick_do_timer_cpu __read_mostly = TICK_DO_TIMER_BOOT;
DEFINE_SEQLOCK(jiffies_lock, LOCK_RANK_TIMER);	/* jiffies_64 and the two below; interrupts off */
ktime_t last_jiffies_update;
ktime_t tick_next_period;

static void nothing(bool user)	{ }
static void no_timers(void)	{ }
void (*sched_tick_hook)(bool user) __ro_after_init = nothing;
void (*posix_cpu_timers_hook)(void) __ro_after_init = no_timers;

/* Context: the tick, in hard interrupt. */
void update_process_times(bool user_tick)
{
	run_local_timers();
	sched_tick_hook(user_tick);
	posix_cpu_timers_hook();
}

static void tick_periodic(void)
{
	struct pt_regs *regs = get_irq_regs();

	if (READ_ONCE(tick_do_timer_cpu) == raw_smp_processor_id()) {
		write_seqlock(&jiffies_lock);
		do_timer(1);
		update_wall_time();
		WRITE_ONCE(last_jiffies_update, tick_next_period);
		tick_next_period += TICK_NSEC;
		write_sequnlock(&jiffies_lock);
	}
	update_process_times(regs && user_mode(regs));
}

static void tick_handle_periodic(struct clock_event_device *dev)
{
	ktime_t next = dev->next_event;

	tick_periodic();
	/* The tick may have made itself a timer just now. */
	if (dev->event_handler != tick_handle_periodic || !clockevent_state_oneshot(dev))
		return;
	/* A device without periodic mode: set it to the next tick, and make up for those that have passed meanwhile. */
	for (;;) {
		next += TICK_NSEC;
		if (!clockevents_program_event(dev, next, false))
			return;
		/* Without a running clock there is no telling how many: that would be a loop for ever. */
		if (timekeeping_valid_for_hres())
			tick_periodic();
	}
}

void tick_setup_periodic(struct clock_event_device *dev)
{
	dev->event_handler = tick_handle_periodic;
	if (dev->features & CLOCK_EVT_FEAT_PERIODIC) {
		clockevents_switch_state(dev, CLOCK_EVT_STATE_PERIODIC);
		return;
	}
	clockevents_switch_state(dev, CLOCK_EVT_STATE_ONESHOT);
	clockevents_program_event(dev, tick_next_period, true);
}

/* @new becomes this CPU's device, in the mode that the old one was in. Interrupts off. */
static void tick_setup_device(struct tick_device *td, struct clock_event_device *new, int cpu)
{
	void (*handler)(struct clock_event_device *) = NULL;
	ktime_t next_event = 0;

	if (!td->evtdev) {
		if (tick_do_timer_cpu == TICK_DO_TIMER_BOOT) {
			WRITE_ONCE(tick_do_timer_cpu, cpu);
			tick_next_period = ktime_get();
		}
		td->mode = TICKDEV_MODE_PERIODIC;
	} else {
		handler = td->evtdev->event_handler;
		next_event = td->evtdev->next_event;
		td->evtdev->event_handler = clockevents_handle_noop;
	}
	td->evtdev = new;
	if (td->mode == TICKDEV_MODE_PERIODIC)
		tick_setup_periodic(new);
	else
		tick_setup_oneshot(new, handler, next_event);
}

static bool is_percpu_device(const struct clock_event_device *dev, int cpu)
{
	return cpumask_equal(&dev->cpumask, cpumask_of(cpu));
}

static bool better_device(const struct clock_event_device *cur, const struct clock_event_device *new, int cpu)
{
	bool one_shot = new->features & CLOCK_EVT_FEAT_ONESHOT;

	if (!cpumask_test_cpu(cpu, &new->cpumask))
		return false;
	if (!cur)
		return true;
	if (!one_shot && ((cur->features & CLOCK_EVT_FEAT_ONESHOT) || tick_oneshot_mode_active()))
		return false;
	/* A device of its own is worth more to a CPU than a good one that all share. */
	return new->rating > cur->rating || (is_percpu_device(new, cpu) && !is_percpu_device(cur, cpu));
}

void tick_check_new_device(struct clock_event_device *dev)
{
	int cpu = smp_processor_id();
	struct tick_device *td = this_cpu_ptr(&tick_cpu_device);

	if (!better_device(td->evtdev, dev, cpu))
		return;
	clockevents_exchange_device(td->evtdev, dev);
	tick_setup_device(td, dev, cpu);
	if (dev->features & CLOCK_EVT_FEAT_ONESHOT)
		tick_oneshot_notify();
}
