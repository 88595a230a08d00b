/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/vm.h - the memory of processes: address spaces, areas, faults. The theory is in the files of mm/vm.
 *
 *	task->mm --> mm_struct --> pgd (page tables: what the CPU sees)
 *	                       \-> areas (vm_area_struct: what was promised), in a tree and a list, by address
 *
 * A system call changes the areas; a fault makes the page tables follow. Nothing is in the tables that no area covers.
 *
 * Locking: mm->mmap_lock covers the areas - held for writing by whoever changes one, for reading by faults. Page table
 * entries are covered by the lock of their table (pte_lockptr()); the tables above the last level by
 * mm->page_table_lock. Tables go away only under mmap_lock held for writing, or when the last user is gone.
 */
#ifndef PRIMER_VM_H
#define PRIMER_VM_H

#include <primer/atomic.h>
#include <primer/mm_types.h>
#include <primer/rwsem.h>
#include <primer/types.h>
#include <asm/pgtable.h>

struct address_space;
struct file;
struct page;
struct pt_regs;
struct task_struct;

/* ---- rights and kinds of an area: vma->vm_flags ------------------------------------------------------------------ */

#define VM_NONE			0x00000000UL
#define VM_READ			0x00000001UL
#define VM_WRITE		0x00000002UL
#define VM_EXEC			0x00000004UL
#define VM_SHARED		0x00000008UL	/* stores go to the object, not to a private copy */
#define VM_MAYREAD		0x00000010UL	/* mprotect() may turn VM_READ on */
#define VM_MAYWRITE		0x00000020UL
#define VM_MAYEXEC		0x00000040UL
#define VM_MAYSHARE		0x00000080UL	/* made by MAP_SHARED; without VM_SHARED: of a file opened read-only */
#define VM_GROWSDOWN		0x00000100UL	/* a stack: extends downwards at a fault below it */
#define VM_PFNMAP		0x00000400UL	/* page frames without struct page references */
#define VM_DENYWRITE		0x00000800UL
#define VM_LOCKED		0x00002000UL
#define VM_IO			0x00004000UL
#define VM_SEQ_READ		0x00008000UL
#define VM_RAND_READ		0x00010000UL
#define VM_DONTCOPY		0x00020000UL	/* fork() leaves it out */
#define VM_DONTEXPAND		0x00040000UL	/* mremap() may not make it larger */
#define VM_LOCKONFAULT		0x00080000UL
#define VM_ACCOUNT		0x00100000UL	/* counted as committed memory */
#define VM_NORESERVE		0x00200000UL
#define VM_WIPEONFORK		0x02000000UL
#define VM_DONTDUMP		0x04000000UL
#define VM_SOFTDIRTY		0x08000000UL
#define VM_MIXEDMAP		0x10000000UL
#define VM_HUGEPAGE		0x20000000UL
#define VM_NOHUGEPAGE		0x40000000UL
#define VM_MERGEABLE		0x80000000UL

#define VM_ACCESS_FLAGS		(VM_READ | VM_WRITE | VM_EXEC)
#define VM_SPECIAL		(VM_IO | VM_DONTEXPAND | VM_PFNMAP | VM_MIXEDMAP)	/* never merged */
#define VM_STACK_FLAGS		(VM_GROWSDOWN | VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | VM_ACCOUNT)
#define VM_DATA_DEFAULT_FLAGS	(VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | VM_ACCOUNT)
/* exec's stack before its final place is known: kept from merging, and not counted on by anybody else. */
#define VM_STACK_INCOMPLETE_SETUP (VM_RAND_READ | VM_SEQ_READ)

/*
 * User entries as the CPU sees them, by the rights of the area. A private page gets _PAGE_RW from the fault, not from
 * here.
 */
#define PAGE_NONE		__pgprot(_PAGE_PROTNONE | _PAGE_ACCESSED)
#define PAGE_READONLY		__pgprot(_PAGE_PRESENT | _PAGE_USER | _PAGE_ACCESSED | _PAGE_NX)
#define PAGE_READONLY_EXEC	__pgprot(_PAGE_PRESENT | _PAGE_USER | _PAGE_ACCESSED)
#define PAGE_SHARED		__pgprot(_PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED | _PAGE_NX)
#define PAGE_SHARED_EXEC	__pgprot(_PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED)

/* vm_get_page_prot - the entry bits for areas with @vm_flags */
pgprot_t vm_get_page_prot(unsigned long vm_flags);

/* ---- faults ------------------------------------------------------------------------------------------------------ */

typedef unsigned int vm_fault_t;

#define VM_FAULT_OOM		0x0001U	/* no memory */
#define VM_FAULT_SIGBUS		0x0002U	/* the object has no such page */
#define VM_FAULT_MAJOR		0x0004U	/* a device had to be asked */
#define VM_FAULT_SIGSEGV	0x0040U	/* not allowed */
#define VM_FAULT_NOPAGE		0x0100U	/* ->fault() has installed the entry itself */
#define VM_FAULT_LOCKED		0x0200U	/* ->fault() returned the page locked */
#define VM_FAULT_RETRY		0x0400U	/* mmap_lock was dropped: look the area up again */
#define VM_FAULT_DONE_COW	0x1000U	/* ->fault() has filled cow_page */
#define VM_FAULT_ERROR		(VM_FAULT_OOM | VM_FAULT_SIGBUS | VM_FAULT_SIGSEGV)

#define FAULT_FLAG_WRITE	0x01U
#define FAULT_FLAG_MKWRITE	0x02U
#define FAULT_FLAG_ALLOW_RETRY	0x04U
#define FAULT_FLAG_RETRY_NOWAIT	0x08U
#define FAULT_FLAG_KILLABLE	0x10U
#define FAULT_FLAG_TRIED	0x20U
#define FAULT_FLAG_USER		0x40U	/* from user mode */
#define FAULT_FLAG_REMOTE	0x80U	/* on behalf of another task */
#define FAULT_FLAG_INSTRUCTION	0x100U
#define FAULT_FLAG_INTERRUPTIBLE 0x200U
#define FAULT_FLAG_DEFAULT	(FAULT_FLAG_ALLOW_RETRY | FAULT_FLAG_KILLABLE | FAULT_FLAG_INTERRUPTIBLE)

/* One fault on its way down. [the faulting task; lives on its stack] */
struct vm_fault {
	struct vm_area_struct *vma;
	unsigned int flags;		/* FAULT_FLAG_* */
	gfp_t gfp_mask;
	pgoff_t pgoff;			/* page of the object */
	unsigned long address;		/* page aligned */
	pmd_t *pmd;
	pte_t orig_pte;			/* the entry when the fault began */
	struct page *cow_page;		/* page to copy into, for a store to a private area */
	struct page *page;		/* out of ->fault(): the page, with a reference */
	pte_t *pte;			/* valid while ptl is held */
	spinlock_t *ptl;
};

/*
 * What an area's object lends it. All optional. Called with mmap_lock held: for writing in open, close and may_split,
 * for reading in the others; they may sleep.
 */
struct vm_operations_struct {
	void (*open)(struct vm_area_struct *vma);		/* one more area: split or fork */
	void (*close)(struct vm_area_struct *vma);		/* one less */
	int (*may_split)(struct vm_area_struct *vma, unsigned long addr);
	vm_fault_t (*fault)(struct vm_fault *vmf);		/* set vmf->page for vmf->pgoff */
	/*
	 * fault-around: map what is ready of the object's pages @start to @end; VM_FAULT_NOPAGE: vmf's too. Never
	 * sleeps
	 */
	vm_fault_t (*map_pages)(struct vm_fault *vmf, pgoff_t start, pgoff_t end);
	vm_fault_t (*page_mkwrite)(struct vm_fault *vmf);	/* a shared page is about to become writable */
	const char *(*name)(struct vm_area_struct *vma);	/* for /proc/PID/maps */
};

/*
 * handle_mm_fault - make the access to @address in @vma possible, if its rights allow it
 * @flags: FAULT_FLAG_WRITE, _INSTRUCTION, _USER, ...; @regs: for the accounting of faults, or NULL
 *
 * The caller has checked that @vma covers @address and permits the access. Returns 0 or VM_FAULT_* bits.
 * Context: task; may sleep; mmap_lock held for reading.
 */
vm_fault_t handle_mm_fault(struct vm_area_struct *vma, unsigned long address, unsigned int flags, struct pt_regs *regs);

/*
 * filemap_map_pages - ->map_pages of files in the page cache: map the pages of @mapping from @start to @end (inclusive;
 * what lies behind the file's end is not in it) that are up to date. Context: task; mmap_lock held for reading.
 */
vm_fault_t filemap_map_pages(struct vm_fault *vmf, struct address_space *mapping, pgoff_t start, pgoff_t end);

/* vma_permits - do @vma's rights allow the access that @flags (FAULT_FLAG_*) describe? */
static inline bool vma_permits(const struct vm_area_struct *vma, unsigned int flags)
{
	if (flags & FAULT_FLAG_WRITE)
		return vma->vm_flags & VM_WRITE;
	if (flags & FAULT_FLAG_INSTRUCTION)
		return vma->vm_flags & VM_EXEC;
	return vma->vm_flags & (VM_READ | VM_WRITE | VM_EXEC);	/* x86 cannot write or execute without reading */
}

/* ---- address spaces ---------------------------------------------------------------------------------------------- */

#define MMF_TOPDOWN		(1UL << 8)	/* mmap searches downwards from mmap_base */

/* dup_mm - a copy of @old, current's, for fork: contents copied at the first store. NULL without memory. May sleep. */
struct mm_struct *dup_mm(struct mm_struct *old);

/* mm_alloc - an empty address space with one user; NULL without memory. May sleep. */
struct mm_struct *mm_alloc(void);

/*
 * Users keep the areas alive (mmput() may sleep: the last one tears them down); references keep the structure and its
 * top table.
 */
void mmput(struct mm_struct *mm);
void __mmdrop(struct mm_struct *mm);
static inline void mmget(struct mm_struct *mm)		{ atomic_inc(&mm->mm_users); }
static inline bool mmget_not_zero(struct mm_struct *mm)	{ return atomic_inc_not_zero(&mm->mm_users); }
static inline void mmgrab(struct mm_struct *mm)		{ atomic_inc(&mm->mm_count); }
static inline void mmdrop(struct mm_struct *mm)
{
	if (unlikely(atomic_dec_and_test(&mm->mm_count)))
		__mmdrop(mm);
}

/* get_task_mm - @p's address space with a user more, or NULL (kernel thread, or exiting). Context: task. */
struct mm_struct *get_task_mm(struct task_struct *p);

/* exit_mmap - unmap everything; called by the last mmput(). */
void exit_mmap(struct mm_struct *mm);

static inline void mmap_read_lock(struct mm_struct *mm)		{ down_read(&mm->mmap_lock); }
static inline int mmap_read_trylock(struct mm_struct *mm)	{ return down_read_trylock(&mm->mmap_lock); }
static inline void mmap_read_unlock(struct mm_struct *mm)	{ up_read(&mm->mmap_lock); }
static inline void mmap_write_lock(struct mm_struct *mm)	{ down_write(&mm->mmap_lock); }
static inline void mmap_write_unlock(struct mm_struct *mm)	{ up_write(&mm->mmap_lock); }

static inline void add_mm_counter(struct mm_struct *mm, int member, long n)
{
	atomic_long_add(n, &mm->rss_stat[member]);
}
static inline unsigned long get_mm_counter(struct mm_struct *mm, int member)
{
	long n = atomic_long_read(&mm->rss_stat[member]);

	return n < 0 ? 0 : n;
}
static inline unsigned long get_mm_rss(struct mm_struct *mm)
{
	return get_mm_counter(mm, MM_FILEPAGES) + get_mm_counter(mm, MM_ANONPAGES) + get_mm_counter(mm, MM_SHMEMPAGES);
}
/* update_hiwater_rss - remember the peak, before pages go */
static inline void update_hiwater_rss(struct mm_struct *mm)
{
	unsigned long rss = get_mm_rss(mm);

	if (rss > mm->hiwater_rss)
		mm->hiwater_rss = rss;
}
static inline unsigned long get_mm_hiwater_rss(struct mm_struct *mm)
{
	unsigned long rss = get_mm_rss(mm), peak = READ_ONCE(mm->hiwater_rss);

	return rss > peak ? rss : peak;
}

/* ---- areas ------------------------------------------------------------------------------------------------------- */

#define DEFAULT_MAX_MAP_COUNT	65530		/* areas of one address space: vm.max_map_count */
#define DEFAULT_MMAP_MIN_ADDR	65536UL		/* nothing is mapped below: vm.mmap_min_addr */
extern int sysctl_max_map_count;
extern unsigned long mmap_min_addr;
extern unsigned long stack_guard_gap;		/* bytes kept free below a growing stack: stack_guard_gap=, in pages */

/* find_vma - the first area that ends above @addr (it may begin above it too), or NULL. mmap_lock held. */
struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr);
/* find_vma_prev - the same, and in *@pprev the area before it (the last one, when the result is NULL). */
struct vm_area_struct *find_vma_prev(struct mm_struct *mm, unsigned long addr, struct vm_area_struct **pprev);
/* find_vma_intersection - the first area that has a byte in [@start, @end), or NULL. */
static inline struct vm_area_struct *find_vma_intersection(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct vm_area_struct *vma = find_vma(mm, start);

	return vma && end <= vma->vm_start ? NULL : vma;
}
/* find_exact_vma / vma_lookup - the area that covers @addr, or NULL. */
static inline struct vm_area_struct *vma_lookup(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = find_vma(mm, addr);

	return vma && addr < vma->vm_start ? NULL : vma;
}
static inline unsigned long vma_pages(const struct vm_area_struct *vma)
{
	return (vma->vm_end - vma->vm_start) >> PAGE_SHIFT;
}
static inline bool vma_is_anonymous(const struct vm_area_struct *vma)	{ return !vma->vm_ops; }

/* The bounds of an area with the gap that a stack needs below it. */
static inline unsigned long vm_start_gap(const struct vm_area_struct *vma)
{
	unsigned long start = vma->vm_start;

	if (vma->vm_flags & VM_GROWSDOWN)
		start = start > stack_guard_gap ? start - stack_guard_gap : 0;
	return start;
}

/* vm_area_alloc - a zeroed area of @mm, in no tree; vm_area_dup - a copy; vm_area_free. NULL without memory. */
struct vm_area_struct *vm_area_alloc(struct mm_struct *mm);
struct vm_area_struct *vm_area_dup(struct vm_area_struct *orig);
void vm_area_free(struct vm_area_struct *vma);
/* insert_vm_struct - put @vma into @mm; -ENOMEM when its place is taken. mmap_lock held for writing. */
int insert_vm_struct(struct mm_struct *mm, struct vm_area_struct *vma);
/*
 * split_vma - cut @vma at @addr; @vma keeps the upper part with @new_below, else the lower. mmap_lock held for writing.
 */
int split_vma(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long addr, int new_below);
/* unmap_mapping_pages - take pages @first to @last of a file out of every address space that maps them. May sleep. */
void unmap_mapping_pages(struct address_space *mapping, pgoff_t first, pgoff_t last);
/* unmap_mapping_cached - the same, but the private copies that processes have made of the pages stay theirs */
void unmap_mapping_cached(struct address_space *mapping, pgoff_t first, pgoff_t last);
/*
 * expand_stack - let the VM_GROWSDOWN area @vma reach down to @address; 0 or -ENOMEM, -EPERM. mmap_lock held (either
 * way).
 */
int expand_stack(struct vm_area_struct *vma, unsigned long address);

/* ---- mapping and unmapping --------------------------------------------------------------------------------------- */

/*
 * What the fs room lends us of files, for areas with a vm_file. [written once at boot, by vm_set_file_operations()]
 *
 * may_map: check the file's open mode against @prot and MAP_* @flags (-EACCES, -EPERM, -ENODEV) and adjust *@vm_flags.
 * mmap: the file's own mmap: sets vma->vm_ops; -ENODEV when it cannot be mapped.
 * mapping: the page cache of the file. shmem_file: a nameless file of @len zero bytes, for shared anonymous memory,
 * which is promised memory (overcommit.c) as a whole, or with VM_NORESERVE in @vm_flags page by page.
 * may_mincore: may current know which pages of the file are in memory? fsync: write bytes @start to @end back.
 * punch_hole: make @len bytes at @start a hole; called without mmap_lock, as fsync is.
 */
struct vm_file_operations {
	void (*get)(struct file *file);
	void (*put)(struct file *file);
	void (*get_exe)(struct file *file);	/* mm->exe_file, which nobody may write to */
	void (*put_exe)(struct file *file);
	struct address_space *(*mapping)(struct file *file);
	struct file *(*shmem_file)(unsigned long len, unsigned long vm_flags);
	int (*may_map)(struct file *file, unsigned long prot, unsigned long flags, unsigned long *vm_flags);
	int (*mmap)(struct file *file, struct vm_area_struct *vma);
	bool (*may_mincore)(struct file *file);
	int (*fsync)(struct file *file, loff_t start, loff_t end);
	int (*punch_hole)(struct file *file, loff_t start, loff_t len);
};
void vm_set_file_operations(const struct vm_file_operations *ops);

/*
 * do_mmap - map [@addr, @addr + @len) or, without MAP_FIXED, wherever there is room
 * @file: NULL for anonymous; @pgoff: pages; *@populate: bytes that the caller shall mm_populate() after unlocking
 *
 * Returns the address or -errno. Context: task; mmap_lock of current->mm held for writing.
 */
unsigned long do_mmap(struct file *file, unsigned long addr, unsigned long len, unsigned long prot, unsigned long flags,
		      unsigned long pgoff, unsigned long *populate);
/*
 * vm_mmap_pgoff - do_mmap() with the lock taken, and populated; @file's reference stays the caller's. vm_mmap: offset
 * in bytes.
 */
unsigned long vm_mmap_pgoff(struct file *file, unsigned long addr, unsigned long len, unsigned long prot,
			    unsigned long flags, unsigned long pgoff);
unsigned long vm_mmap(struct file *file, unsigned long addr, unsigned long len, unsigned long prot, unsigned long flags,
		      unsigned long offset);

/*
 * do_munmap - unmap all of [@start, @start + @len), splitting areas; mmap_lock held for writing. vm_munmap takes the
 * lock.
 */
int do_munmap(struct mm_struct *mm, unsigned long start, unsigned long len);
int vm_munmap(unsigned long start, unsigned long len);

/* vm_brk_flags - anonymous zeroed memory at a fixed place of current->mm (bss, heap); 0 or -errno. Takes the lock. */
int vm_brk_flags(unsigned long addr, unsigned long len, unsigned long vm_flags);
/* mm_brk - the work of brk(2): the new break, or the old one when it cannot be moved. */
unsigned long mm_brk(unsigned long brk);

/*
 * The work of the system calls of the same names; they take mmap_lock. do_mincore writes one byte for each of @pages
 * pages to @vec, in the kernel, and returns how many it was: the rest of the area, at most; its caller holds mmap_lock.
 * Context: task.
 */
unsigned long do_mremap(unsigned long addr, unsigned long old_len, unsigned long new_len, unsigned long flags,
			unsigned long new_addr);
int do_madvise(unsigned long start, size_t len, int behavior);
long do_mincore(unsigned long addr, unsigned long pages, unsigned char *vec);
int do_msync(unsigned long start, size_t len, int flags);
/* do_mlock - @vm_flags: VM_LOCKED, perhaps with VM_LOCKONFAULT. do_mlockall - @flags: MCL_*; 0: unlock everything. */
int do_mlock(unsigned long start, size_t len, unsigned long vm_flags);
int do_munlock(unsigned long start, size_t len);
int do_mlockall(int flags);

/* do_mprotect - the work of mprotect(2). */
int do_mprotect(unsigned long start, size_t len, unsigned long prot);
/*
 * mprotect_fixup - give [@start, @end) within @vma the flags @newflags; *@pprev: the area before it. mmap_lock for
 * writing.
 */
int mprotect_fixup(struct vm_area_struct *vma, struct vm_area_struct **pprev, unsigned long start, unsigned long end,
		   unsigned long newflags);

/* get_unmapped_area - a free place of @len bytes, near the hint @addr if possible; or -errno. mmap_lock held. */
unsigned long get_unmapped_area(unsigned long addr, unsigned long len, unsigned long flags);
/* vm_unmapped_area - the highest (@topdown) or lowest free range of @len bytes in [@low, @high), or -ENOMEM */
unsigned long vm_unmapped_area(struct mm_struct *mm, unsigned long len, unsigned long low, unsigned long high,
			       bool topdown);
/* arch_pick_mmap_layout - set mmap_base below a stack limited to @stack_rlim bytes; @rnd: random pages to leave out. */
void arch_pick_mmap_layout(struct mm_struct *mm, unsigned long stack_rlim, unsigned long rnd_pages);
#define MMAP_RND_BITS		28	/* pages: 1 TiB of random offset for mmap_base and PIE programs */
#define STACK_RND_PAGES		(0x3fffffUL + 1)	/* 16 GiB for the stack */
extern int randomize_va_space;		/* 0 with norandmaps, 1 without brk, 2 all */

/*
 * __mm_populate - fault [@start, @start + @len) in, as VM_LOCKED asks for it; holes are passed over. Returns 0, -EFAULT
 * for a page that cannot be had (@ignore_errors: go on with the next area instead), -ENOMEM, -EINTR. mm_populate - as
 * far as that works. No lock held.
 */
int __mm_populate(unsigned long start, unsigned long len, bool ignore_errors);
static inline void mm_populate(unsigned long start, unsigned long len)	{ (void)__mm_populate(start, len, true); }

/* zap_page_range - remove the pages, keep the area. mmap_lock held. */
void zap_page_range(struct vm_area_struct *vma, unsigned long start, unsigned long size);

/* may_expand_vm - do RLIMIT_AS and RLIMIT_DATA allow @npages more with @flags? */
bool may_expand_vm(struct mm_struct *mm, unsigned long flags, unsigned long npages);
void vm_stat_account(struct mm_struct *mm, unsigned long flags, long npages);

/* ---- reaching into an address space ------------------------------------------------------------------------------ */

#define FOLL_WRITE	0x01
#define FOLL_FORCE	0x10 /* ignore the area's rights, as a debugger does; stores still go to a private copy */

/*
 * get_user_page_remote - the page behind @addr of @mm, faulted in, with a reference
 *
 * Returns ERR_PTR(-EFAULT) where nothing is mapped or allowed, ERR_PTR(-ENOMEM) without memory. mmap_lock held for
 * reading.
 */
struct page *get_user_page_remote(struct mm_struct *mm, unsigned long addr, unsigned int gup_flags);

/*
 * access_remote_vm - copy @len bytes between @buf and @addr of @mm, as far as it is mapped; returns how many. Takes
 * mmap_lock. access_process_vm - the same with @p's address space; 0 when it has none.
 */
int access_remote_vm(struct mm_struct *mm, unsigned long addr, void *buf, int len, unsigned int gup_flags);
int access_process_vm(struct task_struct *p, unsigned long addr, void *buf, int len, unsigned int gup_flags);

/* zero_pfn - the page that all untouched memory reads as. [immutable after vm_init()] */
extern unsigned long zero_pfn;

/* validate_mm - walk tree and list and compare every invariant; the number of broken ones, each said in the log */
int validate_mm(struct mm_struct *mm);

/* vm_init - slab caches and the zero page; start_kernel, once the slab works. */
void vm_init(void);

#endif
