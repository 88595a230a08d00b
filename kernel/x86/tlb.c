/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/x86/tlb.c - which address space this CPU works in, and how stale translations are thrown away.
 *
 * A CPU caches translations that it used and does not notice when the tables change (Intel SDM vol. 3, 4.10). The rule of the
 * whole kernel: change the entry, then flush, then reuse the page.
 *
 * mm->cpu_bitmap has a bit for each CPU that loaded the mm, set before CR3 is written and cleared after another mm is in:
 * a CPU without its bit has no translation of the mm. The order "set the bit, then load CR3" pairs with "change the entry,
 * then read the bitmap" in the flush functions: either the flusher sees the bit, or the loading CPU walks the new entry.
 *
 * The kernel's own translations are global (CR4.PGE): they stay when CR3 changes, and are flushed page by page.
 *
 * A range of more than 33 pages is flushed whole, as Linux does: refilling is then cheaper than single INVLPGs.
 */
#include <primer/mmu_context.h>
#include <primer/preempt.h>
#include <primer/sched.h>
#include <primer/tlb.h>
#include <asm/irqflags.h>
#include <asm/tlbflush.h>

#define TLB_SINGLE_PAGE_FLUSH_CEILING	33

DEFINE_PER_CPU(struct mm_struct *, cpu_loaded_mm) = &init_mm;

void switch_mm_irqs_off(struct mm_struct *prev, struct mm_struct *next, struct task_struct *tsk)
{
	struct mm_struct *loaded = this_cpu_read(cpu_loaded_mm);
	unsigned int cpu = raw_smp_processor_id();

	(void)prev;
	(void)tsk;
	if (loaded == next)
		return;
	set_bit(cpu, &next->cpu_bitmap);
	this_cpu_write(cpu_loaded_mm, next);
	write_cr3(__pa(next->pgd));
	clear_bit(cpu, &loaded->cpu_bitmap);
}

void switch_mm(struct mm_struct *prev, struct mm_struct *next, struct task_struct *tsk)
{
	unsigned long flags;

	local_irq_save(flags);
	switch_mm_irqs_off(prev, next, tsk);
	local_irq_restore(flags);
}

static void flush_local_range(struct mm_struct *mm, unsigned long start, unsigned long end, bool freed_tables)
{
	if (this_cpu_read(cpu_loaded_mm) != mm)
		return;
	/* INVLPG also drops the cached upper levels (SDM 4.10.4.1), so freed tables need no more than their range. */
	(void)freed_tables;
	if ((end - start) >> PAGE_SHIFT > TLB_SINGLE_PAGE_FLUSH_CEILING) {
		native_flush_tlb_local();
		return;
	}
	for (unsigned long a = start; a < end; a += PAGE_SIZE)
		native_flush_tlb_one(a);
}

void flush_tlb_mm_range(struct mm_struct *mm, unsigned long start, unsigned long end, bool freed_tables)
{
	preempt_disable();
	flush_local_range(mm, start, end, freed_tables);
	preempt_enable();
}

void flush_tlb_mm(struct mm_struct *mm)
{
	flush_tlb_mm_range(mm, 0, TASK_SIZE, true);
}

void flush_tlb_range(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	flush_tlb_mm_range(vma->vm_mm, start, end, false);
}

void flush_tlb_page(struct vm_area_struct *vma, unsigned long addr)
{
	addr &= PAGE_MASK;
	flush_tlb_mm_range(vma->vm_mm, addr, addr + PAGE_SIZE, false);
}

void flush_tlb_kernel_range(unsigned long start, unsigned long end)
{
	unsigned long flags;

	local_irq_save(flags);
	if ((end - start) >> PAGE_SHIFT > TLB_SINGLE_PAGE_FLUSH_CEILING)
		native_flush_tlb_global();
	else
		for (unsigned long a = start & PAGE_MASK; a < end; a += PAGE_SIZE)
			native_flush_tlb_one(a);
	local_irq_restore(flags);
}
