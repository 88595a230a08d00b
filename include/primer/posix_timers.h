/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/posix_timers.h - timers that programs set. The theory is in kernel/process/posix_timers.c, itimer.c and
 * posix_cpu_timers.c.
 */
#ifndef PRIMER_POSIX_TIMERS_H
#define PRIMER_POSIX_TIMERS_H

#include <primer/hrtimer.h>
#include <primer/list.h>
#include <primer/time.h>

struct pid;
struct signal_struct;
struct sigqueue;
struct task_struct;

/* Something that happens when a process, or one thread of it, has used so much CPU time. [signal->posix_timers_lock] */
struct cpu_timer {
	struct list_head node;			/* in signal->cpu_timers; empty: not armed */
	struct task_struct *task;		/* the thread it is about, with a reference; NULL: the process */
	clockid_t clock;
	u64 expires;				/* ns of that clock */
	void (*fire)(struct cpu_timer *, u64 now);	/* in hard interrupt, the lock held, off the list; @now: of that clock */
};

/*
 * exit_itimers - the process is ending: all its timers go. exit_posix_timers - a new program does not inherit these.
 * Context: task, its only thread or its last.
 */
void exit_itimers(struct signal_struct *sig);
void exit_posix_timers(struct signal_struct *sig);

/*
 * cpu_clock_sample - what CPU time clock @clock shows for @task or, NULL, for the process of @sig, current's; ns.
 * Interrupts off, siglock not held.
 */
u64 cpu_clock_sample(clockid_t clock, struct signal_struct *sig, struct task_struct *task);
/* cpu_timer_arm - @t->fire when the clock has reached @t->expires, at a tick. cpu_timer_disarm: true: it was armed. [lock] */
void cpu_timer_arm(struct cpu_timer *t, struct signal_struct *sig);
bool cpu_timer_disarm(struct cpu_timer *t);
/*
 * is_cpu_clock, own_cpu_clock - a number of a CPU clock; of current's process or thread: 0 and *@task (see above; with a
 * reference), or -EINVAL
 */
bool is_cpu_clock(clockid_t clock);
int own_cpu_clock(clockid_t clock, struct task_struct **task);

/* timers_clockid - may timers and sleeps use @clock? The base of hrtimers it is served from, or -EINVAL, -EOPNOTSUPP. */
int timers_clockid(clockid_t clock);

#endif
