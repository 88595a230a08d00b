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
#include <primer/panic.h>
#include <primer/percpu.h>
#include <primer/sched.h>
#include <primer/smp.h>
#include <primer/smpboot.h>
#include <primer/stop_machine.h>

struct cpu_stopper {
	spinlock_t lock;		/* works; rank LOCK_RANK_CPU_STOP */
	struct list_head works;		/* [lock] */
	struct task_struct *thread;	/* immutable once set; NULL: not yet there */
	struct cpu_stop_work async_work;	/* stop_one_cpu_async()'s; [who calls that, until its function has begun] */
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

/* The scheduler's: it lives below this room and knows no struct cpu_stop_work. */
static bool stop_one_cpu_async(unsigned int cpu, cpu_stop_fn_t fn, void *arg)
{
	return stop_one_cpu_nowait(cpu, fn, arg, &per_cpu_ptr(&cpu_stopper, cpu)->async_work);
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

static int cpu_stop_should_run(unsigned int cpu)
{
	/* Whoever adds a request wakes us afterwards: without the lock. */
	return !list_empty_careful(&per_cpu(cpu_stopper, cpu).works);
}

static void cpu_stopper_thread(unsigned int cpu)
{
	struct cpu_stopper *stopper = per_cpu_ptr(&cpu_stopper, cpu);
	struct cpu_stop_work *work;

	while ((work = next_work(stopper)) != NULL) {
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
	}
}

static DEFINE_PER_CPU(struct task_struct *, cpu_stop_thread);

static void cpu_stop_create(unsigned int cpu)
{
	struct task_struct *p = per_cpu(cpu_stop_thread, cpu);

	sched_set_stop_task((int)cpu, p);
	WRITE_ONCE(per_cpu(cpu_stopper, cpu).thread, p);
}

static struct smp_hotplug_thread cpu_stop_threads = {
	.store			= &cpu_stop_thread,
	.thread_should_run	= cpu_stop_should_run,
	.thread_fn		= cpu_stopper_thread,
	.create			= cpu_stop_create,
	.thread_comm		= "migration/%u",
};

static int __init cpu_stop_init(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct cpu_stopper *stopper = per_cpu_ptr(&cpu_stopper, cpu);

		spin_lock_init(&stopper->lock, LOCK_RANK_CPU_STOP);
		INIT_LIST_HEAD(&stopper->works);
	}
	if (smpboot_register_percpu_thread(&cpu_stop_threads))
		panic("stop_machine: no memory for migration/N\n");
	stop_one_cpu_hook = stop_one_cpu;
	stop_one_cpu_async_hook = stop_one_cpu_async;
	return 0;
}
early_initcall(cpu_stop_init);
