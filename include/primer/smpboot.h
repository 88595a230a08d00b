/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/smpboot.h - the same kernel thread on each CPU: ksoftirqd/N, migration/N.
 *
 * The caller says when there is something to do and what; the loop, with sleeping, parking and stopping, is the same for all and
 * stands in kernel/kthread/smpboot.c.
 */
#ifndef PRIMER_SMPBOOT_H
#define PRIMER_SMPBOOT_H

#include <primer/compiler.h>
#include <primer/percpu.h>
#include <primer/types.h>

struct task_struct;

/* [immutable; the caller's, for ever or until unregistered] */
struct smp_hotplug_thread {
	struct task_struct *__percpu *store;		/* where the threads are kept */
	/* Is there something to do on @cpu? On that CPU, preemption off; state is INTERRUPTIBLE already: no wakeup is lost. */
	int (*thread_should_run)(unsigned int cpu);
	/* Do it. On that CPU, preemption on. */
	void (*thread_fn)(unsigned int cpu);
	/* May be NULL. create: it exists and has not run yet, by who registers. setup: its first act. park, unpark: around parking. */
	void (*create)(unsigned int cpu);
	void (*setup)(unsigned int cpu);
	void (*park)(unsigned int cpu);
	void (*unpark)(unsigned int cpu);
	void (*cleanup)(unsigned int cpu);		/* its last act */
	const char *thread_comm;			/* "ksoftirqd/%u" */
};

/*
 * smpboot_register_percpu_thread - one such thread on each online CPU; it runs. 0, or -errno with none of them left
 * smpboot_unregister_percpu_thread - stop them all. Context of both: task; may sleep.
 */
int smpboot_register_percpu_thread(struct smp_hotplug_thread *ht);
void smpboot_unregister_percpu_thread(struct smp_hotplug_thread *ht);

#endif
