/* SPDX-License-Identifier: GPL-2.0-only */
/* include/asm/processor-flags.h - bits of RFLAGS, CR0, CR3, CR4 and EFER (Intel SDM vol. 3, 2.3 and 2.5). Also read by asm-offsets.c. */
#ifndef ASM_PROCESSOR_FLAGS_H
#define ASM_PROCESSOR_FLAGS_H

#define X86_EFLAGS_CF		0x00000001UL
#define X86_EFLAGS_FIXED	0x00000002UL	/* always 1 */
#define X86_EFLAGS_PF		0x00000004UL
#define X86_EFLAGS_AF		0x00000010UL
#define X86_EFLAGS_ZF		0x00000040UL
#define X86_EFLAGS_SF		0x00000080UL
#define X86_EFLAGS_TF		0x00000100UL	/* trap after each instruction */
#define X86_EFLAGS_IF		0x00000200UL	/* interrupts enabled */
#define X86_EFLAGS_DF		0x00000400UL	/* string instructions go down */
#define X86_EFLAGS_OF		0x00000800UL
#define X86_EFLAGS_IOPL		0x00003000UL
#define X86_EFLAGS_NT		0x00004000UL	/* nested task */
#define X86_EFLAGS_RF		0x00010000UL	/* resume: no instruction breakpoint on the next one */
#define X86_EFLAGS_VM		0x00020000UL
#define X86_EFLAGS_AC		0x00040000UL	/* alignment check; in ring 0 with SMAP: user pages may be touched */
#define X86_EFLAGS_VIF		0x00080000UL
#define X86_EFLAGS_VIP		0x00100000UL
#define X86_EFLAGS_ID		0x00200000UL	/* can be toggled when CPUID exists */

#define X86_CR0_PE		0x00000001UL	/* protected mode */
#define X86_CR0_MP		0x00000002UL
#define X86_CR0_EM		0x00000004UL	/* no FPU: must be 0 for SSE */
#define X86_CR0_TS		0x00000008UL
#define X86_CR0_ET		0x00000010UL
#define X86_CR0_NE		0x00000020UL	/* FPU errors as #MF, not as an old PC interrupt */
#define X86_CR0_WP		0x00010000UL	/* ring 0 obeys read-only pages */
#define X86_CR0_AM		0x00040000UL
#define X86_CR0_NW		0x20000000UL
#define X86_CR0_CD		0x40000000UL
#define X86_CR0_PG		0x80000000UL	/* paging */

#define X86_CR4_TSD		0x00000004UL
#define X86_CR4_DE		0x00000008UL	/* DR4 and DR5 are undefined */
#define X86_CR4_PSE		0x00000010UL
#define X86_CR4_PAE		0x00000020UL	/* 64-bit page table entries: long mode needs it */
#define X86_CR4_MCE		0x00000040UL	/* machine checks as #MC instead of a shutdown */
#define X86_CR4_PGE		0x00000080UL	/* global pages outlive a CR3 write */
#define X86_CR4_OSFXSR		0x00000200UL	/* FXSAVE and SSE in use */
#define X86_CR4_OSXMMEXCPT	0x00000400UL	/* SSE errors as #XF */
#define X86_CR4_UMIP		0x00000800UL	/* SGDT, SIDT, SLDT, SMSW, STR fault in ring 3 */
#define X86_CR4_FSGSBASE	0x00010000UL
#define X86_CR4_PCIDE		0x00020000UL
#define X86_CR4_OSXSAVE		0x00040000UL	/* XSAVE in use */
#define X86_CR4_SMEP		0x00100000UL	/* ring 0 does not execute user pages */
#define X86_CR4_SMAP		0x00200000UL	/* ring 0 does not touch user pages while RFLAGS.AC is 0 */
#define X86_CR4_PKE		0x00400000UL

#define EFER_SCE		0x00000001UL	/* SYSCALL */
#define EFER_LME		0x00000100UL	/* long mode enabled: active with CR0.PG */
#define EFER_LMA		0x00000400UL
#define EFER_NX			0x00000800UL	/* bit 63 of a page table entry forbids execution */

#endif
