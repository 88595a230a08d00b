/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/mmu_context.h - which address space a CPU works in. */
#ifndef PRIMER_MMU_CONTEXT_H
#define PRIMER_MMU_CONTEXT_H

#include <primer/mm_types.h>
#include <asm/percpu.h>

/* What this CPU's TLB may hold. [owner CPU, interrupts off; is_lazy is read by others] */
struct tlb_state {
	struct mm_struct *loaded_mm;	/* whose page tables CR3 points to */
	u64 tlb_gen;			/* its tlb_gen up to which this CPU has flushed */
	bool is_lazy;			/* a kernel thread has only borrowed it: user addresses are not touched */
};
DECLARE_PER_CPU_ALIGNED(struct tlb_state, cpu_tlbstate);

/*
 * switch_mm_irqs_off - load @next's page tables, unless they are loaded already
 *
 * The caller holds a reference to @next for as long as it is loaded (mm_users or mm_count). Context: interrupts off.
 */
void switch_mm_irqs_off(struct mm_struct *prev, struct mm_struct *next, struct task_struct *tsk);

/* switch_mm - the same, from any task context. activate_mm - a new program's address space becomes current's. */
void switch_mm(struct mm_struct *prev, struct mm_struct *next, struct task_struct *tsk);
#define activate_mm(prev, next)	switch_mm((prev), (next), NULL)

/*
 * enter_lazy_tlb - a kernel thread borrows @mm: it will not touch user addresses, so flushes of user ranges may wait
 *
 * Until the next switch_mm_irqs_off(). Context: interrupts off.
 */
void enter_lazy_tlb(struct mm_struct *mm, struct task_struct *tsk);

#endif
