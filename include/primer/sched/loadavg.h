/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/sched/loadavg.h - the load averages. The theory is in sched/loadavg.c. */
#ifndef PRIMER_SCHED_LOADAVG_H
#define PRIMER_SCHED_LOADAVG_H

#include <primer/jiffies.h>

#define FSHIFT		11			/* bits behind the point */
#define FIXED_1		(1UL << FSHIFT)
#define LOAD_FREQ	(5 * HZ + 1)		/* jiffies between two samples */
#define EXP_1		1884UL			/* exp(-5 s / 1 min), fixed point */
#define EXP_5		2014UL			/* exp(-5 s / 5 min) */
#define EXP_15		2037UL			/* exp(-5 s / 15 min) */
#define LOAD_INT(x)	((x) >> FSHIFT)
#define LOAD_FRAC(x)	LOAD_INT(((x) & (FIXED_1 - 1)) * 100)

/* Over 1, 5 and 15 minutes, fixed point. [calc_load_lock writes; each number is read whole] */
extern unsigned long avenrun[3];
/* get_avenrun - the three, each plus @offset and shifted left by @shift. Context: any. */
void get_avenrun(unsigned long *loads, unsigned long offset, int shift);
/* calc_global_load - from the tick: is a sample due? Interrupts off. */
void calc_global_load(void);

/* calc_load - @load after one sample of @active; _n: after @n of them. All fixed point. */
unsigned long calc_load(unsigned long load, unsigned long exp, unsigned long active);
unsigned long calc_load_n(unsigned long load, unsigned long exp, unsigned long active, unsigned int n);

#endif
