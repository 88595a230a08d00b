/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/x86/tlb.c - which address space this CPU works in, and how stale translations are thrown away, here and elsewhere.
 *
 * A CPU caches translations that it used and does not notice when the tables change (Intel SDM vol. 3, 4.10). The rule of the
 * whole kernel: change the entry, then flush, then reuse the page. Other CPUs cannot be flushed from here; they are interrupted and
 * do it themselves: a shootdown. It is the most expensive thing that one CPU does to others, so the rest of this file is about
 * not doing it.
 *
 * Who must be asked. mm->cpu_bitmap has a bit for each CPU that has the mm loaded, set before CR3 is written and cleared after
 * another mm is in: a CPU without its bit has no translation of the mm.
 *
 * What must be done. mm->tlb_gen counts the changes to the mm's tables; each CPU remembers the count up to which it has flushed.
 *
 *	mm->tlb_gen	7		two changes later: 9
 *	CPU 0		7		9	it made both, and flushed its own
 *	CPU 1		7		8	has served one request: the next one's range will do
 *	CPU 2		7		7	was late: one full flush does both, and the second request finds nothing to do
 *
 * Lazy CPUs. A kernel thread leaves the last process's tables loaded (active_mm) and never touches user addresses: whatever is stale
 * there does no harm yet. Such a CPU is marked lazy and is not asked. When it goes back to the process it compares the counts, and
 * flushes if it missed something. One exception: if tables were freed, not only entries cleared, the CPU may walk into what has
 * another owner by then, even by speculation: so it is asked, and changes over to init_mm, which has no user half.
 *
 * Three pairs of barriers:
 *	load	set own bit; read tlb_gen; load CR3		flush	change the entry; raise tlb_gen; read the bits
 *		Either the flusher sees the bit, or the loader's tables have the change (and its count is new).
 *	return	clear is_lazy; read tlb_gen			flush	raise tlb_gen; read is_lazy
 *		Either the flusher asks us, or we see that we missed something.
 *	serve	the request's interrupt comes after the change: smp_call.c's push is a full barrier.
 *
 * The kernel's own translations are global (CR4.PGE): they stay when CR3 changes. They are flushed on all CPUs, and therefore
 * seldom: see mm/alloc/vmalloc.c, which gathers.
 *
 * A range of more than 33 pages is flushed whole, as Linux does: refilling is then cheaper than single INVLPGs. An INVLPG also drops
 * the cached upper levels (SDM 4.10.4.1), so freed tables need no more than their range.
 *
 * Locking: cpu_tlbstate belongs to its CPU with interrupts off; is_lazy is read by others. tlb_gen and cpu_bitmap are atomic.
 *
 * Linux (arch/x86/mm/tlb.c) also keeps several address spaces in one TLB (PCID), with a count for each.
 */
#include <primer/init.h>
#include <primer/mmu_context.h>
#include <primer/preempt.h>
#include <primer/printk.h>
#include <primer/sched.h>
#include <primer/smp.h>
#include <primer/tlb.h>
#include <asm/hardirq.h>
#include <asm/irqflags.h>
#include <asm/tlbflush.h>

#define TLB_SINGLE_PAGE_FLUSH_CEILING	33

DEFINE_PER_CPU_ALIGNED(struct tlb_state, cpu_tlbstate) = { .loaded_mm = &init_mm };

/* tlb_skip_shootdown: the planted bug, with which tests/test_smp.py proves that its test would find a real one. */
static bool tlb_skip_shootdown __ro_after_init;

static int __init tlb_skip_setup(char *str)
{
	tlb_skip_shootdown = true;
	pr_warn("TLB: other CPUs are not told of changes: memory will be corrupted\n");
	return 0;
}
early_param("tlb_skip_shootdown", tlb_skip_setup);

/* A request to forget [start, end) of mm. */
struct flush_tlb_info {
	struct mm_struct *mm;		/* NULL: the kernel's */
	unsigned long start, end;
	u64 new_tlb_gen;		/* mm->tlb_gen when this request was made: unique */
	bool freed_tables;
};

/* ---- which address space ------------------------------------------------------------------------------------------ */

static __always_inline void load_mm(struct mm_struct *mm, u64 gen)
{
	this_cpu_write(cpu_tlbstate.loaded_mm, mm);
	this_cpu_write(cpu_tlbstate.tlb_gen, gen);
	write_cr3(__pa(mm->pgd));
}

void switch_mm_irqs_off(struct mm_struct *prev, struct mm_struct *next, struct task_struct *tsk)
{
	struct mm_struct *loaded = this_cpu_read(cpu_tlbstate.loaded_mm);
	unsigned int cpu = raw_smp_processor_id();
	u64 gen;

	if (loaded == next) {
		if (!this_cpu_read(cpu_tlbstate.is_lazy))
			return;
		this_cpu_write(cpu_tlbstate.is_lazy, false);
		smp_mb();		/* is_lazy before tlb_gen: pairs with the increment in flush_tlb_mm_range() */
		gen = atomic64_read(&next->tlb_gen);
		if (unlikely(gen != this_cpu_read(cpu_tlbstate.tlb_gen)))
			load_mm(next, gen);
		return;
	}
	this_cpu_write(cpu_tlbstate.is_lazy, false);
	if (next != &init_mm)
		set_bit(cpu, &next->cpu_bitmap);	/* a full barrier: the bit before tlb_gen */
	load_mm(next, atomic64_read(&next->tlb_gen));
	if (loaded != &init_mm)
		clear_bit(cpu, &loaded->cpu_bitmap);
}

void switch_mm(struct mm_struct *prev, struct mm_struct *next, struct task_struct *tsk)
{
	unsigned long flags;

	local_irq_save(flags);
	switch_mm_irqs_off(prev, next, tsk);
	local_irq_restore(flags);
}

void enter_lazy_tlb(struct mm_struct *mm, struct task_struct *tsk)
{
	if (this_cpu_read(cpu_tlbstate.loaded_mm) != &init_mm)
		this_cpu_write(cpu_tlbstate.is_lazy, true);
}

/* ---- user translations ---------------------------------------------------------------------------------------------- */

/* Serve a request on this CPU. Interrupts off. */
static void flush_tlb_func(const struct flush_tlb_info *f)
{
	u64 mm_gen, local_gen = this_cpu_read(cpu_tlbstate.tlb_gen);

	if (this_cpu_read(cpu_tlbstate.loaded_mm) != f->mm)
		return;			/* another one is loaded meanwhile: nothing of f->mm is left */
	if (this_cpu_read(cpu_tlbstate.is_lazy)) {
		switch_mm_irqs_off(NULL, &init_mm, NULL);
		return;
	}
	mm_gen = atomic64_read(&f->mm->tlb_gen);
	if (local_gen == mm_gen)
		return;			/* a full flush has done it, for an earlier request */
	/* The one thing that this CPU has missed is this request: its range will do. */
	if (local_gen + 1 == f->new_tlb_gen && f->new_tlb_gen == mm_gen &&
	    (f->end - f->start) >> PAGE_SHIFT <= TLB_SINGLE_PAGE_FLUSH_CEILING) {
		for (unsigned long a = f->start; a < f->end; a += PAGE_SIZE)
			native_flush_tlb_one(a);
	} else {
		native_flush_tlb_local();
	}
	this_cpu_write(cpu_tlbstate.tlb_gen, mm_gen);
}

static void flush_tlb_func_remote(void *info)
{
	inc_irq_stat(irq_tlb_count);
	flush_tlb_func(info);
}

static bool tlb_is_not_lazy(int cpu, void *info)
{
	return !READ_ONCE(per_cpu(cpu_tlbstate.is_lazy, cpu));
}

/* Tell the other CPUs that have the space loaded. Preemption off. */
static noinline void flush_tlb_others(struct flush_tlb_info *f)
{
	cpumask_t cpus = { { READ_ONCE(f->mm->cpu_bitmap) & ~(1UL << raw_smp_processor_id()) } };

	if (unlikely(tlb_skip_shootdown))
		return;
	on_each_cpu_cond_mask(f->freed_tables ? NULL : tlb_is_not_lazy, flush_tlb_func_remote, f, true, &cpus);
}

void flush_tlb_mm_range(struct mm_struct *mm, unsigned long start, unsigned long end, bool freed_tables)
{
	unsigned long flags;
	u64 gen;

	preempt_disable();
	/* A full barrier: the entry before it, the bits and is_lazy after it. */
	gen = atomic64_inc_return(&mm->tlb_gen);
	if (likely(this_cpu_read(cpu_tlbstate.loaded_mm) == mm)) {
		local_irq_save(flags);
		if (likely(this_cpu_read(cpu_tlbstate.tlb_gen) + 1 == gen && end - start <= PAGE_SIZE)) {
			/* What nearly every request is: one page, and nothing was missed before it. */
			native_flush_tlb_one(start);
			this_cpu_write(cpu_tlbstate.tlb_gen, gen);
		} else {
			flush_tlb_func(&(struct flush_tlb_info){ mm, start, end, gen, freed_tables });
		}
		local_irq_restore(flags);
	}
	if (unlikely(READ_ONCE(mm->cpu_bitmap) & ~(1UL << raw_smp_processor_id())))
		flush_tlb_others(&(struct flush_tlb_info){ mm, start, end, gen, freed_tables });
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

/* ---- the kernel's translations --------------------------------------------------------------------------------------- */

static void do_kernel_range_flush(void *info)
{
	const struct flush_tlb_info *f = info;

	if ((f->end - f->start) >> PAGE_SHIFT > TLB_SINGLE_PAGE_FLUSH_CEILING)
		native_flush_tlb_global();
	else
		for (unsigned long a = f->start & PAGE_MASK; a < f->end; a += PAGE_SIZE)
			native_flush_tlb_one(a);
}

void flush_tlb_kernel_range(unsigned long start, unsigned long end)
{
	struct flush_tlb_info f = { .start = start, .end = end };

	on_each_cpu(do_kernel_range_flush, &f, 1);
}
