/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/percpu_counter.h - a sum that is changed often and read seldom, or not exactly.
 *
 * Each CPU counts for itself and carries over to the shared word when it has batch or more: see
 * kernel/sync/percpu_counter.c. An approximate value is off by less than batch for each CPU.
 */
#ifndef PRIMER_PERCPU_COUNTER_H
#define PRIMER_PERCPU_COUNTER_H

#include <primer/gfp.h>
#include <primer/percpu.h>
#include <primer/spinlock_types.h>

struct percpu_counter {
	spinlock_t lock;		/* guards count when a CPU carries over; rank LOCK_RANK_SPINNING_LEAF; interrupts off */
	s64 count;			/* what has been carried over */
	s32 __percpu *counters;		/* [owner CPU] the rest */
};

#define PERCPU_COUNTER_BATCH	32

/* percpu_counter_init - 0 or -ENOMEM. percpu_counter_destroy - after it nobody may count. Context: task, may sleep. */
int percpu_counter_init(struct percpu_counter *fbc, s64 amount, gfp_t gfp);
void percpu_counter_destroy(struct percpu_counter *fbc);

/*
 * percpu_counter_add_batch - add @amount, which may be negative; carry over from @batch on. Context: any but NMI.
 *
 * _add: with the usual batch.
 */
void percpu_counter_add_batch(struct percpu_counter *fbc, s64 amount, s32 batch);
static inline void percpu_counter_add(struct percpu_counter *fbc, s64 amount)
{
	percpu_counter_add_batch(fbc, amount, PERCPU_COUNTER_BATCH);
}
static inline void percpu_counter_inc(struct percpu_counter *fbc)		{ percpu_counter_add(fbc, 1); }
static inline void percpu_counter_dec(struct percpu_counter *fbc)		{ percpu_counter_add(fbc, -1); }
static inline void percpu_counter_sub(struct percpu_counter *fbc, s64 amount)	{ percpu_counter_add(fbc, -amount); }

/* percpu_counter_set - nobody else may count meanwhile. */
void percpu_counter_set(struct percpu_counter *fbc, s64 amount);

/*
 * percpu_counter_read - about; one load. _read_positive: the same, not below 0. _sum: exactly, if nobody counts
 * meanwhile; looks at every CPU
 * percpu_counter_compare - -1, 0, 1: is it below, at, above @rhs? Exact, and looks at every CPU only when it is close
 */
static inline s64 percpu_counter_read(const struct percpu_counter *fbc)	{ return READ_ONCE(fbc->count); }
static inline s64 percpu_counter_read_positive(const struct percpu_counter *fbc)
{
	s64 count = percpu_counter_read(fbc);

	return count > 0 ? count : 0;
}
s64 percpu_counter_sum(struct percpu_counter *fbc);
int percpu_counter_compare(struct percpu_counter *fbc, s64 rhs);

#endif
