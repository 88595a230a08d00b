/* SPDX-License-Identifier: GPL-2.0-only */
/* kernel/time/tick_internal.h - between clockevents.c, tick_common.c, tick_sched.c and hrtimer.c. */
#ifndef KERNEL_TICK_INTERNAL_H
#define KERNEL_TICK_INTERNAL_H

#include <primer/clockchips.h>
#include <primer/hrtimer.h>
#include <primer/percpu.h>
#include <primer/seqlock.h>

enum tick_device_mode { TICKDEV_MODE_PERIODIC, TICKDEV_MODE_ONESHOT };

/* What a CPU gets its ticks from. [owner CPU, interrupts off] */
struct tick_device {
	struct clock_event_device *evtdev;
	enum tick_device_mode mode;
};
DECLARE_PER_CPU(struct tick_device, tick_cpu_device);

#define TICK_DO_TIMER_NONE	(-1)	/* everybody idles; the first to be interrupted takes it */
#define TICK_DO_TIMER_BOOT	(-2)	/* there is no tick yet */
/* The CPU that moves jiffies and wall time. Written by that CPU; by any when there is none, or it does not do it. */
extern int tick_do_timer_cpu;

/* A CPU's tick when it is a timer. [owner CPU, interrupts off; counters for /proc] */
struct tick_sched {
	struct hrtimer sched_timer;
	ktime_t last_tick;		/* what sched_timer stood at when the tick was stopped */
	ktime_t next_tick;		/* what it stands at instead */
	bool nohz_active;		/* the tick is sched_timer: it can be stopped */
	bool inidle;
	bool tick_stopped;
	bool do_timer_last;		/* this CPU had been doing it when it stopped its tick */
	bool check_clocks;		/* a clock has come: is one-shot possible now? */
	unsigned int stalled_jiffies;	/* ticks in a row that have found jiffies where the one before left them */
	unsigned long last_tick_jiffies;
	unsigned long last_jiffies;
	unsigned long idle_calls, idle_sleeps;
	ktime_t idle_entrytime, idle_waketime, idle_exittime, idle_sleeptime;
};
DECLARE_PER_CPU(struct tick_sched, tick_cpu_sched);

/* jiffies and the moment at which they became what they are. */
extern seqlock_t jiffies_lock;
extern ktime_t last_jiffies_update;	/* [jiffies_lock] */
extern ktime_t tick_next_period;	/* [jiffies_lock] */

/* tick_common.c */
void tick_check_new_device(struct clock_event_device *dev);
void tick_setup_periodic(struct clock_event_device *dev);
void update_process_times(bool user_tick);
/* tick_sched.c. tick_program_event: 0, or -ETIME as clockevents_program_event(). The others: from hard interrupts. */
int tick_program_event(ktime_t expires, bool force);
bool tick_check_oneshot_change(void);
int tick_init_highres(void);
void tick_setup_sched_timer(void);
void tick_setup_oneshot(struct clock_event_device *dev, void (*handler)(struct clock_event_device *), ktime_t next_event);
void tick_oneshot_notify(void);		/* this CPU has a new device */
void tick_clock_notify(void);		/* the machine has a new clock source */
bool tick_oneshot_mode_active(void);
/* hrtimer.c */
bool hrtimer_hres_active(void);
bool hrtimer_is_hres_enabled(void);

#endif
