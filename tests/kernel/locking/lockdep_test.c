/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/locking/lockdep_test.c - the judge is shown one crime of each kind, committed once, by one task at a
 * time: nothing ever hangs, and each time the report must come, with its title and both sides. DEBUG builds only.
 */
#ifdef CONFIG_DEBUG
#include <kunit/test.h>
#include <primer/completion.h>
#include <primer/hrtimer.h>
#include <primer/interrupt.h>
#include <primer/kthread.h>
#include <primer/lockdep.h>
#include <primer/mutex.h>
#include <primer/rwsem.h>
#include <primer/sched.h>
#include <primer/seq_buf.h>
#include <primer/slab.h>
#include <primer/sleep.h>
#include <primer/smp.h>
#include <primer/spinlock.h>
#include <primer/string.h>
#include <asm/tsc.h>

#include "../../../kernel/locking/lockdep_internals.h"

#define TEXT_SIZE	16384

static char *text;
static unsigned int task_locks;			/* held by the case's task before */

static int lockdep_init(struct kunit *test)
{
	text = kunit_kzalloc(test, TEXT_SIZE, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	if (!debug_locks)
		return -EINVAL;
	task_locks = current->lockdep_depth;
	lockdep_capture(text, TEXT_SIZE);
	return 0;
}

static void lockdep_exit(struct kunit *test)
{
	lockdep_capture(NULL, 0);
	if (current->lockdep_depth != task_locks)
		KUNIT_EXPECT_EQ(test, current->lockdep_depth, task_locks);
}

/* One report was made, and it has all of these words, in this order. */
static void expect(struct kunit *test, const char *const *words)
{
	const char *at = text;

	KUNIT_EXPECT_EQ(test, lockdep_capture(NULL, 0), 1U);
	for (; *words; words++) {
		const char *found = strstr(at, *words);

		KUNIT_EXPECT_NOT_NULL_MSG(test, found, "no \"%s\" in the rest of the report", *words);
		if (!found)
			return;
		at = found + strlen(*words);
	}
}
#define EXPECT_REPORT(test, ...)	expect(test, (const char *const []){ __VA_ARGS__, NULL })

static void no_report(struct kunit *test)
{
	KUNIT_EXPECT_EQ_MSG(test, lockdep_capture(text, TEXT_SIZE), 0U, "%s", text);
}

/* ---- order ------------------------------------------------------------------------------------------------------- */

static DEFINE_SPINLOCK(ab_a);
static DEFINE_SPINLOCK(ab_b);

static noinline void a_then_b(void)
{
	spin_lock(&ab_a);
	spin_lock(&ab_b);
	spin_unlock(&ab_b);
	spin_unlock(&ab_a);
}

static noinline void b_then_a(void)
{
	spin_lock(&ab_b);
	spin_lock(&ab_a);
	spin_unlock(&ab_a);
	spin_unlock(&ab_b);
}

static void ab_ba(struct kunit *test)
{
	a_then_b();
	a_then_b();
	no_report(test);
	b_then_a();
	EXPECT_REPORT(test, "WARNING: possible circular locking dependency detected", "is trying to acquire lock:", "(ab_a){",
		      "b_then_a", "but task is already holding lock:", "(ab_b){", "which lock already depends on the new lock.",
		      "the existing dependency chain (in reverse order) is:", "-> #1 (ab_b){", "a_then_b", "-> #0 (ab_a){",
		      "Possible unsafe locking scenario:", "CPU0                    CPU1", "lock(ab_b);", "lock(ab_a);",
		      "lock(ab_b);", "lock(ab_a);", "*** DEADLOCK ***", "1 lock held by", "stack backtrace:", "b_then_a");
	/* Once. */
	lockdep_capture(text, TEXT_SIZE);
	b_then_a();
	no_report(test);
}

static DEFINE_MUTEX(circle_a);
static DECLARE_RWSEM(circle_b);
static DEFINE_MUTEX(circle_d);

/* Sleeping locks, one for reading: the circle goes through all kinds. */
static noinline void first_pair(void)
{
	mutex_lock(&circle_a);
	down_read(&circle_b);
	up_read(&circle_b);
	mutex_unlock(&circle_a);
}

static noinline void second_pair(void)
{
	down_write(&circle_b);
	mutex_lock(&circle_d);
	mutex_unlock(&circle_d);
	up_write(&circle_b);
}

static noinline void third_pair(void)
{
	mutex_lock(&circle_d);
	mutex_lock(&circle_a);
	mutex_unlock(&circle_a);
	mutex_unlock(&circle_d);
}

static void three_locks(struct kunit *test)
{
	first_pair();
	second_pair();
	no_report(test);
	third_pair();
	EXPECT_REPORT(test, "possible circular locking dependency detected", "(circle_a){", "third_pair", "(circle_d){",
		      "-> #2 (circle_d){", "second_pair", "-> #1 (circle_b){", "first_pair", "-> #0 (circle_a){", "Chain exists of:",
		      "circle_a --> circle_b --> circle_d", "*** DEADLOCK ***", "third_pair");
}

/* A trylock does not wait: no order follows from it. */
static DEFINE_SPINLOCK(try_a);
static DEFINE_SPINLOCK(try_b);

static void a_trylock_makes_no_order(struct kunit *test)
{
	spin_lock(&try_a);
	spin_lock(&try_b);
	spin_unlock(&try_b);
	spin_unlock(&try_a);
	spin_lock(&try_b);
	if (spin_trylock(&try_a))
		spin_unlock(&try_a);
	spin_unlock(&try_b);
	no_report(test);
}

/* ---- recursion --------------------------------------------------------------------------------------------------- */

static DEFINE_MUTEX(again);

static noinline void lock_it_twice(void)
{
	mutex_lock(&again);
	/* A pending signal ends the wait for ourselves. */
	set_tsk_thread_flag(current, TIF_SIGPENDING);
	if (!mutex_lock_interruptible(&again))
		mutex_unlock(&again);
	clear_tsk_thread_flag(current, TIF_SIGPENDING);
	mutex_unlock(&again);
}

static void a_recursive_mutex(struct kunit *test)
{
	lock_it_twice();
	EXPECT_REPORT(test, "WARNING: possible recursive locking detected", "is trying to acquire lock:", "(again){",
		      "lock_it_twice", "but task is already holding lock:", "(again){", "lock_it_twice", "lock(again);",
		      "lock(again);", "*** DEADLOCK ***", "stack backtrace:", "lock_it_twice");
}

struct node {
	spinlock_t lock;
};

static void init_node(struct node *n)
{
	spin_lock_init(&n->lock);
}

static void two_of_a_class(struct kunit *test)
{
	struct node *n = kunit_kzalloc(test, 3 * sizeof(*n), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, n);
	for (int i = 0; i < 3; i++)
		init_node(&n[i]);
	spin_lock(&n[0].lock);
	spin_lock_nested(&n[1].lock, SINGLE_DEPTH_NESTING);
	spin_unlock(&n[1].lock);
	spin_unlock(&n[0].lock);
	no_report(test);
	spin_lock(&n[0].lock);
	spin_lock(&n[1].lock);
	spin_unlock(&n[1].lock);
	spin_unlock(&n[0].lock);
	EXPECT_REPORT(test, "possible recursive locking detected", "(&n->lock){", "(&n->lock){", "*** DEADLOCK ***");

	/* Hand over hand: the inner one becomes the outer one. */
	spin_lock(&n[0].lock);
	spin_lock_nested(&n[1].lock, SINGLE_DEPTH_NESTING);
	spin_unlock(&n[0].lock);
	lock_set_subclass(&n[1].lock, 0);
	spin_lock_nested(&n[2].lock, SINGLE_DEPTH_NESTING);
	spin_unlock(&n[1].lock);
	spin_unlock(&n[2].lock);
	no_report(test);
	spin_lock(&n[0].lock);
	spin_lock_nested(&n[1].lock, SINGLE_DEPTH_NESTING);
	spin_lock_nested(&n[2].lock, SINGLE_DEPTH_NESTING);
	spin_unlock(&n[2].lock);
	spin_unlock(&n[1].lock);
	spin_unlock(&n[0].lock);
	EXPECT_REPORT(test, "possible recursive locking detected", "(&n->lock/1){", "(&n->lock/1){", "*** DEADLOCK ***");
}

/* ---- interrupts -------------------------------------------------------------------------------------------------- */

static DEFINE_SPINLOCK(unsafe_lock);
static DEFINE_SPINLOCK(soft_a);
static DEFINE_SPINLOCK(soft_b);
static spinlock_t *handler_takes;
static bool handled;

static noinline enum hrtimer_restart take_in_handler(struct hrtimer *timer)
{
	spin_lock(handler_takes);
	spin_unlock(handler_takes);
	WRITE_ONCE(handled, true);
	return HRTIMER_NORESTART;
}

/* Take @lock in an interrupt of this CPU, on top of this task: so that the report is its own. */
static void take_in_interrupt(struct kunit *test, spinlock_t *lock, bool hard)
{
	enum hrtimer_mode mode = HRTIMER_MODE_REL_PINNED | (hard ? HRTIMER_MODE_HARD : HRTIMER_MODE_SOFT);
	struct hrtimer timer;

	handler_takes = lock;
	WRITE_ONCE(handled, false);
	hrtimer_init(&timer, CLOCK_MONOTONIC, mode);
	timer.function = take_in_handler;
	for (int try = 0; try < 50 && !READ_ONCE(handled); try++) {
		u64 end;

		/* While ksoftirqd sleeps and preemption is off, the softirq comes on top of us. */
		preempt_disable();
		while (READ_ONCE(this_cpu_read(ksoftirqd)->state) == TASK_RUNNING) {
			preempt_enable();
			yield();
			preempt_disable();
		}
		end = sched_clock() + 100 * NSEC_PER_MSEC;
		hrtimer_start(&timer, 100000, mode);
		while (!READ_ONCE(handled) && sched_clock() < end)
			cpu_relax();
		/* A softirq that took long has woken it meanwhile: it must not find the timer. */
		hrtimer_cancel(&timer);
		preempt_enable();
	}
	KUNIT_EXPECT_TRUE(test, handled);
}

static noinline void with_interrupts_on(spinlock_t *lock)
{
	spin_lock(lock);
	spin_unlock(lock);
}

static void hardirq_unsafe(struct kunit *test)
{
	with_interrupts_on(&unsafe_lock);
	no_report(test);
	take_in_interrupt(test, &unsafe_lock, true);
	EXPECT_REPORT(test, "WARNING: inconsistent lock state", "inconsistent {HARDIRQ-ON-W} -> {IN-HARDIRQ-W} usage.",
		      "[HC1[1]:", "takes:", "(unsafe_lock){?", "take_in_handler", "{HARDIRQ-ON-W} state was registered at:",
		      "with_interrupts_on", "lock(unsafe_lock);", "<Interrupt>", "lock(unsafe_lock);", "*** DEADLOCK ***",
		      "stack backtrace:", "take_in_handler");
}

static noinline void b_inside_a(void)
{
	spin_lock_bh(&soft_a);
	spin_lock(&soft_b);
	spin_unlock(&soft_b);
	spin_unlock_bh(&soft_a);
}

static void softirq_inversion(struct kunit *test)
{
	take_in_interrupt(test, &soft_a, false);
	with_interrupts_on(&soft_b);
	no_report(test);
	b_inside_a();
	EXPECT_REPORT(test, "WARNING: SOFTIRQ-safe -> SOFTIRQ-unsafe lock order detected", "is trying to acquire lock:",
		      "(soft_b){", "b_inside_a", "and this task is already holding:", "(soft_a){", "b_inside_a",
		      "which would create a new lock dependency:", "(soft_a)", "-> (soft_b)",
		      "connects a SOFTIRQ-irq-safe lock:", "which became SOFTIRQ-irq-safe at:", "take_in_handler",
		      "to a SOFTIRQ-irq-unsafe lock:", "which became SOFTIRQ-irq-unsafe at:", "with_interrupts_on",
		      "Possible interrupt unsafe locking scenario:", "local_irq_disable();", "<Interrupt>", "*** DEADLOCK ***");
}

static DEFINE_SPINLOCK(late_a);
static DEFINE_SPINLOCK(late_b);

/* The order is known first; then the inner lock is held with interrupts on, or the outer one taken in an interrupt. */
static void irq_inversion(struct kunit *test)
{
	unsigned long flags;

	spin_lock_irqsave(&late_a, flags);
	spin_lock(&late_b);
	spin_unlock(&late_b);
	spin_unlock_irqrestore(&late_a, flags);
	with_interrupts_on(&late_b);
	no_report(test);
	take_in_interrupt(test, &late_a, true);
	EXPECT_REPORT(test, "WARNING: possible irq lock inversion dependency detected", "just changed the state of lock:",
		      "(late_a){", "take_in_handler", "but this lock took another, HARDIRQ-unsafe lock in the past:", "(late_b){",
		      "irq_inversion", "with_interrupts_on", "*** DEADLOCK ***");
}

/* ---- sleeping ---------------------------------------------------------------------------------------------------- */

static DEFINE_SPINLOCK(atomic_lock);
static DEFINE_MUTEX(sleeps);

static noinline void sleep_inside(void)
{
	spin_lock(&atomic_lock);
	mutex_lock(&sleeps);
	mutex_unlock(&sleeps);
	spin_unlock(&atomic_lock);
}

static void sleeping_under_a_spinlock(struct kunit *test)
{
	sleep_inside();
	EXPECT_REPORT(test, "BUG: sleeping function called from invalid context at kernel/sync/mutex.c:",
		      "in_atomic(): 1, irqs_disabled(): 0", "1 lock held by", "(atomic_lock){", "sleep_inside",
		      "[ BUG: Invalid wait context ]", "is trying to lock:", "(sleeps){", "}-{4:4}", "sleep_inside",
		      "(atomic_lock){", "}-{2:2}", "sleep_inside");
}

/* ---- owners ------------------------------------------------------------------------------------------------------ */

static struct mutex owned;
static struct completion stolen;

static noinline int unlock_by_another(void *arg)
{
	int reports;

	lockdep_capture(text, TEXT_SIZE);
	mutex_unlock(&owned);
	reports = (int)lockdep_capture(NULL, 0);
	complete(&stolen);
	return reports;
}

static void unlock_by_another_task(struct kunit *test)
{
	struct task_struct *p;
	int reports;

	mutex_init(&owned);
	mutex_lock(&owned);
	p = kthread_create(unlock_by_another, NULL, "thief");
	KUNIT_ASSERT_FALSE(test, IS_ERR(p));
	get_task_struct(p);
	init_completion(&stolen);
	wake_up_process(p);
	KUNIT_EXPECT_GT(test, wait_for_completion_timeout(&stolen, 30 * HZ), 0UL);
	reports = kthread_stop(p);
	put_task_struct(p);
	KUNIT_EXPECT_EQ(test, reports, 1);
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "WARNING: bad unlock balance detected!"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "thief/"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "is trying to release lock (&owned) at:"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "but there are no more locks to release!"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "unlock_by_another"));
	KUNIT_EXPECT_TRUE_MSG(test, mutex_is_locked(&owned), "a mutex is let go by its owner only");
	mutex_unlock(&owned);
	KUNIT_EXPECT_FALSE(test, mutex_is_locked(&owned));
}

/* ---- the list ---------------------------------------------------------------------------------------------------- */

static DEFINE_SPINLOCK(upper, LOCK_RANK_INODE_LOCK);
static DEFINE_SPINLOCK(lower, LOCK_RANK_PTL);

static void against_the_list(struct kunit *test)
{
	spin_lock(&upper);
	spin_lock(&lower);
	spin_unlock(&lower);
	spin_unlock(&upper);
	no_report(test);
	/* Of two other locks, so that no circle is closed: the list alone forbids it. */
	spin_lock(&lower);
	spin_lock(&ab_a);
	spin_unlock(&ab_a);
	spin_unlock(&lower);
	no_report(test);
}

static DEFINE_SPINLOCK(high, LOCK_RANK_INODE_LOCK);
static DEFINE_SPINLOCK(low, LOCK_RANK_PTL);

static noinline void upwards(void)
{
	spin_lock(&low);
	spin_lock(&high);
	spin_unlock(&high);
	spin_unlock(&low);
}

static void out_of_rank(struct kunit *test)
{
	upwards();
	EXPECT_REPORT(test, "lock taken out of rank order", "is trying to acquire lock:", "(high){", "upwards",
		      "but task is already holding lock:", "(low){", "upwards", "docs/locking.md", "stack backtrace:", "upwards");
}

/* ---- what is remembered ------------------------------------------------------------------------------------------ */

static void show(struct kunit *test, void (*fn)(struct seq_buf *), const char *words)
{
	size_t size = 1 << 20;
	char *buf = kmalloc(size, GFP_KERNEL);
	struct seq_buf s;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	seq_buf_init(&s, buf, size);
	fn(&s);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(seq_buf_str(&s), words), "no \"%s\"", words);
	KUNIT_EXPECT_FALSE(test, seq_buf_has_overflowed(&s));
	kfree(buf);
}

static void proc_texts(struct kunit *test)
{
	show(test, lockdep_show, "ab_a\n -> [");
	show(test, lockdep_chains_show, "irq_context: hardirq\n");
	show(test, lockdep_stats_show, "direct dependencies:");
	show(test, lock_stat_show, "rq->lock");
}

/* A class that can be counted is complete: a thread on another CPU looks at the last one while new ones are made. */
static int look_at_the_last_class(void *torn)
{
	while (!kthread_should_stop()) {
		unsigned int n = smp_load_acquire(&nr_lock_classes);

		if (!READ_ONCE(lock_classes[n - 1].name) || !READ_ONCE(lock_classes[n - 1].key))
			WRITE_ONCE(*(unsigned int *)torn, *(unsigned int *)torn + 1);
		cpu_relax();
	}
	return 0;
}

static void classes_are_whole(struct kunit *test)
{
	static char keys[16];
	unsigned int cpu = cpumask_next(raw_smp_processor_id(), cpu_online_mask), torn = 0;
	struct task_struct *p;
	unsigned long flags;

	if (num_online_cpus() < 2) {
		kunit_skip(test, "needs 2 CPUs");
		return;
	}
	p = kthread_create(look_at_the_last_class, &torn, "lockdep-test");
	KUNIT_ASSERT_FALSE(test, IS_ERR(p));
	kthread_bind(p, cpu < nr_cpu_ids ? cpu : cpumask_first(cpu_online_mask));
	wake_up_process(p);
	msleep(20);
	for (unsigned int i = 0; i < ARRAY_SIZE(keys) * 8; i++) {
		local_irq_save(flags);
		KUNIT_EXPECT_NOT_NULL(test, find_class(&keys[i / 8], i % 8, "test_key", 0, 0));
		local_irq_restore(flags);
		udelay(20);
	}
	kthread_stop(p);
	KUNIT_EXPECT_EQ(test, torn, 0U);
}

static void held_is_known(struct kunit *test)
{
	static DECLARE_RWSEM(sem);

	KUNIT_EXPECT_FALSE(test, lock_is_held(&sem));
	down_read(&sem);
	KUNIT_EXPECT_TRUE(test, lock_is_held_type(&sem, 1));
	KUNIT_EXPECT_FALSE(test, lock_is_held_type(&sem, 0));
	up_read(&sem);
	down_write(&sem);
	KUNIT_EXPECT_TRUE(test, lock_is_held_type(&sem, 0));
	downgrade_write(&sem);
	KUNIT_EXPECT_TRUE(test, lock_is_held_type(&sem, 1));
	up_read(&sem);
	KUNIT_EXPECT_FALSE(test, lock_is_held(&sem));
	no_report(test);
}

static struct kunit_case lockdep_cases[] = {
	KUNIT_CASE_NAMED(ab_ba, "A inside B after B inside A is a circle, seen in one run"),
	KUNIT_CASE_NAMED(three_locks, "a circle of three is reported with the stacks of all three edges"),
	KUNIT_CASE_NAMED(a_trylock_makes_no_order, "a trylock makes no order"),
	KUNIT_CASE_NAMED(a_recursive_mutex, "a mutex taken twice is reported before it waits for itself"),
	KUNIT_CASE_NAMED(two_of_a_class, "two locks of one class need a nested form"),
	KUNIT_CASE_NAMED(hardirq_unsafe, "a lock held with interrupts on must not be taken in one"),
	KUNIT_CASE_NAMED(softirq_inversion, "a softirq's lock must not have one inside that is held with softirqs on"),
	KUNIT_CASE_NAMED(irq_inversion, "an interrupt's lock must not have had an unsafe one inside"),
	KUNIT_CASE_NAMED(sleeping_under_a_spinlock, "what sleeps under a spinlock is reported twice: as call, as lock"),
	KUNIT_CASE_NAMED(unlock_by_another_task, "a mutex is let go by its owner, and another's try is reported"),
	KUNIT_CASE_NAMED(against_the_list, "an order that the list of ranks allows is no report"),
	KUNIT_CASE_NAMED(out_of_rank, "an order against docs/locking.md is reported at its first use"),
	KUNIT_CASE_NAMED(held_is_known, "a holder's lock is known to be held, and how"),
	KUNIT_CASE_NAMED(classes_are_whole, "a class that others can see has its name"),
	KUNIT_CASE_NAMED(proc_texts, "the texts of /proc show classes, edges, chains and waits"),
	{}
};
static struct kunit_suite lockdep_suite = {
	.name = "lockdep", .init = lockdep_init, .exit = lockdep_exit, .test_cases = lockdep_cases,
};
kunit_test_suite(lockdep_suite);
#endif
