/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/rcu/rcu_test.c - the claims of kernel/rcu/, one at a time: the moves of the segmented list against a plain model, what is and
 * what is not waited for, order and completeness of callbacks, lists that are read while they change.
 *
 * With more than RCU_FANOUT CPUs (tests/test_rcu.py boots 20) a reader on the last CPU belongs to another leaf than the rest.
 */
#include <kunit/test.h>
#include <primer/completion.h>
#include <primer/interrupt.h>
#include <primer/jiffies.h>
#include <primer/kthread.h>
#include <primer/pid.h>
#include <primer/random.h>
#include <primer/rculist.h>
#include <primer/rcutree.h>
#include <primer/sched.h>
#include <primer/sched/task.h>
#include <primer/slab.h>
#include <primer/sleep.h>
#include <primer/smp.h>
#include <primer/string.h>
#include <primer/timer.h>
#include <asm/irqflags.h>
#include <asm/msr.h>
#include <asm/tsc.h>

#include "../../../kernel/rcu/cblist.h"
#include "../../../kernel/rcu/internal.h"
#include "probe.h"

/* ---- the segmented list ---------------------------------------------------------------------------------------------- */

struct numbered {
	struct rcu_head rcu;
	unsigned long nr, wait;			/* model: for which gp_seq; 0: not told; ~0: done */
};

#define MODEL	300

/* Whatever the moves: callbacks come out in the order in which they went in, and none before its grace period. */
static void the_segments_agree_with_a_model(struct kunit *test)
{
	struct numbered *n = kunit_kzalloc(test, sizeof(*n) * MODEL, GFP_KERNEL);
	struct rcu_cblist l = { .len = 0 };
	unsigned long in = 0, out = 0, gp_seq = 8, told = 12, random = 0x1234567;

	KUNIT_ASSERT_NOT_NULL(test, n);
	while (out < MODEL) {
		random = random * 6364136223846793005UL + 1442695040888963407UL;
		switch (random >> 60 & 3) {
		case 0:
			if (in == MODEL)
				break;
			n[in].nr = in;
			rcu_cblist_enqueue(&l, &n[in++].rcu);
			break;
		case 1:		/* told: everything that was not becomes due two steps ahead at most */
			told = max(told, gp_seq + 4 * (1 + (random >> 50 & 1)));
			if (rcu_cblist_accelerate(&l, told)) {
				for (unsigned long i = out; i < in; i++) {
					if (!n[i].wait)
						n[i].wait = told;
				}
			}
			break;
		case 2:
			gp_seq += 4;
			rcu_cblist_advance(&l, gp_seq);
			break;
		default: {
			unsigned long max = 1 + (random >> 40 & 7);
			struct rcu_segment taken;

			rcu_cblist_take(&l, &taken);
			KUNIT_ASSERT_FALSE(test, rcu_cblist_ready(&l));
			if (random >> 30 & 1)		/* more may come to be done before the rest is back */
				rcu_cblist_advance(&l, gp_seq += 4);
			for (; taken.head && max; taken.head = taken.head->next, max--) {
				struct numbered *x = container_of(taken.head, struct numbered, rcu);

				KUNIT_ASSERT_EQ(test, x->nr, out);
				KUNIT_ASSERT_NE(test, x->wait, 0UL);
				KUNIT_ASSERT_LE(test, x->wait, gp_seq);
				out++;
				l.len--;
			}
			rcu_cblist_put_back(&l, &taken);
		}
		}
	}
	KUNIT_EXPECT_EQ(test, l.len, 0UL);
	KUNIT_EXPECT_FALSE(test, rcu_cblist_pending(&l) || rcu_cblist_ready(&l));
}

/* ---- grace periods --------------------------------------------------------------------------------------------------- */

static void sleeping_waits_end_and_count(struct kunit *test)
{
	unsigned long cookie;
	u64 start, ns;
	bool passed;

	preempt_disable();	/* a reader: no grace period that begins now can end */
	cookie = get_state_synchronize_rcu();
	passed = poll_state_synchronize_rcu(cookie);
	preempt_enable();
	KUNIT_EXPECT_FALSE(test, passed);
	start = sched_clock();
	for (int i = 0; i < 10; i++)
		synchronize_rcu();
	ns = sched_clock() - start;
	kunit_info(test, "synchronize_rcu(): %llu us each, %u CPUs", ns / 10000, num_online_cpus());
	if (num_online_cpus() > 1)
		KUNIT_EXPECT_TRUE(test, poll_state_synchronize_rcu(cookie));
	start = sched_clock();
	for (int i = 0; i < 10; i++)
		synchronize_rcu_expedited();
	kunit_info(test, "synchronize_rcu_expedited(): %llu us each", (sched_clock() - start) / 10000);
}

struct slow_reader {
	struct completion inside;
	bool leave, left;
};

static int slow_reader(void *arg)
{
	struct slow_reader *r = arg;

	rcu_read_lock();
	complete(&r->inside);
	while (!READ_ONCE(r->leave))
		cpu_relax();
	WRITE_ONCE(r->left, true);
	rcu_read_unlock();
	return 0;
}

static void leave_later(struct timer_list *timer);
static struct slow_reader the_reader;
static DEFINE_TIMER(leave_timer, leave_later);

static void leave_later(struct timer_list *timer)
{
	WRITE_ONCE(the_reader.leave, true);
}

/* On return it is inside. */
static void start_slow_reader(struct kunit *test, unsigned int cpu)
{
	struct task_struct *p;

	the_reader.leave = the_reader.left = false;
	init_completion(&the_reader.inside);
	p = kthread_create_on_cpu(slow_reader, &the_reader, cpu, "slow_reader/%u");
	KUNIT_ASSERT_FALSE(test, IS_ERR(p));
	wake_up_process(p);
	wait_for_completion(&the_reader.inside);
}

static void waits_for_a_reader(struct kunit *test, void (*wait)(void))
{
	unsigned int other;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs 2 CPUs");
	preempt_disable();
	other = cpumask_next(smp_processor_id(), cpu_online_mask);
	if (other >= NR_CPUS)
		other = cpumask_first(cpu_online_mask);
	preempt_enable();
	start_slow_reader(test, other);
	mod_timer(&leave_timer, jiffies + 20);
	wait();
	KUNIT_EXPECT_TRUE_MSG(test, READ_ONCE(the_reader.left), "the wait ended while a reader was inside");
	WRITE_ONCE(the_reader.leave, true);
	del_timer_sync(&leave_timer);
}

static void synchronize_rcu_waits_for_readers(struct kunit *test)	{ waits_for_a_reader(test, synchronize_rcu); }
static void expedited_waits_for_readers(struct kunit *test)		{ waits_for_a_reader(test, synchronize_rcu_expedited); }

static void never_called(struct rcu_head *head)	{ }
static void waits_by_callback(void)
{
	static struct rcu_head head;

	call_rcu(&head, never_called);
	rcu_barrier();
}
static void rcu_barrier_waits_for_readers(struct kunit *test)		{ waits_for_a_reader(test, waits_by_callback); }

/*
 * A reader on the last CPU, which has another leaf than this one when there are enough. Three wait, each in its way. The
 * tree must come to stand at this reader alone, one bit in its leaf and that leaf's in the root, and nobody's wait may be
 * over. Then it leaves, and all three waits must end.
 */
#define LOOK_MS		10
#define LONGEST_MS	15000

struct waiter {
	void (*wait)(void);
	struct completion done;
	bool early;		/* it was done before the reader had left */
};

static int wait_once(void *arg)
{
	struct waiter *w = arg;

	w->wait();
	w->early = !READ_ONCE(the_reader.left);
	complete(&w->done);
	return 0;
}

static bool only_missing(const struct rcu_node *leaf, u64 mask)
{
	return READ_ONCE(leaf->qsmask) == mask && READ_ONCE(rcu_root->qsmask) == leaf->grpmask;
}

static void a_reader_of_the_last_leaf_is_waited_for(struct kunit *test)
{
	static void (*const waits[])(void) = { synchronize_rcu, synchronize_rcu_expedited, waits_by_callback };
	static struct waiter waiters[ARRAY_SIZE(waits)];
	unsigned int me = (unsigned int)raw_smp_processor_id(), last = 0, cpu, seen = 0;
	const struct rcu_data *rdp;
	struct task_struct *p;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs 2 CPUs");
	/* The last one of another leaf than ours; where there is one leaf, the last one. */
	for_each_online_cpu(cpu) {
		if (cpu != me && (per_cpu_ptr(&rcu_data, cpu)->mynode != per_cpu_ptr(&rcu_data, me)->mynode ||
				  per_cpu_ptr(&rcu_data, last)->mynode == per_cpu_ptr(&rcu_data, me)->mynode))
			last = cpu;
	}
	rdp = per_cpu_ptr(&rcu_data, last);
	start_slow_reader(test, last);
	for (unsigned int i = 0; i < ARRAY_SIZE(waiters); i++) {
		init_completion(&waiters[i].done);
		waiters[i].wait = waits[i];
		p = kthread_create_on_cpu(wait_once, &waiters[i], me, "waiter/%u");
		if (IS_ERR(p)) {
			WRITE_ONCE(the_reader.leave, true);
			KUNIT_FAIL(test, "no memory for a waiter");
			return;
		}
		wake_up_process(p);
	}
	/* One look may have found the end of an older grace period, which this reader does not hold up: three in a row. */
	for (int ms = 0; ms < LONGEST_MS && seen < 3; ms += LOOK_MS) {
		msleep(LOOK_MS);
		seen = only_missing(rdp->mynode, rdp->grpmask) ? seen + 1 : 0;
	}
	KUNIT_EXPECT_EQ_MSG(test, seen, 3U, "leaf %ld waits for %llx, the root for %llx", (long)(rdp->mynode - rcu_root - 1),
			    rdp->mynode->qsmask, rcu_root->qsmask);
	for (unsigned int i = 0; i < ARRAY_SIZE(waiters); i++)
		KUNIT_EXPECT_FALSE_MSG(test, completion_done(&waiters[i].done), "wait %u is over while the reader is inside", i);
	WRITE_ONCE(the_reader.leave, true);
	for (unsigned int i = 0; i < ARRAY_SIZE(waiters); i++) {
		wait_for_completion(&waiters[i].done);
		KUNIT_EXPECT_FALSE_MSG(test, waiters[i].early, "wait %u was over while the reader was inside", i);
	}
	kunit_info(test, "the reader stood on CPU %u, leaf %ld of %d; the others on CPU %u, leaf %ld", last,
		   (long)(rdp->mynode - rcu_root - 1), RCU_NR_LEAVES, me, (long)(per_cpu_ptr(&rcu_data, me)->mynode - rcu_root - 1));
}

/* ---- callbacks ------------------------------------------------------------------------------------------------------- */

#define CALLBACKS	1000

static unsigned long called, out_of_order;
static bool context_wrong;

static void called_in_order(struct rcu_head *head)
{
	struct numbered *n = container_of(head, struct numbered, rcu);

	out_of_order += n->nr != called++;
	context_wrong |= !in_serving_softirq() || irqs_disabled();
}

static void callbacks_come_in_order_in_a_softirq(struct kunit *test)
{
	struct numbered *n = kunit_kzalloc(test, sizeof(*n) * CALLBACKS, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, n);
	called = out_of_order = 0;
	context_wrong = false;
	preempt_disable();		/* all on one CPU */
	for (unsigned long i = 0; i < CALLBACKS; i++) {
		n[i].nr = i;
		call_rcu(&n[i].rcu, called_in_order);
	}
	KUNIT_EXPECT_EQ_MSG(test, READ_ONCE(called), 0UL, "called inside the section of who queued them");
	preempt_enable();
	rcu_barrier();
	KUNIT_EXPECT_EQ(test, called, (unsigned long)CALLBACKS);
	KUNIT_EXPECT_EQ(test, out_of_order, 0UL);
	KUNIT_EXPECT_FALSE(test, context_wrong);
}

static unsigned int chain_left;

static void queue_another(struct rcu_head *head)
{
	if (--chain_left)
		call_rcu(head, queue_another);
}

/* rcu_barrier() waits for what was queued before it, not for what those queue; so the chain needs as many as it has links. */
static void a_callback_may_queue_itself_again(struct kunit *test)
{
	static struct rcu_head head;

	chain_left = 5;
	call_rcu(&head, queue_another);
	for (int i = 0; i < 5; i++)
		rcu_barrier();
	KUNIT_EXPECT_EQ(test, READ_ONCE(chain_left), 0U);
}

struct freed {
	long before[5];
	struct rcu_head rcu;
	long after;
};

static void kfree_rcu_frees(struct kunit *test)
{
	unsigned long invoked;

	rcu_barrier();
	invoked = rcu_stats.invoked;
	for (int i = 0; i < 100; i++) {
		struct freed *p = kmalloc(sizeof(*p), GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, p);
		kfree_rcu(p, rcu);
	}
	kfree_rcu((struct freed *)NULL, rcu);
	rcu_barrier();
	KUNIT_EXPECT_GE(test, rcu_stats.invoked - invoked, 100UL);
}

/* An idle machine has no callbacks, so nobody keeps a tick for them; a CPU that has some, does. */
static void only_a_cpu_with_callbacks_needs_its_tick(struct kunit *test)
{
	static struct rcu_head head;
	bool before, after;
	int tries = 0;

	/* Somebody else may queue one between the barrier and the look. */
	do {
		rcu_barrier();
		local_irq_disable();
		before = rcu_needs_cpu();
		call_rcu(&head, never_called);
		after = rcu_needs_cpu();
		local_irq_enable();
		rcu_barrier();
	} while (before && ++tries < 100);
	KUNIT_EXPECT_FALSE(test, before);
	KUNIT_EXPECT_TRUE(test, after);
}

/* ---- idle ------------------------------------------------------------------------------------------------------------ */

#define IDLE_GPS	20
#define MAX_STRAY	5UL		/* messages to one CPU meanwhile that are somebody else's */

static struct task_struct *find_rcu_sched(void)
{
	struct task_struct *p, *found = NULL;

	read_lock(&tasklist_lock);
	list_for_each_entry(p, &kthreadd_task->children, sibling)
		if (!strcmp(p->comm, "rcu_sched"))
			found = p;
	read_unlock(&tasklist_lock);
	return found;
}

static unsigned int messages_to(unsigned int cpu)
{
	return irq_stat_read(irq_resched_count, cpu) + irq_stat_read(irq_call_count, cpu);
}

/*
 * Grace periods in which other CPUs idle: none of them is interrupted for it. The task that waits and the thread that
 * ends grace periods share a CPU meanwhile, so that no wakeup of theirs goes to another one.
 */
static void idle_cpus_are_not_woken(struct kunit *test)
{
	struct task_struct *gp_thread = find_rcu_sched();
	unsigned int before[NR_CPUS], cpu, me;
	unsigned long idle = 0, most = 0, all = 0;
	cpumask_t old;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs 2 CPUs");
	KUNIT_ASSERT_NOT_NULL(test, gp_thread);
	me = (unsigned int)raw_smp_processor_id();
	KUNIT_ASSERT_EQ(test, set_cpus_allowed_ptr(current, cpumask_of(me)), 0);
	old = gp_thread->cpus_mask;
	KUNIT_ASSERT_EQ(test, set_cpus_allowed_ptr(gp_thread, cpumask_of(me)), 0);
	/* Others have something to do now and then. Grace periods that wake idle CPUs do so in each round. */
	for (int round = 0; round < 5; round++) {
		msleep(20);		/* what the last case, or round, left to do */
		idle = rcu_stats.fqs_idle;
		most = all = 0;
		for_each_online_cpu(cpu)
			before[cpu] = messages_to(cpu);
		for (int i = 0; i < IDLE_GPS; i++)
			synchronize_rcu();
		idle = rcu_stats.fqs_idle - idle;
		for_each_online_cpu(cpu) {
			unsigned long n = messages_to(cpu) - before[cpu];

			if (cpu != me) {
				all += n;
				most = max(most, n);
			}
		}
		if (idle >= IDLE_GPS / 2 && most <= MAX_STRAY)
			break;
	}
	set_cpus_allowed_ptr(gp_thread, &old);
	kunit_info(test, "%lu reports on behalf of idle CPUs, %lu interrupts sent to the others", idle, all);
	KUNIT_EXPECT_GE(test, idle, IDLE_GPS / 2UL);
	KUNIT_EXPECT_LE(test, most, MAX_STRAY);
}

/* ---- lists ----------------------------------------------------------------------------------------------------------- */

struct entry {
	struct list_head list;
	struct hlist_node hash;
	int nr;
};

static void who_stands_on_a_removed_entry_walks_on(struct kunit *test)
{
	struct entry e[4] = { { .nr = 0 }, { .nr = 1 }, { .nr = 2 }, { .nr = 3 } }, *p;
	LIST_HEAD(head);
	HLIST_HEAD(hhead);
	int sum = 0;

	rcu_read_lock();
	KUNIT_EXPECT_NULL(test, list_first_or_null_rcu(&head, struct entry, list));
	for (int i = 0; i < 4; i++) {
		list_add_tail_rcu(&e[i].list, &head);
		hlist_add_head_rcu(&e[i].hash, &hhead);
	}
	list_for_each_entry_rcu(p, &head, list) {
		if (p->nr == 1)
			list_del_rcu(&p->list);
		sum = sum * 10 + p->nr;
	}
	KUNIT_EXPECT_EQ(test, sum, 123);
	sum = 0;
	list_for_each_entry_rcu(p, &head, list)
		sum = sum * 10 + p->nr;
	KUNIT_EXPECT_EQ(test, sum, 23);
	list_replace_rcu(&e[0].list, &e[1].list);
	sum = 0;
	list_for_each_entry_rcu(p, &head, list)
		sum = sum * 10 + p->nr;
	KUNIT_EXPECT_EQ(test, sum, 123);

	sum = 0;
	hlist_for_each_entry_rcu(p, &hhead, hash) {
		if (p->nr == 2)
			hlist_del_init_rcu(&p->hash);
		sum = sum * 10 + p->nr;
	}
	KUNIT_EXPECT_EQ(test, sum, 3210);
	KUNIT_EXPECT_TRUE(test, hlist_unhashed(&e[2].hash));
	sum = 0;
	hlist_for_each_entry_rcu(p, &hhead, hash)
		sum = sum * 10 + p->nr;
	KUNIT_EXPECT_EQ(test, sum, 310);
	rcu_read_unlock();
}

/* ---- cost ------------------------------------------------------------------------------------------------------------ */

static void what_it_costs(struct kunit *test)
{
	static struct rcu_head heads[100];
	u64 start, lock, call;

	rcu_read_pair_probe();
	local_irq_disable();
	start = rdtsc();
	for (int i = 0; i < 100; i++) {
		rcu_read_lock();
		rcu_read_unlock();
	}
	lock = rdtsc() - start;
	start = rdtsc();
	for (int i = 0; i < 100; i++)
		call_rcu(&heads[i], never_called);
	call = rdtsc() - start;
	local_irq_enable();
	rcu_barrier();
	kunit_info(test, "rcu_read_lock and unlock: %llu.%02llu TSC ticks; call_rcu: %llu.%02llu", lock / 100, lock % 100, call / 100,
		   call % 100);
}

static struct kunit_case rcu_cases[] = {
	KUNIT_CASE_NAMED(the_segments_agree_with_a_model, "C1 C2: callbacks leave the segments in order, none before its grace period"),
	KUNIT_CASE_NAMED(sleeping_waits_end_and_count, "synchronize_rcu() returns, and a cookie knows it"),
	KUNIT_CASE_NAMED(synchronize_rcu_waits_for_readers, "synchronize_rcu() waits for a reader on another CPU"),
	KUNIT_CASE_NAMED(expedited_waits_for_readers, "synchronize_rcu_expedited() waits for a reader on another CPU"),
	KUNIT_CASE_NAMED(rcu_barrier_waits_for_readers, "callbacks wait for a reader on another CPU"),
	KUNIT_CASE_NAMED(a_reader_of_the_last_leaf_is_waited_for, "a reader on a CPU of another leaf is waited for"),
	KUNIT_CASE_NAMED(callbacks_come_in_order_in_a_softirq, "callbacks of one CPU are called in order, in a softirq"),
	KUNIT_CASE_NAMED(a_callback_may_queue_itself_again, "a callback may queue itself again"),
	KUNIT_CASE_NAMED(kfree_rcu_frees, "kfree_rcu() frees what its head lies in"),
	KUNIT_CASE_NAMED(only_a_cpu_with_callbacks_needs_its_tick, "only a CPU with callbacks needs its tick"),
	KUNIT_CASE_NAMED(idle_cpus_are_not_woken, "idle CPUs are not woken for a grace period"),
	KUNIT_CASE_NAMED(who_stands_on_a_removed_entry_walks_on, "who stands on a removed entry walks on"),
	KUNIT_CASE_NAMED(what_it_costs, "what it costs"),
	{}
};

static struct kunit_suite rcu_suite = { .name = "rcu", .test_cases = rcu_cases };
kunit_test_suite(rcu_suite);
