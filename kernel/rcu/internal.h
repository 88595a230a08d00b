/* SPDX-License-Identifier: GPL-2.0-only */
/* kernel/rcu/internal.h - what the files of this room share: the tree of nodes, each CPU's part, and how grace periods are numbered. */
#ifndef KERNEL_RCU_INTERNAL_H
#define KERNEL_RCU_INTERNAL_H

#include <primer/atomic.h>
#include <primer/percpu.h>
#include <primer/rcutree.h>
#include <primer/spinlock.h>

#include "cblist.h"

/* ---- numbers of grace periods ---------------------------------------------------------------------------------------- */

/*
 * gp_seq counts in steps of 4: bit 0 is set while a grace period runs.
 *
 *	... 8 idle  9 running  12 idle  13 running  16 idle ...
 */
#define RCU_SEQ_STATE_MASK	3UL
#define rcu_seq_running(s)	((s) & RCU_SEQ_STATE_MASK)
#define rcu_seq_end(s)		(((s) | RCU_SEQ_STATE_MASK) + 1)
/* The value at which a whole grace period that begins after now has ended: the running one, if any, does not count. */
#define rcu_seq_snap(s)		(((s) + 2 * RCU_SEQ_STATE_MASK + 1) & ~RCU_SEQ_STATE_MASK)
#define rcu_seq_reached(s, want) ((long)((s) - (want)) >= 0)

/* ---- the tree -------------------------------------------------------------------------------------------------------- */

#define RCU_FANOUT		16
#define RCU_NR_LEAVES		((NR_CPUS + RCU_FANOUT - 1) / RCU_FANOUT)
#define RCU_NR_NODES		(1 + RCU_NR_LEAVES)

/* Zones: immutable after rcu_init(); [lock]. Locks are taken leaf before root, interrupts off. */
struct rcu_node {
	spinlock_t lock;			/* rank LOCK_RANK_RCU_NODE */
	struct rcu_node *parent;		/* NULL: the root */
	u64 grpmask;				/* this node's bit in the parent's masks */
	unsigned int grplo, grphi;		/* the CPUs below */

	unsigned long gp_seq;			/* [lock] how far this node has heard of grace periods */
	unsigned long gp_seq_needed;		/* [lock] somebody below wants gp_seq to come this far */
	u64 qsmask;				/* [lock] children that this grace period still waits for */
	u64 qsmaskinit;				/* [lock] children that it has */
} ____cacheline_aligned;

struct rcu_state {
	struct rcu_node node[RCU_NR_NODES];	/* the root, then the leaves */

	unsigned long gp_seq;			/* [root's lock] */
	unsigned long gp_start;			/* jiffies. [grace-period thread] */
	u64 gp_start_ns;
	unsigned long n_force_qs_gp;		/* looks at CPUs in this grace period. [grace-period thread] */
	unsigned long jiffies_stall;		/* when to complain; written by cmpxchg, by whoever complains */
	bool pressed;				/* a CPU has a flood of callbacks; set by any, taken by the grace-period thread */
};
extern struct rcu_state rcu_state;
#define rcu_root		(&rcu_state.node[0])
#define rcu_for_each_node(rnp)	for ((rnp) = rcu_root; (rnp) < rcu_root + RCU_NR_NODES; (rnp)++)
#define rcu_for_each_leaf(rnp)	for ((rnp) = rcu_root + 1; (rnp) < rcu_root + RCU_NR_NODES; (rnp)++)

/* A CPU's part. Zones: [own] this CPU, interrupts off; [leaf] the leaf's lock; the rest as it says. */
struct rcu_data {
	struct rcu_cblist cblist;		/* [own] */
	unsigned long gp_seq;			/* [own] how far this CPU has heard */
	unsigned int qs_snap;			/* [own] rcu_qs_ctr when it heard that the grace period waits for it */
	bool core_needs_qs;			/* [own] it does */
	bool gp_asked;				/* [own] rcu_request_gp() */
	unsigned long len_pressed;		/* [own] cblist.len when the grace period was last pressed, or the least since */

	struct rcu_snapshot snap;		/* [grace-period thread] what it saw of this CPU at the beginning */
	unsigned long ticks_this_gp;		/* [own] for stall warnings */

	struct rcu_node *mynode;		/* [immutable] */
	u64 grpmask;				/* [immutable] */

	atomic_t dynticks ____cacheline_aligned;	/* odd: RCU watches; even: idle. [own changes, anybody reads] */
};
DECLARE_PER_CPU_ALIGNED(struct rcu_data, rcu_data);

/* ---- between the files ----------------------------------------------------------------------------------------------- */

/* tree.c: hear of grace periods that began and ended. True: the grace-period thread must be woken. [leaf's lock, interrupts off] */
bool rcu_note_gp_changes(struct rcu_node *leaf, struct rcu_data *rdp);
/* tree.c: ask for grace periods up to @gp_seq. True as above. [leaf's lock] */
bool rcu_start_this_gp(struct rcu_node *leaf, unsigned long gp_seq);
/* tree.c: @mask, CPUs of @leaf, are done with grace period @gp_seq. Drops the leaf's lock, which is held, and restores @flags. */
void rcu_report_qs(struct rcu_node *leaf, u64 mask, unsigned long gp_seq, unsigned long flags);

/* callback.c: move callbacks on; call those that are done. Context: softirq. */
bool rcu_advance_cbs(struct rcu_node *leaf, struct rcu_data *rdp);
void rcu_do_batch(struct rcu_data *rdp);
/* callback.c: have so many more come to wait that the grace period should be pressed? [own] */
bool rcu_cbs_flood(const struct rcu_data *rdp);

/* stall.c: a grace period begins; a tick of this CPU came while it ran. */
void rcu_stall_gp_begins(void);
void rcu_check_stall_tick(struct rcu_data *rdp);

/* idle.c */
void rcu_idle_init(void);
/* update.c */
void rcu_update_init(void);

#ifdef CONFIG_DEBUG
#define RCU_BROKEN_EARLY	READ_ONCE(rcu_break_early_gp)
#else
#define RCU_BROKEN_EARLY	false
#endif

#endif
