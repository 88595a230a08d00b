/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/locking/lockdep.c - held locks, and the judgement of each new one. Empty in plain builds.
 *
 * The problem. A deadlock needs bad luck as well as a bug: two CPUs in the same two places at the same moment. Tests
 * seldom have that luck; the bug should show in a run where nothing went wrong.
 *
 * The idea. What two CPUs could do to each other follows from what each of them was ever seen to do alone. So
 * remember it, by class of lock (lockdep.h), and check each new fact against all the others:
 *
 *	fact						deadlock if also			report
 *	a lock is held already				it, or one of its class, is taken	recursive locking
 *	B was taken inside A				A was ever taken inside B		circular dependency
 *	A is taken in interrupts			A is ever held with interrupts on	inconsistent state
 *	A is taken in interrupts, B inside A		B is ever held with interrupts on	safe -> unsafe order
 *	a spinning lock is held				a lock is taken that sleeps		invalid context
 *	A's rank is below B's in lock_ranks.h		A is held when B is taken		out of rank order
 *
 * The last one needs no history: it is this kernel's own rule, and holds before anything was learnt.
 *
 * Interrupts. A handler that takes A while the interrupted task of the same CPU holds A waits for ever. It need not
 * happen: it is enough that A was taken in a handler once, and held with interrupts on at another time. Softirqs are
 * the same with "bottom halves on". Indirectly: the task holds B with interrupts on; a handler takes A; elsewhere B is
 * taken inside A:
 *
 *	CPU 0			CPU 1
 *	lock(B)			irqs off, lock(A)
 *	  <interrupt>		lock(B)		waits for CPU 0
 *	  lock(A)				waits for CPU 1
 *
 * So the usage of a class, eight bits (lockdep_internals.h), is compared along the edges: a bit that is new with all
 * that lies before or behind, a new edge with all pairs that it connects.
 *
 * Which held locks count. A handler runs on top of the interrupted task's stack of locks, but those are not part of its
 * own order: if it could wait for what the task holds, the usage bits say so. An entry therefore remembers the context
 * in which it was taken, and chains and ranks are of one context. Recursion is checked across all.
 *
 * Readers. Of a fair lock a reader waits for a writer that waits, so it counts as a writer in the order. In an
 * interrupt a reader of an rwlock passes waiting writers (qrwlock.c): it makes no edge, and meets only writers.
 * Two readers do not exclude one another, which the usage bits for reading are for.
 *
 * Enabled. Whether a lock is ever held with interrupts on is looked at when it is taken, when another one is taken
 * inside, and when it is let go.
 *
 * Locking. The stack of held locks belongs to the task and to interrupts on top of it; it is changed with interrupts
 * off. NMIs are not judged: they may hit in the middle of a change. A report prints, and printing takes locks: those
 * are not judged (lockdep_recursion()), and no report is printed under graph_lock.
 *
 * Linux's is far bigger: it can forget the locks of unloaded modules, knows readers that recurse in the graph, and
 * hooks each change of the interrupt flag. Its documentation is Documentation/locking/lockdep-design.rst.
 */
#ifdef CONFIG_DEBUG
#include <primer/hash.h>
#include <primer/init.h>
#include <primer/panic.h>
#include <primer/percpu.h>
#include <primer/printk.h>
#include <primer/sched.h>
#include <primer/smp.h>
#include <primer/spinlock.h>
#include <asm/tsc.h>

#include "lockdep_internals.h"

#define KERNEL_IMAGE	0xffffffff80000000UL	/* addresses from here on are static objects */

int debug_locks = 1;
const void *lock_planted;
const void *lock_unfair;

/* Depth of reports on this CPU. [owner CPU, interrupts off] */
static DEFINE_PER_CPU(int, recursion);

bool lockdep_recursion(void)		{ return this_cpu_read(recursion) != 0; }
void lockdep_recursion_enter(void)	{ this_cpu_inc(recursion); }
void lockdep_recursion_exit(void)	{ this_cpu_dec(recursion); }
void debug_locks_off(void)		{ WRITE_ONCE(debug_locks, 0); }

/* In a panic too: the CPUs that were stopped may have been stopped under graph_lock. */
static bool ignored(void)
{
	return unlikely(!READ_ONCE(debug_locks) || in_nmi() || lockdep_recursion() ||
			atomic_read(&panic_cpu) != PANIC_CPU_INVALID);
}

/* Now and then, as real bugs are. */
bool __lock_is_planted(void)
{
	static atomic_t calls;

	return (atomic_inc_return(&calls) & 31) == 0;
}

static u16 this_context(void)
{
	return (preempt_count() & (SOFTIRQ_OFFSET | HARDIRQ_MASK)) >> SOFTIRQ_SHIFT;
}

#define CONTEXT_HARDIRQ		(HARDIRQ_MASK >> SOFTIRQ_SHIFT)

static bool recursive_read(const struct held_lock *h)
{
	return (h->flags & LOCK_READ) && !(h->flags & LOCK_SLEEP) && h->context;
}

/* ---- usage ------------------------------------------------------------------------------------------------------- */

/* The bits that do not go together with @bit: the other direction, unless both read. */
static u8 exclusive(unsigned int bit)
{
	u8 mask = 1U << USAGE_BIT(USAGE_STATE(bit), 0, !USAGE_DIR(bit));

	if (!USAGE_READ(bit))
		mask |= 1U << USAGE_BIT(USAGE_STATE(bit), 1, !USAGE_DIR(bit));
	return mask;
}

/* @this's class was seen in a way that is new: judge it, against itself and its surroundings. */
static noinline void learn_usage(struct held_lock *this, unsigned int bit)
{
	struct lock_class *class = &lock_classes[this->class], *other = NULL;
	bool forwards = USAGE_DIR(bit) == USED_IN;
	u8 bad = exclusive(bit), own;
	struct lock_path path;

	graph_lock();
	if (class->usage & 1U << bit) {
		graph_unlock();
		return;
	}
	class->usage |= 1U << bit;
	class->usage_trace[bit] = save_lock_trace();
	own = class->usage & bad;
	if (!own)
		other = search(class, NULL, bad, forwards, &path);
	graph_unlock();

	if (own)
		report_usage(this, __builtin_ctz(own), bit);
	else if (other)
		report_irq_inversion(this, bit, &path, __builtin_ctz(other->usage & bad), forwards);
}

static __always_inline void mark(struct held_lock *h, unsigned int state, unsigned int dir)
{
	unsigned int bit = USAGE_BIT(state, !!(h->flags & LOCK_READ), dir);

	if (unlikely(!(READ_ONCE(lock_classes[h->class].usage) & 1U << bit)))
		learn_usage(h, bit);
}

/* @h is held, and this context could be interrupted by which kinds? */
static void mark_enabled(struct held_lock *h)
{
	mark(h, 0, ENABLED);
	if (!softirq_count())
		mark(h, 1, ENABLED);
}

static void mark_usage(struct task_struct *p, struct held_lock *h)
{
	/* A trylock in a handler does not wait for the task that it interrupted. */
	if (!(h->flags & LOCK_TRY)) {
		if (h->context & CONTEXT_HARDIRQ)
			mark(h, 0, USED_IN);
		else if (h->context)
			mark(h, 1, USED_IN);
	}
	if (h->irqs_off || (h->context & CONTEXT_HARDIRQ))
		return;
	/* This one and all below it in this context are held with interrupts on. */
	for (; h >= p->held_locks && h->context == this_context(); h--)
		mark_enabled(h);
}

/* ---- order ------------------------------------------------------------------------------------------------------- */

static void report_once(struct lock_class *class, void (*report)(const struct held_lock *, const struct held_lock *),
			const struct held_lock *next, const struct held_lock *held)
{
	if (class->reported)
		return;
	class->reported = true;
	report(next, held);
}

/* false: reported; the chain need not be looked at. */
static bool check_recursion(struct task_struct *p, const struct held_lock *next)
{
	for (const struct held_lock *h = next - 1; h >= p->held_locks; h--) {
		if (h->lock != next->lock && h->class != next->class)
			continue;
		/* A second reader in a handler is let in past waiting writers. */
		if ((h->flags & next->flags & LOCK_READ) && recursive_read(next) && h->context != next->context)
			continue;
		/* Of one class, but in a handler: the usage bits' affair. */
		if (h->lock != next->lock && h->context != next->context)
			continue;
		report_once(&lock_classes[next->class], report_recursion, next, h);
		return false;
	}
	return true;
}

/* The rules of the house: within this context. */
static void check_house(struct task_struct *p, const struct held_lock *next)
{
	if ((next->flags & LOCK_SLEEP) && next->context) {
		report_once(&lock_classes[next->class], report_wait_context, next, NULL);
		return;
	}
	for (const struct held_lock *h = next - 1; h >= p->held_locks && h->context == next->context; h--) {
		if ((next->flags & LOCK_SLEEP) && !(h->flags & LOCK_SLEEP)) {
			report_once(&lock_classes[next->class], report_wait_context, next, h);
			return;
		}
		if (!next->rank || !h->rank || h->rank < next->rank ||
		    (h->rank == next->rank && (next->flags & LOCK_NESTED)))
			continue;
		report_once(&lock_classes[next->class], report_rank, next, h);
		return;
	}
}

/* @held -> @next is new. A pair of states that it connects: something safe before, something unsafe behind. */
static bool find_bad_pair(struct lock_class *held, struct lock_class *next, unsigned int *bit1, struct lock_path *back,
			  unsigned int *bit2, struct lock_path *forth)
{
	u8 before = search_all(held, false), behind = search_all(next, true);

	for (unsigned int bit = 0; bit < NR_USAGE_BITS; bit++) {
		u8 bad = exclusive(bit) & behind;

		if (USAGE_DIR(bit) != USED_IN || !(before & 1U << bit) || !bad)
			continue;
		*bit1 = bit;
		*bit2 = __builtin_ctz(bad);
		return search(held, NULL, 1U << *bit1, false, back) && search(next, NULL, 1U << *bit2, true, forth);
	}
	return false;
}

/* Add the edge, unless it closes a circle. false: the tables are full. */
static bool learn_edge(struct held_lock *held, struct held_lock *next)
{
	struct lock_class *from = &lock_classes[held->class], *to = &lock_classes[next->class];
	unsigned int bit1 = 0, bit2 = 0;
	struct lock_path path, forth;
	bool circle, bad = false, room = true;

	if (from == to)
		return true;
	graph_lock();
	if (has_edge(from, to)) {
		graph_unlock();
		return true;
	}
	circle = search(to, from, 0, true, &path);
	if (!circle) {
		bad = find_bad_pair(from, to, &bit1, &path, &bit2, &forth);
		room = add_edge(from, to, save_lock_trace());
	}
	graph_unlock();

	if (circle)
		report_circle(next, held, &path);
	else if (bad)
		report_bad_irq_dependency(held, next, bit1, &path, bit2, &forth);
	return room;
}

/* The first lock of @next's context. */
static struct held_lock *chain_start(struct task_struct *p, struct held_lock *next)
{
	while (next > p->held_locks && next[-1].context == next->context)
		next--;
	return next;
}

static u64 chain_key(struct task_struct *p, const struct held_lock *h)
{
	u64 key = h > p->held_locks && h[-1].context == h->context ? h[-1].chain_key : h->context + 1UL;

	/* LOCK_NESTED is in it: it changes the judgement. */
	key = (key ^ (u64)h->class << 8 ^ (h->flags & (LOCK_READ | LOCK_NESTED | LOCK_TRY))) * 0x9e3779b97f4a7c15ULL;
	return key ^ key >> 29;
}

static noinline void learn_chain(struct task_struct *p, struct held_lock *next)
{
	struct held_lock *start = chain_start(p, next);
	bool room;

	graph_lock();
	if (chain_known(next->chain_key)) {
		graph_unlock();
		return;
	}
	room = add_chain(next->chain_key, start, (unsigned int)(next - start) + 1,
			 next->context & CONTEXT_HARDIRQ ? 2 : next->context ? 1 : 0);
	graph_unlock();

	check_house(p, next);
	if (!recursive_read(next)) {
		for (struct held_lock *h = next - 1; h >= start && room; h--) {
			room = learn_edge(h, next);
			if (!(h->flags & LOCK_TRY))
				break;
		}
	}
	if (!room)
		lockdep_full("the tables of chains or edges");
}

/*
 * Has another CPU taken @lock last? By a hash of its address, so that no lock needs a word for it; of two locks in one
 * place the older is forgotten, and its next taker does not count. Context: interrupts off.
 */
static bool was_elsewhere(const void *lock)
{
	static u64 taken[4096];			/* address << 8 | CPU */
	u64 now = (u64)lock << 8 | smp_processor_id(), *place = &taken[hash_64((u64)lock, 12)], old = READ_ONCE(*place);

	if (old != now)
		WRITE_ONCE(*place, now);
	return old != now && old >> 8 == now >> 8;
}

/* ---- the interface ----------------------------------------------------------------------------------------------- */

void lock_acquire(const void *lock, const char *name, unsigned int rank, unsigned int flags, unsigned long ip)
{
	struct task_struct *p = current;
	struct lock_class *class;
	unsigned long irqflags;
	struct held_lock *h;
	const void *key = name;

	if (ignored())
		return;
	local_irq_save(irqflags);
	if (!name || ((flags & LOCK_STATIC) && (unsigned long)lock >= KERNEL_IMAGE))
		key = lock;
	class = find_class(key, flags >> LOCK_SUBCLASS_SHIFT, name, rank, flags & LOCK_SLEEP);
	if (unlikely(!class || p->lockdep_depth >= MAX_LOCK_DEPTH)) {
		lockdep_full(class ? "a task's stack of held locks" : "the table of classes");
		goto out;
	}
	h = &p->held_locks[p->lockdep_depth];
	h->lock = lock;
	h->name = name;
	h->ip = ip ? ip : _RET_IP_;
	h->since = sched_clock();
	h->class = class_index(class);
	h->context = this_context();
	h->rank = (u8)rank;
	h->flags = (u8)flags;
	h->irqs_off = irqs_disabled_flags(irqflags);
	h->contended = false;
	h->chain_key = chain_key(p, h);
	mark_usage(p, h);
	if (!(flags & LOCK_TRY) && check_recursion(p, h) && unlikely(!chain_known(h->chain_key)))
		learn_chain(p, h);
	p->lockdep_depth++;
	h->bounced = was_elsewhere(lock);
	atomic_long_inc(&class->acquisitions);
	atomic_long_add(h->bounced, &class->acq_bounces);
out:
	local_irq_restore(irqflags);
}

/* @h or what is below it has changed: so have the chains from there up. */
static void renew_chain_keys(struct task_struct *p, struct held_lock *h)
{
	for (; h < &p->held_locks[p->lockdep_depth]; h++)
		h->chain_key = chain_key(p, h);
}

/* Usually the top one; locks may be released in any order. */
static struct held_lock *find_held(struct task_struct *p, const void *lock)
{
	for (unsigned int i = p->lockdep_depth; i--;)
		if (p->held_locks[i].lock == lock)
			return &p->held_locks[i];
	return NULL;
}

static void add_time(struct lock_time *time, long ns)
{
	long max = atomic_long_read(&time->max), min;

	atomic_long_add(ns, &time->sum);
	while (ns > max && !atomic_long_try_cmpxchg(&time->max, &max, ns))
		;
	min = atomic_long_read(&time->min);
	while ((!min || ns < min - 1) && !atomic_long_try_cmpxchg(&time->min, &min, ns + 1))
		;
}

void lock_release_named(const void *lock, const char *name, unsigned long ip)
{
	struct task_struct *p = current;
	struct lock_class *class;
	unsigned long irqflags;
	struct held_lock *h;

	if (ignored())
		return;
	local_irq_save(irqflags);
	h = find_held(p, lock);
	if (unlikely(!h)) {
		report_unlock_imbalance(lock, name ? name : "(unnamed)", ip ? ip : _RET_IP_);
		goto out;
	}
	if (!irqs_disabled_flags(irqflags) && h->context == this_context() && !(h->context & CONTEXT_HARDIRQ))
		mark_enabled(h);
	class = &lock_classes[h->class];
	add_time(&class->hold, (long)(sched_clock() - h->since));
	for (p->lockdep_depth--; h < &p->held_locks[p->lockdep_depth]; h++) {
		*h = h[1];
		h->chain_key = chain_key(p, h);
	}
out:
	local_irq_restore(irqflags);
}

void lock_contended(const void *lock)
{
	unsigned long irqflags;
	struct held_lock *h;

	if (ignored())
		return;
	local_irq_save(irqflags);
	h = find_held(current, lock);
	if (h) {
		h->contended = true;
		h->since = sched_clock();
		atomic_long_inc(&lock_classes[h->class].contentions);
		atomic_long_add(h->bounced, &lock_classes[h->class].con_bounces);
	}
	local_irq_restore(irqflags);
}

void lock_acquired(const void *lock)
{
	unsigned long irqflags;
	struct held_lock *h;

	if (ignored())
		return;
	local_irq_save(irqflags);
	h = find_held(current, lock);
	if (h && h->contended) {
		struct lock_class *class = &lock_classes[h->class];
		u64 now = sched_clock();

		add_time(&class->wait, (long)(now - h->since));
		h->since = now;
	}
	local_irq_restore(irqflags);
}

void lock_downgraded(const void *lock)
{
	unsigned long irqflags;
	struct held_lock *h;

	if (ignored())
		return;
	local_irq_save(irqflags);
	h = find_held(current, lock);
	if (h) {
		h->flags |= LOCK_READ;
		renew_chain_keys(current, h);
	}
	local_irq_restore(irqflags);
}

void lock_set_subclass(const void *lock, unsigned int subclass)
{
	const struct lock_class *old, *class;
	unsigned long irqflags;
	struct held_lock *h;

	if (ignored())
		return;
	local_irq_save(irqflags);
	h = find_held(current, lock);
	if (h && (old = &lock_classes[h->class])->subclass != subclass) {
		class = find_class(old->key, subclass, old->name, old->rank, old->flags);
		if (class) {
			h->class = class_index(class);
			h->flags = subclass ? h->flags | LOCK_NESTED : h->flags & ~LOCK_NESTED;
			renew_chain_keys(current, h);
		}
	}
	local_irq_restore(irqflags);
}

int lock_is_held_type(const void *lock, int read)
{
	unsigned long irqflags;
	struct held_lock *h;
	int held;

	if (in_nmi() || lockdep_recursion())
		return true;
	local_irq_save(irqflags);
	h = find_held(current, lock);
	held = h && (read < 0 || read == !!(h->flags & LOCK_READ));
	local_irq_restore(irqflags);
	return held;
}

bool lock_is_held(const void *lock)
{
	return lock_is_held_type(lock, -1);
}

void debug_check_no_locks_held(void)
{
	unsigned long irqflags;

	if (likely(!debug_locks || !current->lockdep_depth))
		return;
	local_irq_save(irqflags);
	report_exit_with_locks();
	local_irq_restore(irqflags);
}

void lockdep_sys_exit(void)
{
	unsigned long irqflags;

	if (likely(!debug_locks || !current->lockdep_depth))
		return;
	local_irq_save(irqflags);
	report_return_with_locks();
	current->lockdep_depth = 0;
	local_irq_restore(irqflags);
}

/* Reported at most once a second: what sleeps wrongly tends to do it in a loop. */
void __might_sleep(const char *file, int line)
{
	static DEFINE_RATELIMIT_STATE(rs, 1000000000ULL, 1);

	if (likely((preempt_count() == 0 && !irqs_disabled()) || system_state == SYSTEM_BOOTING ||
		   system_state > SYSTEM_RUNNING || oops_in_progress || lockdep_recursion()))
		return;
	if (!__ratelimit(&rs))
		return;
	lockdep_recursion_enter();
	lockdep_printk("BUG: sleeping function called from invalid context at %s:%d\n", file, line);
	lockdep_printk("in_atomic(): %d, irqs_disabled(): %d, preempt_count: %x, pid: %d, name: %s\n", in_atomic(),
		       irqs_disabled(), preempt_count(), current->pid, current->comm);
	debug_show_held_locks(current);
	dump_stack();
	lockdep_recursion_exit();
	add_taint(TAINT_WARN);
}

#endif
