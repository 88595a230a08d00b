/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/alloc/vmalloc.c - areas of kernel addresses, and pages mapped into them.
 *
 * The problem. Large blocks of contiguous pages are rare; single pages are not. Code that needs contiguous addresses
 * but not contiguous memory should take single pages. The same addresses serve device registers, and kernel stacks,
 * which want an unmapped page at their end so that an overflow faults instead of destroying a neighbour.
 *
 * The idea. An address range of 1 TiB is divided among areas; each is followed by one page that is never mapped:
 *
 *	VMALLOC_START                                                                VMALLOC_AREA_END
 *	|== area A ==|g|         gap          |== area B ==|g|== area C =======|g|      gap       |
 *
 * Areas are the nodes of a red-black tree by address, and of a list in the same order. Each node is responsible for the
 * gap before it, and carries the largest gap of its subtree. So the lowest gap that is large enough is found by going
 * down once: left if the left subtree has one, else here, else right. The gap behind the last area is nobody's and is
 * looked at last.
 *
 *	               B: gap 7, subtree 9
 *	              /                   \
 *	    A: gap 0, subtree 0       C: gap 0, subtree 9 --- D: gap 9
 *
 * Giving back is lazy. Clearing the page table entries is cheap; telling every CPU to forget what it cached is not. So
 * a freed area is unmapped at once, and its pages are free at once, but it stays in the tree, so that nobody gets its
 * addresses, until enough of them have gathered: then one flush serves all. A stale translation can exist meanwhile,
 * but only somebody who uses freed memory would use it.
 *
 * Invariants, under vmap_area_lock:
 *   V1  areas in the tree do not overlap, guard pages included; the list has them in the tree's order.
 *   V2  subtree_gap is the maximum of gap_before() over the subtree.
 *   V3  an area with vm == NULL is unmapped, and is on lazy_list or in the hands of whoever flushes.
 *
 * Locking. vmap_area_lock: tree, list and purging. Page tables of an area: whoever owns the area. vfree() in an
 * interrupt only notes the area in itself (its first word is the link) and leaves the rest to task context.
 *
 * Linux (mm/vmalloc.c) keeps a second tree of the gaps themselves, per-CPU blocks for small vmaps, and uses large
 * pages.
 */
#include <primer/err.h>
#include <primer/init.h>
#include <primer/kasan.h>
#include <primer/kernel.h>
#include <primer/list.h>
#include <primer/mm.h>
#include <primer/panic.h>
#include <primer/pgtable.h>
#include <primer/printk.h>
#include <primer/rbtree_augmented.h>
#include <primer/seq_buf.h>
#include <primer/slab.h>
#include <primer/smp.h>
#include <primer/spinlock.h>
#include <primer/tlb.h>
#include <primer/vmalloc.h>

#include "internal.h"

/* A range of addresses. */
struct vmap_area {
	unsigned long va_start, va_end;	/* immutable; with the guard page */
	struct rb_node rb_node;		/* [vmap_area_lock] */
	struct list_head list;		/* [vmap_area_lock] */
	unsigned long subtree_gap;	/* [vmap_area_lock] bytes */
	struct vm_struct *vm;		/* [vmap_area_lock] NULL: unmapped, waits for the flush */
	struct vmap_area *lazy_next;	/* [vmap_area_lock], then whoever flushes */
};

/* The tree and list of areas, and those that wait for a flush. Task context, interrupts may be on. */
static DEFINE_SPINLOCK(vmap_area_lock, LOCK_RANK_VMAP);
static struct rb_root vmap_root = RB_ROOT;		/* [vmap_area_lock] */
static LIST_HEAD(vmap_list);				/* [vmap_area_lock] */
static struct vmap_area *lazy_list;			/* [vmap_area_lock] unmapped areas that wait for a flush */
static unsigned long lazy_pages;			/* [vmap_area_lock] their pages */
static struct kmem_cache *vmap_area_cache __ro_after_init;
static atomic_long_t nr_vmalloc_pages;

static void *deferred;			/* atomic: areas freed in interrupts, linked by their first word */
static void (*deferred_wake)(void);			/* [written once at boot] */

#define LAZY_MAX_PAGES	(32UL << (20 - PAGE_SHIFT))	/* for each doubling of the number of CPUs */

/* ---- the tree ---------------------------------------------------------------------------------------------------- */

static unsigned long gap_before(struct vmap_area *va)
{
	if (va->list.prev == &vmap_list)
		return va->va_start - VMALLOC_START;
	return va->va_start - list_prev_entry(va, list)->va_end;
}

RB_DECLARE_CALLBACKS_MAX(static, vmap_gaps, struct vmap_area, rb_node, unsigned long, subtree_gap, gap_before);

static struct vmap_area *next_area(struct vmap_area *va)
{
	return list_is_last(&va->list, &vmap_list) ? NULL : list_next_entry(va, list);
}

/* Where the gap behind @va ends. */
static unsigned long gap_end(struct vmap_area *va)
{
	struct vmap_area *next = next_area(va);

	return next ? next->va_start : VMALLOC_AREA_END;
}

/* The gap before @va has changed from outside: its summary and those above follow. */
static void gap_changed(struct vmap_area *va)
{
	if (va)
		vmap_gaps.propagate(&va->rb_node, NULL);
}

static unsigned long subtree_gap(const struct rb_node *node)
{
	return node ? rb_entry(node, struct vmap_area, rb_node)->subtree_gap : 0;
}

/*
 * The lowest address at which @size bytes fit, or 0. @need: the gap that certainly holds them, whatever the alignment
 * costs.
 */
static unsigned long find_gap(unsigned long size, unsigned long align)
{
	unsigned long need = size + align - PAGE_SIZE, addr = VMALLOC_START;
	struct rb_node *node = vmap_root.rb_node;

	lockdep_assert_held(&vmap_area_lock);
	if (subtree_gap(node) < need) {
		if (!list_empty(&vmap_list))
			addr = list_last_entry(&vmap_list, struct vmap_area, list)->va_end;
		addr = ALIGN(addr, align);
		return addr < VMALLOC_AREA_END && VMALLOC_AREA_END - addr >= size ? addr : 0;
	}
	for (;;) {		/* invariant: the subtree of node has such a gap */
		struct vmap_area *va = rb_entry(node, struct vmap_area, rb_node);

		if (subtree_gap(node->rb_left) >= need)
			node = node->rb_left;
		else if (gap_before(va) >= need)
			return ALIGN(va->va_start - gap_before(va), align);
		else
			node = node->rb_right;
	}
}

static void insert_area(struct vmap_area *va)
{
	struct rb_node **link = &vmap_root.rb_node, *parent = NULL;
	struct list_head *prev = &vmap_list;

	while (*link) {
		struct vmap_area *other = rb_entry(*link, struct vmap_area, rb_node);

		parent = *link;
		if (va->va_start < other->va_start) {
			link = &parent->rb_left;
		} else {
			prev = &other->list;		/* the last one that we pass on its right is the predecessor */
			link = &parent->rb_right;
		}
	}
	list_add(&va->list, prev);
	rb_link_node(&va->rb_node, parent, link);
	va->subtree_gap = gap_before(va);
	if (parent)
		gap_changed(rb_entry(parent, struct vmap_area, rb_node));
	gap_changed(next_area(va));			/* it lost what @va took */
	rb_insert_augmented(&va->rb_node, &vmap_root, &vmap_gaps);
}

static void erase_area(struct vmap_area *va)
{
	struct vmap_area *next = next_area(va);

	rb_erase_augmented(&va->rb_node, &vmap_root, &vmap_gaps);
	list_del(&va->list);
	gap_changed(next);
}

static struct vmap_area *find_area(unsigned long addr)
{
	struct rb_node *node = vmap_root.rb_node;

	while (node) {
		struct vmap_area *va = rb_entry(node, struct vmap_area, rb_node);

		if (addr < va->va_start)
			node = node->rb_left;
		else if (addr >= va->va_end)
			node = node->rb_right;
		else
			return va;
	}
	return NULL;
}

/* ---- lazy unmapping ---------------------------------------------------------------------------------------------- */

/*
 * Flush for all areas that wait, then forget them. The flush may have to wait for other CPUs, so it is done without the
 * lock; areas that come meanwhile are on a new list and wait for the next one.
 */
void vm_unmap_aliases(void)
{
	unsigned long start = ~0UL, end = 0;
	struct vmap_area *victims, *va;
	void *shadow = NULL;

	spin_lock(&vmap_area_lock);
	victims = lazy_list;
	lazy_list = NULL;
	lazy_pages = 0;
	spin_unlock(&vmap_area_lock);
	if (!victims)
		return;

	for (va = victims; va; va = va->lazy_next) {
		start = min(start, va->va_start);
		end = max(end, va->va_end);
	}
	flush_tlb_kernel_range(start, end);

	while ((va = victims) != NULL) {
		victims = va->lazy_next;
		spin_lock(&vmap_area_lock);
		kasan_release_vm_area(va->va_start, va->va_end, va->va_start - gap_before(va), gap_end(va), &shadow);
		erase_area(va);
		spin_unlock(&vmap_area_lock);
		kmem_cache_free(vmap_area_cache, va);
	}
	kasan_free_shadow(shadow, start, end);
}

/* ---- areas ------------------------------------------------------------------------------------------------------- */

struct vm_struct *get_vm_area_caller(unsigned long size, unsigned long align, unsigned long flags, const void *caller)
{
	struct vm_struct *vm = kzalloc(sizeof(*vm), GFP_KERNEL);
	struct vmap_area *va = kmem_cache_alloc(vmap_area_cache, GFP_KERNEL);
	unsigned long addr = 0;
	int attempt;

	size = PAGE_ALIGN(size);
	if (!vm || !va || !size || size > VMALLOC_AREA_END - VMALLOC_START)
		goto fail;
	if (!(flags & VM_NO_GUARD))
		size += PAGE_SIZE;
	align = max(align, PAGE_SIZE);

	for (attempt = 0; attempt < 2 && !addr; attempt++) {
		if (attempt)
			vm_unmap_aliases();
		spin_lock(&vmap_area_lock);
		addr = find_gap(size, align);
		if (addr) {
			*va = (struct vmap_area){ .va_start = addr, .va_end = addr + size, .vm = vm };
			vm->addr = (void *)addr;
			vm->size = size;
			vm->flags = flags;
			vm->caller = caller;
			insert_area(va);
		}
		spin_unlock(&vmap_area_lock);
	}
	if (addr) {
		if (kasan_alloc_vm_area(vm))
			return vm;
		free_vm_area(vm);
		return NULL;
	}
	pr_warn("vmap allocation for size %lu failed: no gap in vmalloc space\n", size);
fail:
	if (va)
		kmem_cache_free(vmap_area_cache, va);
	kfree(vm);
	return NULL;
}

struct vm_struct *get_vm_area(unsigned long size, unsigned long flags)
{
	return get_vm_area_caller(size, PAGE_SIZE, flags, __builtin_return_address(0));
}

struct vm_struct *find_vm_area(const void *addr)
{
	struct vm_struct *vm = NULL;
	struct vmap_area *va;

	/* An oops may have interrupted the holder. */
	if (oops_in_progress) {
		if (!spin_trylock(&vmap_area_lock))
			return NULL;
	} else {
		spin_lock(&vmap_area_lock);
	}
	va = find_area((unsigned long)addr);
	if (va)
		vm = va->vm;
	spin_unlock(&vmap_area_lock);
	return vm;
}

struct vm_struct *remove_vm_area(const void *addr)
{
	struct vm_struct *vm = find_vm_area(addr);
	struct vmap_area *va;
	unsigned long limit = LAZY_MAX_PAGES * (64 - __builtin_clzl(num_online_cpus() | 1));
	unsigned long start = (unsigned long)addr;
	bool purge;

	if (!vm || vm->addr != addr)
		return NULL;
	/* The area is still ours alone: nobody can get these addresses before vm is cleared below. */
	unmap_kernel_range_noflush(start, start + vm->size);
	kasan_free_vm_area(vm);
	spin_lock(&vmap_area_lock);
	va = find_area(start);
	va->vm = NULL;
	va->lazy_next = lazy_list;
	lazy_list = va;
	lazy_pages += vm->size >> PAGE_SHIFT;
	purge = lazy_pages > limit;
	spin_unlock(&vmap_area_lock);
	if (purge && !irqs_disabled() && !in_interrupt())
		vm_unmap_aliases();
	return vm;
}

void free_vm_area(struct vm_struct *area)
{
	WARN_ON(remove_vm_area(area->addr) != area);
	kfree(area);
}

/* ---- vmap, vmalloc ----------------------------------------------------------------------------------------------- */

void *vmap(struct page **pages, unsigned int count, unsigned long flags, pgprot_t prot)
{
	unsigned long size = (unsigned long)count << PAGE_SHIFT;
	struct vm_struct *vm;

	might_sleep();
	vm = get_vm_area_caller(size, PAGE_SIZE, flags | VM_MAP, __builtin_return_address(0));
	if (!vm)
		return NULL;
	if (map_kernel_pages((unsigned long)vm->addr, (unsigned long)vm->addr + size, pages, prot)) {
		free_vm_area(vm);
		return NULL;
	}
	return vm->addr;
}

void vunmap(const void *addr)
{
	struct vm_struct *vm;

	if (!addr)
		return;
	vm = remove_vm_area(addr);
	if (!WARN(!vm, "Trying to vunmap() nonexistent vm area (%px)\n", addr))
		kfree(vm);
}

static void free_area_pages(struct vm_struct *vm)
{
	unsigned int i;

	for (i = 0; i < vm->nr_pages; i++)
		__free_page(vm->pages[i]);
	atomic_long_sub(vm->nr_pages, &nr_vmalloc_pages);
	kvfree(vm->pages);
}

void *__vmalloc_area(unsigned long size, unsigned long align, gfp_t gfp, unsigned long flags, const void *caller)
{
	unsigned long count = PAGE_ALIGN(size) >> PAGE_SHIFT, start;
	struct vm_struct *vm;

	might_sleep();
	vfree_deferred();
	if (!count || count > totalram_pages()) {
		if (count && !(gfp & __GFP_NOWARN))
			pr_warn("vmalloc: allocation failure: %lu bytes exceed memory\n", size);
		return NULL;
	}
	vm = get_vm_area_caller(size, align, flags | VM_ALLOC, caller);
	if (!vm)
		return NULL;
	vm->pages = kvmalloc_array(count, sizeof(struct page *), GFP_KERNEL);
	if (!vm->pages)
		goto fail;
	for (; vm->nr_pages < count; vm->nr_pages++) {
		vm->pages[vm->nr_pages] = alloc_page(gfp);
		if (!vm->pages[vm->nr_pages])
			break;
	}
	atomic_long_add(vm->nr_pages, &nr_vmalloc_pages);
	start = (unsigned long)vm->addr;
	if (vm->nr_pages == count && !map_kernel_pages(start, start + count * PAGE_SIZE, vm->pages, PAGE_KERNEL)) {
		kasan_vmalloc(vm, size);
		return vm->addr;
	}
	if (!(gfp & __GFP_NOWARN))
		pr_warn("vmalloc: allocation failure: %lu bytes, got %u pages\n", size, vm->nr_pages);
fail:
	WARN_ON(remove_vm_area(vm->addr) != vm);
	if (vm->pages)
		free_area_pages(vm);
	kfree(vm);
	return NULL;
}

void *__vmalloc(unsigned long size, gfp_t gfp)
{
	return __vmalloc_area(size, PAGE_SIZE, gfp, 0, __builtin_return_address(0));
}

void *vmalloc(unsigned long size)
{
	return __vmalloc_area(size, PAGE_SIZE, GFP_KERNEL, 0, __builtin_return_address(0));
}

void *vzalloc(unsigned long size)
{
	return __vmalloc_area(size, PAGE_SIZE, GFP_KERNEL | __GFP_ZERO, 0, __builtin_return_address(0));
}

/* For memory that user programs will map: nothing of former users may shine through. */
void *vmalloc_user(unsigned long size)
{
	return __vmalloc_area(size, PAGE_SIZE, GFP_KERNEL | __GFP_ZERO, 0, __builtin_return_address(0));
}

/* Push onto a list that only vfree_deferred() takes from, and as a whole: no ABA. */
static void defer_vfree(void *addr)
{
	void *old = READ_ONCE(deferred);

	do {
		*(void **)addr = old;
	} while (!try_cmpxchg(&deferred, &old, addr));
	if (deferred_wake)
		deferred_wake();
}

void vfree(const void *addr)
{
	struct vm_struct *vm;

	if (!addr)
		return;
	if (in_interrupt()) {
		defer_vfree((void *)addr);
		return;
	}
	vm = remove_vm_area(addr);
	if (WARN(!vm, "Trying to vfree() nonexistent vm area (%px)\n", addr))
		return;
	free_area_pages(vm);
	kfree(vm);
}

void vfree_deferred(void)
{
	void *addr;

	if (likely(!READ_ONCE(deferred)))
		return;
	addr = xchg(&deferred, NULL);
	while (addr) {
		void *next = *(void **)addr;

		vfree(addr);
		addr = next;
	}
}

void vfree_set_defer(void (*wake)(void))
{
	deferred_wake = wake;
}

/* ---- questions --------------------------------------------------------------------------------------------------- */

unsigned long vmalloc_to_pfn(const void *addr)
{
	phys_addr_t pa = slow_virt_to_phys(addr);

	return pa == ~0ULL ? 0 : PFN_DOWN(pa);
}

struct page *vmalloc_to_page(const void *addr)
{
	unsigned long pfn = vmalloc_to_pfn(addr);

	return pfn_valid(pfn) && pfn ? pfn_to_page(pfn) : NULL;
}

unsigned long vmalloc_nr_pages(void)
{
	return atomic_long_read(&nr_vmalloc_pages);
}

void vmallocinfo_show(struct seq_buf *m)
{
	struct vmap_area *va;

	spin_lock(&vmap_area_lock);
	list_for_each_entry(va, &vmap_list, list) {
		struct vm_struct *vm = va->vm;

		seq_buf_printf(m, "0x%px-0x%px %7ld", (void *)va->va_start, (void *)va->va_end,
			       va->va_end - va->va_start);
		if (!vm) {
			seq_buf_puts(m, " unpurged vm_area\n");
			continue;
		}
		seq_buf_printf(m, " %pS", vm->caller);
		if (vm->nr_pages)
			seq_buf_printf(m, " pages=%u", vm->nr_pages);
		if (vm->flags & VM_IOREMAP)
			seq_buf_printf(m, " phys=%#018llx ioremap", vm->phys_addr);
		seq_buf_printf(m, "%s%s%s%s\n", vm->flags & VM_ALLOC ? " vmalloc" : "",
			       vm->flags & VM_MAP ? " vmap" : "", vm->flags & VM_KSTACK ? " kstack" : "",
			       vm->flags & VM_PERCPU ? " percpu" : "");
	}
	spin_unlock(&vmap_area_lock);
}

void __init vmalloc_init(void)
{
	vmap_area_cache = KMEM_CACHE(vmap_area, SLAB_PANIC);
}
