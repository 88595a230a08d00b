/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/smp.h - which CPU is this? */
#ifndef PRIMER_SMP_H
#define PRIMER_SMP_H

#include <primer/cpumask.h>
#include <primer/preempt.h>
#include <asm/processor.h>

/* smp_processor_id - the number of this CPU; stays true only while preemption is disabled. */
#define smp_processor_id()	raw_smp_processor_id()
#define get_cpu()		({ preempt_disable(); smp_processor_id(); })
#define put_cpu()		preempt_enable()

/* smp_setup_processor_id, boot_cpu_init - the boot CPU is number 0, and possible, present, online and active. */
void boot_cpu_init(void);

#endif
