/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/time/timer_list.c - /proc/timer_list: every exact timer that is set, and the device that each CPU waits with.
 *
 * A snapshot, CPU after CPU, each base under its lock only while its timers are copied out: text is made without it.
 *
 * Linux: kernel/time/timer_list.c, whose format this is.
 */
#include <primer/clockchips.h>
#include <primer/cpumask.h>
#include <primer/hrtimer.h>
#include <primer/jiffies.h>
#include <primer/seq_buf.h>
#include <primer/tick.h>
#include <primer/timekeeping.h>

#include "tick_internal.h"

#define MAX_SHOWN	16		/* of one clock on one CPU */

struct shown {
	const void *timer;
	void *function;
	ktime_t soft, hard;
	u8 state;
};

static void show_timers(struct seq_buf *s, struct hrtimer_clock_base *base, ktime_t now)
{
	struct shown shown[MAX_SHOWN];
	struct timerqueue_node *node;
	unsigned long flags;
	unsigned int n = 0;

	spin_lock_irqsave(&base->cpu_base->lock, flags);
	for (node = timerqueue_getnext(&base->active); node && n < MAX_SHOWN; node = timerqueue_iterate_next(node), n++) {
		const struct hrtimer *t = container_of(node, struct hrtimer, node);

		shown[n] = (struct shown){ t, (void *)t->function, hrtimer_get_softexpires(t), hrtimer_get_expires(t), t->state };
	}
	spin_unlock_irqrestore(&base->cpu_base->lock, flags);
	for (unsigned int i = 0; i < n; i++) {
		seq_buf_printf(s, " #%u: <%p>, %ps, S:%02x\n", i, shown[i].timer, shown[i].function, shown[i].state);
		seq_buf_printf(s, " # expires at %llu-%llu nsecs [in %lld to %lld nsecs]\n", (u64)shown[i].soft, (u64)shown[i].hard,
			       shown[i].soft - base->offset - now, shown[i].hard - base->offset - now);
	}
}

static void show_cpu(struct seq_buf *s, unsigned int cpu, ktime_t now)
{
	struct hrtimer_cpu_base *cpu_base = per_cpu_ptr(&hrtimer_bases, cpu);
	const struct tick_sched *ts = per_cpu_ptr(&tick_cpu_sched, cpu);

	seq_buf_printf(s, "cpu: %u\n", cpu);
	for (unsigned int i = 0; i < HRTIMER_MAX_CLOCK_BASES; i++) {
		struct hrtimer_clock_base *base = &cpu_base->clock_base[i];

		seq_buf_printf(s, " clock %u:\n  .base:       %p\n  .index:      %u\n  .resolution: %u nsecs\n", i, base, base->index,
			       hrtimer_resolution);
		seq_buf_printf(s, "  .get_time:   %ps\n  .offset:     %llu nsecs\nactive timers:\n", (void *)base->get_time,
			       (u64)base->offset);
		show_timers(s, base, now);
	}
	seq_buf_printf(s, "  .expires_next   : %llu nsecs\n  .hres_active    : %u\n  .nr_events      : %u\n", (u64)cpu_base->expires_next,
		       cpu_base->hres_active, cpu_base->nr_events);
	seq_buf_printf(s, "  .nr_retries     : %u\n  .nr_hangs       : %u\n  .max_hang_time  : %u\n", cpu_base->nr_retries,
		       cpu_base->nr_hangs, cpu_base->max_hang_time);
	seq_buf_printf(s, "  .nohz_mode      : %u\n  .last_tick      : %llu nsecs\n  .tick_stopped   : %u\n", ts->nohz_active ? 2 : 0,
		       (u64)ts->last_tick, ts->tick_stopped);
	seq_buf_printf(s, "  .idle_calls     : %lu\n  .idle_sleeps    : %lu\n  .last_jiffies   : %lu\n", ts->idle_calls, ts->idle_sleeps,
		       ts->last_jiffies);
	seq_buf_printf(s, "  .next_timer     : %llu\njiffies: %llu\n\n", (u64)ts->next_tick, get_jiffies_64());
}

static void show_device(struct seq_buf *s, unsigned int cpu)
{
	const struct tick_device *td = per_cpu_ptr(&tick_cpu_device, cpu);
	const struct clock_event_device *dev = READ_ONCE(td->evtdev);

	seq_buf_printf(s, "Tick Device: mode:     %d\nPer CPU device: %u\nClock Event Device: ", td->mode, cpu);
	if (!dev) {
		seq_buf_puts(s, "<NULL>\n");
		return;
	}
	seq_buf_printf(s, "%s\n max_delta_ns:   %llu\n min_delta_ns:   %llu\n mult:           %u\n shift:          %u\n mode:           %d\n",
		       dev->name, dev->max_delta_ns, dev->min_delta_ns, dev->mult, dev->shift, dev->state);
	seq_buf_printf(s, " next_event:     %lld nsecs\n set_next_event: %ps\n", dev->next_event, (void *)dev->set_next_event);
	seq_buf_printf(s, " shutdown:       %ps\n periodic:       %ps\n oneshot:        %ps\n", (void *)dev->set_state_shutdown,
		       (void *)dev->set_state_periodic, (void *)dev->set_state_oneshot);
	seq_buf_printf(s, " event_handler:  %ps\n retries:        %lu\n\n", (void *)dev->event_handler, dev->retries);
}

void timer_list_show(struct seq_buf *s)
{
	ktime_t now = ktime_get();
	unsigned int cpu;

	seq_buf_printf(s, "Timer List Version: v0.8\nHRTIMER_MAX_CLOCK_BASES: %d\nnow at %lld nsecs\n\n", HRTIMER_MAX_CLOCK_BASES, now);
	for_each_online_cpu(cpu)
		show_cpu(s, cpu, now);
	for_each_online_cpu(cpu)
		show_device(s, cpu);
}
