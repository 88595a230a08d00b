/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/tlb.h - tell every CPU that may have a translation cached that it is no longer true.
 *
 * Call after the page table entry was changed and before the page behind it is given to somebody else. When a function
 * returns, no CPU uses an old translation of the range any more. Context: task or softirq, interrupts on.
 */
#ifndef PRIMER_TLB_H
#define PRIMER_TLB_H

#include <primer/mm_types.h>

/* flush_tlb_mm - all user translations of @mm */
void flush_tlb_mm(struct mm_struct *mm);
/* flush_tlb_mm_range - [@start, @end) of @mm; @freed_tables: page tables of the range went away too */
void flush_tlb_mm_range(struct mm_struct *mm, unsigned long start, unsigned long end, bool freed_tables);
/* flush_tlb_page, flush_tlb_range - one page, [@start, @end) of @vma's address space */
void flush_tlb_page(struct vm_area_struct *vma, unsigned long addr);
void flush_tlb_range(struct vm_area_struct *vma, unsigned long start, unsigned long end);
/* flush_tlb_kernel_range - kernel translations, on all CPUs */
void flush_tlb_kernel_range(unsigned long start, unsigned long end);

#endif
