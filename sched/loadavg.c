/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sched/loadavg.c - how many tasks ran or waited for a device, on average over 1, 5 and 15 minutes.
 *
 * Every five seconds the number n of such tasks is looked at, and each average moves towards it, by a part that makes
 * what was n minutes ago count 1/e:
 *
 *	avg = avg * e + n * (1 - e),	e = exp(-5 s / 1 min), exp(-5 s / 5 min), exp(-5 s / 15 min)
 *
 * in fixed point with 11 bits behind the point; e is 1884, 2014 and 2037 of 2048. Ties go up while the load rises, or an
 * average would stop short of a constant load.
 *
 * When the tick has been off, several looks are due at once. Nobody ran then (that is why it was off), and tasks that
 * wait for a device are as many as now.
 *
 * Locking: the averages are written by the CPU that keeps the time, in its tick; readers take what they find.
 *
 * Linux: kernel/sched/loadavg.c, which collects the CPUs' numbers without looking at their run queues from outside.
 */
#include <primer/jiffies.h>
#include <primer/sched/loadavg.h>

#include "sched.h"

#define LOAD_FREQ	(5 * HZ + 1)	/* ticks: not a multiple of what programs do every second */
#define MAX_MISSED	1000		/* looks: more than an hour changes nothing */

unsigned long avenrun[3];
static unsigned long calc_load_update = INITIAL_JIFFIES + LOAD_FREQ;	/* jiffies of the next look */

static const unsigned long load_decay[3] = { 1884, 2014, 2037 };

static unsigned long calc_load(unsigned long load, unsigned long decay, unsigned long active)
{
	unsigned long new = load * decay + active * (FIXED_1 - decay);

	if (active >= load)
		new += FIXED_1 - 1;
	return new / FIXED_1;
}

static unsigned long nr_active(void)
{
	long sum = 0;
	unsigned int cpu;

	for_each_online_cpu(cpu)
		sum += READ_ONCE(cpu_rq(cpu)->nr_running) + READ_ONCE(cpu_rq(cpu)->nr_uninterruptible);
	return sum > 0 ? sum : 0;
}

void calc_global_load(void)
{
	unsigned long active, missed;
	int i;

	if (time_before(jiffies, calc_load_update))
		return;
	active = nr_active() * FIXED_1;
	for (missed = 0; missed < MAX_MISSED && time_after_eq(jiffies, calc_load_update); missed++) {
		for (i = 0; i < 3; i++)
			WRITE_ONCE(avenrun[i], calc_load(avenrun[i], load_decay[i], active));
		calc_load_update += LOAD_FREQ;
	}
	if (missed == MAX_MISSED)
		calc_load_update = jiffies + LOAD_FREQ;
}
