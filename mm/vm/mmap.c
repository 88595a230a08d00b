/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/vm/mmap.c - promise memory and take promises back: mmap, munmap, brk, growing stacks.
 *
 * The problem. A program asks for a gigabyte, or for a file's contents, and will touch a part of it. Nothing of that
 * should cost memory or time before it is touched.
 *
 * The idea. mmap() makes an area, a record of what shall be where with which rights, and nothing else. The first access
 * faults, and the fault handler (fault.c) looks up the area and makes one page real. munmap() takes the areas out and
 * gives the pages back.
 *
 *	do_mmap     check the arguments -> get_unmapped_area -> rights -> mmap_region
 *	mmap_region unmap what is in the way -> limits -> merge with a neighbour, or a new area -> the file's own mmap
 *	do_munmap   split the areas at both ends -> take all between out of the tree -> zap their entries -> free them
 *
 *	   do_munmap(m..n):    [  A m-A  ][ B ][ C-n  C ]     before
 *	                       [  A ][-A ][ B ][ C-][  C]     split
 *	                       [  A ]              [  C ]     taken out: nobody can fault there any more; then zapped
 *
 * Invariants:
 *   M1  An area that is out of the tree gets no new entries, because every fault looks it up first: entries are
 *       cleared after the unlinking, with mmap_lock held for writing all the time.
 *   M2  total_vm, data_vm, stack_vm, exec_vm, locked_vm are sums over the areas in the tree.
 *   M3  A growing stack stays stack_guard_gap away from the area below it, unless that one grows too or cannot be
 *       accessed.
 *
 * Limits: RLIMIT_AS bounds total_vm, RLIMIT_DATA private writable memory, RLIMIT_STACK what a stack may grow to,
 * sysctl_max_map_count the number of areas; -ENOMEM in each case. What private writable areas promise is counted for
 * the whole system (overcommit.c), and what is locked into memory for each process (mlock.c).
 *
 * Shared anonymous memory is a shared mapping of a nameless file in memory, which the fs room makes (shmem_file).
 * Locking: mmap_lock for writing, but for expand_stack. Linux: mm/mmap.c.
 */
#define pr_fmt(fmt) "mmap: " fmt

#include "internal.h"

#include <primer/cred.h>
#include <primer/mman.h>
#include <primer/signal.h>
#include <primer/tlb.h>
#include <uapi/mman.h>
#include <uapi/personality.h>
#include <uapi/resource.h>

int sysctl_max_map_count = DEFAULT_MAX_MAP_COUNT;

const struct vm_file_operations *vm_file_ops;	/* written once at boot */

void vm_set_file_operations(const struct vm_file_operations *ops)
{
	vm_file_ops = ops;
}

void vma_get_file(struct file *file)
{
	vm_file_ops->get(file);
}

void vma_put_file(struct file *file)
{
	vm_file_ops->put(file);
}

/*
 * The rights in the table's terms. A private area never gives the CPU the right to write by itself: the fault handler
 * adds it to the pages that are this process's alone, which is what makes copy-on-write.
 */
pgprot_t vm_get_page_prot(unsigned long vm_flags)
{
	if (!(vm_flags & VM_ACCESS_FLAGS))
		return PAGE_NONE;
	if ((vm_flags & (VM_WRITE | VM_SHARED)) == (VM_WRITE | VM_SHARED))
		return vm_flags & VM_EXEC ? PAGE_SHARED_EXEC : PAGE_SHARED;
	return vm_flags & VM_EXEC ? PAGE_READONLY_EXEC : PAGE_READONLY;
}

/* ---- limits ---- */

static bool is_data_mapping(unsigned long flags)
{
	return (flags & (VM_WRITE | VM_SHARED | VM_GROWSDOWN)) == VM_WRITE;
}

bool may_expand_vm(struct mm_struct *mm, unsigned long flags, unsigned long npages)
{
	unsigned long as = rlimit(RLIMIT_AS), data = rlimit(RLIMIT_DATA);

	if (unlikely(as != RLIM_INFINITY && mm->total_vm + npages > as >> PAGE_SHIFT))
		return false;
	if (unlikely(data != RLIM_INFINITY && is_data_mapping(flags) && mm->data_vm + npages > data >> PAGE_SHIFT)) {
		/* A soft limit of 0 is an old habit of programs that want no heap: then the hard limit counts. */
		return data == 0 && mm->data_vm + npages <= rlimit_max(RLIMIT_DATA) >> PAGE_SHIFT;
	}
	return true;
}

void vm_stat_account(struct mm_struct *mm, unsigned long flags, long npages)
{
	mm->total_vm += npages;
	if (mm->total_vm > mm->hiwater_vm)
		mm->hiwater_vm = mm->total_vm;
	if ((flags & (VM_EXEC | VM_WRITE | VM_GROWSDOWN)) == VM_EXEC)
		mm->exec_vm += npages;
	else if (flags & VM_GROWSDOWN)
		mm->stack_vm += npages;
	else if (is_data_mapping(flags))
		mm->data_vm += npages;
}

/* ---- taking away ---- */

static void remove_vma(struct vm_area_struct *vma)
{
	if (vma->vm_ops && vma->vm_ops->close)
		vma->vm_ops->close(vma);
	if (vma->vm_file)
		vma_put_file(vma->vm_file);
	vm_area_free(vma);
}

/* Take the areas from @vma up to @end out of the tree; they stay chained by vm_next. Returns the first. */
static struct vm_area_struct *detach_vmas(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long end)
{
	struct vm_area_struct *first = vma, *tail = NULL, *next;

	for (; vma && vma->vm_start < end; vma = next) {
		unsigned long pages = vma_pages(vma);

		next = vma->vm_next;
		vma_unlink(mm, vma);
		vm_stat_account(mm, vma->vm_flags, -(long)pages);
		if (vma->vm_flags & VM_ACCOUNT)
			vm_unacct_memory(pages);
		if (unlikely(vma->vm_flags & VM_LOCKED))
			mm->locked_vm -= pages;
		vma_unlink_file(vma);
		vma->vm_next = NULL;
		if (tail)
			tail->vm_next = vma;
		tail = vma;
	}
	return first;
}

int do_munmap(struct mm_struct *mm, unsigned long start, unsigned long len)
{
	struct vm_area_struct *vma, *last, *next;
	struct mmu_gather tlb;
	unsigned long end;
	int err;

	if (offset_in_page(start) || start > TASK_SIZE || len > TASK_SIZE - start)
		return -EINVAL;
	end = start + PAGE_ALIGN(len);
	if (end == start)
		return -EINVAL;
	vma = find_vma(mm, start);
	if (!vma || vma->vm_start >= end)
		return 0;

	if (start > vma->vm_start) {
		/* A hole in the middle makes one area more. */
		if (end < vma->vm_end && mm->map_count >= sysctl_max_map_count)
			return -ENOMEM;
		err = split_vma(mm, vma, start, 0);
		if (err)
			return err;
		vma = vma->vm_next;
	}
	last = vma->vm_end >= end ? vma : find_vma(mm, end - 1);
	if (last && last->vm_start < end && last->vm_end > end) {
		err = split_vma(mm, last, end, 1);
		if (err)
			return err;
		if (last == vma)
			vma = last->vm_prev;	/* the new, lower part */
	}

	/* M1: from here on nothing fails. */
	vma = detach_vmas(mm, vma, end);
	tlb_gather_mmu(&tlb, mm, true, false);
	for (next = vma; next; next = next->vm_next)
		unmap_page_range(&tlb, next, next->vm_start, next->vm_end);
	tlb_finish_mmu(&tlb);
	for (; vma; vma = next) {
		next = vma->vm_next;
		remove_vma(vma);
	}
	return 0;
}

int vm_munmap(unsigned long start, unsigned long len)
{
	struct mm_struct *mm = current->mm;
	int err;

	mmap_write_lock(mm);
	err = do_munmap(mm, start, len);
	mmap_write_unlock(mm);
	return err;
}

/* The last user is gone: no fault, no other task; no need to keep the tree in order. */
void exit_mmap(struct mm_struct *mm)
{
	struct vm_area_struct *vma, *next;
	struct mmu_gather tlb;

	mmap_write_lock(mm);
	for (vma = mm->mmap; vma; vma = vma->vm_next)
		vma_unlink_file(vma);
	tlb_gather_mmu(&tlb, mm, true, true);
	for (vma = mm->mmap; vma; vma = vma->vm_next) {
		if (vma->vm_flags & VM_ACCOUNT)
			vm_unacct_memory(vma_pages(vma));
		unmap_page_range(&tlb, vma, vma->vm_start, vma->vm_end);
	}
	tlb_finish_mmu(&tlb);
	vma = mm->mmap;
	mm->mmap = mm->mmap_cache = NULL;
	mm->mm_rb = RB_ROOT;
	mm->map_count = 0;
	mm->highest_vm_end = 0;
	mm->total_vm = mm->data_vm = mm->stack_vm = mm->exec_vm = mm->locked_vm = 0;
	mmap_write_unlock(mm);
	for (; vma; vma = next) {
		next = vma->vm_next;
		remove_vma(vma);
	}
}

/* ---- promising ---- */

/* Make room for [@addr, @end), and find its place in the tree. */
static int clear_the_way(struct mm_struct *mm, unsigned long addr, unsigned long end, struct vm_area_struct **prev,
			 struct rb_node ***link, struct rb_node **parent)
{
	int err;

	while (find_vma_links(mm, addr, end, prev, link, parent)) {
		err = do_munmap(mm, addr, end - addr);
		if (err)
			return err;
	}
	return 0;
}

/* Private memory that may be written has to be found some day: overcommit.c. */
static bool accountable(unsigned long vm_flags)
{
	return (vm_flags & (VM_NORESERVE | VM_SHARED | VM_WRITE)) == VM_WRITE;
}

static unsigned long mmap_region(struct file *file, unsigned long addr, unsigned long len, unsigned long vm_flags,
				 unsigned long pgoff)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma, *prev;
	struct rb_node **link, *parent;
	unsigned long end = addr + len;
	long charged = 0;
	int err;

	if (unlikely(!may_expand_vm(mm, vm_flags, len >> PAGE_SHIFT))) {
		/* What MAP_FIXED replaces does not count. */
		unsigned long there = 0;

		for (vma = find_vma_intersection(mm, addr, end); vma && vma->vm_start < end; vma = vma->vm_next)
			there += (min(end, vma->vm_end) - max(addr, vma->vm_start)) >> PAGE_SHIFT;
		if (!may_expand_vm(mm, vm_flags, (len >> PAGE_SHIFT) - there))
			return -ENOMEM;
	}
	err = clear_the_way(mm, addr, end, &prev, &link, &parent);
	if (err)
		return err;
	if (accountable(vm_flags)) {
		charged = len >> PAGE_SHIFT;
		if (vm_enough_memory(mm, charged))
			return -ENOMEM;
		vm_flags |= VM_ACCOUNT;
	}

	vma = vma_merge(mm, prev, addr, end, vm_flags, file, pgoff);
	if (vma)
		goto out;
	err = -ENOMEM;
	vma = vm_area_alloc(mm);
	if (!vma)
		goto unacct;
	vma->vm_start = addr;
	vma->vm_end = end;
	vma->vm_flags = vm_flags;
	vma->vm_page_prot = vm_get_page_prot(vm_flags);
	vma->vm_pgoff = pgoff;
	if (file) {
		vma_get_file(file);
		vma->vm_file = file;
		err = vm_file_ops->mmap(file, vma);
		if (err) {
			vma_put_file(file);
			vm_area_free(vma);
			goto unacct;
		}
		vm_flags = vma->vm_flags;
		vma->vm_page_prot = vm_get_page_prot(vm_flags);
	}
	if (unlikely((vm_flags & VM_LOCKED) && (vm_flags & VM_SPECIAL)))
		vma->vm_flags = vm_flags &= ~(VM_LOCKED | VM_LOCKONFAULT);
	vma_link(mm, vma, prev, link, parent);
	vma_link_file(vma);
out:
	vm_stat_account(mm, vm_flags, len >> PAGE_SHIFT);
	if (unlikely(vm_flags & VM_LOCKED))
		mm->locked_vm += len >> PAGE_SHIFT;
	return addr;
unacct:
	vm_unacct_memory(charged);
	return err;
}

static unsigned long calc_vm_prot_bits(unsigned long prot)
{
	return prot & (PROT_READ | PROT_WRITE | PROT_EXEC);	/* VM_READ, VM_WRITE, VM_EXEC have the same values */
}

/* A hint below what may be mapped is lifted, not refused. */
static unsigned long round_hint_to_min(unsigned long hint)
{
	hint &= PAGE_MASK;
	return hint && hint < mmap_min_addr ? PAGE_ALIGN(mmap_min_addr) : hint;
}

unsigned long do_mmap(struct file *file, unsigned long addr, unsigned long len, unsigned long prot, unsigned long flags,
		      unsigned long pgoff, unsigned long *populate)
{
	struct mm_struct *mm = current->mm;
	struct file *shm = NULL;
	unsigned long vm_flags;
	int err;

	*populate = 0;
	if (!len)
		return -EINVAL;
	if ((prot & PROT_READ) && (current->personality & READ_IMPLIES_EXEC))
		prot |= PROT_EXEC;
	if (flags & MAP_FIXED_NOREPLACE)
		flags |= MAP_FIXED;
	if (!(flags & MAP_FIXED))
		addr = round_hint_to_min(addr);
	len = PAGE_ALIGN(len);
	if (!len)
		return -ENOMEM;
	if (pgoff + (len >> PAGE_SHIFT) < pgoff)
		return -EOVERFLOW;
	if (mm->map_count > sysctl_max_map_count)
		return -ENOMEM;

	addr = get_unmapped_area(addr, len, flags);
	if (IS_ERR_VALUE(addr))
		return addr;
	if (unlikely(addr < mmap_min_addr) && !capable(CAP_SYS_RAWIO))
		return -EPERM;
	if ((flags & MAP_FIXED_NOREPLACE) && find_vma_intersection(mm, addr, addr + len))
		return -EEXIST;

	vm_flags = calc_vm_prot_bits(prot) | mm->def_flags | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
	if (flags & MAP_GROWSDOWN)
		vm_flags |= VM_GROWSDOWN;
	if ((flags & MAP_NORESERVE) && sysctl_overcommit_memory != OVERCOMMIT_NEVER)
		vm_flags |= VM_NORESERVE;
	if (flags & MAP_LOCKED) {
		if (!can_do_mlock())
			return -EPERM;
		vm_flags |= VM_LOCKED;
	}
	if (unlikely(vm_flags & VM_LOCKED) && !may_lock_pages(mm, len >> PAGE_SHIFT))
		return -EAGAIN;

	if (file) {
		err = vm_file_ops->may_map(file, prot, flags, &vm_flags);
		if (err)
			return err;
	} else {
		switch (flags & MAP_TYPE) {
		case MAP_SHARED:
			if (vm_flags & VM_GROWSDOWN)
				return -EINVAL;
			if (!vm_file_ops || !vm_file_ops->shmem_file) {
				pr_warn_once("shared anonymous memory is not available\n");
				return -ENODEV;
			}
			shm = vm_file_ops->shmem_file(len, vm_flags);
			if (IS_ERR(shm))
				return PTR_ERR(shm);
			file = shm;
			pgoff = 0;
			vm_flags |= VM_SHARED | VM_MAYSHARE;
			break;
		case MAP_PRIVATE:
			pgoff = addr >> PAGE_SHIFT;
			break;
		default:
			return -EINVAL;
		}
	}

	addr = mmap_region(file, addr, len, vm_flags, pgoff);
	if (shm)
		vma_put_file(shm);
	if (!IS_ERR_VALUE(addr) && ((vm_flags & VM_LOCKED) || (flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE))
		*populate = len;
	return addr;
}

unsigned long vm_mmap_pgoff(struct file *file, unsigned long addr, unsigned long len, unsigned long prot,
			    unsigned long flags, unsigned long pgoff)
{
	struct mm_struct *mm = current->mm;
	unsigned long populate;

	mmap_write_lock(mm);
	addr = do_mmap(file, addr, len, prot, flags, pgoff, &populate);
	mmap_write_unlock(mm);
	if (populate)
		mm_populate(addr, populate);
	return addr;
}

unsigned long vm_mmap(struct file *file, unsigned long addr, unsigned long len, unsigned long prot, unsigned long flags,
		      unsigned long offset)
{
	if (offset + PAGE_ALIGN(len) < offset || offset_in_page(offset))
		return -EINVAL;
	return vm_mmap_pgoff(file, addr, len, prot, flags, offset >> PAGE_SHIFT);
}

/* ---- the heap ---- */

/* Private zeroed memory at [@addr, @addr + @len), which are page aligned. mmap_lock for writing. */
static int do_brk_flags(unsigned long addr, unsigned long len, unsigned long flags)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma, *prev;
	struct rb_node **link, *parent;
	int err;

	flags |= VM_DATA_DEFAULT_FLAGS | mm->def_flags;
	if (len > TASK_SIZE || addr > TASK_SIZE - len)
		return -ENOMEM;
	if (unlikely(flags & VM_LOCKED) && !may_lock_pages(mm, len >> PAGE_SHIFT))
		return -EAGAIN;
	err = clear_the_way(mm, addr, addr + len, &prev, &link, &parent);
	if (err)
		return err;
	if (!may_expand_vm(mm, flags, len >> PAGE_SHIFT) || mm->map_count > sysctl_max_map_count)
		return -ENOMEM;
	if (vm_enough_memory(mm, len >> PAGE_SHIFT))
		return -ENOMEM;
	if (!vma_merge(mm, prev, addr, addr + len, flags, NULL, addr >> PAGE_SHIFT)) {
		vma = vm_area_alloc(mm);
		if (!vma) {
			vm_unacct_memory(len >> PAGE_SHIFT);
			return -ENOMEM;
		}
		vma->vm_start = addr;
		vma->vm_end = addr + len;
		vma->vm_pgoff = addr >> PAGE_SHIFT;
		vma->vm_flags = flags;
		vma->vm_page_prot = vm_get_page_prot(flags);
		vma_link(mm, vma, prev, link, parent);
	}
	vm_stat_account(mm, flags, len >> PAGE_SHIFT);
	if (unlikely(flags & VM_LOCKED))
		mm->locked_vm += len >> PAGE_SHIFT;
	return 0;
}

int vm_brk_flags(unsigned long addr, unsigned long request, unsigned long flags)
{
	unsigned long len = PAGE_ALIGN(request);
	struct mm_struct *mm = current->mm;
	bool populate;
	int err;

	if (len < request)
		return -ENOMEM;
	if (!len)
		return 0;
	if ((flags & ~VM_EXEC) || offset_in_page(addr))
		return -EINVAL;
	mmap_write_lock(mm);
	err = do_brk_flags(addr, len, flags);
	populate = mm->def_flags & VM_LOCKED;
	mmap_write_unlock(mm);
	if (unlikely(populate) && !err)
		mm_populate(addr, len);
	return err;
}

unsigned long mm_brk(unsigned long brk)
{
	struct mm_struct *mm = current->mm;
	unsigned long new, old, limit = rlimit(RLIMIT_DATA), result;
	struct vm_area_struct *next;
	bool populate = false;

	mmap_write_lock(mm);
	result = mm->brk;
	if (brk < mm->start_brk)
		goto out;
	if (limit != RLIM_INFINITY && (brk - mm->start_brk) + (mm->end_data - mm->start_data) > limit)
		goto out;
	new = PAGE_ALIGN(brk);
	old = PAGE_ALIGN(mm->brk);
	if (new < brk)
		goto out;
	if (new < old) {
		if (do_munmap(mm, new, old - new))
			goto out;
	} else if (new > old) {
		/* Never into somebody else's area, nor next to a stack. */
		next = find_vma(mm, old);
		if (next && new + PAGE_SIZE > vm_start_gap(next))
			goto out;
		if (do_brk_flags(old, new - old, 0))
			goto out;
		populate = mm->def_flags & VM_LOCKED;
	}
	mm->brk = result = brk;
out:
	mmap_write_unlock(mm);
	if (unlikely(populate))
		mm_populate(old, new - old);
	return result;
}

/* ---- stacks ---- */

/*
 * The area is held by mmap_lock, but perhaps only for reading: two threads may fault below two stacks, or below the
 * same one, at once. Both change sums over the areas, so page_table_lock makes one go after the other; readers of the
 * tree meanwhile see either the old start or the new one, and both are right for them. The bounds of the gaps stay: the gap
 * in front of a stack that grows becomes smaller.
 */
int expand_stack(struct vm_area_struct *vma, unsigned long address)
{
	struct mm_struct *mm = vma->vm_mm;
	struct vm_area_struct *prev;
	int err = 0;

	address &= PAGE_MASK;
	if (!(vma->vm_flags & VM_GROWSDOWN))
		return -EFAULT;
	if (address < mmap_min_addr)
		return -EPERM;
	prev = vma->vm_prev;
	if (prev && !(prev->vm_flags & VM_GROWSDOWN) && (prev->vm_flags & VM_ACCESS_FLAGS) &&
	    (address < prev->vm_end || address - prev->vm_end < stack_guard_gap))
		return -ENOMEM;

	spin_lock(&mm->page_table_lock);
	if (address < vma->vm_start) {
		unsigned long size = vma->vm_end - address, grow = (vma->vm_start - address) >> PAGE_SHIFT;

		if (prev && address < prev->vm_end)
			err = -ENOMEM;
		else if (grow > vma->vm_pgoff || size > rlimit(RLIMIT_STACK) || !may_expand_vm(mm, vma->vm_flags, grow))
			err = -ENOMEM;
		else if ((vma->vm_flags & VM_LOCKED) && !may_lock_pages(mm, grow))
			err = -ENOMEM;
		else if (vma->vm_flags & VM_ACCOUNT)
			err = vm_enough_memory(mm, grow);
		if (!err) {
			vm_stat_account(mm, vma->vm_flags, grow);
			if (vma->vm_flags & VM_LOCKED)
				mm->locked_vm += grow;
			vma_set_start(vma, address);
		}
	}
	spin_unlock(&mm->page_table_lock);
	return err;
}
