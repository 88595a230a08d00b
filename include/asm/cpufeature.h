/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/asm/cpufeature.h - CPU features by number: word * 32 + bit. Words hold CPUID registers as they come (Intel SDM
 * vol. 2, CPUID), in Linux's order of words.
 */
#ifndef ASM_CPUFEATURE_H
#define ASM_CPUFEATURE_H

/* word 0: CPUID 1 EDX; 1: 80000001 EDX; 4: CPUID 1 ECX; 6: 80000001 ECX; 9: 7.0 EBX; 10: D.1 EAX; 16: 7.0 ECX; 18: 7.0 EDX */
#define CPUID_1_EDX		0
#define CPUID_8000_0001_EDX	1
#define CPUID_LNX_1		3
#define CPUID_1_ECX		4
#define CPUID_8000_0001_ECX	6
#define CPUID_7_0_EBX		9
#define CPUID_D_1_EAX		10
#define CPUID_7_ECX		16
#define CPUID_8000_0007_EBX	17
#define CPUID_7_EDX		18
#define NCAPINTS		19

#define X86_FEATURE_FPU		(0 * 32 + 0)
#define X86_FEATURE_PSE		(0 * 32 + 3)
#define X86_FEATURE_TSC		(0 * 32 + 4)
#define X86_FEATURE_MSR		(0 * 32 + 5)
#define X86_FEATURE_PAE		(0 * 32 + 6)
#define X86_FEATURE_MCE		(0 * 32 + 7)
#define X86_FEATURE_CX8		(0 * 32 + 8)
#define X86_FEATURE_APIC	(0 * 32 + 9)
#define X86_FEATURE_SEP		(0 * 32 + 11)
#define X86_FEATURE_PGE		(0 * 32 + 13)
#define X86_FEATURE_MCA		(0 * 32 + 14)
#define X86_FEATURE_CMOV	(0 * 32 + 15)
#define X86_FEATURE_PAT		(0 * 32 + 16)
#define X86_FEATURE_CLFLUSH	(0 * 32 + 19)
#define X86_FEATURE_FXSR	(0 * 32 + 24)
#define X86_FEATURE_XMM		(0 * 32 + 25)
#define X86_FEATURE_XMM2	(0 * 32 + 26)
#define X86_FEATURE_HT		(0 * 32 + 28)

#define X86_FEATURE_SYSCALL	(1 * 32 + 11)
#define X86_FEATURE_NX		(1 * 32 + 20)
#define X86_FEATURE_GBPAGES	(1 * 32 + 26)
#define X86_FEATURE_RDTSCP	(1 * 32 + 27)
#define X86_FEATURE_LM		(1 * 32 + 29)

#define X86_FEATURE_CONSTANT_TSC (3 * 32 + 8)
#define X86_FEATURE_NONSTOP_TSC	(3 * 32 + 24)

#define X86_FEATURE_MWAIT	(4 * 32 + 3)
#define X86_FEATURE_CX16	(4 * 32 + 13)
#define X86_FEATURE_PCID	(4 * 32 + 17)
#define X86_FEATURE_X2APIC	(4 * 32 + 21)
#define X86_FEATURE_POPCNT	(4 * 32 + 23)
#define X86_FEATURE_TSC_DEADLINE_TIMER (4 * 32 + 24)
#define X86_FEATURE_XSAVE	(4 * 32 + 26)
#define X86_FEATURE_OSXSAVE	(4 * 32 + 27)
#define X86_FEATURE_AVX		(4 * 32 + 28)
#define X86_FEATURE_RDRAND	(4 * 32 + 30)
#define X86_FEATURE_HYPERVISOR	(4 * 32 + 31)

#define X86_FEATURE_FSGSBASE	(9 * 32 + 0)
#define X86_FEATURE_SMEP	(9 * 32 + 7)
#define X86_FEATURE_ERMS	(9 * 32 + 9)
#define X86_FEATURE_RDSEED	(9 * 32 + 18)
#define X86_FEATURE_SMAP	(9 * 32 + 20)

#define X86_FEATURE_XSAVEOPT	(10 * 32 + 0)
#define X86_FEATURE_XSAVEC	(10 * 32 + 1)

#define X86_FEATURE_UMIP	(16 * 32 + 2)
#define X86_FEATURE_PKU		(16 * 32 + 3)
#define X86_FEATURE_LA57	(16 * 32 + 16)

#define X86_FEATURE_FSRM	(18 * 32 + 4)

#endif
