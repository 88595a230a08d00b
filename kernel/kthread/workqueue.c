/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/kthread/workqueue.c - bottom halves that may sleep: items, queues, and the pools of workers behind them.
 *
 * The problem. A handler leaves work behind that takes a mutex or allocates memory: it needs a task. A thread for each
 * driver costs 16 KiB of stack each, and sleeps nearly always; one thread for all is blocked by the first item that
 * sleeps, and two items of which one waits for the other never end.
 *
 * The idea. Queues and workers are two things. Everybody may have queues; behind all of them stand a few shared pools, and
 * a pool has as many workers as it needs at the moment: one that runs, and one that is idle in reserve.
 *
 *	item --> workqueue --> its share in the pool (pwq) --> pool->worklist --> worker --> item's function
 *
 *	                 events  \			  per CPU, nice 0	kworker/0:0 kworker/0:1 ...
 *	                 a driver's >- pwq, one per CPU -<
 *	                 events_highpri /		  per CPU, nice -20	kworker/0:0H
 *	                 events_unbound --- one pwq ---    unbound, nice 0	kworker/u8:0 ...
 *
 * How many workers (workqueue_pool.c). On one CPU one worker is enough, as long as it runs. The scheduler tells the pool
 * when a worker goes to sleep inside an item; if nobody else of the pool runs then and items wait, the pool wakes an
 * idle one. So there is always one that runs, and never more than one that would only wait for the CPU. Unbound pools do
 * not count: each item wakes a worker, and the scheduler spreads them.
 *
 * One item, one run. Its PENDING bit is set by whoever queues it and cleared right before its function is called: queueing it
 * twice is queueing it once, queueing it while it runs means once more. Where it runs is where it ran, if it still does:
 *
 *	queue(item)	where did it run last? (the pool's number in item->data)
 *			is a worker of that pool running it now? (busy_hash)	yes: to that pool
 *								no: to this CPU's pool
 *	a worker takes it from the list, and another one of this pool runs it: append it to that one's own list
 *
 * That is why an item never runs twice at the same time.
 *
 * max_active bounds how many items of one queue (and CPU) are in the pool, running or not. What is beyond waits in
 * pwq->inactive_works, and each item that ends lets the next one in.
 *
 * Memory order. Who queues and finds PENDING set relies on the coming run to see what it wrote. The test-and-set is a full
 * barrier even when it fails, and the worker has one between clearing PENDING and calling the function: one of the two sees
 * the other.
 *
 * Locking. pool->lock, interrupts off, for everything that belongs to a pool, the items on its lists included. An item's pool is
 * found through its data word without a lock, and looked at again under the lock. Pools are for ever; a pwq goes with its
 * queue, after whoever may have read its address with interrupts off is done (wq_wait_walkers).
 *
 * Linux (kernel/workqueue.c) has unbound pools for each NUMA node and set of attributes, and moves work away from CPUs
 * that are unplugged.
 */
#include <stdarg.h>

#include <primer/err.h>
#include <primer/init.h>
#include <primer/interrupt.h>
#include <primer/kthread.h>
#include <primer/panic.h>
#include <primer/printk.h>
#include <primer/sched.h>
#include <primer/sleep.h>
#include <primer/slab.h>
#include <primer/smp.h>
#include <primer/sprintf.h>
#include <primer/trace.h>
#include <primer/vmalloc.h>

#include "workqueue_internal.h"

DEFINE_PER_CPU(struct worker_pool[NR_STD_POOLS], cpu_worker_pools);
struct worker_pool unbound_worker_pools[NR_STD_POOLS];
static DEFINE_IDR(worker_pool_idr);				/* immutable after workqueue_init() */

static DEFINE_MUTEX(wq_pool_mutex, LOCK_RANK_KTHREAD);		/* the list of queues, what each allows */
static LIST_HEAD(workqueues);					/* [wq_pool_mutex] */

struct workqueue_struct *system_wq __ro_after_init, *system_highpri_wq __ro_after_init;
struct workqueue_struct *system_long_wq __ro_after_init, *system_unbound_wq __ro_after_init;

/* ---- the data word ------------------------------------------------------------------------------------------------- */

static void set_work_data(struct work_struct *work, unsigned long data, unsigned long flags)
{
	WARN_ON_ONCE(!work_pending(work));
	atomic_long_set(&work->data, (long)(data | flags));
}

static void set_work_pwq(struct work_struct *work, struct pool_workqueue *pwq, unsigned long extra_flags)
{
	set_work_data(work, (unsigned long)pwq, WORK_STRUCT_PENDING | WORK_STRUCT_PWQ | extra_flags);
}

void set_work_pool_and_keep_pending(struct work_struct *work, unsigned long pool_id)
{
	set_work_data(work, pool_id << WORK_OFFQ_POOL_SHIFT, WORK_STRUCT_PENDING);
}

void set_work_pool_and_clear_pending(struct work_struct *work, unsigned long pool_id)
{
	/* All that was done before PENDING was set is seen by the function: pairs with the test_and_set_bit()s. */
	smp_wmb();
	set_work_data(work, pool_id << WORK_OFFQ_POOL_SHIFT, 0);
	/*
	 * And what the function reads is read after PENDING was cleared: whoever still found it set wrote before that.
	 *
	 *	CPU 0				CPU 1
	 *	write event			clear PENDING
	 *	test_and_set PENDING: was set	smp_mb()
	 *	(relies on the run)		function: read event
	 */
	smp_mb();
}

void clear_work_data(struct work_struct *work)
{
	smp_wmb();
	set_work_data(work, WORK_OFFQ_POOL_NONE << WORK_OFFQ_POOL_SHIFT, 0);
}

struct worker_pool *get_work_pool(const struct work_struct *work)
{
	unsigned long data = work_data(work), id;

	if (data & WORK_STRUCT_PWQ)
		return ((struct pool_workqueue *)(data & WORK_STRUCT_DATA_MASK))->pool;
	id = data >> WORK_OFFQ_POOL_SHIFT;
	return id == WORK_OFFQ_POOL_NONE ? NULL : idr_find(&worker_pool_idr, id);
}

/* @work is on no list: its PENDING bit is ours. */
void mark_work_canceling(struct work_struct *work)
{
	unsigned long pool_id = work_data(work) >> WORK_OFFQ_POOL_SHIFT;

	set_work_data(work, pool_id << WORK_OFFQ_POOL_SHIFT | WORK_OFFQ_CANCELING, WORK_STRUCT_PENDING);
}

static void nothing(void *unused)	{ }

void wq_wait_walkers(void)
{
	/* They walk with interrupts off: who takes our interrupt is done. */
	preempt_disable();
	smp_call_function(nothing, NULL, 1);
	preempt_enable();
}

/* ---- onto a list, and off the account ------------------------------------------------------------------------------ */

void insert_work(struct pool_workqueue *pwq, struct work_struct *work, struct list_head *head, unsigned long extra_flags)
{
	struct worker_pool *pool = pwq->pool;

	set_work_pwq(work, pwq, extra_flags);
	list_add_tail(&work->entry, head);
	/*
	 * Either we see that nobody runs, or the worker that is about to sleep sees the list: pairs with the
	 * atomic_dec_and_test() in wq_worker_sleeping().
	 */
	smp_mb();
	if (__need_more_worker(pool))
		wake_up_worker(pool);
}

void activate_work(struct work_struct *work)
{
	struct pool_workqueue *pwq = get_work_pwq(work);

	trace_workqueue_activate_work(work);
	move_linked_works(work, &pwq->pool->worklist, NULL);
	atomic_long_andnot(WORK_STRUCT_INACTIVE, &work->data);
	pwq->nr_active++;
}

static void activate_first_inactive(struct pool_workqueue *pwq)
{
	activate_work(list_first_entry(&pwq->inactive_works, struct work_struct, entry));
}

void pwq_done(struct pool_workqueue *pwq, unsigned int color)
{
	if (color == WORK_NO_COLOR) {
		pwq->nr_barriers--;
		return;
	}
	pwq->nr_in_flight[color]--;
	pwq->nr_active--;
	if (!list_empty(&pwq->inactive_works) && pwq->nr_active < pwq->max_active)
		activate_first_inactive(pwq);

	/* The last one of those that a flush waits for? */
	if (likely(pwq->flush_color != (int)color) || pwq->nr_in_flight[color])
		return;
	pwq->flush_color = -1;
	if (atomic_dec_and_test(&pwq->wq->nr_pwqs_to_flush))
		complete(pwq->wq->flush_done);
}

/* ---- queueing ------------------------------------------------------------------------------------------------------ */

/* Is current an item of @wq? Then it may queue while the queue is drained. */
static bool is_chained_work(struct workqueue_struct *wq)
{
	struct worker *worker = current_wq_worker();

	return worker && worker->current_pwq && worker->current_pwq->wq == wq;
}

void __queue_work(int cpu, struct workqueue_struct *wq, struct work_struct *work)
{
	struct worker_pool *last_pool;
	struct pool_workqueue *pwq;
	struct list_head *list;
	unsigned long flags;
	int req_cpu = cpu;

	lockdep_assert_irqs_disabled();
	if (unlikely(wq->flags & __WQ_DRAINING) && WARN_ON_ONCE(!is_chained_work(wq)))
		return;

	if (wq->unbound_pwq) {
		pwq = wq->unbound_pwq;
	} else {
		if (cpu >= (int)nr_cpu_ids || unlikely(!cpu_online(cpu)))
			cpu = smp_processor_id();
		pwq = per_cpu_ptr(wq->cpu_pwqs, cpu);
	}

	/* It may still run where it ran last: then it must wait there. */
	last_pool = get_work_pool(work);
	if (last_pool && last_pool != pwq->pool) {
		struct worker *worker;

		spin_lock(&last_pool->lock);
		worker = find_worker_executing_work(last_pool, work);
		if (worker && worker->current_pwq->wq == wq) {
			pwq = worker->current_pwq;
		} else {
			spin_unlock(&last_pool->lock);
			spin_lock(&pwq->pool->lock);
		}
	} else {
		spin_lock(&pwq->pool->lock);
	}

	if (!WARN_ON(!list_empty(&work->entry))) {
		trace_workqueue_queue_work(req_cpu, pwq->pool->cpu, work, work->func, wq->name);
		flags = (unsigned long)pwq->work_color << WORK_STRUCT_COLOR_SHIFT;
		pwq->nr_in_flight[pwq->work_color]++;
		if (likely(pwq->nr_active < pwq->max_active)) {
			trace_workqueue_activate_work(work);
			pwq->nr_active++;
			list = &pwq->pool->worklist;
		} else {
			flags |= WORK_STRUCT_INACTIVE;
			list = &pwq->inactive_works;
		}
		insert_work(pwq, work, list, flags);
	}
	spin_unlock(&pwq->pool->lock);
}

bool queue_work_on(int cpu, struct workqueue_struct *wq, struct work_struct *work)
{
	unsigned long flags;
	bool queued = false;

	local_irq_save(flags);
	if (!test_and_set_bit(WORK_STRUCT_PENDING_BIT, (unsigned long *)&work->data)) {
		__queue_work(cpu, wq, work);
		queued = true;
	}
	local_irq_restore(flags);
	return queued;
}

/* ---- later --------------------------------------------------------------------------------------------------------- */

/* TIMER_IRQSAFE: interrupts are off, and a canceller with interrupts off finds it either pending or done. */
void delayed_work_timer_fn(struct timer_list *t)
{
	struct delayed_work *dwork = from_timer(dwork, t, timer);

	__queue_work(dwork->cpu, dwork->wq, &dwork->work);
}

void __queue_delayed_work(int cpu, struct workqueue_struct *wq, struct delayed_work *dwork, unsigned long delay)
{
	struct timer_list *timer = &dwork->timer;

	WARN_ON_ONCE(timer->function != delayed_work_timer_fn || timer_pending(timer) || !list_empty(&dwork->work.entry));
	if (!delay) {
		__queue_work(cpu, wq, &dwork->work);
		return;
	}
	dwork->wq = wq;
	dwork->cpu = cpu;
	timer->expires = jiffies + delay;
	if (cpu < (int)nr_cpu_ids && cpu_online(cpu))
		add_timer_on(timer, cpu);
	else
		add_timer(timer);
}

bool queue_delayed_work_on(int cpu, struct workqueue_struct *wq, struct delayed_work *dwork, unsigned long delay)
{
	unsigned long flags;
	bool queued = false;

	local_irq_save(flags);
	if (!test_and_set_bit(WORK_STRUCT_PENDING_BIT, (unsigned long *)&dwork->work.data)) {
		__queue_delayed_work(cpu, wq, dwork, delay);
		queued = true;
	}
	local_irq_restore(flags);
	return queued;
}

/* ---- queues -------------------------------------------------------------------------------------------------------- */

static void init_pwq(struct pool_workqueue *pwq, struct workqueue_struct *wq, struct worker_pool *pool, int max_active)
{
	*pwq = (struct pool_workqueue){ .pool = pool, .wq = wq, .flush_color = -1, .max_active = max_active };
	INIT_LIST_HEAD(&pwq->inactive_works);
	INIT_LIST_HEAD(&pwq->mayday_node);
}

/* An unbound pool gets its first worker with its first queue. */
static int start_unbound_pool(struct worker_pool *pool)
{
	int err = 0;

	mutex_lock(&wq_pool_mutex);
	if (!READ_ONCE(pool->nr_workers))
		err = start_worker_pool(pool);
	mutex_unlock(&wq_pool_mutex);
	return err;
}

static int alloc_pwqs(struct workqueue_struct *wq, int max_active)
{
	int which = wq->flags & WQ_HIGHPRI ? 1 : 0;
	unsigned int cpu;

	if (wq->flags & WQ_UNBOUND) {
		/* kmalloc's blocks of powers of two are aligned to their size. */
		wq->unbound_pwq = kzalloc(roundup(sizeof(struct pool_workqueue), 128), GFP_KERNEL);
		if (!wq->unbound_pwq)
			return -ENOMEM;
		BUG_ON((unsigned long)wq->unbound_pwq & (WORK_PWQ_ALIGN - 1));
		init_pwq(wq->unbound_pwq, wq, &unbound_worker_pools[which], max_active);
		return start_unbound_pool(&unbound_worker_pools[which]);
	}
	wq->cpu_pwqs = alloc_percpu(struct pool_workqueue);
	if (!wq->cpu_pwqs)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		init_pwq(per_cpu_ptr(wq->cpu_pwqs, cpu), wq, &per_cpu(cpu_worker_pools, cpu)[which], max_active);
	return 0;
}

static void free_workqueue(struct workqueue_struct *wq)
{
	free_percpu(wq->cpu_pwqs);
	kfree(wq->unbound_pwq);
	kfree(wq);
}

struct workqueue_struct *alloc_workqueue(const char *fmt, unsigned int flags, int max_active, ...)
{
	struct workqueue_struct *wq = kzalloc(sizeof(*wq), GFP_KERNEL);
	va_list args;

	if (!wq)
		return NULL;
	va_start(args, max_active);
	vsnprintf(wq->name, sizeof(wq->name), fmt, args);
	va_end(args);

	max_active = max_active ? min(max(max_active, 1), WQ_MAX_ACTIVE) : WQ_DFL_ACTIVE;
	wq->flags = flags;
	wq->saved_max_active = max_active;
	mutex_init(&wq->mutex, LOCK_RANK_WQ_FLUSH);
	INIT_LIST_HEAD(&wq->list);
	INIT_LIST_HEAD(&wq->maydays);
	if (alloc_pwqs(wq, max_active) || ((flags & WQ_MEM_RECLAIM) && init_rescuer(wq))) {
		free_workqueue(wq);
		return NULL;
	}
	mutex_lock(&wq_pool_mutex);
	list_add_tail(&wq->list, &workqueues);
	mutex_unlock(&wq_pool_mutex);
	return wq;
}

void destroy_workqueue(struct workqueue_struct *wq)
{
	struct pool_workqueue *pwq;
	unsigned int cpu;

	drain_workqueue(wq);
	/* A barrier whose item was taken back is in no account, and still names its pwq. It may need the rescuer. */
	for_each_pwq(pwq, cpu, wq)
		while (READ_ONCE(pwq->nr_barriers))
			schedule_timeout_uninterruptible(1);
	if (wq->rescuer)
		stop_rescuer(wq);
	mutex_lock(&wq_pool_mutex);
	list_del(&wq->list);
	mutex_unlock(&wq_pool_mutex);
	/* The worker that finished the last item is done with the pwq: it said so as its last act under the pool's lock. */
	wq_wait_walkers();
	free_workqueue(wq);
}

void workqueue_set_max_active(struct workqueue_struct *wq, int max_active)
{
	struct pool_workqueue *pwq;
	unsigned int cpu;

	if (WARN_ON(wq->flags & __WQ_ORDERED))
		return;
	max_active = min(max(max_active, 1), WQ_MAX_ACTIVE);
	mutex_lock(&wq_pool_mutex);
	wq->saved_max_active = max_active;
	for_each_pwq(pwq, cpu, wq) {
		spin_lock_irq(&pwq->pool->lock);
		pwq->max_active = max_active;
		while (!list_empty(&pwq->inactive_works) && pwq->nr_active < pwq->max_active)
			activate_first_inactive(pwq);
		if (need_more_worker(pwq->pool))
			wake_up_worker(pwq->pool);
		spin_unlock_irq(&pwq->pool->lock);
	}
	mutex_unlock(&wq_pool_mutex);
}

/* ---- vfree() in interrupts ----------------------------------------------------------------------------------------- */

static void free_work(struct work_struct *work)	{ vfree_deferred(); }
static DECLARE_WORK(vfree_work, free_work);
static void wake_vfree(void)			{ schedule_work(&vfree_work); }

/* ---- init ---------------------------------------------------------------------------------------------------------- */

static int __init add_pool(struct worker_pool *pool, int cpu, int nice)
{
	init_worker_pool(pool, cpu, nice);
	pool->id = idr_alloc(&worker_pool_idr, pool, 0, 0, GFP_KERNEL);
	return pool->id < 0 ? pool->id : 0;
}

/* After smp_init(): every CPU that will ever be is online, and each gets its first worker. */
static int __init workqueue_init(void)
{
	static const int nice[NR_STD_POOLS] = { 0, HIGHPRI_NICE_LEVEL };
	unsigned int cpu;
	int i, err = 0;

	for_each_possible_cpu(cpu)
		for (i = 0; i < NR_STD_POOLS; i++)
			err = err ?: add_pool(&per_cpu(cpu_worker_pools, cpu)[i], (int)cpu, nice[i]);
	for (i = 0; i < NR_STD_POOLS; i++)
		err = err ?: add_pool(&unbound_worker_pools[i], -1, nice[i]);

	wq_worker_sleeping_hook = wq_worker_sleeping;
	wq_worker_running_hook = wq_worker_running;
	for_each_online_cpu(cpu)
		for (i = 0; i < NR_STD_POOLS; i++)
			err = err ?: start_worker_pool(&per_cpu(cpu_worker_pools, cpu)[i]);

	system_wq = alloc_workqueue("events", 0, 0);
	system_highpri_wq = alloc_workqueue("events_highpri", WQ_HIGHPRI, 0);
	system_long_wq = alloc_workqueue("events_long", 0, 0);
	system_unbound_wq = alloc_workqueue("events_unbound", WQ_UNBOUND, 0);
	if (err || !system_wq || !system_highpri_wq || !system_long_wq || !system_unbound_wq)
		panic("workqueue: no memory for the first workers (%d)\n", err);
	vfree_set_defer(wake_vfree);
	return 0;
}
early_initcall(workqueue_init);
