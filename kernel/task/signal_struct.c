/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/task/signal_struct.c - what the threads of a process share about signals, from fork to the last thread's end.
 *
 * Two structures, because CLONE_SIGHAND (without CLONE_THREAD) shares the one and not the other:
 *
 *	sighand_struct	the handlers, and the lock of everything	until the last task that uses it is reaped
 *	signal_struct	pending signals, exit and stop of the group,	until the last task_struct that points to it is
 *			sums of usage, limits, terminal			freed: a zombie's sums are read by its parent
 *
 * release_task_signals() takes one task out. If others remain, its usage goes into the group's sums; the last one
 * flushes the shared queue. From then on task->sighand is NULL, which is how lock_task_sighand() knows that it is too
 * late.
 */
#include <primer/err.h>
#include <primer/init.h>
#include <primer/sched/task.h>
#include <primer/slab.h>
#include <primer/string.h>

#include "internal.h"

static struct kmem_cache *signal_cachep __ro_after_init, *sighand_cachep __ro_after_init;

int copy_sighand(u64 clone_flags, struct task_struct *p)
{
	struct sighand_struct *sighand;

	if (clone_flags & CLONE_SIGHAND) {
		refcount_inc(&current->sighand->count);
		return 0;		/* p->sighand is current's already */
	}
	sighand = kmem_cache_alloc(sighand_cachep, GFP_KERNEL);
	if (!sighand)
		return -ENOMEM;
	refcount_set(&sighand->count, 1);
	spin_lock_irq(&current->sighand->siglock);
	memcpy(sighand->action, current->sighand->action, sizeof(sighand->action));
	spin_unlock_irq(&current->sighand->siglock);
	p->sighand = sighand;
	if (clone_flags & CLONE_CLEAR_SIGHAND)
		flush_signal_handlers(p, 0);
	return 0;
}

void __cleanup_sighand(struct sighand_struct *sighand)
{
	if (refcount_dec_and_test(&sighand->count))
		kmem_cache_free(sighand_cachep, sighand);
}

/* For execve: a CLONE_SIGHAND relative that is no thread of ours must not lose its handlers. */
int unshare_sighand(void)
{
	struct sighand_struct *old = current->sighand, *sighand;

	if (refcount_read(&old->count) == 1)
		return 0;
	sighand = kmem_cache_alloc(sighand_cachep, GFP_KERNEL);
	if (!sighand)
		return -ENOMEM;
	refcount_set(&sighand->count, 1);
	/* Whoever has found the old one by RCU alone looks again when it has its lock: lock_task_sighand(). */
	write_lock_irq(&tasklist_lock);
	spin_lock(&old->siglock);
	memcpy(sighand->action, old->action, sizeof(sighand->action));
	rcu_assign_pointer(current->sighand, sighand);	/* pairs with lock_task_sighand() */
	spin_unlock(&old->siglock);
	write_unlock_irq(&tasklist_lock);
	__cleanup_sighand(old);
	return 0;
}

int copy_signal(u64 clone_flags, struct task_struct *p)
{
	struct signal_struct *sig, *parent = current->signal;

	if (clone_flags & CLONE_THREAD)
		return 0;		/* counted in attach_task(), when nothing can fail any more */

	sig = kmem_cache_zalloc(signal_cachep, GFP_KERNEL);
	p->signal = sig;
	if (!sig)
		return -ENOMEM;
	refcount_set(&sig->sigcnt, 1);
	atomic_set(&sig->live, 1);
	sig->nr_threads = 1;
	INIT_LIST_HEAD(&sig->thread_head);
	list_add_tail(&p->thread_node, &sig->thread_head);
	init_waitqueue_head(&sig->wait_chldexit);
	sig->curr_target = p;
	init_sigpending(&sig->shared_pending);
	mutex_init(&sig->cred_guard_mutex, LOCK_RANK_EXEC);
	hrtimer_init(&sig->real_timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	spin_lock_init(&sig->posix_timers_lock, LOCK_RANK_POSIX_TIMER);
	INIT_LIST_HEAD(&sig->posix_timers);
	INIT_LIST_HEAD(&sig->cpu_timers);
	sig->oom_score_adj = parent->oom_score_adj;
	sig->oom_score_adj_min = parent->oom_score_adj_min;

	task_lock(current->group_leader);
	memcpy(sig->rlim, parent->rlim, sizeof(sig->rlim));
	task_unlock(current->group_leader);
	return 0;
}

void put_signal_struct(struct signal_struct *sig)
{
	if (refcount_dec_and_test(&sig->sigcnt))
		kmem_cache_free(signal_cachep, sig);
}

void release_task_signals(struct task_struct *p)
{
	struct signal_struct *sig = p->signal;
	struct sighand_struct *sighand = p->sighand;
	bool last = thread_group_leader(p);	/* the leader is always the last one to be reaped */
	u64 utime, stime;

	lockdep_assert_held_write(&tasklist_lock);
	spin_lock(&sighand->siglock);
	/* Under the lock of those who add up the threads: what they have seen of @p's time is in the sum that stays. */
	task_cputime(p, &utime, &stime);
	/* An execve() waits until it is alone. */
	if (!last && sig->notify_count > 0 && !--sig->notify_count)
		wake_up_process(sig->group_exit_task);
	if (p == sig->curr_target)
		sig->curr_target = last ? NULL : next_thread(p) == p ? p->group_leader : next_thread(p);
	/*
	 * Under siglock and tasklist_lock, and whoever walks round the threads holds one of them: RCU finds one thread, never the
	 * next. So its links may close on itself, which is what thread_group_empty() asks for.
	 */
	list_del_init(&p->thread_group);

	sig->utime += utime;
	sig->stime += stime;
	sig->sum_sched_runtime += p->se.sum_exec_runtime;
	sig->nvcsw += p->nvcsw;
	sig->nivcsw += p->nivcsw;
	sig->min_flt += p->min_flt;
	sig->maj_flt += p->maj_flt;
	sig->nr_threads--;
	list_del_init(&p->thread_node);

	flush_sigqueue(&p->pending);
	if (last) {
		flush_sigqueue(&sig->shared_pending);
		sig->tty = NULL;
	}
	WRITE_ONCE(p->sighand, NULL);
	spin_unlock(&sighand->siglock);

	__cleanup_sighand(sighand);
	clear_tsk_thread_flag(p, TIF_SIGPENDING);
}

static void sighand_ctor(void *data)
{
	struct sighand_struct *sighand = data;

	spin_lock_init(&sighand->siglock, LOCK_RANK_SIGHAND);
	init_waitqueue_head(&sighand->signalfd_wqh);
}

void __init signal_struct_init(int max_threads)
{
	struct rlimit *rlim = init_task.signal->rlim;

	signal_cachep = KMEM_CACHE(signal_struct, SLAB_HWCACHE_ALIGN | SLAB_PANIC | SLAB_ACCOUNT);
	/*
	 * Constructed once: the lock of a freed sighand stays a lock, so that one who is about to find that the task
	 * has another sighand by now may still have taken it.
	 */
	sighand_cachep =
		kmem_cache_create("sighand_cache", sizeof(struct sighand_struct), 0,
				  SLAB_HWCACHE_ALIGN | SLAB_PANIC | SLAB_TYPESAFE_BY_RCU | SLAB_ACCOUNT, sighand_ctor);

	rlim[RLIMIT_NPROC].rlim_cur = rlim[RLIMIT_NPROC].rlim_max = max_threads / 2;
	rlim[RLIMIT_SIGPENDING] = rlim[RLIMIT_NPROC];
}
