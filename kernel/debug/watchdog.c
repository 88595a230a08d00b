/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/debug/watchdog.c - CPUs that hang: the soft and the hard lockup detector.
 *
 * The problem. A CPU that loops with preemption off runs no other task any more; one that loops with interrupts off does not even
 * take interrupts. Nothing is reported, because nothing faults: the machine is slow, or silent. What is wanted is the stack
 * of the loop.
 *
 * Two questions, each asked by somebody one level above the hanging code:
 *
 *	does this CPU still run tasks?		asked by a timer interrupt		soft lockup
 *	does that CPU still take interrupts?	asked by the CPU before it, with an NMI	hard lockup
 *
 *	per CPU, every sample period (4 s; watchdog_thresh * 2 / 5):
 *
 *	hrtimer: watchdog_timer_fn()
 *	  hrtimer_interrupts++			the sign of life that the neighbour looks at
 *	  the neighbour's count: unchanged three times?  ----NMI---->	"Watchdog detected hard LOCKUP", its stack
 *	  wake migration/N  --------------->	softlockup_fn(): touch_ts = now		if tasks can run
 *	  touch_ts too old?			"BUG: soft lockup - CPU#N stuck", the stack that we interrupted
 *
 * The stop task is of the highest class: a real-time task that takes all of the CPU is no lockup. More than twice
 * watchdog_thresh without it, 20 s, is one.
 *
 * The neighbour. A counter of CPU cycles that raises an NMI by itself would need no second CPU, but virtual machines seldom have
 * one. So the CPUs form a ring, each watches the next one that is online. A single CPU has no hard lockup detector.
 *
 * The cost: one interrupt and one switch to the stop task in 4 s on each CPU, idle ones too: nobody else would notice that a
 * CPU hangs in idle.
 *
 * A report is made once, until the CPU has run its stop task again.
 *
 * Locking. What belongs to a CPU is written by that CPU alone, in its timer's interrupt or its stop task, which are
 * ordered by the completion. The neighbour reads one word. watchdog_mutex: the settings, and starting and stopping.
 *
 * Linux: kernel/watchdog.c and kernel/watchdog_hld.c (later also kernel/watchdog_buddy.c).
 */
#define pr_fmt(fmt) "watchdog: " fmt

#include <primer/completion.h>
#include <primer/cpumask.h>
#include <primer/hrtimer.h>
#include <primer/init.h>
#include <primer/interrupt.h>
#include <primer/jiffies.h>
#include <primer/kdebug.h>
#include <primer/kstrtox.h>
#include <primer/mutex.h>
#include <primer/nmi.h>
#include <primer/panic.h>
#include <primer/percpu.h>
#include <primer/printk.h>
#include <primer/sched.h>
#include <primer/smp.h>
#include <primer/spinlock.h>
#include <primer/stop_machine.h>
#include <primer/string.h>
#include <primer/sysctl.h>
#include <asm/apic.h>
#include <asm/irq_vectors.h>
#include <asm/nmi.h>
#include <asm/tsc.h>

#define MISSED_SAMPLES	3		/* so often the neighbour's count may be what it was */
#define THRESH_MAX	60

int softlockup_panic, hardlockup_panic;
static int softlockup_all_cpu_backtrace, hardlockup_all_cpu_backtrace;
static int watchdog_thresh = 10;		/* seconds; 0: off. Twice of it is a soft lockup */
static int soft_watchdog_enabled = 1, nmi_watchdog_enabled = 1;
static int watchdog_enabled = 1;		/* /proc/sys/kernel/watchdog: both */
static u64 sample_period;			/* ns */

static DEFINE_MUTEX(watchdog_mutex, LOCK_RANK_SLEEPING_LEAF);	/* the settings above; starting and stopping */

/* One CPU's dog. */
struct watchdog {
	struct hrtimer timer;
	bool running;				/* [watchdog_mutex] */
	struct cpu_stop_work work;		/* [done] */
	struct completion done;			/* softlockup_fn() has run: work may be used again */
	unsigned long touch_ts;			/* [owner] when a task could run last, seconds; 0: count from the next sample on */
	bool soft_warned;			/* [owner] this lockup is reported */
	struct task_struct *soft_task;		/* [owner] whose it was */
	unsigned long hrtimer_interrupts;	/* [owner; the neighbour reads] */
	/* [owner] the neighbour, as seen at the last sample */
	unsigned long seen_interrupts;
	unsigned int seen_cpu, missed;
	bool hard_touched;			/* somebody vouches for this CPU: the neighbour counts anew */
	/* of this CPU, set by who watches it */
	bool hard_asked;			/* an NMI is on its way: report yourself */
};

static DEFINE_PER_CPU(struct watchdog, watchdogs);

/* About a second: what a shift is good for. */
static unsigned long get_timestamp(void)	{ return sched_clock() >> 30; }
static unsigned long softlockup_thresh(void)	{ return (unsigned long)READ_ONCE(watchdog_thresh) * 2; }

static void touch_this(struct watchdog *dog)	{ WRITE_ONCE(dog->touch_ts, get_timestamp()); }

void touch_softlockup_watchdog(void)		{ WRITE_ONCE(this_cpu_ptr(&watchdogs)->touch_ts, 0); }

void touch_nmi_watchdog(void)
{
	WRITE_ONCE(this_cpu_ptr(&watchdogs)->hard_touched, true);
	touch_softlockup_watchdog();
}

void touch_all_softlockup_watchdogs(void)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		WRITE_ONCE(per_cpu(watchdogs, cpu).touch_ts, 0);
}

/* ---- hard ---------------------------------------------------------------------------------------------------------- */

/* The CPU that watches no tasks and takes no interrupts, in an NMI: where am I? */
static int hardlockup_nmi(unsigned int type, struct pt_regs *regs)
{
	struct watchdog *dog = this_cpu_ptr(&watchdogs);
	unsigned int cpu = raw_smp_processor_id();

	if (!READ_ONCE(dog->hard_asked))
		return NMI_DONE;
	WRITE_ONCE(dog->hard_asked, false);
	printk(KERN_EMERG "NMI watchdog: Watchdog detected hard LOCKUP on cpu %u\n", cpu);
	show_regs(regs);
	if (hardlockup_all_cpu_backtrace)
		trigger_all_cpu_backtrace();
	if (hardlockup_panic)
		nmi_panic(regs, "Hard LOCKUP");
	return NMI_HANDLED;
}

/* The next CPU of the ring; our own number when there is none. */
static unsigned int neighbour(unsigned int cpu)
{
	unsigned int next = cpumask_next((int)cpu, cpu_online_mask);

	return next < nr_cpu_ids ? next : cpumask_first(cpu_online_mask);
}

/* Every sample: has the neighbour taken its timer's interrupt since the last one? Context: hard interrupt. */
static void watch_neighbour(struct watchdog *dog)
{
	unsigned int cpu = smp_processor_id(), next = neighbour(cpu);
	struct watchdog *other = per_cpu_ptr(&watchdogs, next);
	unsigned long count = READ_ONCE(other->hrtimer_interrupts);

	if (next == cpu || !nmi_watchdog_enabled || !apic_enabled)
		return;
	if (next != dog->seen_cpu || count != dog->seen_interrupts || READ_ONCE(other->hard_touched)) {
		WRITE_ONCE(other->hard_touched, false);
		dog->seen_cpu = next;
		dog->seen_interrupts = count;
		dog->missed = 0;
		return;
	}
	/* Exactly once for each lockup. */
	if (++dog->missed != MISSED_SAMPLES)
		return;
	WRITE_ONCE(other->hard_asked, true);
	smp_mb();				/* seen by the NMI's handler */
	default_send_IPI_single((int)next, NMI_VECTOR);
}

static struct nmiaction hardlockup_action = { .handler = hardlockup_nmi, .name = "hardlockup" };

/* ---- soft ---------------------------------------------------------------------------------------------------------- */

/* migration/N: this CPU runs tasks. */
static int softlockup_fn(void *data)
{
	struct watchdog *dog = data;

	touch_this(dog);
	dog->soft_warned = false;
	complete(&dog->done);
	return 0;
}

static void report_softlockup(struct watchdog *dog, unsigned long duration)
{
	struct pt_regs *regs = get_irq_regs();

	/* Once; but another task that hangs in the same way is a new story, to be timed from its beginning. */
	if (dog->soft_warned) {
		if (dog->soft_task != current) {
			dog->soft_warned = false;
			touch_this(dog);
		}
		return;
	}
	pr_emerg("BUG: soft lockup - CPU#%d stuck for %lus! [%s:%d]\n", smp_processor_id(), duration, current->comm,
		 current->pid);
	dog->soft_task = current;
	dog->soft_warned = true;
	if (regs)
		show_regs(regs);
	else
		dump_stack();
	debug_show_held_locks(current);
	if (softlockup_all_cpu_backtrace)
		trigger_all_cpu_backtrace();
	add_taint(TAINT_SOFTLOCKUP);
	if (softlockup_panic)
		panic("softlockup: hung tasks");
}

/* DEBUG: does @cpu wait for a spinlock since watchdog_thresh? Where it waits, and where the holder is. */
static void check_spinlock(unsigned int cpu)
{
	int owner = debug_spin_lockup(cpu, (u64)READ_ONCE(watchdog_thresh) * NSEC_PER_SEC);

	if (likely(owner < 0))
		return;
	trigger_single_cpu_backtrace(cpu);
	if ((unsigned int)owner != cpu)
		trigger_single_cpu_backtrace((unsigned int)owner);
}

static enum hrtimer_restart watchdog_timer_fn(struct hrtimer *timer)
{
	struct watchdog *dog = container_of(timer, struct watchdog, timer);
	unsigned long now, since;

	WRITE_ONCE(dog->hrtimer_interrupts, dog->hrtimer_interrupts + 1);
	check_spinlock((unsigned int)smp_processor_id());
	check_spinlock(neighbour((unsigned int)smp_processor_id()));
	watch_neighbour(dog);
	hrtimer_forward_now(timer, (ktime_t)READ_ONCE(sample_period));
	if (!soft_watchdog_enabled)
		return HRTIMER_RESTART;

	if (try_wait_for_completion(&dog->done) &&
	    !stop_one_cpu_nowait((unsigned int)smp_processor_id(), softlockup_fn, dog, &dog->work))
		complete(&dog->done);		/* no stop task: the next sample tries again */

	since = READ_ONCE(dog->touch_ts);
	if (!since) {
		touch_this(dog);
		return HRTIMER_RESTART;
	}
	now = get_timestamp();
	if (unlikely(time_after(now, since + softlockup_thresh())))
		report_softlockup(dog, now - since);
	return HRTIMER_RESTART;
}

/* ---- starting and stopping ----------------------------------------------------------------------------------------- */

static void start_this_cpu(void *unused)
{
	struct watchdog *dog = this_cpu_ptr(&watchdogs);

	dog->soft_warned = false;
	dog->missed = 0;
	touch_this(dog);
	hrtimer_start(&dog->timer, (ktime_t)sample_period, HRTIMER_MODE_REL_PINNED);
}

/* The settings have changed: all dogs stop, and start again by the new ones. */
static void lockup_detector_reconfigure(void)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		hrtimer_cancel(&per_cpu(watchdogs, cpu).timer);
	if (!watchdog_thresh || (!soft_watchdog_enabled && !nmi_watchdog_enabled))
		return;
	/* Five samples before it is a lockup: a task needs to run in one of them only. */
	WRITE_ONCE(sample_period, softlockup_thresh() * (NSEC_PER_SEC / 5));
	on_each_cpu(start_this_cpu, NULL, 1);
}

static int proc_watchdog_common(struct ctl_table *table, int write, void *buffer, size_t *lenp, loff_t *ppos)
{
	int *param = table->data, old, err;

	mutex_lock(&watchdog_mutex);
	watchdog_enabled = soft_watchdog_enabled || nmi_watchdog_enabled;
	old = *param;
	err = proc_dointvec_minmax(table, write, buffer, lenp, ppos);
	if (!err && write && *param != old) {
		if (param == &watchdog_enabled)
			soft_watchdog_enabled = nmi_watchdog_enabled = watchdog_enabled;
		lockup_detector_reconfigure();
	}
	mutex_unlock(&watchdog_mutex);
	return err;
}

static int thresh_max = THRESH_MAX;

static struct ctl_table watchdog_table[] = {
	{ .procname = "watchdog", .data = &watchdog_enabled, .maxlen = sizeof(int), .mode = 0644,
	  .proc_handler = proc_watchdog_common, .extra1 = SYSCTL_ZERO, .extra2 = SYSCTL_ONE },
	{ .procname = "watchdog_thresh", .data = &watchdog_thresh, .maxlen = sizeof(int), .mode = 0644,
	  .proc_handler = proc_watchdog_common, .extra1 = SYSCTL_ZERO, .extra2 = &thresh_max },
	{ .procname = "nmi_watchdog", .data = &nmi_watchdog_enabled, .maxlen = sizeof(int), .mode = 0644,
	  .proc_handler = proc_watchdog_common, .extra1 = SYSCTL_ZERO, .extra2 = SYSCTL_ONE },
	{ .procname = "soft_watchdog", .data = &soft_watchdog_enabled, .maxlen = sizeof(int), .mode = 0644,
	  .proc_handler = proc_watchdog_common, .extra1 = SYSCTL_ZERO, .extra2 = SYSCTL_ONE },
	{ .procname = "softlockup_panic", .data = &softlockup_panic, .maxlen = sizeof(int), .mode = 0644,
	  .proc_handler = proc_dointvec_minmax, .extra1 = SYSCTL_ZERO, .extra2 = SYSCTL_ONE },
	{ .procname = "hardlockup_panic", .data = &hardlockup_panic, .maxlen = sizeof(int), .mode = 0644,
	  .proc_handler = proc_dointvec_minmax, .extra1 = SYSCTL_ZERO, .extra2 = SYSCTL_ONE },
	{ .procname = "softlockup_all_cpu_backtrace", .data = &softlockup_all_cpu_backtrace, .maxlen = sizeof(int),
	  .mode = 0644, .proc_handler = proc_dointvec_minmax, .extra1 = SYSCTL_ZERO, .extra2 = SYSCTL_ONE },
	{ .procname = "hardlockup_all_cpu_backtrace", .data = &hardlockup_all_cpu_backtrace, .maxlen = sizeof(int),
	  .mode = 0644, .proc_handler = proc_dointvec_minmax, .extra1 = SYSCTL_ZERO, .extra2 = SYSCTL_ONE },
	{ }
};

/* ---- boot ---------------------------------------------------------------------------------------------------------- */

static int __init nowatchdog_setup(char *str)
{
	soft_watchdog_enabled = nmi_watchdog_enabled = watchdog_enabled = 0;
	return 1;
}
__setup("nowatchdog", nowatchdog_setup);

static int __init nosoftlockup_setup(char *str)
{
	soft_watchdog_enabled = 0;
	return 1;
}
__setup("nosoftlockup", nosoftlockup_setup);

static int __init watchdog_thresh_setup(char *str)
{
	int value;

	if (!kstrtoint(str, 0, &value) && value >= 0 && value <= THRESH_MAX)
		watchdog_thresh = value;
	else
		pr_warn("watchdog_thresh=%s is not between 0 and %d\n", str, THRESH_MAX);
	return 1;
}
__setup("watchdog_thresh=", watchdog_thresh_setup);

/* nmi_watchdog=[panic|nopanic][,][0|1] */
static int __init nmi_watchdog_setup(char *str)
{
	if (!strncmp(str, "panic", 5))
		hardlockup_panic = 1;
	else if (!strncmp(str, "nopanic", 7))
		hardlockup_panic = 0;
	if (strchr(str, '0'))
		nmi_watchdog_enabled = 0;
	else if (strchr(str, '1'))
		nmi_watchdog_enabled = 1;
	return 1;
}
__setup("nmi_watchdog=", nmi_watchdog_setup);

static int __init softlockup_panic_setup(char *str)
{
	softlockup_panic = *str == '1';
	return 1;
}
__setup("softlockup_panic=", softlockup_panic_setup);

/* The stop tasks exist; all CPUs are online. */
static int __init lockup_detector_init(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct watchdog *dog = per_cpu_ptr(&watchdogs, cpu);

		hrtimer_init(&dog->timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED);
		dog->timer.function = watchdog_timer_fn;
		init_completion(&dog->done);
		complete(&dog->done);
		dog->seen_cpu = NR_CPUS;
	}
	register_nmi_handler(NMI_LOCAL, &hardlockup_action);
	mutex_lock(&watchdog_mutex);
	lockup_detector_reconfigure();
	mutex_unlock(&watchdog_mutex);
	return 0;
}
core_initcall(lockup_detector_init);

static int __init watchdog_sysctl_init(void)
{
	return register_sysctl("kernel", watchdog_table);
}
fs_initcall(watchdog_sysctl_init);
