/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sched/loadavg.c - how many tasks wanted a CPU, on average, lately: the three numbers of uptime(1).
 *
 * The idea. Every five seconds count the tasks that are runnable or in uninterruptible sleep, n, and let the averages over
 * 1, 5 and 15 minutes move towards that by a little:
 *
 *	load' = load * e + n * (1 - e)		e = exp(-5 s / 1 min), exp(-5 s / 5 min), exp(-5 s / 15 min)
 *
 * in fixed point with 11 bits. It is the reading of a thermometer: after a minute of a constant n the first number shows
 * 63 % of it.
 *
 * A machine that idles has no tick that would count. The samples that were missed are made up for by the next tick: only
 * tasks that slept uninterruptibly can have counted then, and k equal samples are one power:
 *
 *	load after k samples = load * e^k + n * (1 - e^k)
 *
 * Odd times (5 s and a jiffy) keep the sample from always hitting the same phase of something periodic.
 *
 * Locking: calc_load_lock, tried only: who finds it taken leaves the sample to the other. Readers see each number whole.
 *
 * Linux: kernel/sched/loadavg.c, which gathers the counts on each CPU and folds them, so that nobody has to look at all.
 */
#include <primer/jiffies.h>
#include <primer/sched/loadavg.h>

#include "sched.h"

unsigned long avenrun[3];
static unsigned long calc_load_update = INITIAL_JIFFIES + LOAD_FREQ;	/* [calc_load_lock] when the next sample is due */
static DEFINE_SPINLOCK(calc_load_lock, LOCK_RANK_SPINNING_LEAF);		/* taken in hard interrupts by trylock only */

unsigned long calc_load(unsigned long load, unsigned long exp, unsigned long active)
{
	unsigned long newload = load * exp + active * (FIXED_1 - exp);

	/* Upwards it rounds up, or it would never quite arrive. */
	if (active >= load)
		newload += FIXED_1 - 1;
	return newload / FIXED_1;
}

/* @x^@n in fixed point of @frac_bits: by squares. */
static unsigned long fixed_power_int(unsigned long x, unsigned int frac_bits, unsigned int n)
{
	unsigned long result = 1UL << frac_bits;

	for (; n; n >>= 1) {
		if (n & 1)
			result = (result * x + (1UL << (frac_bits - 1))) >> frac_bits;
		x = (x * x + (1UL << (frac_bits - 1))) >> frac_bits;
	}
	return result;
}

unsigned long calc_load_n(unsigned long load, unsigned long exp, unsigned long active, unsigned int n)
{
	return calc_load(load, fixed_power_int(exp, FSHIFT, n), active);
}

static void fold(unsigned long active, unsigned int n)
{
	static const unsigned long exps[3] = { EXP_1, EXP_5, EXP_15 };

	for (int i = 0; i < 3; i++)
		WRITE_ONCE(avenrun[i], calc_load_n(avenrun[i], exps[i], active, n));
}

void calc_global_load(void)
{
	unsigned long running = 0, missed;
	long blocked = 0;
	unsigned int cpu;

	if (likely(time_before(jiffies, READ_ONCE(calc_load_update) + 10)))
		return;
	if (!spin_trylock(&calc_load_lock))
		return;
	if (time_after_eq(jiffies, calc_load_update + 10)) {
		for_each_online_cpu(cpu) {
			running += READ_ONCE(cpu_rq(cpu)->nr_running);
			blocked += READ_ONCE(cpu_rq(cpu)->nr_uninterruptible);
		}
		blocked = max(blocked, 0L) * (long)FIXED_1;
		missed = (jiffies - calc_load_update - 10) / LOAD_FREQ;
		if (missed)
			fold((unsigned long)blocked, (unsigned int)min(missed, 10000UL));
		fold(running * FIXED_1 + (unsigned long)blocked, 1);
		WRITE_ONCE(calc_load_update, calc_load_update + (missed + 1) * LOAD_FREQ);
	}
	spin_unlock(&calc_load_lock);
}

void get_avenrun(unsigned long *loads, unsigned long offset, int shift)
{
	for (int i = 0; i < 3; i++)
		loads[i] = (READ_ONCE(avenrun[i]) + offset) << shift;
}
