/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/kthread/workqueue_flush.c - waiting for work items, and taking them back.
 *
 * Waiting for one item. A flag in the item will not do: its function may free it. So the waiter queues an item of its
 * own, the barrier, right behind the one that it waits for; when the barrier runs, the other is over.
 *
 *	it waits on the pool's list:	... item ---LINKED--> barrier ...	a worker takes both together
 *	it runs:			worker->scheduled: barrier ...		that worker runs it next
 *
 * Barriers have no colour and are in nobody's account: they do not count against max_active, and a flush of the queue does not
 * wait for them.
 *
 * Waiting for a whole queue. Items come in all the time; only those that are there must be waited for. Each item bears the
 * colour that its share (pwq) had when it was queued, and the share counts the unfinished ones of each colour. A flush
 * changes the colour for those to come, and waits until the old colour's count is 0, in every share that has any:
 *
 *	colour	  0    0    0 |  1    1 		flush: from here on colour 1
 *	items	  a    b    c    d    e
 *		  nr_in_flight[0] == 0 when a, b and c are done: the flush is over, whatever d and e do
 *
 * One flush at a time, by wq->mutex, so two colours are enough: when a flush begins, nothing of the other colour is left.
 *
 * Taking one back. Whoever owns the PENDING bit owns the item, so taking it back means to get that bit:
 *
 *	a timer holds it (delayed)	del_timer() says that we have it
 *	nobody: the bit was clear	test_and_set_bit() says that we have it; it does not come in while we hold it
 *	it waits on a list		under the pool's lock off the list, off the account
 *	in between (its timer's function runs, somebody else has just set the bit)	again, soon
 *	another one cancels it		wait for him
 *
 * cancel_work_sync() keeps the bit while it waits for the run under way to end: an item that queues itself again finds the bit set
 * and cannot. That is how it ends with the item neither waiting nor running.
 *
 * A wait for oneself never ends: an item that flushes itself is told so, and not made to wait.
 *
 * Linux has 15 colours, so that flushes which arrive during another one share their waiting.
 */
#include <primer/completion.h>
#include <primer/err.h>
#include <primer/init.h>
#include <primer/percpu.h>
#include <primer/printk.h>
#include <primer/sched.h>
#include <primer/smp.h>
#include <primer/wait.h>

#include "workqueue_internal.h"

struct wq_barrier {
	struct work_struct work;
	struct completion done;
};

static DECLARE_WAIT_QUEUE_HEAD(cancel_waitq);		/* who waits for another canceller of the same item */

/* ---- one item -------------------------------------------------------------------------------------------------------- */

static void barrier_func(struct work_struct *work)
{
	complete(&container_of(work, struct wq_barrier, work)->done);
}

/* [pool->lock] Behind @target, which @worker runs, or which waits (@worker NULL). */
static void insert_barrier(struct pool_workqueue *pwq, struct wq_barrier *barrier, struct work_struct *target,
			   struct worker *worker)
{
	struct list_head *before;
	unsigned long linked = 0;

	INIT_WORK_ONSTACK(&barrier->work, barrier_func);
	__set_bit(WORK_STRUCT_PENDING_BIT, (unsigned long *)&barrier->work.data);
	init_completion(&barrier->done);
	if (worker) {
		before = worker->scheduled.next;
	} else {
		/* Others may wait for it already: their barriers stay linked behind ours. */
		before = target->entry.next;
		linked = work_data(target) & WORK_STRUCT_LINKED;
		atomic_long_or(WORK_STRUCT_LINKED, &target->data);
	}
	pwq->nr_barriers++;
	insert_work(pwq, &barrier->work, before, WORK_NO_COLOR << WORK_STRUCT_COLOR_SHIFT | linked);
}

/* False: nothing to wait for. */
static bool start_flush_work(struct work_struct *work, struct wq_barrier *barrier)
{
	struct worker *worker = NULL;
	struct pool_workqueue *pwq;
	struct worker_pool *pool;
	bool found = false;

	local_irq_disable();
	pool = get_work_pool(work);
	if (!pool)
		goto out;
	spin_lock(&pool->lock);
	pwq = get_work_pwq(work);
	if (pwq) {
		/* It may have gone to another pool between the look and the lock: then what we came for is over. */
		found = pwq->pool == pool;
	} else {
		worker = find_worker_executing_work(pool, work);
		found = worker;
		if (worker) {
			pwq = worker->current_pwq;
			if (WARN(worker->task == current, "workqueue: %pS waits for itself\n", (void *)worker->current_func))
				found = false;
		}
	}
	if (found)
		insert_barrier(pwq, barrier, work, worker);
	spin_unlock(&pool->lock);
out:
	local_irq_enable();
	return found;
}

bool flush_work(struct work_struct *work)
{
	struct wq_barrier barrier;

	might_sleep();
	if (!start_flush_work(work, &barrier))
		return false;
	wait_for_completion(&barrier.done);
	return true;
}

bool flush_delayed_work(struct delayed_work *dwork)
{
	local_irq_disable();
	if (del_timer_sync(&dwork->timer))
		__queue_work(dwork->cpu, dwork->wq, &dwork->work);
	local_irq_enable();
	return flush_work(&dwork->work);
}

/* ---- a whole queue --------------------------------------------------------------------------------------------------- */

#ifdef CONFIG_DEBUG
bool wq_flush_planted;

/* The planted bug: one flush in four does nothing. */
static bool flush_is_forgotten(void)
{
	static atomic_t flushes;

	return unlikely(READ_ONCE(wq_flush_planted)) && atomic_inc_return(&flushes) % 4 == 0;
}
#else
static inline bool flush_is_forgotten(void)	{ return false; }
#endif

void flush_workqueue(struct workqueue_struct *wq)
{
	DECLARE_COMPLETION_ONSTACK(done);
	struct worker *self = current_wq_worker();
	struct pool_workqueue *pwq;
	unsigned int cpu;

	might_sleep();
	if (WARN(self && self->current_pwq && self->current_pwq->wq == wq && !self->rescue_wq,
		 "workqueue: %pS flushes %s, its own queue\n", (void *)self->current_func, wq->name))
		return;
	if (flush_is_forgotten())
		return;
	mutex_lock(&wq->mutex);
	wq->flush_done = &done;
	atomic_set(&wq->nr_pwqs_to_flush, 1);		/* our own, until all have been looked at */
	for_each_pwq(pwq, cpu, wq) {
		spin_lock_irq(&pwq->pool->lock);
		if (pwq->nr_in_flight[pwq->work_color]) {
			pwq->flush_color = pwq->work_color;
			atomic_inc(&wq->nr_pwqs_to_flush);
		}
		pwq->work_color ^= 1;
		WARN_ON_ONCE(pwq->nr_in_flight[pwq->work_color]);
		spin_unlock_irq(&pwq->pool->lock);
	}
	if (!atomic_dec_and_test(&wq->nr_pwqs_to_flush))
		wait_for_completion(&done);
	mutex_unlock(&wq->mutex);
}

static bool is_empty(struct workqueue_struct *wq)
{
	struct pool_workqueue *pwq;
	unsigned int cpu;
	bool empty = true;

	for_each_pwq(pwq, cpu, wq) {
		spin_lock_irq(&pwq->pool->lock);
		empty = empty && !pwq->nr_active && list_empty(&pwq->inactive_works);
		spin_unlock_irq(&pwq->pool->lock);
	}
	return empty;
}

static void set_draining(struct workqueue_struct *wq, int change)
{
	mutex_lock(&wq->mutex);
	wq->nr_drainers += change;
	if (wq->nr_drainers)
		wq->flags |= __WQ_DRAINING;
	else
		wq->flags &= ~(unsigned int)__WQ_DRAINING;
	mutex_unlock(&wq->mutex);
}

void drain_workqueue(struct workqueue_struct *wq)
{
	unsigned int rounds = 0;

	set_draining(wq, 1);
	do {
		flush_workqueue(wq);
		/* Items may queue items: each round lets one generation run. */
		if (++rounds == 10 || (rounds % 100 == 0 && rounds <= 1000))
			pr_warn("workqueue %s: drain_workqueue() isn't complete after %u tries\n", wq->name, rounds);
	} while (!is_empty(wq));
	set_draining(wq, -1);
}

/* ---- taking back ----------------------------------------------------------------------------------------------------- */

/*
 * Get the PENDING bit of @work. 1: it was waiting; 0: it was not; both: it is ours, interrupts are off and *@flags for
 * restoring them. -EAGAIN: in between, try again; -ENOENT: somebody cancels it, for how long is unknown.
 */
static int try_to_grab_pending(struct work_struct *work, bool is_dwork, unsigned long *flags)
{
	struct worker_pool *pool;
	struct pool_workqueue *pwq;

	local_irq_save(*flags);
	/* Interrupts off: the timer's function does not run on this CPU between taking the timer away and our return. */
	if (is_dwork && likely(del_timer(&to_delayed_work(work)->timer)))
		return 1;
	if (!test_and_set_bit(WORK_STRUCT_PENDING_BIT, (unsigned long *)&work->data))
		return 0;
	pool = get_work_pool(work);
	if (!pool)
		goto fail;
	spin_lock(&pool->lock);
	pwq = get_work_pwq(work);
	/* pwq of another pool: it is no longer on a list that this lock guards. */
	if (pwq && pwq->pool == pool) {
		/* Its barriers must not be left among the inactive ones, where nobody would start them. */
		if (work_data(work) & WORK_STRUCT_INACTIVE)
			activate_work(work);
		list_del_init(&work->entry);
		pwq_done(pwq, work_color(work));
		set_work_pool_and_keep_pending(work, (unsigned int)pool->id);
		/* What came forward in its place, or a barrier that is left over, may find nobody awake. */
		if (need_more_worker(pool))
			wake_up_worker(pool);
		spin_unlock(&pool->lock);
		return 1;
	}
	spin_unlock(&pool->lock);
fail:
	local_irq_restore(*flags);
	if (work_is_canceling(work))
		return -ENOENT;
	cpu_relax();
	return -EAGAIN;
}

static bool __cancel_work_timer(struct work_struct *work, bool is_dwork)
{
	unsigned long flags;
	int ret;

	might_sleep();
	while ((ret = try_to_grab_pending(work, is_dwork, &flags)) < 0)
		if (ret == -ENOENT)
			wait_event(cancel_waitq, !work_is_canceling(work));

	mark_work_canceling(work);
	local_irq_restore(flags);
	flush_work(work);
	clear_work_data(work);
	/* The word first, then the look for waiters: pairs with the barrier in prepare_to_wait(). */
	smp_mb();
	wake_up_all(&cancel_waitq);
	return ret;
}

static bool __cancel_work(struct work_struct *work, bool is_dwork)
{
	unsigned long flags;
	int ret;

	do {
		ret = try_to_grab_pending(work, is_dwork, &flags);
	} while (unlikely(ret == -EAGAIN));
	if (unlikely(ret < 0))
		return false;
	set_work_pool_and_clear_pending(work, work_data(work) >> WORK_OFFQ_POOL_SHIFT);
	local_irq_restore(flags);
	return ret;
}

bool cancel_work(struct work_struct *work)			{ return __cancel_work(work, false); }
bool cancel_work_sync(struct work_struct *work)			{ return __cancel_work_timer(work, false); }
bool cancel_delayed_work(struct delayed_work *dwork)		{ return __cancel_work(&dwork->work, true); }
bool cancel_delayed_work_sync(struct delayed_work *dwork)	{ return __cancel_work_timer(&dwork->work, true); }

bool mod_delayed_work_on(int cpu, struct workqueue_struct *wq, struct delayed_work *dwork, unsigned long delay)
{
	unsigned long flags;
	int ret;

	do {
		ret = try_to_grab_pending(&dwork->work, true, &flags);
	} while (unlikely(ret == -EAGAIN));
	if (likely(ret >= 0)) {
		__queue_delayed_work(cpu, wq, dwork, delay);
		local_irq_restore(flags);
	}
	return ret;
}

unsigned int work_busy(struct work_struct *work)
{
	unsigned int busy = work_pending(work) ? WORK_BUSY_PENDING : 0;
	struct worker_pool *pool;
	unsigned long flags;

	local_irq_save(flags);
	pool = get_work_pool(work);
	if (pool) {
		spin_lock(&pool->lock);
		if (find_worker_executing_work(pool, work))
			busy |= WORK_BUSY_RUNNING;
		spin_unlock(&pool->lock);
	}
	local_irq_restore(flags);
	return busy;
}

/* ---- on many CPUs, on one -------------------------------------------------------------------------------------------- */

int schedule_on_each_cpu(work_func_t func)
{
	struct work_struct __percpu *works = alloc_percpu(struct work_struct);
	unsigned int cpu;

	if (!works)
		return -ENOMEM;
	for_each_online_cpu(cpu) {
		INIT_WORK(per_cpu_ptr(works, cpu), func);
		schedule_work_on(cpu, per_cpu_ptr(works, cpu));
	}
	for_each_online_cpu(cpu)
		flush_work(per_cpu_ptr(works, cpu));
	free_percpu(works);
	return 0;
}

struct work_for_cpu {
	struct work_struct work;
	long (*fn)(void *arg);
	void *arg;
	long ret;
};

static void work_for_cpu_fn(struct work_struct *work)
{
	struct work_for_cpu *wfc = container_of(work, struct work_for_cpu, work);

	wfc->ret = wfc->fn(wfc->arg);
}

long work_on_cpu(int cpu, long (*fn)(void *arg), void *arg)
{
	struct work_for_cpu wfc = { .fn = fn, .arg = arg };

	INIT_WORK_ONSTACK(&wfc.work, work_for_cpu_fn);
	schedule_work_on(cpu, &wfc.work);
	flush_work(&wfc.work);
	return wfc.ret;
}
