/* SPDX-License-Identifier: GPL-2.0-only */
/* kernel/locking/lockdep_internals.h - between the parts of lockdep: classes, the graph, reports. DEBUG builds only. */
#ifndef KERNEL_LOCKING_LOCKDEP_INTERNALS_H
#define KERNEL_LOCKING_LOCKDEP_INTERNALS_H

#include <primer/atomic.h>
#include <primer/lockdep.h>
#include <primer/types.h>

#define MAX_LOCKDEP_CLASSES	1024
#define MAX_LOCKDEP_EDGES	8192
#define MAX_LOCKDEP_CHAINS	16384
#define MAX_LOCKDEP_CHAIN_HLOCKS 65536
#define MAX_LOCKDEP_TRACES	4096
#define TRACE_DEPTH		10
#define MAX_PATH		24

/*
 * What is known of a class. Bit = state * 4 + read * 2 + direction: state 0 hard interrupts, 1 softirqs; direction 0: was
 * taken in one, 1: was held with them enabled.
 */
#define USED_IN			0
#define ENABLED			1
#define USAGE_BIT(state, read, dir)	((state) * 4 + (read) * 2 + (dir))
#define NR_USAGE_BITS		8
#define USAGE_STATE(bit)	((bit) >> 2)
#define USAGE_READ(bit)		((bit) >> 1 & 1)
#define USAGE_DIR(bit)		((bit) & 1)

/* A sum of times with the shortest and the longest, ns. All of one update are not seen together. */
struct lock_time {
	atomic_long_t sum, max;
	atomic_long_t min;		/* + 1; 0: none yet */
};

struct lock_class {
	/* immutable once it can be found */
	const void *key;
	const char *name;
	u8 subclass;
	u8 rank;
	u8 flags;			/* LOCK_SLEEP */
	u16 hash_next;			/* index + 1 */

	/* [graph] */
	u16 after, before;		/* edges to classes taken while this was held, and the other way; index + 1 */
	u16 usage_trace[NR_USAGE_BITS];	/* where each bit was learnt: index + 1 */
	u16 parent, parent_trace;	/* of the search */
	u32 searched;			/* number of the search that saw it last */
	bool reported;

	u8 usage;			/* [graph to set; bits are never cleared; read without it as a hint] */

	/* lock_stat: atomic */
	atomic_long_t acquisitions, acq_bounces, contentions, con_bounces;
	struct lock_time wait, hold;
};

struct lock_edge {
	u16 class;			/* the other end */
	u16 next;			/* index + 1 */
	u16 trace;			/* index + 1: where it was learnt */
};

struct lock_chain {
	u64 key;
	u16 next;			/* in its hash bucket: index + 1 */
	u8 depth;
	u8 context;			/* 0 task, 1 softirq, 2 hardirq */
	u32 base;			/* in chain_hlocks */
};

/* A stack. Kernel addresses differ in their low half only. */
struct lock_trace {
	u8 nr;
	u32 entries[TRACE_DEPTH];
};

/* A way through the graph, copied so that it can be printed without the graph's lock: [0] is where the search began. */
struct lock_path {
	unsigned int nr;
	u16 class[MAX_PATH];
	u16 trace[MAX_PATH];		/* of the edge that leads here */
};

/* lockdep_graph.c. graph_lock: interrupts off; nothing is printed and no lock taken below it. */
extern struct lock_class lock_classes[MAX_LOCKDEP_CLASSES];
extern unsigned int nr_lock_classes, nr_lock_edges, nr_lock_chains, nr_lock_traces, nr_chain_hlocks;
extern struct lock_chain lock_chains[MAX_LOCKDEP_CHAINS];
extern u16 chain_hlocks[MAX_LOCKDEP_CHAIN_HLOCKS];
extern struct lock_edge lock_edges[MAX_LOCKDEP_EDGES];
extern struct lock_trace lock_traces[MAX_LOCKDEP_TRACES];
void graph_lock(void);
void graph_unlock(void);

/* find_class - the class of (@key, @subclass), made if it is new; NULL: the table is full */
struct lock_class *find_class(const void *key, unsigned int subclass, const char *name, unsigned int rank, u8 flags);
/* chain_known - has a chain with this key been checked? No lock. add_chain - remember it. [graph] false: full */
bool chain_known(u64 key);
bool add_chain(u64 key, const struct held_lock *locks, unsigned int depth, unsigned int context);
/* save_lock_trace - the caller's stack; 0 when there is no room. [graph] */
u16 save_lock_trace(void);
bool has_edge(const struct lock_class *from, const struct lock_class *to);
bool add_edge(struct lock_class *from, struct lock_class *to, u16 trace);	/* [graph] false: full */
/*
 * search - the nearest class for which any of @usage is set, or (0) which is @target, from @from (included) along
 * (@forwards) or against the edges; the way there in @path. [graph]
 */
struct lock_class *search(struct lock_class *from, const struct lock_class *target, u8 usage, bool forwards,
			  struct lock_path *path);
/* search_all - all usage bits found that way. [graph] */
u8 search_all(struct lock_class *from, bool forwards);
unsigned int count_reachable(struct lock_class *from, bool forwards);	/* [graph] */

static inline u16 class_index(const struct lock_class *class)	{ return (u16)(class - lock_classes); }

/* lockdep_report.c. Context of all: any, interrupts off, no graph_lock. */
void report_recursion(const struct held_lock *next, const struct held_lock *held);
void report_rank(const struct held_lock *next, const struct held_lock *held);
void report_wait_context(const struct held_lock *next, const struct held_lock *held);
void report_circle(const struct held_lock *next, const struct held_lock *held, const struct lock_path *path);
void report_bad_irq_dependency(const struct held_lock *prev, const struct held_lock *next, unsigned int bit1,
			       const struct lock_path *back, unsigned int bit2, const struct lock_path *forth);
void report_irq_inversion(const struct held_lock *this, unsigned int bit, const struct lock_path *path,
			  unsigned int bit2, bool forwards);
void report_usage(const struct held_lock *this, unsigned int old_bit, unsigned int new_bit);
void report_unlock_imbalance(const void *lock, const char *name, unsigned long ip);
void report_exit_with_locks(void);
void report_return_with_locks(void);
void lockdep_full(const char *what);
extern unsigned int nr_lock_reports;

/* lockdep.c: this CPU prints a report, whose locks are not judged. Preemption is disabled from _enter() to _exit(). */
bool lockdep_recursion(void);
void lockdep_recursion_enter(void);
void lockdep_recursion_exit(void);

void usage_chars(const struct lock_class *class, char text[5]);

#endif
