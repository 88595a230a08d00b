/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/sched/loadavg.h - the load averages of /proc/loadavg and sysinfo(2). */
#ifndef PRIMER_SCHED_LOADAVG_H
#define PRIMER_SCHED_LOADAVG_H

#define FSHIFT		11		/* bits behind the point */
#define FIXED_1		(1UL << FSHIFT)
#define LOAD_INT(x)	((x) >> FSHIFT)
#define LOAD_FRAC(x)	LOAD_INT(((x) & (FIXED_1 - 1)) * 100)

/* Over 1, 5 and 15 minutes, with FSHIFT bits behind the point. */
extern unsigned long avenrun[3];

/* calc_global_load - if five seconds have gone by, look. From the tick of the CPU that keeps the time, interrupts off. */
void calc_global_load(void);

#endif
