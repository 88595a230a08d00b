/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/mm_types.h - struct page, struct vm_area_struct, struct mm_struct: the nouns of memory management.
 *
 * Types only, so that any room may name them; what can be done with them is in mm.h (pages, allocation) and vm.h (processes).
 */
#ifndef PRIMER_MM_TYPES_H
#define PRIMER_MM_TYPES_H

#include <primer/atomic.h>
#include <primer/list.h>
#include <primer/rbtree.h>
#include <primer/rwsem.h>
#include <primer/spinlock_types.h>
#include <asm/pgtable.h>

struct address_space;
struct anon_vma;
struct file;
struct kmem_cache;
struct linux_binfmt;
struct mm_struct;

/*
 * One physical page. 64 bytes, found by pfn in vmemmap. All zero means: reserved or tail, no flag, no reference - so the boot
 * does not have to write the records of pages that go to the buddy allocator in large blocks.
 *
 * Which member of the union is valid depends on who owns the page:
 *	buddy (PG_buddy)	lru links the free list, private is the order		[zone->lock]
 *	per-CPU store		lru.next links the stack				[owner CPU]
 *	slab (PG_slab)		slab_cache, freelist, inuse/objects/frozen		[see mm/alloc/slab.c]
 *	page cache, anonymous	mapping, index; lru for reclaim				[page lock, LRU lock]
 *	page table		ptl, pt_entries						[ptl]
 */
struct page {
	unsigned long flags;			/* atomic: PG_*. Zone and node follow from the page's number */
	union {
		struct {			/* page cache and anonymous pages; buddy; per-CPU lists */
			struct list_head lru;
			struct address_space *mapping;	/* bit 0 set: struct anon_vma instead */
			pgoff_t index;
			unsigned long private;	/* buddy: order */
		};
		struct {			/* slab */
			struct list_head slab_list;
			struct kmem_cache *slab_cache;
			void *freelist;
			union {
				unsigned long counters;
				struct {
					unsigned int inuse : 16;
					unsigned int objects : 15;
					unsigned int frozen : 1;
				};
			};
		};
		struct {			/* page table */
			unsigned long pt_pad[2];
			struct mm_struct *pt_mm;
			unsigned long pt_entries;	/* used entries: the table is freed when none is left */
			spinlock_t ptl;
		};
		struct {			/* tail of a compound page */
			unsigned long compound_head;	/* bit 0 set, rest is the head page */
			unsigned char compound_order;	/* first tail only */
		};
	};
	union {
		struct {
			union {
				atomic_t _mapcount;	/* page table entries that map the page; 0: unmapped */
				unsigned int page_type;
			};
			atomic_t _refcount;	/* references; 0: free */
		};
		atomic64_t _counts;		/* both at once: rmap.h */
	};
#ifdef CONFIG_DEBUG
	unsigned long owner;			/* who allocated it last */
#endif
#ifdef CONFIG_KASAN
	unsigned int alloc_stack, free_stack;	/* mm/alloc/kasan_depot.c: how it was allocated and freed last */
#endif
} __aligned(64);

/* A range of user addresses with one kind of contents and one set of rights. [mm->mmap_lock] */
struct vm_area_struct {
	unsigned long vm_start;			/* first address; page aligned */
	unsigned long vm_end;			/* first address after */
	struct rb_node vm_rb;			/* mm->mm_rb, ordered by vm_start */
	unsigned long rb_subtree_gap;		/* no free gap before an area of this subtree is larger */
	struct vm_area_struct *vm_next, *vm_prev;
	struct mm_struct *vm_mm;
	pgprot_t vm_page_prot;
	unsigned long vm_flags;			/* VM_* */
	const struct vm_operations_struct *vm_ops;	/* NULL: anonymous */
	unsigned long vm_pgoff;			/* offset of vm_start in the file, pages */
	struct file *vm_file;			/* with a reference; NULL: anonymous */
	void *vm_private_data;
	struct rb_node shared_rb;		/* mapping->i_mmap [i_mmap_rwsem] */
	unsigned long shared_subtree_last;
	struct list_head anon_vma_chain;
	struct anon_vma *anon_vma;
};

/* mm->flags, bits 0 and 1: may others look at it? prctl(PR_GET_DUMPABLE) */
#define MMF_DUMPABLE_MASK	3UL
#define SUID_DUMP_DISABLE	0
#define SUID_DUMP_USER		1
#define SUID_DUMP_ROOT		2

/* The address space of a process. */
struct mm_struct {
	struct rb_root mm_rb;			/* [mmap_lock] its areas */
	struct vm_area_struct *mmap;		/* [mmap_lock] the same, as a list in order */
	pgd_t *pgd;				/* immutable */
	unsigned long mmap_base;		/* immutable after exec: mmap searches downwards from here */
	unsigned long highest_vm_end;		/* [mmap_lock] */
	int map_count;				/* [mmap_lock] number of areas */

	atomic_t mm_users;			/* tasks (and temporary users) of the user part; the last mmput() tears it down */
	atomic_t mm_count;			/* references to this structure: all users together are one, each lazy CPU another */

	struct rw_semaphore mmap_lock;		/* the areas; readers: faults; writers: mmap and friends; rank LOCK_RANK_MMAP */
	spinlock_t page_table_lock;		/* tables above the last level, and pgtables_bytes */

	unsigned long total_vm, locked_vm, data_vm, exec_vm, stack_vm;	/* [mmap_lock] pages */
	unsigned long hiwater_rss, hiwater_vm;
	unsigned long def_flags;

	atomic_long_t rss_stat[4];		/* MM_FILEPAGES, MM_ANONPAGES, MM_SWAPENTS, MM_SHMEMPAGES */
	atomic_long_t pgtables_bytes;

	/* Immutable after exec, but for brk [mmap_lock] and what prctl(PR_SET_MM) sets */
	unsigned long start_code, end_code, start_data, end_data;
	unsigned long start_brk, brk, start_stack;
	unsigned long arg_start, arg_end, env_start, env_end;
	unsigned long saved_auxv[48];
	struct file *exe_file;			/* with a reference: /proc/PID/exe */

	unsigned long cpu_bitmap;		/* atomic: CPUs that may have translations of this mm cached */
	struct vm_area_struct *mmap_cache;	/* hint: the area found last; verified by its user, changed without a lock */
	atomic64_t tlb_gen;			/* grows with each change that CPUs must see */
	atomic_t tlb_flush_pending;		/* zaps without mmap_lock for writing whose flush is still to come: mm/vm/zap.c */
	unsigned long flags;			/* MMF_*: here and in vm.h */
	unsigned long oom_flags;		/* atomic: MMF_OOM_* of oom.h; 0 unless somebody is killed for want of memory */
	struct linux_binfmt *binfmt;		/* format of the program; immutable after exec */
	struct list_head mmlist;
};

enum { MM_FILEPAGES, MM_ANONPAGES, MM_SWAPENTS, MM_SHMEMPAGES, NR_MM_COUNTERS };

/* The kernel's own address space: swapper_pg_dir, no areas. */
extern struct mm_struct init_mm;

#endif
