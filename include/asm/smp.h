/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/asm/smp.h - the CPUs of a PC: local APIC numbers, waking, interrupting and stopping one another.
 *
 * Two numberings. The kernel counts its CPUs 0, 1, 2 ... (cpumask.h), the boot CPU first. The hardware names each by its local
 * APIC's ID, which may have gaps and which the boot CPU need not be the lowest of.
 */
#ifndef ASM_SMP_H
#define ASM_SMP_H

#include <primer/cpumask.h>

struct mm_struct;
struct pt_regs;

#define BAD_APICID	0xffffffffU

/* APIC ID of each possible CPU, BAD_APICID beyond. [immutable after setup_arch()] */
extern u32 x86_cpu_to_apicid[NR_CPUS];
#define cpu_physical_id(cpu)	x86_cpu_to_apicid[cpu]

/* apicid_to_cpu - the CPU with that local APIC, or -ENODEV. Context: any. */
int apicid_to_cpu(u32 apicid);

/*
 * smp_register_lapic - the firmware's tables name a CPU: the one with local APIC @apicid
 *
 * @enabled: it can be started. The first enabled ones become possible and present, up to the limit of nr_cpus= and NR_CPUS;
 * the boot CPU, whatever its place in the tables, is CPU 0. A second mention of an ID is ignored. Context: setup_arch(), before
 * setup_per_cpu_areas().
 */
void smp_register_lapic(u32 apicid, bool enabled);

/* disabled_cpus - how many smp_register_lapic() has turned away or left out as not startable. [boot] */
extern unsigned int disabled_cpus;

/* The APIC ID that CPUID tells for the CPU that runs this. */
u32 cpuid_apicid(void);

/*
 * What the interrupt vectors of smp.c and smp_call.c do; set_sysvec() hangs them in. Context: hard interrupt.
 *
 * reschedule: somebody set TIF_NEED_RESCHED of the running task. call_function, call_function_single: run what is queued.
 */
void sysvec_reschedule_ipi(struct pt_regs *regs);
void sysvec_call_function(struct pt_regs *regs);
void sysvec_call_function_single(struct pt_regs *regs);

/* smp_send_reschedule - interrupt @cpu, so that it looks at its TIF_NEED_RESCHED. Context: any but NMI. */
void smp_send_reschedule(int cpu);

#endif
