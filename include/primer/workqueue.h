/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/workqueue.h - call a function soon, in a task: the bottom half that may sleep.
 *
 *	struct thing { struct work_struct work; ... };
 *	static void thing_fn(struct work_struct *work)
 *	{
 *		struct thing *thing = container_of(work, struct thing, work);
 *	}
 *	INIT_WORK(&thing->work, thing_fn);
 *	schedule_work(&thing->work);			from any context
 *	cancel_work_sync(&thing->work);			before thing is freed
 *
 * What is promised of a work item:
 *	queued while it waits already, it runs once; queued while it runs, it runs once more afterwards
 *	it never runs twice at the same time, on whatever CPU it is queued
 *	who queues it and finds it waiting (false) has its earlier writes seen by the run that is still to come
 *	its memory is not touched any more once its function was called: the function may free it
 *
 * Which queue: system_wq for what is short; system_highpri_wq for what must not wait for others; system_long_wq for what
 * takes long; system_unbound_wq for what computes long, or should run wherever there is room. A queue of one's own makes
 * sense to be flushed as a whole, to bound how many run, or to work when memory is short (WQ_MEM_RECLAIM).
 *
 * The theory is in kernel/kthread/workqueue.c.
 */
#ifndef PRIMER_WORKQUEUE_H
#define PRIMER_WORKQUEUE_H

#include <primer/atomic.h>
#include <primer/cpumask.h>
#include <primer/list.h>
#include <primer/timer.h>

struct work_struct;
struct workqueue_struct;
typedef void (*work_func_t)(struct work_struct *work);

/* [data: atomic, see workqueue_internal.h; entry: the lock of the pool that data names; func: immutable while pending] */
struct work_struct {
	atomic_long_t data;
	struct list_head entry;
	work_func_t func;
};

/* [wq, cpu: whoever has set the pending bit] */
struct delayed_work {
	struct work_struct work;
	struct timer_list timer;
	struct workqueue_struct *wq;
	int cpu;
};

/* Bits of work->data that others may ask for. */
#define WORK_STRUCT_PENDING_BIT	0
/* What data holds before a work item was ever queued: no pool. */
#define WORK_DATA_INIT()	ATOMIC_LONG_INIT((long)(~0UL << 6))

#define __WORK_INITIALIZER(n, f) { .data = WORK_DATA_INIT(), .entry = LIST_HEAD_INIT((n).entry), .func = (f) }
#define __DELAYED_WORK_INITIALIZER(n, f) { .work = __WORK_INITIALIZER((n).work, (f)), \
	.timer = __TIMER_INITIALIZER(delayed_work_timer_fn, TIMER_IRQSAFE) }
#define DECLARE_WORK(n, f)		struct work_struct n = __WORK_INITIALIZER(n, f)
#define DECLARE_DELAYED_WORK(n, f)	struct delayed_work n = __DELAYED_WORK_INITIALIZER(n, f)

#define INIT_WORK(w, f) do { \
	(w)->data = (atomic_long_t)WORK_DATA_INIT(); \
	INIT_LIST_HEAD(&(w)->entry); \
	(w)->func = (f); } while (0)
#define INIT_DELAYED_WORK(w, f) do { \
	INIT_WORK(&(w)->work, (f)); \
	timer_setup(&(w)->timer, delayed_work_timer_fn, TIMER_IRQSAFE); } while (0)
#define INIT_WORK_ONSTACK(w, f)		INIT_WORK(w, f)
#define destroy_work_on_stack(w)	((void)(w))

static inline struct delayed_work *to_delayed_work(struct work_struct *work)
{
	return container_of(work, struct delayed_work, work);
}

/* work_pending - queued and not yet begun. A hint, unless the caller keeps others away. */
#define work_pending(w)		test_bit(WORK_STRUCT_PENDING_BIT, (unsigned long *)&(w)->data)
#define delayed_work_pending(w)	work_pending(&(w)->work)

/* ---- queues ------------------------------------------------------------------------------------------------------ */

enum {
	WQ_UNBOUND		= 1 << 1,	/* its workers are bound to no CPU, and as many run as are wanted */
	WQ_MEM_RECLAIM		= 1 << 3,	/* goes on when no new worker can be had: it has a rescuer */
	WQ_HIGHPRI		= 1 << 4,	/* its workers have nice -20 */
	WQ_CPU_INTENSIVE	= 1 << 5,	/* its items do not keep others of that CPU from starting */
	__WQ_DRAINING		= 1 << 16,	/* only items that run may queue */
	__WQ_ORDERED		= 1 << 17,	/* one after the other, in order of queueing */
};
#define WQ_MAX_ACTIVE		512		/* the most that max_active can be */
#define WQ_DFL_ACTIVE		(WQ_MAX_ACTIVE / 2)
#define WQ_NAME_LEN		24
#define WORK_CPU_UNBOUND	NR_CPUS		/* the CPU on which queue_work() is called */

/*
 * alloc_workqueue - a queue; NULL without memory
 * @max_active: so many of its items run (or sleep) at a time, on each CPU, or in all when it is unbound; 0: WQ_DFL_ACTIVE
 *
 * alloc_ordered_workqueue: one at a time, in order. destroy_workqueue - run what is in it, then take it away; nobody may
 * queue to it any more. Context: task; may sleep.
 */
struct workqueue_struct *alloc_workqueue(const char *fmt, unsigned int flags, int max_active, ...) __printf(1, 4);
#define alloc_ordered_workqueue(fmt, flags, args...) \
	alloc_workqueue(fmt, WQ_UNBOUND | __WQ_ORDERED | (flags), 1, ##args)
#define create_workqueue(name)			alloc_workqueue("%s", WQ_MEM_RECLAIM, 1, (name))
#define create_singlethread_workqueue(name)	alloc_ordered_workqueue("%s", WQ_MEM_RECLAIM, name)
void destroy_workqueue(struct workqueue_struct *wq);

/* workqueue_set_max_active - also for what waits already. Context: task; may sleep. Not for ordered ones. */
void workqueue_set_max_active(struct workqueue_struct *wq, int max_active);

extern struct workqueue_struct *system_wq, *system_highpri_wq, *system_long_wq, *system_unbound_wq;

/* ---- queueing ---------------------------------------------------------------------------------------------------- */

/*
 * queue_work - @work's function will be called by a worker; false: it was waiting already
 *
 * _on: on @cpu (WORK_CPU_UNBOUND: here; one that is not online: here too). queue_delayed_work: when @delay jiffies have
 * passed. mod_delayed_work: in any case from now on that long, true when it was waiting. The work of an item that runs
 * elsewhere runs where that does. Context: any but NMI.
 */
bool queue_work_on(int cpu, struct workqueue_struct *wq, struct work_struct *work);
bool queue_delayed_work_on(int cpu, struct workqueue_struct *wq, struct delayed_work *dwork, unsigned long delay);
bool mod_delayed_work_on(int cpu, struct workqueue_struct *wq, struct delayed_work *dwork, unsigned long delay);

static inline bool queue_work(struct workqueue_struct *wq, struct work_struct *work)
{
	return queue_work_on(WORK_CPU_UNBOUND, wq, work);
}
static inline bool queue_delayed_work(struct workqueue_struct *wq, struct delayed_work *dwork, unsigned long delay)
{
	return queue_delayed_work_on(WORK_CPU_UNBOUND, wq, dwork, delay);
}
static inline bool mod_delayed_work(struct workqueue_struct *wq, struct delayed_work *dwork, unsigned long delay)
{
	return mod_delayed_work_on(WORK_CPU_UNBOUND, wq, dwork, delay);
}
static inline bool schedule_work_on(int cpu, struct work_struct *work)	{ return queue_work_on(cpu, system_wq, work); }
static inline bool schedule_work(struct work_struct *work)		{ return queue_work(system_wq, work); }
static inline bool schedule_delayed_work_on(int cpu, struct delayed_work *dwork, unsigned long delay)
{
	return queue_delayed_work_on(cpu, system_wq, dwork, delay);
}
static inline bool schedule_delayed_work(struct delayed_work *dwork, unsigned long delay)
{
	return queue_delayed_work(system_wq, dwork, delay);
}
/* delayed_work_timer_fn - the function of a delayed work's timer. */
void delayed_work_timer_fn(struct timer_list *t);

/* ---- waiting, taking back ------------------------------------------------------------------------------------------ */

/*
 * flush_work - wait until the run that is under way, or for which @work waits, is over; false: there was none
 *
 * Queued again meanwhile, that run is not waited for. flush_delayed_work: without waiting for its time. flush_workqueue:
 * for all items that were in the queue when it was called. drain_workqueue: until the queue is empty, while only its own
 * items may queue to it. Context: task; may sleep; not from an item that is waited for, nor with a lock that it takes; of the locks that
 * have a rank, with none: items may take any.
 */
bool flush_work(struct work_struct *work);
bool flush_delayed_work(struct delayed_work *dwork);
void flush_workqueue(struct workqueue_struct *wq);
void drain_workqueue(struct workqueue_struct *wq);
static inline void flush_scheduled_work(void)	{ flush_workqueue(system_wq); }

/*
 * cancel_work_sync - on return @work neither waits nor runs, even if it queues itself; true: it was waiting
 *
 * cancel_work, cancel_delayed_work: take it back if it waits, but do not wait for a run. Context: _sync as flush_work();
 * the others any but NMI.
 */
bool cancel_work(struct work_struct *work);
bool cancel_work_sync(struct work_struct *work);
bool cancel_delayed_work(struct delayed_work *dwork);
bool cancel_delayed_work_sync(struct delayed_work *dwork);

/* ---- more -------------------------------------------------------------------------------------------------------- */

/* schedule_on_each_cpu - @func once on each online CPU, all at a time; returns when all have. 0 or -ENOMEM. Task; sleeps. */
int schedule_on_each_cpu(work_func_t func);
/* work_on_cpu - @fn(@arg) on @cpu, in a task that may sleep; returns its value. Context: task; may sleep. */
long work_on_cpu(int cpu, long (*fn)(void *arg), void *arg);

/* work_busy - WORK_BUSY_PENDING | WORK_BUSY_RUNNING: a hint. current_work - the item that current runs, or NULL. */
#define WORK_BUSY_PENDING	(1 << 0)
#define WORK_BUSY_RUNNING	(1 << 1)
unsigned int work_busy(struct work_struct *work);
struct work_struct *current_work(void);

/*
 * wq_worker_comm - the name of the kernel thread @task for /proc: "kworker/0:1-events" says what it does or did last
 *
 * Context: task; may sleep.
 */
struct task_struct;
void wq_worker_comm(char *buf, size_t size, struct task_struct *task);

#endif
