/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/kthread/smpboot.c - threads that exist once on each CPU, bound to it.
 *
 * The problem. Some work must be done on a certain CPU, and in a task: its softirqs, what its stop task was asked for. Each such
 * subsystem needs a thread on each CPU, with the same loop, in which the same mistakes can be made.
 *
 * The idea. The loop stands here once. It sets its state before it asks whether there is work, so that a wakeup between the
 * question and schedule() is not lost; and it asks, works and sleeps on its own CPU, or not at all.
 *
 *	state = INTERRUPTIBLE; preemption off
 *	asked to stop?		cleanup, return
 *	asked to park?		park(), kthread_parkme(); unpark()
 *	thread_should_run()?	no: schedule()		yes: state = RUNNING, preemption on, thread_fn()
 *
 * Locking: none. A thread's state is its own; ->store is written before the thread first runs.
 *
 * Linux (kernel/smpboot.c) keeps a list of what was registered, and parks and unparks all of it when a CPU goes and
 * comes; here every CPU that will ever be is online when the first thread is made.
 */
#include <primer/cpumask.h>
#include <primer/err.h>
#include <primer/kthread.h>
#include <primer/sched.h>
#include <primer/slab.h>
#include <primer/smp.h>
#include <primer/smpboot.h>

struct smpboot_thread_data {
	unsigned int cpu;
	struct smp_hotplug_thread *ht;
};

static int smpboot_thread_fn(void *data)
{
	struct smpboot_thread_data *td = data;
	struct smp_hotplug_thread *ht = td->ht;

	if (ht->setup)
		ht->setup(td->cpu);
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		preempt_disable();
		if (kthread_should_stop()) {
			__set_current_state(TASK_RUNNING);
			preempt_enable();
			if (ht->cleanup)
				ht->cleanup(td->cpu);
			kfree(td);
			return 0;
		}
		if (kthread_should_park()) {
			__set_current_state(TASK_RUNNING);
			preempt_enable();
			if (ht->park)
				ht->park(td->cpu);
			kthread_parkme();
			if (ht->unpark && !kthread_should_stop())
				ht->unpark(td->cpu);
			continue;
		}
		BUG_ON(td->cpu != (unsigned int)smp_processor_id());
		if (!ht->thread_should_run(td->cpu)) {
			preempt_enable_no_resched();
			schedule();
		} else {
			__set_current_state(TASK_RUNNING);
			preempt_enable();
			ht->thread_fn(td->cpu);
		}
	}
}

static int create_one(struct smp_hotplug_thread *ht, unsigned int cpu)
{
	struct smpboot_thread_data *td = kmalloc(sizeof(*td), GFP_KERNEL);
	struct task_struct *p;

	if (!td)
		return -ENOMEM;
	td->cpu = cpu;
	td->ht = ht;
	p = kthread_create_on_cpu(smpboot_thread_fn, td, cpu, ht->thread_comm);
	if (IS_ERR(p)) {
		kfree(td);
		return (int)PTR_ERR(p);
	}
	*per_cpu_ptr(ht->store, cpu) = get_task_struct(p);
	if (ht->create)
		ht->create(cpu);
	return 0;
}

int smpboot_register_percpu_thread(struct smp_hotplug_thread *ht)
{
	unsigned int cpu;
	int err = 0;

	for_each_online_cpu(cpu) {
		err = create_one(ht, cpu);
		if (err)
			break;
		wake_up_process(*per_cpu_ptr(ht->store, cpu));
	}
	if (err)
		smpboot_unregister_percpu_thread(ht);
	return err;
}

void smpboot_unregister_percpu_thread(struct smp_hotplug_thread *ht)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct task_struct *p = *per_cpu_ptr(ht->store, cpu);

		if (!p)
			continue;
		kthread_stop(p);
		put_task_struct(p);
		*per_cpu_ptr(ht->store, cpu) = NULL;
	}
}
