/* SPDX-License-Identifier: GPL-2.0-only */
/* include/asm/msr.h - model-specific registers (Intel SDM vol. 4) and the instructions that reach them. */
#ifndef ASM_MSR_H
#define ASM_MSR_H

#include <primer/compiler.h>
#include <primer/types.h>

#define MSR_IA32_TSC			0x00000010
#define MSR_IA32_APICBASE		0x0000001b
#define MSR_IA32_SYSENTER_CS		0x00000174
#define MSR_IA32_SYSENTER_ESP		0x00000175
#define MSR_IA32_SYSENTER_EIP		0x00000176
#define MSR_IA32_MISC_ENABLE		0x000001a0
#define MSR_IA32_CR_PAT			0x00000277
#define MSR_IA32_XSS			0x00000da0
#define MSR_EFER			0xc0000080
#define MSR_STAR			0xc0000081	/* selectors that SYSCALL and SYSRET load */
#define MSR_LSTAR			0xc0000082	/* where SYSCALL goes from 64-bit code */
#define MSR_CSTAR			0xc0000083	/* where SYSCALL goes from compatibility mode (AMD) */
#define MSR_SYSCALL_MASK		0xc0000084	/* RFLAGS bits that SYSCALL clears */
#define MSR_FS_BASE			0xc0000100
#define MSR_GS_BASE			0xc0000101
#define MSR_KERNEL_GS_BASE		0xc0000102	/* what SWAPGS exchanges with GS_BASE */

static __always_inline u64 rdmsrq(u32 msr)
{
	u32 lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr) : "memory");
	return (u64)hi << 32 | lo;
}

static __always_inline void wrmsrq(u32 msr, u64 val)
{
	__asm__ volatile("wrmsr" :: "c"(msr), "a"((u32)val), "d"((u32)(val >> 32)) : "memory");
}

/* rdmsrq_safe - read @msr into *@val; -EIO when the CPU has no such register (the #GP is fixed up). */
int rdmsrq_safe(u32 msr, u64 *val);

/* rdtsc - the time-stamp counter; not ordered against the instructions around it. */
static __always_inline u64 rdtsc(void)
{
	u32 lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (u64)hi << 32 | lo;
}

/* rdtsc_ordered - the counter after all earlier loads are done (SDM vol. 2, RDTSC: LFENCE in front). */
static __always_inline u64 rdtsc_ordered(void)
{
	u32 lo, hi;

	__asm__ volatile("lfence; rdtsc" : "=a"(lo), "=d"(hi) :: "memory");
	return (u64)hi << 32 | lo;
}

#endif
