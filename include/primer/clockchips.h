/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/clockchips.h - clock event devices: hardware that interrupts at a time that it is told.
 *
 * A clock source says what time it is; a clock event device says when it is time. Drivers register what they find, each
 * CPU takes the best for its tick and timers. The theory is in kernel/time/clockevents.c.
 */
#ifndef PRIMER_CLOCKCHIPS_H
#define PRIMER_CLOCKCHIPS_H

#include <primer/cpumask.h>
#include <primer/list.h>
#include <primer/time.h>

/*
 *	DETACHED ---> SHUTDOWN <--> PERIODIC
 *	                 ^
 *	                 '--------> ONESHOT <--> ONESHOT_STOPPED
 */
enum clock_event_state {
	CLOCK_EVT_STATE_DETACHED,	/* nobody's */
	CLOCK_EVT_STATE_SHUTDOWN,	/* somebody's, switched off */
	CLOCK_EVT_STATE_PERIODIC,	/* interrupts HZ times a second */
	CLOCK_EVT_STATE_ONESHOT,	/* interrupts once, when set_next_event() said */
	CLOCK_EVT_STATE_ONESHOT_STOPPED,	/* the same, with nothing to do */
};

#define CLOCK_EVT_FEAT_PERIODIC	0x01
#define CLOCK_EVT_FEAT_ONESHOT	0x02

/* Zones: [driver] immutable after registration; [owner] the CPU that uses it, interrupts off; [list] clockevents_lock */
struct clock_event_device {
	void (*event_handler)(struct clock_event_device *);	/* [owner] what the driver's interrupt calls */
	int (*set_next_event)(unsigned long cycles, struct clock_event_device *);	/* [driver] 0, or -ETIME: too late */
	ktime_t next_event;			/* [owner] what it is set to, MONOTONIC */
	u64 max_delta_ns, min_delta_ns;		/* [driver; min_delta_ns: raised by the owner when it proves too short] */
	u32 mult, shift;			/* [driver] cycles = ns * mult >> shift */
	enum clock_event_state state;		/* [owner] */
	unsigned int features;			/* [driver] CLOCK_EVT_FEAT_* */
	/* [driver] optional: 0 or -errno. Interrupts off. */
	int (*set_state_periodic)(struct clock_event_device *);
	int (*set_state_oneshot)(struct clock_event_device *);
	int (*set_state_oneshot_stopped)(struct clock_event_device *);
	int (*set_state_shutdown)(struct clock_event_device *);
	const char *name;			/* [driver] */
	int rating;				/* [driver] as of clock sources */
	int irq;				/* [driver] -1: no line */
	cpumask_t cpumask;			/* [driver] whom it can interrupt */
	unsigned long retries;			/* [owner] programmed for a time that had passed */
	struct list_head list;			/* [list] */
};

static inline bool clockevent_state_oneshot(const struct clock_event_device *dev)
{
	return dev->state == CLOCK_EVT_STATE_ONESHOT;
}
static inline bool clockevent_state_periodic(const struct clock_event_device *dev)
{
	return dev->state == CLOCK_EVT_STATE_PERIODIC;
}
static inline bool clockevent_state_shutdown(const struct clock_event_device *dev)
{
	return dev->state == CLOCK_EVT_STATE_SHUTDOWN;
}

/*
 * clockevents_config_and_register - @dev counts at @freq Hz and can be set from @min_delta to @max_delta cycles ahead
 *
 * If it is better than what this CPU has, it is in use when this returns. Context: boot, on a CPU of its mask.
 */
void clockevents_config_and_register(struct clock_event_device *dev, u32 freq, unsigned long min_delta,
				     unsigned long max_delta);
/* clockevents_update_freq - @freq is known better. Context: interrupts off, on the CPU that uses it. */
void clockevents_update_freq(struct clock_event_device *dev, u32 freq);

/* clockevents_program_event - interrupt at @expires; -ETIME when that has passed, unless @force: then at once. [owner] */
int clockevents_program_event(struct clock_event_device *dev, ktime_t expires, bool force);
void clockevents_switch_state(struct clock_event_device *dev, enum clock_event_state state);
void clockevents_shutdown(struct clock_event_device *dev);
void clockevents_exchange_device(struct clock_event_device *old, struct clock_event_device *new);
void clockevents_handle_noop(struct clock_event_device *dev);

#endif
