/* SPDX-License-Identifier: GPL-2.0-only */
/* include/asm/processor.h - control registers, CPUID, what a task keeps of the CPU, and the record of each CPU's identity. */
#ifndef ASM_PROCESSOR_H
#define ASM_PROCESSOR_H

#include <primer/kernel.h>
#include <asm/barrier.h>
#include <asm/cpufeature.h>
#include <asm/page.h>
#include <asm/percpu.h>
#include <asm/processor-flags.h>

static __always_inline unsigned long read_cr0(void) { unsigned long v; __asm__ volatile("movq %%cr0, %0" : "=r"(v)); return v; }
static __always_inline unsigned long read_cr2(void) { unsigned long v; __asm__ volatile("movq %%cr2, %0" : "=r"(v)); return v; }
static __always_inline unsigned long read_cr3(void) { unsigned long v; __asm__ volatile("movq %%cr3, %0" : "=r"(v) :: "memory"); return v; }
static __always_inline unsigned long read_cr4(void) { unsigned long v; __asm__ volatile("movq %%cr4, %0" : "=r"(v)); return v; }
static __always_inline void write_cr0(unsigned long v) { __asm__ volatile("movq %0, %%cr0" :: "r"(v) : "memory"); }
static __always_inline void write_cr2(unsigned long v) { __asm__ volatile("movq %0, %%cr2" :: "r"(v) : "memory"); }
static __always_inline void write_cr3(unsigned long v) { __asm__ volatile("movq %0, %%cr3" :: "r"(v) : "memory"); }
static __always_inline void write_cr4(unsigned long v) { __asm__ volatile("movq %0, %%cr4" :: "r"(v) : "memory"); }

static __always_inline void cpuid_count(u32 leaf, u32 sub, u32 *a, u32 *b, u32 *c, u32 *d)
{
	__asm__ volatile("cpuid" : "=a"(*a), "=b"(*b), "=c"(*c), "=d"(*d) : "a"(leaf), "c"(sub));
}

/*
 * What a task keeps of the CPU while it does not run, beyond what is on its kernel stack.
 * [owner: the task itself, or the scheduler during a switch]
 */
struct thread_struct {
	unsigned long sp;		/* kernel stack pointer, valid while switched out */
	unsigned short es, ds, fsindex, gsindex;	/* user data selectors: 0 in nearly every program */
	unsigned long fsbase;		/* user FS base (thread-local storage) */
	unsigned long gsbase;		/* user GS base */
	unsigned long cr2;		/* address, error code and vector of the last user fault: for the signal frame */
	unsigned long error_code;
	unsigned long trap_nr;
	int fpu_last_cpu;		/* CPU whose registers may still hold ours; -1: none */
	u8 fpu[] __aligned(64);		/* save area, fpu_user_xstate_size bytes: asm/fpu.h */
};

/* What a CPU said of itself. [immutable after identify_cpu()] */
struct cpuinfo_x86 {
	char vendor_id[16];		/* "GenuineIntel" */
	char model_id[64];		/* "QEMU TCG CPU version 2.5+" */
	u8 vendor;			/* X86_VENDOR_* */
	u8 family, model, stepping;
	u32 cpuid_level;		/* highest basic leaf */
	u32 extended_cpuid_level;
	u32 capability[NCAPINTS];	/* X86_FEATURE_* bits */
	u8 phys_bits, virt_bits;	/* widths of addresses */
	u16 clflush_size;
	u32 apicid, initial_apicid;
	u32 cache_size_kb;		/* of the largest cache */
	u16 cpu_core_id, phys_proc_id, booted_cores, smp_num_siblings;
};

#define X86_VENDOR_INTEL	0
#define X86_VENDOR_AMD		2
#define X86_VENDOR_UNKNOWN	0xff

extern struct cpuinfo_x86 boot_cpu_data;		/* the boot CPU */
DECLARE_PER_CPU(struct cpuinfo_x86, cpu_info);		/* each CPU */

#define boot_cpu_has(bit)	(boot_cpu_data.capability[(bit) / 32] >> ((bit) % 32) & 1)
#define cpu_has(c, bit)		((c)->capability[(bit) / 32] >> ((bit) % 32) & 1)

/* early_cpu_init - identify the boot CPU: vendor, family, features, address widths. Boot, once, before any feature is used. */
void early_cpu_init(void);

/* identify_cpu - fill @c for the CPU that runs this. */
void identify_cpu(struct cpuinfo_x86 *c);

/* cpu_init - GDT, TSS, IDT, control register bits, SYSCALL registers, FPU of the CPU that runs this. Context: interrupts off. */
void cpu_init(void);

/* x86_cap_flag - Linux's /proc/cpuinfo name of feature @bit, or NULL when it has none. */
const char *x86_cap_flag(unsigned int bit);

DECLARE_PER_CPU(int, cpu_number);
#define raw_smp_processor_id()	this_cpu_read(cpu_number)

#endif
