/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/rcu/stall.c - a grace period that does not end: who holds it up?
 *
 * A CPU that loops with preemption off, or with interrupts off, is in a read-side section for ever. Nothing crashes; memory is just
 * never freed, and whoever waits in synchronize_rcu() waits. So a grace period that has lasted rcu_cpu_stall_timeout seconds is reported
 * with the CPUs that it waits for and where each of them is. Who notices:
 *
 *	the CPU itself		its tick still comes: "self-detected stall", with what the tick interrupted
 *	another CPU's tick	if that waits as well
 *	rcu_sched		at its next look, when all others idle or do not answer
 *
 * Whoever comes first takes the report, by exchanging jiffies_stall, and puts it three times as far off as before for the next one.
 *
 * An expedited grace period has no thread: who waits in synchronize_rcu_expedited(), with all who come later behind it, reports for itself,
 * after the same time and again each time three times as much has passed.
 *
 * Where a CPU is that does not take interrupts, an NMI finds out: kernel/debug lends that.
 *
 * Locking: none. The stalled CPU may hold any lock, so the nodes are only looked at: a CPU that reports at that moment
 * may still be named. Context: the tick, or rcu_sched.
 *
 * The lines are Linux's (kernel/rcu/tree_stall.h): tools and people look for them. It also says when rcu_sched itself
 * gets no CPU.
 */
#define pr_fmt(fmt) "rcu: " fmt

#include <primer/init.h>
#include <primer/jiffies.h>
#include <primer/kdebug.h>
#include <primer/kernel_stat.h>
#include <primer/kstrtox.h>
#include <primer/panic.h>
#include <primer/printk.h>
#include <primer/sched.h>
#include <primer/smp.h>
#include <primer/stacktrace.h>
#include <asm/hardirq.h>

#include "internal.h"

#define STALL_TIMEOUT_MIN	3
#define STALL_TIMEOUT_MAX	300

int rcu_cpu_stall_timeout __read_mostly = 21;
int rcu_cpu_stall_suppress __read_mostly;
int sysctl_panic_on_rcu_stall __read_mostly;

static void no_backtrace(unsigned int cpu)	{ }
void (*rcu_cpu_backtrace_hook)(unsigned int cpu) __ro_after_init = no_backtrace;

static int __init stall_timeout_setup(char *val)
{
	int seconds;

	if (kstrtoint(val, 10, &seconds))
		return 0;
	rcu_cpu_stall_timeout = clamp_t(int, seconds, STALL_TIMEOUT_MIN, STALL_TIMEOUT_MAX);
	return 1;
}
__setup("rcupdate.rcu_cpu_stall_timeout=", stall_timeout_setup);

static int __init stall_suppress_setup(char *val)
{
	return !kstrtoint(val, 10, &rcu_cpu_stall_suppress);
}
__setup("rcupdate.rcu_cpu_stall_suppress=", stall_suppress_setup);

unsigned long rcu_jiffies_till_stall_check(void)
{
	return (unsigned long)READ_ONCE(rcu_cpu_stall_timeout) * HZ;
}

void rcu_stall_gp_begins(void)
{
	WRITE_ONCE(rcu_state.jiffies_stall, jiffies + rcu_jiffies_till_stall_check());
}

/* One line for a CPU: how many ticks it had since it heard of the grace period, and its state. */
static void print_cpu(unsigned int cpu)
{
	const struct rcu_data *rdp = per_cpu_ptr(&rcu_data, cpu);

	pr_err("\t%u-%c%c..: (%lu ticks this GP) idle=%03x softirq=%u fqs=%lu\n", cpu, cpu_online(cpu) ? '.' : 'O',
	       rdp->mynode->qsmaskinit & rdp->grpmask ? '.' : 'o', READ_ONCE(rdp->ticks_this_gp),
	       (unsigned int)atomic_read(&rdp->dynticks) & 0xfff, kstat_softirqs_cpu(RCU_SOFTIRQ, cpu),
	       READ_ONCE(rcu_state.n_force_qs_gp));
}

/* Those that are waited for, one line each; then each with its stack. @self: the tick of this CPU says it, about this CPU. */
static void report(bool self)
{
	unsigned long age = jiffies - READ_ONCE(rcu_state.gp_start), queued = 0;
	struct rcu_node *leaf;
	unsigned int cpu;
	u64 stalled = 0;

	pr_err("INFO: rcu_sched %s\n", self ? "self-detected stall on CPU" : "detected stalls on CPUs/tasks:");
	rcu_for_each_leaf(leaf)
		stalled |= READ_ONCE(leaf->qsmask) << leaf->grplo;
	for (u64 rest = stalled; rest; rest &= rest - 1)
		print_cpu((unsigned int)__builtin_ctzll(rest));
	for_each_possible_cpu(cpu)
		queued += rcu_n_cbs(cpu);
	if (self)
		pr_err("\t(t=%lu jiffies g=%ld q=%lu)\n", age, (long)rcu_state.gp_seq, queued);
	else
		pr_err("\t(detected by %d, t=%lu jiffies, g=%ld, q=%lu)\n", raw_smp_processor_id(), age, (long)rcu_state.gp_seq,
		       queued);
	if (!stalled)
		pr_err("INFO: Stall ended before state dump start\n");
	for (u64 rest = stalled; rest; rest &= rest - 1) {
		cpu = (unsigned int)__builtin_ctzll(rest);
		if (cpu == (unsigned int)raw_smp_processor_id() && get_irq_regs()) {
			pr_warn("NMI backtrace for cpu %u\n", cpu);
			show_regs(get_irq_regs());
		} else {
			rcu_cpu_backtrace_hook(cpu);
		}
	}
	if (sysctl_panic_on_rcu_stall)
		panic("RCU Stall\n");
}

/* Is it time, and nobody else's turn? */
static bool take_report(void)
{
	unsigned long when = READ_ONCE(rcu_state.jiffies_stall), next;

	if (likely(time_before(jiffies, when)) || rcu_cpu_stall_suppress)
		return false;
	next = jiffies + 3 * rcu_jiffies_till_stall_check() + 3;
	return cmpxchg(&rcu_state.jiffies_stall, when, next) == when && rcu_seq_running(READ_ONCE(rcu_state.gp_seq));
}

void rcu_check_stall_tick(struct rcu_data *rdp)
{
	if (READ_ONCE(rdp->mynode->qsmask) & rdp->grpmask && take_report())
		report(true);
}

void rcu_check_stall_gp(void)
{
	if (!rcu_gp_done() && take_report())
		report(false);
}

void rcu_exp_stall(u64 missing, unsigned long age, unsigned long seq)
{
	unsigned long leaves = 0;

	if (!missing || rcu_cpu_stall_suppress)
		return;
	pr_err("INFO: rcu_sched detected expedited stalls on CPUs/tasks: {");
	for (u64 rest = missing; rest; rest &= rest - 1) {
		unsigned int cpu = (unsigned int)__builtin_ctzll(rest);
		const struct rcu_data *rdp = per_cpu_ptr(&rcu_data, cpu);

		pr_cont(" %u-%c%c.", cpu, cpu_online(cpu) ? '.' : 'O', rdp->mynode->qsmaskinit & rdp->grpmask ? '.' : 'o');
		leaves |= rdp->mynode->grpmask;
	}
	pr_cont(" } %lu jiffies s: %lu root: %#lx/.\n", age, seq, leaves);
	for (u64 rest = missing; rest; rest &= rest - 1)
		rcu_cpu_backtrace_hook((unsigned int)__builtin_ctzll(rest));
	if (sysctl_panic_on_rcu_stall)
		panic("RCU Stall\n");
}
