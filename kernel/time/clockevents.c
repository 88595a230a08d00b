/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/time/clockevents.c - devices that interrupt when they are told to: what they have in common.
 *
 * The problem. A PC has several chips that can raise an interrupt after a time: the PIT of 1981, the HPET, the timer in
 * each CPU's local APIC. They count at different rates, up to different limits, some only once, some only for one CPU.
 *
 * The idea. Each is described by one structure: the rate as mult and shift, the smallest and largest span, and one
 * operation, "interrupt in so many cycles". Everything above speaks of nanoseconds and points of time.
 *
 *	expires - now = delta ns --limit to [min, max]--> delta * mult >> shift = cycles --> set_next_event()
 *
 * mult = (Hz << shift) / 10^9: the reciprocal of what clock sources have. A span beyond the device's range is cut: the
 * interrupt comes early, finds nothing due, and sets the rest. A moment that has passed is an error, which the caller can
 * handle at once, or, with force, the shortest span there is.
 *
 * Locking: clockevents_lock guards the list of devices and who uses which. A device itself is programmed by the CPU that
 * uses it, with interrupts off, without a lock.
 *
 * Linux (kernel/time/clockevents.c) also takes devices off dead CPUs.
 */
#include <primer/clockchips.h>
#include <primer/clocksource.h>
#include <primer/err.h>
#include <primer/math64.h>
#include <primer/printk.h>
#include <primer/spinlock.h>
#include <primer/timekeeping.h>

#include "tick_internal.h"

static DEFINE_SPINLOCK(clockevents_lock, LOCK_RANK_TIMER);	/* clockevent_devices; interrupts off */
static LIST_HEAD(clockevent_devices);

void clockevents_handle_noop(struct clock_event_device *dev)
{
}

void clockevents_switch_state(struct clock_event_device *dev, enum clock_event_state state)
{
	int (*enter)(struct clock_event_device *) = NULL;

	if (dev->state == state)
		return;
	switch (state) {
	case CLOCK_EVT_STATE_DETACHED:
	case CLOCK_EVT_STATE_SHUTDOWN:
		enter = dev->set_state_shutdown;
		break;
	case CLOCK_EVT_STATE_PERIODIC:
		enter = dev->set_state_periodic;
		break;
	case CLOCK_EVT_STATE_ONESHOT:
		enter = dev->set_state_oneshot;
		break;
	case CLOCK_EVT_STATE_ONESHOT_STOPPED:
		enter = dev->set_state_oneshot_stopped;
		break;
	}
	if (enter && enter(dev))
		return;
	dev->state = state;
}

void clockevents_shutdown(struct clock_event_device *dev)
{
	clockevents_switch_state(dev, CLOCK_EVT_STATE_SHUTDOWN);
	dev->next_event = KTIME_MAX;
}

static int program_delta(struct clock_event_device *dev, u64 delta_ns)
{
	return dev->set_next_event((unsigned long)(delta_ns * dev->mult >> dev->shift), dev);
}

/* As soon as possible. */
static int program_min_delta(struct clock_event_device *dev)
{
	for (unsigned int tries = 1; ; tries++) {
		dev->next_event = ktime_get() + (ktime_t)dev->min_delta_ns;
		dev->retries++;
		if (!program_delta(dev, dev->min_delta_ns))
			return 0;
		if (tries % 3)
			continue;
		/* To set it takes longer than that here: a register of an emulated device, say. */
		if (dev->min_delta_ns >= (u64)TICK_NSEC)
			return -ETIME;
		dev->min_delta_ns = min(dev->min_delta_ns + dev->min_delta_ns / 2, (u64)TICK_NSEC);
	}
}

int clockevents_program_event(struct clock_event_device *dev, ktime_t expires, bool force)
{
	s64 delta;
	int err;

	dev->next_event = expires;
	if (clockevent_state_shutdown(dev))
		return 0;
	delta = expires - ktime_get();
	if (delta <= 0)
		return force ? program_min_delta(dev) : -ETIME;
	delta = min(delta, (s64)dev->max_delta_ns);
	delta = max(delta, (s64)dev->min_delta_ns);
	err = program_delta(dev, (u64)delta);
	return err && force ? program_min_delta(dev) : err;
}

static void clockevents_config(struct clock_event_device *dev, u32 freq, unsigned long min_delta, unsigned long max_delta)
{
	u64 sec = max_delta / freq;

	/* Spans beyond ten minutes would cost precision for all others. */
	sec = sec ? min(sec, (u64)600) : 1;
	clocks_calc_mult_shift(&dev->mult, &dev->shift, NSEC_PER_SEC, freq, (u32)sec);
	/* Rounded inwards: what is within [min_ns, max_ns] is within the device's limits after the conversion back. */
	dev->min_delta_ns = max((((u64)min_delta << dev->shift) + dev->mult - 1) / dev->mult, (u64)1000);
	dev->max_delta_ns = min(mul_u64_u64_div_u64(max_delta, 1ULL << dev->shift, dev->mult), sec * (u64)NSEC_PER_SEC);
}

void clockevents_config_and_register(struct clock_event_device *dev, u32 freq, unsigned long min_delta,
				     unsigned long max_delta)
{
	unsigned long flags;

	clockevents_config(dev, freq, min_delta, max_delta);
	dev->state = CLOCK_EVT_STATE_DETACHED;
	dev->next_event = KTIME_MAX;
	dev->event_handler = clockevents_handle_noop;

	spin_lock_irqsave(&clockevents_lock, flags);
	list_add(&dev->list, &clockevent_devices);
	tick_check_new_device(dev);
	spin_unlock_irqrestore(&clockevents_lock, flags);
}

void clockevents_update_freq(struct clock_event_device *dev, u32 freq)
{
	u64 sec = dev->max_delta_ns / NSEC_PER_SEC;

	clocks_calc_mult_shift(&dev->mult, &dev->shift, NSEC_PER_SEC, freq, sec ? (u32)sec : 1);
	if (clockevent_state_oneshot(dev))
		clockevents_program_event(dev, dev->next_event, true);
}

/* @new takes over from @old (either may be NULL). clockevents_lock held. */
void clockevents_exchange_device(struct clock_event_device *old, struct clock_event_device *new)
{
	if (old)
		clockevents_switch_state(old, CLOCK_EVT_STATE_DETACHED);
	if (new) {
		WARN_ON(new->state != CLOCK_EVT_STATE_DETACHED);
		clockevents_shutdown(new);
	}
}
