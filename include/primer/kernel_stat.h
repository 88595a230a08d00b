/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/kernel_stat.h - what each CPU has counted, for /proc/stat and /proc/softirqs. */
#ifndef PRIMER_KERNEL_STAT_H
#define PRIMER_KERNEL_STAT_H

#include <primer/interrupt.h>
#include <asm/percpu.h>

/* What a tick found this CPU at. */
enum cpu_usage_stat { CPUTIME_USER, CPUTIME_NICE, CPUTIME_SYSTEM, CPUTIME_SOFTIRQ, NR_CPUTIMES };

/* [owner CPU; read by anyone] */
struct kernel_stat {
	unsigned long ticks[NR_CPUTIMES];	/* of the running task; not while it idled */
	unsigned int softirqs[NR_SOFTIRQS];	/* how often each was served */
};

DECLARE_PER_CPU(struct kernel_stat, kstat);

#define kstat_cpu(cpu)				per_cpu(kstat, cpu)
#define kstat_ticks_cpu(what, cpu)		READ_ONCE(kstat_cpu(cpu).ticks[what])
#define kstat_softirqs_cpu(nr, cpu)		READ_ONCE(kstat_cpu(cpu).softirqs[nr])

#endif
