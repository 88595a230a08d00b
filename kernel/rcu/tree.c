/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/rcu/tree.c - grace periods: when has every CPU been seen outside all read-side sections?
 *
 * The problem. A structure that is read a million times for each change (which task has number 1234, which file is descriptor 3, what is
 * below this directory) should cost its readers nothing: no lock, no atomic instruction, not one line of shared memory written. But then
 * nobody knows who is reading, and a changer that frees the old version may free it under a reader.
 *
 * The idea. Do not ask who reads; wait until everybody has stopped for a moment. A reader promises not to be preempted. So when a CPU
 * switches tasks, runs user code, or idles, no reader is under way on it. After each CPU has been in such a quiescent state once, every
 * reader that was under way at the beginning is gone; those who came later cannot have found the old version, it had been
 * taken out before. That span is a grace period.
 *
 *	          take out old version                                    free it
 *	updater ------+--------------------------------------------------------+----
 *	CPU 0     [ reader ]    [ reader ]   Q    [ reader ]                  |
 *	CPU 1        [   reader   ]        Q        [ reader ]                |
 *	CPU 2     ........... idle .......................                    |
 *	              |========================= grace period =================|	Q: context switch, tick in user mode
 *
 * Which flavour. Linux has two for a preemptible kernel: readers that may be preempted and count their nesting in the task (rcu_preempt),
 * and readers that disable preemption (rcu_sched). This is rcu_sched. Its reader is INC, DEC and a jump that is not taken, all on a word that
 * this CPU's cache holds anyway; rcu_preempt's needs `current` first, and at the end of the outermost section two tests. A reader
 * that cannot be preempted cannot hold up a grace period for seconds by being switched out, so there are no blocked readers to be listed in
 * the nodes, boosted, and searched for when one stalls. The price: a long reader delays whoever wants its CPU. Read-side sections here are
 * short (a hash bucket, a path component); long ones use SRCU. And every section with preemption, softirqs or interrupts off is a
 * reader for free.
 *
 * Who finds out. Each CPU counts its quiescent states in rcu_qs_ctr; the tick, on a CPU that works, sees that the count moved since the grace
 * period began and reports it. A CPU that idles has no tick and is not woken to be asked: it left a note when it went idle (idle.c),
 * and the grace-period thread reads that. A CPU that went idle just now, or whose tick always strikes in the wrong
 * moment, is found by the thread's next look (rcu_gp_force_qs).
 *
 * The tree. With 64 CPUs, one mask under one lock would be fought for by all at each grace period. So CPUs report to a leaf, 16 to
 * each, and only the last one of a leaf goes on to the root:
 *
 *	                         root   qsmask: leaves that are still waited for
 *	            /           |              |            \
 *	        leaf 0        leaf 1         leaf 2        leaf 3   qsmask: CPUs that are
 *	      CPU 0 ... 15   16 ... 31      32 ... 47     48 ... 63
 *
 * A grace period, turn by turn (the thread itself is kernel/kthread/rcu_gp.c)
 *
 *	call_rcu()		queue; nothing else
 *	tick -> RCU_SOFTIRQ	callbacks without a number: ask for a grace period; wake rcu_sched
 *	rcu_gp_init()		gp_seq + 1; every node: qsmask = its CPUs; idle ones are reported at once
 *	each CPU's tick		hears of it (rcu_note_gp_changes); at a later tick: passed a quiescent state, report
 *	rcu_gp_force_qs()	every other tick, if it takes that long: look for idle ones; at once, when callbacks come in a flood
 *	rcu_gp_cleanup()	gp_seq to the next multiple of 4
 *	tick -> RCU_SOFTIRQ	hears that it ended: callbacks WAIT -> DONE, called in batches
 *
 * Order. What is claimed: if a reader could see the old version, everything it does comes before the end of the grace period. Three
 * pairs of barriers carry it, all of the kind "each stores, then looks at the other's word", which needs full barriers on both sides:
 *
 *	updater: unlink old; smp_mb; read gp_seq (accelerate)	thread: gp_seq + 1; smp_mb; sample CPUs (rcu_gp_init)
 *	thread: (as above) sample rcu_qs_ctr			CPU: count; lock of the run queue; next task reads
 *	thread: (as above) sample dynticks			CPU: leaves idle: atomic add; interrupt's handler reads
 *
 * Either the sample has the count in it, so that only a later one counts; or the reader comes after the barrier and sees the new
 * version. And a CPU's report comes after its old readers' last access, because x86 keeps loads before later stores.
 *
 * Invariants
 *   G1  A leaf's qsmask loses a CPU only after that CPU was quiescent at some moment since its gp_seq became that of this grace period.
 *   G2  The root's qsmask is 0 exactly when those of all leaves are, except while a report is on its way up.
 *   G3  If gp_seq_needed of the root is ahead of gp_seq and no grace period runs, the thread is awake or about to be woken.
 *
 * Locking: a node's lock, interrupts off, leaf before root. The wakeup is done after both are dropped, because a softirq's lock
 * order must not include the scheduler's locks.
 *
 * Linux (kernel/rcu/tree.c, of Paul McKenney and others; "Is Parallel Programming Hard", chapter 9) has both flavours, CPU hotplug,
 * callbacks that are called by threads on other CPUs, and a tree of any depth.
 */
#include <primer/init.h>
#include <primer/interrupt.h>
#include <primer/jiffies.h>
#include <primer/kernel.h>
#include <primer/printk.h>
#include <primer/sched.h>
#include <primer/smp.h>
#include <primer/trace.h>
#include <asm/tsc.h>

#include "internal.h"

struct rcu_state rcu_state = { .gp_seq = -300UL & ~RCU_SEQ_STATE_MASK };	/* wraps early, so that it is known to work */
struct rcu_stats rcu_stats;
DEFINE_PER_CPU_ALIGNED(struct rcu_data, rcu_data);
DEFINE_PER_CPU(unsigned int, rcu_qs_ctr);

#ifdef CONFIG_DEBUG
bool rcu_break_early_gp;
#endif

static void wake_nobody(void)		{ }
void (*rcu_gp_kthread_wake_hook)(void) __ro_after_init = wake_nobody;

/* ---- asking for a grace period --------------------------------------------------------------------------------------- */

/* G3: asked for under the root's lock, under which rcu_gp_cleanup() looks whether it may go to sleep. */
bool rcu_start_this_gp(struct rcu_node *leaf, unsigned long gp_seq)
{
	bool wake = false;

	lockdep_assert_held(&leaf->lock);
	/* Most often somebody of this leaf has asked before: the root is not touched. */
	if ((long)(leaf->gp_seq_needed - gp_seq) >= 0)
		return false;
	leaf->gp_seq_needed = gp_seq;
	spin_lock_nested(&rcu_root->lock, 1);
	if ((long)(rcu_root->gp_seq_needed - gp_seq) < 0) {
		WRITE_ONCE(rcu_root->gp_seq_needed, gp_seq);
		wake = !rcu_seq_running(rcu_state.gp_seq);
		trace_rcu_grace_period(gp_seq, wake ? "Startedroot" : "Startleaf");
	}
	spin_unlock(&rcu_root->lock);
	return wake;
}

bool rcu_gp_wanted(void)
{
	return !rcu_seq_reached(READ_ONCE(rcu_state.gp_seq), READ_ONCE(rcu_root->gp_seq_needed));
}

/* ---- a CPU hears of grace periods ------------------------------------------------------------------------------------ */

bool rcu_note_gp_changes(struct rcu_node *leaf, struct rcu_data *rdp)
{
	unsigned long old = rdp->gp_seq, new = leaf->gp_seq;
	bool wake;

	lockdep_assert_held(&leaf->lock);
	if (old == new)
		return false;
	wake = rcu_advance_cbs(leaf, rdp);
	if (rcu_seq_running(new)) {
		/* It has begun; perhaps the thread has found out about this CPU already. */
		rdp->core_needs_qs = leaf->qsmask & rdp->grpmask;
		rdp->qs_snap = this_cpu_read(rcu_qs_ctr);
		rdp->ticks_this_gp = 0;
		trace_rcu_grace_period(new, "cpustart");
	} else {
		rdp->core_needs_qs = false;
		trace_rcu_grace_period(new, "cpuend");
	}
	rdp->gp_seq = new;
	return wake;
}

/* G1, G2. */
void rcu_report_qs(struct rcu_node *rnp, u64 mask, unsigned long gp_seq, unsigned long flags)
{
	bool last = false;

	lockdep_assert_held(&rnp->lock);
	for (;;) {
		/* Reported by two at the same time, the CPU and the thread; or so late that the grace period is over. */
		if (rnp->gp_seq != gp_seq || !(rnp->qsmask & mask))
			break;
		rnp->qsmask &= ~mask;
		trace_rcu_quiescent_state_report(gp_seq, mask, rnp->qsmask, (int)rnp->grplo, (int)rnp->grphi);
		if (rnp->qsmask)
			break;
		if (!rnp->parent) {
			last = true;
			break;
		}
		mask = rnp->grpmask;
		spin_unlock(&rnp->lock);
		rnp = rnp->parent;
		spin_lock(&rnp->lock);
	}
	spin_unlock_irqrestore(&rnp->lock, flags);
	if (last)
		rcu_gp_kthread_wake_hook();
}

static bool rcu_qs_passed(const struct rcu_data *rdp)
{
	return rdp->core_needs_qs && this_cpu_read(rcu_qs_ctr) != rdp->qs_snap;
}

/* Is there anything for the softirq to do? Interrupts off. */
static bool rcu_pending(const struct rcu_data *rdp)
{
	return READ_ONCE(rdp->mynode->gp_seq) != rdp->gp_seq || rcu_qs_passed(rdp) || rcu_cblist_ready(&rdp->cblist) ||
	       (rdp->cblist.seg[RCU_NEXT].head && !rdp->cblist.seg[RCU_NEXT_READY].head) || rdp->gp_asked || rcu_cbs_flood(rdp);
}

/* RCU_SOFTIRQ. */
static void rcu_core(struct softirq_action *unused)
{
	struct rcu_data *rdp = this_cpu_ptr(&rcu_data);
	struct rcu_node *leaf = rdp->mynode;
	unsigned long flags;
	bool wake = false;

	spin_lock_irqsave(&leaf->lock, flags);
	wake = rcu_note_gp_changes(leaf, rdp);
	wake |= rcu_advance_cbs(leaf, rdp);
	if (rdp->gp_asked) {
		rdp->gp_asked = false;
		wake |= rcu_start_this_gp(leaf, rcu_seq_snap(READ_ONCE(rcu_state.gp_seq)));
	}
	if (rcu_cbs_flood(rdp)) {
		rdp->len_pressed = READ_ONCE(rdp->cblist.len);
		rcu_stats.pressed++;
		WRITE_ONCE(rcu_state.pressed, true);
		wake = true;
	}
	if (rcu_qs_passed(rdp)) {
		rdp->core_needs_qs = false;
		rcu_stats.reported++;		/* a statistic: two CPUs may lose one */
		rcu_report_qs(leaf, rdp->grpmask, rdp->gp_seq, flags);
	} else {
		spin_unlock_irqrestore(&leaf->lock, flags);
	}
	if (wake)
		rcu_gp_kthread_wake_hook();
	if (rcu_cblist_ready(&rdp->cblist))
		rcu_do_batch(rdp);
}

void rcu_sched_clock_irq(bool user)
{
	struct rcu_data *rdp = this_cpu_ptr(&rcu_data);

	/* Only this interrupt forbids preemption: what it interrupted could have been preempted, so it was no reader. */
	if (user || preempt_count() == HARDIRQ_OFFSET)
		rcu_qs();
	rdp->ticks_this_gp++;
	if (rdp->core_needs_qs)
		rcu_check_stall_tick(rdp);
	if (rcu_pending(rdp))
		__raise_softirq_irqoff(RCU_SOFTIRQ);
}

void rcu_request_gp(void)
{
	unsigned long flags;

	local_irq_save(flags);
	this_cpu_ptr(&rcu_data)->gp_asked = true;
	raise_softirq_irqoff(RCU_SOFTIRQ);
	local_irq_restore(flags);
}

#ifdef CONFIG_DEBUG
void rcu_note_context_switch(bool preempt)
{
	RCU_LOCKDEP_WARN(this_cpu_read(rcu_read_depth), "Illegal context switch in RCU read-side critical section");
	this_cpu_inc(rcu_qs_ctr);
}
#endif

/* ---- the grace-period thread's side ---------------------------------------------------------------------------------- */

/*
 * What can be said of @cpu without asking it. Pairs: see "Order" above; the caller has a full barrier between what must be seen and this.
 */
bool rcu_cpu_snapshot(unsigned int cpu, struct rcu_snapshot *snap)
{
	snap->qs_ctr = READ_ONCE(per_cpu(rcu_qs_ctr, cpu));
	snap->dynticks = (unsigned int)atomic_read(&per_cpu(rcu_data, cpu).dynticks);
	return snap->dynticks & 1;
}

bool rcu_cpu_quiet(unsigned int cpu, const struct rcu_snapshot *snap)
{
	unsigned int now = (unsigned int)atomic_read(&per_cpu(rcu_data, cpu).dynticks);
	bool quiet = !(now & 1) || now != snap->dynticks || READ_ONCE(per_cpu(rcu_qs_ctr, cpu)) != snap->qs_ctr;

	smp_mb();	/* the look before what the grace period's end allows */
	return quiet;
}

u64 rcu_gp_force_qs(void)
{
	struct rcu_node *leaf;
	u64 all = 0;

	rcu_stats.fqs++;
	rcu_state.n_force_qs_gp++;
	/* This task is preemptible, and no reader: neither is its CPU. */
	preempt_disable();
	rcu_qs();
	preempt_enable();

	rcu_for_each_leaf(leaf) {
		unsigned long flags;
		u64 done = 0;

		spin_lock_irqsave(&leaf->lock, flags);
		for (u64 rest = leaf->qsmask; rest; rest &= rest - 1) {
			unsigned int cpu = leaf->grplo + (unsigned int)__builtin_ctzll(rest);

			if (!RCU_BROKEN_EARLY && !rcu_cpu_quiet(cpu, &per_cpu(rcu_data, cpu).snap)) {
				all |= 1ULL << cpu;
				continue;
			}
			if (atomic_read(&per_cpu(rcu_data, cpu).dynticks) & 1)
				rcu_stats.fqs_ctr++;
			else
				rcu_stats.fqs_idle++;
			trace_rcu_fqs(leaf->gp_seq, (int)cpu, atomic_read(&per_cpu(rcu_data, cpu).dynticks) & 1 ? "rqc" : "dti");
			done |= rest & -rest;
		}
		if (done)
			rcu_report_qs(leaf, done, leaf->gp_seq, flags);
		else
			spin_unlock_irqrestore(&leaf->lock, flags);
	}
	return all;
}

bool rcu_gp_pressed(void)
{
	return READ_ONCE(rcu_state.pressed) && xchg(&rcu_state.pressed, false);
}

bool rcu_gp_done(void)
{
	return !READ_ONCE(rcu_root->qsmask);
}

void rcu_gp_init(void)
{
	struct rcu_node *rnp;
	unsigned int cpu;

	rcu_state.gp_start = jiffies;
	rcu_state.gp_start_ns = sched_clock();
	rcu_state.n_force_qs_gp = 0;
	rcu_stall_gp_begins();
	spin_lock_irq(&rcu_root->lock);
	WRITE_ONCE(rcu_state.gp_seq, rcu_state.gp_seq + 1);
	trace_rcu_grace_period(rcu_state.gp_seq, "start");
	spin_unlock_irq(&rcu_root->lock);
	smp_mb();		/* gp_seq before the samples: see "Order" */
	for_each_possible_cpu(cpu)
		rcu_cpu_snapshot(cpu, &per_cpu(rcu_data, cpu).snap);

	/* The root first, so that a report from a leaf finds it ready. */
	rcu_for_each_node(rnp) {
		spin_lock_irq(&rnp->lock);
		rnp->qsmask = rnp->qsmaskinit;
		WRITE_ONCE(rnp->gp_seq, rcu_state.gp_seq);
		spin_unlock_irq(&rnp->lock);
	}
	/* Those that idle are done with already, and so is this CPU. */
	rcu_gp_force_qs();
}

void rcu_gp_cleanup(void)
{
	unsigned long end = rcu_seq_end(rcu_state.gp_seq);
	struct rcu_node *rnp;
	u64 ns;

	ns = sched_clock() - rcu_state.gp_start_ns;
	rcu_stats.gp_ns_sum += ns;
	if (ns > rcu_stats.gp_ns_max)
		rcu_stats.gp_ns_max = ns;
	WRITE_ONCE(rcu_stats.gps, rcu_stats.gps + 1);

	/* Every node before the whole: when gp_seq says so, no leaf lags behind in a way that a new grace period would confuse. */
	rcu_for_each_node(rnp) {
		spin_lock_irq(&rnp->lock);
		WARN_ON_ONCE(rnp->qsmask);
		WRITE_ONCE(rnp->gp_seq, end);
		spin_unlock_irq(&rnp->lock);
	}
	spin_lock_irq(&rcu_root->lock);
	trace_rcu_grace_period(rcu_state.gp_seq, "end");
	WRITE_ONCE(rcu_state.gp_seq, end);
	spin_unlock_irq(&rcu_root->lock);
}

unsigned long rcu_gp_count(void)
{
	return READ_ONCE(rcu_stats.gps);
}

/* ---- cookies --------------------------------------------------------------------------------------------------------- */

unsigned long get_state_synchronize_rcu(void)
{
	smp_mb();	/* what the caller took out before the look; pairs with rcu_gp_init() */
	return rcu_seq_snap(READ_ONCE(rcu_state.gp_seq));
}

unsigned long start_poll_synchronize_rcu(void)
{
	unsigned long cookie = get_state_synchronize_rcu();

	rcu_request_gp();
	return cookie;
}

bool poll_state_synchronize_rcu(unsigned long cookie)
{
	if (!rcu_seq_reached(READ_ONCE(rcu_state.gp_seq), cookie))
		return false;
	smp_mb();	/* the look before the caller frees */
	return true;
}

/* ---- start ----------------------------------------------------------------------------------------------------------- */

/* From the first grace period on that begins after this. Readers before it see what is: no grace period has missed them. */
void rcu_cpu_starting(unsigned int cpu)
{
	struct rcu_data *rdp = per_cpu_ptr(&rcu_data, cpu);
	struct rcu_node *leaf = rdp->mynode;
	unsigned long flags;

	spin_lock_irqsave(&leaf->lock, flags);
	if (!leaf->qsmaskinit) {
		spin_lock_nested(&rcu_root->lock, 1);
		rcu_root->qsmaskinit |= leaf->grpmask;
		spin_unlock(&rcu_root->lock);
	}
	leaf->qsmaskinit |= rdp->grpmask;
	rdp->gp_seq = leaf->gp_seq;
	spin_unlock_irqrestore(&leaf->lock, flags);
	smp_mb();	/* known, before the first read */
}

void __init rcu_init(void)
{
	struct rcu_node *rnp;
	unsigned int cpu;

	rcu_for_each_node(rnp) {
		unsigned int nr = (unsigned int)(rnp - rcu_root);

		spin_lock_init(&rnp->lock, LOCK_RANK_RCU_NODE);
		rnp->gp_seq = rnp->gp_seq_needed = rcu_state.gp_seq;
		rnp->grphi = NR_CPUS - 1;
		if (!nr)
			continue;
		rnp->parent = rcu_root;
		rnp->grpmask = 1ULL << (nr - 1);
		rnp->grplo = (nr - 1) * RCU_FANOUT;
		rnp->grphi = min_t(unsigned int, nr * RCU_FANOUT, NR_CPUS) - 1;
	}
	for_each_possible_cpu(cpu) {
		struct rcu_data *rdp = per_cpu_ptr(&rcu_data, cpu);

		rdp->mynode = rcu_root + 1 + cpu / RCU_FANOUT;
		rdp->grpmask = 1ULL << (cpu % RCU_FANOUT);
		rdp->gp_seq = rcu_state.gp_seq;
		atomic_set(&rdp->dynticks, 1);
	}
	rcu_cpu_starting(0);
	rcu_idle_init();
	rcu_update_init();
	open_softirq(RCU_SOFTIRQ, rcu_core);
	pr_info("rcu: Hierarchical RCU implementation.\n");
	pr_info("rcu: \tRCU restricting CPUs from NR_CPUS=%u to nr_cpu_ids=%u.\n", NR_CPUS, nr_cpu_ids);
}
