/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/tick.h - the tick, HZ times a second on each CPU that works, never on one that idles. The theory is in
 * kernel/time/tick_sched.c.
 */
#ifndef PRIMER_TICK_H
#define PRIMER_TICK_H

#include <primer/time.h>

struct clock_event_device;
struct seq_buf;

/*
 * The idle task's calls, in this order. Between enter and exit the CPU's tick may be stopped.
 *
 *	tick_nohz_idle_enter()
 *	until there is something to do:
 *		interrupts off; tick_nohz_idle_stop_tick(); halt
 *	tick_nohz_idle_exit()
 *
 * enter, exit: preemption disabled, interrupts on. stop_tick: interrupts off, as the last thing before the halt; may be
 * called again after an interrupt that brought nothing. tick_nohz_idle_retain_tick: in its place, on a CPU that idles but needs its
 * tick; starts it again if it was stopped.
 */
void tick_nohz_idle_enter(void);
void tick_nohz_idle_stop_tick(void);
void tick_nohz_idle_retain_tick(void);
void tick_nohz_idle_exit(void);
/* tick_nohz_tick_stopped - on this CPU. Preemption disabled. */
bool tick_nohz_tick_stopped(void);

/* tick_init - boot, before a clock event device is registered. */
void tick_init(void);

/*
 * What happens at a tick above this room. [each set once at boot; called in hard interrupt context, interrupts off]
 * sched_tick_hook: the running task gets older; @user: the tick came from user mode. posix_cpu_timers_hook: CPU time has
 * passed for current; timers that count it may be due.
 */
extern void (*sched_tick_hook)(bool user);
extern void (*posix_cpu_timers_hook)(void);

/* timer_list_show - the text of /proc/timer_list. Context: task. */
void timer_list_show(struct seq_buf *s);

#endif
