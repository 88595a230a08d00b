/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/kthread/stop_machine.c - "migration/N": the tasks that others use to stop a CPU for a moment.
 *
 * The problem. A running task can be moved only by its own CPU, when it is off its stack; and some changes want to be sure that nothing
 * else runs on a CPU meanwhile. An interrupt (smp_call.c) comes on top of the running task: that is still on its stack.
 *
 * The idea. A task of the highest class on each CPU, asleep until somebody queues a request. Waking it makes the CPU switch to it, which
 * puts whatever ran back into its queue; then the request runs.
 *
 *	stop_one_cpu(2, fn, arg)			migration/2
 *	  work -> stopper->works			(asleep)
 *	  wake -------------------------------------->	preempts what runs on CPU 2
 *	  wait for work->done				fn(arg), preemption off
 *	  <-------------------------------------------	complete(done)
 *
 * The caller may run on that very CPU: waking the stop task then preempts the caller.
 *
 * Locking: stopper->lock, interrupts off, for the list. The wakeup is made under it, so that requests and their wakeups keep one order.
 *
 * Linux (kernel/stop_machine.c) also stops all CPUs at once, in step, to change code or to take one away.
 */
#include <primer/completion.h>
#include <primer/errno.h>
#include <primer/init.h>
#include <primer/kthread.h>
#include <primer/percpu.h>
#include <primer/printk.h>
#include <primer/sched.h>
#include <primer/smp.h>
#include <primer/stop_machine.h>

struct cpu_stopper {
	spinlock_t lock;		/* works; rank LOCK_RANK_CPU_STOP */
	struct list_head works;		/* [lock] */
	struct task_struct *thread;	/* immutable once set; NULL: not yet there */
};

static DEFINE_PER_CPU(struct cpu_stopper, cpu_stopper);

bool stop_one_cpu_nowait(unsigned int cpu, cpu_stop_fn_t fn, void *arg, struct cpu_stop_work *work)
{
	struct cpu_stopper *stopper = per_cpu_ptr(&cpu_stopper, cpu);
	unsigned long flags;

	if (!READ_ONCE(stopper->thread))
		return false;
	work->fn = fn;
	work->arg = arg;
	work->done = NULL;
	spin_lock_irqsave(&stopper->lock, flags);
	list_add_tail(&work->list, &stopper->works);
	wake_up_process(stopper->thread);
	spin_unlock_irqrestore(&stopper->lock, flags);
	return true;
}

int stop_one_cpu(unsigned int cpu, cpu_stop_fn_t fn, void *arg)
{
	struct cpu_stopper *stopper = per_cpu_ptr(&cpu_stopper, cpu);
	DECLARE_COMPLETION_ONSTACK(done);
	struct cpu_stop_work work = { .fn = fn, .arg = arg, .done = &done };

	might_sleep();
	if (!READ_ONCE(stopper->thread))
		return -ENOENT;
	spin_lock_irq(&stopper->lock);
	list_add_tail(&work.list, &stopper->works);
	wake_up_process(stopper->thread);
	spin_unlock_irq(&stopper->lock);
	wait_for_completion(&done);
	return work.ret;
}

static struct cpu_stop_work *next_work(struct cpu_stopper *stopper)
{
	struct cpu_stop_work *work;

	spin_lock_irq(&stopper->lock);
	work = list_first_entry_or_null(&stopper->works, struct cpu_stop_work, list);
	if (work)
		list_del_init(&work->list);
	spin_unlock_irq(&stopper->lock);
	return work;
}

static int cpu_stopper_thread(void *data)
{
	struct cpu_stopper *stopper = data;
	struct cpu_stop_work *work;

	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		work = next_work(stopper);
		if (!work) {
			schedule();
			continue;
		}
		__set_current_state(TASK_RUNNING);
		do {
			struct completion *done = work->done;
			cpu_stop_fn_t fn = work->fn;
			void *arg = work->arg;
			int ret;

			/* Without a waiter the work is its owner's again as soon as fn has begun. */
			preempt_disable();
			ret = fn(arg);
			preempt_enable();
			if (done) {
				work->ret = ret;
				complete(done);
			}
			work = next_work(stopper);
		} while (work);
	}
	return 0;
}

static int __init cpu_stop_init(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct cpu_stopper *stopper = per_cpu_ptr(&cpu_stopper, cpu);

		spin_lock_init(&stopper->lock, LOCK_RANK_CPU_STOP);
		INIT_LIST_HEAD(&stopper->works);
	}
	for_each_online_cpu(cpu) {
		struct cpu_stopper *stopper = per_cpu_ptr(&cpu_stopper, cpu);
		struct task_struct *p = kthread_create_on_cpu(cpu_stopper_thread, stopper, cpu, "migration/%u");

		if (IS_ERR(p)) {
			pr_err("stop_machine: no memory for migration/%u\n", cpu);
			continue;
		}
		sched_set_stop_task(cpu, p);
		WRITE_ONCE(stopper->thread, p);
		wake_up_process(p);
	}
	stop_one_cpu_hook = stop_one_cpu;
	return 0;
}
early_initcall(cpu_stop_init);
