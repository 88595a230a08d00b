/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/kthread/kthread.c - kernel threads: made by kthreadd, started, stopped, parked.
 *
 * The problem. A new task is a copy of its maker. A driver that is opened by some user's program and needs a thread
 * must not make a thread with that user's priority, limits, terminal and credentials.
 *
 * The idea. One task, kthreadd, is the maker of all: it was made by the boot task and has nothing of anybody's.
 *
 *	creator					kthreadd (PID 2)			the new thread
 *	kthread_create()
 *	  request on kthread_create_list
 *	  wake kthreadd  ------------------->	kernel_thread(kthread, request) --->	kthread()
 *	  wait_for_completion					 	  <-------	result = current; complete()
 *	name it, bind it							sleeps until started
 *	wake_up_process()  ------------------------------------------------------->	threadfn(data)
 *	kthread_stop()
 *	  SHOULD_STOP, wake  ----------------------------------------------------->	kthread_should_stop()
 *	  wait for ->exited  <-----------------------------------------------------	returns; do_exit()
 *
 * A thread's struct kthread hangs on its task and is freed with it, so whoever has a reference to the task may look
 * at it.
 *
 * The request belongs to the creator, but a creator that is killed while it waits cannot wait any longer, and the
 * thread may be writing to the request. Who takes the pointer ->done out of it (by exchange) decides: if the creator
 * does, the other side finds NULL, frees the request and ends the thread; if the other side does, the creator waits a
 * moment longer.
 *
 * ->exited is completed by do_exit() through vfork_done, at the time when the task has let go of everything that
 * belonged to its function; a thread that dies of an oops completes it as well.
 *
 * Reaping. kthreadd ignores all signals, SIGCHLD among them, so its children reap themselves.
 *
 * Locking: kthread_create_lock for the list. The bits in ->flags are atomic; each change is followed by a wakeup, and
 * the thread looks at them after set_current_state(): sched/wakeup.c, "The lost wakeup".
 *
 * Linux: kernel/kthread.c, which has kthread_worker too, and gives threads to NUMA nodes.
 */
#include <stdarg.h>

#include <primer/completion.h>
#include <primer/cpumask.h>
#include <primer/init.h>
#include <primer/kthread.h>
#include <primer/panic.h>
#include <primer/sched/task.h>
#include <primer/signal.h>
#include <primer/slab.h>
#include <primer/sprintf.h>
#include <primer/trace.h>

struct kthread_create_info {
	/* from the creator, immutable */
	int (*threadfn)(void *data);
	void *data;
	/* from kthread() or kthreadd, valid once ->done is completed */
	struct task_struct *result;
	struct completion *done;		/* atomic exchange: see the top */
	struct list_head list;			/* [kthread_create_lock] */
};

enum { KTHREAD_IS_PER_CPU, KTHREAD_SHOULD_STOP, KTHREAD_SHOULD_PARK };

struct kthread {
	unsigned long flags;			/* atomic: bits above */
	unsigned int cpu;			/* [set before the start] with IS_PER_CPU */
	void *data;				/* immutable */
	struct completion parked;
	struct completion exited;
};

static DEFINE_SPINLOCK(kthread_create_lock, LOCK_RANK_KTHREAD_CREATE);	/* kthread_create_list; tasks only */
static LIST_HEAD(kthread_create_list);

struct task_struct *kthreadd_task;

static void exit_too_early(long code)
{
	panic("kernel thread %s ended with %ld before tasks can end\n", current->comm, code);
}
void (*kthread_do_exit)(long code) __ro_after_init = exit_too_early;

static int no_files(unsigned long clone_flags, struct task_struct *p)	{ return 0; }
int (*kernel_thread_copy_files)(unsigned long clone_flags, struct task_struct *p) __ro_after_init = no_files;

static inline struct kthread *to_kthread(struct task_struct *k)
{
	BUG_ON(!(k->flags & PF_KTHREAD) || !k->kthread_data);
	return k->kthread_data;
}

void free_kthread_struct(struct task_struct *k)
{
	kfree(k->kthread_data);
}

bool kthread_should_stop(void)		{ return test_bit(KTHREAD_SHOULD_STOP, &to_kthread(current)->flags); }
bool kthread_should_park(void)		{ return test_bit(KTHREAD_SHOULD_PARK, &to_kthread(current)->flags); }
void *kthread_data(struct task_struct *task)	{ return to_kthread(task)->data; }

/* ---- the thread's side ------------------------------------------------------------------------------------------- */

static void __kthread_parkme(struct kthread *self)
{
	for (;;) {
		/* Special: nobody looks again at a condition, so no stray wakeup may end it. */
		set_special_state(TASK_PARKED);
		if (!test_bit(KTHREAD_SHOULD_PARK, &self->flags))
			break;
		/* Preemption off: whoever is told that we are parked finds us asleep (wait_task_inactive) soon. */
		preempt_disable();
		complete(&self->parked);
		schedule_preempt_disabled();
		preempt_enable();
	}
	__set_current_state(TASK_RUNNING);
}

void kthread_parkme(void)
{
	__kthread_parkme(to_kthread(current));
}

static void __noreturn kthread_exit(long code)
{
	kthread_do_exit(code);
	BUG();
}

static int kthread(void *_create)
{
	struct kthread_create_info *create = _create;
	int (*threadfn)(void *data) = create->threadfn;
	void *data = create->data;
	struct kthread *self = kzalloc(sizeof(*self), GFP_KERNEL);
	struct completion *done = xchg(&create->done, NULL);
	int ret = -EINTR;

	if (!done) {
		kfree(create);
		kfree(self);
		kthread_exit(-EINTR);
	}
	if (!self) {
		create->result = ERR_PTR(-ENOMEM);
		complete(done);
		kthread_exit(-ENOMEM);
	}
	self->data = data;
	init_completion(&self->exited);
	init_completion(&self->parked);
	current->kthread_data = self;
	current->vfork_done = &self->exited;

	/* Made, and asleep until somebody starts us. Preemption off, so that kthread_bind() need not wait long. */
	__set_current_state(TASK_UNINTERRUPTIBLE);
	create->result = current;
	preempt_disable();
	complete(done);
	schedule_preempt_disabled();
	preempt_enable();

	if (!test_bit(KTHREAD_SHOULD_STOP, &self->flags)) {
		if (test_bit(KTHREAD_SHOULD_PARK, &self->flags))
			__kthread_parkme(self);
		ret = threadfn(data);
	}
	kthread_exit(ret);
}

/* ---- kthreadd ---------------------------------------------------------------------------------------------------- */

pid_t kernel_thread(int (*fn)(void *), void *arg, unsigned long flags)
{
	struct kernel_clone_args args = {
		.flags		= (flags & ~(unsigned long)CSIGNAL) | CLONE_VM | CLONE_UNTRACED,
		.exit_signal	= flags & CSIGNAL,
		.fn		= fn,
		.fn_arg		= arg,
	};
	struct task_struct *p = copy_bare_task(&args);
	pid_t pid;
	int err;

	if (IS_ERR(p))
		return PTR_ERR(p);
	err = kernel_thread_copy_files(args.flags, p);
	if (err) {
		free_bare_task(p);
		return err;
	}
	/* Only a signal for current makes it refuse; kthreadd ignores all, and PID 0 cannot be sent any. */
	err = attach_task(p, &args);
	BUG_ON(err);
	pid = p->pid;		/* it may be gone as soon as it runs */
	trace_sched_process_fork(current, p);
	wake_up_new_task(p);
	return pid;
}

static void create_kthread(struct kthread_create_info *create)
{
	int pid = kernel_thread(kthread, create, CLONE_FS | CLONE_FILES | SIGCHLD);
	struct completion *done;

	if (pid >= 0)
		return;
	done = xchg(&create->done, NULL);
	if (!done) {
		kfree(create);
		return;
	}
	create->result = ERR_PTR(pid);
	complete(done);
}

int kthreadd(void *unused)
{
	struct task_struct *me = current;
	struct kthread_create_info *create;

	set_task_comm(me, "kthreadd");
	spin_lock_irq(&me->sighand->siglock);
	for (int i = 0; i < _NSIG; i++)
		me->sighand->action[i].sa.sa_handler = SIG_IGN;
	spin_unlock_irq(&me->sighand->siglock);

	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (list_empty(&kthread_create_list))
			schedule();
		__set_current_state(TASK_RUNNING);

		spin_lock(&kthread_create_lock);
		while (!list_empty(&kthread_create_list)) {
			create = list_first_entry(&kthread_create_list, struct kthread_create_info, list);
			list_del_init(&create->list);
			spin_unlock(&kthread_create_lock);
			create_kthread(create);
			spin_lock(&kthread_create_lock);
		}
		spin_unlock(&kthread_create_lock);
	}
	return 0;
}

/* ---- the creator's side ------------------------------------------------------------------------------------------ */

struct task_struct *kthread_create_on_node(int (*threadfn)(void *data), void *data, int node, const char *namefmt, ...)
{
	struct kthread_create_info *create = kmalloc(sizeof(*create), GFP_KERNEL);
	DECLARE_COMPLETION_ONSTACK(done);
	struct task_struct *task;

	if (!create)
		return ERR_PTR(-ENOMEM);
	create->threadfn = threadfn;
	create->data = data;
	create->done = &done;

	spin_lock(&kthread_create_lock);
	list_add_tail(&create->list, &kthread_create_list);
	spin_unlock(&kthread_create_lock);
	wake_up_process(kthreadd_task);

	if (unlikely(wait_for_completion_killable(&done))) {
		if (xchg(&create->done, NULL))
			return ERR_PTR(-EINTR);		/* the other side frees the request */
		wait_for_completion(&done);
	}
	task = create->result;
	if (!IS_ERR(task)) {
		char name[TASK_COMM_LEN];
		va_list args;

		va_start(args, namefmt);
		vsnprintf(name, sizeof(name), namefmt, args);
		va_end(args);
		set_task_comm(task, name);
	}
	kfree(create);
	return task;
}

static void bind_inactive(struct task_struct *k, const cpumask_t *mask, unsigned int state)
{
	unsigned long flags;

	if (!wait_task_inactive(k, state)) {
		WARN_ON(1);		/* started already: too late to bind */
		return;
	}
	spin_lock_irqsave(&k->pi_lock, flags);
	do_set_cpus_allowed(k, mask);
	k->flags |= PF_NO_SETAFFINITY;		/* its own word, but it sleeps until we are done */
	spin_unlock_irqrestore(&k->pi_lock, flags);
}

void kthread_bind_mask(struct task_struct *k, const cpumask_t *mask)
{
	bind_inactive(k, mask, TASK_UNINTERRUPTIBLE);
}

void kthread_bind(struct task_struct *k, unsigned int cpu)
{
	bind_inactive(k, cpumask_of(cpu), TASK_UNINTERRUPTIBLE);
}

struct task_struct *kthread_create_on_cpu(int (*threadfn)(void *data), void *data, unsigned int cpu,
					  const char *namefmt)
{
	struct task_struct *k;
	char name[TASK_COMM_LEN];

	/* @namefmt has one %u, for the CPU. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(name, sizeof(name), namefmt, cpu);
#pragma GCC diagnostic pop
	k = kthread_create(threadfn, data, "%s", name);
	if (IS_ERR(k))
		return k;
	kthread_bind(k, cpu);
	to_kthread(k)->cpu = cpu;
	set_bit(KTHREAD_IS_PER_CPU, &to_kthread(k)->flags);
	return k;
}

void kthread_unpark(struct task_struct *k)
{
	struct kthread *kthread = to_kthread(k);

	/* Its CPU may have gone away and come back meanwhile, and the thread been moved. */
	if (test_bit(KTHREAD_IS_PER_CPU, &kthread->flags) && test_bit(KTHREAD_SHOULD_PARK, &kthread->flags) &&
	    READ_ONCE(k->state) == TASK_PARKED)
		bind_inactive(k, cpumask_of(kthread->cpu), TASK_PARKED);
	clear_bit(KTHREAD_SHOULD_PARK, &kthread->flags);
	wake_up_state(k, TASK_PARKED);
}

int kthread_park(struct task_struct *k)
{
	struct kthread *kthread = to_kthread(k);

	if (WARN_ON(k->flags & PF_EXITING))
		return -ENOSYS;
	if (WARN_ON_ONCE(test_and_set_bit(KTHREAD_SHOULD_PARK, &kthread->flags)))
		return -EBUSY;
	if (k != current) {
		wake_up_process(k);
		/* Completed when it is about to sleep; now wait until it is off its CPU. */
		wait_for_completion(&kthread->parked);
		WARN_ON_ONCE(!wait_task_inactive(k, TASK_PARKED));
	}
	return 0;
}

int kthread_stop(struct task_struct *k)
{
	struct kthread *kthread;
	int ret;

	get_task_struct(k);
	kthread = to_kthread(k);
	set_bit(KTHREAD_SHOULD_STOP, &kthread->flags);
	kthread_unpark(k);
	wake_up_process(k);
	wait_for_completion(&kthread->exited);
	ret = k->exit_code;
	put_task_struct(k);
	return ret;
}

static int __init kthread_init(void)
{
	kthread_free_hook = free_kthread_struct;
	return 0;
}
early_initcall(kthread_init);
