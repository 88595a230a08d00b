/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/locking/lockdep.c - held-lock stacks, the check of ranks, and might_sleep(). Empty in plain builds.
 *
 * The problem. A deadlock needs bad luck as well as a bug: two CPUs in the same two places at the same moment. Tests
 * seldom have that luck; the bug should show in a run where nothing went wrong.
 *
 * The idea. If every task takes locks in one fixed order, no circle of waiters can exist, whatever the timing. So
 * check the order itself. Each task keeps the locks that it holds, and each lock has a rank in the list of
 * lock_ranks.h:
 *
 *	held by the task:	INODE  MMAP  PTL		ranks grow downwards in the list: here, to the right
 *	now it takes:		SLAB_NODE			below all of them: right
 *				INODE_LOCK			above PTL: reported, though nobody waits
 *
 * Which of the held locks count. A handler runs on top of the interrupted task's stack, but the locks of the task
 * below are no part of the handler's order: the task cannot hold a lock that the handler takes, or interrupts would
 * be off. So an entry remembers the context (bits of preempt_count) in which it was taken, and ranks are compared
 * within one context. Recursion is checked across all: a handler that takes what the interrupted task holds waits for
 * ever.
 *
 * What it is not. It does not learn an order from what it sees, and does not know whether a lock is also taken in
 * interrupts. Both need a graph of lock classes.
 *
 * Locking. The stack belongs to the task and to interrupts on top of it; it is changed with interrupts off. NMIs are
 * not checked: they may hit in the middle of a change. A report prints, and printing takes locks; in_report keeps
 * those out.
 */
#ifdef CONFIG_DEBUG
#include <primer/init.h>
#include <primer/percpu.h>
#include <primer/printk.h>
#include <primer/sched.h>
#include <primer/spinlock.h>

int debug_locks = 1;

static DEFINE_PER_CPU(int, in_report);

static const char *lock_name(const char *name)	{ return name ? name : "(unnamed)"; }

static u16 this_context(void)
{
	return (preempt_count() & (SOFTIRQ_OFFSET | HARDIRQ_MASK)) >> SOFTIRQ_SHIFT;
}

static void report_pair(const char *what, const char *name, const struct held_lock *held, unsigned long ip)
{
	this_cpu_inc(in_report);
	WARN(1, "%s\n%s/%d is trying to acquire lock: %s, at: %pS\nbut task is already holding lock: %s, at: %pS\n",
	     what, current->comm, current->pid, lock_name(name), (void *)ip, lock_name(held->name), (void *)held->ip);
	this_cpu_dec(in_report);
}

static void check_acquire(struct task_struct *p, const void *lock, const char *name, unsigned int rank,
			  unsigned int flags, unsigned long ip)
{
	u16 context = this_context();

	for (int i = p->lockdep_depth - 1; i >= 0; i--) {
		const struct held_lock *h = &p->held_locks[i];

		if (h->lock == lock) {
			/* A second reader in a handler is let in past waiting writers: see qrwlock.c. */
			if ((h->flags & flags & LOCK_READ) && h->context != context)
				continue;
			report_pair("possible recursive locking detected", name, h, ip);
			return;
		}
		if (h->context != context || !rank || !h->rank || h->rank < rank)
			continue;
		if (h->rank == rank && (flags & LOCK_NESTED))
			continue;
		report_pair("lock taken out of rank order", name, h, ip);
		return;
	}
}

void lock_acquire(const void *lock, const char *name, unsigned int rank, unsigned int flags, unsigned long ip)
{
	struct task_struct *p = current;
	struct held_lock *h;
	unsigned long irqflags;

	if (unlikely(!debug_locks || in_nmi() || this_cpu_read(in_report)))
		return;

	local_irq_save(irqflags);
	if (!(flags & LOCK_TRY))
		check_acquire(p, lock, name, rank, flags, ip);
	if (unlikely(p->lockdep_depth >= MAX_LOCK_DEPTH)) {
		debug_locks = 0;
		pr_err("BUG: MAX_LOCK_DEPTH too low! turning off the locking correctness validator.\n");
		debug_show_held_locks(p);
	} else {
		h = &p->held_locks[p->lockdep_depth++];
		*h = (struct held_lock){ .lock = lock, .name = name, .ip = ip, .context = this_context(), .rank = rank,
					 .flags = flags };
	}
	local_irq_restore(irqflags);
}

void lock_release(const void *lock, unsigned long ip)
{
	struct task_struct *p = current;
	unsigned long irqflags;
	int i;

	if (unlikely(!debug_locks || in_nmi() || this_cpu_read(in_report)))
		return;

	local_irq_save(irqflags);
	for (i = p->lockdep_depth - 1; i >= 0 && p->held_locks[i].lock != lock; i--)
		;
	if (unlikely(i < 0)) {
		this_cpu_inc(in_report);
		WARN(1,
		     "bad unlock balance detected!\n%s/%d is trying to release lock (%px) at: %pS\nbut it does not "
		     "hold it\n",
		     p->comm, p->pid, lock, (void *)ip);
		this_cpu_dec(in_report);
	} else {
		/* Usually the top one; locks may be released in any order. */
		for (; i < (int)p->lockdep_depth - 1; i++)
			p->held_locks[i] = p->held_locks[i + 1];
		p->lockdep_depth--;
	}
	local_irq_restore(irqflags);
}

bool lock_is_held(const void *lock)
{
	struct task_struct *p = current;

	if (in_nmi() || this_cpu_read(in_report))
		return true;
	for (unsigned int i = 0; i < p->lockdep_depth; i++)
		if (p->held_locks[i].lock == lock)
			return true;
	return false;
}

void debug_show_held_locks(struct task_struct *task)
{
	unsigned int depth = READ_ONCE(task->lockdep_depth);

	if (!depth) {
		printk("no locks held by %s/%d.\n", task->comm, task->pid);
		return;
	}
	printk("%u lock%s held by %s/%d:\n", depth, depth == 1 ? "" : "s", task->comm, task->pid);
	for (unsigned int i = 0; i < depth && i < MAX_LOCK_DEPTH; i++)
		printk(" #%u: %px (%s), at: %pS\n", i, task->held_locks[i].lock, lock_name(task->held_locks[i].name),
		       (void *)task->held_locks[i].ip);
}

void debug_check_no_locks_held(void)
{
	if (WARN(debug_locks && current->lockdep_depth, "%s/%d still has locks held!\n", current->comm, current->pid))
		debug_show_held_locks(current);
}

/* Reported at most once a second: what sleeps wrongly tends to do it in a loop. */
void __might_sleep(const char *file, int line)
{
	static DEFINE_RATELIMIT_STATE(rs, 1000000000ULL, 1);

	if (likely((preempt_count() == 0 && !irqs_disabled()) || system_state == SYSTEM_BOOTING ||
		   system_state > SYSTEM_RUNNING || oops_in_progress || this_cpu_read(in_report)))
		return;
	if (!__ratelimit(&rs))
		return;
	pr_err("BUG: sleeping function called from invalid context at %s:%d\n", file, line);
	pr_err("in_atomic(): %d, irqs_disabled(): %d, preempt_count: %x, pid: %d, name: %s\n", in_atomic(),
	       irqs_disabled(), preempt_count(), current->pid, current->comm);
	debug_show_held_locks(current);
	dump_stack();
	add_taint(TAINT_WARN);
}

#endif
