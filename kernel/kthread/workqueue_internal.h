/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/kthread/workqueue_internal.h - pools, workers, and the word that says where a work item is. Private to the three
 * workqueue files and their tests.
 */
#ifndef KERNEL_KTHREAD_WORKQUEUE_INTERNAL_H
#define KERNEL_KTHREAD_WORKQUEUE_INTERNAL_H

#include <primer/completion.h>
#include <primer/idr.h>
#include <primer/mutex.h>
#include <primer/percpu.h>
#include <primer/spinlock.h>
#include <primer/workqueue.h>

/*
 * work->data
 *
 *	queued		| address of the pool_workqueue (64-aligned)        | COLOR | LINKED | PWQ=1 | INACTIVE | PENDING=1 |
 *	not queued	| number of the pool where it ran last | CANCELING  |   0   |   0    |   0   |    0     | PENDING   |
 *	bit		  63 ...                              6       5        5  4     3        2        1          0
 *
 * PENDING is set by whoever wins the right to queue it, and cleared just before its function is called. Who has set it owns
 * the rest of the word, until the item is on a list; then the lock of the pool that the word names does.
 */
enum {
	WORK_STRUCT_INACTIVE_BIT = 1,		/* beyond max_active: on pwq->inactive_works */
	WORK_STRUCT_PWQ_BIT	= 2,
	WORK_STRUCT_LINKED_BIT	= 3,		/* the next item on the list belongs to it: a barrier */
	WORK_STRUCT_COLOR_SHIFT	= 4,

	WORK_STRUCT_PENDING	= 1 << WORK_STRUCT_PENDING_BIT,
	WORK_STRUCT_INACTIVE	= 1 << WORK_STRUCT_INACTIVE_BIT,
	WORK_STRUCT_PWQ		= 1 << WORK_STRUCT_PWQ_BIT,
	WORK_STRUCT_LINKED	= 1 << WORK_STRUCT_LINKED_BIT,

	WORK_NR_COLORS		= 2,
	WORK_NO_COLOR		= 2,		/* barriers are in nobody's account */
	WORK_COLOR_MASK		= 3,

	WORK_OFFQ_CANCELING	= 1 << 5,
	WORK_OFFQ_POOL_SHIFT	= 6,
	WORK_PWQ_ALIGN		= 64,
};
#define WORK_STRUCT_DATA_MASK	(~(WORK_PWQ_ALIGN - 1UL))
#define WORK_OFFQ_POOL_NONE	(~0UL >> WORK_OFFQ_POOL_SHIFT)

#define BUSY_HASH_ORDER		4		/* 16 buckets */
#define NR_STD_POOLS		2		/* normal, high priority */
#define HIGHPRI_NICE_LEVEL	MIN_NICE

/* Flags of a worker. Any of NOT_RUNNING: it is not counted in pool->nr_running. */
#define WORKER_DIE		(1 << 1)	/* to end when it wakes */
#define WORKER_IDLE		(1 << 2)	/* on pool->idle_list */
#define WORKER_PREP		(1 << 3)	/* about to begin, or to become idle; always: a rescuer */
#define WORKER_CPU_INTENSIVE	(1 << 6)
#define WORKER_UNBOUND		(1 << 7)
#define WORKER_NOT_RUNNING	(WORKER_PREP | WORKER_CPU_INTENSIVE | WORKER_UNBOUND)

struct pool_workqueue;

/* [L] pool->lock; [o] the worker itself; [K] worker_attach_mutex */
struct worker {
	union {
		struct list_head entry;			/* [L] while idle: on pool->idle_list */
		struct hlist_node hentry;		/* [L] while busy: in pool->busy_hash */
	};
	struct work_struct *current_work;		/* [L] NULL: idle */
	work_func_t current_func;			/* [L] */
	struct pool_workqueue *current_pwq;		/* [L] */
	struct list_head scheduled;			/* [L] items that it must run itself */
	struct task_struct *task;			/* immutable */
	struct worker_pool *pool;			/* [K] */
	unsigned long last_active;			/* [L] jiffies */
	unsigned int flags;				/* [L] written by the worker itself, but IDLE and DIE */
	int id;						/* immutable */
	bool sleeping;					/* [o] between wq_worker_sleeping() and _running() */
	char desc[WQ_NAME_LEN];				/* [L] the queue of the item that it runs or ran last */
	struct workqueue_struct *rescue_wq;		/* immutable; only of rescuers */
};

/* Workers that share a list of items: those of a CPU with one nice value, or the unbound ones with one. */
struct worker_pool {
	spinlock_t lock;				/* rank LOCK_RANK_WORKQUEUE; interrupts off */
	int cpu;					/* immutable; -1: unbound */
	int id;						/* immutable: in worker_pool_idr */
	int nice;					/* immutable */
	cpumask_t cpumask;				/* immutable: where its workers run */
	bool managed;					/* [L] a worker is busy making another one */

	struct list_head worklist;			/* [L] items that wait */
	int nr_workers, nr_idle;			/* [L] */
	struct list_head idle_list;			/* [L] last in, first out */
	struct timer_list idle_timer;			/* [L] there are too many idle ones */
	struct timer_list mayday_timer;			/* the manager's: no worker can be had, call the rescuers */
	struct hlist_head busy_hash[1 << BUSY_HASH_ORDER];	/* [L] by address of the item */
	struct ida worker_ida;				/* [K] the numbers in kworker/CPU:ID */

	/*
	 * Workers that run an item and do not sleep. Changed without the lock, by workers of this CPU: its own cache line.
	 */
	atomic_t nr_running ____cacheline_aligned;
};

/* A queue's share in a pool. [L] pool->lock */
struct pool_workqueue {
	struct worker_pool *pool;			/* immutable */
	struct workqueue_struct *wq;			/* immutable */
	int work_color;					/* [L] of items that are queued from here on */
	int flush_color;				/* [L] the colour that a flusher waits for; -1: none */
	int nr_in_flight[WORK_NR_COLORS];		/* [L] items of each colour that are not done */
	int nr_active, max_active;			/* [L] items that may run; those beyond wait in inactive_works */
	int nr_barriers;				/* [L] flush_work()'s, not yet done: in no flush's account */
	struct list_head inactive_works;		/* [L] */
	struct list_head mayday_node;			/* [wq_mayday_lock] on wq->maydays */
} __aligned(WORK_PWQ_ALIGN);

struct workqueue_struct {
	struct pool_workqueue __percpu *cpu_pwqs;	/* immutable; NULL: unbound */
	struct pool_workqueue *unbound_pwq;		/* immutable */
	unsigned int flags;				/* WQ_*; __WQ_DRAINING [mutex] */
	struct list_head list;				/* [wq_pool_mutex] on workqueues */
	struct mutex mutex;				/* one flush at a time; rank LOCK_RANK_WQ_FLUSH: held while waiting for items */
	atomic_t nr_pwqs_to_flush;
	struct completion *flush_done;			/* [mutex] */
	int nr_drainers;				/* [mutex] */
	int saved_max_active;				/* [wq_pool_mutex] */
	struct list_head maydays;			/* [wq_mayday_lock] */
	struct worker *rescuer;				/* immutable; NULL: none */
	char name[WQ_NAME_LEN];				/* immutable */
};

DECLARE_PER_CPU(struct worker_pool[NR_STD_POOLS], cpu_worker_pools);
extern struct worker_pool unbound_worker_pools[NR_STD_POOLS];
extern spinlock_t wq_mayday_lock;

/* wq_idle_timeout - an idle worker that is too many lives so long, jiffies. wq_no_new_workers - tests: as if memory were out. */
extern unsigned long wq_idle_timeout;
extern bool wq_no_new_workers;
#ifdef CONFIG_DEBUG
/* wq_flush_planted - tests: flush_workqueue() now and then does not wait. */
extern bool wq_flush_planted;
#endif

/* Each pwq of @wq: of all possible CPUs, or the one. */
#define for_each_pwq(pwq, cpu, wq) \
	for ((cpu) = (wq)->cpu_pwqs ? cpumask_first(cpu_possible_mask) : 0; ((pwq) = wq_pwq((wq), (cpu))) != NULL; \
	     (cpu) = (wq)->cpu_pwqs ? cpumask_next((cpu), cpu_possible_mask) : NR_CPUS)
static inline struct pool_workqueue *wq_pwq(struct workqueue_struct *wq, unsigned int cpu)
{
	if (cpu >= NR_CPUS)
		return NULL;
	return wq->cpu_pwqs ? per_cpu_ptr(wq->cpu_pwqs, cpu) : wq->unbound_pwq;
}

static __always_inline unsigned long work_data(const struct work_struct *work)
{
	return (unsigned long)atomic_long_read(&work->data);
}

static inline unsigned int work_color(const struct work_struct *work)
{
	return work_data(work) >> WORK_STRUCT_COLOR_SHIFT & WORK_COLOR_MASK;
}

/* get_work_pwq - where it is queued; NULL: nowhere. Of use only under the pool's lock. */
static __always_inline struct pool_workqueue *get_work_pwq(const struct work_struct *work)
{
	unsigned long data = work_data(work);

	return data & WORK_STRUCT_PWQ ? (struct pool_workqueue *)(data & WORK_STRUCT_DATA_MASK) : NULL;
}

static inline bool work_is_canceling(const struct work_struct *work)
{
	unsigned long data = work_data(work);

	return !(data & WORK_STRUCT_PWQ) && (data & WORK_OFFQ_CANCELING);
}

/* ---- workqueue.c --------------------------------------------------------------------------------------------------- */

/* get_work_pool - the pool where @work is queued, or ran last; NULL: neither. Context: interrupts off. */
struct worker_pool *get_work_pool(const struct work_struct *work);
void set_work_pool_and_keep_pending(struct work_struct *work, unsigned long pool_id);
void set_work_pool_and_clear_pending(struct work_struct *work, unsigned long pool_id);
void mark_work_canceling(struct work_struct *work);
void clear_work_data(struct work_struct *work);
/* __queue_work - @work, of which the caller has set PENDING, onto a list. Context: interrupts off. */
void __queue_work(int cpu, struct workqueue_struct *wq, struct work_struct *work);
void __queue_delayed_work(int cpu, struct workqueue_struct *wq, struct delayed_work *dwork, unsigned long delay);
/* All with pool->lock held. insert_work - before @head. activate_work - an inactive item may run. */
void insert_work(struct pool_workqueue *pwq, struct work_struct *work, struct list_head *head, unsigned long extra_flags);
void activate_work(struct work_struct *work);
/* pwq_done - an item of @color is over: it ran, or was taken back. */
void pwq_done(struct pool_workqueue *pwq, unsigned int color);
/* wq_wait_walkers - nobody who read a work's data before this call still uses it. Task; sleeps. */
void wq_wait_walkers(void);

/* ---- workqueue_pool.c ---------------------------------------------------------------------------------------------- */

void init_worker_pool(struct worker_pool *pool, int cpu, int nice);
/* start_worker_pool - its first worker. 0 or -ENOMEM. */
int start_worker_pool(struct worker_pool *pool);
struct worker *create_worker(struct worker_pool *pool);
int init_rescuer(struct workqueue_struct *wq);
void stop_rescuer(struct workqueue_struct *wq);
/* [pool->lock] move_linked_works - @work and the barriers behind it to the end of @head; *@next: keep a walk going. */
void move_linked_works(struct work_struct *work, struct list_head *head, struct work_struct **next);
struct worker *find_worker_executing_work(struct worker_pool *pool, struct work_struct *work);
void wake_up_worker(struct worker_pool *pool);
bool need_more_worker(const struct worker_pool *pool);
bool __need_more_worker(const struct worker_pool *pool);
/* current_wq_worker - current as a worker; NULL: it is none. */
struct worker *current_wq_worker(void);
void wq_worker_running(struct task_struct *task);
void wq_worker_sleeping(struct task_struct *task);

#endif
