/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/proc/task_mmu.c - /proc/PID/maps and smaps: an address space, area by area; statm's numbers.
 *
 *	maps	start-end rwxp offset dev inode    name
 *	smaps	the same line, then what the page tables say of the area
 *
 * An opening keeps the struct mm_struct (mm_count), not its areas: somebody who sits on the file must not keep a dead process's memory.
 * Each read takes a user (mmget_not_zero) for as long as it makes text; once the process is gone, reads find the end.
 *
 * The position of a record is the address of its area, so a reader that comes back after areas were split or unmapped goes on behind the
 * last one that it saw.
 *
 * smaps counts by page table entry. A page that several entries map (page_mapcount) is shared, and counts for Pss with a part of its
 * size; Pss is summed in 1/4096 of a byte, so that the parts lost to rounding stay below a byte for each page. An entry without a
 * struct page (zero page, device) is nobody's memory and is not counted.
 *
 * Locking: mmap_lock for reading from start() to stop(); each last-level table's lock around its entries. The tables above stay, because
 * tables go only under mmap_lock held for writing. Linux: fs/proc/task_mmu.c, where numa_maps, pagemap and clear_refs are too.
 */
#include <primer/dcache.h>
#include <primer/mm.h>
#include <primer/rmap.h>
#include <primer/slab.h>

#include "internal.h"

#define PSS_SHIFT	12

struct proc_maps_private {
	struct mm_struct *mm;		/* with a reference to the structure, or NULL */
	bool active;			/* between start and stop: a user, and mmap_lock */
};

unsigned long task_statm(struct mm_struct *mm, unsigned long *shared, unsigned long *text, unsigned long *data, unsigned long *resident)
{
	*shared = get_mm_counter(mm, MM_FILEPAGES) + get_mm_counter(mm, MM_SHMEMPAGES);
	*text = (PAGE_ALIGN(mm->end_code) - (mm->start_code & PAGE_MASK)) >> PAGE_SHIFT;
	*data = mm->data_vm + mm->stack_vm;
	*resident = *shared + get_mm_counter(mm, MM_ANONPAGES);
	return mm->total_vm;
}

/* ---- the areas as records --------------------------------------------------------------------------------------------------------------- */

/* *pos: the lowest address that the area has to end above. */
static void *maps_start(struct seq_file *m, loff_t *pos)
{
	struct proc_maps_private *priv = m->private;

	if (*pos < 0 || !priv->mm || !mmget_not_zero(priv->mm))
		return NULL;
	priv->active = true;
	mmap_read_lock(priv->mm);
	return find_vma(priv->mm, *pos);
}

static void *maps_next(struct seq_file *m, void *v, loff_t *pos)
{
	struct vm_area_struct *vma = v;

	*pos = vma->vm_end;
	return vma->vm_next;
}

static void maps_stop(struct seq_file *m, void *v)
{
	struct proc_maps_private *priv = m->private;

	if (!priv->active)
		return;
	priv->active = false;
	mmap_read_unlock(priv->mm);
	mmput(priv->mm);
}

static int maps_open(struct inode *inode, struct file *file, const struct seq_operations *ops)
{
	struct proc_maps_private *priv;
	struct mm_struct *mm = proc_mm_of(inode);

	if (IS_ERR(mm))
		return PTR_ERR(mm);
	priv = __seq_open_private(file, ops, sizeof(*priv));
	if (priv)
		priv->mm = mm;
	else if (mm)
		mmdrop(mm);
	return priv ? 0 : -ENOMEM;
}

static int maps_release(struct inode *inode, struct file *file)
{
	struct proc_maps_private *priv = ((struct seq_file *)file->private_data)->private;

	if (priv->mm)
		mmdrop(priv->mm);
	return seq_release_private(inode, file);
}

/* ---- maps ---------------------------------------------------------------------------------------------------------------------------------- */

static const char *area_name(const struct vm_area_struct *vma)
{
	const struct mm_struct *mm = vma->vm_mm;

	if (vma->vm_ops && vma->vm_ops->name) {
		const char *name = vma->vm_ops->name((struct vm_area_struct *)vma);

		if (name)
			return name;
	}
	if (vma->vm_start <= mm->brk && vma->vm_end >= mm->start_brk)
		return "[heap]";
	if (vma->vm_start <= mm->start_stack && vma->vm_end >= mm->start_stack)
		return "[stack]";
	return NULL;
}

static void show_area(struct seq_file *m, const struct vm_area_struct *vma)
{
	unsigned long flags = vma->vm_flags, ino = 0;
	unsigned long long offset = 0;
	const char *name;
	dev_t dev = 0;

	if (vma->vm_file) {
		struct inode *inode = file_inode(vma->vm_file);

		dev = inode->i_sb->s_dev;
		ino = inode->i_ino;
		offset = (unsigned long long)vma->vm_pgoff << PAGE_SHIFT;
	}
	seq_setwidth(m, 25 + sizeof(void *) * 6 - 1);
	seq_printf(m, "%08lx-%08lx %c%c%c%c %08llx %02x:%02x %lu ", vma->vm_start, vma->vm_end, flags & VM_READ ? 'r' : '-',
		   flags & VM_WRITE ? 'w' : '-', flags & VM_EXEC ? 'x' : '-', flags & VM_MAYSHARE ? 's' : 'p', offset, MAJOR(dev),
		   MINOR(dev), ino);
	if (vma->vm_file) {
		seq_pad(m, ' ');
		seq_path(m, &vma->vm_file->f_path, "\n");
	} else {
		name = area_name(vma);
		if (name) {
			seq_pad(m, ' ');
			seq_puts(m, name);
		}
	}
	seq_putc(m, '\n');
}

static int maps_show(struct seq_file *m, void *v)
{
	show_area(m, v);
	return 0;
}

static const struct seq_operations maps_ops = { .start = maps_start, .next = maps_next, .stop = maps_stop, .show = maps_show };

static int proc_maps_open(struct inode *inode, struct file *file)
{
	return maps_open(inode, file, &maps_ops);
}

const struct file_operations proc_pid_maps_operations = {
	.open = proc_maps_open, .read_iter = seq_read_iter, .llseek = seq_lseek, .release = maps_release,
};

/* ---- smaps --------------------------------------------------------------------------------------------------------------------------------- */

/* Bytes; pss in 1 / (1 << PSS_SHIFT) of a byte. */
struct mem_size_stats {
	u64 resident, shared_clean, shared_dirty, private_clean, private_dirty, referenced, anonymous, pss, pss_locked;
};

static void smaps_pte(struct mem_size_stats *mss, const struct vm_area_struct *vma, pte_t pte)
{
	struct page *page;
	bool dirty, shared;
	u64 pss = (u64)PAGE_SIZE << PSS_SHIFT;
	int mapcount;

	if (!pte_present(pte) || pte_special(pte) || vma->vm_flags & VM_PFNMAP)
		return;
	page = pfn_to_page(pte_pfn(pte));
	mapcount = page_mapcount(page);
	dirty = pte_dirty(pte) || PageDirty(page);
	shared = mapcount >= 2;
	if (shared)
		pss /= mapcount;
	mss->resident += PAGE_SIZE;
	mss->pss += pss;
	if (vma->vm_flags & VM_LOCKED)
		mss->pss_locked += pss;
	if (PageAnon(page))
		mss->anonymous += PAGE_SIZE;
	if (pte_young(pte))
		mss->referenced += PAGE_SIZE;
	if (shared && dirty)
		mss->shared_dirty += PAGE_SIZE;
	else if (shared)
		mss->shared_clean += PAGE_SIZE;
	else if (dirty)
		mss->private_dirty += PAGE_SIZE;
	else
		mss->private_clean += PAGE_SIZE;
}

/* The entries of [addr, end), which one table covers. */
static void smaps_table(struct mem_size_stats *mss, const struct vm_area_struct *vma, pmd_t *pmd, unsigned long addr, unsigned long end)
{
	spinlock_t *ptl = &pfn_to_page((pmd_val(*pmd) & PTE_PFN_MASK) >> PAGE_SHIFT)->ptl;
	pte_t *pte;

	spin_lock(ptl);
	for (pte = pte_offset_kernel(pmd, addr); addr < end; addr += PAGE_SIZE, pte++)
		smaps_pte(mss, vma, *pte);
	spin_unlock(ptl);
}

static void smaps_walk(struct mem_size_stats *mss, const struct vm_area_struct *vma)
{
	unsigned long addr, next, end = vma->vm_end;

	for (addr = vma->vm_start; addr < end; addr = next) {
		pgd_t *pgd = pgd_offset_pgd(vma->vm_mm->pgd, addr);
		pud_t *pud;
		pmd_t *pmd;

		next = pgd_addr_end(addr, end);
		if (!pgd_present(*pgd))
			continue;
		pud = pud_offset(pgd, addr);
		next = pud_addr_end(addr, end);
		if (!pud_present(*pud))
			continue;
		pmd = pmd_offset(pud, addr);
		next = pmd_addr_end(addr, end);
		if (pmd_present(*pmd))
			smaps_table(mss, vma, pmd, addr, next);
	}
}

static void show_vm_flags(struct seq_file *m, unsigned long flags)
{
	static const struct { unsigned long flag; char text[3]; } names[] = {
		{ VM_READ, "rd" }, { VM_WRITE, "wr" }, { VM_EXEC, "ex" }, { VM_SHARED, "sh" }, { VM_MAYREAD, "mr" }, { VM_MAYWRITE, "mw" },
		{ VM_MAYEXEC, "me" }, { VM_MAYSHARE, "ms" }, { VM_GROWSDOWN, "gd" }, { VM_PFNMAP, "pf" }, { VM_DENYWRITE, "dw" },
		{ VM_LOCKED, "lo" }, { VM_IO, "io" }, { VM_SEQ_READ, "sr" }, { VM_RAND_READ, "rr" }, { VM_DONTCOPY, "dc" },
		{ VM_DONTEXPAND, "de" }, { VM_LOCKONFAULT, "lf" }, { VM_ACCOUNT, "ac" }, { VM_NORESERVE, "nr" }, { VM_WIPEONFORK, "wf" }, { VM_DONTDUMP, "dd" },
		{ VM_SOFTDIRTY, "sd" }, { VM_MIXEDMAP, "mm" }, { VM_HUGEPAGE, "hg" }, { VM_NOHUGEPAGE, "nh" }, { VM_MERGEABLE, "mg" },
	};
	unsigned int i;

	seq_puts(m, "VmFlags: ");
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (flags & names[i].flag)
			seq_printf(m, "%s ", names[i].text);
	}
	seq_putc(m, '\n');
}

static void show_kb(struct seq_file *m, const char *name, u64 bytes)
{
	seq_printf(m, "%-16s%8llu kB\n", name, (unsigned long long)bytes >> 10);
}

static int smaps_show(struct seq_file *m, void *v)
{
	struct vm_area_struct *vma = v;
	struct mem_size_stats mss = { };

	smaps_walk(&mss, vma);
	show_area(m, vma);
	show_kb(m, "Size:", vma->vm_end - vma->vm_start);
	show_kb(m, "KernelPageSize:", PAGE_SIZE);
	show_kb(m, "MMUPageSize:", PAGE_SIZE);
	show_kb(m, "Rss:", mss.resident);
	show_kb(m, "Pss:", mss.pss >> PSS_SHIFT);
	show_kb(m, "Shared_Clean:", mss.shared_clean);
	show_kb(m, "Shared_Dirty:", mss.shared_dirty);
	show_kb(m, "Private_Clean:", mss.private_clean);
	show_kb(m, "Private_Dirty:", mss.private_dirty);
	show_kb(m, "Referenced:", mss.referenced);
	show_kb(m, "Anonymous:", mss.anonymous);
	show_kb(m, "LazyFree:", 0);
	show_kb(m, "AnonHugePages:", 0);
	show_kb(m, "ShmemPmdMapped:", 0);
	show_kb(m, "FilePmdMapped:", 0);
	show_kb(m, "Shared_Hugetlb:", 0);
	show_kb(m, "Private_Hugetlb:", 0);
	show_kb(m, "Swap:", 0);
	show_kb(m, "SwapPss:", 0);
	show_kb(m, "Locked:", mss.pss_locked >> PSS_SHIFT);
	seq_puts(m, "THPeligible:    0\n");
	show_vm_flags(m, vma->vm_flags);
	return 0;
}

static const struct seq_operations smaps_ops = { .start = maps_start, .next = maps_next, .stop = maps_stop, .show = smaps_show };

static int proc_smaps_open(struct inode *inode, struct file *file)
{
	return maps_open(inode, file, &smaps_ops);
}

const struct file_operations proc_pid_smaps_operations = {
	.open = proc_smaps_open, .read_iter = seq_read_iter, .llseek = seq_lseek, .release = maps_release,
};
