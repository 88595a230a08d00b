/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/debug/hung_task.c - tasks that wait and cannot be killed: khungtaskd.
 *
 * The problem. A task in TASK_UNINTERRUPTIBLE waits for something that was expected to come soon: a mutex, a disk. If it never
 * comes, the task stays for ever, and not even SIGKILL helps. It uses no CPU and holds up whoever waits for it in turn.
 *
 * The idea. A thread looks at all tasks once in a while. One that is uninterruptible, and whose number of context switches has
 * not changed since the look two minutes ago, has been asleep all the time: its stack says what it waits for.
 *
 *	khungtaskd:	look at all tasks ... sleep 120 s ... look at all tasks ...
 *	task:		state D, switches 17			state D, switches 17: reported
 *
 * TASK_IDLE (a kernel thread that waits for work) and TASK_KILLABLE are left out: the first is meant to last, the second
 * can be ended.
 *
 * Locking. The list under tasklist_lock; the guilty ones are referenced there and printed after it is dropped. last_switch_*
 * are this thread's own.
 *
 * Linux: kernel/hung_task.c.
 */
#include <primer/init.h>
#include <primer/jiffies.h>
#include <primer/kernel.h>
#include <primer/kstrtox.h>
#include <primer/kthread.h>
#include <primer/lockdep.h>
#include <primer/nmi.h>
#include <primer/panic.h>
#include <primer/printk.h>
#include <primer/sched.h>
#include <primer/sched/task.h>
#include <primer/signal.h>
#include <primer/sleep.h>
#include <primer/stacktrace.h>
#include <primer/sysctl.h>
#include <primer/version.h>

#define MAX_REPORTS	8		/* at one look */

int sysctl_hung_task_panic;
static int hung_task_check_count = 32768;		/* tasks looked at at a time */
static unsigned long hung_task_timeout_secs = 120, hung_task_check_interval_secs;
static int hung_task_warnings = 10;			/* so many more reports; -1: no limit */
static int hung_task_all_cpu_backtrace;
static struct task_struct *watchdog_task;

static void show_task(struct task_struct *p)
{
	pr_info("task:%-15.15s state:%c stack:    0 pid:%5d ppid:%6d flags:0x%08lx\n", p->comm, task_state_to_char(p), p->pid,
		task_ppid_nr(p), (unsigned long)task_thread_info(p)->flags);
	show_stack(p, NULL, KERN_INFO);
}

static void report(struct task_struct *p)
{
	if (hung_task_warnings) {
		if (hung_task_warnings > 0)
			hung_task_warnings--;
		pr_err("INFO: task %s:%d blocked for more than %ld seconds.\n", p->comm, p->pid,
		       (long)(jiffies - p->last_switch_time) / HZ);
		pr_err("      %s %s #1\n", print_tainted(), UTS_RELEASE);
		pr_err("\"echo 0 > /proc/sys/kernel/hung_task_timeout_secs\" disables this message.\n");
		show_task(p);
		debug_show_held_locks(p);
	}
	if (hung_task_all_cpu_backtrace)
		trigger_all_cpu_backtrace();
	if (sysctl_hung_task_panic)
		panic("hung_task: blocked tasks");
}

/* Has @p been asleep since the last look, and for so long? [tasklist_lock] */
static bool is_hung(struct task_struct *p, unsigned long timeout)
{
	unsigned long switches = READ_ONCE(p->nvcsw) + READ_ONCE(p->nivcsw);

	/* Never switched out: it is on its way into its first sleep. */
	if (READ_ONCE(p->state) != TASK_UNINTERRUPTIBLE || !switches)
		return false;
	if (switches != p->last_switch_count) {
		p->last_switch_count = switches;
		p->last_switch_time = jiffies;
		return false;
	}
	return !time_before(jiffies, p->last_switch_time + timeout * HZ);
}

static void check_hung_uninterruptible_tasks(unsigned long timeout)
{
	struct task_struct *g, *t, *hung[MAX_REPORTS];
	int left = hung_task_check_count, n = 0;

	/* After a panic or an oops everything may hang. */
	if (get_taint() & 1UL << TAINT_DIE)
		return;
	read_lock(&tasklist_lock);
	for_each_process_thread(g, t) {
		if (!left-- || n == MAX_REPORTS)
			goto out;
		if (is_hung(t, timeout))
			hung[n++] = get_task_struct(t);
	}
out:
	read_unlock(&tasklist_lock);
	for (int i = 0; i < n; i++) {
		report(hung[i]);
		put_task_struct(hung[i]);
	}
}

static int watchdog(void *unused)
{
	unsigned long last = jiffies;

	for (;;) {
		unsigned long timeout, interval;
		long left;

		set_current_state(TASK_INTERRUPTIBLE);		/* before the look: who changes the limits wakes us afterwards */
		timeout = READ_ONCE(hung_task_timeout_secs);
		interval = min(READ_ONCE(hung_task_check_interval_secs) ?: timeout, timeout);
		left = interval ? (long)(last + interval * HZ - jiffies) : MAX_SCHEDULE_TIMEOUT;
		if (left <= 0) {
			__set_current_state(TASK_RUNNING);
			check_hung_uninterruptible_tasks(timeout);
			last = jiffies;
			continue;
		}
		schedule_timeout(left);
	}
	return 0;
}

static int hung_task_timeout_handler(struct ctl_table *table, int write, void *buffer, size_t *lenp, loff_t *ppos)
{
	int err = proc_doulongvec_minmax(table, write, buffer, lenp, ppos);

	if (!err && write && watchdog_task)
		wake_up_process(watchdog_task);
	return err;
}

/* A year: so that the time in jiffies cannot overflow. */
static unsigned long timeout_max = 365UL * 24 * 60 * 60;
static int minus_one = -1;

static struct ctl_table hung_task_table[] = {
	{ .procname = "hung_task_timeout_secs", .data = &hung_task_timeout_secs, .maxlen = sizeof(long), .mode = 0644,
	  .proc_handler = hung_task_timeout_handler, .extra2 = &timeout_max },
	{ .procname = "hung_task_check_interval_secs", .data = &hung_task_check_interval_secs, .maxlen = sizeof(long),
	  .mode = 0644, .proc_handler = hung_task_timeout_handler, .extra2 = &timeout_max },
	{ .procname = "hung_task_check_count", .data = &hung_task_check_count, .maxlen = sizeof(int), .mode = 0644,
	  .proc_handler = proc_dointvec_minmax, .extra1 = SYSCTL_ZERO },
	{ .procname = "hung_task_warnings", .data = &hung_task_warnings, .maxlen = sizeof(int), .mode = 0644,
	  .proc_handler = proc_dointvec_minmax, .extra1 = &minus_one },
	{ .procname = "hung_task_panic", .data = &sysctl_hung_task_panic, .maxlen = sizeof(int), .mode = 0644,
	  .proc_handler = proc_dointvec_minmax, .extra1 = SYSCTL_ZERO, .extra2 = SYSCTL_ONE },
	{ .procname = "hung_task_all_cpu_backtrace", .data = &hung_task_all_cpu_backtrace, .maxlen = sizeof(int),
	  .mode = 0644, .proc_handler = proc_dointvec_minmax, .extra1 = SYSCTL_ZERO, .extra2 = SYSCTL_ONE },
	{ }
};

static int __init hung_task_panic_setup(char *str)
{
	sysctl_hung_task_panic = *str == '1';
	return 1;
}
__setup("hung_task_panic=", hung_task_panic_setup);

static int __init hung_task_init(void)
{
	struct task_struct *p = kthread_run(watchdog, NULL, "khungtaskd");

	if (IS_ERR(p))
		return (int)PTR_ERR(p);
	watchdog_task = p;
	return register_sysctl("kernel", hung_task_table);
}
fs_initcall(hung_task_init);
