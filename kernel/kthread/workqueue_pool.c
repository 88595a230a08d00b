/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/kthread/workqueue_pool.c - workers: how many, who makes them, what each of them does.
 *
 * The life of a worker
 *
 *	create_worker() --> idle <-----------------------.
 *	                      |  woken: items wait	 |  nothing left
 *	                      v				 |
 *	                   is another one idle? ------> runs items, one after the other
 *	                      | no: make one first	   | an item sleeps: the pool wakes an idle worker
 *	                      '----------------------------'
 *
 *	idle for 5 minutes, and more of them idle than a quarter of the busy ones + 2: it ends
 *
 * Three rules keep it going:
 *   M1  a worker does not begin an item while no other is idle, unless another worker is making one. So when the item
 *	 sleeps there is one to be woken, or will be.
 *   M2  one worker at a time makes new ones (pool->managed); the others do not wait for it: they run items meanwhile.
 *   M3  when memory is so short that no worker can be made, the rescuers of the queues that promised progress
 *	 (WQ_MEM_RECLAIM) run their items instead. Reclaim may wait for such an item; it must not wait for memory.
 *
 * Counting those that run. pool->nr_running is changed at the edges: +1 when a worker begins to work, -1 when it
 * becomes idle; and in between by the scheduler:
 *
 *	worker, in an item			schedule()
 *	mutex_lock() must wait	  ----->	wq_worker_sleeping(): nr_running 1 -> 0, items wait: wake an idle worker
 *						... sleeps ...
 *	has the mutex		  <-----	wq_worker_running(): nr_running + 1
 *
 * Preempted workers count as running: the CPU is busy, more of them would not help. Two may run for a while, when the
 * sleeper wakes; nobody is stopped for it, but none takes a further item: keep_working() says no while another runs.
 *
 * Locking. pool->lock. worker_attach_mutex for who belongs to which pool, and for PF_WQ_WORKER, so that /proc may look at a
 * worker that is about to end. wq_mayday_lock, inside pool->lock, for the queues that have called.
 *
 * Linux (kernel/workqueue.c) also lets the workers of a CPU that is switched off go on elsewhere, and binds them again
 * when it is back; and it reports a pool in which nothing has moved for half a minute.
 */
#include <primer/err.h>
#include <primer/hardirq.h>
#include <primer/hash.h>
#include <primer/init.h>
#include <primer/jiffies.h>
#include <primer/kthread.h>
#include <primer/lockdep.h>
#include <primer/printk.h>
#include <primer/sched.h>
#include <primer/sched/task.h>
#include <primer/sleep.h>
#include <primer/slab.h>
#include <primer/sprintf.h>
#include <primer/string.h>
#include <primer/trace.h>

#include "workqueue_internal.h"

#define IDLE_RATIO		4		/* one idle worker for so many busy ones may stay */
#define MAYDAY_FIRST		(HZ / 100)	/* so long a new worker may take before the rescuers are called */
#define MAYDAY_AGAIN		(HZ / 10)
#define CREATE_COOLDOWN		HZ		/* between two attempts without memory */

unsigned long wq_idle_timeout = 300 * HZ;
bool wq_no_new_workers;

DEFINE_SPINLOCK(wq_mayday_lock, LOCK_RANK_WQ_MAYDAY);		/* wq->maydays, pwq->mayday_node; interrupts off */
static DEFINE_MUTEX(worker_attach_mutex, LOCK_RANK_SLEEPING_LEAF);	/* worker->pool, pool->worker_ida, PF_WQ_WORKER */

/* ---- how many? All of these: pool->lock, or as a hint ------------------------------------------------------------- */

/* Nobody runs. With items that wait that means: wake one. */
bool __need_more_worker(const struct worker_pool *pool)
{
	return !atomic_read(&pool->nr_running);
}

bool need_more_worker(const struct worker_pool *pool)
{
	return !list_empty(&pool->worklist) && __need_more_worker(pool);
}

/* M1: somebody must be left to be woken. */
static bool may_start_working(const struct worker_pool *pool)
{
	return pool->nr_idle;
}

static bool keep_working(const struct worker_pool *pool)
{
	return !list_empty(&pool->worklist) && atomic_read(&pool->nr_running) <= 1;
}

static bool need_to_create_worker(const struct worker_pool *pool)
{
	return need_more_worker(pool) && !may_start_working(pool);
}

static bool too_many_workers(const struct worker_pool *pool)
{
	int nr_idle = pool->nr_idle + pool->managed;		/* the one that makes others is not busy either */
	int nr_busy = pool->nr_workers - nr_idle;

	return nr_idle > 2 && (nr_idle - 2) * IDLE_RATIO >= nr_busy;
}

void wake_up_worker(struct worker_pool *pool)
{
	struct worker *worker = list_first_entry_or_null(&pool->idle_list, struct worker, entry);

	if (likely(worker))
		wake_up_process(worker->task);
}

/* ---- the scheduler's two calls --------------------------------------------------------------------------------------- */

void wq_worker_running(struct task_struct *task)
{
	struct worker *worker = kthread_data(task);

	if (!worker->sleeping)
		return;
	if (!(worker->flags & WORKER_NOT_RUNNING))
		atomic_inc(&worker->pool->nr_running);
	worker->sleeping = false;
}

void wq_worker_sleeping(struct task_struct *task)
{
	struct worker *worker = kthread_data(task);
	struct worker_pool *pool;

	/* Idle, managing and rescuing workers are not counted. */
	if ((worker->flags & WORKER_NOT_RUNNING) || worker->sleeping)
		return;
	pool = worker->pool;
	worker->sleeping = true;
	spin_lock_irq(&pool->lock);
	/* First out of the count, then the look at the list: pairs with insert_work(). */
	if (atomic_dec_and_test(&pool->nr_running) && !list_empty(&pool->worklist))
		wake_up_worker(pool);
	spin_unlock_irq(&pool->lock);
}

/* ---- a worker's state. pool->lock ------------------------------------------------------------------------------------ */

/* By the worker itself. From running to not running and back: the count follows. */
static void worker_set_flags(struct worker *worker, unsigned int flags)
{
	if ((flags & WORKER_NOT_RUNNING) && !(worker->flags & WORKER_NOT_RUNNING))
		atomic_dec(&worker->pool->nr_running);
	worker->flags |= flags;
}

static void worker_clr_flags(struct worker *worker, unsigned int flags)
{
	unsigned int old = worker->flags;

	worker->flags &= ~flags;
	if ((old & WORKER_NOT_RUNNING) && !(worker->flags & WORKER_NOT_RUNNING))
		atomic_inc(&worker->pool->nr_running);
}

/* By the worker, or by its maker before its first run. */
static void worker_enter_idle(struct worker *worker)
{
	struct worker_pool *pool = worker->pool;

	worker->flags |= WORKER_IDLE;
	pool->nr_idle++;
	worker->last_active = jiffies;
	list_add(&worker->entry, &pool->idle_list);
	if (too_many_workers(pool) && !timer_pending(&pool->idle_timer))
		mod_timer(&pool->idle_timer, jiffies + wq_idle_timeout);
	WARN_ON_ONCE(pool->nr_workers == pool->nr_idle && pool->cpu >= 0 && atomic_read(&pool->nr_running));
}

static void worker_leave_idle(struct worker *worker)
{
	worker->flags &= ~WORKER_IDLE;
	worker->pool->nr_idle--;
	list_del_init(&worker->entry);
}

struct worker *find_worker_executing_work(struct worker_pool *pool, struct work_struct *work)
{
	struct worker *worker;

	hlist_for_each_entry(worker, &pool->busy_hash[hash_ptr(work, BUSY_HASH_ORDER)], hentry)
		/* The function too: memory that an item freed may be another item by this time. */
		if (worker->current_work == work && worker->current_func == work->func)
			return worker;
	return NULL;
}

void move_linked_works(struct work_struct *work, struct list_head *head, struct work_struct **next)
{
	struct list_head *pos = &work->entry;
	bool linked;

	/* A linked item always has a successor: the barrier it is linked to. */
	do {
		struct work_struct *w = list_entry(pos, struct work_struct, entry);

		linked = work_data(w) & WORK_STRUCT_LINKED;
		pos = pos->next;
		list_move_tail(&w->entry, head);
	} while (linked);
	if (next)
		*next = list_entry(pos, struct work_struct, entry);
}

/* ---- running items --------------------------------------------------------------------------------------------------- */

/* Held locks and disabled preemption belong to nobody once the function is over. */
static void check_leaks(work_func_t fn)
{
	debug_check_no_locks_held();
	if (likely(!preempt_count() && !irqs_disabled()))
		return;
	pr_err("BUG: workqueue leaked lock or atomic: %s/0x%08x/%d\n     last function: %pS\n", current->comm, preempt_count(),
	       current->pid, (void *)fn);
	debug_show_held_locks(current);
	dump_stack();
	local_irq_enable();
	preempt_count_set(0);
}

/* @work, the first on its list, is run by @worker, or handed to the worker that runs it already. Drops and retakes pool->lock. */
static void process_one_work(struct worker *worker, struct work_struct *work)
{
	struct pool_workqueue *pwq = get_work_pwq(work);
	struct worker_pool *pool = worker->pool;
	struct worker *collision = find_worker_executing_work(pool, work);
	work_func_t fn = work->func;
	unsigned int color = work_color(work);

	lockdep_assert_held(&pool->lock);
	if (unlikely(collision)) {
		move_linked_works(work, &collision->scheduled, NULL);
		return;
	}
	worker->current_work = work;
	worker->current_func = fn;
	worker->current_pwq = pwq;
	hlist_add_head(&worker->hentry, &pool->busy_hash[hash_ptr(work, BUSY_HASH_ORDER)]);
	strscpy(worker->desc, pwq->wq->name, sizeof(worker->desc));
	list_del_init(&work->entry);

	if (unlikely(pwq->wq->flags & WQ_CPU_INTENSIVE))
		worker_set_flags(worker, WORKER_CPU_INTENSIVE);
	/* Unbound, or just out of the count: the next item has somebody to run it. */
	if (need_more_worker(pool))
		wake_up_worker(pool);
	/* Under the lock, so that whoever finds PENDING clear finds us in busy_hash. */
	set_work_pool_and_clear_pending(work, (unsigned int)pool->id);
	spin_unlock_irq(&pool->lock);

	trace_workqueue_execute_start(work, fn);
	fn(work);		/* @work may be gone after this */
	trace_workqueue_execute_end(work, fn);

	check_leaks(fn);
	spin_lock_irq(&pool->lock);
	if (unlikely(worker->flags & WORKER_CPU_INTENSIVE))
		worker_clr_flags(worker, WORKER_CPU_INTENSIVE);
	hlist_del_init(&worker->hentry);
	worker->current_work = NULL;
	worker->current_func = NULL;
	worker->current_pwq = NULL;
	pwq_done(pwq, color);	/* @pwq may be gone after this */
}

static void process_scheduled_works(struct worker *worker)
{
	while (!list_empty(&worker->scheduled))
		process_one_work(worker, list_first_entry(&worker->scheduled, struct work_struct, entry));
}

/* ---- making workers -------------------------------------------------------------------------------------------------- */

static void set_pf_worker(bool on)
{
	mutex_lock(&worker_attach_mutex);
	if (on)
		current->flags |= PF_WQ_WORKER;
	else
		current->flags &= ~(unsigned int)PF_WQ_WORKER;
	mutex_unlock(&worker_attach_mutex);
}

static void attach_to_pool(struct worker *worker, struct worker_pool *pool)
{
	mutex_lock(&worker_attach_mutex);
	worker->pool = pool;
	if (pool->cpu < 0)
		worker->flags |= WORKER_UNBOUND;
	if (worker->rescue_wq)
		set_cpus_allowed_ptr(worker->task, &pool->cpumask);
	mutex_unlock(&worker_attach_mutex);
}

static void detach_from_pool(struct worker *worker)
{
	mutex_lock(&worker_attach_mutex);
	if (!worker->rescue_wq)
		ida_free(&worker->pool->worker_ida, worker->id);
	worker->pool = NULL;
	worker->flags &= ~WORKER_UNBOUND;
	mutex_unlock(&worker_attach_mutex);
}

static int worker_thread(void *data);

static struct worker *alloc_worker(void)
{
	struct worker *worker = kzalloc(sizeof(*worker), GFP_KERNEL);

	if (!worker)
		return NULL;
	INIT_LIST_HEAD(&worker->entry);
	INIT_LIST_HEAD(&worker->scheduled);
	worker->flags = WORKER_PREP;
	return worker;
}

struct worker *create_worker(struct worker_pool *pool)
{
	struct worker *worker;
	char name[16];
	int id;

	if (unlikely(READ_ONCE(wq_no_new_workers)))
		return NULL;
	mutex_lock(&worker_attach_mutex);
	id = ida_alloc(&pool->worker_ida, GFP_KERNEL);
	mutex_unlock(&worker_attach_mutex);
	if (id < 0)
		return NULL;
	worker = alloc_worker();
	if (!worker)
		goto fail;
	worker->id = id;
	if (pool->cpu >= 0)
		snprintf(name, sizeof(name), "%d:%d%s", pool->cpu, id, pool->nice < 0 ? "H" : "");
	else
		snprintf(name, sizeof(name), "u%d:%d", pool->id, id);
	worker->task = kthread_create(worker_thread, worker, "kworker/%s", name);
	if (IS_ERR(worker->task))
		goto fail;
	set_user_nice(worker->task, pool->nice);
	kthread_bind_mask(worker->task, &pool->cpumask);
	attach_to_pool(worker, pool);

	/* It enters the pool idle; its first run finds out whether there is something to do. */
	spin_lock_irq(&pool->lock);
	pool->nr_workers++;
	worker_enter_idle(worker);
	wake_up_process(worker->task);
	spin_unlock_irq(&pool->lock);
	return worker;
fail:
	mutex_lock(&worker_attach_mutex);
	ida_free(&pool->worker_ida, id);
	mutex_unlock(&worker_attach_mutex);
	kfree(worker);
	return NULL;
}

/* [pool->lock] An idle worker has lived long enough. */
static void destroy_worker(struct worker *worker)
{
	worker->pool->nr_workers--;
	worker->pool->nr_idle--;
	list_del_init(&worker->entry);
	worker->flags |= WORKER_DIE;
	wake_up_process(worker->task);
}

static void idle_worker_timeout(struct timer_list *t)
{
	struct worker_pool *pool = from_timer(pool, t, idle_timer);

	spin_lock_irq(&pool->lock);
	while (too_many_workers(pool)) {
		/* The list is last in, first out: at its end is the one that was not needed for the longest time. */
		struct worker *worker = list_last_entry(&pool->idle_list, struct worker, entry);
		unsigned long expires = worker->last_active + wq_idle_timeout;

		if (time_before(jiffies, expires)) {
			mod_timer(&pool->idle_timer, expires);
			break;
		}
		destroy_worker(worker);
	}
	spin_unlock_irq(&pool->lock);
}

/* ---- mayday (M3) ----------------------------------------------------------------------------------------------------- */

static void send_mayday(struct work_struct *work)
{
	struct pool_workqueue *pwq = get_work_pwq(work);
	struct workqueue_struct *wq = pwq->wq;

	if (!wq->rescuer || !list_empty(&pwq->mayday_node))
		return;
	list_add_tail(&pwq->mayday_node, &wq->maydays);
	wake_up_process(wq->rescuer->task);
}

static void pool_mayday_timeout(struct timer_list *t)
{
	struct worker_pool *pool = from_timer(pool, t, mayday_timer);
	struct work_struct *work;

	spin_lock_irq(&pool->lock);
	spin_lock(&wq_mayday_lock);
	if (need_to_create_worker(pool))
		list_for_each_entry(work, &pool->worklist, entry)
			send_mayday(work);
	spin_unlock(&wq_mayday_lock);
	spin_unlock_irq(&pool->lock);
	mod_timer(&pool->mayday_timer, jiffies + MAYDAY_AGAIN);
}

/* Until there is an idle worker, or no need for one. Drops and retakes pool->lock. */
static void maybe_create_worker(struct worker_pool *pool)
{
	do {
		spin_unlock_irq(&pool->lock);
		mod_timer(&pool->mayday_timer, jiffies + MAYDAY_FIRST);
		while (!create_worker(pool) && need_to_create_worker(pool))
			schedule_timeout_interruptible(CREATE_COOLDOWN);
		del_timer_sync(&pool->mayday_timer);
		spin_lock_irq(&pool->lock);
		/* Another worker may have taken the new one's place meanwhile. */
	} while (need_to_create_worker(pool));
}

/* M2. True: the lock was dropped, look again. False: somebody else sees to it. */
static bool manage_workers(struct worker *worker)
{
	struct worker_pool *pool = worker->pool;

	if (pool->managed)
		return false;
	pool->managed = true;
	maybe_create_worker(pool);
	pool->managed = false;
	return true;
}

/* ---- the threads ----------------------------------------------------------------------------------------------------- */

static int worker_thread(void *data)
{
	struct worker *worker = data;
	struct worker_pool *pool = worker->pool;

	set_pf_worker(true);
	for (;;) {
		spin_lock_irq(&pool->lock);
		if (unlikely(worker->flags & WORKER_DIE)) {
			spin_unlock_irq(&pool->lock);
			set_pf_worker(false);
			set_task_comm(current, "kworker/dying");
			detach_from_pool(worker);
			kfree(worker);
			return 0;
		}
		worker_leave_idle(worker);
		do {
			if (!need_more_worker(pool))
				goto sleep;
		} while (unlikely(!may_start_working(pool)) && manage_workers(worker));

		worker_clr_flags(worker, WORKER_PREP);
		do {
			struct work_struct *work = list_first_entry(&pool->worklist, struct work_struct, entry);

			if (likely(!(work_data(work) & WORK_STRUCT_LINKED)))
				process_one_work(worker, work);
			else
				move_linked_works(work, &worker->scheduled, NULL);	/* with its barriers */
			process_scheduled_works(worker);
		} while (keep_working(pool));
		worker_set_flags(worker, WORKER_PREP);
sleep:
		/* The state under the lock: who wakes an idle worker holds it too, so no wakeup falls in between. */
		worker_enter_idle(worker);
		__set_current_state(TASK_IDLE);
		spin_unlock_irq(&pool->lock);
		schedule();
	}
}

/* [pool->lock] Run what @wq has in the pool that called. Drops and retakes the lock. */
static void rescue(struct worker *rescuer, struct pool_workqueue *pwq)
{
	struct worker_pool *pool = pwq->pool;
	struct work_struct *work, *next;

	list_for_each_entry_safe(work, next, &pool->worklist, entry)
		if (get_work_pwq(work) == pwq)
			move_linked_works(work, &rescuer->scheduled, &next);
	if (list_empty(&rescuer->scheduled))
		return;
	process_scheduled_works(rescuer);
	/* More has come, and still nobody to run it: at the end of the line. */
	if (pwq->nr_active && need_to_create_worker(pool)) {
		spin_lock(&wq_mayday_lock);
		if (list_empty(&pwq->mayday_node))
			list_add_tail(&pwq->mayday_node, &pwq->wq->maydays);
		spin_unlock(&wq_mayday_lock);
	}
}

static int rescuer_thread(void *data)
{
	struct worker *rescuer = data;
	struct workqueue_struct *wq = rescuer->rescue_wq;
	bool stop;

	set_user_nice(current, HIGHPRI_NICE_LEVEL);
	set_pf_worker(true);
	for (;;) {
		set_current_state(TASK_IDLE);
		stop = kthread_should_stop();	/* first the question, then a last look at the list */
		spin_lock_irq(&wq_mayday_lock);
		while (!list_empty(&wq->maydays)) {
			struct pool_workqueue *pwq = list_first_entry(&wq->maydays, struct pool_workqueue, mayday_node);
			struct worker_pool *pool = pwq->pool;

			__set_current_state(TASK_RUNNING);
			list_del_init(&pwq->mayday_node);
			spin_unlock_irq(&wq_mayday_lock);

			attach_to_pool(rescuer, pool);
			spin_lock_irq(&pool->lock);
			rescue(rescuer, pwq);
			/* We are not in the pool's count: whoever was to be woken while we ran may have been missed. */
			if (need_more_worker(pool))
				wake_up_worker(pool);
			spin_unlock_irq(&pool->lock);
			detach_from_pool(rescuer);
			spin_lock_irq(&wq_mayday_lock);
		}
		spin_unlock_irq(&wq_mayday_lock);
		if (stop) {
			__set_current_state(TASK_RUNNING);
			set_pf_worker(false);
			return 0;
		}
		schedule();
	}
}

int init_rescuer(struct workqueue_struct *wq)
{
	struct worker *rescuer = alloc_worker();

	if (!rescuer)
		return -ENOMEM;
	rescuer->rescue_wq = wq;
	rescuer->task = kthread_create(rescuer_thread, rescuer, "%s", wq->name);
	if (IS_ERR(rescuer->task)) {
		kfree(rescuer);
		return -ENOMEM;
	}
	kthread_bind_mask(rescuer->task, cpu_possible_mask);
	wq->rescuer = rescuer;
	wake_up_process(rescuer->task);
	return 0;
}

void stop_rescuer(struct workqueue_struct *wq)
{
	struct worker *rescuer = wq->rescuer;

	kthread_stop(rescuer->task);
	/* Nobody sends maydays for an empty queue. */
	spin_lock_irq(&wq_mayday_lock);
	wq->rescuer = NULL;
	spin_unlock_irq(&wq_mayday_lock);
	kfree(rescuer);
}

/* ---- who is that? ---------------------------------------------------------------------------------------------------- */

struct worker *current_wq_worker(void)
{
	return in_task() && (current->flags & PF_WQ_WORKER) ? kthread_data(current) : NULL;
}

struct work_struct *current_work(void)
{
	struct worker *worker = current_wq_worker();

	return worker ? worker->current_work : NULL;
}

void wq_worker_comm(char *buf, size_t size, struct task_struct *task)
{
	char comm[TASK_COMM_LEN];
	int len = snprintf(buf, size, "%s", get_task_comm(comm, task));

	if (!(READ_ONCE(task->flags) & PF_WQ_WORKER) || len < 0 || (size_t)len >= size)
		return;
	/* The mutex keeps the worker from ending; the lock keeps its description in one piece. */
	mutex_lock(&worker_attach_mutex);
	if (task->flags & PF_WQ_WORKER) {
		struct worker *worker = kthread_data(task);
		struct worker_pool *pool = worker->pool;

		if (pool) {
			spin_lock_irq(&pool->lock);
			/* '+': it runs that item now; '-': that was the last one. */
			if (worker->desc[0])
				snprintf(buf + len, size - len, "%c%s", worker->current_work ? '+' : '-', worker->desc);
			spin_unlock_irq(&pool->lock);
		}
	}
	mutex_unlock(&worker_attach_mutex);
}

/* ---- pools ----------------------------------------------------------------------------------------------------------- */

void init_worker_pool(struct worker_pool *pool, int cpu, int nice)
{
	spin_lock_init(&pool->lock, LOCK_RANK_WORKQUEUE);
	pool->cpu = cpu;
	pool->nice = nice;
	pool->cpumask = cpu >= 0 ? *cpumask_of(cpu) : *cpu_possible_mask;
	INIT_LIST_HEAD(&pool->worklist);
	INIT_LIST_HEAD(&pool->idle_list);
	timer_setup(&pool->idle_timer, idle_worker_timeout, 0);
	timer_setup(&pool->mayday_timer, pool_mayday_timeout, 0);
	ida_init(&pool->worker_ida);
}

int start_worker_pool(struct worker_pool *pool)
{
	return create_worker(pool) ? 0 : -ENOMEM;
}
