/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/kthread.h - threads that run only kernel code.
 *
 * All of them are children of kthreadd (PID 2): a thread made by a user's task would inherit its priority, mask and
 * memory. The creator asks kthreadd and waits for the answer. A thread's function runs until it returns (its value is
 * the exit code) or, asked by kthread_should_stop(), when somebody called kthread_stop().
 */
#ifndef PRIMER_KTHREAD_H
#define PRIMER_KTHREAD_H

#include <primer/compiler.h>
#include <primer/err.h>
#include <primer/sched.h>

/*
 * kthread_create - a new kernel thread that will run @threadfn(@data), not yet started: wake_up_process() starts it
 *
 * @namefmt, ...: its name, cut to 15 characters. Returns the task or ERR_PTR(-ENOMEM, -EINTR). Context: task; may
 * sleep. kthread_create_on_cpu: bound to @cpu before it starts. kthread_run: created and started.
 */
struct task_struct *kthread_create_on_node(int (*threadfn)(void *data), void *data, int node, const char *namefmt, ...)
	__printf(4, 5);
#define kthread_create(threadfn, data, namefmt, arg...)	kthread_create_on_node(threadfn, data, -1, namefmt, ##arg)
struct task_struct *kthread_create_on_cpu(int (*threadfn)(void *data), void *data, unsigned int cpu,
					  const char *namefmt);
#define kthread_run(threadfn, data, namefmt, ...) ({ \
	struct task_struct *__k = kthread_create(threadfn, data, namefmt, ##__VA_ARGS__); \
	if (!IS_ERR(__k)) \
		wake_up_process(__k); \
	__k; })

/* kthread_bind - @k, not yet started, will run on @cpu (in @mask) and nowhere else. */
void kthread_bind(struct task_struct *k, unsigned int cpu);
void kthread_bind_mask(struct task_struct *k, const cpumask_t *mask);

/*
 * kthread_stop - make kthread_should_stop() true for @k, wake it, wait until it is gone; returns what its function
 * returned
 *
 * -EINTR if it was never started. @k must not have returned on its own before, unless the caller holds a reference to
 * it. Context: task; may sleep.
 */
int kthread_stop(struct task_struct *k);
bool kthread_should_stop(void);

/*
 * kthread_park - make kthread_should_park() true, wait until @k sits in kthread_parkme(); kthread_unpark lets it go on
 *
 * 0, -ENOSYS for an exiting thread, -EBUSY when already parked. Context: task; may sleep.
 */
int kthread_park(struct task_struct *k);
void kthread_unpark(struct task_struct *k);
bool kthread_should_park(void);
void kthread_parkme(void);

/* kthread_data - the @data of a kernel thread. */
void *kthread_data(struct task_struct *task);
/* free_kthread_struct - with the task's last reference. */
void free_kthread_struct(struct task_struct *k);

/*
 * kernel_thread - a new task that runs @fn(@arg) on its own kernel stack; its PID, or an errno. For start_kernel and
 * kthreadd.
 *
 * @flags: CLONE_* and, in the low byte, the exit signal. If @fn returns, the task returns to user mode: kernel_init
 * does, after its execve; others end with do_exit().
 */
pid_t kernel_thread(int (*fn)(void *), void *arg, unsigned long flags);

/* kthreadd - body of PID 2. kthreadd_task - that task. [set once at boot] */
int kthreadd(void *unused);
extern struct task_struct *kthreadd_task;

/*
 * kernel_thread_copy_files - give the new task @p current's files and names, shared or copied as CLONE_FILES and
 * CLONE_FS say
 *
 * 0, or an errno with nothing taken. The fs room's, because a kernel thread may become a process (PID 1). [set once
 * at boot; before, no task has files]
 */
extern int (*kernel_thread_copy_files)(unsigned long clone_flags, struct task_struct *p);

/*
 * kthread_do_exit - how a thread whose function has returned ends: kernel/process puts do_exit() here. [set once at
 * boot]
 */
extern void (*kthread_do_exit)(long code);

#endif
