/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/sync/percpu_counter.c - counting on all CPUs without sharing a cache line for it.
 *
 * The problem. A counter that every CPU increments is one cache line that travels from CPU to CPU, for a number that
 * hardly anybody reads. A counter for each CPU does not travel, but its sum must visit all, and a single one may grow
 * without limit.
 *
 * The idea. Both: small change stays with the CPU, and is carried over to the shared word when it becomes a note:
 *
 *	CPU 0: +31   CPU 1: -7   CPU 2: +32 --carry--> count: 4096 + 32
 *
 *	read	4128			off by less than batch * CPUs
 *	sum	4128 + 31 - 7 + 0	exact while nobody counts
 *
 * Invariant P1: |counters[cpu]| < batch of the last to add there; the value is count + sum of counters at every moment
 * at which no carry is under way (a carry is under the lock, with interrupts off).
 *
 * Locking: fbc->lock for count. A CPU's own part is changed with interrupts off, so that a handler that counts too does
 * not come between the reading and the writing.
 *
 * Linux (lib/percpu_counter.c) also moves the part of a CPU that goes offline; CPUs stay here.
 */
#include <primer/cpumask.h>
#include <primer/err.h>
#include <primer/errno.h>
#include <primer/percpu_counter.h>
#include <primer/spinlock.h>

int percpu_counter_init(struct percpu_counter *fbc, s64 amount, gfp_t gfp)
{
	spin_lock_init(&fbc->lock, LOCK_RANK_SPINNING_LEAF);
	fbc->count = amount;
	fbc->counters = alloc_percpu(s32);
	return fbc->counters ? 0 : -ENOMEM;
}

void percpu_counter_destroy(struct percpu_counter *fbc)
{
	free_percpu(fbc->counters);
	fbc->counters = NULL;
}

void percpu_counter_add_batch(struct percpu_counter *fbc, s64 amount, s32 batch)
{
	unsigned long flags;
	s32 *part;
	s64 sum;

	local_irq_save(flags);
	part = this_cpu_ptr(fbc->counters);
	sum = *part + amount;
	if (unlikely(sum >= batch || sum <= -batch)) {
		spin_lock(&fbc->lock);
		WRITE_ONCE(fbc->count, fbc->count + sum);
		*part = 0;
		spin_unlock(&fbc->lock);
	} else {
		*part = (s32)sum;
	}
	local_irq_restore(flags);
}

void percpu_counter_set(struct percpu_counter *fbc, s64 amount)
{
	unsigned long flags;
	unsigned int cpu;

	spin_lock_irqsave(&fbc->lock, flags);
	for_each_possible_cpu(cpu)
		*per_cpu_ptr(fbc->counters, cpu) = 0;
	WRITE_ONCE(fbc->count, amount);
	spin_unlock_irqrestore(&fbc->lock, flags);
}

s64 percpu_counter_sum(struct percpu_counter *fbc)
{
	unsigned long flags;
	unsigned int cpu;
	s64 sum;

	spin_lock_irqsave(&fbc->lock, flags);
	sum = fbc->count;
	for_each_possible_cpu(cpu)
		sum += READ_ONCE(*per_cpu_ptr(fbc->counters, cpu));
	spin_unlock_irqrestore(&fbc->lock, flags);
	return sum;
}

int percpu_counter_compare(struct percpu_counter *fbc, s64 rhs)
{
	s64 off = (s64)PERCPU_COUNTER_BATCH * num_online_cpus(), count = percpu_counter_read(fbc);

	if (count > rhs + off)
		return 1;
	if (count < rhs - off)
		return -1;
	count = percpu_counter_sum(fbc);
	return count > rhs ? 1 : count < rhs ? -1 : 0;
}
