/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/mmu_context.h - which address space a CPU works in. */
#ifndef PRIMER_MMU_CONTEXT_H
#define PRIMER_MMU_CONTEXT_H

#include <primer/mm_types.h>
#include <asm/percpu.h>

/* Per CPU: the mm whose page tables CR3 points to. */
DECLARE_PER_CPU(struct mm_struct *, cpu_loaded_mm);

/*
 * switch_mm_irqs_off - load @next's page tables, unless they are loaded already
 *
 * The caller holds a reference to @next for as long as it is loaded (mm_users or mm_count). Context: interrupts off.
 */
void switch_mm_irqs_off(struct mm_struct *prev, struct mm_struct *next, struct task_struct *tsk);

/* switch_mm - the same, from any task context. activate_mm - a new program's address space becomes current's. */
void switch_mm(struct mm_struct *prev, struct mm_struct *next, struct task_struct *tsk);
#define activate_mm(prev, next)	switch_mm((prev), (next), NULL)

/* enter_lazy_tlb - a kernel thread borrows @mm: it will not touch user addresses, so flushes of user ranges may wait. */
static inline void enter_lazy_tlb(struct mm_struct *mm, struct task_struct *tsk) { (void)mm; (void)tsk; }

#endif
