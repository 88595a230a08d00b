/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/x86/smp_test.c - several CPUs: calls of functions, flushes, wakeups, moving a running task.
 *
 * With one CPU the cases that need two are skipped. The test's own task stays on its CPU; threads are made for the others.
 */
#include <kunit/test.h>
#include <primer/atomic.h>
#include <primer/kthread.h>
#include <primer/mm.h>
#include <primer/mutex.h>
#include <primer/printk.h>
#include <primer/sched.h>
#include <primer/smp.h>
#include <primer/spinlock.h>
#include <primer/stop_machine.h>
#include <primer/string.h>
#include <primer/vmalloc.h>
#include <asm/apic.h>
#include <asm/hardirq.h>
#include <asm/smp.h>
#include <asm/tsc.h>
#include <asm/msr.h>

#include "../../../kernel/init/init.h"

#define need_cpus(test, n) do { \
	if (num_online_cpus() < (n)) { \
		kunit_skip(test, "needs %d CPUs", (n)); \
		return; \
	} } while (0)

/* Wait, while others run, for at most a hundred seconds (a loaded host). */
#define soon(cond) ({ \
	u64 __end = sched_clock() + 100000000000ULL; \
	bool __is; \
	while (!(__is = (cond)) && sched_clock() < __end) \
		yield(); \
	__is; })

static int another_cpu(void)
{
	return cpumask_next(raw_smp_processor_id(), cpu_online_mask) < nr_cpu_ids ?
	       cpumask_next(raw_smp_processor_id(), cpu_online_mask) : cpumask_first(cpu_online_mask);
}

/* A thread that may run on @cpu only, started. */
static struct task_struct *thread_on(struct kunit *test, int cpu, int (*fn)(void *), void *arg)
{
	struct task_struct *p = kthread_create(fn, arg, "smp-test/%d", cpu);

	KUNIT_ASSERT_FALSE(test, IS_ERR(p));
	kthread_bind(p, cpu);
	get_task_struct(p);
	wake_up_process(p);
	return p;
}

static long stop_thread(struct task_struct *p)
{
	long ret = kthread_stop(p);

	put_task_struct(p);
	return ret;
}

/* ---- the CPUs ---------------------------------------------------------------------------------------------------- */

static void numbers_and_apics(struct kunit *test)
{
	unsigned int cpu;

	KUNIT_EXPECT_TRUE(test, cpumask_subset(cpu_active_mask, cpu_online_mask));
	KUNIT_EXPECT_TRUE(test, cpumask_subset(cpu_online_mask, cpu_present_mask));
	KUNIT_EXPECT_TRUE(test, cpumask_subset(cpu_present_mask, cpu_possible_mask));
	for_each_possible_cpu(cpu)
		KUNIT_EXPECT_EQ(test, apicid_to_cpu(cpu_physical_id(cpu)), (int)cpu);
	KUNIT_EXPECT_LT(test, apicid_to_cpu(BAD_APICID - 1), 0);
}

static void who_am_i(void *info)
{
	u32 *seen = info;

	seen[raw_smp_processor_id()] = cpuid_apicid() + 1;
	if (!irqs_disabled() || !in_irq())
		seen[NR_CPUS]++;
}

static void calls_arrive(struct kunit *test)
{
	u32 seen[NR_CPUS + 1] = { 0 };
	unsigned int cpu, n = 0;

	need_cpus(test, 2);
	for_each_online_cpu(cpu)
		if (cpu != (unsigned int)raw_smp_processor_id())
			KUNIT_EXPECT_EQ(test, smp_call_function_single(cpu, who_am_i, seen, 1), 0);
	for_each_online_cpu(cpu)
		if (cpu != (unsigned int)raw_smp_processor_id())
			KUNIT_EXPECT_EQ(test, seen[cpu], cpu_physical_id(cpu) + 1);
	KUNIT_EXPECT_EQ_MSG(test, seen[NR_CPUS], 0U, "in a hard interrupt, interrupts off");
	KUNIT_EXPECT_EQ(test, smp_call_function_single(nr_cpu_ids, who_am_i, seen, 1), -ENXIO);

	memset(seen, 0, sizeof(seen));
	smp_call_function(who_am_i, seen, 1);
	for_each_online_cpu(cpu)
		n += seen[cpu] != 0;
	KUNIT_EXPECT_EQ(test, n, num_online_cpus() - 1);
	KUNIT_EXPECT_EQ(test, seen[raw_smp_processor_id()], 0U);
	on_each_cpu(who_am_i, seen, 1);
	KUNIT_EXPECT_NE_MSG(test, seen[raw_smp_processor_id()], 0U, "on_each_cpu includes the caller");
}

/* ---- all at once --------------------------------------------------------------------------------------------------- */

#define CALLS	400		/* by each CPU; on a busy host each may take milliseconds */

static atomic_t served, finished;

static void serve(void *unused)		{ atomic_inc(&served); }

static int call_everybody(void *sent)
{
	for (int i = 0; i < CALLS; i++) {
		unsigned int cpu = i % nr_cpu_ids;

		if (i % 16 == 0) {
			preempt_disable();
			smp_call_function_many(cpu_online_mask, serve, NULL, i % 32 == 0);
			preempt_enable();
			atomic_add(num_online_cpus() - 1, (atomic_t *)sent);
		} else if (!smp_call_function_single(cpu, serve, NULL, i & 1)) {
			atomic_inc((atomic_t *)sent);
		}
	}
	atomic_inc(&finished);
	return 0;
}

static void no_call_is_lost(struct kunit *test)
{
	struct task_struct *p[NR_CPUS];
	atomic_t sent = ATOMIC_INIT(0);
	unsigned int cpu;

	need_cpus(test, 2);
	atomic_set(&served, 0);
	atomic_set(&finished, 0);
	for_each_online_cpu(cpu)
		p[cpu] = thread_on(test, cpu, call_everybody, &sent);
	KUNIT_EXPECT_TRUE(test, soon(atomic_read(&finished) == (int)num_online_cpus()));
	for_each_online_cpu(cpu)
		stop_thread(p[cpu]);
	smp_call_function(serve, NULL, 1);		/* behind all that were not waited for */
	atomic_add(num_online_cpus() - 1, &sent);
	KUNIT_EXPECT_GT(test, atomic_read(&sent), CALLS);
	KUNIT_EXPECT_EQ(test, atomic_read(&served), atomic_read(&sent));
}

static void linger(void *go)
{
	while (!READ_ONCE(*(int *)go))
		cpu_relax();
}

static void async_is_not_sent_twice(struct kunit *test)
{
	call_single_data_t slow, csd;
	int cpu = another_cpu(), go = 0;

	need_cpus(test, 2);
	atomic_set(&served, 0);
	slow = (call_single_data_t){ .func = linger, .info = &go };
	csd = (call_single_data_t){ .func = serve };
	KUNIT_EXPECT_EQ(test, smp_call_function_single_async(cpu, &slow), 0);
	/* The target is inside linger(), with interrupts off: this one must wait in the list. */
	KUNIT_EXPECT_EQ(test, smp_call_function_single_async(cpu, &csd), 0);
	KUNIT_EXPECT_EQ(test, smp_call_function_single_async(cpu, &csd), -EBUSY);
	KUNIT_EXPECT_EQ(test, atomic_read(&served), 0);
	WRITE_ONCE(go, 1);
	KUNIT_EXPECT_TRUE(test, soon(atomic_read(&served) == 1));
	KUNIT_EXPECT_TRUE(test, soon(!READ_ONCE(csd.flags)));
	KUNIT_EXPECT_EQ(test, smp_call_function_single_async(cpu, &csd), 0);
	KUNIT_EXPECT_TRUE(test, soon(atomic_read(&served) == 2));
	KUNIT_EXPECT_EQ(test, smp_call_function_single_async(nr_cpu_ids, &csd), -ENXIO);
}

/* ---- translations -------------------------------------------------------------------------------------------------- */

struct look {
	unsigned long *at, seen;
};

static void look_at(void *info)
{
	struct look *l = info;

	l->seen = READ_ONCE(*l->at);
}

/* The same address, another page: whoever has the old translation sees the old number. */
static void kernel_mappings_change_for_all(struct kunit *test)
{
	struct page *pages[2] = { alloc_page(GFP_KERNEL), alloc_page(GFP_KERNEL) };
	int cpu = another_cpu(), same = 0;
	unsigned long *last = NULL;

	need_cpus(test, 2);
	KUNIT_ASSERT_TRUE(test, pages[0] && pages[1]);
	for (unsigned long i = 0; i < 50; i++) {
		struct page *page = pages[i & 1];
		struct look l;

		*(unsigned long *)page_address(page) = i;
		l.at = vmap(&page, 1, VM_MAP, PAGE_KERNEL);
		KUNIT_ASSERT_TRUE(test, l.at != NULL);
		same += l.at == last;
		last = l.at;
		smp_call_function_single(cpu, look_at, &l, 1);
		KUNIT_EXPECT_EQ(test, l.seen, i);
		vunmap(l.at);
		vm_unmap_aliases();
	}
	KUNIT_EXPECT_GT_MSG(test, same, 10, "the same address was used again");
	__free_page(pages[0]);
	__free_page(pages[1]);
}

/* ---- locks, raced by real CPUs ------------------------------------------------------------------------------------- */

#define ROUNDS	5000

struct raced {
	spinlock_t spin;
	struct mutex mutex;
	long by_spin, by_mutex;
};

static int race_locks(void *arg)
{
	struct raced *r = arg;

	for (int i = 0; i < ROUNDS; i++) {
		spin_lock(&r->spin);
		r->by_spin++;
		spin_unlock(&r->spin);
		if (i % 8)
			continue;
		mutex_lock(&r->mutex);
		r->by_mutex++;
		mutex_unlock(&r->mutex);
	}
	atomic_inc(&finished);
	return 0;
}

static void locks_exclude_other_cpus(struct kunit *test)
{
	struct task_struct *p[NR_CPUS];
	struct raced r = { 0 };
	unsigned int cpu;

	need_cpus(test, 2);
	spin_lock_init(&r.spin, LOCK_RANK_NONE);
	mutex_init(&r.mutex, LOCK_RANK_NONE);
	atomic_set(&finished, 0);
	for_each_online_cpu(cpu)
		p[cpu] = thread_on(test, cpu, race_locks, &r);
	KUNIT_EXPECT_TRUE(test, soon(atomic_read(&finished) == (int)num_online_cpus()));
	for_each_online_cpu(cpu)
		stop_thread(p[cpu]);
	KUNIT_EXPECT_EQ(test, r.by_spin, (long)ROUNDS * num_online_cpus());
	KUNIT_EXPECT_EQ(test, r.by_mutex, (long)ROUNDS / 8 * num_online_cpus());
}

/* ---- tasks go where they may ---------------------------------------------------------------------------------------- */

static int run_until_stopped(void *unused)
{
	while (!kthread_should_stop())
		cpu_relax();
	return 0;
}

static int where_am_i(void *at)
{
	*(int *)at = raw_smp_processor_id();
	return !strncmp(current->comm, "migration/", 10) ? 7 : 0;
}

static void a_cpu_is_stopped(struct kunit *test)
{
	unsigned int cpu;
	int at = -1;

	for_each_online_cpu(cpu) {
		KUNIT_EXPECT_EQ(test, stop_one_cpu(cpu, where_am_i, &at), 7);
		KUNIT_EXPECT_EQ(test, at, (int)cpu);
	}
}

static void a_running_task_is_moved(struct kunit *test)
{
	struct task_struct *p = kthread_create(run_until_stopped, NULL, "moved");
	int a = raw_smp_processor_id(), b = another_cpu();

	need_cpus(test, 2);
	KUNIT_ASSERT_FALSE(test, IS_ERR(p));
	get_task_struct(p);
	set_cpus_allowed_ptr(p, cpumask_of(b));
	wake_up_process(p);
	KUNIT_EXPECT_TRUE(test, soon(task_curr(p)));
	for (int i = 0; i < 50; i++) {
		int to = i & 1 ? b : a;

		KUNIT_EXPECT_EQ(test, set_cpus_allowed_ptr(p, cpumask_of(to)), 0);
		KUNIT_EXPECT_EQ_MSG(test, (int)task_cpu(p), to, "when the call returns it is there");
	}
	KUNIT_EXPECT_EQ(test, set_cpus_allowed_ptr(p, &CPU_MASK_NONE), -EINVAL);
	stop_thread(p);
}

/* Two that only want to run are on one CPU and may go elsewhere: an idle CPU takes one of them. */
static void an_idle_cpu_helps(struct kunit *test)
{
	struct task_struct *p[2];
	int b = another_cpu();
	cpumask_t wide = *cpu_online_mask;

	need_cpus(test, 3);
	wide.bits[0] &= ~(1UL << raw_smp_processor_id());
	for (int i = 0; i < 2; i++) {
		p[i] = kthread_create(run_until_stopped, NULL, "hog/%d", i);
		KUNIT_ASSERT_FALSE(test, IS_ERR(p[i]));
		get_task_struct(p[i]);
		set_cpus_allowed_ptr(p[i], cpumask_of(b));
		wake_up_process(p[i]);
	}
	KUNIT_EXPECT_TRUE(test, soon(task_curr(p[0]) || task_curr(p[1])));
	KUNIT_EXPECT_EQ(test, task_cpu(p[0]), task_cpu(p[1]));
	for (int i = 0; i < 2; i++)
		set_cpus_allowed_ptr(p[i], &wide);
	for (int i = 0; i < 20; i++)		/* what idles looks again when it is woken for nothing */
		on_each_cpu(serve, NULL, 1);
	resched_cpu(cpumask_any_and(&wide, &(cpumask_t){ { ~(1UL << b) } }));
	KUNIT_EXPECT_TRUE(test, soon(task_curr(p[0]) && task_curr(p[1])));
	stop_thread(p[0]);
	stop_thread(p[1]);
}

/* ---- the mode of the local APIC ---------------------------------------------------------------------------------- */

static bool may_follow(u64 from, u64 to)
{
	const u64 mode = XAPIC_ENABLE | X2APIC_ENABLE;

	from &= mode;
	to &= mode;
	if (to == X2APIC_ENABLE)
		return false;					/* not a state */
	return from == to || from == XAPIC_ENABLE || (from ? !to : to == XAPIC_ENABLE);
}

/* SDM vol. 3, 10.12.5: what is not in its drawing is a general protection fault. */
static void apic_modes_change_step_by_step(struct kunit *test)
{
	const u64 modes[] = { 0, XAPIC_ENABLE, XAPIC_ENABLE | X2APIC_ENABLE };
	const u64 here = 0xfee00000, there = 0xfed00000;

	for (int from = 0; from < 3; from++) {
		for (int to = 1; to < 3; to++) {
			u64 base = there | MSR_IA32_APICBASE_BSP | modes[from], want = here | modes[to];
			int steps = 0;

			for (; (base ^ want) & (modes[2]) && steps < 4; steps++) {
				u64 next = apic_base_step(base, want);

				KUNIT_EXPECT_TRUE_MSG(test, may_follow(base, next), "%llx to %llx", base, next);
				base = next;
			}
			KUNIT_EXPECT_LE(test, steps, 2);
			KUNIT_EXPECT_EQ(test, base & modes[2], modes[to]);
			KUNIT_EXPECT_EQ(test, base & MSR_IA32_APICBASE_BSP, MSR_IA32_APICBASE_BSP);
			KUNIT_EXPECT_EQ(test, base & APICBASE_ADDR_MASK, from == to ? there : here);
		}
	}
	KUNIT_EXPECT_EQ(test, apic_base_step(there | XAPIC_ENABLE, here | XAPIC_ENABLE), here | XAPIC_ENABLE);
}

/* ---- what it costs ---------------------------------------------------------------------------------------------------- */

static void nothing(void *unused)	{ }

static void round_trip(struct kunit *test)
{
	unsigned int before = irq_stat_read(irq_call_count, another_cpu());
	int cpu = another_cpu(), n = 1000;
	u64 best = ~0ULL, start;

	need_cpus(test, 2);
	for (int i = 0; i < n; i++) {
		u64 t;

		start = rdtsc_ordered();
		smp_call_function_single(cpu, nothing, NULL, 1);
		t = rdtsc_ordered() - start;
		best = t < best ? t : best;
	}
	KUNIT_EXPECT_GE(test, irq_stat_read(irq_call_count, cpu) - before, (unsigned int)n);
	kunit_info(test, "IPI round trip: %llu ns at best\n", tsc_to_ns(best));
}

static struct kunit_case smp_cases[] = {
	KUNIT_CASE_NAMED(numbers_and_apics, "the sets of CPUs nest, and each CPU is found by its APIC's ID"),
	KUNIT_CASE_NAMED(calls_arrive, "a function runs on the CPUs that it was sent to, in a hard interrupt"),
	KUNIT_CASE_NAMED(no_call_is_lost, "all CPUs call all others at once: no call is lost or made twice"),
	KUNIT_CASE_NAMED(async_is_not_sent_twice, "a request that is on its way is not sent again"),
	KUNIT_CASE_NAMED(kernel_mappings_change_for_all, "a kernel address with another page behind it is seen so by other CPUs"),
	KUNIT_CASE_NAMED(locks_exclude_other_cpus, "spinlock and mutex exclude other CPUs"),
	KUNIT_CASE_NAMED(a_cpu_is_stopped, "stop_one_cpu runs in migration/N, on CPU N"),
	KUNIT_CASE_NAMED(a_running_task_is_moved, "a running task leaves a CPU that it may no longer use"),
	KUNIT_CASE_NAMED(an_idle_cpu_helps, "of two on one CPU, an idle CPU takes one"),
	KUNIT_CASE_NAMED(apic_modes_change_step_by_step, "an APIC comes into another mode by steps that are allowed"),
	KUNIT_CASE_NAMED(round_trip, "the round trip of a call is counted"),
	{}
};
static struct kunit_suite smp_suite = { .name = "smp", .test_cases = smp_cases };
kunit_test_suite(smp_suite);
