/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/asm/tlbflush.h - this CPU's cached translations (Intel SDM vol. 3, 4.10).
 *
 * These act on the CPU that runs them. Whoever changes a translation that other CPUs may have cached uses the flush_tlb_*
 * functions of primer/tlb.h, which also reach those.
 */
#ifndef ASM_TLBFLUSH_H
#define ASM_TLBFLUSH_H

#include <asm/processor.h>

/* The translation of one address, global or not. */
static __always_inline void native_flush_tlb_one(unsigned long addr)
{
	__asm__ volatile("invlpg (%0)" :: "r"(addr) : "memory");
}

/* All but global translations. */
static __always_inline void native_flush_tlb_local(void)
{
	write_cr3(read_cr3());
}

/* All, global ones too: CR4.PGE off and on. Context: interrupts off. */
static __always_inline void native_flush_tlb_global(void)
{
	unsigned long cr4 = read_cr4();

	if (cr4 & X86_CR4_PGE) {
		write_cr4(cr4 & ~X86_CR4_PGE);
		write_cr4(cr4);
	} else {
		native_flush_tlb_local();
	}
}

#endif
