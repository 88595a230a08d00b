/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/hrtimer.h - call a function at a point of time, to the nanosecond as far as the hardware goes.
 *
 *	hrtimer_init(&t, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
 *	t.function = fn;
 *	hrtimer_start(&t, ms_to_ktime(5), HRTIMER_MODE_REL);
 *	hrtimer_cancel(&t);
 *
 * For sleeps and intervals, which do expire; for timeouts, which mostly do not, primer/timer.h is cheaper. The theory is
 * in kernel/time/hrtimer.c.
 */
#ifndef PRIMER_HRTIMER_H
#define PRIMER_HRTIMER_H

#include <primer/percpu.h>
#include <primer/seqlock.h>
#include <primer/spinlock.h>
#include <primer/time.h>
#include <primer/timekeeping.h>
#include <primer/timerqueue.h>

/* Absolute or from now on; _HARD: expires in hard interrupt (also the default), _SOFT: in softirq. PINNED: see timer.h. */
enum hrtimer_mode {
	HRTIMER_MODE_ABS	= 0x00,
	HRTIMER_MODE_REL	= 0x01,
	HRTIMER_MODE_PINNED	= 0x02,
	HRTIMER_MODE_SOFT	= 0x04,
	HRTIMER_MODE_HARD	= 0x08,
	HRTIMER_MODE_ABS_PINNED = HRTIMER_MODE_ABS | HRTIMER_MODE_PINNED,
	HRTIMER_MODE_REL_PINNED = HRTIMER_MODE_REL | HRTIMER_MODE_PINNED,
	HRTIMER_MODE_ABS_SOFT	= HRTIMER_MODE_ABS | HRTIMER_MODE_SOFT,
	HRTIMER_MODE_REL_SOFT	= HRTIMER_MODE_REL | HRTIMER_MODE_SOFT,
	HRTIMER_MODE_ABS_PINNED_HARD = HRTIMER_MODE_ABS_PINNED | HRTIMER_MODE_HARD,
};

enum hrtimer_restart { HRTIMER_NORESTART, HRTIMER_RESTART };

#define HRTIMER_STATE_INACTIVE	0
#define HRTIMER_STATE_ENQUEUED	1

struct hrtimer_clock_base;

/* [base->cpu_base->lock, but function] */
struct hrtimer {
	struct timerqueue_node node;		/* .expires: the latest moment; what the device is set to */
	ktime_t _softexpires;			/* the earliest: between the two it may run with another */
	enum hrtimer_restart (*function)(struct hrtimer *);
	struct hrtimer_clock_base *base;	/* whose it is, or was last; changes under both locks */
	u8 state;				/* HRTIMER_STATE_*; read without the lock as a hint */
	u8 is_soft;
};

enum hrtimer_base_type {
	HRTIMER_BASE_MONOTONIC,
	HRTIMER_BASE_REALTIME,
	HRTIMER_BASE_BOOTTIME,
	HRTIMER_BASE_TAI,
	HRTIMER_BASE_MONOTONIC_SOFT,
	HRTIMER_BASE_REALTIME_SOFT,
	HRTIMER_BASE_BOOTTIME_SOFT,
	HRTIMER_BASE_TAI_SOFT,
	HRTIMER_MAX_CLOCK_BASES
};

struct hrtimer_cpu_base;

/* The timers of one clock on one CPU. [cpu_base->lock] */
struct hrtimer_clock_base {
	struct hrtimer_cpu_base *cpu_base;	/* immutable */
	unsigned int index;			/* immutable */
	clockid_t clockid;			/* immutable */
	seqcount_t seq;				/* odd steps while a timer changes from queued to running: hrtimer_active() */
	struct hrtimer *running;
	struct timerqueue_head active;
	ktime_t (*get_time)(void);		/* immutable */
	ktime_t offset;				/* this clock minus MONOTONIC, as of the last look */
};

/* One CPU's timers. Zones: [L] lock; the counters: owner CPU, interrupts off */
struct hrtimer_cpu_base {
	spinlock_t lock;			/* rank LOCK_RANK_TIMER; interrupts off */
	unsigned int cpu;			/* immutable */
	unsigned int active_bases;		/* [L] bit n: clock_base[n] has timers */
	unsigned int clock_was_set_seq;		/* [L] which offsets are in clock_base[] */
	bool hres_active;			/* [owner] the device is programmed for each timer */
	bool in_hrtirq;				/* [owner] expiring: the device is programmed once at the end */
	bool softirq_activated;			/* [L] HRTIMER_SOFTIRQ is raised: soft timers wait for it, not for the device */
	bool hang_detected;			/* [L] the last run took too long: a pause was programmed */
	unsigned int nr_events, nr_retries, nr_hangs, max_hang_time;
	ktime_t expires_next;			/* [L] what the device is set to, MONOTONIC; KTIME_MAX: nothing */
	struct hrtimer *next_timer;		/* [L] whose time that is */
	ktime_t softirq_expires_next;		/* [L] the earliest soft timer */
	struct hrtimer_clock_base clock_base[HRTIMER_MAX_CLOCK_BASES];
};

DECLARE_PER_CPU(struct hrtimer_cpu_base, hrtimer_bases);

#define ms_to_ktime(ms)			((ktime_t)(ms) * NSEC_PER_MSEC)
static inline ktime_t ktime_add_safe(ktime_t a, ktime_t b)
{
	ktime_t sum;

	/* Beyond the end of time: the end. */
	return __builtin_add_overflow(a, b, &sum) || sum < 0 ? KTIME_MAX : sum;
}

static inline ktime_t hrtimer_get_expires(const struct hrtimer *t)	{ return t->node.expires; }
static inline ktime_t hrtimer_get_softexpires(const struct hrtimer *t)	{ return t->_softexpires; }

/* hrtimer_set_expires - of a timer that is not queued. _range_ns: it may be @delta ns late if that saves an interrupt. */
static inline void hrtimer_set_expires_range_ns(struct hrtimer *t, ktime_t time, u64 delta)
{
	t->_softexpires = time;
	t->node.expires = ktime_add_safe(time, (ktime_t)delta);
}
static inline void hrtimer_set_expires(struct hrtimer *t, ktime_t time)	{ hrtimer_set_expires_range_ns(t, time, 0); }
static inline void hrtimer_add_expires(struct hrtimer *t, ktime_t time)
{
	t->node.expires = ktime_add_safe(t->node.expires, time);
	t->_softexpires = ktime_add_safe(t->_softexpires, time);
}

/*
 * hrtimer_init - prepare @timer for @clock; MONOTONIC, REALTIME, BOOTTIME or TAI (of others: MONOTONIC)
 *
 * REALTIME with HRTIMER_MODE_REL counts as MONOTONIC: setting the clock does not change a span.
 */
void hrtimer_init(struct hrtimer *timer, clockid_t clock, enum hrtimer_mode mode);
#define hrtimer_init_on_stack(t, clock, mode)	hrtimer_init((t), (clock), (mode))
#define destroy_hrtimer_on_stack(t)		((void)(t))

/*
 * hrtimer_start - run @timer's function at @tim; one that is queued is moved. _range_ns: or up to @delta_ns later
 *
 * The function runs in hard interrupt (or softirq) context and may return HRTIMER_RESTART, after hrtimer_forward().
 * Context: any but NMI; locks above LOCK_RANK_TIMER may be held.
 */
void hrtimer_start_range_ns(struct hrtimer *timer, ktime_t tim, u64 delta_ns, enum hrtimer_mode mode);
static inline void hrtimer_start(struct hrtimer *timer, ktime_t tim, enum hrtimer_mode mode)
{
	hrtimer_start_range_ns(timer, tim, 0, mode);
}
static inline void hrtimer_start_expires(struct hrtimer *timer, enum hrtimer_mode mode)
{
	hrtimer_start_range_ns(timer, timer->_softexpires, timer->node.expires - timer->_softexpires, mode);
}
static inline void hrtimer_restart(struct hrtimer *timer)	{ hrtimer_start_expires(timer, HRTIMER_MODE_ABS); }

/*
 * hrtimer_cancel - 1: was queued, 0: was not. Waits for the function to return: not from it, nor with a lock that it
 * takes. hrtimer_try_to_cancel - does not wait, but returns -1 when the function is running.
 */
int hrtimer_cancel(struct hrtimer *timer);
int hrtimer_try_to_cancel(struct hrtimer *timer);

/* hrtimer_active - queued, or its function is running. hrtimer_is_queued - a hint. */
bool hrtimer_active(const struct hrtimer *timer);
static inline bool hrtimer_is_queued(const struct hrtimer *timer)
{
	return READ_ONCE(timer->state) & HRTIMER_STATE_ENQUEUED;
}
static inline bool hrtimer_callback_running(const struct hrtimer *timer)
{
	return READ_ONCE(timer->base->running) == timer;
}

/* hrtimer_get_remaining - ns until it expires; negative when that has passed, meaningless if it was never started. */
ktime_t hrtimer_get_remaining(const struct hrtimer *timer);
static inline ktime_t hrtimer_expires_remaining(const struct hrtimer *timer)
{
	return timer->node.expires - timer->base->get_time();
}
static inline ktime_t hrtimer_cb_get_time(const struct hrtimer *timer)	{ return timer->base->get_time(); }

/*
 * hrtimer_forward - move the expiry of a timer that is not queued by whole @interval's until it lies after @now; how many
 *
 * 0: it lies there already. _now: @now is the timer's clock's. From its function, before HRTIMER_RESTART.
 */
u64 hrtimer_forward(struct hrtimer *timer, ktime_t now, ktime_t interval);
static inline u64 hrtimer_forward_now(struct hrtimer *timer, ktime_t interval)
{
	return hrtimer_forward(timer, timer->base->get_time(), interval);
}

/*
 * hrtimers_init - boot, before the first tick. hrtimer_interrupt - the clock event device has fired: hard interrupt.
 * hrtimer_run_queues - from the tick as long as devices are periodic: expire what is due, or change over.
 * hrtimer_is_next - is @timer the one that this CPU's device is set to? Interrupts off.
 * clock_was_set - REALTIME has jumped: timers for it are due at other moments. Context: task or boot, interrupts on.
 * hrtimer_resolution - 1 ns, or a tick as long as devices are periodic
 */
extern unsigned int hrtimer_resolution;
struct clock_event_device;
void hrtimers_init(void);
void hrtimer_interrupt(struct clock_event_device *dev);
void hrtimer_run_queues(void);
bool hrtimer_is_next(const struct hrtimer *timer);
void clock_was_set(void);
/* clock_was_set_hook - fs lends it: descriptors that want to hear of it. [set once at boot] */
extern void (*clock_was_set_hook)(void);

#endif
