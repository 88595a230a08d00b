/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/process/posix_cpu_timers.c - timers that run on CPU time, and the limits of it.
 *
 * The idea. A process's CPU time passes only while one of its threads runs, and every CPU that runs a thread ticks. So the
 * tick is where to look: has the process of the running task a timer that has come due? Exact to a tick, and it costs a load
 * when there is none.
 *
 *	ITIMER_VIRTUAL	user time of the process		-> SIGVTALRM
 *	ITIMER_PROF	user and system time			-> SIGPROF
 *	RLIMIT_CPU	CPU time, in seconds			-> SIGXCPU at the soft limit and each second thereafter, SIGKILL at the hard
 *	RLIMIT_RTTIME	a real-time task's CPU time since it slept last, in microseconds	-> the same
 *	struct cpu_timer	POSIX timers of CPU clocks, and clock_nanosleep() on them
 *
 * Clocks. A CPU clock's number (clock.c) says process or thread, and kind: PROF user and system, VIRT user, SCHED as the
 * scheduler measured it. Timers here are for the process itself and its own threads.
 *
 * Locking: signal->posix_timers_lock for the list, siglock for the two interval timers and, inside the other, to add up
 * the threads.
 *
 * Linux (kernel/time/posix-cpu-timers.c) keeps the next expiry of each clock at hand, and sums incrementally.
 */
#include <primer/err.h>
#include <primer/init.h>
#include <primer/pid.h>
#include <primer/posix_timers.h>
#include <primer/printk.h>
#include <primer/sched.h>
#include <primer/signal.h>
#include <primer/tick.h>
#include <uapi/resource.h>

#define CPUCLOCK_PID(clock)		((pid_t)~((clock) >> 3))
#define CPUCLOCK_PERTHREAD(clock)	((clock) & 4)
#define CPUCLOCK_WHICH(clock)		((clock) & 3)

bool is_cpu_clock(clockid_t clock)
{
	return clock < 0 || clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID;
}

int own_cpu_clock(clockid_t clock, struct task_struct **task)
{
	struct task_struct *p;
	int err = -EINVAL;
	pid_t pid;

	*task = NULL;
	if (clock == CLOCK_PROCESS_CPUTIME_ID)
		return 0;
	if (clock == CLOCK_THREAD_CPUTIME_ID) {
		*task = get_task_struct(current);
		return 0;
	}
	if (CPUCLOCK_WHICH(clock) > CPUCLOCK_SCHED)
		return -EINVAL;
	pid = CPUCLOCK_PID(clock);
	if (!CPUCLOCK_PERTHREAD(clock))
		return !pid || pid == current->tgid ? 0 : -EINVAL;
	if (!pid || pid == current->pid) {
		*task = get_task_struct(current);
		return 0;
	}
	read_lock(&tasklist_lock);
	p = find_task_by_vpid(pid);
	if (p && same_thread_group(p, current)) {
		*task = get_task_struct(p);	/* it may end, and be gone, as soon as the lock is dropped */
		err = 0;
	}
	read_unlock(&tasklist_lock);
	return err;
}

static unsigned int kind(clockid_t clock)
{
	return clock >= 0 ? CPUCLOCK_SCHED : (unsigned int)CPUCLOCK_WHICH(clock);
}

static u64 task_sample(unsigned int which, struct task_struct *p)
{
	u64 utime, stime;

	task_cputime(p, &utime, &stime);
	return which == CPUCLOCK_VIRT ? utime : utime + stime;
}

/* What the clocks of a process show, by their kinds. */
struct process_times {
	u64 clock[CPUCLOCK_SCHED + 1];
};

/*
 * Of the living and the dead, who move from the one sum to the other under siglock. [siglock] Not under tasklist_lock:
 * a tick takes the timers' lock, perhaps while it interrupts a reader of that one; who held the timers' lock and queued
 * up for it, behind a writer that waits for the reader, would close the circle.
 */
static void process_sample(struct signal_struct *sig, struct process_times *times)
{
	u64 virt = sig->utime, prof = sig->utime + sig->stime, utime, stime;
	struct task_struct *t;

	__for_each_thread(sig, t) {
		task_cputime(t, &utime, &stime);
		virt += utime;
		prof += utime + stime;
	}
	times->clock[CPUCLOCK_VIRT] = virt;
	times->clock[CPUCLOCK_PROF] = times->clock[CPUCLOCK_SCHED] = prof;
}

u64 cpu_clock_sample(clockid_t clock, struct signal_struct *sig, struct task_struct *task)
{
	struct process_times times;

	if (task)
		return task_sample(kind(clock), task);
	spin_lock(&current->sighand->siglock);
	process_sample(sig, &times);
	spin_unlock(&current->sighand->siglock);
	return times.clock[kind(clock)];
}

void cpu_timer_arm(struct cpu_timer *t, struct signal_struct *sig)
{
	lockdep_assert_held(&sig->posix_timers_lock);
	if (list_empty(&t->node))
		list_add_tail(&t->node, &sig->cpu_timers);
	WRITE_ONCE(sig->cpu_timers_active, true);
}

bool cpu_timer_disarm(struct cpu_timer *t)
{
	bool armed = !list_empty(&t->node);

	list_del_init(&t->node);
	return armed;
}

/* ---- the tick ---------------------------------------------------------------------------------------------------- */

static u64 timer_clock(const struct cpu_timer *t, const struct process_times *times)
{
	return t->task ? task_sample(kind(t->clock), t->task) : times->clock[kind(t->clock)];
}

static void fire_cpu_timers(struct signal_struct *sig, const struct process_times *times)
{
	struct cpu_timer *t, *next;
	LIST_HEAD(due);

	spin_lock(&sig->posix_timers_lock);
	list_for_each_entry_safe(t, next, &sig->cpu_timers, node)
		if (timer_clock(t, times) >= t->expires)
			list_move_tail(&t->node, &due);
	while (!list_empty(&due)) {
		t = list_first_entry(&due, struct cpu_timer, node);
		list_del_init(&t->node);
		t->fire(t, timer_clock(t, times));
	}
	spin_unlock(&sig->posix_timers_lock);
}

/* [siglock] */
static void check_cpu_itimer(struct task_struct *p, unsigned int which, u64 now, int signo)
{
	struct cpu_itimer *it = &p->signal->it[which];

	if (!it->expires || now < it->expires)
		return;
	it->expires = it->incr ? it->expires + it->incr : 0;
	send_signal_locked(signo, SEND_SIG_PRIV, p, PIDTYPE_TGID);
}

/* [siglock] */
static void check_rlimit_cpu(struct task_struct *p, u64 now)
{
	struct rlimit *limit = &p->signal->rlim[RLIMIT_CPU];
	u64 seconds = now / NSEC_PER_SEC;

	if (limit->rlim_cur == RLIM_INFINITY)
		return;
	if (limit->rlim_max != RLIM_INFINITY && seconds >= limit->rlim_max) {
		send_signal_locked(SIGKILL, SEND_SIG_PRIV, p, PIDTYPE_TGID);
	} else if (seconds >= limit->rlim_cur) {
		pr_info("CPU Watchdog Timeout (soft): %s[%d]\n", p->comm, p->pid);
		send_signal_locked(SIGXCPU, SEND_SIG_PRIV, p, PIDTYPE_TGID);
		WRITE_ONCE(limit->rlim_cur, seconds + 1);
	}
}

/* A real-time task that never sleeps keeps everybody else away: who may run how long at a stretch. [siglock] */
static void check_rlimit_rttime(struct task_struct *p)
{
	struct rlimit *limit = &p->signal->rlim[RLIMIT_RTTIME];
	u64 rttime_us = READ_ONCE(p->rt.timeout) * (USEC_PER_SEC / HZ);

	if (limit->rlim_cur == RLIM_INFINITY)
		return;
	if (limit->rlim_max != RLIM_INFINITY && rttime_us >= limit->rlim_max) {
		pr_info("RT Watchdog Timeout (hard): %s[%d]\n", p->comm, p->pid);
		send_signal_locked(SIGKILL, SEND_SIG_PRIV, p, PIDTYPE_TGID);
	} else if (rttime_us >= limit->rlim_cur) {
		pr_info("RT Watchdog Timeout (soft): %s[%d]\n", p->comm, p->pid);
		send_signal_locked(SIGXCPU, SEND_SIG_PRIV, p, PIDTYPE_TGID);
		WRITE_ONCE(limit->rlim_cur, limit->rlim_cur + USEC_PER_SEC);
	}
}

/* Does anything depend on the process's CPU time? On how long this thread has been running, as a real-time task? */
static bool judged_by_cpu_time(const struct signal_struct *sig)
{
	return READ_ONCE(sig->cpu_timers_active) || READ_ONCE(sig->rlim[RLIMIT_CPU].rlim_cur) != RLIM_INFINITY;
}

static bool judged_by_rttime(const struct task_struct *p, const struct signal_struct *sig)
{
	return READ_ONCE(sig->rlim[RLIMIT_RTTIME].rlim_cur) != RLIM_INFINITY && rt_prio(p->prio);
}

/* Hard interrupt, at each tick. */
static void run_posix_cpu_timers(void)
{
	struct task_struct *p = current;
	struct signal_struct *sig = p->signal;
	struct process_times times;

	if (likely(!judged_by_cpu_time(sig) && !judged_by_rttime(p, sig)))
		return;
	/* Only p itself gives its sighand away, or who reaps it: neither does while it is current and no zombie. */
	if (p->exit_state || !p->sighand)
		return;
	if (judged_by_rttime(p, sig)) {
		spin_lock(&p->sighand->siglock);
		if (!(sig->flags & SIGNAL_GROUP_EXIT))
			check_rlimit_rttime(p);
		spin_unlock(&p->sighand->siglock);
	}
	if (!judged_by_cpu_time(sig))
		return;
	/* Once for all timers, however many there are: it asks every thread. */
	spin_lock(&p->sighand->siglock);
	process_sample(sig, &times);
	check_cpu_itimer(p, CPUCLOCK_PROF, times.clock[CPUCLOCK_PROF], SIGPROF);
	check_cpu_itimer(p, CPUCLOCK_VIRT, times.clock[CPUCLOCK_VIRT], SIGVTALRM);
	check_rlimit_cpu(p, times.clock[CPUCLOCK_PROF]);
	spin_unlock(&p->sighand->siglock);
	fire_cpu_timers(sig, &times);

	/* Who arms one sets the flag after having put it where this looks: under the one lock or the other. */
	spin_lock(&sig->posix_timers_lock);
	WRITE_ONCE(sig->cpu_timers_active, !list_empty(&sig->cpu_timers) || READ_ONCE(sig->it[0].expires) || READ_ONCE(sig->it[1].expires));
	spin_unlock(&sig->posix_timers_lock);
}

static int __init init_posix_cpu_timers(void)
{
	posix_cpu_timers_hook = run_posix_cpu_timers;
	return 0;
}
core_initcall(init_posix_cpu_timers);
